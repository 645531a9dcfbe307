//! What the chapter on data parallelism says of rayon, as far as it can be run.

mod core {
    use std::collections::HashSet;
    use std::panic;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::sync::{Arc, Barrier, Mutex, OnceLock, TryLockError};
    use std::thread;

    use instruments::gate::Count;
    use instruments::{PROBE, Run, panic_on_purpose};
    use rayon::prelude::*;
    use rayon::{ThreadPool, ThreadPoolBuilder};

    fn pool(threads: usize) -> ThreadPool {
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("the system has room for the pool's threads")
    }

    /// In a pool of two, waits until the other thread finds nothing more to do: it takes over the
    /// oldest jobs first, and this one is the youngest.
    fn until_the_other_runs_dry(run: &Run) {
        let dry = run.count(|_| "the other thread never ran dry".to_owned());
        rayon::spawn({
            let dry = dry.clone();
            move || dry.add()
        });
        dry.wait_for(1);
    }

    #[test]
    fn collect_keeps_the_order_whoever_is_done_first() {
        instruments::test(|run| {
            let numbers: Vec<usize> = pool(2).install(|| {
                let numbers = (0..100).into_par_iter();
                numbers
                    .inspect(|n| {
                        if *n == 0 {
                            until_the_other_runs_dry(&run);
                        }
                    })
                    .collect()
            });
            assert!(numbers.iter().copied().eq(0..100), "{numbers:?}");
        });
    }

    #[test]
    fn for_each_has_no_order() {
        instruments::test(|run| {
            let done = Mutex::new(Vec::new());
            pool(2).install(|| {
                (0..100).into_par_iter().for_each(|n| {
                    if n == 0 {
                        until_the_other_runs_dry(&run);
                    }
                    done.lock().expect("nobody panics").push(n);
                });
            });
            let done = done.into_inner().expect("nobody panics");
            let before = done.iter().position(|n| *n == 0);
            assert!(
                before.is_some_and(|before| before >= 50),
                "done before the first: {before:?}"
            );
        });
    }

