//! Design: chunks that are fixed beforehand, a job and a place for each, merged in a loop when all are
//! done. No associativity is needed, and the merging is done by one thread.

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
    // Four for each thread, so that something is left to steal.
    let size = items
        .len()
        .div_ceil(4 * rayon::current_num_threads())
        .max(1);
    let mut places: Vec<S> = items.chunks(size).map(|_| S::default()).collect();
    rayon::scope(|scope| {
        for (place, chunk) in places.iter_mut().zip(items.chunks(size)) {
            scope.spawn(move |_| chunk.iter().for_each(|item| place.add(item)));
        }
    });
    places.into_iter().fold(S::default(), merged)
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

    fn all_failed(&self) -> bool {
        self.failed_first == self.requests
    }
}

impl Summary<Request> for Report {
    fn add(&mut self, item: &Request) {
        let failed = usize::from(item.failed());
        let one = Self {
            requests: 1,
            total: item.took,
            slowest: Some(item.took),
            longest_outage: failed,
            failed_first: failed,
            failed_last: failed,
        };
        Summary::<Request>::merge(self, one);
    }

    fn merge(&mut self, later: Self) {
        let across = self.failed_last + later.failed_first;
        self.longest_outage = self.longest_outage.max(later.longest_outage).max(across);
        if self.all_failed() {
            self.failed_first = across;
        }
        self.failed_last = if later.all_failed() {
            across
        } else {
            later.failed_last
        };
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

/// A line of the log, and what it says once it is read.
struct Line<'a, L> {
    number: usize,
    text: &'a L,
    first_malformed: &'a AtomicUsize,
}

impl<L: AsRef<str>> Summary<Line<'_, L>> for Report {
    fn add(&mut self, line: &Line<'_, L>) {
        if line.number > line.first_malformed.load(Ordering::Relaxed) {
            return;
        }
        match Request::parse(line.text.as_ref()) {
            Some(request) => Summary::<Request>::add(self, &request),
            None => {
                line.first_malformed
                    .fetch_min(line.number, Ordering::Relaxed);
            }
        }
    }

    fn merge(&mut self, later: Self) {
        Summary::<Request>::merge(self, later);
    }
}

pub fn report<L: AsRef<str> + Sync>(lines: &[L]) -> Result<Report, Malformed> {
    let first_malformed = AtomicUsize::new(usize::MAX);
    let lines = lines.par_iter().enumerate().map(|(number, text)| Line {
        number,
        text,
        first_malformed: &first_malformed,
    });
    let lines: Vec<Line<L>> = lines.collect();
    let report = summarise(&lines);
    drop(lines);
    match first_malformed.into_inner() {
        usize::MAX => Ok(report),
        line => Err(Malformed { line }),
    }
}
