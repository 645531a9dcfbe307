//! Mistake: each thread adds its result to the list when it is done, so the list is in the order of the ends.
//! Rejected by: pattern::results_come_in_the_order_of_the_parts
//! Learner sees: pages 0 to 7 were a part each, and the last ended first, but the results came in the order …

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
        for part in items.chunks(size) {
            let results = &results;
            scope.spawn(move || {
                let result = work(part);
                results.lock().expect("no part panics").push(result);
            });
        }
    });
    results.into_inner().expect("no part panics")
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
