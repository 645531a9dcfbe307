//! The worked example of the chapter on starting simple: a mountain village's weather page, made on
//! a machine with two cores.
//!
//! ```text
//! cargo run -p worked --example start_simple
//! cargo run --release -p worked --example start_simple -- costs
//! ```
//!
//! The threads are real. Only the clock is simulated, so that the pictures come out the same
//! everywhere. With `costs`, it measures on the real clock what it takes to start things.

use std::env;
use std::hint;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use instruments::simulation::Simulation;
use instruments::timeline::Timeline;
use worked::{Explore, Knob};

const CORES: usize = 2;
const CAMERAS: usize = 8;
const PLACES: usize = 8;

/// A webcam on the mountain.
struct Camera {
    name: String,
    machine: Arc<Simulation>,
}

/// A place that wants to know what the weather will be.
struct Place {
    name: String,
    machine: Arc<Simulation>,
}

/// What a webcam saw.
struct Picture {
    by: String,
}

/// What the weather will be.
struct Forecast {
    of: String,
}

struct Page {
    pictures: Vec<Picture>,
    forecasts: Vec<Forecast>,
}

impl Camera {
    /// Asks for a picture: 30 ms until it is there, and the cores have nothing to do with it.
    fn fetch(&self) -> Picture {
        self.machine.work(&self.name, 30);
        Picture {
            by: self.name.clone(),
        }
    }
}

impl Place {
    /// Computes a forecast: 10 ms of a core.
    fn forecast(&self) -> Forecast {
        self.machine.work(&self.name, 10);
        Forecast {
            of: self.name.clone(),
        }
    }
}

fn cameras(machine: &Arc<Simulation>) -> Vec<Camera> {
    (0..CAMERAS)
        .map(|n| Camera {
            name: format!("camera {n}"),
            machine: Arc::clone(machine),
        })
        .collect()
}

fn places(machine: &Arc<Simulation>) -> Vec<Place> {
    (0..PLACES)
        .map(|n| Place {
            name: format!("place {n}"),
            machine: Arc::clone(machine),
        })
        .collect()
}

// ANCHOR: loop
fn page(cameras: &[Camera], places: &[Place]) -> Page {
    Page {
        pictures: cameras.iter().map(Camera::fetch).collect(),
        forecasts: places.iter().map(Place::forecast).collect(),
    }
}
// ANCHOR_END: loop

// ANCHOR: thread_each
fn a_thread_each<T: Sync, R: Send>(jobs: &[T], work: fn(&T) -> R) -> Vec<R> {
    on_threads(jobs.len().max(1), jobs, work)
}
// ANCHOR_END: thread_each

// ANCHOR: threads
fn on_threads<T: Sync, R: Send>(threads: usize, jobs: &[T], work: fn(&T) -> R) -> Vec<R> {
    let share = jobs.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = jobs
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no job panics"))
            .collect()
    })
}
// ANCHOR_END: threads

// ANCHOR: cameras
fn pictures(cameras: &[Camera]) -> Vec<Picture> {
    on_threads(CORES, cameras, Camera::fetch)
}
// ANCHOR_END: cameras

