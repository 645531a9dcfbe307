//! Mistake: the caller waits for as many messages as there are parts, and holds a sender itself: after a panic
//! one message is missing for ever.
//! Rejected by: pattern::a_panic_in_one_part_is_not_lost
//! Learner sees: part 0 of 4 panicked, and fork_join never returned

use std::collections::HashMap;
use std::num::NonZeroUsize;
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
    let mut results: Vec<Option<R>> = items.chunks(size).map(|_| None).collect();
    thread::scope(|scope| {
        for (index, part) in items.chunks(size).enumerate() {
            let sender = sender.clone();
            scope.spawn(move || sender.send((index, work(part))));
        }
        for _ in 0..results.len() {
            let (index, result) = receiver.recv().expect("a part sends its result");
            results[index] = Some(result);
        }
    });
    results.into_iter().flatten().collect()
}

pub fn count_words<P: AsRef<str> + Sync>(
    pages: &[P],
    parts: NonZeroUsize,
) -> HashMap<&str, usize> {
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
