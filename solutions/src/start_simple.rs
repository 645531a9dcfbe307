//! # Start simple
//!
//! *What is the simplest plan that is enough?* The plans are tried in the order of their simplicity,
//! and the first that is in time is it: a loop, then two threads, then three.
//!
//! *Why measure?* Whether a job computes or waits decides everything, and the code does not show it.
//! The sample is no waste: its invoices are the first that are done.

use std::error::Error;
use std::fmt;
use std::iter;
use std::thread;
use std::time::Duration;

/// How many jobs [`process`] measures before it decides.
pub const SAMPLE: usize = 3;

/// What one job costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How long it needs a core.
    pub computing: Duration,
    /// How long it waits for somebody else, and needs none.
    pub waiting: Duration,
}

/// What there is to do it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// How many jobs can compute at once. At least one.
    pub cores: u32,
    /// What it costs to start a thread and to join it.
    pub thread: Duration,
}

/// How to get through a number of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// One after another, on the thread that is there anyway.
    Loop,
    /// On so many threads, two at least, in shares that are as equal as can be.
    Threads(usize),
}

/// No plan is done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLate {
    /// How long the fastest plan would take.
    pub at_best: Duration,
}

/// How long `plan` takes for `jobs` jobs, if all of them cost the same.
pub fn estimate(plan: Plan, jobs: usize, cost: Cost, machine: Machine) -> Duration {
    let job = cost.computing + cost.waiting;
    match plan {
        Plan::Loop => times(job, jobs),
        Plan::Threads(threads) => {
            let largest_share = times(job, jobs.div_ceil(threads));
            let all_cores_busy = times(cost.computing, jobs) / machine.cores;
            times(machine.thread, threads) + largest_share.max(all_cores_busy)
        }
    }
}

/// The simplest plan that takes at most `time`.
///
/// # Errors
/// If there is none.
pub fn choose(jobs: usize, cost: Cost, machine: Machine, time: Duration) -> Result<Plan, TooLate> {
    let mut at_best = Duration::MAX;
    for plan in iter::once(Plan::Loop).chain((2..=jobs).map(Plan::Threads)) {
        let takes = estimate(plan, jobs, cost, machine);
        if takes <= time {
            return Ok(plan);
        }
        at_best = at_best.min(takes);
    }
    Err(TooLate { at_best })
}

/// Does `work` once for each item, in at most `time`, and returns what it made, in the order of the
/// items.
///
/// # Errors
/// If no plan is done in time. Then the items of the sample have been done, and no others.
pub fn process<T, R>(
    items: &[T],
    time: Duration,
    machine: Machine,
    work: impl Fn(&T) -> (R, Cost) + Sync,
) -> Result<Vec<R>, TooLate>
where
    T: Sync,
    R: Send,
{
    let (sample, rest) = items.split_at(items.len().min(SAMPLE));
    let (mut made, costs): (Vec<R>, Vec<Cost>) = sample.iter().map(&work).unzip();
    if rest.is_empty() {
        return Ok(made);
    }
    let computing: Duration = costs.iter().map(|cost| cost.computing).sum();
    let waiting: Duration = costs.iter().map(|cost| cost.waiting).sum();
    // Items remain, so the sample is complete.
    let measured = u32::try_from(SAMPLE).expect("it is small");
    let average = Cost {
        computing: computing / measured,
        waiting: waiting / measured,
    };
    let left = time.saturating_sub(computing + waiting);
    let plan = choose(rest.len(), average, machine, left)?;
    made.extend(carry_out(plan, rest, |item| work(item).0));
    Ok(made)
}

/// Carries out a plan: `work` is done once for each item, and its results come back in the order of
/// the items. How it works is the next lesson.
///
/// # Panics
/// If `work` panics.
pub fn carry_out<T, R>(plan: Plan, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    let threads = match plan {
        Plan::Loop => return items.iter().map(work).collect(),
        Plan::Threads(threads) => threads,
    };
    let share = items.len().div_ceil(threads).max(1);
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no job panics"))
            .collect()
    })
}

/// `duration` so many times. `Duration` itself multiplies by a `u32` only.
fn times(duration: Duration, count: usize) -> Duration {
    Duration::from_nanos_u128(duration.as_nanos() * count as u128)
}

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no plan is done in time; the best takes {:?}",
            self.at_best
        )
    }
}

impl Error for TooLate {}
