//! Design: rayon's threads take the items from the source themselves, by `par_bridge`; only the way back is a channel.
//! Crates: rayon = "1.12"

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use rayon::ThreadPoolBuilder;
use rayon::iter::{ParallelBridge, ParallelIterator};

pub fn fan_out<In, Out>(
    source: impl Iterator<Item = In> + Send + 'static,
    workers: usize,
    room: usize,
    work: impl Fn(In) -> Out + Send + Sync + 'static,
) -> FanIn<Out>
where
    In: Send + 'static,
    Out: Send + 'static,
{
    assert!(workers > 0, "without workers, items would wait for ever");
    // A pool of its own: a worker that waits for room must not block the pool of everybody.
    let pool = ThreadPoolBuilder::new()
        .num_threads(workers)
        .build()
        .expect("the system has room for the threads");
    let (done, results) = mpsc::sync_channel(room);
    // `install` returns after the last item, so it is not the caller who waits in it.
    let bridge = thread::spawn(move || {
        let hung_up = pool.install(|| {
            source.par_bridge().try_for_each(|item| {
                done.send(panic::catch_unwind(AssertUnwindSafe(|| work(item))))
            })
        });
        // That nobody wants results any more is no error.
        drop(hung_up);
    });
    FanIn {
        results: Some(results),
        bridge: Some(bridge),
    }
}

#[derive(Debug)]
pub struct FanIn<Out> {
    results: Option<Receiver<thread::Result<Out>>>,
    bridge: Option<JoinHandle<()>>,
}

impl<Out> Iterator for FanIn<Out> {
    type Item = thread::Result<Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Ok(result) = self.results.as_ref()?.recv() {
            return Some(result);
        }
        // A panic of the source has come through `install`.
        self.bridge.take()?.join().err().map(Err)
    }
}

impl<Out> Drop for FanIn<Out> {
    fn drop(&mut self) {
        self.results = None;
        if let Some(bridge) = self.bridge.take() {
            let _ = bridge.join();
        }
    }
}
