use std::thread;

use exercises::semaphore::Host;

fn close_in_the_background(host: &Host) {
    let connection = host.try_connect();
    thread::spawn(move || drop(connection));
}

fn main() {
    close_in_the_background(&Host::new(3));
}
