use std::thread;

fn main() {
    let sky = vec![vec![20, 900, 20], vec![20, 20, 700]];
    let brightest = thread::spawn(|| sky[1].iter().max().copied());
    println!("{:?}", sky[0].iter().max());
    println!("{:?}", brightest.join().unwrap());
}
