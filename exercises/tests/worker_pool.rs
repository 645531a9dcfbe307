//! What a worker pool must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test worker_pool core`.

use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use exercises::worker_pool::{Pool, Ticket};
use instruments::Run;
use instruments::gate::{Count, Gate};

/// The results, and never more threads than workers.
mod core {
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

    #[test]
    fn a_pool_without_workers_is_refused() {
        instruments::test(|run| {
            // Whether `Pool::new` is written at all shows here.
            Watched::new(&run, 1, 8).close();
            let pool = panic::catch_unwind(|| Pool::new(0, 8));
            assert!(
                pool.is_err(),
                "Pool::new(0, 8) made a pool whose jobs would wait for ever, instead of panicking"
            );
        });
    }
}

/// What makes it this pattern: a queue with a bound, wake-ups that arrive, and an orderly end.
mod pattern {
    use std::sync::atomic::{AtomicUsize, Ordering};
    #[cfg(target_os = "linux")]
    use std::sync::mpsc;

    use instruments::PROBE;
    use instruments::canary::Cage;
    #[cfg(target_os = "linux")]
    use instruments::idle;

    use super::*;

    /// Long enough for whoever looks once a second to look, and for whoever waits a second to give up.
    #[cfg(target_os = "linux")]
    const LONG: Duration = Duration::from_millis(1200);

