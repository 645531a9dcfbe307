static mut VISITORS: u64 = 0;

fn main() {
    let counted = unsafe { &VISITORS };
    println!("{counted} visitors");
}
