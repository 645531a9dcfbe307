// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: flight
struct Picture;

fn camera() -> impl Iterator<Item = Picture> {
    (0..8).map(|_| Picture)
}

fn show(_: &Picture) {}
// ANCHOR_END: flight
