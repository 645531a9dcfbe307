//! Design: divide and conquer. Half of the parts go to another thread, which halves them again; the
//! caller keeps the other half, and works on its last part itself.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;

pub fn fork_join<'a, T: Sync, R: Send>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    // Spread evenly, the larger parts first: the parts' sizes differ by one at most.
    let count = parts.get().min(items.len());
    let mut rest = items;
    let mut all = Vec::with_capacity(count);
    for left in (1..=count).rev() {
        let (part, behind) = rest.split_at(rest.len().div_ceil(left));
        all.push(part);
        rest = behind;
    }
    in_halves(&all, &work)
}

fn in_halves<'a, T: Sync, R: Send>(
    parts: &[&'a [T]],
    work: &(impl Fn(&'a [T]) -> R + Sync),
) -> Vec<R> {
    match parts {
        [] => Vec::new(),
        [part] => vec![work(part)],
        parts => {
            let (left, right) = parts.split_at(parts.len() / 2);
            thread::scope(|scope| {
                let right = scope.spawn(|| in_halves(right, work));
                let mut results = in_halves(left, work);
                match right.join() {
                    Ok(right) => results.extend(right),
                    Err(panic) => panic::resume_unwind(panic),
                }
                results
            })
        }
    }
}

pub fn count_words<P: AsRef<str> + Sync>(pages: &[P], parts: NonZeroUsize) -> HashMap<&str, usize> {
    // One map for all, locked once for each part, when its own count is done.
    let total: Mutex<HashMap<&str, usize>> = Mutex::default();
    fork_join(pages, parts, |part| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in part
            .iter()
            .flat_map(|page| page.as_ref().split_whitespace())
        {
            *counts.entry(word).or_default() += 1;
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        for (word, count) in counts {
            *total.entry(word).or_default() += count;
        }
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}
