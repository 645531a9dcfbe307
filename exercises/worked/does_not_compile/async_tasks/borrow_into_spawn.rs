async fn reserve(title: &str) -> bool {
    !title.is_empty()
}

#[tokio::main]
async fn main() {
    let title = String::from("The Summer Book");
    let reserving = tokio::spawn(async { reserve(&title).await });
    println!("{title}: {}", reserving.await.unwrap());
}
