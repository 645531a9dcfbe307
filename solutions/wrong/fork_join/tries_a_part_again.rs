//! Mistake: a part that panicked is worked on once more, by the caller.
//! Rejected by: pattern::a_part_that_panics_is_not_tried_again
//! Learner sees: part 2 panicked, and work was called for it 2 times

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
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(size)
            .map(|part| (part, scope.spawn(move || work(part))))
            .collect();
        threads
            .into_iter()
            .map(|(part, thread)| thread.join().unwrap_or_else(|_| work(part)))
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
