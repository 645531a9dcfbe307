use std::sync::Mutex;

fn main() {
    let hall = Mutex::new(());
    let _ = hall.lock();
    println!("the hall is mine");
}
