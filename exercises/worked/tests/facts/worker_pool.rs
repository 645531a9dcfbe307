//! What the chapter on worker pools says of Rust and its libraries, as far as it can be run.

mod core {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::{RecvError, channel, sync_channel};
    use std::sync::{Arc, Mutex, TryLockError};
    use std::thread;
    use std::time::Duration;

    use instruments::PROBE;
    use instruments::canary::Cage;
    use instruments::gate::{Count, Gate};
    use tokio::runtime::{Builder, Handle};
    use tokio::sync::oneshot;

    #[test]
    fn while_let_holds_the_guard_through_its_body() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            let receiver = Mutex::new(receiver);
            sender.send(1).expect("the receiver is here");
            drop(sender);
            while let Ok(1) = receiver.lock().expect("not poisoned").recv() {
                let locked = matches!(receiver.try_lock(), Err(TryLockError::WouldBlock));
                assert!(locked, "the lock is free in the body of `while let`");
            }
        });
    }

    #[test]
    fn match_holds_the_guard_through_its_arms() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            let receiver = Mutex::new(receiver);
            sender.send(1).expect("the receiver is here");
            match receiver.lock().expect("not poisoned").recv() {
                Ok(_) => {
                    let locked = matches!(receiver.try_lock(), Err(TryLockError::WouldBlock));
                    assert!(locked, "the lock is free in the arm of `match`");
                }
                Err(RecvError) => unreachable!("there is a message"),
            }
        });
    }

    #[test]
    fn let_drops_the_guard_at_the_semicolon() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            let receiver = Mutex::new(receiver);
            sender.send(1).expect("the receiver is here");
            let next = receiver.lock().expect("not poisoned").recv();
            assert!(next == Ok(1), "another message came");
            assert!(receiver.try_lock().is_ok(), "the lock is held after `let`");
        });
    }

    #[test]
    fn a_closed_channel_is_emptied_before_recv_fails() {
        instruments::test(|_| {
            let (sender, receiver) = sync_channel(2);
            sender.send(1).expect("the receiver is here");
            sender.send(2).expect("the receiver is here");
            drop(sender);
            let got: Vec<_> = std::iter::repeat_with(|| receiver.recv()).take(3).collect();
            assert!(
                got == [Ok(1), Ok(2), Err(RecvError)],
                "a closed channel handed out {got:?}"
            );
        });
    }

    #[test]
    fn a_dropped_join_handle_detaches_the_thread() {
        instruments::test(|_| {
            let gate = Gate::new();
            let ran = Count::new();
            drop(thread::spawn({
                let (gate, ran) = (gate.clone(), ran.clone());
                move || {
                    gate.wait();
                    ran.add();
                }
            }));
            gate.open();
            ran.wait_for(1);
        });
    }

    #[test]
    fn a_job_that_waits_for_its_own_pool_of_one_keeps_the_other_from_starting() {
        instruments::test(|_| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .expect("there is room for one thread");
            let inner_ran = Count::new();
            let started_meanwhile = pool.install(|| {
                let inner_ran = inner_ran.clone();
                rayon::spawn({
                    let inner_ran = inner_ran.clone();
                    move || inner_ran.add()
                });
                inner_ran.reaches(1, PROBE)
            });
            assert!(!started_meanwhile, "the inner job found a second thread");
            inner_ran.wait_for(1);
        });
    }

    #[test]
    fn rayons_join_runs_both_halves_on_a_pool_of_one() {
        instruments::test(|_| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .expect("there is room for one thread");
            let halves = pool.install(|| rayon::join(|| 1, || 2));
            assert!(halves == (1, 2), "the halves came out as {halves:?}");
        });
    }

    #[test]
    fn dropping_rayons_pool_does_not_wait_for_a_spawned_job() {
        instruments::test(|_| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .expect("there is room for one thread");
            let (gate, started, ended) =
                (Gate::new(), Count::new(), Arc::new(AtomicBool::new(false)));
            pool.spawn({
                let (gate, started, ended) = (gate.clone(), started.clone(), Arc::clone(&ended));
                move || {
                    started.add();
                    gate.wait();
                    ended.store(true, Ordering::SeqCst);
                }
            });
            started.wait_for(1);
            drop(pool);
            assert!(!ended.load(Ordering::SeqCst), "drop waited for the job");
            gate.open();
        });
    }

    #[test]
    fn a_panic_under_the_lock_poisons_it() {
        instruments::test(|_| {
            let queue = Arc::new(Mutex::new(()));
            let worker = thread::spawn({
                let queue = Arc::clone(&queue);
                move || {
                    let _guard = queue.lock();
                    instruments::panic_on_purpose("no data");
                }
            });
            assert!(worker.join().is_err());
            assert!(queue.lock().is_err(), "the next worker meets no error");
        });
    }

    #[test]
    fn tokio_starts_a_blocking_thread_for_a_job_that_finds_none_idle() {
        instruments::test(|_| {
            let started = Count::new();
            let runtime = Builder::new_current_thread()
                .max_blocking_threads(3)
                .on_thread_start({
                    let started = started.clone();
                    move || started.add()
                })
                .build()
                .expect("there is room for a runtime");
            let before = started.get();
            let job = runtime.spawn_blocking(|| ());
            runtime.block_on(job).expect("it does not panic");
            let after = started.get();
            assert!(
                (before, after) == (0, 1),
                "{before} threads were started before the first job, {after} with it"
            );
        });
    }

    #[test]
    fn an_idle_blocking_thread_of_tokio_ends_after_a_while() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .max_blocking_threads(1)
                .thread_keep_alive(Duration::from_millis(1))
                .build()
                .expect("there is room for a runtime");
            let threads = Cage::new();
            let watch = threads.clone();
            let job = runtime.spawn_blocking(move || watch.watch_this_thread());
            runtime.block_on(job).expect("it does not panic");
            // Only a hang reaches the guard's limit.
            threads.wait_until_empty();
        });
    }

    #[test]
    fn a_panic_in_spawn_blocking_comes_out_of_its_handle_and_leaves_the_thread_alone() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .max_blocking_threads(1)
                .thread_keep_alive(Duration::MAX)
                .build()
                .expect("there is room for a runtime");
            let here = || thread::current().id();
            let before = runtime.block_on(runtime.spawn_blocking(here));
            let bad = runtime.spawn_blocking(|| instruments::panic_on_purpose("no data"));
            let bad = runtime.block_on(bad);
            let after = runtime.block_on(runtime.spawn_blocking(here));
            assert!(bad.is_err_and(|error| error.is_panic()), "it has got lost");
            assert!(
                before.expect("it does not panic") == after.expect("it does not panic"),
                "the next job runs on another thread"
            );
        });
    }

    #[test]
    fn in_a_task_whatever_blocks_on_tokio_panics() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .build()
                .expect("there is room for a runtime");
            runtime.block_on(async {
                let (_sender, result) = oneshot::channel::<()>();
                let wait = catch_unwind(AssertUnwindSafe(|| result.blocking_recv()));
                assert!(wait.is_err(), "a task may block on a channel");
                let submit = catch_unwind(|| Handle::current().block_on(async {}));
                assert!(submit.is_err(), "a task may block on a future");
                let other = Builder::new_current_thread()
                    .build()
                    .expect("there is room for one more");
                let drop = catch_unwind(AssertUnwindSafe(|| drop(other)));
                assert!(drop.is_err(), "a task may drop a runtime");
            });
        });
    }
}
