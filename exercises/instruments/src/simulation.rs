//! Real threads on a virtual clock, for pictures that come out the same on every machine.
//!
//! Time stands still until as many jobs are being worked on as there can be, then jumps to the next
//! job's end. So the picture shows what the code's structure makes of given durations, and if
//! fewer jobs run at once than the example claims, it stops instead of drawing a lie.
//!
//! Two models join threads by channels, because they give up different things. In a [`mod@line`], threads
//! are the standard library's own and run freely, each on a clock of its own; so a channel has one
//! sender and one receiver, and a ring can let its sender go first at a tie. With [`turns`], ends may
//! be shared and there are mutexes; so threads run one at a time, and the model has to start them.

pub mod line;
pub mod turns;

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use crate::timeline::{AtOnce, Lane, Outcome, Span, Timeline, Unit};

/// A machine on which jobs take virtual time.
#[derive(Debug)]
pub struct Simulation {
    state: Mutex<State>,
    moved: Condvar,
}

/// Fractions of a millisecond in which the clock counts: cores are shared without rounding as long
/// as their number divides it.
const FRACTIONS: u64 = 5040;

#[derive(Debug)]
struct State {
    /// In fractions of a millisecond, like all times in here.
    now: u64,
    at_once: usize,
    left: usize,
    cores: Option<usize>,
    busy: Vec<Busy>,
    done: Vec<(ThreadId, Span)>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Busy {
    /// What is left to do, in time on a core of its own.
    left: u64,
    label: String,
    released: bool,
}

impl Simulation {
    /// A run of `jobs` jobs, `at_once` of which are worked on at a time as long as there are so many.
    pub fn new(at_once: usize, jobs: usize) -> Self {
        Self {
            state: Mutex::new(State {
                now: 0,
                at_once,
                left: jobs,
                cores: None,
                busy: Vec::new(),
                done: Vec::new(),
            }),
            moved: Condvar::new(),
        }
    }

    /// Has only `cores` to share among the jobs that run at once: while there are more
    /// jobs than cores, each gets on that much slower.
    #[must_use]
    pub fn on_cores(mut self, cores: usize) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.cores = Some(cores);
        self
    }

    /// Works on `label` for `milliseconds` of virtual time on a core of its own.
    ///
    /// # Panics
    /// If more jobs run at once, or more in all, than the simulation was made for.
    pub fn work(&self, label: &str, milliseconds: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let start = state.now;
        assert!(
            state.busy.len() < state.at_once.min(state.left),
            "{label} is one job more than the simulation of {} at once, {} left, allows for",
            state.at_once,
            state.left,
        );
        state.busy.push(Busy {
            left: milliseconds * FRACTIONS,
            label: label.to_owned(),
            released: false,
        });
        self.advance(&mut state);
        let mine = |state: &State| {
            state
                .busy
                .iter()
                .position(|busy| busy.label == label)
                .expect("only the job itself removes its entry")
        };
        let mut state = self
            .moved
            .wait_while(state, |state| !state.busy[mine(state)].released)
            .unwrap_or_else(PoisonError::into_inner);
        let index = mine(&state);
        state.busy.remove(index);
        state.left -= 1;
        let span = Span {
            label: label.to_owned(),
            start: start / FRACTIONS,
            end: Some(state.now / FRACTIONS),
            outcome: Outcome::Done,
            broken_rule: None,
        };
        state.done.push((thread::current().id(), span));
        self.advance(&mut state);
    }

    /// Lets the job that ends next go on, once all that can be busy are. One at a time, those that
    /// end together in the order of their labels: so the next job always goes to the same worker.
    fn advance(&self, state: &mut State) {
        let all_busy = state.busy.len() == state.at_once.min(state.left);
        if !all_busy || state.busy.iter().any(|busy| busy.released) {
            return;
        }
        let running = state.busy.len() as u64;
        let cores = state
            .cores
            .map_or(running, |cores| running.min(cores as u64));
        if let Some(next) = state.busy.iter_mut().min() {
            next.released = true;
            let worked = next.left;
            state.now += worked * running / cores;
            for busy in &mut state.busy {
                busy.left -= worked;
            }
            self.moved.notify_all();
        }
    }

