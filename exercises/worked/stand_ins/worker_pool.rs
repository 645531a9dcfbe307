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

// ANCHOR: remote
struct Thumbnail;
struct Remote;

impl Remote {
    async fn thumbnail(self) -> Thumbnail {
        Thumbnail
    }
}
// ANCHOR_END: remote
