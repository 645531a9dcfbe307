//! # Fan-out and fan-in
//!
//! A backup program reads the files of a disk and hashes each, to find out what has changed since
//! yesterday. Reading is fast and hashing is slow, so several threads hash. Build the stage that
//! they work in: it takes an iterator of files and is an iterator of hashes.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/fan_out_fan_in.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test fan_out_fan_in
//! ```

use std::marker::PhantomData;
use std::thread;

/// Has `workers` threads do `work` on the items of `source`, and hands out their results as an
/// iterator.
///
/// The work begins at once, not with the first `next`. It is done on `workers` threads, which are
/// started once: none is ever started for an item. The calling thread does none of it, and the
/// source is not read on it either: `fan_out` returns although the source has more items.
///
/// An item waits for a worker only while all of them are busy. A worker is busy as long as it works
/// on an item, and as long as its result finds no room. A thread that waits for room, for an item or
/// for a result sleeps meanwhile.
///
/// At most `room` items wait for a worker, and at most `room` results wait to be taken. Beside
/// these, the thread that reads the source holds one item, and each worker one item or result. With
/// `room` 0, a result is handed over when the caller takes it. The queues do let the workers run
/// ahead: while the caller takes no result, at least `room` of them become ready, beside the one that
/// each worker holds. The memory for all of `room` may be taken at once.
///
/// If `work` panics, that costs its own result and nothing else: the panic is handed out in its
/// place, and the same `workers` threads go on with the other items.
///
/// # Panics
/// If `workers` is zero: items would wait for ever.
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
    let _ = (source, room, work);
    todo!("fan_out to {workers} workers")
}

/// The results of [`fan_out`], each as soon as it is ready, in whatever order that may be.
///
/// Dropping it hangs up: items and results that wait are dropped, each worker ends as soon as it
/// cannot hand over its next result, and the reading ends as soon as no worker is left. When
/// `drop` returns, source and `work` have been dropped and their threads told to end; none of them is
/// at work any more. There is no `impl Drop` below; you write it.
///
/// A `FanIn` may be moved to another thread.
#[derive(Debug)]
pub struct FanIn<Out> {
    // Which ends of which channels must it hold, and which must it not?
    results: PhantomData<Out>,
}

impl<Out> Iterator for FanIn<Out> {
    /// A result, or the panic of `work` over one item: an `Err`, as [`thread::JoinHandle::join`] has it.
    type Item = thread::Result<Out>;

    /// Waits for the next result. `None` once every item has had its turn, and ever after.
    ///
    /// If the source panics, that is the end of the items. Its panic comes after the results of
    /// those that it had handed out, as the last item before `None`.
    ///
    /// **Stretch:** Each panic comes out with its own payload, untouched.
    fn next(&mut self) -> Option<Self::Item> {
        todo!("FanIn::next")
    }
}
