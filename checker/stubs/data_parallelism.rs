//! # Data parallelism
//!
//! On the morning of the first snow, a whole town asks the tram company's site when the next tram
//! comes. By noon the log of that morning is in memory, one line a request, and the company wants to
//! know how the site has held. Build the part that boils such a log down on all cores. The chapter is
//! `src/data_parallelism.md`.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! Check your work with
//!
//! ```text
//! cargo test -p exercises --test data_parallelism
//! ```

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What a run of neighbouring items comes to. `default()` is what no items come to. (Given.)
pub trait Summary<T>: Default {
    /// Takes in one more item, which stands behind all those taken in so far.
    fn add(&mut self, item: &T);

    /// Takes in what `later` has taken in: items that stand behind one's own.
    fn merge(&mut self, later: Self);
}

/// What all `items` together come to.
///
/// As if one summary had been made, and each item had been [`add`](Summary::add)ed to it, from the
/// first to the last. Instead each part of the items gets a summary of its own, and summaries of
/// neighbouring parts are [`merge`](Summary::merge)d, the earlier with the later. So `add` is called
/// once for each item.
///
/// The work is done by the threads of the rayon pool in which `summarise` is called, and by no
/// others. With five hundred items or more for each thread, all of them call `add` at once. A pool
/// with one thread is enough.
///
/// A summary may be large, so few are made, and few are merged: for a thousand items on one thread, no
/// more than a hundred.
///
/// Other threads will use the items, and make summaries. What do both have to be?
///
/// # Panics
/// If `add` panics. The pool can go on to do other work.
///
/// **Stretch:** The payload of the panic comes out untouched, also one that is no text.
pub fn summarise<T, S: Summary<T>>(items: &[T]) -> S {
    let _ = items;
    todo!("summarise")
}

/// What a line of the log says. (Given.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// 200 for a page that came, 503 for one that did not.
    pub status: u16,
    /// How long the answer took.
    pub took: Duration,
}

impl Request {
    /// Reads a line such as `503 40`: the status, and how many milliseconds the answer took. What
    /// follows does not matter.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let status = words.next()?.parse().ok()?;
        let took = Duration::from_millis(words.next()?.parse().ok()?);
        Some(Self { status, took })
    }

    /// Whether the site was at fault.
    pub fn failed(&self) -> bool {
        self.status >= 500
    }
}

/// How the site has held, over a run of requests.
///
/// It says the same however the requests were split into parts, and whichever neighbours were merged
/// first.
///
/// It holds for any number of requests that fits in memory, and for any times whose sum is a
/// [`Duration`].
#[derive(Debug, Default)]
pub struct Report {
    // What must a part know of itself, so that two can be merged?
}

impl Report {
    /// How many requests there were.
    pub fn requests(&self) -> usize {
        todo!("Report::requests")
    }

    /// How long the slowest answer took; `None` without requests.
    pub fn slowest(&self) -> Option<Duration> {
        todo!("Report::slowest")
    }

    /// How long an answer took in the mean, exact to the microsecond; `None` without requests.
    pub fn mean(&self) -> Option<Duration> {
        todo!("Report::mean")
    }

    /// The longest outage: how many requests in a row [`failed`](Request::failed), at most.
    pub fn longest_outage(&self) -> usize {
        todo!("Report::longest_outage")
    }
}

impl Summary<Request> for Report {
    fn add(&mut self, item: &Request) {
        let _ = item;
        todo!("Report::add")
    }

    fn merge(&mut self, later: Self) {
        let _ = later;
        todo!("Report::merge")
    }
}

/// A line that is no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Which line: its index in the log.
    pub line: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is no request", self.line)
    }
}

impl Error for Malformed {}

/// Reads the lines of a log and reports on all requests in it.
///
/// A line's text is what its [`as_ref`](AsRef::as_ref) returns, and [`Request::parse`] says what it
/// means. The threads of the pool do the reading as well, at once as in [`summarise`].
///
/// Once a line is known to be malformed, no thread begins to read one that stands behind it: that
/// would be for nothing.
///
/// # Errors
/// If a line is malformed. If several are, the error is of the one that stands first in the log,
/// whichever was found first.
pub fn report<L: AsRef<str>>(lines: &[L]) -> Result<Report, Malformed> {
    let _ = lines;
    todo!("report")
}
