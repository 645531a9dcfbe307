//! Mistake: two parts together have the mean of both means. That weighs a part of one request as much as one
//! of a thousand.
//! Rejected by: core::the_mean_is_the_same_however_the_log_is_split
//! Learner sees: ((200 20) + (200 70, 200 10)): the report says mean 30ms, but it is 33.333ms

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
    requests: u32,
    mean: Option<Duration>,
    slowest: Option<Duration>,
    longest_outage: usize,
    failed_first: u32,
    failed_last: u32,
}

impl Report {
    pub fn requests(&self) -> usize {
        self.requests as usize
    }

    pub fn slowest(&self) -> Option<Duration> {
        self.slowest
    }

    pub fn mean(&self) -> Option<Duration> {
        self.mean
    }

    pub fn longest_outage(&self) -> usize {
        self.longest_outage
    }

    fn all_failed(&self) -> bool {
        self.failed_first == self.requests
    }
}

impl Summary<Request> for Report {
    fn add(&mut self, item: &Request) {
        let total = self.mean.unwrap_or_default() * self.requests + item.took;
        if item.failed() {
            self.failed_last += 1;
            if self.all_failed() {
                self.failed_first += 1;
            }
        } else {
            self.failed_last = 0;
        }
        self.requests += 1;
        self.mean = Some(total / self.requests);
        self.slowest = self.slowest.max(Some(item.took));
        self.longest_outage = self.longest_outage.max(self.failed_last as usize);
    }

    fn merge(&mut self, later: Self) {
        let across = self.failed_last + later.failed_first;
        self.longest_outage = self.longest_outage.max(later.longest_outage);
        self.longest_outage = self.longest_outage.max(across as usize);
        if self.all_failed() {
            self.failed_first = across;
        }
        self.failed_last = if later.all_failed() {
            across
        } else {
            later.failed_last
        };
        self.requests += later.requests;
        self.mean = match (self.mean, later.mean) {
            (Some(earlier), Some(later)) => Some((earlier + later) / 2),
            (earlier, later) => earlier.or(later),
        };
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
