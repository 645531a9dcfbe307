use std::rc::Rc;
use std::thread;

fn main() {
    let lens = Rc::new("wide angle");
    thread::scope(|scope| {
        for row in 0..4 {
            let lens = Rc::clone(&lens);
            scope.spawn(move || println!("row {row}, {lens}"));
        }
    });
}
