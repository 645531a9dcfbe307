//! What the chapter on timeouts and deadlines says of Rust and its libraries, as far as it can be run.

mod core {
    use std::cell::Cell;
    use std::future::{self, poll_fn};
    use std::mem;
    use std::panic;
    use std::sync::mpsc as std_mpsc;
    use std::task::Poll;
    use std::thread;
    use std::time::Duration;

    use instruments::canary::{Cage, Canary};
    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::{mpsc, oneshot};
    use tokio::task;
    use tokio::time::error::Elapsed;
    use tokio::time::{self, Instant};
    use tokio_util::sync::CancellationToken;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("the system gives a runtime what it needs")
    }

    async fn waits_for_ever(_alive: Canary) {
        future::pending::<()>().await;
    }

    #[test]
    fn three_timeouts_of_60_ms_let_three_hops_take_135() {
        instruments::paused(|run| async move {
            for _ in 0..3 {
                let hop = time::timeout(ms(60), time::sleep(ms(45)));
                assert!(hop.await.is_ok(), "a hop of 45 ms met its timeout");
            }
            assert!(run.now() == 135, "it took {} ms", run.now());
        });
    }

    #[test]
    fn three_hops_before_one_deadline_end_with_it() {
        instruments::paused(|run| async move {
            let deadline = Instant::now() + ms(100);
            let mut in_time = 0;
            for _ in 0..3 {
                let hop = time::timeout_at(deadline, time::sleep(ms(45)));
                in_time += u32::from(hop.await.is_ok());
            }
            assert!(
                in_time == 2 && run.now() == 100,
                "{in_time} in {} ms",
                run.now()
            );
        });
    }

    #[test]
    fn of_two_timeouts_one_in_the_other_the_shorter_counts() {
        instruments::paused(|run| async move {
            let inner = time::timeout(ms(80), future::pending::<()>());
            let outer = time::timeout(ms(50), inner).await;
            assert!(
                outer.is_err() && run.now() == 50,
                "it took {} ms",
                run.now()
            );
        });
    }

    #[test]
    fn an_elapsed_deadline_lets_a_ready_future_through() {
        instruments::paused(|_| async move {
            let passed = Instant::now();
            time::sleep(ms(30)).await;
            let ended = time::timeout_at(passed, async { 7 }).await;
            assert!(matches!(ended, Ok(7)), "it came to {ended:?}");
        });
    }

    #[test]
    fn an_elapsed_deadline_polls_the_future_once() {
        instruments::paused(|_| async move {
            let passed = Instant::now();
            time::sleep(ms(30)).await;
            let mut polls = 0;
            let work = poll_fn(|_| {
                polls += 1;
                Poll::<()>::Pending
            });
            let ended = time::timeout_at(passed, work).await;
            assert!(
                ended.is_err() && polls == 1,
                "{ended:?} after {polls} polls"
            );
        });
    }

    #[test]
    fn a_future_that_never_awaits_is_not_stopped() {
        instruments::paused(|_| async move {
            let steps = Cell::new(0);
            let busy = async {
                while steps.get() < 1_000 {
                    steps.set(steps.get() + 1);
                }
            };
            let ended = time::timeout(Duration::ZERO, busy).await;
            assert!(
                ended.is_ok() && steps.get() == 1_000,
                "{ended:?} after {} steps",
                steps.get()
            );
        });
    }

    /// On the real clock: a slow machine makes the delay longer, and only a shorter one would fail.
    #[test]
    fn a_busy_neighbour_on_the_same_thread_delays_a_timeout() {
        instruments::test(|_| {
            runtime().block_on(async {
                let began = Instant::now();
                let neighbour = tokio::spawn(async { thread::sleep(ms(30)) });
                let ended = time::timeout(ms(5), future::pending::<()>()).await;
                let took = began.elapsed();
                assert!(
                    ended.is_err() && took >= ms(30),
                    "it was over after {took:?}"
                );
                neighbour.await.expect("it does not panic");
            });
        });
    }

    #[test]
    fn the_future_is_gone_when_its_timeout_returns() {
        instruments::paused(|_| async move {
            let cage = Cage::new();
            let ended = time::timeout(ms(10), waits_for_ever(cage.canary())).await;
            assert!(ended.is_err(), "it waits for ever, and ended");
            assert!(cage.alive() == 0, "the future outlived its timeout");
        });
    }

    #[test]
    fn a_timeout_does_not_stop_a_task_that_the_future_spawned() {
        instruments::paused(|_| async move {
            let cage = Cage::new();
            let alive = cage.canary();
            let call = async move {
                let task = tokio::spawn(waits_for_ever(alive));
                task.await.expect("it does not panic");
            };
            assert!(time::timeout(ms(10), call).await.is_err());
            instruments::settle().await;
            assert!(cage.alive() == 1, "the task ended with its handle");
        });
    }

    #[test]
    fn a_timeout_does_not_stop_a_blocking_closure() {
        instruments::test(|_| {
            let cage = Cage::new();
            let alive = cage.canary();
            let (go_on, may_go_on) = std_mpsc::channel();
            runtime().block_on(async {
                let (start, started) = oneshot::channel();
                let closure = task::spawn_blocking(move || {
                    let _alive = alive;
                    start.send(()).expect("the test waits");
                    may_go_on.recv().expect("the test sends");
                });
                started.await.expect("the closure sends");
                assert!(time::timeout(ms(5), closure).await.is_err());
                assert!(
                    cage.alive() == 1,
                    "the closure was stopped in its call to `recv`"
                );
                go_on.send(()).expect("the closure waits");
            });
        });
    }

    #[test]
    fn cancelling_a_clone_cancels_the_token() {
        let token = CancellationToken::new();
        token.clone().cancel();
        assert!(token.is_cancelled());
    }

    #[test]
    fn cancelling_goes_down_to_the_children_and_not_up() {
        let whole = CancellationToken::new();
        let (left, right) = (whole.child_token(), whole.child_token());
        left.cancel();
        assert!(!whole.is_cancelled() && !right.is_cancelled());
        whole.cancel();
        assert!(right.is_cancelled());
        assert!(whole.child_token().is_cancelled(), "a child born too late");
    }

    #[test]
    fn dropping_a_token_cancels_nothing() {
        let whole = CancellationToken::new();
        let child = whole.child_token();
        drop(whole);
        assert!(!child.is_cancelled());
    }

    #[test]
    fn a_cancellation_is_heard_by_whoever_asks_later() {
        instruments::paused(|_| async move {
            let token = CancellationToken::new();
            token.cancel();
            token.cancelled().await;
        });
    }

    #[test]
    fn a_cancelled_token_does_not_poll_what_it_should_run() {
        instruments::paused(|_| async move {
            let token = CancellationToken::new();
            token.cancel();
            let begun = Cell::new(false);
            let ended = token.run_until_cancelled(async { begun.set(true) }).await;
            assert!(ended.is_none() && !begun.get());
        });
    }

    #[test]
    fn a_future_that_is_ready_when_it_is_cancelled_has_its_result() {
        instruments::paused(|_| async move {
            let token = CancellationToken::new();
            let work = async {
                time::sleep(ms(10)).await;
                7
            };
            let cancels = async {
                time::sleep(ms(10)).await;
                token.cancel();
            };
            // Both are due at 10 ms; `join!` lets the cancelling one go first.
            let (ended, ()) = tokio::join!(biased; token.run_until_cancelled(work), cancels);
            assert!(ended == Some(7), "it came to {ended:?}");
        });
    }

    #[test]
    fn tidying_up_under_the_cancelled_token_does_nothing() {
        instruments::paused(|_| async move {
            let token = CancellationToken::new();
            token.cancel();
            let released = Cell::new(false);
            let release = async { released.set(true) };
            token.run_until_cancelled(release).await;
            assert!(!released.get());
        });
    }

    #[test]
    fn a_drop_guard_cancels_when_the_future_that_holds_it_is_dropped() {
        instruments::paused(|_| async move {
            let cage = Cage::new();
            let (token, alive) = (CancellationToken::new(), cage.canary());
            let call = async {
                let _guard = token.clone().drop_guard();
                let token = token.clone();
                tokio::spawn(async move { token.run_until_cancelled(waits_for_ever(alive)).await });
                future::pending::<()>().await;
            };
            assert!(time::timeout(ms(10), call).await.is_err());
            assert!(token.is_cancelled(), "the guard was dropped in silence");
            assert!(cage.alive() == 1, "the drop waited for the task");
            instruments::settle().await;
            assert!(cage.alive() == 0, "the task did not hear of it");
        });
    }

    #[test]
    fn one_question_mark_takes_a_call_that_failed_for_a_success() {
        let refused: Result<(), _> = Err("the card is refused");
        let one_mark = async move {
            let inner = time::timeout(ms(10), future::ready(refused)).await?;
            assert!(inner == refused);
            Ok::<_, Elapsed>(())
        };
        instruments::paused(|_| async move {
            assert!(one_mark.await.is_ok(), "the call's error came out");
        });
    }

    #[test]
    fn tidying_up_ends_under_a_deadline_that_is_still_to_come() {
        instruments::paused(|_| async move {
            let (deadline, token) = (Instant::now() + ms(100), CancellationToken::new());
            time::sleep(ms(60)).await;
            token.cancel();
            let released = time::timeout_at(deadline, time::sleep(ms(15))).await;
            assert!(released.is_ok(), "the deadline had passed");
        });
    }

    #[test]
    fn a_missed_deadline_cancels_no_token() {
        instruments::paused(|_| async move {
            let token = CancellationToken::new();
            let late = time::timeout(ms(10), token.run_until_cancelled(time::sleep(ms(15)))).await;
            assert!(late.is_err() && !token.is_cancelled());
            let released = token.run_until_cancelled(async {}).await;
            assert!(released.is_some(), "the release was not begun");
        });
    }

    #[test]
    fn a_deadline_acts_without_a_wait_when_the_budget_is_used_up() {
        instruments::paused(|_| async move {
            let (sender, mut queue) = mpsc::channel(1_000);
            for n in 0..1_000 {
                sender.try_send(n).expect("there is room");
            }
            let passed = Instant::now();
            time::sleep(ms(30)).await;
            let all = async {
                for _ in 0..1_000 {
                    queue.recv().await.expect("it is queued");
                }
            };
            let late = time::timeout_at(passed, all).await;
            assert!(late.is_err(), "all were taken, in one poll");
            assert!(!queue.is_empty(), "the timeout came too late");
        });
    }

    #[test]
    fn a_drop_guard_that_is_disarmed_or_forgotten_cancels_nothing() {
        let token = CancellationToken::new();
        let _same = token.clone().drop_guard().disarm();
        mem::forget(token.clone().drop_guard());
        assert!(!token.is_cancelled());
    }

    #[test]
    fn a_drop_guard_can_be_moved_into_a_task() {
        instruments::paused(|_| async move {
            let token = CancellationToken::new();
            let guard = token.clone().drop_guard();
            let task = tokio::spawn(async move {
                time::sleep(ms(10)).await;
                drop(guard);
            });
            instruments::settle().await;
            assert!(!token.is_cancelled());
            task.await.expect("it does not panic");
            assert!(token.is_cancelled());
        });
    }

    /// How often each of two ready branches wins, in a thousand turns.
    async fn wins(turn: impl AsyncFn() -> usize) -> [usize; 2] {
        let mut wins = [0, 0];
        for _ in 0..1_000 {
            wins[turn().await] += 1;
        }
        wins
    }

    /// That one of them never wins by chance is as likely as a thousand heads in a row.
    #[test]
    fn select_chooses_at_random_unless_it_is_biased() {
        instruments::paused(|_| async move {
            let by_chance = wins(async || {
                tokio::select! { () = async {} => 0, () = async {} => 1 }
            });
            let by_chance = by_chance.await;
            assert!(by_chance[0] > 0 && by_chance[1] > 0, "{by_chance:?}");
            let biased = wins(async || {
                tokio::select! { biased; () = async {} => 0, () = async {} => 1 }
            });
            assert!(biased.await == [1_000, 0]);
        });
    }

    #[test]
    fn a_future_that_select_does_not_choose_loses_what_it_has_taken() {
        instruments::paused(|_| async move {
            let (sender, mut queue) = mpsc::channel(1);
            sender.send(1).await.expect("the receiver is there");
            let takes_and_waits = async {
                let taken = queue.recv().await;
                time::sleep(ms(10)).await;
                taken
            };
            tokio::select! {
                _ = takes_and_waits => panic!("it was faster"),
                () = time::sleep(ms(5)) => {}
            }
            assert!(queue.try_recv().is_err(), "the message is back");
        });
    }

    #[test]
    fn a_drop_guard_without_a_name_cancels_at_once() {
        let token = CancellationToken::new();
        let _ = token.clone().drop_guard();
        assert!(token.is_cancelled());
    }

    #[test]
    fn tidying_up_under_a_deadline_that_has_passed_is_dropped_at_its_first_wait() {
        instruments::paused(|_| async move {
            let passed = Instant::now();
            time::sleep(ms(30)).await;
            let (begun, done) = (Cell::new(false), Cell::new(false));
            let release = async {
                begun.set(true);
                time::sleep(ms(1)).await;
                done.set(true);
            };
            assert!(time::timeout_at(passed, release).await.is_err());
            assert!(begun.get() && !done.get());
        });
    }

    #[test]
    fn a_closed_input_lets_a_worker_finish_what_is_queued() {
        instruments::paused(|_| async move {
            let (sender, mut orders) = mpsc::channel(8);
            for order in 1..=3 {
                sender.send(order).await.expect("the receiver is there");
            }
            drop(sender);
            let mut done = Vec::new();
            while let Some(order) = orders.recv().await {
                done.push(order);
            }
            assert!(done == [1, 2, 3], "it did {done:?}");
        });
    }

    #[test]
    fn a_blocking_closure_that_still_queues_can_be_aborted_and_one_that_runs_cannot() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .max_blocking_threads(1)
                .build()
                .expect("the system gives a runtime what it needs");
            let (go_on, may_go_on) = std_mpsc::channel();
            runtime.block_on(async {
                let (start, started) = oneshot::channel();
                let runs = task::spawn_blocking(move || {
                    start.send(()).expect("the test waits");
                    may_go_on.recv().expect("the test sends");
                });
                let queues = task::spawn_blocking(|| ());
                started.await.expect("the closure sends");
                runs.abort();
                queues.abort();
                go_on.send(()).expect("the closure is in `recv`");
                assert!(runs.await.is_ok(), "what runs was aborted");
                let is_cancelled = queues.await.is_err_and(|error| error.is_cancelled());
                assert!(is_cancelled, "what queues was run");
            });
        });
    }

    /// On the real clock, which goes on while the thread is busy.
    #[test]
    fn an_elapsed_deadline_may_let_a_future_through_that_yields_once() {
        instruments::test(|_| {
            runtime().block_on(async {
                let passed = Instant::now();
                thread::sleep(ms(30));
                let ended = time::timeout_at(passed, task::yield_now()).await;
                assert!(ended.is_ok(), "it came to {ended:?}");
            });
        });
    }

    #[test]
    fn a_worker_that_panics_takes_its_queue_along() {
        instruments::paused(|_| async move {
            let (sender, mut orders) = mpsc::channel(8);
            for order in 1..=3 {
                sender.send(order).await.expect("the receiver is there");
            }
            let worker = tokio::spawn(async move {
                orders.recv().await;
                instruments::panic_on_purpose("the printer is on fire")
            });
            assert!(worker.await.is_err_and(|error| error.is_panic()));
            assert!(sender.is_closed(), "somebody may still read it");
        });
    }

    #[test]
    fn a_virtual_sleep_is_rounded_up_to_a_millisecond() {
        instruments::paused(|_| async move {
            for (asked, takes) in [(1, 1), (999, 1), (1_000, 1), (1_200, 2)] {
                let began = Instant::now();
                time::sleep(Duration::from_micros(asked)).await;
                let took = began.elapsed();
                assert!(
                    took == ms(takes),
                    "asked for {asked} µs, it slept for {took:?}"
                );
            }
        });
    }

    #[test]
    fn the_longest_timeout_is_none_but_the_latest_moment_does_not_exist() {
        instruments::paused(|_| async move {
            let ended = time::timeout(Duration::MAX, time::sleep(ms(10))).await;
            assert!(ended.is_ok());
            assert!(Instant::now().checked_add(Duration::MAX).is_none());
            let sum = panic::catch_unwind(|| Instant::now() + Duration::MAX);
            assert!(sum.is_err(), "it is {sum:?}");
        });
    }

    #[test]
    fn a_paused_clock_and_stds_run_apart() {
        instruments::paused(|_| async move {
            time::sleep(Duration::from_mins(30)).await;
            let std_now = Instant::from_std(std::time::Instant::now());
            let ahead = Instant::now().duration_since(std_now);
            // However slow the machine: a test that took 29 minutes would have met its limit.
            assert!(ahead > Duration::from_mins(1), "it is {ahead:?} ahead");
        });
    }

    #[test]
    fn the_time_left_before_a_moment_that_has_passed_is_zero() {
        instruments::paused(|_| async move {
            let passed = Instant::now();
            time::sleep(ms(30)).await;
            assert!(passed.duration_since(Instant::now()) == Duration::ZERO);
        });
    }
}
