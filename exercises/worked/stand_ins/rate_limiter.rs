// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: catalogue
struct Book;

#[derive(Clone)]
struct Catalogue;

impl Catalogue {
    async fn look_up(&self, _: Book) {}
}
// ANCHOR_END: catalogue
