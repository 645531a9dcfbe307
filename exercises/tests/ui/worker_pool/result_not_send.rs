use std::rc::Rc;

use exercises::worker_pool::Pool;

fn main() {
    let pool = Pool::new(1, 1);
    let ticket = pool.submit(|| Rc::new("chart".to_owned()));
    let _ = ticket.wait();
}
