use std::sync::mpsc::{Receiver, sync_channel};

struct Scanned(u32);
struct Repaired(u32);

fn encode(frames: Receiver<Repaired>) {
    for Repaired(number) in frames {
        println!("frame {number}");
    }
}

fn main() {
    let (to_repair, scanned) = sync_channel(1);
    to_repair.send(Scanned(0)).unwrap();
    drop(to_repair);
    encode(scanned);
}
