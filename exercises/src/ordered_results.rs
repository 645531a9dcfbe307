//! # Ordered results
//!
//! A film platform transcodes what its users upload. A film is cut into segments of a few seconds
//! each, which can be transcoded on several threads and must come out in the order in which they
//! are watched. Build it twice: for a film that is there as a whole, and for one that is still being
//! uploaded while its first minutes are played.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/ordered_results.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test ordered_results
//! ```

use std::marker::PhantomData;
use std::thread;

/// Transcodes a batch: all `segments` on `workers` threads, and returns what became of them in the
/// order of the segments.
///
/// At most `workers` segments are worked on at once, and none waits behind a slow one while a worker
/// is idle. However many segments there are, no more than `workers` threads ever transcode. Without
/// segments, nothing is transcoded.
///
/// Segments, `transcode` and results may borrow from the caller. When `transcode_all` returns,
/// nothing that it started is still at work.
///
/// # Panics
/// If `workers` is zero. If `transcode` panics, once no worker is at work any more. Whether the other
/// segments are still transcoded is up to you.
///
/// **Stretch:** It panics with the panic of `transcode`, its own payload included.
pub fn transcode_all<In: Send, Out: Send>(
    segments: Vec<In>,
    workers: usize,
    transcode: impl Fn(In) -> Out + Sync,
) -> Vec<Out> {
    let _ = (segments, transcode);
    todo!("transcode_all on {workers} workers")
}

/// A stream of segments that are transcoded on several threads and come out in their order.
///
/// [`next`](Iterator::next) hands out what became of each segment, in the order in which the source
/// made them, and then `None`, however often it is asked. Each comes as soon as it is
/// done and all before it are out; it waits for none behind it.
///
/// **The window.** A segment is *under way* from the moment the source makes it until `next` has in
/// hand what became of it: whether it waits for a worker, is worked on, or is done and waits for one
/// before it. At most `window` segments are under way, whatever happens: a stalled segment at the
/// head, or a player that does not ask. With the window full, the source is not asked for another
/// one. A segment that leaves makes room for one, not later than when `next` is called again.
///
/// Up to that bound the work goes on. While a caller waits in `next`, all of the window is used;
/// between two calls of `next`, all of it but, if you like, one place.
///
/// **The threads.** `workers` threads of its own transcode, and no others, however many segments
/// there are. The source is not asked on the thread that calls `next`: a source that takes its time
/// over a segment holds back nothing that is already done. A thread that waits, for a segment, for
/// room or for a result, sleeps meanwhile.
///
/// **Panics.** If `transcode` panics over a segment, that panic is what became of it: it comes out in
/// its place, and the same worker goes on with the next one. If the source panics, that is the last
/// that comes out, after all segments that the source had made.
///
/// **Stretch:** Each panic comes out with its own payload, untouched.
///
/// **Leaving.** Dropping the stream hangs up: with the window full, the source is not asked again.
/// Then `drop` waits for segments that are worked on and for a source that is at it. When it returns,
/// source, `transcode` and segments have been dropped, and the threads have been told to end. There
/// is no `impl Drop` below; you write it.
///
/// A stream may be moved to another thread.
#[derive(Debug)]
pub struct InOrder<Out> {
    // Who knows which result comes next, and where will it arrive?
    results: PhantomData<Out>,
}

impl<Out: Send + 'static> InOrder<Out> {
    /// Transcodes what `source` makes on `workers` threads, with at most `window` segments under way.
    /// The memory for all of `window` may be taken at once.
    ///
    /// # Panics
    /// If `workers` or `window` is zero: nothing would ever come out.
    pub fn new<In: Send + 'static>(
        source: impl Iterator<Item = In> + Send + 'static,
        workers: usize,
        window: usize,
        transcode: impl Fn(In) -> Out + Send + Sync + 'static,
    ) -> Self {
        let _ = (source, transcode);
        todo!("InOrder::new with {workers} workers and a window of {window}")
    }
}

impl<Out: Send + 'static> Iterator for InOrder<Out> {
    type Item = thread::Result<Out>;

    /// Waits for the next segment in order, and returns what became of it: the transcoded segment,
    /// or the panic, as [`thread::JoinHandle::join`] hands it out.
    fn next(&mut self) -> Option<thread::Result<Out>> {
        todo!("InOrder::next")
    }
}
