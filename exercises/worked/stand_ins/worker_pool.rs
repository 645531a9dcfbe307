// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: photo
struct Photo;
struct Thumbnail;

impl Photo {
    fn thumbnail(self) -> Thumbnail {
        Thumbnail
    }
}
// ANCHOR_END: photo
