// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: letter
struct Letter;

impl Letter {
    fn translate(&self) {}
}
// ANCHOR_END: letter

// ANCHOR: service
struct Letter;

impl Letter {
    async fn translated(self) {}
}
// ANCHOR_END: service
