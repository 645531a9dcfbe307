//! Mistake: a count in an atomic is waited for: a part that panics never counts.
//! Rejected by: pattern::a_panic_in_one_part_is_not_lost
//! Learner sees: part 0 of 4 panicked, and fork_join never returned

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    let ended = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(size)
            .map(|part| {
                let ended = &ended;
                scope.spawn(move || {
                    let result = work(part);
                    ended.fetch_add(1, Ordering::Release);
                    result
                })
            })
            .collect();
        while ended.load(Ordering::Acquire) < threads.len() {
            thread::yield_now();
        }
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
