//! Mistake: the threads are not joined, so the scope panics for them, with words of its own.
//! Rejected by: stretch::a_panic_keeps_its_own_words
//! Learner sees: part 0 panicked with "page 0 is torn", but fork_join panicked with "a scoped thread panicked"

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    let mut results: Vec<Option<R>> = items.chunks(size).map(|_| None).collect();
    thread::scope(|scope| {
        for (part, result) in items.chunks(size).zip(&mut results) {
            scope.spawn(move || *result = Some(work(part)));
        }
    });
    results.into_iter().flatten().collect()
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
