//! Mistake: a part without requests counts as one whose last request did not fail. So an outage
//! ends at it.
//! Rejected by: core::the_longest_outage_is_the_same_however_the_log_is_split
//! Learner sees: (((503 20) + no requests) + (503 70)): the report says longest outage 1, but it is 2

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rayon::prelude::*;

/// What a run of neighbouring items comes to. `default()` is what no items come to.
pub trait Summary<T>: Default {
    /// Takes in one more item, which stands behind all those taken in so far.
    fn add(&mut self, item: &T);

    /// Takes in what `later` has taken in: items that stand behind one's own.
    fn merge(&mut self, later: Self);
}

/// What all `items` together come to.
///
/// `T: Sync`, because threads look at the items through `&`. `S: Send`, because a summary is made on
/// one thread and merged on another.
///
/// # Panics
/// If `add` panics: rayon passes it on.
pub fn summarise<T: Sync, S: Summary<T> + Send>(items: &[T]) -> S {
    items
        .par_iter()
        // Not `map`: it would make a summary for each item.
        .fold(S::default, |mut part, item| {
            part.add(item);
            part
        })
        .reduce(S::default, merged)
}

fn merged<T, S: Summary<T>>(mut earlier: S, later: S) -> S {
    earlier.merge(later);
    earlier
}

/// What a line of the log says.
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
/// It holds what can be merged: not the mean, but what the mean is made of; and of the outages also
/// those that touch an edge, for behind the edge they may go on.
#[derive(Debug, Default)]
pub struct Report {
    requests: usize,
    total: Duration,
    slowest: Option<Duration>,
    longest_outage: usize,
    /// How many requests failed before the first that did not; all, if all did.
    failed_first: usize,
    /// How many have failed since the last that did not; all, if all did.
    failed_last: usize,
}

impl Report {
    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// How long the slowest answer took; `None` without requests.
    pub fn slowest(&self) -> Option<Duration> {
        self.slowest
    }

    /// How long an answer took in the mean; `None` without requests.
    pub fn mean(&self) -> Option<Duration> {
        let requests = u32::try_from(self.requests).expect("a log has fewer lines than that");
        self.total.checked_div(requests)
    }

    /// The longest outage: how many requests in a row failed, at most.
    pub fn longest_outage(&self) -> usize {
        self.longest_outage
    }

    fn all_failed(&self) -> bool {
        self.failed_first == self.requests
    }
}

impl Summary<Request> for Report {
    /// A request is a part of one: so what happens at a seam is written down once.
    fn add(&mut self, item: &Request) {
        let failed = usize::from(item.failed());
        self.merge(Self {
            requests: 1,
            total: item.took,
            slowest: Some(item.took),
            longest_outage: failed,
            failed_first: failed,
            failed_last: failed,
        });
    }

    fn merge(&mut self, later: Self) {
        let across = self.failed_last + later.failed_first;
        self.longest_outage = self.longest_outage.max(later.longest_outage).max(across);
        // The seam is at an edge of the whole if one of the two is nothing but outage.
        if self.all_failed() {
            self.failed_first = across;
        }
        self.failed_last = if later.all_failed() && later.requests > 0 {
            across
        } else {
            later.failed_last
        };
        self.requests += later.requests;
        self.total += later.total;
        // `None` is less than any time.
        self.slowest = self.slowest.max(later.slowest);
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
/// # Errors
/// If a line is malformed: with the first of them in the log.
pub fn report<L: AsRef<str> + Sync>(lines: &[L]) -> Result<Report, Malformed> {
    // Nobody waits for this number, and it orders nothing else, so `Relaxed` will do. Who reads it
    // late reads a line too many. It is written once for a malformed line, not for each line.
    let first_malformed = AtomicUsize::new(usize::MAX);
    let report = lines
        .par_iter()
        .enumerate()
        .fold(Report::default, |mut part, (line, text)| {
            // A line that stands before all malformed ones is never skipped. So the number ends as
            // the smallest, and until then nothing is missing from the report.
            if line < first_malformed.load(Ordering::Relaxed) {
                match Request::parse(text.as_ref()) {
                    Some(request) => part.add(&request),
                    None => {
                        first_malformed.fetch_min(line, Ordering::Relaxed);
                    }
                }
            }
            part
        })
        .reduce(Report::default, merged);
    match first_malformed.into_inner() {
        usize::MAX => Ok(report),
        line => Err(Malformed { line }),
    }
}
