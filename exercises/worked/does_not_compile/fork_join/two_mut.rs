use std::thread;

fn darken(pixels: &mut [u16]) {
    for pixel in pixels {
        *pixel = pixel.saturating_sub(15);
    }
}

fn main() {
    let mut pixels = [20, 900, 20, 700];
    thread::scope(|scope| {
        scope.spawn(|| darken(&mut pixels[..2]));
        scope.spawn(|| darken(&mut pixels[2..]));
    });
    println!("{pixels:?}");
}
