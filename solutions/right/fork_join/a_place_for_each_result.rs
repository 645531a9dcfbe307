//! Design: each thread writes into a place of its own, and the caller works on the last part.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let try_part = |part| panic::catch_unwind(AssertUnwindSafe(|| work(part)));
    let mut results: Vec<Option<thread::Result<R>>> = items.chunks(size).map(|_| None).collect();
    thread::scope(|scope| {
        // No two threads get the same place: the iterator hands out each `&mut` once.
        let mut places = items.chunks(size).zip(&mut results);
        let last = places.next_back();
        for (part, place) in places {
            scope.spawn(|| *place = Some(try_part(part)));
        }
        if let Some((part, place)) = last {
            *place = Some(try_part(part));
        }
    });
    results
        .into_iter()
        .map(
            |result| match result.expect("the scope has waited for every part") {
                Ok(result) => result,
                Err(panic) => panic::resume_unwind(panic),
            },
        )
        .collect()
}

pub fn count_words<P: AsRef<str> + Sync>(pages: &[P], parts: NonZeroUsize) -> HashMap<&str, usize> {
    let counts = fork_join(pages, parts, |part| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for page in part {
            for word in page.as_ref().split_whitespace() {
                *counts.entry(word).or_insert(0) += 1;
            }
        }
        counts
    });
    let mut total = HashMap::new();
    for (word, count) in counts.into_iter().flatten() {
        total
            .entry(word)
            .and_modify(|total| *total += count)
            .or_insert(count);
    }
    total
}
