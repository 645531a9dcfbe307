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

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::simulation::Simulation;
use instruments::timeline::Timeline;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;
use worked::{Explore, Knob};

const PHOTOS: usize = 9;
const CORES: usize = 3;

const WORKERS: usize = 3;

/// A photo as it was uploaded.
struct Photo {
    name: String,
    machine: Arc<Simulation>,
    in_memory: InMemory,
}

/// How many photos there are at the moment, and how many there were at most.
#[derive(Clone, Default)]
struct InMemory {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl InMemory {
    fn one_more(&self) -> Self {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.clone()
    }
}

impl Drop for Photo {
    fn drop(&mut self) {
        self.in_memory.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A photo made small.
struct Thumbnail {
    of: String,
}

impl Photo {
    /// Decodes the photo and scales it down: 10 ms of a core.
    fn thumbnail(self) -> Thumbnail {
        self.machine.work(&self.name, 10);
        Thumbnail {
            of: self.name.clone(),
        }
    }
}

/// Photos that are read when they are taken, one by one.
fn uploads(
    machine: &Arc<Simulation>,
    in_memory: &InMemory,
) -> impl Iterator<Item = Photo> + Send + 'static {
    let (machine, in_memory) = (Arc::clone(machine), in_memory.clone());
    (0..PHOTOS).map(move |n| Photo {
        name: format!("photo {n}"),
        machine: Arc::clone(&machine),
        in_memory: in_memory.one_more(),
    })
}

fn album(machine: &Arc<Simulation>) -> Vec<Photo> {
    uploads(machine, &InMemory::default()).collect()
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
        .map(|photo| thread::spawn(move || photo.thumbnail()))
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().expect("making a thumbnail does not panic"))
        .collect()
}
// ANCHOR_END: thread_each

// ANCHOR: work
fn work(queue: &Mutex<Receiver<Photo>>, done: &SyncSender<Thumbnail>) {
    loop {
        let next = queue
            .lock()
            .expect("no worker panics with the lock held")
            .recv();
        let Ok(photo) = next else {
            return; // closed and empty
        };
        if done.send(photo.thumbnail()).is_err() {
            return; // the receiver of the thumbnails is gone
        }
    }
}
// ANCHOR_END: work

// ANCHOR: start
fn start_workers(
    workers: usize,
    queue: Receiver<Photo>,
    done: &SyncSender<Thumbnail>,
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

// ANCHOR: pool
fn a_pool(
    workers: usize,
    uploads: impl Iterator<Item = Photo> + Send + 'static,
    mut deliver: impl FnMut(Thumbnail),
) {
    let (queue, photos) = mpsc::sync_channel(2 * workers);
    let (done, thumbnails) = mpsc::sync_channel(workers);
    let mut threads = start_workers(workers, photos, &done);
    // Each worker has a sender of its own; with the last of them, `thumbnails` ends.
    drop(done);

    threads.push(thread::spawn(move || {
        for photo in uploads {
            if queue.send(photo).is_err() {
                return; // every worker is gone
            }
        }
        // `queue` is dropped here: a worker that finds it empty ends.
    }));
    for thumbnail in thumbnails {
        deliver(thumbnail);
    }
    for thread in threads {
        thread.join().expect("making a thumbnail does not panic");
    }
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

fn machine(at_once: usize) -> Arc<Simulation> {
    Arc::new(Simulation::new(at_once, PHOTOS).on_cores(CORES))
}

/// The pool's run with so many workers.
fn with_workers(workers: usize) -> Timeline {
    let machine = machine(workers);
    let in_memory = InMemory::default();
    let mut thumbnails = Vec::new();
    a_pool(workers, uploads(&machine, &in_memory), |thumbnail| {
        thumbnails.push(thumbnail);
    });
    assert_every_photo_once(&thumbnails);
    let most = in_memory.most.load(Ordering::SeqCst);
    let bound = 3 * workers + 1;
    assert!(
        most <= bound,
        "{most} photos were in memory, not {bound} at most"
    );

    let mut picture = machine.by_thread("worker", "", Some(workers));
    let first = picture
        .lanes
        .iter()
        .filter_map(|lane| lane.spans[0].end)
        .min();
    picture.proves = format!(
        "{}: {} ms, at most {} decoded at once, the first thumbnail after {} ms.",
        counted(workers, "worker"),
        picture.end(),
        counted(picture.most_at_once(), "photo"),
        first.unwrap_or_default(),
    );
    picture
}

fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    }
}

fn main() -> std::io::Result<()> {
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

    let pool = with_workers(WORKERS);
    for (whose, others) in [
        ("rayon", a_pool_on_rayon as Pool),
        ("tokio", a_pool_on_tokio),
    ] {
        let machine = machine(WORKERS);
        assert_every_photo_once(&others(WORKERS, album(&machine)));
        let picture = machine.by_thread("worker", &pool.proves, Some(WORKERS));
        assert!(picture == pool, "the threads of {whose} took other photos");
    }
    let locked = machine(1);
    assert_every_photo_once(&a_pool_under_the_lock(album(&locked)));
    let locked = locked.by_job(
        "Three workers that work under the lock: 90 ms, one photo at a time.",
        Some(CORES),
    );

    let workers = Knob {
        one: "worker",
        several: "workers",
        values: &[1, 2, 3, 4, 6, 9],
        default: WORKERS as u64,
    };
    Explore::new("workers", workers, |workers| {
        vec![with_workers(
            usize::try_from(workers).expect("a small number"),
        )]
    })
    .show("worker_pool")?;
    worked::show(
        "worker_pool",
        &[
            ("one_thread", one),
            ("a_thread_each", each),
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
