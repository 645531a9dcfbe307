use rayon::prelude::*;

fn count_calls(night: &[Vec<u8>]) -> usize {
    let mut calls = 0;
    night.par_iter().for_each(|hour| {
        calls += hour.iter().filter(|loudness| **loudness > 100).count();
    });
    calls
}

fn main() {
    let night = [vec![30, 200, 30], vec![30, 30, 200]];
    println!("{}", count_calls(&night));
}
