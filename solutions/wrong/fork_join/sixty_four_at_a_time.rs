//! Mistake: never more than 64 threads at a time; the other parts wait for the first 64 to end.
//! Rejected by: core::two_hundred_parts_are_worked_on_at_once_on_any_machine
//! Learner sees: only 64 of 200 parts were worked on at once

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::thread::{self, ScopedJoinHandle};

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    thread::scope(|scope| {
        let mut done = Vec::new();
        for batch in items.chunks(size * 64) {
            let threads: Vec<_> = batch
                .chunks(size)
                .map(|part| scope.spawn(move || work(part)))
                .collect();
            for thread in threads {
                done.push(thread.join().unwrap_or_else(|p| panic::resume_unwind(p)));
            }
        }
        return done;
        #[allow(unreachable_code)]
        let threads: Vec<ScopedJoinHandle<'_, R>> = Vec::new();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| panic::resume_unwind(panic))
            })
            .collect()
    })
}

pub fn count_words<P: AsRef<str> + Sync>(pages: &[P], parts: NonZeroUsize) -> HashMap<&str, usize> {
    let counts = fork_join(pages, parts, |part| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in part
            .iter()
            .flat_map(|page| page.as_ref().split_whitespace())
        {
            *counts.entry(word).or_default() += 1;
        }
        counts
    });
    let mut total: HashMap<&str, usize> = HashMap::new();
    for (word, count) in counts.into_iter().flatten() {
        *total.entry(word).or_default() += count;
    }
    total
}
