//! What the chapter on error policies says of Rust and its libraries, as far as it can be run.

mod core {
    use std::future;
    use std::io;
    use std::panic;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc as std_mpsc;
    use std::thread;
    use std::time::Duration;

    use anyhow::{Context, Error, Result, bail};
    use instruments::canary::Cage;
    use tokio::sync::{mpsc, oneshot};
    use tokio::task::{self, JoinSet};
    use tokio::time;

    async fn waits_for_ever(_alive: instruments::canary::Canary) {
        future::pending::<()>().await;
    }

    #[test]
    fn a_dropped_join_handle_detaches_the_task() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            drop(tokio::spawn(waits_for_ever(cage.canary())));
            task::yield_now().await;
            assert!(cage.alive() == 1, "the task ended with its handle");
        });
    }

    #[test]
    fn a_dropped_join_set_aborts_and_does_not_wait() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            tasks.spawn(waits_for_ever(cage.canary()));
            task::yield_now().await;
            drop(tasks);
            assert!(cage.alive() == 1, "the drop waited for the task");
            task::yield_now().await;
            assert!(cage.alive() == 0, "the drop did not abort the task");
        });
    }

    #[test]
    fn abort_all_does_not_wait() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            tasks.spawn(waits_for_ever(cage.canary()));
            task::yield_now().await;
            tasks.abort_all();
            assert!(cage.alive() == 1, "`abort_all` waited for the task");
        });
    }

    #[test]
    fn shutdown_waits_until_the_tasks_are_gone() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            for _ in 0..3 {
                tasks.spawn(waits_for_ever(cage.canary()));
            }
            task::yield_now().await;
            tasks.shutdown().await;
            assert!(cage.alive() == 0, "`shutdown` left a task alive");
        });
    }

    #[test]
    fn a_cancelled_task_runs_its_destructors_and_nothing_else() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let went_on = Cage::new();
            let mut tasks = JoinSet::new();
            let (alive, mark) = (cage.canary(), went_on.canary());
            tasks.spawn(async move {
                let _alive = alive;
                future::pending::<()>().await;
                std::mem::forget(mark);
            });
            task::yield_now().await;
            tasks.shutdown().await;
            assert!(cage.alive() == 0, "the task's value was not dropped");
            assert!(went_on.alive() == 0, "the task went on after its await");
        });
    }

    #[test]
    fn a_task_that_has_ended_keeps_its_result() {
        instruments::paused(|_| async {
            let mut tasks = JoinSet::new();
            tasks.spawn(async { 7 });
            task::yield_now().await;
            tasks.abort_all();
            let ended = tasks.join_next().await.expect("there is one task");
            assert!(matches!(ended, Ok(7)), "abort took back {ended:?}");
        });
    }

    #[test]
    fn a_running_blocking_closure_is_not_aborted() {
        instruments::test(|_| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("the system gives a runtime what it needs");
            runtime.block_on(async {
                let (start, started) = oneshot::channel();
                let (go_on, may_go_on) = std_mpsc::channel();
                let mut tasks = JoinSet::new();
                tasks.spawn_blocking(move || {
                    start.send(()).expect("the test waits");
                    may_go_on.recv().expect("the test sends");
                    7
                });
                started.await.expect("the closure sends");
                tasks.abort_all();
                go_on.send(()).expect("the closure waits");
                let ended = tasks.join_next().await.expect("there is one task");
                assert!(matches!(ended, Ok(7)), "the closure was stopped: {ended:?}");
            });
        });
    }

    #[test]
    fn shutdown_waits_for_a_running_blocking_closure() {
        instruments::test(|_| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("the system gives a runtime what it needs");
            let cage = Cage::new();
            let alive = cage.canary();
            runtime.block_on(async {
                let (start, started) = oneshot::channel();
                let (go_on, may_go_on) = std_mpsc::channel();
                let mut tasks = JoinSet::new();
                tasks.spawn_blocking(move || {
                    let _alive = alive;
                    start.send(()).expect("the test waits");
                    may_go_on.recv().expect("the test sends");
                });
                started.await.expect("the closure sends");
                let shutdown = async {
                    tasks.shutdown().await;
                    cage.alive()
                };
                let release = async { go_on.send(()).expect("the closure waits") };
                let (alive, ()) = tokio::join!(shutdown, release);
                assert!(alive == 0, "`shutdown` returned while the closure ran");
            });
        });
    }

    #[test]
    fn a_join_set_hands_back_its_tasks_as_they_end() {
        instruments::paused(|_| async {
            let mut tasks = JoinSet::new();
            for milliseconds in [30, 10, 20] {
                tasks.spawn(async move {
                    time::sleep(Duration::from_millis(milliseconds)).await;
                    milliseconds
                });
            }
            let mut ended = Vec::new();
            while let Some(task) = tasks.join_next().await {
                ended.push(task.expect("no task panics"));
            }
            assert!(ended == [10, 20, 30], "they came back as {ended:?}");
        });
    }

    #[test]
    fn a_panic_ends_one_task_and_the_join_error_has_its_words() {
        instruments::paused(|_| async {
            let mut tasks: JoinSet<()> = JoinSet::new();
            tasks.spawn(async { instruments::panic_on_purpose("no checksum") });
            let ended = tasks.join_next().await.expect("there is one task");
            let error = Error::from(ended.expect_err("it panicked")).context("lima");
            let words = format!("{error:#}");
            assert!(
                words.starts_with("lima: task ") && words.ends_with("with message \"no checksum\""),
                "the error says {words}"
            );
        });
    }

    #[test]
    fn while_let_some_ok_ends_at_a_panic_with_tasks_still_there() {
        instruments::paused(|_| async {
            let mut tasks = JoinSet::new();
            tasks.spawn(async { instruments::panic_on_purpose("no checksum") });
            tasks.spawn(future::pending::<()>());
            while let Some(Ok(())) = tasks.join_next().await {}
            assert!(tasks.len() == 1, "{} tasks are left", tasks.len());
        });
    }

    #[test]
    fn the_alternate_format_prints_the_chain_and_the_cause_stays_a_value() {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
        let upload: Result<()> = Err(refused.into());
        let error = upload
            .with_context(|| format!("uploading to {}", "lima"))
            .expect_err("it was refused");
        assert_eq!(
            format!("{error:#}"),
            "uploading to lima: connection refused"
        );
        assert_eq!(error.to_string(), "uploading to lima");
        assert!(error.downcast_ref::<io::Error>().is_some());
    }

    #[test]
    fn a_task_that_sends_to_a_dropped_receiver_gets_its_value_back() {
        instruments::paused(|_| async {
            let (sender, receiver) = mpsc::channel(1);
            drop(receiver);
            let returned = sender.send(7).await;
            assert!(
                returned.is_err_and(|value| value.0 == 7),
                "the value is gone"
            );
        });
    }

    #[test]
    fn try_join_drops_the_other_future_before_it_returns() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let alive = cage.canary();
            let other = async {
                let _alive = alive;
                future::pending::<Result<()>>().await
            };
            let ended = async { tokio::try_join!(other, async { bail!("refused") as Result<()> }) };
            assert!(ended.await.is_err(), "the error is gone");
            assert!(cage.alive() == 0, "the other future is alive");
        });
    }

    #[test]
    fn a_scope_waits_for_threads_that_were_asked_to_stop() {
        instruments::test(|_| {
            let stop = AtomicBool::new(false);
            let threads = Cage::new();
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        let _alive = threads.canary();
                        while !stop.load(Ordering::Relaxed) {
                            thread::yield_now();
                        }
                    });
                }
                stop.store(true, Ordering::Relaxed);
            });
            assert!(threads.alive() == 0, "a thread outlived its scope");
        });
    }

    /// The function is still on its way when the tasks are gone.
    #[test]
    fn on_several_threads_the_tasks_of_a_dropped_set_may_be_gone_at_once() {
        instruments::test(|run| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .build()
                .expect("the system has room for two threads");
            let begun = run.count(|begun| format!("only {begun} of 2 tasks began"));
            let gone = run.count(|gone| format!("only {gone} of 2 tasks were gone"));
            runtime.block_on(async {
                let mut tasks = JoinSet::new();
                for _ in 0..2 {
                    let (begun, gone) = (begun.clone(), gone.clone());
                    tasks.spawn(async move {
                        let _counts = Counts(gone);
                        begun.add();
                        future::pending::<()>().await;
                    });
                }
                begun.wait_for(2);
                drop(tasks);
                // No `.await` here.
                gone.wait_for(2);
            });
        });
    }

    struct Counts(instruments::gate::Count);

    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.add();
        }
    }

    #[test]
    fn a_scope_panics_if_a_panicked_handle_was_dropped_unjoined() {
        instruments::test(|_| {
            let joined = |all: bool| {
                panic::catch_unwind(|| {
                    thread::scope(|scope| {
                        let fails = scope.spawn(|| Err::<(), _>("refused"));
                        let panics = scope.spawn(|| instruments::panic_on_purpose("a part"));
                        let first = fails.join().expect("it does not panic");
                        if all {
                            assert!(panics.join().is_err());
                        }
                        first
                    })
                })
            };
            assert!(joined(false).is_err(), "the scope returned the error");
            assert!(matches!(joined(true), Ok(Err("refused"))));
        });
    }

    #[test]
    fn the_futures_of_try_join_share_one_task() {
        instruments::paused(|_| async {
            let id = || async { Ok::<_, ()>(task::id()) };
            let both = tokio::spawn(async move { tokio::try_join!(id(), id()) });
            let (one, other) = both
                .await
                .expect("it does not panic")
                .expect("both are well");
            assert!(one == other);
        });
    }
}
