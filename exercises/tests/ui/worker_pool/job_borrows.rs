use exercises::worker_pool::Pool;

fn main() {
    let pool = Pool::new(1, 1);
    let ticket = {
        let title = "chart".to_owned();
        let title = &title;
        pool.submit(move || title.len())
    };
    let _ = ticket.wait();
}
