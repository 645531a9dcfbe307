//! Mistake: the counts are merged by `reduce`, and without pages there is no first one.
//! Rejected by: core::without_pages_there_are_no_words
//! Learner sees: 0 pages in 1 part: nothing panicked in a part, but count_words panics: there is a part at least

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
    counts
        .into_iter()
        .reduce(|mut total, part| {
            for (word, count) in part {
                *total.entry(word).or_default() += count;
            }
            total
        })
        .expect("there is a part at least")
}
