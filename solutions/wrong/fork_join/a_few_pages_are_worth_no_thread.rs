//! Mistake: fewer than four items are worked on by the caller alone, one part after another.
//! Rejected by: core::all_parts_are_worked_on_at_once
//! Learner sees: only 1 of 2 parts were worked on at once

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::thread::{self, ScopedJoinHandle};

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    if items.len() < 4 {
        return items
            .chunks(items.len().div_ceil(parts.get()).max(1))
            .map(|p| work(p))
            .collect();
    }
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<ScopedJoinHandle<'_, R>> = items
            .chunks(size)
            .map(|part| scope.spawn(move || work(part)))
            .collect();
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
