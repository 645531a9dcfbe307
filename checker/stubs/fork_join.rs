//! # Fork–join
//!
//! The editors of a dictionary count how often each word occurs in a library of scanned pages. The
//! pages are in memory already, and every page can be counted without the others. Build the part
//! that splits them, has the parts counted at once, and merges the counts.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/fork_join.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test fork_join
//! ```

use std::collections::HashMap;
use std::num::NonZeroUsize;

/// Splits `items` into parts, works on all parts at once, and returns what `work` made of each, in
/// the order of the parts.
///
/// There are at most `parts` parts. Each is a run of neighbours, none is empty, and none holds more
/// than `items.len().div_ceil(parts)` items. `work` is called once for each part, so without items
/// it is not called at all.
///
/// Each part has a thread of its own from the beginning, however many cores there are; the calling
/// thread may be one of them. A thread that waits for a part sleeps meanwhile. When `fork_join`
/// returns, nothing that it started is still at work.
///
/// There may be any number of items and of parts, up to [`usize::MAX`].
///
/// Items, `work` and results may borrow from the caller, so none of them can be asked to be
/// `'static`. What else must they be, if other threads are to use them?
///
/// # Panics
/// If `work` panics. All other parts are worked on to their end first.
///
/// **Stretch:** The panic is the one from `work`, with its own payload, as
/// [`std::thread::JoinHandle::join`] hands it out. If several parts panicked, it is one of theirs.
pub fn fork_join<'a, T, R>(
    items: &'a [T],
    parts: NonZeroUsize,
    work: impl Fn(&'a [T]) -> R,
) -> Vec<R> {
    let _ = (items, parts, work);
    todo!("fork_join")
}

/// How often each word occurs on all `pages` together.
///
/// Words are what [`str::split_whitespace`] yields, as they are written. A page's text is what its
/// [`as_ref`](AsRef::as_ref) returns; the pages are split as by [`fork_join`], and each is read on
/// its part's thread only.
///
/// # Panics
/// If reading a page panics, as [`fork_join`] does.
pub fn count_words<P: AsRef<str>>(pages: &[P], parts: NonZeroUsize) -> HashMap<&str, usize> {
    let _ = (pages, parts);
    todo!("count_words")
}
