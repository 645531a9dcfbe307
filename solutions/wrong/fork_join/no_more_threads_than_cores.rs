//! Mistake: only as many threads at a time as there are cores; the other parts wait.
//! Rejected by: core::two_hundred_parts_are_worked_on_at_once_on_any_machine
//! Learner sees: only … of 200 parts were worked on at once

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let all: Vec<&[T]> = items.chunks(size).collect();
    let mut results = Vec::new();
    for some in all.chunks(cores.max(4)) {
        results.extend(thread::scope(|scope| {
            let threads: Vec<_> = some
                .iter()
                .map(|part| scope.spawn(move || work(part)))
                .collect();
            threads
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| panic::resume_unwind(panic))
                })
                .collect::<Vec<R>>()
        }));
    }
    results
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
