// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: row
struct Star;

struct Row {
    pixels: Vec<u16>,
}

impl Row {
    fn stars(&self) -> Vec<Star> {
        Vec::new()
    }
}
// ANCHOR_END: row
