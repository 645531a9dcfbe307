//! Mistake: a part knows the outages at its edges, but not that it may be nothing but outage: then both
//! edges are the same, and it goes on through the part.
//! Rejected by: core::the_longest_outage_is_the_same_however_the_log_is_split
//! Learner sees: …: the report says longest outage …, but it is …

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rayon::prelude::*;

pub trait Summary<T>: Default {
    fn add(&mut self, item: &T);

    fn merge(&mut self, later: Self);
}

pub fn summarise<T: Sync, S: Summary<T> + Send>(items: &[T]) -> S {
    items
        .par_iter()
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    pub status: u16,
    pub took: Duration,
}

impl Request {
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let status = words.next()?.parse().ok()?;
        let took = Duration::from_millis(words.next()?.parse().ok()?);
        Some(Self { status, took })
    }

    pub fn failed(&self) -> bool {
        self.status >= 500
    }
}

#[derive(Debug, Default)]
pub struct Report {
    requests: usize,
    total: Duration,
    slowest: Option<Duration>,
    longest_outage: usize,
    failed_first: usize,
    failed_last: usize,
}

impl Report {
    pub fn requests(&self) -> usize {
        self.requests
    }

    pub fn slowest(&self) -> Option<Duration> {
        self.slowest
    }

    pub fn mean(&self) -> Option<Duration> {
        self.total.checked_div(u32::try_from(self.requests).ok()?)
    }

    pub fn longest_outage(&self) -> usize {
        self.longest_outage
    }
}

impl Summary<Request> for Report {
    fn add(&mut self, item: &Request) {
        if !item.failed() {
            self.failed_last = 0;
        } else {
            self.failed_last += 1;
            if self.failed_first == self.requests {
                self.failed_first += 1;
            }
        }
        self.longest_outage = self.longest_outage.max(self.failed_last);
        self.requests += 1;
        self.total += item.took;
        self.slowest = self.slowest.max(Some(item.took));
    }

    fn merge(&mut self, later: Self) {
        let across = self.failed_last + later.failed_first;
        self.longest_outage = self.longest_outage.max(later.longest_outage).max(across);
        self.failed_last = later.failed_last;
        self.requests += later.requests;
        self.total += later.total;
        self.slowest = self.slowest.max(later.slowest);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    pub line: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is no request", self.line)
    }
}

impl Error for Malformed {}

pub fn report<L: AsRef<str> + Sync>(lines: &[L]) -> Result<Report, Malformed> {
    let first_malformed = AtomicUsize::new(usize::MAX);
    let report = lines
        .par_iter()
        .enumerate()
        .fold(Report::default, |mut part, (line, text)| {
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
