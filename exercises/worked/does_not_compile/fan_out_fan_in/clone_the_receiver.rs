use std::sync::mpsc::sync_channel;
use std::thread;

fn main() {
    let (to_readers, cards) = sync_channel(1);
    for _ in 0..3 {
        let cards = cards.clone();
        thread::spawn(move || {
            for card in cards {
                println!("read {card}");
            }
        });
    }
    to_readers.send("card 0").unwrap();
}
