//! What a worker pool must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test worker_pool core`.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use exercises::worker_pool::{Pool, Ticket};
use instruments::Run;
use instruments::gate::{Count, Gate};

/// The results, and never more threads than workers.
mod core {
    use std::sync::Arc;

    use instruments::PROBE;

    use super::*;

    #[test]
    fn every_job_hands_back_its_result() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 3, 8);
            let jobs: Vec<Pending<usize>> = (0..20)
                .map(|n| pool.submit(&format!("job {n}"), move || n * n))
                .collect();
            for (n, job) in jobs.into_iter().enumerate() {
                let expected = n * n;
                let result = job.wait();
                assert!(
                    result.as_ref().is_ok_and(|got| *got == expected),
                    "job {n} computed {expected}, but its ticket handed out {result:?}"
                );
            }
            pool.close();
        });
    }

    #[test]
    fn three_workers_run_three_jobs_at_once() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 3, 8);
            // Opens when three jobs are inside together: a worker that works alone waits for ever.
            let three = run.rendezvous(3, |inside| {
                format!("only {inside} of 3 jobs ran at once, but the pool has 3 workers")
            });
            let jobs: Vec<Pending<()>> = (0..3)
                .map(|n| {
                    let three = three.clone();
                    pool.submit(&format!("job {n}"), move || three.arrive())
                })
                .collect();
            wait_for_all(jobs);
            pool.close();
        });
    }

    #[test]
    fn a_fourth_job_waits_for_a_free_worker() {
        instruments::test(|run| {
            run.at_most_at_once(3, "one more than the pool has workers");
            let pool = Watched::new(&run, 3, 8);
            let held = pool.hold(4);
            held.started.wait_for(3);
            // The three hold their workers until they are let go.
            let too_many = held.started.reaches(4, PROBE);
            held.gate.open();
            assert!(!too_many, "4 jobs ran at once, but the pool has 3 workers");
            wait_for_all(held.jobs);
            pool.close();
        });
    }

    #[test]
    fn thirty_jobs_share_three_threads() {
        instruments::test(|run| {
            run.at_most_workers(3, "a thread more than the pool has workers");
            let pool = Watched::new(&run, 3, 8);
            let jobs: Vec<Pending<()>> = (0..30)
                .map(|n| pool.submit(&format!("job {n}"), || ()))
                .collect();
            wait_for_all(jobs);
            pool.close();
            let threads = run.workers();
            assert!(
                threads <= 3,
                "30 jobs ran on {threads} threads, but the pool has 3 workers"
            );
        });
    }

    /// The twin of `tests/ui/worker_pool/job_not_send.rs`: `Arc` instead of `Rc`.
    #[test]
    fn a_job_may_carry_an_arc_and_return_it() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 1);
            let title = Arc::new("chart".to_owned());
            let job = pool.submit("job 0", {
                let title = Arc::clone(&title);
                move || title
            });
            let returned = job.wait().expect("the job does not panic");
            assert!(
                Arc::ptr_eq(&title, &returned),
                "the job returned another `Arc` than the one it was given"
            );
            pool.close();
        });
    }
}

/// What makes it this pattern: a queue with a bound, and an orderly end.
mod pattern {
    use instruments::PROBE;
    use instruments::canary::Cage;

    use super::*;

    #[test]
    fn a_full_queue_makes_submit_wait() {
        instruments::test(|run| {
            run.never("submit job 3", "the queue was full");
            let pool = Watched::new(&run, 1, 2);
            let held = pool.hold(1);
            held.started.wait_for(1);

            // The one worker is busy from here until it is let go.
            let accepted = run.count(|accepted| {
                format!("submit waited with {accepted} jobs in a queue that has room for 2")
            });
            let caller = thread::spawn({
                let (run, accepted) = (run.clone(), accepted.clone());
                move || {
                    let jobs: Vec<Pending<()>> = (1..=3)
                        .map(|n| {
                            let _span = run.span_on("caller", format!("submit job {n}"));
                            let job = pool.submit(&format!("job {n}"), || ());
                            accepted.add();
                            job
                        })
                        .collect();
                    (pool, jobs)
                }
            });
            accepted.wait_for(2);
            let too_many = accepted.reaches(3, PROBE);
            held.gate.open();
            let (pool, jobs) = caller.join().expect("submit does not panic");
            assert!(
                !too_many,
                "submit took a third job into a queue for 2 while the only worker was busy"
            );
            wait_for_all(held.jobs);
            wait_for_all(jobs);
            pool.close();
        });
    }