    #[test]
    fn a_full_queue_makes_submit_wait() {
        instruments::test(|run| {
            run.never("submit job 5", "the queue was full");
            let pool = Watched::new(&run, 3, 2);
            let held = pool.hold(3);
            held.started.wait_for(3);

            // All workers are busy from here until they are let go.
            let accepted = run.count(|accepted| {
                format!("submit waited, though only {accepted} of 2 places in the queue were taken")
            });
            let caller = thread::spawn({
                let (run, accepted) = (run.clone(), accepted.clone());
                move || {
                    let jobs: Vec<Pending<()>> = (3..=5)
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
            let (pool, jobs) = instruments::passed_on(caller.join());
            assert!(
                !too_many,
                "submit took a third job into a queue for 2 while all 3 workers were busy"
            );
            wait_for_all(held.jobs);
            wait_for_all(jobs);
            pool.close();
        });
    }

    #[test]
    fn jobs_begin_in_the_order_of_their_submission() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let held = pool.hold(1);
            held.started.wait_for(1);
            let begun = Arc::new(Mutex::new(Vec::new()));
            let jobs: Vec<Pending<()>> = (1..=4)
                .map(|n| {
                    let begun = Arc::clone(&begun);
                    pool.submit(&format!("job {n}"), move || {
                        begun.lock().expect("no job panics").push(n);
                    })
                })
                .collect();
            held.gate.open();
            wait_for_all(held.jobs);
            wait_for_all(jobs);
            pool.close();
            let begun = begun.lock().expect("no job panics");
            assert!(
                *begun == [1, 2, 3, 4],
                "jobs 1, 2, 3, 4 waited in the queue, but began in the order {begun:?}"
            );
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
    fn dropping_the_pool_waits_for_the_last_job_that_runs() {
        instruments::test(|run| {
            run.none_open_at("drop(pool) returned", "still running");
            // Which worker has which job is up to the pool: so each job is the last once.
            for last in 0..4 {
                let pool = Watched::new(&run, 4, 8);
                let held = [(); 4].map(|()| {
                    let held = pool.hold(1);
                    held.started.wait_for(1);
                    held
                });
                let closing = pool.close_on_a_thread();
                for (n, held) in held.iter().enumerate() {
                    if n != last {
                        held.gate.open();
                    }
                }
                let too_early = closing.is_over_within(PROBE / 5);
                held[last].gate.open();
                assert!(
                    !too_early,
                    "3 of 4 jobs were done, and drop(pool) returned while the last was still running"
                );
                closing.wait();
            }
        });
    }

    #[test]
    fn dropping_the_pool_runs_what_is_still_queued() {
        instruments::test(|run| {
            run.at_most_workers(1, "not the pool's worker");
            // The queue is full when the pool is dropped.
            let pool = Watched::new(&run, 1, 4);
            let held = pool.hold(1);
            held.started.wait_for(1);
            let ran = Count::new();
            let jobs: Vec<Pending<usize>> = (1..=4)
                .map(|n| {
                    let ran = ran.clone();
                    pool.submit(&format!("job {n}"), move || {
                        ran.add();
                        n
                    })
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
            let threads = run.workers();
            assert!(
                threads == 1,
                "while the pool was dropped, its jobs ran on {threads} threads, but it has 1 worker"
            );
            drop(held.jobs);
            for (n, job) in (1..).zip(jobs) {
                let result = job.wait();
                assert!(
                    matches!(result, Ok(got) if got == n),
                    "job {n} ran, but once the pool was gone, its ticket handed out {result:?}"
                );
            }
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
            let jobs: Vec<_> = (0..2)
                .map(|n| {
                    let (threads, both) = (threads.clone(), both.clone());
                    pool.submit(&format!("job {n}"), move || {
                        threads.watch_this_thread();
                        both.arrive();
                    })
                })
                .collect();
            for job in jobs {
                job.wait().expect("the job does not panic");
            }
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
            run.at_most_workers(1, "not the worker that the pool began with");
            let pool = Watched::new(&run, 1, 2);
            // More than have room in the pool: a panic must not take a place with it.
            for n in 0..5 {
                let bad: Pending<()> = pool.submit(&format!("bad job {n}"), || {
                    instruments::panic_on_purpose("no data")
                });
                assert!(
                    bad.wait().is_err(),
                    "a job panicked, but its ticket handed out a result"
                );
            }
            let good = pool.submit("good job", || 7).wait();
            assert!(
                matches!(good, Ok(7)),
                "the worker went down with the jobs that panicked: the next one never ran"
            );
            pool.close();
            let threads = run.workers();
            assert!(
                threads == 1,
                "5 jobs panicked, and now {threads} threads have run jobs, but the pool has 1 worker"
            );
        });
    }

    #[test]
    fn a_job_runs_also_if_its_ticket_is_dropped() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let held = pool.hold(1);
            held.started.wait_for(1);
            // Job 0 has begun when its ticket is dropped, and job 1 has not.
            let ran = Count::new();
            let queued = pool.submit("job 1", {
                let ran = ran.clone();
                move || ran.add()
            });
            run.call("drop(ticket)", || {
                drop(held.jobs);
                drop(queued);
            });
            held.gate.open();
            let next = pool.submit("job 2", || 2).wait();
            assert!(
                matches!(next, Ok(2)),
                "the worker went down with a job whose ticket was dropped"
            );
            assert!(
                ran.get() == 1,
                "job 1 had not begun when its ticket was dropped, and it never ran"
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
            let (pool, next) = instruments::passed_on(caller.join());
            assert!(
                !too_early,
                "submit took a job into a queue for 0 while the only worker was busy"
            );
            wait_for_all(held.jobs);
            wait_for_all(vec![next]);
            pool.close();
        });
    }

    /// A wake-up that is lost shows most of the time; one that is not never does.
    #[test]
    fn of_many_small_jobs_none_is_forgotten() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 2, 1);
            let ran = run.until(
                "900 jobs of four callers",
                "of 900 small jobs, one never ran: did a worker or a caller miss its wake-up?"
                    .to_owned(),
                || {
                    // Three at a time, then a pause until they are done: the queue is full and
                    // empty in turns, callers and workers fall asleep and are woken again and again.
                    let call = || {
                        let batch = || [(); 3].map(|()| pool.pool.submit(|| ()));
                        let done = (0..75).flat_map(|_| {
                            run.gets_on();
                            batch().map(Ticket::wait)
                        });
                        done.flatten().count()
                    };
                    thread::scope(|scope| {
                        let callers = [(); 4].map(|()| scope.spawn(call));
                        callers.map(|caller| instruments::passed_on(caller.join()))
                    })
                },
            );
            let ran: usize = ran.into_iter().sum();
            assert!(ran == 900, "only {ran} of 900 small jobs ran");
            pool.close();
        });
    }

    #[test]
    fn every_worker_that_sleeps_is_woken_for_a_job() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 3, 8);
            // Again and again all workers have fallen asleep, and three jobs come at once that need
            // three workers.
            for _ in 0..100 {
                run.gets_on();
                let three = run.rendezvous(3, |inside| {
                    format!(
                        "3 workers slept, 3 jobs came, and only {inside} of the workers woke up"
                    )
                });
                let jobs = [(); 3].map(|()| {
                    let three = three.clone();
                    pool.pool.submit(move || three.arrive())
                });
                for job in jobs {
                    job.wait().expect("the job does not panic");
                }
            }
            pool.close();
        });
    }

    /// Those who wait for room and those who wait for work: a wake-up must reach one of the right kind.
    #[test]
    fn while_callers_wait_for_room_a_free_worker_gets_its_job() {
        instruments::test(|run| {
            for queue in [0, 1] {
                let pool = Watched::new(&run, 2, queue);
                let [busy, soon_free] = [pool.hold(1), pool.hold(1)];
                busy.started.wait_for(1);
                soon_free.started.wait_for(1);
                let queued: Vec<Pending<()>> = (0..queue)
                    .map(|_| pool.submit("queued job", || ()))
                    .collect();
                let accepted = Count::new();
                run.until(
                    "three callers",
                    format!(
                        "3 callers wait for room in a queue for {queue}, a worker is free, and no \
                         job reaches it"
                    ),
                    || {
                        thread::scope(|scope| {
                            for _ in 0..3 {
                                let (pool, accepted) = (&pool, &accepted);
                                scope.spawn(move || {
                                    let job = pool.pool.submit(|| ());
                                    accepted.add();
                                    job.wait().expect("the job does not panic");
                                });
                            }
                            // Time for all of them to wait for room.
                            accepted.reaches(1, PROBE / 2);
                            soon_free.gate.open();
                        });
                    },
                );
                busy.gate.open();
                wait_for_all(queued);
                wait_for_all(busy.jobs);
                wait_for_all(soon_free.jobs);
                pool.close();
            }
        });
    }

    #[test]
    fn a_result_wakes_the_one_who_waits_for_it() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 3, 8);
            let gates = [(); 3].map(|()| Gate::new());
            let returned = run.count(|returned| {
                format!(
                    "3 threads wait for their tickets in the order 0, 1, 2, and the jobs are done in \
                     the order 1, 2, 0; but only {returned} of them got their results"
                )
            });
            thread::scope(|scope| {
                for (n, gate) in gates.iter().enumerate() {
                    let gate = gate.clone();
                    let job = pool.submit(&format!("job {n}"), move || {
                        gate.wait();
                        n
                    });
                    let done = returned.clone();
                    scope.spawn(move || {
                        let result = job.wait();
                        assert!(
                            matches!(result, Ok(got) if got == n),
                            "job {n} computed {n}, but its ticket handed out {result:?}"
                        );
                        done.add();
                    });
                    // Time for this thread to wait before the next one does.
                    returned.reaches(1, PROBE / 5);
                }
                for (others, n) in (1..).zip([1, 2, 0]) {
                    gates[n].open();
                    returned.wait_for(others);
                }
            });
            pool.close();
        });
    }

    #[test]
    fn callers_that_come_at_once_share_the_room() {
        instruments::test(|run| {
            const QUEUE: usize = 1;
            let pool = Watched::new(&run, 1, QUEUE);
            let [accepted, begun, most] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
            let count_those_in_the_queue = {
                let (accepted, most) = (Arc::clone(&accepted), Arc::clone(&most));
                move || {
                    let begun = begun.fetch_add(1, Ordering::SeqCst) + 1;
                    // Time for the callers. The only worker is here: what was accepted and has not
                    // begun is in the queue.
                    thread::yield_now();
                    let waiting = accepted.load(Ordering::SeqCst).saturating_sub(begun);
                    most.fetch_max(waiting, Ordering::SeqCst);
                }
            };
            let calls = || {
                for _ in 0..500 {
                    run.gets_on();
                    let _ticket = pool.pool.submit(count_those_in_the_queue.clone());
                    accepted.fetch_add(1, Ordering::SeqCst);
                }
            };
            run.until(
                "four callers",
                "4 callers came at once, and one of them never got its job into the queue"
                    .to_owned(),
                || {
                    thread::scope(|scope| {
                        for _ in 0..4 {
                            scope.spawn(calls);
                        }
                    });
                },
            );
            pool.close();
            let most = most.load(Ordering::SeqCst);
            assert!(
                most <= QUEUE,
                "4 callers came at once, and {most} jobs waited in a queue that has room for {QUEUE}"
            );
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_worker_without_a_job_sleeps() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let worker = pool.submit("job 0", idle::Thread::here).wait();
            let worker = worker.expect("the job does not panic");
            run.at_most_workers(1, "not the worker that the pool began with");
            assert!(
                worker.sleeps_for(PROBE) && worker.stays_asleep_for(LONG),
                "the only worker has nothing to do, and stays awake to look for work"
            );
            let next = pool.submit("job 1", || ()).wait();
            assert!(next.is_ok(), "job 1 does not panic");
            let threads = run.workers();
            assert!(
                threads == 1,
                "the only worker had nothing to do for a second, and another thread ran the next job"
            );
            pool.close();
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_caller_that_waits_sleeps() {
        instruments::test(|run| {
            run.never("job 1", "no worker was free to take it");
            let pool = Watched::new(&run, 1, 0);
            let held = pool.hold(1);
            held.started.wait_for(1);
            // One caller waits for its result, and one for room.
            let [result, room] = [(); 2].map(|()| mpsc::channel());
            let accepted = Count::new();
            let (gate, jobs) = (held.gate, held.jobs);
            let waits_for_a_result = thread::spawn(move || {
                result.0.send(idle::Thread::here()).expect("the test looks");
                wait_for_all(jobs);
            });
            let waits_for_room = thread::spawn({
                let accepted = accepted.clone();
                move || {
                    room.0.send(idle::Thread::here()).expect("the test looks");
                    let job = pool.submit("job 1", || ());
                    accepted.add();
                    wait_for_all(vec![job]);
                    pool.close();
                }
            });
            let looks = [result.1, room.1].map(|thread| {
                let thread = thread.recv().expect("the thread says who it is");
                thread::spawn(move || thread.sleeps_for(PROBE) && thread.stays_asleep_for(LONG))
            });
            let [sleeps_until_the_result, sleeps_until_there_is_room] =
                looks.map(|look| instruments::passed_on(look.join()));
            let too_early = accepted.get() > 0;
            gate.open();
            for caller in [waits_for_a_result, waits_for_room] {
                if let Err(panic) = caller.join() {
                    panic::resume_unwind(panic);
                }
            }
            assert!(
                !too_early,
                "submit took a job into a queue for 0 while the only worker was busy: it waited \
                 only for a while"
            );
            assert!(
                sleeps_until_the_result,
                "a caller waits for its result, and stays awake meanwhile"
            );
            assert!(
                sleeps_until_there_is_room,
                "a caller waits for room in the queue, and stays awake meanwhile"
            );
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

    #[test]
    fn a_job_that_borrows_from_its_caller_is_rejected() {
        instruments::must_not_compile!(
            "worker_pool/job_borrows.rs",
            "the job could run after its caller returned, on a string that is gone",
            [("E0597", "does not live long enough")]
        );
    }
}

/// The panic itself.
mod stretch {
    use super::*;

    /// What a job of the tests panics with.
    #[derive(Debug, PartialEq, Eq)]
    struct NoSuchPage(u16);

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
    fn a_panic_that_is_no_text_comes_out_too() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 1, 8);
            let bad: Pending<()> = pool.submit("bad job", || {
                panic::resume_unwind(Box::new(NoSuchPage(404)))
            });
            let panic = bad.wait().err();
            let payload = panic
                .as_ref()
                .and_then(|payload| payload.downcast_ref::<NoSuchPage>());
            assert!(
                payload == Some(&NoSuchPage(404)),
                "the job panicked with `NoSuchPage(404)`, but what its ticket handed out is {}",
                match panic {
                    Some(_) => "another payload",
                    None => "a result",
                }
            );
            pool.close();
        });
    }

    #[test]
    fn of_two_panics_at_once_each_ticket_hands_out_its_own() {
        instruments::test(|run| {
            let pool = Watched::new(&run, 2, 8);
            let both = run.rendezvous(2, |inside| {
                format!("only {inside} of 2 jobs ran at once, but the pool has 2 workers")
            });
            let jobs = ["no data", "no paper"].map(|why| {
                let both = both.clone();
                let bad: Pending<()> = pool.submit(why, move || {
                    both.arrive();
                    instruments::panic_on_purpose(why)
                });
                (why, bad)
            });
            for (why, job) in jobs {
                let panic = job.wait().err();
                let message = panic
                    .as_ref()
                    .and_then(|payload| payload.downcast_ref::<&str>().copied());
                assert!(
                    message == Some(why),
                    "two jobs panicked at once, one of them with {why:?}, but its ticket handed out \
                     {message:?}"
                );
            }
            pool.close();
        });
    }
}

/// The pool under test. All that is asked of it is recorded, so that a call that never returns has
/// a name.
struct Watched {
    pool: Pool,
    workers: usize,
    callers: Callers,
    run: Run,
}

/// The threads that call the pool, which no job may run on.
#[derive(Clone, Default)]
struct Callers {
    threads: Arc<Mutex<HashSet<ThreadId>>>,
    /// The job that ran on one of them all the same.
    stray: Arc<Mutex<Option<String>>>,
}

impl Callers {
    /// Calls the pool, and fails if a job has run meanwhile on the thread that calls.
    #[track_caller]
    fn call<T>(&self, run: &Run, call: &str, work: impl FnOnce() -> T) -> T {
        let here = thread::current().id();
        lock(&self.threads).insert(here);
        let returned = run.call(call, || panic::catch_unwind(AssertUnwindSafe(work)));
        let stray = lock(&self.stray).take();
        if let Some(job) = stray {
            panic!("{call} ran {job} itself, on the thread that called it");
        }
        returned.unwrap_or_else(|panic| panic::resume_unwind(panic))
    }

    /// A job that does not begin on a caller's thread: it might wait there for ever.
    fn keep_off<T>(
        &self,
        label: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl FnOnce() -> T + Send + 'static
    where
        T: Send + 'static,
    {
        let (callers, label) = (self.clone(), label.to_owned());
        move || {
            if lock(&callers.threads).contains(&thread::current().id()) {
                *lock(&callers.stray) = Some(label);
                instruments::panic_on_purpose("a job ran on a caller's thread");
            }
            work()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics with the lock held")
}

impl Watched {
    fn new(run: &Run, workers: usize, queue: usize) -> Self {
        Self {
            pool: Pool::new(workers, queue),
            workers,
            callers: Callers::default(),
            run: run.clone(),
        }
    }

    /// Submits jobs that hold their workers until the gate opens.
    #[track_caller]
    fn hold(&self, jobs: usize) -> Held {
        let workers = self.workers;
        let gate = Gate::new();
        let started = self.run.count(move |started| {
            format!("only {started} of {workers} workers got a job, though {jobs} were submitted")
        });
        let mut held = Held {
            gate,
            started,
            jobs: Vec::new(),
        };
        // A loop, not a closure: what fails in here shall name the test's own line.
        for n in 0..jobs {
            let (gate, started) = (held.gate.clone(), held.started.clone());
            held.jobs.push(self.submit(&format!("job {n}"), move || {
                started.add();
                gate.wait();
            }));
        }
        held
    }

    #[track_caller]
    fn submit<T, W>(&self, label: &str, work: W) -> Pending<T>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let job = self.callers.keep_off(label, work);
        let job = self.run.job(label.to_owned(), job);
        let call = format!("pool.submit({label})");
        Pending {
            ticket: self
                .callers
                .call(&self.run, &call, || self.pool.submit(job)),
            call: format!("ticket.wait() for {label}"),
            callers: self.callers.clone(),
            run: self.run.clone(),
        }
    }

    #[track_caller]
    #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
    fn close(self) {
        let Self {
            pool, callers, run, ..
        } = self;
        callers.call(&run, "drop(pool)", || drop(pool));
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
        if let Err(panic) = self.thread.join() {
            panic::resume_unwind(panic);
        }
    }
}

/// A job's ticket, watched likewise.
struct Pending<T> {
    ticket: Ticket<T>,
    call: String,
    callers: Callers,
    run: Run,
}

impl<T> Pending<T> {
    #[track_caller]
    fn wait(self) -> thread::Result<T> {
        let returned = self.callers.call(&self.run, &self.call, || {
            panic::catch_unwind(AssertUnwindSafe(|| self.ticket.wait()))
        });
        returned.unwrap_or_else(|_| {
            panic!(
                "{} panicked itself instead of returning the job's result or its panic",
                self.call
            )
        })
    }
}

#[track_caller]
fn wait_for_all(jobs: Vec<Pending<()>>) {
    for job in jobs {
        job.wait().expect("the job does not panic");
    }
}