fn main() -> std::io::Result<()> {
    if env::args().nth(1).as_deref() == Some("costs") {
        costs();
        return Ok(());
    }

    let alone = Arc::new(Simulation::new(1, CAMERAS + PLACES));
    let made = page(&cameras(&alone), &places(&alone));
    assert_all_there(&made.pictures, &made.forecasts);
    let alone = alone.by_thread(
        "main",
        "A loop: 320 ms, and for 240 of them the program waits for the cameras.",
        None,
    );

    // A job that waits needs no core, so nothing is shared.
    let waiting = Arc::new(Simulation::new(CAMERAS, CAMERAS));
    a_thread_each(&cameras(&waiting), Camera::fetch);
    let waiting = waiting.by_thread(
        "thread",
        "A thread for each camera: 30 ms, as long as one camera takes.",
        None,
    );

    let crowded = Arc::new(Simulation::new(PLACES, PLACES).on_cores(CORES));
    a_thread_each(&places(&crowded), Place::forecast);
    let mut crowded = crowded.by_thread("thread", "", Some(CORES));
    crowded.proves = format!(
        "A thread for each forecast, on {CORES} cores: {} ms, and not one is ready sooner.",
        crowded.end()
    );

    let by_core = Arc::new(Simulation::new(CORES, PLACES).on_cores(CORES));
    on_threads(CORES, &places(&by_core), Place::forecast);
    let mut by_core = by_core.by_thread("thread", "", Some(CORES));
    by_core.proves = format!(
        "As many threads as cores: {} ms, and the first forecasts are ready after 10.",
        by_core.end()
    );

    let too_few = Arc::new(Simulation::new(CORES, CAMERAS));
    pictures(&cameras(&too_few));
    let mut too_few = too_few.by_thread("thread", "", None);
    too_few.proves = format!(
        "As many threads as cores for the cameras: {} ms. The threads wait, and the cores too.",
        too_few.end()
    );

    let threads = Knob {
        one: "thread",
        several: "threads",
        values: &[1, 2, 3, 4, 8],
        default: CORES as u64,
    };
    Explore::new("threads", threads, |threads| {
        let threads = usize::try_from(threads).expect("a small number");
        vec![forecasts_on(threads), cameras_on(threads)]
    })
    .show("start_simple")?;
    worked::show(
        "start_simple",
        &[
            ("a_loop", alone),
            ("a_thread_for_each_camera", waiting),
            ("a_thread_for_each_forecast", crowded),
            ("a_thread_for_each_core", by_core),
            ("too_few_for_the_cameras", too_few),
        ],
    )
}

fn forecasts_on(threads: usize) -> Timeline {
    let machine = Arc::new(Simulation::new(threads, PLACES).on_cores(CORES));
    on_threads(threads, &places(&machine), Place::forecast);
    let mut picture = machine.by_thread("thread", "", Some(CORES));
    picture.proves = format!("Forecasts, on {CORES} cores: {} ms.", picture.end());
    picture
}

fn cameras_on(threads: usize) -> Timeline {
    let machine = Arc::new(Simulation::new(threads, CAMERAS));
    on_threads(threads, &cameras(&machine), Camera::fetch);
    let mut picture = machine.by_thread("thread", "", None);
    picture.proves = format!("Cameras: {} ms.", picture.end());
    picture
}

fn assert_all_there(pictures: &[Picture], forecasts: &[Forecast]) {
    let cameras = (0..CAMERAS).map(|n| format!("camera {n}"));
    let places = (0..PLACES).map(|n| format!("place {n}"));
    assert!(
        pictures
            .iter()
            .map(|picture| &picture.by)
            .cloned()
            .eq(cameras)
    );
    assert!(
        forecasts
            .iter()
            .map(|forecast| &forecast.of)
            .cloned()
            .eq(places)
    );
}

/// Prints what it costs to start a thread, a task, or nothing at all, on this machine.
fn costs() {
    const TIMES: u32 = 10_000;
    let started = Instant::now();
    for n in 0..TIMES {
        thread::spawn(move || hint::black_box(n))
            .join()
            .expect("it returns its number");
    }
    print_cost("a thread, started and joined", started.elapsed(), TIMES);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime without I/O asks the system for nothing");
    let tasks = runtime.block_on(async {
        let started = Instant::now();
        for n in 0..TIMES {
            tokio::spawn(async move { hint::black_box(n) })
                .await
                .expect("it returns its number");
        }
        started.elapsed()
    });
    print_cost("a task, spawned and awaited", tasks, TIMES);

    let started = Instant::now();
    for n in 0..TIMES * 1_000 {
        hint::black_box(n);
    }
    print_cost("a turn of an empty loop", started.elapsed(), TIMES * 1_000);
}

fn print_cost(what: &str, all: Duration, times: u32) {
    let nanoseconds = all.as_secs_f64() * 1e9 / f64::from(times);
    println!("{what:28} {nanoseconds:>9.1} ns");
}