    #[test]
    fn no_job_waits_behind_a_busy_worker_while_another_is_idle() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 2, 8);
            // One worker is busy until it is let go; the other has time for everything else.
            let held = pool.hold(1);
            held.started.wait_for(1);
            let jobs: Vec<Pending<()>> = (1..=4)
                .map(|n| pool.submit(&format!("job {n}"), || ()))
                .collect();
            run.until(
                "the other jobs",
                "a job waits behind the busy worker, while the other worker is idle".to_owned(),
                || {
                    for job in jobs {
                        job.ticket.wait().expect("the job does not panic");
                    }
                },
            );
            held.gate.open();
            wait_for_all(held.jobs);
            pool.close();
        });
    }

    #[test]
    fn dropping_the_pool_waits_for_the_jobs_that_run() {
        instruments::test(|run| {
            run.none_open_at("drop(pool) returned", "still running");
            let pool = Watched::new(&run, 2, 8);
            let held = pool.hold(2);
            held.started.wait_for(2);
            let closing = pool.close_on_a_thread();
            let too_early = closing.is_over_within(PROBE);
            held.gate.open();
            assert!(
                !too_early,
                "drop(pool) returned while 2 jobs were still running"
            );
            closing.wait();
            drop(held.jobs);
        });
    }

    #[test]
    fn dropping_the_pool_runs_what_is_still_queued() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let held = pool.hold(1);
            let ran = Count::new();
            let tickets: Vec<Pending<()>> = (1..=4)
                .map(|n| {
                    let ran = ran.clone();
                    pool.submit(&format!("job {n}"), move || ran.add())
                })
                .collect();
            let closing = pool.close_on_a_thread();
            // Time for drop to do its worst before the queue can move on.
            closing.is_over_within(PROBE);
            held.gate.open();
            closing.wait();
            let ran = ran.get();
            assert!(
                ran == 4,
                "drop(pool) returned, but only {ran} of the 4 queued jobs ran"
            );
            // The tickets outlived the pool: a result finds room without anybody waiting for it.
            drop((held.jobs, tickets));
        });
    }

    #[test]
    fn the_workers_end_with_the_pool() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 2, 8);
            let threads = Cage::new();
            let both = run.rendezvous(2, |inside| {
                format!("only {inside} of 2 jobs ran at once, but the pool has 2 workers")
            });
            let jobs: Vec<Pending<()>> = (0..2)
                .map(|n| {
                    let (threads, both) = (threads.clone(), both.clone());
                    pool.submit(&format!("job {n}"), move || {
                        threads.watch_this_thread();
                        both.arrive();
                    })
                })
                .collect();
            wait_for_all(jobs);
            pool.close();
            run.until(
                "the threads' end",
                "drop(pool) returned, but its threads never end".to_owned(),
                || threads.wait_until_empty(),
            );
        });
    }

    #[test]
    fn a_panicking_job_leaves_its_worker_alive() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let bad: Pending<()> =
                pool.submit("bad job", || instruments::panic_on_purpose("no data"));
            assert!(
                bad.wait().is_err(),
                "a job panicked, but its ticket handed out a result"
            );
            let good = pool.submit("good job", || 7).wait();
            assert!(
                matches!(good, Ok(7)),
                "the worker went down with the job that panicked: the next one never ran"
            );
            pool.close();
        });
    }

    #[test]
    fn a_job_runs_also_if_its_ticket_is_dropped() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let gate = Gate::new();
            let ticket = pool.submit("job 0", {
                let gate = gate.clone();
                move || gate.wait()
            });
            // The job is not done before its ticket is gone.
            drop(ticket);
            gate.open();
            let next = pool.submit("job 1", || 1).wait();
            assert!(
                matches!(next, Ok(1)),
                "the worker went down with a job whose ticket was dropped"
            );
            pool.close();
        });
    }

    #[test]
    fn a_job_that_is_not_send_is_rejected() {
        instruments::must_not_compile!(
            "worker_pool/job_not_send.rs",
            "the job would take an `Rc` to another thread",
            [("E0277", "cannot be sent between threads")]
        );
    }

    #[test]
    fn a_result_that_is_not_send_is_rejected() {
        instruments::must_not_compile!(
            "worker_pool/result_not_send.rs",
            "the result would bring an `Rc` back from another thread",
            [("E0277", "cannot be sent between threads")]
        );
    }
}

