// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: shop
struct Shop;

impl Shop {
    async fn hold(&self) -> Result<()> {
        Ok(())
    }
    async fn charge(&self) -> Result<()> {
        Ok(())
    }
    async fn book(&self) -> Result<()> {
        Ok(())
    }
    async fn release(&self) -> Result<()> {
        Ok(())
    }
    async fn print_label(&self, _order: &str) -> Result<()> {
        Ok(())
    }
    fn check_fraud(&self) -> impl Future<Output = Result<()>> + use<> {
        async { Ok(()) }
    }
}
// ANCHOR_END: shop

// ANCHOR: print
fn print(_label: &str) {}
// ANCHOR_END: print
