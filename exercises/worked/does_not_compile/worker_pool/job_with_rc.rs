use std::rc::Rc;
use std::thread;

struct Photo {
    album: Rc<str>,
}

fn main() {
    let photo = Photo {
        album: Rc::from("Saturday's wedding"),
    };
    let worker = thread::spawn(move || println!("{}", photo.album));
    worker.join().unwrap();
}
