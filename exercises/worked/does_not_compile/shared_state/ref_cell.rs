use std::cell::RefCell;
use std::sync::Arc;
use std::thread;

fn main() {
    let free = Arc::new(RefCell::new(vec![1, 2, 3]));
    let window = {
        let free = Arc::clone(&free);
        thread::spawn(move || free.borrow_mut().pop())
    };
    println!("{:?} {:?}", window.join(), free);
}
