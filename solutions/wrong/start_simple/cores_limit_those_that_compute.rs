//! Mistake: for jobs that only compute it never tries more threads than cores, though a smaller share may be in time.
//! Rejected by: core::smaller_shares_may_want_more_threads_than_cores
//! Learner sees: 5 jobs that compute for 10ms in 13ms on 4 cores: choose should say 5 threads, but it says that the best plan takes 20.15ms

use std::error::Error;
use std::fmt;
use std::thread;
use std::time::Duration;

/// How many jobs [`process`] measures before it decides.
pub const SAMPLE: usize = 3;

/// What one job costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How long it needs a core.
    pub computing: Duration,
    /// How long it waits for another service, and needs no core.
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
    /// On so many threads, two at least. Each does its share one after another, and no share is larger
    /// than the number of jobs divided by that of threads, rounded up.
    Threads(usize),
}

/// No plan is done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLate {
    /// How long the fastest plan would take.
    pub at_best: Duration,
}

/// How long `plan` takes for `jobs` jobs, if all of them cost the same.
///
/// A loop takes the time of all jobs, one after another. With threads, three things count. The
/// threads are started one after another, which costs [`Machine::thread`] for each. Then the largest
/// share decides, which is the number of jobs divided by that of threads, rounded up. But however
/// many threads there are, they have only so many cores to compute on: all jobs' computing, divided
/// by the number of cores, is the least that their work can take. So it is
///
/// ```text
/// threads × thread + max(largest share × (computing + waiting), jobs × computing / cores)
/// ```
///
/// **Stretch:** There may be more jobs than fit into a `u32`, and their time may be more nanoseconds
/// than fit into a `u64`. It always fits into a [`Duration`].
pub fn estimate(plan: Plan, jobs: usize, cost: Cost, machine: Machine) -> Duration {
    let n = |d: Duration| d.as_nanos();
    let (j, t, one) = (
        jobs as u128,
        n(machine.thread),
        n(cost.computing) + n(cost.waiting),
    );
    let total = match plan {
        Plan::Loop => j * one,
        Plan::Threads(k) => {
            k as u128 * t
                + (jobs.div_ceil(k) as u128 * one)
                    .max(j * n(cost.computing) / u128::from(machine.cores))
        }
    };
    Duration::new(
        (total / 1_000_000_000) as u64,
        (total % 1_000_000_000) as u32,
    )
}

/// The simplest plan that takes at most `time`: the loop, if that is enough, else as few threads as
/// are enough, and never more threads than jobs.
///
/// # Errors
/// If there is none.
pub fn choose(jobs: usize, cost: Cost, machine: Machine, time: Duration) -> Result<Plan, TooLate> {
    let cap = if cost.waiting.is_zero() {
        jobs.min(machine.cores as usize)
    } else {
        jobs
    };
    let mut at_best = estimate(Plan::Loop, jobs, cost, machine);
    if at_best <= time {
        return Ok(Plan::Loop);
    }
    for k in 2..=(cap) {
        let e = estimate(Plan::Threads(k), jobs, cost, machine);
        if e <= time {
            return Ok(Plan::Threads(k));
        }
        at_best = at_best.min(e);
    }
    Err(TooLate { at_best })
}

/// Does `work` once for each item, in at most `time`, and returns what it made, in the order of the
/// items.
///
/// The first [`SAMPLE`] items are done in a loop on the calling thread, and measured: `work` tells
/// what each of them cost. Their average is what each of the remaining items is expected to cost,
/// and the time that they took is gone. With both, the plan for the remaining items is chosen as by
/// [`choose`], and carried out. If no items remain, there is nothing to choose.
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
    let mut out = Vec::new();
    let (mut c, mut w) = (Duration::ZERO, Duration::ZERO);
    for item in sample {
        let (r, cost) = work(item);
        out.push(r);
        c += cost.computing;
        w += cost.waiting;
    }
    if rest.is_empty() {
        return Ok(out);
    }
    let average = Cost {
        computing: c / SAMPLE as u32,
        waiting: w / SAMPLE as u32,
    };

    let plan = choose(rest.len(), average, machine, time.saturating_sub(c + w))?;
    out.extend(carry_out(plan, rest, |item| work(item).0));

    Ok(out)
}

/// Carries out a plan: `work` is done once for each item, and its results come back in the order of
/// the items. It is written already; how it works is the next lesson.
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
