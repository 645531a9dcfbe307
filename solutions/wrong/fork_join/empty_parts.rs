//! Mistake: there are always as many parts as were asked for, and some have no items.
//! Rejected by: core::no_part_is_empty_or_larger_than_it_has_to_be
//! Learner sees: 1 page in 2 parts: work was given an empty part

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let count = parts.get().min(1024);
    let work = &work;
    let part =
        |index: usize| &items[index * items.len() / count..(index + 1) * items.len() / count];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(part)
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
