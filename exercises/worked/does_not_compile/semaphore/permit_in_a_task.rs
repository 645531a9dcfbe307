use tokio::sync::Semaphore;

async fn say(voices: &Semaphore, text: String) {
    let permit = voices.acquire().await.unwrap();
    tokio::spawn(async move {
        println!("{text}");
        drop(permit);
    });
}

#[tokio::main]
async fn main() {
    let voices = Semaphore::new(3);
    say(&voices, "foyer".to_owned()).await;
}
