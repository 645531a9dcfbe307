//! Mistake: the parts are sorted by their numbers written as text.
//! Rejected by: core::two_hundred_parts_are_worked_on_at_once_on_any_machine
//! Learner sees: 200 pages should come back in order, but these did: [0, 1, 10, 100, …

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
        let threads: Vec<ScopedJoinHandle<'_, R>> = items
            .chunks(size)
            .enumerate()
            .map(|(n, part)| (n.to_string(), scope.spawn(move || work(part))))
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
            .into_values()
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
