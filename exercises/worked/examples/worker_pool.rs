//! The worked example of the chapter on worker pools: thumbnails for a wedding's photos, on a
//! machine with three cores.
//!
//! ```text
//! cargo run -p worked --example worker_pool
//! ```
//!
//! Threads, queue and lock are real. Only the clock is simulated, so that the pictures come out the
//! same everywhere: making a thumbnail takes 10 ms of a core. The tasks that wait do so on tokio's
//! clock, paused.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::simulation::Simulation;
use instruments::timeline::Timeline;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;

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

/// Makes thumbnails of an album with so many workers.
type Pool = fn(usize, Vec<Photo>) -> Vec<Thumbnail>;

/// The pool on rayon's threads. Its queue has no bound.
fn a_pool_on_rayon(workers: usize, album: Vec<Photo>) -> Vec<Thumbnail> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()
        .expect("the system has room for the threads");
    let (done, thumbnails) = mpsc::channel();
    for photo in album {
        let done = done.clone();
        pool.spawn_fifo(move || done.send(photo.thumbnail()).expect("we wait for it"));
    }
    drop(done);
    thumbnails.iter().collect()
}

/// The pool on the blocking threads of a tokio runtime. Its queue has none either.
fn a_pool_on_tokio(workers: usize, album: Vec<Photo>) -> Vec<Thumbnail> {
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(workers)
        .build()
        .expect("the system has room for a runtime");
    runtime.block_on(compute(album))
}

// ANCHOR: compute
async fn compute(album: Vec<Photo>) -> Vec<Thumbnail> {
    let mut jobs = JoinSet::new();
    for photo in album {
        jobs.spawn_blocking(|| photo.thumbnail());
    }
    jobs.join_all().await
}
// ANCHOR_END: compute

/// A photo that lies with another service, which makes the thumbnail.
struct Remote {
    name: String,
    requests: Recorder,
}

impl Remote {
    /// Asks for the thumbnail, and has nothing to do for 10 ms.
    async fn thumbnail(self) -> Thumbnail {
        let answer = sleep(Duration::from_millis(10));
        self.requests.task(&self.name, "ask", answer).await;
        Thumbnail { of: self.name }
    }
}

// ANCHOR: wait
async fn wait(album: Vec<Remote>) -> Vec<Thumbnail> {
    let mut jobs = JoinSet::new();
    for photo in album {
        jobs.spawn(photo.thumbnail());
    }
    jobs.join_all().await
}
// ANCHOR_END: wait

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn tasks_that_wait() -> Timeline {
    let requests = Recorder::on_tokios_clock();
    requests.show_at_once(None);
    let album = (0..PHOTOS).map(|n| Remote {
        name: format!("photo {n}"),
        requests: requests.clone(),
    });
    assert_every_photo_once(&wait(album.collect()).await);
    let mut picture = requests.timeline("", "");
    picture.proves = format!(
        "Another service makes the thumbnails, and tasks wait: {} ms, {} at once, on one thread.",
        picture.end(),
        picture.most_at_once(),
    );
    picture
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
    for (whose, others) in [
        ("rayon", a_pool_on_rayon as Pool),
        ("tokio", a_pool_on_tokio),
    ] {
        let machine = machine(WORKERS);
        assert_every_photo_once(&others(WORKERS, album(&machine)));
        let picture = machine.by_thread("worker", "", Some(WORKERS));
        assert!(picture == pool, "the threads of {whose} took other photos");
    }
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
            ("tasks_that_wait", tasks_that_wait()),
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
