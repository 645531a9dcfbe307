//! What the chapter on structured concurrency says of tokio and tokio-util, as far as it can be run.

mod core {
    use std::future;
    use std::panic::{self, AssertUnwindSafe};
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use instruments::PROBE;
    use instruments::canary::{Cage, Canary};
    use instruments::gate::{Count, Gate};
    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::oneshot;
    use tokio::task::{self, JoinSet, LocalSet, yield_now};
    use tokio::time::{sleep, timeout};
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    async fn waits_for_ever(_alive: Canary) {
        future::pending::<()>().await;
    }

    fn two_threads() -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .expect("the system has room for two threads")
    }

    #[test]
    fn a_child_outlives_its_parent_if_its_handle_is_dropped() {
        instruments::paused(|_| async {
            let children = Cage::new();
            let child = children.canary();
            let parent = task::spawn(async move {
                task::spawn(waits_for_ever(child));
            });
            parent.await.expect("it does not panic");
            instruments::settle().await;
            assert!(children.alive() == 1, "the child ended with its parent");
        });
    }

    #[test]
    fn to_abort_a_parent_leaves_its_spawned_child_alone() {
        instruments::paused(|_| async {
            let children = Cage::new();
            let child = children.canary();
            let parent = task::spawn(async move {
                let child = task::spawn(waits_for_ever(child));
                child.await
            });
            yield_now().await;
            parent.abort();
            assert!(parent.await.is_err(), "it was not aborted");
            instruments::settle().await;
            assert!(children.alive() == 1, "the child was aborted as well");
        });
    }

    #[test]
    fn a_dropped_join_set_aborts_and_does_not_wait() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            tasks.spawn(waits_for_ever(cage.canary()));
            yield_now().await;
            drop(tasks);
            assert!(cage.alive() == 1, "the drop waited for the task");
            instruments::settle().await;
            assert!(cage.alive() == 0, "the drop did not abort the task");
        });
    }

    /// A parent with a set of children, which waits for them.
    async fn parent(children: Vec<Canary>) {
        let mut tasks = JoinSet::new();
        for child in children {
            tasks.spawn(waits_for_ever(child));
        }
        while tasks.join_next().await.is_some() {}
    }

    #[test]
    fn a_dropped_set_of_sets_aborts_every_level() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut parents = JoinSet::new();
            for _ in 0..3 {
                parents.spawn(parent(vec![cage.canary(), cage.canary()]));
            }
            instruments::settle().await;
            drop(parents);
            assert!(cage.alive() == 6, "the drop waited");
            instruments::settle().await;
            assert!(cage.alive() == 0, "{} children are left", cage.alive());
        });
    }

    /// Takes its time to go.
    #[derive(Default)]
    struct Slow {
        cancelled: Count,
        gate: Gate,
    }

    impl Drop for Slow {
        fn drop(&mut self) {
            self.cancelled.add();
            self.gate.wait();
        }
    }

    async fn goes_slowly(slow: Slow, begun: Count) {
        let _slow = slow;
        begun.add();
        future::pending::<()>().await;
    }

    #[test]
    fn shutdown_waits_for_its_own_tasks() {
        instruments::test(|_| {
            let (begun, slow) = (Count::new(), Slow::default());
            let gate = slow.gate.clone();
            two_threads().block_on(async {
                let mut tasks = JoinSet::new();
                tasks.spawn(goes_slowly(slow, begun.clone()));
                begun.reached(1).await;
                // It cannot return before the gate is open. A bounded probe: a slow machine may let
                // an early return slip, and never fails.
                let returned = timeout(PROBE, tasks.shutdown()).await;
                gate.open();
                assert!(returned.is_err(), "the shutdown returned before its task");
            });
        });
    }

    #[test]
    fn shutdown_does_not_wait_for_the_tasks_of_its_tasks() {
        instruments::test(|_| {
            let (begun, slow) = (Count::new(), Slow::default());
            let (gate, cancelled) = (slow.gate.clone(), slow.cancelled.clone());
            let runtime = two_threads();
            runtime.block_on(async {
                let mut parents = JoinSet::new();
                let child = goes_slowly(slow, begun.clone());
                parents.spawn(async move {
                    let mut children = JoinSet::new();
                    children.spawn(child);
                    while children.join_next().await.is_some() {}
                });
                begun.reached(1).await;
                // The child cannot be gone before the gate is open. If the shutdown waited for it, the
                // hang guard would say so.
                parents.shutdown().await;
            });
            // It was told, though.
            cancelled.wait_for(1);
            gate.open();
        });
    }

    #[test]
    fn an_abort_is_heard_at_the_next_await() {
        instruments::paused(|_| async {
            let (went_on, came_back) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
            let (tell, told) = oneshot::channel::<task::AbortHandle>();
            let task = task::spawn({
                let (went_on, came_back) = (Arc::clone(&went_on), Arc::clone(&came_back));
                async move {
                    let own = told.await.expect("the test sends it");
                    own.abort();
                    went_on.store(true, Ordering::Relaxed);
                    yield_now().await;
                    came_back.store(true, Ordering::Relaxed);
                }
            });
            let sent = tell.send(task.abort_handle());
            assert!(sent.is_ok(), "the task does not listen");
            assert!(task.await.is_err(), "it was not aborted");
            let (went_on, came_back) = (
                went_on.load(Ordering::Relaxed),
                came_back.load(Ordering::Relaxed),
            );
            assert!(
                (went_on, came_back) == (true, false),
                "it went on: {went_on}, and came back from its await: {came_back}"
            );
        });
    }

    #[test]
    fn an_aborted_task_runs_through_awaits_that_are_ready() {
        instruments::paused(|_| async {
            let (tell, told) = oneshot::channel::<task::AbortHandle>();
            let task = task::spawn(async move {
                told.await.expect("the test sends it").abort();
                for _ in 0..3 {
                    future::ready(()).await;
                }
                "ran to its end"
            });
            let sent = tell.send(task.abort_handle());
            assert!(sent.is_ok(), "the task does not listen");
            let ended = task.await;
            assert!(matches!(ended, Ok("ran to its end")), "{ended:?}");
        });
    }

    #[test]
    fn shutdown_waits_for_a_running_blocking_closure() {
        instruments::test(|_| {
            two_threads().block_on(async {
                let (start, started) = oneshot::channel();
                let gate = Gate::new();
                let may_end = gate.clone();
                let mut tasks = JoinSet::new();
                tasks.spawn_blocking(move || {
                    start.send(()).expect("the test waits");
                    may_end.wait();
                });
                started.await.expect("the closure sends");
                let returned = timeout(PROBE, tasks.shutdown()).await;
                gate.open();
                assert!(
                    returned.is_err(),
                    "the shutdown returned before the closure"
                );
            });
        });
    }

    #[test]
    fn an_aborted_closure_in_line_is_waited_for_until_its_turn() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .enable_time()
                .max_blocking_threads(1)
                .build()
                .expect("the system has room for a thread");
            runtime.block_on(async {
                let (start, started) = oneshot::channel();
                let gate = Gate::new();
                let may_end = gate.clone();
                // Not of the set.
                let before = task::spawn_blocking(move || {
                    start.send(()).expect("the test waits");
                    may_end.wait();
                });
                started.await.expect("the closure sends");
                let mut tasks = JoinSet::new();
                tasks.spawn_blocking(|| panic!("it ran, though it was aborted"));
                let returned = timeout(PROBE, tasks.shutdown()).await;
                gate.open();
                before.await.expect("it does not panic");
                assert!(returned.is_err(), "the shutdown did not wait for its turn");
            });
        });
    }

    #[test]
    fn a_trackers_spawn_returns_a_handle_that_brings_output_and_panic() {
        instruments::paused(|_| async {
            let tasks = TaskTracker::new();
            let seven = tasks.spawn(async { 7 }).await;
            assert!(matches!(seven, Ok(7)), "{seven:?}");
            let panicked = tasks
                .spawn(async { instruments::panic_on_purpose("no smoke") })
                .await;
            assert!(panicked.is_err_and(|error| error.is_panic()));
        });
    }

    #[test]
    fn a_set_hands_out_what_has_ended_in_the_order_in_which_it_has() {
        instruments::paused(|_| async {
            let spawn_all = || {
                let mut tasks = JoinSet::new();
                for milliseconds in [30, 10, 20] {
                    tasks.spawn(async move {
                        sleep(ms(milliseconds)).await;
                        milliseconds
                    });
                }
                tasks
            };
            let mut tasks = spawn_all();
            sleep(ms(50)).await;
            let mut by_one = Vec::new();
            while let Some(ended) = tasks.join_next().await {
                by_one.push(ended.expect("it does not panic"));
            }
            let all = spawn_all().join_all().await;
            assert!(
                (&by_one, &all) == (&vec![10, 20, 30], &vec![10, 20, 30]),
                "{by_one:?}, {all:?}"
            );
        });
    }

    #[test]
    fn a_future_that_is_ready_as_the_token_is_cancelled_is_heard() {
        instruments::paused(|_| async {
            let stop = CancellationToken::new();
            let (answer, answered) = oneshot::channel();
            let told = stop.clone();
            let task = task::spawn(async move { told.run_until_cancelled(answered).await });
            yield_now().await;
            stop.cancel();
            answer.send(7).expect("the task waits");
            let ended = task.await;
            assert!(matches!(ended, Ok(Some(Ok(7)))), "{ended:?}");
        });
    }

    fn one_thread_that_may_block() -> Runtime {
        Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .expect("the system has room for a thread")
    }

    #[test]
    fn a_running_blocking_closure_is_not_aborted_and_one_in_line_is() {
        instruments::test(|_| {
            one_thread_that_may_block().block_on(async {
                let (start, started) = oneshot::channel();
                let (go_on, may_go_on) = mpsc::channel();
                let mut tasks = JoinSet::new();
                tasks.spawn_blocking(move || {
                    start.send(()).expect("the test waits");
                    may_go_on.recv().expect("the test sends");
                    "ran to its end"
                });
                started.await.expect("the closure sends");
                let in_line = tasks.spawn_blocking(|| "ran, though it was aborted").id();
                tasks.abort_all();
                go_on.send(()).expect("the closure waits");
                let (mut ran, mut aborted) = (Vec::new(), Vec::new());
                while let Some(ended) = tasks.join_next_with_id().await {
                    match ended {
                        Ok((_, what)) => ran.push(what),
                        Err(error) => aborted.push(error.id()),
                    }
                }
                assert!(ran == ["ran to its end"], "{ran:?}");
                assert!(aborted == [in_line], "{} were aborted", aborted.len());
            });
        });
    }

    #[test]
    fn a_tracker_that_was_not_closed_is_waited_for_in_vain() {
        instruments::paused(|_| async {
            let tasks = TaskTracker::new();
            let in_time = timeout(ms(1_000), tasks.wait()).await;
            assert!(in_time.is_err(), "an empty tracker was enough");
            tasks.spawn(async {});
            let in_time = timeout(ms(1_000), tasks.wait()).await;
            assert!(in_time.is_err() && tasks.is_empty(), "it returned");
            tasks.close();
            let in_time = timeout(ms(1_000), tasks.wait()).await;
            assert!(in_time.is_ok(), "it was closed and empty");
        });
    }

    #[test]
    fn a_closed_tracker_takes_tasks_all_the_same_and_wait_waits_for_them() {
        instruments::paused(|run| async move {
            let tasks = TaskTracker::new();
            tasks.close();
            tasks.spawn(sleep(ms(20)));
            tasks.wait().await;
            assert!(run.now() == 20, "it returned at {} ms", run.now());
        });
    }

    #[test]
    fn a_tracker_waits_for_what_its_tasks_spawn_on_it() {
        instruments::paused(|run| async move {
            let tasks = TaskTracker::new();
            let inner = tasks.clone();
            tasks.spawn(async move {
                sleep(ms(10)).await;
                inner.spawn(sleep(ms(20)));
            });
            tasks.close();
            tasks.wait().await;
            assert!(run.now() == 30, "it returned at {} ms", run.now());
        });
    }

    #[test]
    fn a_dropped_tracker_stops_nothing() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let tasks = TaskTracker::new();
            tasks.spawn(waits_for_ever(cage.canary()));
            tasks.close();
            drop(tasks);
            instruments::settle().await;
            assert!(cage.alive() == 1, "the drop stopped the task");
        });
    }

    #[test]
    fn a_tracker_counts_a_task_before_it_has_begun() {
        instruments::paused(|_| async {
            let tasks = TaskTracker::new();
            tasks.spawn(async {});
            assert!(tasks.len() == 1, "{} were counted", tasks.len());
        });
    }

    #[test]
    fn a_tracker_counts_a_panic_off() {
        instruments::paused(|_| async {
            let tasks = TaskTracker::new();
            tasks.spawn(async { instruments::panic_on_purpose("no smoke") });
            tasks.close();
            tasks.wait().await;
            assert!(tasks.is_empty(), "{} tasks are left", tasks.len());
        });
    }

    #[test]
    fn a_set_keeps_what_has_ended_and_a_tracker_does_not() {
        instruments::paused(|_| async {
            let (mut set, tracker) = (JoinSet::new(), TaskTracker::new());
            for _ in 0..100 {
                set.spawn(async {});
                tracker.spawn(async {});
            }
            instruments::settle().await;
            let (in_set, in_tracker) = (set.len(), tracker.len());
            assert!(
                (in_set, in_tracker) == (100, 0),
                "{in_set} in the set, {in_tracker} in the tracker"
            );
            while set.try_join_next().is_some() {}
            assert!(set.is_empty(), "{} are left", set.len());
        });
    }

    #[test]
    fn who_is_aborted_cannot_tidy_up_with_an_await_and_who_is_told_can() {
        instruments::paused(|run| async move {
            let tidied = Arc::<AtomicBool>::default();
            let mark = Arc::clone(&tidied);
            let mut tasks = JoinSet::new();
            tasks.spawn(async move {
                sleep(ms(50)).await;
                mark.store(true, Ordering::Relaxed);
            });
            sleep(ms(10)).await;
            tasks.shutdown().await;
            let when_aborted = tidied.load(Ordering::Relaxed);

            let stop = CancellationToken::new();
            let (told, mark) = (stop.clone(), Arc::clone(&tidied));
            tasks.spawn(async move {
                if told.run_until_cancelled(sleep(ms(50))).await.is_none() {
                    sleep(ms(5)).await;
                    mark.store(true, Ordering::Relaxed);
                }
            });
            sleep(ms(10)).await;
            stop.cancel();
            while tasks.join_next().await.is_some() {}
            let (when_told, now) = (tidied.load(Ordering::Relaxed), run.now());
            assert!(
                (when_aborted, when_told, now) == (false, true, 25),
                "tidied up when aborted: {when_aborted}, when told: {when_told}, at {now} ms"
            );
        });
    }

    #[test]
    fn a_cancelled_token_begins_nothing() {
        instruments::paused(|_| async {
            let stop = CancellationToken::new();
            stop.cancel();
            let ended = stop.run_until_cancelled(async { 7 }).await;
            assert!(ended.is_none(), "it ran");
        });
    }

    #[test]
    fn a_drop_guard_cancels_its_token() {
        instruments::paused(|_| async {
            let stop = CancellationToken::new();
            drop(stop.clone().drop_guard());
            assert!(stop.is_cancelled(), "it did not");
        });
    }

    #[test]
    fn join_all_passes_the_first_panic_on_with_others_alive() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            tasks.spawn(waits_for_ever(cage.canary()));
            tasks.spawn(async { instruments::panic_on_purpose("no smoke") });
            let alive = cage.clone();
            let joined = task::spawn(async move {
                let mut joining = Box::pin(tasks.join_all());
                future::poll_fn(move |context| {
                    let poll = AssertUnwindSafe(|| joining.as_mut().poll(context));
                    match panic::catch_unwind(poll) {
                        Ok(polled) => polled.map(|_| None),
                        Err(_) => std::task::Poll::Ready(Some(alive.alive())),
                    }
                })
                .await
            });
            let alive = joined.await.expect("the panic was caught");
            assert!(alive == Some(1), "alive when it panicked: {alive:?}");
        });
    }

    #[test]
    fn dropping_the_runtime_drops_all_tasks_and_waits_for_no_await() {
        instruments::test(|_| {
            let cage = Cage::new();
            let runtime = two_threads();
            let tasks = TaskTracker::new();
            tasks.spawn_on(waits_for_ever(cage.canary()), runtime.handle());
            drop(runtime);
            assert!(cage.alive() == 0, "a task outlived its runtime");
        });
    }

    #[test]
    fn a_local_set_runs_what_is_not_send() {
        instruments::paused(|_| async {
            let on_this_thread = LocalSet::new();
            let count = Rc::new(1);
            let mut tasks = JoinSet::new();
            tasks.spawn_local_on(
                async move {
                    yield_now().await;
                    *count
                },
                &on_this_thread,
            );
            let returned = on_this_thread
                .run_until(async { tasks.join_next().await })
                .await;
            assert!(matches!(returned, Some(Ok(1))), "{returned:?}");
        });
    }

    #[test]
    fn a_running_task_that_waits_no_more_is_not_cancelled() {
        instruments::test(|_| {
            let runtime = two_threads();
            let (begun, has_begun) = mpsc::channel();
            let (told, was_told) = mpsc::channel();
            let mut tasks = JoinSet::new();
            let task = async move {
                begun.send(()).expect("the test waits");
                was_told.recv().expect("the test tells");
                7
            };
            tasks.spawn_on(task, runtime.handle());
            has_begun.recv().expect("it begins");
            tasks.abort_all();
            told.send(()).expect("it waits for that");
            let ended = runtime.block_on(tasks.join_next());
            assert!(matches!(ended, Some(Ok(7))), "it ended with {ended:?}");
        });
    }

    #[test]
    fn a_closed_trackers_wait_returns_if_it_was_empty_for_a_moment() {
        instruments::paused(|_| async {
            let tracker = TaskTracker::new();
            tracker.close();
            let first = tracker.spawn(async {});
            let waiting = tracker.wait();
            first.await.expect("it does not panic");
            tracker.spawn(future::pending::<()>());
            waiting.await;
            assert!(tracker.len() == 1, "{} are left", tracker.len());
        });
    }

    #[test]
    fn who_keeps_an_abort_handle_can_stop_a_detached_task() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let task = task::spawn(waits_for_ever(cage.canary()));
            let stop = task.abort_handle();
            drop(task);
            stop.abort();
            instruments::settle().await;
            assert!(cage.alive() == 0, "it goes on");
        });
    }

    #[test]
    fn what_was_told_before_it_began_tidies_up_as_well() {
        instruments::paused(|_| async {
            let stop = CancellationToken::new();
            stop.cancel();
            let tested = stop.run_until_cancelled(async { true }).await;
            assert!(tested.is_none(), "the test ran, so nothing is reset");
        });
    }

    #[test]
    fn after_the_first_error_shutdown_leaves_no_task_of_the_set() {
        instruments::paused(|run| async move {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            for milliseconds in [40, 10, 30] {
                let alive = cage.canary();
                tasks.spawn(async move {
                    let _alive = alive;
                    sleep(ms(milliseconds)).await;
                    if milliseconds == 10 {
                        Err("broken")
                    } else {
                        Ok(())
                    }
                });
            }
            let first = tasks.join_next().await;
            assert!(matches!(first, Some(Ok(Err("broken")))), "{first:?}");
            assert!(cage.alive() == 2, "the error has stopped the others");
            tasks.shutdown().await;
            let (now, alive) = (run.now(), cage.alive());
            assert!((now, alive) == (10, 0), "at {now} ms {alive} are alive");
        });
    }
}
