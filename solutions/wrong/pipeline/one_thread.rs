//! Mistake: stages are chained as iterators, and all of them run on the caller's thread.
//! Rejected by: core::source_stages_and_sink_work_at_once
//! Learner sees: only 1 of source, parse, enrich and write worked at once

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

pub struct Pipeline<T> {
    items: Box<dyn Iterator<Item = T> + Send>,
}

impl<T: Send + 'static> Pipeline<T> {
    pub fn new(source: impl Iterator<Item = T> + Send + 'static, _room: usize) -> Self {
        Self {
            items: Box::new(source),
        }
    }

    #[must_use = "a pipeline does nothing for anybody until it runs"]
    pub fn stage<Out: Send + 'static>(
        self,
        work: impl FnMut(T) -> Out + Send + 'static,
    ) -> Pipeline<Out> {
        Pipeline {
            items: Box::new(self.items.map(work)),
        }
    }

    pub fn run(mut self, mut sink: impl FnMut(T) -> ControlFlow<()>) -> thread::Result<()> {
        loop {
            match panic::catch_unwind(AssertUnwindSafe(|| self.items.next())) {
                Ok(Some(item)) => {
                    if sink(item).is_break() {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(panic) => return Err(panic),
            }
        }
    }
}