    /// The picture of the run, a lane for each thread. Lanes are called `lane 1`, `lane 2`, … after
    /// `lane`, in the order of their first span; a single one is called `lane`.
    pub fn by_thread(&self, lane: &str, proves: &str, limit: Option<usize>) -> Timeline {
        let mut lanes: Vec<(ThreadId, Vec<Span>)> = Vec::new();
        for (thread, span) in self.done() {
            match lanes.iter_mut().find(|(other, _)| *other == thread) {
                Some((_, spans)) => spans.push(span),
                None => lanes.push((thread, vec![span])),
            }
        }
        let single = lanes.len() == 1;
        let lanes = lanes.into_iter().enumerate().map(|(index, (_, spans))| {
            let name = if single {
                lane.to_owned()
            } else {
                format!("{lane} {}", index + 1)
            };
            (name, spans)
        });
        timeline(lanes, proves, limit)
    }

    /// The picture of the run, a lane for each job: for runs in which chance decides which thread
    /// takes which job.
    pub fn by_job(&self, proves: &str, limit: Option<usize>) -> Timeline {
        let lanes = self.done().into_iter().map(|(_, span)| {
            let name = span.label.clone();
            (name, vec![span])
        });
        timeline(lanes, proves, limit)
    }

    fn done(&self) -> Vec<(ThreadId, Span)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = state.done.clone();
        done.sort_by(|(_, a), (_, b)| (a.start, &a.label).cmp(&(b.start, &b.label)));
        done
    }
}

fn timeline(
    lanes: impl Iterator<Item = (String, Vec<Span>)>,
    proves: &str,
    limit: Option<usize>,
) -> Timeline {
    Timeline {
        title: String::new(),
        proves: proves.to_owned(),
        unit: Unit::VirtualMilliseconds,
        lanes: lanes
            .map(|(name, spans)| Lane {
                name,
                spans,
                waits: Vec::new(),
                instants: Vec::new(),
            })
            .collect(),
        moments: Vec::new(),
        hand_overs: Vec::new(),
        at_once: Some(AtOnce { limit }),
        level: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use super::*;

    fn run(workers: usize, durations: &[u64]) -> Timeline {
        run_on(workers, durations, None)
    }

    fn run_on(workers: usize, durations: &[u64], cores: Option<usize>) -> Timeline {
        let simulation = Simulation::new(workers, durations.len());
        let simulation = match cores {
            Some(cores) => simulation.on_cores(cores),
            None => simulation,
        };
        let jobs = Mutex::new(durations.iter().enumerate());
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let next = jobs.lock().expect("nobody panics").next();
                        let Some((n, milliseconds)) = next else {
                            return;
                        };
                        simulation.work(&format!("job {n}"), *milliseconds);
                    }
                });
            }
        });
        simulation.by_thread("worker", "", None)
    }

    #[test]
    fn jobs_of_one_length_go_in_rounds() {
        let timeline = run(3, &[10; 6]);
        assert_eq!(timeline.end(), 20);
        assert_eq!(timeline.most_at_once(), 3);
    }

    #[test]
    fn the_picture_is_the_same_every_time() {
        let first = run(3, &[10, 20, 10, 10, 30, 10, 10]);
        for _ in 0..50 {
            assert_eq!(run(3, &[10, 20, 10, 10, 30, 10, 10]), first);
        }
    }

    #[test]
    fn jobs_that_share_the_cores_take_longer() {
        let simulation = Simulation::new(4, 4).on_cores(2);
        thread::scope(|scope| {
            for n in 0..4 {
                let simulation = &simulation;
                scope.spawn(move || simulation.work(&format!("job {n}"), 10));
            }
        });
        let timeline = simulation.by_job("", None);
        assert_eq!(timeline.end(), 20);
        assert_eq!(timeline.lanes.len(), 4);
    }

    #[test]
    fn jobs_get_on_faster_once_there_are_fewer_of_them() {
        // Six at once on three cores: 20 ms for six of nine jobs, then 10 ms for the other three.
        let timeline = run_on(6, &[10; 9], Some(3));
        assert_eq!(timeline.end(), 30);
        assert_eq!(timeline.lanes[5].spans[0].end, Some(20));
    }

    #[test]
    fn the_next_job_goes_to_whoever_is_free_first() {
        let timeline = run(2, &[30, 10, 10]);
        let lanes: Vec<Vec<&str>> = timeline
            .lanes
            .iter()
            .map(|lane| lane.spans.iter().map(|span| span.label.as_str()).collect())
            .collect();
        assert_eq!(lanes, [vec!["job 0"], vec!["job 1", "job 2"]]);
    }
}
