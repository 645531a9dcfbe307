use std::rc::Rc;

use exercises::worker_pool::Pool;

fn main() {
    let pool = Pool::new(1, 1);
    let title = Rc::new("chart".to_owned());
    let ticket = pool.submit(move || title.len());
    let _ = ticket.wait();
}
