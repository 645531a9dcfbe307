//! # Fork–join
//!
//! A thread that may outlive its caller must not borrow from it. A scope's threads cannot: the
//! scope does not end before they have. So the pages stay where they are, each thread gets a slice
//! of them, and nothing is cloned, counted or locked.
//!
//! *What proves that no two threads share a part?* `chunks`: its slices do not overlap.
//!
//! *What keeps the order?* The handles. They are collected in the order of the parts, and joined in
//! it, whichever part ends first.
//!
//! *What keeps the threads apart from one another until the end?* That nobody joins before all are
//! spawned. Hence the `collect` between the two loops.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::thread::{self, ScopedJoinHandle};

/// Splits `items` into parts, works on all parts at once, and returns what `work` made of each, in
/// the order of the parts.
///
/// `T: Sync`, because a thread gets `&[T]`, and never an item itself. `R: Send`, because a result
/// is made on one thread and used on another. `work` is called by all threads through one `&`, so
/// it has to be `Sync`.
///
/// # Panics
/// If `work` panics: with its panic, after all other parts have ended.
pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    // Rounded up, or the remainder would be a part too many. `chunks` refuses 0.
    let size = items.len().div_ceil(parts.get()).max(1);
    let work = &work;
    thread::scope(|scope| {
        // An iterator is lazy: without `collect`, each thread would be joined before the next one
        // is spawned.
        let threads: Vec<ScopedJoinHandle<'_, R>> = items
            .chunks(size)
            .map(|part| scope.spawn(move || work(part)))
            .collect();
        threads
            .into_iter()
            // The scope itself would panic as well, with a payload that says nothing of ours. It
            // still waits for the rest before it lets this panic through.
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| panic::resume_unwind(panic))
            })
            .collect()
    })
}

/// How often each word occurs on all `pages` together.
///
/// Each part counts into a map of its own, so there is nothing to lock. The words are slices of the
/// pages: the maps borrow what the threads have borrowed.
///
/// # Panics
/// If reading a page panics, as [`fork_join`] does.
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
        // Not `extend`: a word of two parts would keep the count of the later one.
        *total.entry(word).or_default() += count;
    }
    total
}
