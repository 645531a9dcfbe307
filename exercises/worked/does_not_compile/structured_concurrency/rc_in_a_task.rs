use std::rc::Rc;

use tokio::task::{JoinSet, yield_now};

async fn test(_detector: &str) {
    yield_now().await;
}

#[tokio::main]
async fn main() {
    let mut tests = JoinSet::new();
    tests.spawn(async {
        let floor = Rc::new("ground floor");
        test(&floor).await;
        println!("{floor} is tested");
    });
    tests.join_all().await;
}
