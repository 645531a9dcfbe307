use std::time::Duration;
use tokio::time::interval;

#[tokio::main]
async fn main() {
    let mut turns = interval(Duration::from_millis(100));
    let importer = turns.tick();
    let till = turns.tick();
    tokio::join!(importer, till);
}
