use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout_at};

#[tokio::main]
async fn main() {
    let deadline = Instant::now() + Duration::from_millis(100);
    let call = sleep(Duration::from_millis(45));
    println!("{:?}", timeout_at(deadline, call).await);
}
