use exercises::semaphore::Host;

fn main() {
    let connection = {
        let host = Host::new(3);
        let connection = host.try_connect();
        connection
    };
    drop(connection);
}
