//! Mistake: two threads are the least that it considers.
//! Rejected by: core::a_loop_that_is_done_in_time_is_enough
//! Learner sees: 20 jobs that compute for 10ms in 200ms on 4 cores: choose should say a loop, but it says 2 threads

use std::error::Error;
use std::fmt;
use std::thread;
use std::time::Duration;

pub const SAMPLE: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub computing: Duration,
    pub waiting: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    pub cores: u32,
    pub thread: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    Loop,
    Threads(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLate {
    pub at_best: Duration,
}

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

pub fn choose(jobs: usize, cost: Cost, machine: Machine, time: Duration) -> Result<Plan, TooLate> {
    let mut at_best = Duration::MAX;
    for plan in (2..=jobs).map(Plan::Threads) {
        let takes = estimate(plan, jobs, cost, machine);
        if takes <= time {
            return Ok(plan);
        }
        at_best = at_best.min(takes);
    }
    Err(TooLate { at_best })
}

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
