use std::thread;

fn rasterised(page: u32) -> u32 {
    page * 1200
}

fn main() {
    let pages = [7, 8, 9];
    let mut sheets = [0; 3];
    thread::scope(|scope| {
        for number in 0..pages.len() {
            let (pages, sheets) = (&pages, &mut sheets);
            scope.spawn(move || sheets[number] = rasterised(pages[number]));
        }
    });
    println!("{sheets:?}");
}
