//! Mistake: all parts count into one map, and each holds its lock while it reads and counts.
//! Rejected by: pattern::all_parts_are_counted_at_once
//! Learner sees: only 1 of 4 parts were counted at once

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::Mutex;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = items
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
    let total: Mutex<HashMap<&str, usize>> = Mutex::default();
    fork_join(pages, parts, |part| {
        let mut total = total.lock().expect("no part panics");
        for word in part
            .iter()
            .flat_map(|page| page.as_ref().split_whitespace())
        {
            *total.entry(word).or_default() += 1;
        }
    });
    total.into_inner().expect("no part panics")
}
