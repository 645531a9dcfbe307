use std::error::Error;

async fn upload(mirror: &str) -> Result<(), Box<dyn Error>> {
    Err(format!("{mirror}: connection refused").into())
}

#[tokio::main]
async fn main() {
    let upload = tokio::spawn(upload("lima"));
    println!("{:?}", upload.await);
}
