//! # Pipeline
//!
//! A shop imports the price lists of its suppliers: lines of text are read, parsed, looked up in
//! the catalogue, and written to the database. Each step has its own pace. Build the pipeline that
//! they run in.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/pipeline.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test pipeline
//! ```

use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::thread;

/// A source and stages that all work at the same time, a thread each.
///
/// Between two neighbours there is a queue for a bounded number of items. A source or stage that finds
/// the next queue full waits, so the slowest part sets the pace of all. A part that waits, for room or
/// for an item, sleeps meanwhile.
///
/// Items keep their order. Each goes on as soon as it is ready; no part collects them first.
///
/// A pipeline that is dropped without being run leaves nothing behind: source, stages and items are
/// dropped, and the threads end.
#[derive(Debug)]
pub struct Pipeline<T> {
    // What does the next stage have to know about the one before it?
    items: PhantomData<T>,
}

impl<T> Pipeline<T> {
    /// A pipeline without stages. `source`, on its own thread, feeds it.
    ///
    /// In each queue, the one before [`run`](Self::run)'s `sink` included, at most `room` items
    /// wait. With `room` 0, an item is handed over when the neighbour takes it. Beside the queues,
    /// only the source, each stage and the sink hold an item: one each. The memory for all of `room` may
    /// be taken at once.
    pub fn new(source: impl Iterator<Item = T>, room: usize) -> Self {
        let _ = (source, room);
        todo!("Pipeline::new")
    }

    /// Appends a stage: a thread that takes the items in order, and hands on what `work` makes of
    /// each.
    ///
    /// What a stage takes is what comes out of the part before it.
    #[must_use = "a pipeline does nothing for anybody until it runs"]
    pub fn stage<In, Out>(self, work: impl FnMut(In) -> Out) -> Pipeline<Out> {
        let _ = work;
        todo!("Pipeline::stage")
    }

    /// Hands the items to `sink`, on the calling thread, until there are no more or `sink` breaks.
    ///
    /// When `sink` breaks, it has hung up: items that are still under way are dropped, each part
    /// ends as soon as no part is left that could take its next item, and that is no error.
    ///
    /// Either way, when `run` returns, source and stages have been dropped and their threads told to
    /// end; none of them is at work any more.
    ///
    /// # Errors
    /// If the source or a stage panics. The items that had already passed it still reach the sink, and
    /// the rest of the pipeline ends as if `sink` had hung up. Once `sink` has broken, a panic may be
    /// lost.
    ///
    /// **Stretch:** The error is the panic itself, as [`thread::JoinHandle::join`] hands it out. If
    /// several panic, it is one of theirs.
    pub fn run(self, sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        let _ = sink;
        todo!("Pipeline::run")
    }
}
