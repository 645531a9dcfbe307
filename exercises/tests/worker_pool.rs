//! What a worker pool must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test --test worker_pool core`.

use exercises::worker_pool::{Pool, Ticket};

/// The results, and never more threads than workers.
mod core {
    use std::sync::Arc;

    use instruments::PROBE;
    use instruments::gate::{Count, Gate};

    use super::*;

    #[test]
    fn every_job_hands_back_its_result() {
        instruments::test(|run| {
            let pool = Pool::new(3, 8);
            let tickets: Vec<Ticket<usize>> = (0..20)
                .map(|n| pool.submit(run.job(format!("job {n}"), move || n * n)))
                .collect();
            for (n, ticket) in tickets.into_iter().enumerate() {
                let result = run.call(&format!("the wait for job {n}"), || ticket.wait());
                let expected = n * n;
                assert!(
                    result.as_ref().is_ok_and(|got| *got == expected),
                    "job {n} computed {expected}, but its ticket handed out {result:?}"
                );
            }
        });
    }

    #[test]
    fn three_workers_run_three_jobs_at_once() {
        instruments::test(|run| {
            let pool = Pool::new(3, 8);
            // Opens when three jobs are inside together: a worker that works alone waits for ever.
            let three = run.rendezvous(3, |inside| {
                format!("only {inside} of 3 jobs ran at once, but the pool has 3 workers")
            });
            let tickets: Vec<Ticket<()>> = (0..3)
                .map(|n| {
                    let three = three.clone();
                    pool.submit(run.job(format!("job {n}"), move || three.arrive()))
                })
                .collect();
            for ticket in tickets {
                ticket.wait().expect("the job does not panic");
            }
        });
    }

    #[test]
    fn a_fourth_job_waits_for_a_free_worker() {
        instruments::test(|run| {
            let pool = Pool::new(3, 8);
            run.at_most_at_once(3, "one more than the pool has workers");
            let gate = Gate::new();
            let started = Count::new();
            let tickets: Vec<Ticket<()>> = (0..4)
                .map(|n| {
                    let (gate, started) = (gate.clone(), started.clone());
                    pool.submit(run.job(format!("job {n}"), move || {
                        started.add();
                        gate.wait();
                    }))
                })
                .collect();
            run.call("the wait for three jobs to start", || started.wait_for(3));
            // The three hold their workers until the gate opens.
            let too_many = started.reaches(4, PROBE);
            gate.open();
            assert!(!too_many, "4 jobs ran at once, but the pool has 3 workers");
            for ticket in tickets {
                ticket.wait().expect("the job does not panic");
            }
        });
    }

    #[test]
    fn thirty_jobs_share_three_threads() {
        instruments::test(|run| {
            let pool = Pool::new(3, 8);
            run.at_most_workers(3, "a thread more than the pool has workers");
            let tickets: Vec<Ticket<()>> = (0..30)
                .map(|n| pool.submit(run.job(format!("job {n}"), || ())))
                .collect();
            for ticket in tickets {
                ticket.wait().expect("the job does not panic");
            }
            let threads = run.workers();
            assert!(
                threads <= 3,
                "30 jobs ran on {threads} threads, but the pool has 3 workers"
            );
        });
    }

    /// The twin of `tests/ui/worker_pool/job_not_send.rs`: `Arc` instead of `Rc`.
    #[test]
    fn a_job_may_carry_an_arc_and_return_one() {
        instruments::test(|_| {
            let pool = Pool::new(1, 1);
            let title = Arc::new("chart".to_owned());
            let ticket = pool.submit({
                let title = Arc::clone(&title);
                move || title
            });
            let returned = ticket.wait().expect("the job does not panic");
            assert!(
                Arc::ptr_eq(&title, &returned),
                "the job returned another `Arc`"
            );
        });
    }
}

/// What makes it this pattern: a queue with a bound, and an orderly end.
mod pattern {
    use std::thread;

    use instruments::PROBE;
    use instruments::canary::Cage;
    use instruments::gate::{Count, Gate};

    use super::*;

    #[test]
    fn a_full_queue_makes_submit_wait() {
        instruments::test(|run| {
            let pool = Pool::new(1, 2);
            let gate = Gate::new();
            let started = Count::new();
            let accepted = Count::new();
            pool.submit(run.job("job 0", {
                let (gate, started) = (gate.clone(), started.clone());
                move || {
                    started.add();
                    gate.wait();
                }
            }));
            // The one worker is busy from here until the gate opens.
            started.wait_for(1);
            run.never("submit job 3", "the queue was full");
            thread::scope(|scope| {
                scope.spawn(|| {
                    for n in 1..=3 {
                        let _span = run.span_on("caller", format!("submit job {n}"));
                        pool.submit(run.job(format!("job {n}"), || ()));
                        accepted.add();
                    }
                });
                run.call("submit, with room in the queue,", || accepted.wait_for(2));
                let too_many = accepted.reaches(3, PROBE);
                if too_many {
                    gate.open();
                }
                assert!(
                    !too_many,
                    "submit took a third job into a queue for 2 while the only worker was busy"
                );
                gate.open();
            });
        });
    }

