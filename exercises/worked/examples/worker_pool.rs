//! The worked example of the chapter on worker pools: thumbnails for a wedding's photos, on a
//! machine with three cores.
//!
//! ```text
//! cargo run -p worked --example worker_pool
//! ```
//!
//! Threads, queue and lock are real. Only the clock is simulated, so that the pictures come out the
//! same everywhere: making a thumbnail takes 10 ms of a core.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use instruments::simulation::Simulation;

const PHOTOS: usize = 9;
const CORES: usize = 3;

// Warm-up: change this number, say what the pictures will look like, and run the example.
// ANCHOR: warm_up
const WORKERS: usize = 3;
// ANCHOR_END: warm_up

/// A photo as it was uploaded.
struct Photo {
    name: String,
    machine: Arc<Simulation>,
}

/// A photo made small.
struct Thumbnail {
    of: String,
}

impl Photo {
    /// Decodes the photo and scales it down: 10 ms of a core.
    fn thumbnail(self) -> Thumbnail {
        self.machine.work(&self.name, 10);
        Thumbnail { of: self.name }
    }
}

fn album(machine: &Arc<Simulation>) -> Vec<Photo> {
    (0..PHOTOS)
        .map(|n| Photo {
            name: format!("photo {n}"),
            machine: Arc::clone(machine),
        })
        .collect()
}

// ANCHOR: loop
fn one_after_another(album: Vec<Photo>) -> Vec<Thumbnail> {
    album.into_iter().map(Photo::thumbnail).collect()
}
// ANCHOR_END: loop

// ANCHOR: thread_each
fn a_thread_each(album: Vec<Photo>) -> Vec<Thumbnail> {
    let threads: Vec<JoinHandle<Thumbnail>> = album
        .into_iter()
        .map(|photo| thread::spawn(|| photo.thumbnail()))
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("making a thumbnail does not panic"))
        .collect()
}
// ANCHOR_END: thread_each

// ANCHOR: start
fn start_workers(
    workers: usize,
    queue: Receiver<Photo>,
    done: &Sender<Thumbnail>,
) -> Vec<JoinHandle<()>> {
    let queue = Arc::new(Mutex::new(queue));
    (0..workers)
        .map(|_| {
            let queue = Arc::clone(&queue);
            let done = done.clone();
            thread::spawn(move || work(&queue, &done))
        })
        .collect()
}
// ANCHOR_END: start

// ANCHOR: work
fn work(queue: &Mutex<Receiver<Photo>>, done: &Sender<Thumbnail>) {
    loop {
        let next = queue
            .lock()
            .expect("no worker panics with the lock held")
            .recv();
        let Ok(photo) = next else {
            return; // closed and empty
        };
        if done.send(photo.thumbnail()).is_err() {
            return; // nobody wants thumbnails any more
        }
    }
}
// ANCHOR_END: work

// ANCHOR: pool
fn a_pool(workers: usize, album: Vec<Photo>) -> Vec<Thumbnail> {
    let (queue, photos) = mpsc::sync_channel(2 * workers);
    let (done, thumbnails) = mpsc::channel();
    let workers = start_workers(workers, photos, &done);
    // Each worker has a sender of its own; with the last of them, `thumbnails` ends.
    drop(done);

    for photo in album {
        queue.send(photo).expect("the workers wait for photos");
    }
    // No more photos: a worker that finds the queue empty ends.
    drop(queue);

    let thumbnails = thumbnails.iter().collect();
    for worker in workers {
        worker.join().expect("a worker does not panic");
    }
    thumbnails
}
// ANCHOR_END: pool

// ANCHOR: under_the_lock
fn work_under_the_lock(queue: &Mutex<Receiver<Photo>>, done: &Sender<Thumbnail>) {
    while let Ok(photo) = queue.lock().expect("no worker panics").recv() {
        if done.send(photo.thumbnail()).is_err() {
            return;
        }
    }
}
// ANCHOR_END: under_the_lock

/// The same pool with the other loop.
fn a_pool_under_the_lock(album: Vec<Photo>) -> Vec<Thumbnail> {
    let (queue, photos) = mpsc::sync_channel(album.len());
    let (done, thumbnails) = mpsc::channel();
    let photos = Arc::new(Mutex::new(photos));
    for photo in album {
        queue.send(photo).expect("the receiver is still here");
    }
    drop(queue);
    for _ in 0..CORES {
        let (photos, done) = (Arc::clone(&photos), done.clone());
        thread::spawn(move || work_under_the_lock(&photos, &done));
    }
    drop(done);
    thumbnails.iter().collect()
}

fn main() -> std::io::Result<()> {
    let machine = |at_once| Arc::new(Simulation::new(at_once, PHOTOS).on_cores(CORES));

    let one = machine(1);
    assert_every_photo_once(&one_after_another(album(&one)));
    let one = one.by_thread(
        "main",
        "One thread: nine photos take 90 ms, and two of the three cores do nothing.",
        None,
    );

    let each = machine(PHOTOS);
    assert_every_photo_once(&a_thread_each(album(&each)));
    let each = each.by_thread(
        "thread",
        "A thread for each photo: 30 ms, but nine photos are decoded at once, and the first \
         thumbnail is ready when the last one is.",
        None,
    );

    let pool = machine(WORKERS);
    assert_every_photo_once(&a_pool(WORKERS, album(&pool)));
    let mut pool = pool.by_thread("worker", "", Some(WORKERS));
    pool.proves = format!(
        "{WORKERS} workers: {} ms, never more than {} photos decoded at once, the first thumbnail after \
         {} ms.",
        pool.end(),
        pool.most_at_once(),
        pool.lanes[0].spans[0].end.unwrap_or_default(),
    );

    let locked = machine(1);
    assert_every_photo_once(&a_pool_under_the_lock(album(&locked)));
    let locked = locked.by_job(
        "Three workers that work under the lock: 90 ms, one photo at a time.",
        Some(CORES),
    );

    worked::show(
        "worker_pool",
        &[
            ("one_thread", one),
            ("a_thread_each", each),
            ("a_pool", pool),
            ("under_the_lock", locked),
        ],
    )
}

fn assert_every_photo_once(thumbnails: &[Thumbnail]) {
    let mut names: Vec<&str> = thumbnails
        .iter()
        .map(|thumbnail| thumbnail.of.as_str())
        .collect();
    names.sort_unstable();
    let expected: Vec<String> = (0..PHOTOS).map(|n| format!("photo {n}")).collect();
    assert!(
        names == expected,
        "expected every photo once, got {names:?}"
    );
}
