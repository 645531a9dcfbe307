use std::thread::{self, JoinHandle};

fn start(album: &str) -> JoinHandle<()> {
    let title = album.to_uppercase();
    thread::spawn(|| println!("{title}"))
}

fn main() {
    start("Saturday's wedding").join().unwrap();
}