    #[test]
    fn dropping_the_pool_waits_for_the_jobs_that_run() {
        instruments::test(|run| {
            let pool = Pool::new(2, 8);
            let gate = Gate::new();
            let started = Count::new();
            for n in 0..2 {
                let (gate, started) = (gate.clone(), started.clone());
                pool.submit(run.job(format!("job {n}"), move || {
                    started.add();
                    gate.wait();
                }));
            }
            started.wait_for(2);
            run.none_open_at("drop(pool) returned", "still running");
            let dropped = Count::new();
            thread::scope(|scope| {
                scope.spawn(|| {
                    drop(pool);
                    run.moment("drop(pool) returned");
                    dropped.add();
                });
                let too_early = dropped.reaches(1, PROBE);
                gate.open();
                assert!(
                    !too_early,
                    "drop(pool) returned while 2 jobs were still running"
                );
                run.call("drop(pool)", || dropped.wait_for(1));
            });
        });
    }

    #[test]
    fn dropping_the_pool_runs_what_is_still_queued() {
        instruments::test(|run| {
            let pool = Pool::new(1, 8);
            let gate = Gate::new();
            let ran = Count::new();
            pool.submit(run.job("job 0", {
                let gate = gate.clone();
                move || gate.wait()
            }));
            for n in 1..=4 {
                let ran = ran.clone();
                pool.submit(run.job(format!("job {n}"), move || ran.add()));
            }
            thread::scope(|scope| {
                scope.spawn(|| run.call("drop(pool)", || drop(pool)));
                gate.open();
            });
            run.moment("drop(pool) returned");
            let ran = ran.get();
            assert!(
                ran == 4,
                "drop(pool) returned, but only {ran} of the 4 queued jobs ran"
            );
        });
    }

    #[test]
    fn the_workers_end_with_the_pool() {
        instruments::test(|run| {
            let pool = Pool::new(2, 8);
            let threads = Cage::new();
            let both = run.rendezvous(2, |_| "two workers never ran two jobs at once".to_owned());
            let tickets: Vec<Ticket<()>> = (0..2)
                .map(|n| {
                    let (threads, both) = (threads.clone(), both.clone());
                    pool.submit(run.job(format!("job {n}"), move || {
                        threads.watch_this_thread();
                        both.arrive();
                    }))
                })
                .collect();
            for ticket in tickets {
                ticket.wait().expect("the job does not panic");
            }
            run.call("drop(pool)", || drop(pool));
            run.call("the wait for the workers' threads to end", || {
                threads.wait_until_empty();
            });
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

/// Panics, and tickets that nobody waits for.
mod stretch {
    use super::*;

    #[test]
    fn a_panicking_job_leaves_its_worker_alive() {
        instruments::test(|run| {
            let pool = Pool::new(1, 8);
            let bad = pool.submit(run.job("bad job", || instruments::panic_on_purpose("no data")));
            let good = pool.submit(run.job("good job", || 7));
            let bad: std::thread::Result<()> =
                run.call("the wait for the job that panicked", || bad.wait());
            assert!(
                bad.is_err(),
                "a job panicked, but its ticket handed out a result"
            );
            let good = run.call("the wait for the job after the one that panicked", || {
                good.wait()
            });
            assert!(
                matches!(good, Ok(7)),
                "the worker went down with the job that panicked: the next one never ran"
            );
        });
    }

    #[test]
    fn the_ticket_hands_out_the_panic_itself() {
        instruments::test(|run| {
            let pool = Pool::new(1, 8);
            let ticket: Ticket<()> =
                pool.submit(run.job("bad job", || instruments::panic_on_purpose("no data")));
            let panic = ticket.wait().expect_err("the job panicked");
            let message = panic.downcast_ref::<&str>();
            assert!(
                message == Some(&"no data"),
                "the job panicked with \"no data\", but its ticket handed out {message:?}"
            );
        });
    }

    #[test]
    fn a_job_runs_also_if_its_ticket_is_dropped() {
        instruments::test(|run| {
            let pool = Pool::new(1, 8);
            drop(pool.submit(run.job("job 0", || "nobody asks")));
            let next = pool.submit(run.job("job 1", || 1));
            let next = run.call("the wait for the job after the dropped ticket", || {
                next.wait()
            });
            assert!(
                matches!(next, Ok(1)),
                "the worker went down with a job whose ticket was dropped"
            );
        });
    }
}
