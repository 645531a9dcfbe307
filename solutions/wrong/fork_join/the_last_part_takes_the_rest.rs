//! Mistake: the size of a part is rounded down, and the last part has all that is left over.
//! Rejected by: core::no_part_is_empty_or_larger_than_it_has_to_be
//! Learner sees: … pages in … parts: a part has … pages, and the others wait for it; … would do

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let count = parts.get().min(items.len());
    let size = if count == 0 { 0 } else { items.len() / count };
    let work = &work;
    let part = |index| {
        let end = if index + 1 == count {
            items.len()
        } else {
            (index + 1) * size
        };
        &items[index * size..end]
    };
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
