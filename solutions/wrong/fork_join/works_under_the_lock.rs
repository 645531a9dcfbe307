//! Mistake: the results are behind a lock, which is taken before `work` is called.
//! Rejected by: core::all_parts_are_worked_on_at_once
//! Learner sees: only 1 of 4 parts were worked on at once

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (index, part) in items.chunks(size).enumerate() {
            let results = &results;
            scope.spawn(move || {
                results
                    .lock()
                    .expect("no part panics")
                    .push((index, work(part)));
            });
        }
    });
    let mut results = results.into_inner().expect("no part panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
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
