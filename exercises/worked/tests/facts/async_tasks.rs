//! What the chapter on async tasks says of Rust and tokio, as far as it can be run.

mod core {
    use std::cell::RefCell;
    use std::future;
    use std::marker::PhantomData;
    use std::mem;
    use std::panic::{self, AssertUnwindSafe};
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, PoisonError, mpsc};
    use std::task::{Context, Poll, Waker};
    use std::thread;
    use std::time::Duration;

    use futures::future::join_all;
    use futures::stream::{FuturesUnordered, StreamExt as _};

    use instruments::PROBE;
    use instruments::canary::{Cage, Canary};
    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::{mpsc as tokio_mpsc, oneshot};
    use tokio::task::{self, yield_now};
    use tokio::time::{self, sleep};
    use tokio::{join, select, try_join};

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn two_threads() -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .expect("the system has room for two threads")
    }

    #[test]
    fn to_call_an_async_fn_does_nothing() {
        async fn ask(asked: &AtomicUsize) {
            asked.fetch_add(1, Ordering::Relaxed);
            yield_now().await;
        }
        instruments::paused(|_| async {
            let asked = AtomicUsize::new(0);
            let asking = ask(&asked);
            yield_now().await;
            assert!(asked.load(Ordering::Relaxed) == 0, "the call has asked");
            asking.await;
            assert!(asked.load(Ordering::Relaxed) == 1, "the await has not");
        });
    }

    #[test]
    fn a_poll_goes_as_far_as_it_can() {
        instruments::paused(|_| async {
            let mut asking = pin!(async {
                sleep(ms(20)).await;
                3
            });
            let mut context = Context::from_waker(Waker::noop());
            assert!(
                asking.as_mut().poll(&mut context) == Poll::Pending,
                "it is there at once"
            );
            sleep(ms(20)).await;
            assert!(
                asking.as_mut().poll(&mut context) == Poll::Ready(3),
                "it is not there"
            );
        });
    }

    #[test]
    fn a_future_takes_no_stack_of_its_own() {
        async fn ask(milliseconds: u64) -> u32 {
            sleep(ms(milliseconds)).await;
            3
        }
        let bytes = mem::size_of_val(&ask(20));
        assert!(bytes <= 512, "it takes {bytes} bytes");
    }

    #[test]
    fn joined_futures_take_as_long_as_the_slowest() {
        instruments::paused(|run| async move {
            join!(sleep(ms(30)), sleep(ms(50)), sleep(ms(20)));
            assert!(run.now() == 50, "they took {} ms", run.now());
        });
    }

    /// How many were inside at once, of two who come in and go out fifty times.
    async fn most_inside(inside: &AtomicUsize, most: &AtomicUsize) {
        for _ in 0..50 {
            let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
            yield_now().await;
        }
    }

    #[test]
    fn joined_futures_never_run_in_parallel() {
        instruments::test(|_| {
            let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            two_threads().block_on(async {
                join!(most_inside(&inside, &most), most_inside(&inside, &most));
            });
            let most = most.into_inner();
            assert!(most == 1, "{most} of them ran at once, on two threads");
        });
    }

    #[test]
    fn spawned_tasks_run_in_parallel_where_there_are_threads() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |inside| format!("{inside} of 2 tasks ran at once"));
            two_threads().block_on(async {
                // Blocks its thread until the other is there too.
                let tasks =
                    [both.clone(), both].map(|both| task::spawn(async move { both.arrive() }));
                for task in tasks {
                    task.await.expect("it does not panic");
                }
            });
        });
    }

    #[test]
    fn a_spawned_task_runs_though_nobody_awaits_it() {
        instruments::paused(|_| async {
            let ran = Arc::new(AtomicUsize::new(0));
            let _handle = task::spawn({
                let ran = Arc::clone(&ran);
                async move { ran.fetch_add(1, Ordering::Relaxed) }
            });
            yield_now().await;
            assert!(ran.load(Ordering::Relaxed) == 1, "it has not run");
        });
    }

    #[test]
    fn a_dropped_join_handle_lets_the_task_go_on() {
        instruments::paused(|_| async {
            let ran = Arc::new(AtomicUsize::new(0));
            drop(task::spawn({
                let ran = Arc::clone(&ran);
                async move {
                    sleep(ms(20)).await;
                    ran.fetch_add(1, Ordering::Relaxed)
                }
            }));
            sleep(ms(30)).await;
            assert!(
                ran.load(Ordering::Relaxed) == 1,
                "it has not run to its end"
            );
        });
    }

    #[test]
    fn abort_only_tells_a_task_to_end_and_its_handle_says_when_it_has() {
        instruments::paused(|_| async {
            let (cage, mutex) = (Cage::new(), Arc::new(tokio::sync::Mutex::new(())));
            let task = task::spawn({
                let (alive, mutex) = (cage.canary(), Arc::clone(&mutex));
                async move {
                    let _held = (alive, mutex.lock().await);
                    future::pending::<()>().await;
                }
            });
            yield_now().await;
            task.abort();
            assert!(cage.alive() == 1, "`abort` has waited for the end");
            let error = task.await.expect_err("it was aborted");
            assert!(error.is_cancelled() && !error.is_panic(), "it says {error}");
            assert!(cage.alive() == 0, "the handle came before the end");
            assert!(mutex.try_lock().is_ok(), "its guard is still held");
        });
    }

    #[test]
    fn timeout_drops_the_future_that_is_late() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let alive = cage.canary();
            let late = async move {
                let _alive = alive;
                future::pending::<()>().await;
            };
            let in_time = time::timeout(ms(10), late).await;
            assert!(in_time.is_err() && cage.alive() == 0, "it is still alive");
        });
    }

    #[test]
    fn a_task_that_blocks_keeps_the_one_it_has_spawned_from_an_idle_thread() {
        instruments::test(|_| {
            let runtime = two_threads();
            let (tell, told) = mpsc::channel();
            let spawner = runtime.spawn(async move {
                let spawned = task::spawn(async move { tell.send(()) });
                // A bounded probe: a slow machine may let a thief slip, and never fails.
                let begun = told.recv_timeout(PROBE).is_ok();
                drop(spawned);
                begun
            });
            let begun = runtime.block_on(spawner).expect("it does not panic");
            assert!(!begun, "the idle thread has taken it over");
        });
    }

    #[test]
    fn tasks_end_with_their_runtime_where_they_stand() {
        async fn waits(_alive: Canary) {
            future::pending::<()>().await;
        }
        instruments::test(|_| {
            let runtime = two_threads();
            let cage = Cage::new();
            drop(runtime.spawn(waits(cage.canary())));
            runtime.block_on(yield_now());
            drop(runtime);
            assert!(cage.alive() == 0, "the task outlived its runtime");
        });
    }

    #[test]
    fn a_panic_comes_out_of_the_handle_and_the_others_go_on() {
        instruments::paused(|_| async {
            let jammed = task::spawn(async { instruments::panic_on_purpose("jammed") });
            let other = task::spawn(async { 3 });
            let error = jammed.await.expect_err("it panicked");
            assert!(error.is_panic(), "the handle says {error}");
            assert!(matches!(other.await, Ok(3)), "the other did not end");
        });
    }

    #[test]
    fn a_panic_in_a_joined_future_goes_through_the_task() {
        instruments::paused(|_| async {
            let other = Cage::new();
            let alive = other.canary();
            let both = task::spawn(async {
                let other = async move {
                    let _alive = alive;
                    future::pending::<()>().await;
                };
                join!(other, async { instruments::panic_on_purpose("jammed") })
            });
            let error = both.await.map(|_| ()).expect_err("one panicked");
            assert!(error.is_panic() && other.alive() == 0, "it says {error}");
        });
    }

    #[test]
    fn a_long_loop_stops_all_tasks_of_its_thread() {
        instruments::paused(|_| async {
            let log = Arc::new(Mutex::new(Vec::new()));
            let note = |who: &'static str, log: &Mutex<Vec<_>>| {
                log.lock().unwrap_or_else(PoisonError::into_inner).push(who);
            };
            let busy = task::spawn({
                let log = Arc::clone(&log);
                async move {
                    for _ in 0..3 {
                        note("busy", &log);
                    }
                    for _ in 0..2 {
                        yield_now().await;
                        note("busy, but polite", &log);
                    }
                }
            });
            let other = task::spawn({
                let log = Arc::clone(&log);
                async move { note("other", &log) }
            });
            busy.await.expect("it does not panic");
            other.await.expect("it does not panic");
            let log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let polite = "busy, but polite";
            assert!(
                *log == ["busy", "busy", "busy", "other", polite, polite],
                "they ran in the order {log:?}"
            );
        });
    }

    #[test]
    fn a_std_guard_held_across_an_await_is_in_everybodys_way() {
        instruments::paused(|_| async {
            let copies = Mutex::new(0);
            #[expect(clippy::await_holding_lock, reason = "that is the mistake")]
            let holds = async {
                let _guard = copies.lock().unwrap_or_else(PoisonError::into_inner);
                sleep(ms(20)).await;
            };
            // `lock` in place of `try_lock` would block the thread that has to wake the holder.
            let ((), held) = join!(holds, async { copies.try_lock().is_err() });
            assert!(held, "the lock was free");
        });
    }

    #[test]
    fn who_waits_for_tokios_mutex_blocks_no_thread() {
        instruments::paused(|run| async move {
            let telephone = tokio::sync::Mutex::new(());
            let call = async || {
                let _telephone = telephone.lock().await;
                sleep(ms(20)).await;
            };
            join!(call(), call());
            assert!(run.now() == 40, "two calls took {} ms", run.now());
        });
    }

    #[test]
    fn tokios_mutex_cannot_be_locked_in_a_task_without_an_await() {
        instruments::paused(|_| async {
            let mutex = tokio::sync::Mutex::new(0);
            let locked = panic::catch_unwind(AssertUnwindSafe(|| *mutex.blocking_lock()));
            assert!(locked.is_err(), "`blocking_lock` returned");
        });
    }

    #[test]
    fn tokios_mutex_is_not_poisoned() {
        instruments::paused(|_| async {
            let mutex = Arc::new(tokio::sync::Mutex::new(0));
            let panics = task::spawn({
                let mutex = Arc::clone(&mutex);
                async move {
                    let _guard = mutex.lock().await;
                    instruments::panic_on_purpose("jammed");
                }
            });
            assert!(panics.await.is_err(), "it did not panic");
            assert!(*mutex.lock().await == 0, "it cannot be locked");
        });
    }

    /// Whether a type is `Send`, asked of a value.
    struct Probe<T>(PhantomData<T>);

    impl<T> Probe<T> {
        fn of(_: &T) -> Self {
            Self(PhantomData)
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "the method that fits the type is the answer"
    )]
    impl<T: Send> Probe<T> {
        fn is_send(&self) -> bool {
            true
        }
    }

    trait Otherwise {
        fn is_send(&self) -> bool;
    }

    impl<T> Otherwise for Probe<T> {
        fn is_send(&self) -> bool {
            false
        }
    }

    async fn reserve(_title: &str) {
        yield_now().await;
    }

    #[expect(clippy::await_holding_lock, reason = "that is the mistake")]
    async fn guard_held(wanted: Arc<Mutex<String>>) {
        let title = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        reserve(&title).await;
    }

    #[expect(
        clippy::await_holding_lock,
        reason = "clippy goes by the scope as well"
    )]
    async fn guard_dropped_by_hand(wanted: Arc<Mutex<String>>) {
        let guard = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let title = guard.clone();
        drop(guard);
        reserve(&title).await;
    }

    async fn guard_in_a_block(wanted: Arc<Mutex<String>>) {
        let title = {
            let guard = wanted.lock().unwrap_or_else(PoisonError::into_inner);
            guard.clone()
        };
        reserve(&title).await;
    }

    async fn guard_of_a_statement(wanted: Arc<Mutex<String>>) {
        let title = wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        reserve(&title).await;
    }

    async fn tokios_guard(wanted: Arc<tokio::sync::Mutex<String>>) {
        let title = wanted.lock().await;
        reserve(&title).await;
    }

    #[test]
    fn a_std_guard_must_be_out_of_scope_before_the_await() {
        let wanted = Arc::<Mutex<String>>::default;
        let held = guard_held(wanted());
        assert!(!Probe::of(&held).is_send(), "a future with a guard is Send");
        let dropped = guard_dropped_by_hand(wanted());
        assert!(!Probe::of(&dropped).is_send(), "`drop` has become enough");
        let block = guard_in_a_block(wanted());
        assert!(Probe::of(&block).is_send(), "a block is not enough");
        let statement = guard_of_a_statement(wanted());
        assert!(Probe::of(&statement).is_send(), "a statement is not enough");
        let tokios = tokios_guard(Arc::default());
        assert!(Probe::of(&tokios).is_send(), "tokio's guard is not Send");
    }

    #[test]
    fn try_join_ends_with_the_first_error_and_drops_the_rest() {
        instruments::paused(|run| async move {
            let cage = Cage::new();
            let alive = cage.canary();
            let slow = async {
                let _alive = alive;
                sleep(ms(50)).await;
                Ok::<_, &str>(3)
            };
            let fails = async {
                sleep(ms(20)).await;
                Err::<u32, _>("closed for repairs")
            };
            let ended = async { try_join!(slow, fails) }.await;
            assert!(ended == Err("closed for repairs"), "it returned {ended:?}");
            let (now, alive) = (run.now(), cage.alive());
            assert!((now, alive) == (20, 0), "at {now} ms, {alive} alive");
        });
    }

    #[test]
    fn the_clock_of_a_runtime_with_many_threads_cannot_be_paused() {
        instruments::test(|_| {
            let paused = panic::catch_unwind(|| two_threads().block_on(async { time::pause() }));
            assert!(paused.is_err(), "it was paused");
        });
    }

    #[test]
    fn spawn_needs_a_runtime() {
        let spawned = panic::catch_unwind(|| drop(task::spawn(async {})));
        assert!(spawned.is_err(), "it was spawned, but where?");
    }

    #[test]
    fn joined_futures_may_borrow_and_need_not_be_send() {
        instruments::paused(|_| async {
            let found = RefCell::new(Vec::new());
            let look_in = async |name: &'static str, milliseconds| {
                sleep(ms(milliseconds)).await;
                found.borrow_mut().push(name);
            };
            join!(look_in("harbour", 50), look_in("north", 40));
            assert!(*found.borrow() == ["north", "harbour"]);
        });
    }

    #[test]
    fn a_future_is_as_large_as_what_it_holds_across_its_awaits() {
        let small = async { 3 };
        let large = async {
            let held = [0_u8; 16 * 1024];
            yield_now().await;
            held.len()
        };
        let (small, large) = (mem::size_of_val(&small), mem::size_of_val(&large));
        assert!(small <= 8, "the small one takes {small} bytes");
        assert!(large > 16 * 1024, "the large one takes {large} bytes");
    }

    #[test]
    fn the_future_of_block_on_is_no_task_and_a_spawned_one_is() {
        instruments::test(|_| {
            two_threads().block_on(async {
                assert!(task::try_id().is_none(), "main's future is a task");
                let spawned = task::spawn(async { task::try_id() }).await;
                assert!(matches!(spawned, Ok(Some(_))), "a spawned one is none");
            });
        });
    }

    #[test]
    fn a_task_is_never_polled_if_its_runtime_gets_no_thread() {
        instruments::test(|_| {
            let (cage, ran) = (Cage::new(), Arc::new(AtomicUsize::new(0)));
            let runtime = Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let (alive, ran) = (cage.canary(), Arc::clone(&ran));
                drop(task::spawn(async move {
                    let _alive = alive;
                    ran.fetch_add(1, Ordering::Relaxed);
                }));
            });
            drop(runtime);
            let (ran, alive) = (ran.load(Ordering::Relaxed), cage.alive());
            assert!((ran, alive) == (0, 0), "ran {ran} times, {alive} alive");
        });
    }

    #[test]
    fn a_vector_of_futures_needs_no_task_no_send_and_no_static() {
        instruments::paused(|run| async move {
            let done = RefCell::new(Vec::new());
            let waits = [30, 50, 20, 40, 10];
            let ask = |milliseconds: &u64| {
                let milliseconds = *milliseconds;
                let done = &done;
                async move {
                    sleep(ms(milliseconds)).await;
                    done.borrow_mut().push(milliseconds);
                    milliseconds
                }
            };
            let all = join_all(waits.iter().map(ask)).await;
            assert!(all == waits, "`join_all` returned {all:?}");
            assert!(run.now() == 50, "`join_all` took {} ms", run.now());
            let asking: FuturesUnordered<_> = waits.iter().map(ask).collect();
            let as_they_come: Vec<_> = asking.collect().await;
            assert!(as_they_come == [10, 20, 30, 40, 50], "{as_they_come:?}");
            assert!(run.now() == 100, "they took {} ms", run.now() - 50);
        });
    }

    #[test]
    fn futures_in_a_set_rest_while_the_loop_waits_for_something_else() {
        instruments::paused(|run| async move {
            let late = async {
                sleep(ms(20)).await;
                run.now()
            };
            let mut asking = FuturesUnordered::new();
            asking.push(futures::future::Either::Left(async { 0 }));
            asking.push(futures::future::Either::Right(late));
            assert!(asking.next().await == Some(0), "the other was first");
            sleep(ms(100)).await; // the set is not polled here
            let late = asking.next().await;
            assert!(late == Some(120), "it was ready at {late:?}");
        });
    }

    #[test]
    fn an_abort_handle_stops_a_detached_task() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let alive = cage.canary();
            let task = task::spawn(async move {
                let _alive = alive;
                future::pending::<()>().await;
            });
            let stop = task.abort_handle();
            drop(task);
            yield_now().await;
            assert!(cage.alive() == 1, "the drop of the handle has ended it");
            stop.abort();
            yield_now().await;
            assert!(cage.alive() == 0, "it goes on");
        });
    }

    #[test]
    fn a_task_aborted_before_its_first_poll_runs_no_line() {
        instruments::paused(|_| async {
            let ran = Arc::new(AtomicUsize::new(0));
            let task = task::spawn({
                let ran = Arc::clone(&ran);
                async move { ran.fetch_add(1, Ordering::Relaxed) }
            });
            task.abort();
            let error = task.await.expect_err("it has not begun");
            assert!(error.is_cancelled() && ran.load(Ordering::Relaxed) == 0);
        });
    }

    #[test]
    fn a_task_aborted_while_it_computes_its_last_lines_ends_with_its_value() {
        instruments::test(|_| {
            let runtime = two_threads();
            let (begun, has_begun) = mpsc::channel();
            let (aborted, was_aborted) = mpsc::channel();
            let task = runtime.spawn(async move {
                begun.send(()).expect("the test waits");
                was_aborted.recv().expect("the test aborts");
                7
            });
            has_begun.recv().expect("it begins");
            task.abort();
            aborted.send(()).expect("it waits for that");
            let ended = runtime.block_on(task);
            assert!(matches!(ended, Ok(7)), "it ended with {ended:?}");
        });
    }

    #[test]
    fn a_task_that_was_done_before_the_abort_keeps_its_value() {
        instruments::paused(|_| async {
            let task = task::spawn(async { 5 });
            yield_now().await;
            task.abort();
            let ended = task.await;
            assert!(matches!(ended, Ok(5)), "it ended with {ended:?}");
        });
    }

    /// Builds without the warning that the chapter shows; clippy has one for the second line.
    #[deny(unused_must_use)]
    #[expect(clippy::let_underscore_future, reason = "that is the mistake")]
    #[test]
    fn a_future_bound_to_a_name_is_dropped_without_a_warning() {
        let _later = reserve("Emma");
        let _ = reserve("Dracula");
    }

    async fn guard_moved_away_before_it_is_borrowed(wanted: Arc<Mutex<String>>) {
        let guard = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        drop(guard);
        reserve("Emma").await;
    }

    #[test]
    fn a_guard_that_was_never_borrowed_may_be_dropped_by_hand() {
        let dropped = guard_moved_away_before_it_is_borrowed(Arc::default());
        assert!(Probe::of(&dropped).is_send(), "the compiler refuses it");
    }

    #[test]
    fn a_caller_that_is_dropped_leaves_its_answer_to_the_next() {
        instruments::paused(|_| async {
            let (ask, mut asked) = tokio_mpsc::channel(8);
            let (answer, answers) = tokio_mpsc::channel(8);
            task::spawn(async move {
                while let Some(question) = asked.recv().await {
                    sleep(ms(20)).await;
                    answer.send(question).await.expect("the line is open");
                }
            });
            let line = tokio::sync::Mutex::new((ask, answers));
            let call = async |question: u32| {
                let mut line = line.lock().await;
                line.0.send(question).await.expect("the line is open");
                line.1.recv().await
            };
            assert!(time::timeout(ms(10), call(1)).await.is_err());
            assert!(line.try_lock().is_ok(), "the guard is still held");
            let second = call(2).await;
            assert!(second == Some(1), "the second caller heard {second:?}");
        });
    }

    #[test]
    fn one_joined_future_may_be_polled_by_several_threads() {
        instruments::test(|_| {
            let runtime = two_threads();
            let (blocked, is_blocked) = mpsc::channel();
            let (moved, has_moved) = mpsc::channel();
            let (wake, woken) = oneshot::channel();
            let joined = runtime.spawn(async move {
                let other = async {
                    let first = thread::current().id();
                    // It stays on this thread, which it blocks until the join was polled again.
                    drop(task::spawn(async move {
                        blocked.send(()).expect("the test waits");
                        has_moved.recv().expect("the join goes on");
                    }));
                    woken.await.expect("the test wakes it");
                    moved.send(()).expect("the other task waits");
                    (first, thread::current().id())
                };
                join!(other, async {}).0
            });
            is_blocked.recv().expect("the other task begins");
            // From a thread of no runtime, so that the idle worker takes it.
            wake.send(()).expect("the join waits");
            let (first, second) = runtime.block_on(joined).expect("it does not panic");
            assert!(first != second, "it stayed on its thread");
        });
    }

    #[test]
    fn an_await_that_need_not_wait_yields_when_the_budget_is_used_up() {
        const MESSAGES: usize = 1000;
        instruments::paused(|_| async {
            let (sender, mut receiver) = tokio_mpsc::channel(MESSAGES);
            for message in 0..MESSAGES {
                sender.try_send(message).expect("there is room");
            }
            let taken = Arc::new(AtomicUsize::new(0));
            let receiving = task::spawn({
                let taken = Arc::clone(&taken);
                async move {
                    for _ in 0..MESSAGES {
                        receiver.recv().await.expect("a message");
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            let other = task::spawn(async move { taken.load(Ordering::Relaxed) });
            let seen = other.await.expect("it does not panic");
            assert!((1..MESSAGES).contains(&seen), "it ran after {seen}");
            receiving.await.expect("it does not panic");
        });
    }

    #[test]
    fn tasks_behind_one_that_blocks_are_taken_over_by_an_idle_thread() {
        instruments::test(|_| {
            let runtime = two_threads();
            let spawner = runtime.spawn(async move {
                let (tell, told) = mpsc::channel();
                for _ in 0..6 {
                    let tell = tell.clone();
                    drop(task::spawn(async move { tell.send(()) }));
                }
                // Blocks this thread; the one spawned last may wait until it is free.
                for _ in 0..5 {
                    told.recv().expect("a task that tells");
                }
            });
            runtime.block_on(spawner).expect("it does not panic");
        });
    }

    #[test]
    fn select_takes_the_first_and_drops_the_others() {
        instruments::paused(|run| async move {
            let cage = Cage::new();
            let alive = cage.canary();
            let late = async move {
                let _alive = alive;
                sleep(ms(50)).await;
                "late"
            };
            let first = select! {
                first = async { sleep(ms(20)).await; "early" } => first,
                first = late => first,
            };
            let (now, alive) = (run.now(), cage.alive());
            assert!((first, now, alive) == ("early", 20, 0), "{first} at {now}");
        });
    }

    #[test]
    fn a_plain_fn_can_try_tokios_mutex_and_block_on_it_outside_a_runtime() {
        fn look(mutex: &tokio::sync::Mutex<u32>) -> u32 {
            *mutex.try_lock().expect("it is free")
        }
        instruments::paused(|_| async {
            assert!(look(&tokio::sync::Mutex::new(3)) == 3);
        });
        let mutex = tokio::sync::Mutex::new(3);
        assert!(*mutex.blocking_lock() == 3, "a plain thread cannot lock it");
    }
}
