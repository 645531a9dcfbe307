use std::sync::mpsc::sync_channel;
use std::thread;

fn main() {
    let (to_screen, pictures) = sync_channel::<Vec<u8>>(1);
    let screen = thread::spawn(move || {
        for picture in pictures {
            println!("{} bytes", picture.len());
        }
    });
    let picture = vec![0; 4096];
    to_screen.send(picture).unwrap();
    println!("sent {} bytes", picture.len());
    drop(to_screen);
    screen.join().unwrap();
}
