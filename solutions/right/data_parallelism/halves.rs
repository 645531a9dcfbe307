//! Design: halves of halves with `join`, added up one by one when they are small enough. A malformed line
//! is a part of the summary: of two, the earlier stays.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub trait Summary<T>: Default {
    fn add(&mut self, item: &T);

    fn merge(&mut self, later: Self);
}

/// A part that is not worth another split.
const SMALL: usize = 64;

pub fn summarise<T: Sync, S: Summary<T> + Send>(items: &[T]) -> S {
    boil_down(items, &|summary: &mut S, item| summary.add(item), &merged)
}

/// `join` puts the second half where another thread may take it, does the first itself, and does
/// the second as well if nobody has come.
fn boil_down<T: Sync, S: Default + Send>(
    items: &[T],
    add: &(impl Fn(&mut S, &T) + Sync),
    merge: &(impl Fn(S, S) -> S + Sync),
) -> S {
    if items.len() <= SMALL {
        return items.iter().fold(S::default(), |mut summary, item| {
            add(&mut summary, item);
            summary
        });
    }
    let (earlier, later) = items.split_at(items.len() / 2);
    let (earlier, later) = rayon::join(
        || boil_down(earlier, add, merge),
        || boil_down(later, add, merge),
    );
    merge(earlier, later)
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

/// What has been read of some lines.
#[derive(Default)]
struct Reading {
    lines: usize,
    report: Report,
    /// Counted from the part's own first line.
    malformed: Option<usize>,
}

pub fn report<L: AsRef<str> + Sync>(lines: &[L]) -> Result<Report, Malformed> {
    // What stands behind this line is not read any more.
    let over = AtomicUsize::new(usize::MAX);
    let numbered: Vec<(usize, &L)> = lines.iter().enumerate().collect();
    let all = boil_down(
        &numbered,
        &|reading: &mut Reading, (number, text)| {
            if *number < over.load(Ordering::Relaxed) {
                match Request::parse(text.as_ref()) {
                    Some(request) => reading.report.add(&request),
                    None => {
                        over.fetch_min(*number, Ordering::Relaxed);
                        reading.malformed.get_or_insert(reading.lines);
                    }
                }
            }
            reading.lines += 1;
        },
        &|mut earlier: Reading, later: Reading| {
            let behind = later.malformed.map(|line| earlier.lines + line);
            earlier.malformed = earlier.malformed.or(behind);
            earlier.lines += later.lines;
            earlier.report.merge(later.report);
            earlier
        },
    );
    match all.malformed {
        None => Ok(all.report),
        Some(line) => Err(Malformed { line }),
    }
}
