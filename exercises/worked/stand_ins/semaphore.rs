// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: speak
#[derive(Clone)]
struct Text;
struct Track;

async fn speak(_text: Text) -> Result<Track> {
    Ok(Track)
}
// ANCHOR_END: speak

// ANCHOR: mix
struct Desk;

async fn mix(_track: Track, _desk: &Desk) {}
// ANCHOR_END: mix
