use std::sync::{Arc, Mutex};

async fn reserve(_title: &str) {}

#[tokio::main]
async fn main() {
    let wanted = Arc::new(Mutex::new(vec!["The Summer Book"]));
    let reserving = tokio::spawn(async move {
        let titles = wanted.lock().unwrap();
        reserve(titles[0]).await;
    });
    reserving.await.unwrap();
}
