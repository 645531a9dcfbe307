use std::collections::BTreeSet;
use std::sync::Mutex;

struct BoxOffice {
    free: Mutex<BTreeSet<u32>>,
}

impl BoxOffice {
    fn free(&self) -> &BTreeSet<u32> {
        &self.free.lock().unwrap()
    }
}

fn main() {
    let office = BoxOffice {
        free: Mutex::new((1..=40).collect()),
    };
    println!("{} seats are free", office.free().len());
}
