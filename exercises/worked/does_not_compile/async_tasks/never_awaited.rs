#![deny(unused_must_use)] // a warning, if you do not deny it

async fn reserve(title: &str) {
    println!("{title} is reserved");
}

#[tokio::main]
async fn main() {
    reserve("The Summer Book");
}
