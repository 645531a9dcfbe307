//! Design: the parts send their results with their places, and the last sender's end is the join.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for (place, part) in items.chunks(size).enumerate() {
            let sender = sender.clone();
            scope.spawn(move || {
                let result = panic::catch_unwind(AssertUnwindSafe(|| work(part)));
                let _ = sender.send((place, result));
            });
        }
        // Or the loop below would wait for this one for ever.
        drop(sender);
        let mut results: Vec<_> = receiver.into_iter().collect();
        results.sort_unstable_by_key(|(place, _)| *place);
        results
            .into_iter()
            .map(|(_, result)| result.unwrap_or_else(|panic| panic::resume_unwind(panic)))
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
