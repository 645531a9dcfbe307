//! Design: rayon splits, steals and merges; a pool of its own gives each part a thread.
//! Crates: rayon = "1.12"

use std::collections::HashMap;
use std::num::NonZeroUsize;

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let size = items.len().div_ceil(parts.get()).max(1);
    let threads = ThreadPoolBuilder::new()
        .num_threads(items.len().div_ceil(size).max(1))
        .build()
        .expect("the system has room for the threads");
    let work = &work;
    // `with_max_len`: a thread never takes two parts in one go, so each can be stolen.
    threads.install(|| items.par_chunks(size).with_max_len(1).map(work).collect())
}

pub fn count_words<P: AsRef<str> + Sync>(pages: &[P], parts: NonZeroUsize) -> HashMap<&str, usize> {
    fork_join(pages, parts, |part| {
        let words = part
            .iter()
            .flat_map(|page| page.as_ref().split_whitespace());
        words.fold(HashMap::new(), |mut counts, word| {
            *counts.entry(word).or_default() += 1;
            counts
        })
    })
    .into_iter()
    .reduce(|mut total, part| {
        for (word, count) in part {
            *total.entry(word).or_default() += count;
        }
        total
    })
    .unwrap_or_default()
}