/// The panic itself, and a queue without room.
mod stretch {
    use instruments::PROBE;

    use super::*;

    #[test]
    fn the_ticket_hands_out_the_panic_itself() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let bad: Pending<()> =
                pool.submit("bad job", || instruments::panic_on_purpose("no data"));
            let panic = bad.wait().err();
            let message = panic
                .as_ref()
                .and_then(|payload| payload.downcast_ref::<&str>().copied());
            assert!(
                message == Some("no data"),
                "the job panicked with \"no data\", but its ticket handed out {message:?}"
            );
            pool.close();
        });
    }

    #[test]
    fn a_queue_of_zero_hands_each_job_straight_to_a_worker() {
        instruments::test(|run| {
            run.never("submit job 1", "no worker was free to take it");
            let pool = Watched::new(&run, 1, 0);
            let held = pool.hold(1);
            let accepted = Count::new();
            let caller = thread::spawn({
                let (run, accepted) = (run.clone(), accepted.clone());
                move || {
                    let span = run.span_on("caller", "submit job 1");
                    let next = pool.submit("job 1", || ());
                    drop(span);
                    accepted.add();
                    (pool, next)
                }
            });
            let too_early = accepted.reaches(1, PROBE);
            held.gate.open();
            let (pool, next) = caller.join().expect("submit does not panic");
            assert!(
                !too_early,
                "submit took a job into a queue for 0 while the only worker was busy"
            );
            wait_for_all(held.jobs);
            wait_for_all(vec![next]);
            pool.close();
        });
    }
}

/// The pool under test. All that is asked of it is recorded, so that a call that never returns has
/// a name.
struct Watched {
    pool: Pool,
    workers: usize,
    run: Run,
}

impl Watched {
    fn new(run: &Run, workers: usize, queue: usize) -> Self {
        Self {
            pool: Pool::new(workers, queue),
            workers,
            run: run.clone(),
        }
    }

    /// Submits jobs that hold their workers until the gate opens.
    fn hold(&self, jobs: usize) -> Held {
        let workers = self.workers;
        let gate = Gate::new();
        let started = self.run.count(move |started| {
            format!("only {started} of {workers} workers got a job, though {jobs} were submitted")
        });
        let jobs = (0..jobs)
            .map(|n| {
                let (gate, started) = (gate.clone(), started.clone());
                self.submit(&format!("job {n}"), move || {
                    started.add();
                    gate.wait();
                })
            })
            .collect();
        Held {
            gate,
            started,
            jobs,
        }
    }

    fn submit<T, W>(&self, label: &str, work: W) -> Pending<T>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let job = self.run.job(label.to_owned(), work);
        Pending {
            ticket: self
                .run
                .call(&format!("pool.submit({label})"), || self.pool.submit(job)),
            call: format!("ticket.wait() for {label}"),
            run: self.run.clone(),
        }
    }

    #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
    fn close(self) {
        let Self { pool, run, .. } = self;
        run.call("drop(pool)", || drop(pool));
        run.moment("drop(pool) returned");
    }

    fn close_on_a_thread(self) -> Closing {
        let (begun, over) = (Count::new(), Count::new());
        let thread = thread::spawn({
            let (begun, over) = (begun.clone(), over.clone());
            move || {
                begun.add();
                self.close();
                over.add();
            }
        });
        begun.wait_for(1);
        Closing { over, thread }
    }
}

/// Jobs that have been submitted and do not end before their gate opens.
struct Held {
    gate: Gate,
    started: Count,
    jobs: Vec<Pending<()>>,
}

/// A pool that is being dropped on a thread of its own.
struct Closing {
    over: Count,
    thread: JoinHandle<()>,
}

impl Closing {
    fn is_over_within(&self, limit: Duration) -> bool {
        self.over.reaches(1, limit)
    }

    fn wait(self) {
        self.thread.join().expect("drop does not panic");
    }
}

/// A job's ticket, watched likewise.
struct Pending<T> {
    ticket: Ticket<T>,
    call: String,
    run: Run,
}

impl<T> Pending<T> {
    fn wait(self) -> thread::Result<T> {
        self.run.call(&self.call, || self.ticket.wait())
    }
}

fn wait_for_all(jobs: Vec<Pending<()>>) {
    for job in jobs {
        job.wait().expect("the job does not panic");
    }
}
