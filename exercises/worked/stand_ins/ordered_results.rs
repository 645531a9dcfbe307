// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: shop
const WORKERS: usize = 3;

struct Page;
struct Sheet;

impl Page {
    fn rasterised(self) -> Sheet {
        Sheet
    }
}

struct Book(std::ops::Range<u32>);

impl Iterator for Book {
    type Item = Page;

    fn next(&mut self) -> Option<Page> {
        self.0.next().map(|_| Page)
    }
}

struct Press;

impl Press {
    fn print(&mut self, _: Sheet) {}
}
// ANCHOR_END: shop