    #[test]
    fn par_bridge_loses_the_order() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |inside| format!("only {inside} of 2 threads pulled"));
            let met = Mutex::new(HashSet::new());
            let numbers: Vec<usize> = pool(2).install(|| {
                let numbers = (0..100).par_bridge();
                numbers
                    .inspect(|n| {
                        let thread = thread::current().id();
                        let is_first = met.lock().expect("nobody panics").insert(thread);
                        if is_first {
                            both.arrive();
                            if *n != 0 {
                                until_the_other_runs_dry(&run);
                            }
                        }
                    })
                    .collect()
            });
            assert!(numbers.len() == 100);
            assert!(!numbers.is_sorted(), "the order was kept");
        });
    }

    #[test]
    fn reduce_merges_neighbours_in_order() {
        instruments::test(|_| {
            let expected: String = (0..1000).map(|n| n.to_string()).collect();
            let pool = pool(4);
            for _ in 0..50 {
                let merged = pool.install(|| {
                    (0..1000)
                        .into_par_iter()
                        .fold(String::new, |text, n| text + &n.to_string())
                        .reduce(String::new, |earlier, later| earlier + &later)
                });
                assert!(merged == expected, "the order was lost");
            }
        });
    }

    #[test]
    fn fold_begins_once_for_each_part_and_a_thread_has_several() {
        instruments::test(|_| {
            let begun = AtomicUsize::new(0);
            let sum: usize = pool(1).install(|| {
                let numbers = (0..1000).into_par_iter();
                let parts = numbers.fold(
                    || {
                        begun.fetch_add(1, Ordering::Relaxed);
                        0
                    },
                    |sum, n| sum + n,
                );
                parts.sum()
            });
            assert!(sum == 499_500);
            let begun = begun.into_inner();
            assert!(begun == 2, "one thread began {begun} times");
        });
    }

    #[test]
    fn what_is_no_identity_is_counted_once_for_each_part() {
        instruments::test(|_| {
            let sum = |max_len| {
                pool(1).install(|| {
                    let numbers = (0..8).into_par_iter().with_max_len(max_len);
                    numbers.reduce(|| 100, |a, b| a + b)
                })
            };
            let (two_parts, eight_parts) = (sum(8), sum(1));
            assert!(two_parts == 28 + 200, "in two parts it is {two_parts}");
            assert!(
                eight_parts == 28 + 800,
                "in eight parts it is {eight_parts}"
            );
        });
    }

    #[test]
    fn floats_sum_up_differently_in_other_parts() {
        instruments::test(|_| {
            let loudness = [1e16, 1.0, -1e16, 1.0];
            let sum = |min_len| -> f64 {
                pool(1).install(|| loudness.par_iter().with_min_len(min_len).sum())
            };
            let (one, two) = (sum(4), sum(1));
            assert!(one.to_bits() == 1_f64.to_bits(), "in one part it is {one}");
            assert!(two.to_bits() == 0_f64.to_bits(), "in two parts it is {two}");
        });
    }

    #[test]
    fn with_min_len_bounds_the_smallest_part() {
        instruments::test(|_| {
            let parts = |min_len: usize| {
                let begun = AtomicUsize::new(0);
                let part = || begun.fetch_add(1, Ordering::Relaxed);
                let numbers = (0..1000).into_par_iter().with_min_len(min_len);
                pool(4).install(|| numbers.fold(part, |part, _| part).count());
                begun.into_inner()
            };
            let (halves, whole) = (parts(500), parts(501));
            assert!(halves == 2, "parts of at least 500 of 1000: {halves}");
            assert!(whole == 1, "parts of at least 501 of 1000: {whole}");
        });
    }

    #[test]
    fn nested_iterators_share_the_pool() {
        instruments::test(|_| {
            let threads = Mutex::new(HashSet::new());
            pool(2).install(|| {
                (0..20).into_par_iter().for_each(|_| {
                    (0..20).into_par_iter().for_each(|_| {
                        let thread = thread::current().id();
                        threads.lock().expect("nobody panics").insert(thread);
                    });
                });
            });
            let threads = threads.into_inner().expect("nobody panics").len();
            assert!(
                threads <= 2,
                "{threads} threads were at work in a pool of 2"
            );
        });
    }

    #[test]
    fn of_two_errors_the_one_that_was_found_first_comes_out() {
        instruments::test(|run| {
            // 0 is well and waits; 1 and 99 are not.
            let check = |n: usize| {
                if n == 0 {
                    until_the_other_runs_dry(&run);
                }
                if n == 1 || n == 99 { Err(n) } else { Ok(n) }
            };
            let pool = pool(2);
            let for_each = pool.install(|| {
                let numbers = (0..100).into_par_iter();
                numbers.try_for_each(|n| check(n).map(drop))
            });
            assert!(for_each == Err(99), "try_for_each: {for_each:?}");
            let reduced = pool.install(|| {
                let numbers = (0..100).into_par_iter();
                let parts = numbers.try_fold(|| 0, |sum, n| Ok(sum + check(n)?));
                parts.try_reduce(|| 0, |a, b| Ok(a + b))
            });
            assert!(reduced == Err(99), "try_reduce: {reduced:?}");
            let collected: Result<Vec<usize>, usize> =
                pool.install(|| (0..100).into_par_iter().map(check).collect());
            assert!(collected == Err(99), "collect: {collected:?}");
        });
    }

    #[test]
    fn an_error_stops_the_rest() {
        instruments::test(|_| {
            let seen = AtomicUsize::new(0);
            let failed = pool(1).install(|| {
                (0..1000).into_par_iter().try_for_each(|n| {
                    seen.fetch_add(1, Ordering::Relaxed);
                    if n == 10 { Err(n) } else { Ok(()) }
                })
            });
            assert!(failed == Err(10));
            let seen = seen.into_inner();
            assert!(seen == 11, "{seen} of 1000 were looked at");
        });
    }

    #[test]
    fn a_sum_is_associative_only_while_no_part_of_it_overflows() {
        instruments::test(|_| {
            let numbers = [-5, 0, i32::MAX, 5];
            let in_a_loop = numbers.iter().try_fold(0_i32, |sum, n| sum.checked_add(*n));
            assert!(in_a_loop == Some(i32::MAX), "the loop: {in_a_loop:?}");
            let in_halves = pool(1).install(|| {
                let numbers = numbers.par_iter().with_max_len(1).copied();
                numbers.map(Some).reduce(
                    || Some(0),
                    |a: Option<i32>, b| a.zip(b).and_then(|(a, b)| a.checked_add(b)),
                )
            });
            assert!(in_halves.is_none(), "in halves: {in_halves:?}");
        });
    }

    #[test]
    fn of_two_errors_that_were_both_found_try_for_each_and_try_reduce_name_the_left_one() {
        instruments::test(|_| {
            // Neither fails before both have begun.
            let both = Barrier::new(2);
            let check = |n: u32| {
                both.wait();
                Err::<u32, u32>(n)
            };
            let numbers = || (0..2_u32).into_par_iter().with_max_len(1);
            let pool = pool(2);
            let for_each = pool.install(|| numbers().try_for_each(|n| check(n).map(drop)));
            assert!(for_each == Err(0), "try_for_each: {for_each:?}");
            let reduced = pool.install(|| {
                let parts = numbers().try_fold(|| 0, |sum, n| check(n).map(|n| sum + n));
                parts.try_reduce(|| 0, |a, b| Ok(a + b))
            });
            assert!(reduced == Err(0), "try_reduce: {reduced:?}");
        });
    }

    #[test]
    fn find_first_finds_the_first_and_find_any_whichever() {
        instruments::test(|run| {
            let is_loud = |n: &usize| {
                if *n == 0 {
                    until_the_other_runs_dry(&run);
                }
                *n == 1 || *n == 99
            };
            let pool = pool(2);
            let first = pool.install(|| (0..100).into_par_iter().find_first(is_loud));
            assert!(first == Some(1), "find_first: {first:?}");
            let any = pool.install(|| (0..100).into_par_iter().find_any(is_loud));
            assert!(any == Some(99), "find_any: {any:?}");
        });
    }

    #[test]
    fn find_first_does_not_look_behind_what_it_has_found() {
        instruments::test(|_| {
            let seen = AtomicUsize::new(0);
            let found = pool(1).install(|| {
                (0..1000).into_par_iter().find_first(|n| {
                    seen.fetch_add(1, Ordering::Relaxed);
                    *n == 10
                })
            });
            assert!(found == Some(10));
            let seen = seen.into_inner();
            assert!(seen == 11, "{seen} of 1000 were looked at");
        });
    }

    #[test]
    fn a_job_that_waits_for_its_own_pool_stops_it() {
        instruments::test(|_| {
            // Without the probe's limit, this hangs for good.
            let (answer, spawned) = pool(1).install(|| {
                let (done, answer) = channel();
                rayon::spawn(move || done.send(()).expect("somebody waits"));
                let early = answer.recv_timeout(PROBE);
                (answer, early)
            });
            assert!(
                spawned == Err(RecvTimeoutError::Timeout),
                "the job was run beside the one that waits: {spawned:?}"
            );
            // The thread is free again.
            assert!(answer.recv().is_ok(), "the job was never run");
        });
    }

    #[test]
    fn scope_and_join_work_while_they_wait() {
        instruments::test(|run| {
            let pool = pool(1);
            let scoped = Count::new();
            run.call("the scope", || {
                pool.install(|| {
                    rayon::scope(|scope| {
                        for _ in 0..10 {
                            scope.spawn(|_| scoped.add());
                        }
                    });
                });
            });
            assert!(scoped.get() == 10);
            let joined = run.call("join", || pool.install(|| rayon::join(|| 1, || 2)));
            assert!(joined == (1, 2));
        });
    }

    #[test]
    fn who_waits_in_join_may_do_anybodys_job_with_a_lock_in_hand() {
        instruments::test(|run| {
            let total = Arc::new(Mutex::new(0));
            let met = Arc::new(OnceLock::new());
            let taken = run.count(|_| "nobody took the second half over".to_owned());
            let done = run.count(|_| "nobody did the stranger's job".to_owned());
            pool(2).install(|| {
                let here = thread::current().id();
                let _guard = total.lock().expect("nobody panics");
                rayon::join(
                    // Waits in `join` from here on.
                    || taken.wait_for(1),
                    || {
                        taken.add();
                        let (total, met) = (Arc::clone(&total), Arc::clone(&met));
                        let ended = done.clone();
                        rayon::spawn(move || {
                            let is_locked =
                                matches!(total.try_lock(), Err(TryLockError::WouldBlock));
                            let _ = met.set((thread::current().id() == here, is_locked));
                            ended.add();
                        });
                        done.wait_for(1);
                    },
                );
            });
            let met = met.get();
            assert!(
                met == Some(&(true, true)),
                "the stranger's job ran on the thread that waits, and met its lock: {met:?}"
            );
        });
    }

    #[test]
    fn the_guard_of_a_receiver_is_there_before_the_arguments() {
        instruments::test(|_| {
            let heard = Mutex::new(Vec::new());
            let is_locked = || matches!(heard.try_lock(), Err(TryLockError::WouldBlock));
            heard.lock().expect("nobody panics").push(is_locked());
            let heard = heard.lock().expect("nobody panics");
            assert!(
                *heard == [true],
                "the argument was worked out before the lock"
            );
        });
    }

    #[test]
    fn the_guard_of_a_number_is_there_after_what_is_added() {
        instruments::test(|_| {
            let calls = Mutex::new(0);
            let is_locked = || matches!(calls.try_lock(), Err(TryLockError::WouldBlock));
            *calls.lock().expect("nobody panics") += u32::from(is_locked());
            let calls = calls.into_inner().expect("nobody panics");
            assert!(
                calls == 0,
                "the lock was taken before the sum was worked out"
            );
        });
    }

    #[test]
    fn a_parallel_iterator_passes_a_panic_on() {
        instruments::test(|_| {
            let result = panic::catch_unwind(|| {
                (0..100).into_par_iter().for_each(|n| {
                    if n == 60 {
                        panic_on_purpose("hour 60 is torn");
                    }
                });
            });
            let payload = result.expect_err("the panic goes on");
            let words = payload.downcast_ref::<&str>().copied();
            assert!(
                words == Some("hour 60 is torn"),
                "it panicked with {words:?}"
            );
        });
    }
}
