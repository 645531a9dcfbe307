use std::cell::Cell;
use std::thread;

fn main() {
    let cameras = ["summit", "", "valley"];
    let failures = Cell::new(0);
    let fetch = |camera: &str| {
        if camera.is_empty() {
            failures.set(failures.get() + 1);
        }
    };
    for camera in cameras {
        fetch(camera); // a loop may do this
    }
    thread::scope(|scope| {
        for camera in cameras {
            scope.spawn(move || fetch(camera)); // a thread may not
        }
    });
}
