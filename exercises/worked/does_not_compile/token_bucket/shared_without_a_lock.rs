use std::sync::Arc;

struct Bucket {
    tokens: u32,
}

impl Bucket {
    fn take(&mut self) {
        self.tokens -= 1;
    }
}

#[tokio::main]
async fn main() {
    let bucket = Arc::new(Bucket { tokens: 5 });
    let driver = Arc::clone(&bucket);
    tokio::spawn(async move { driver.take() }).await.unwrap();
}
