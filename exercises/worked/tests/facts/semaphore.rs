//! What the chapter on semaphores says of tokio and of streams, as far as it can be run.

mod core {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Duration;
    use std::{future, mem};

    use futures::future::join_all;
    use futures::{StreamExt, stream};
    use instruments::canary::Cage;
    use tokio::runtime::Handle;
    use tokio::sync::{Mutex as TokioMutex, OwnedSemaphorePermit, Semaphore, mpsc};
    use tokio::task::{self, JoinSet};
    use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, timeout};

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    async fn acquired(semaphore: &Semaphore) -> bool {
        timeout(ms(10), semaphore.acquire()).await.is_ok()
    }

    #[test]
    fn let_underscore_releases_at_once_and_a_name_holds() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(3);
            let _ = voices.acquire().await;
            assert!(voices.available_permits() == 3, "`let _` held the permit");
            let _permit = voices.acquire().await;
            assert!(voices.available_permits() == 2, "`_permit` did not hold it");
        });
    }

    #[test]
    fn a_permit_comes_back_from_a_task_that_is_aborted_and_from_one_that_panics() {
        instruments::paused(|_| async {
            let voices = Arc::new(Semaphore::new(2));
            let mut tasks = JoinSet::new();
            for panics in [true, false] {
                let permit = Arc::clone(&voices).acquire_owned().await;
                tasks.spawn(async move {
                    let _permit = permit;
                    if panics {
                        instruments::panic_on_purpose("no text");
                    }
                    future::pending::<()>().await;
                });
            }
            assert!(voices.available_permits() == 0);
            instruments::settle().await;
            assert!(voices.available_permits() == 1, "the panic kept its permit");
            tasks.shutdown().await;
            assert!(voices.available_permits() == 2, "the abort kept its permit");
        });
    }

    #[test]
    fn join_all_passes_a_panic_on_and_a_dropped_set_aborts_the_rest() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            tasks.spawn(async { instruments::panic_on_purpose("no text") });
            let alive = cage.canary();
            tasks.spawn(async move {
                let _alive = alive;
                future::pending::<()>().await;
            });
            // The set is moved into `join_all`, and dropped by the panic.
            let error = task::spawn(tasks.join_all())
                .await
                .expect_err("one panicked");
            instruments::settle().await;
            assert!(error.is_panic() && cage.alive() == 0, "it says {error}");
        });
    }

    #[test]
    fn a_semaphore_serves_in_the_order_of_asking() {
        instruments::paused(|_| async {
            let voices = Arc::new(Semaphore::new(1));
            let held = voices.acquire().await;
            let served = Arc::new(TokioMutex::new(Vec::new()));
            let mut tasks = JoinSet::new();
            for n in 0..5 {
                let (voices, served) = (Arc::clone(&voices), Arc::clone(&served));
                tasks.spawn(async move {
                    let _permit = voices.acquire().await;
                    served.lock().await.push(n);
                });
                instruments::settle().await;
            }
            drop(held);
            tasks.join_all().await;
            let served = served.lock().await;
            assert!(*served == [0, 1, 2, 3, 4], "served in the order {served:?}");
        });
    }

    #[test]
    fn a_permit_that_comes_back_belongs_to_the_first_in_line() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(1);
            let held = voices.acquire().await;
            let mut first = Box::pin(voices.acquire());
            let asked = timeout(ms(1), &mut first).await;
            assert!(asked.is_err(), "there was no permit");
            drop(held);
            let overtaken = voices.try_acquire().is_ok();
            assert!(!overtaken, "`try_acquire` overtook the one who waited");
        });
    }

    #[test]
    fn who_wants_many_holds_up_those_who_want_one() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(3);
            let _held = voices.acquire().await;
            let choir = voices.acquire_many(3);
            let one = async {
                instruments::settle().await;
                acquired(&voices).await
            };
            let (choir, one) = tokio::join!(timeout(ms(20), choir), one);
            assert!(choir.is_err(), "one of three permits is held");
            assert!(!one, "one permit was handed out past the choir");
        });
    }

    #[test]
    fn close_makes_acquire_fail_also_for_those_who_wait() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(1);
            let held = voices.acquire().await;
            let waits = voices.acquire();
            let close = async {
                instruments::settle().await;
                voices.close();
            };
            let (waits, ()) = tokio::join!(waits, close);
            assert!(waits.is_err(), "whoever waited got a permit");
            assert!(held.is_ok(), "a permit that is out stays valid");
            drop(held);
            assert!(voices.acquire().await.is_err(), "a closed semaphore opened");
        });
    }

    #[test]
    fn a_forgotten_permit_is_lost_until_one_is_added() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(1);
            voices.acquire().await.expect("it is open").forget();
            assert!(!acquired(&voices).await, "the permit came back");
            voices.add_permits(1);
            assert!(acquired(&voices).await, "no permit was added");
            // Nobody counts whether it was ever taken.
            voices.add_permits(1);
            assert!(voices.available_permits() == 2);
        });
    }

    #[test]
    fn a_forgotten_permit_is_lost_although_nothing_borrows_the_semaphore() {
        instruments::paused(|_| async {
            let mut voices = Semaphore::new(3);
            voices.acquire().await.expect("it is open").forget();
            mem::forget(voices.acquire().await);
            let borrowed_alone = &mut voices;
            let left = borrowed_alone.available_permits();
            assert!(left == 1, "{left} of three permits are there");
        });
    }

    #[test]
    fn an_acquire_that_is_dropped_leaves_the_line_and_asks_again_at_its_end() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(1);
            let held = voices.acquire().await;
            let mut first = Box::pin(voices.acquire());
            assert!(timeout(ms(1), &mut first).await.is_err(), "it got one");
            let mut second = Box::pin(voices.acquire());
            assert!(timeout(ms(1), &mut second).await.is_err(), "it got one");
            drop(first);
            let mut again = Box::pin(voices.acquire());
            assert!(timeout(ms(1), &mut again).await.is_err(), "it got one");
            drop(held);
            let again = timeout(ms(1), again).await;
            assert!(again.is_err(), "it kept its place in the line");
            assert!(second.await.is_ok());
        });
    }

    #[test]
    fn a_thread_acquires_without_a_runtime() {
        let voices = Semaphore::new(1);
        let permit = voices.blocking_acquire().expect("it is open");
        assert!(voices.available_permits() == 0);
        drop(permit);
        assert!(voices.available_permits() == 1);
    }

    #[test]
    fn a_semaphore_for_each_call_bounds_each_call() {
        async fn record(speaking: &AtomicUsize) {
            let voices = Semaphore::new(3);
            let speak = async || {
                let _permit = voices.acquire().await;
                speaking.fetch_add(1, Ordering::Relaxed);
                future::pending::<()>().await;
            };
            join_all((0..9).map(|_| speak())).await;
        }
        instruments::paused(|_| async {
            let speaking = AtomicUsize::new(0);
            let calls = join_all([record(&speaking), record(&speaking)]);
            assert!(timeout(ms(10), calls).await.is_err());
            let speaking = speaking.into_inner();
            assert!(speaking == 6, "{speaking} voices speak");
        });
    }

    /// Spawns a thousand tasks that end, each with a permit from before its spawn. Says how many the
    /// set held at most.
    async fn most_in_the_set(empty: impl Fn(&mut JoinSet<()>)) -> usize {
        let voices = Arc::new(Semaphore::new(3));
        let (mut tasks, mut most) = (JoinSet::new(), 0);
        for _ in 0..1_000 {
            let permit = Arc::clone(&voices).acquire_owned().await;
            tasks.spawn(async move {
                let _permit = permit;
                sleep(ms(1)).await;
            });
            empty(&mut tasks);
            most = most.max(tasks.len());
        }
        most
    }

    #[test]
    fn a_set_keeps_what_has_ended_unless_it_is_emptied_in_the_loop() {
        instruments::paused(|_| async {
            let kept = most_in_the_set(|_| ()).await;
            assert!(kept == 1_000, "the set held {kept}");
            let emptied = most_in_the_set(|tasks| while tasks.try_join_next().is_some() {}).await;
            assert!(emptied <= 6, "the set held {emptied}");
        });
    }

    #[test]
    fn the_text_that_waits_for_a_permit_has_left_the_queue() {
        instruments::paused(|_| async {
            let voices = Arc::new(Semaphore::new(3));
            let (sender, mut queue) = mpsc::channel(10);
            for text in 0..10 {
                sender.send(text).await.expect("the receiver is there");
            }
            let mut held = Vec::new();
            let take = async {
                while queue.recv().await.is_some() {
                    held.push(Arc::clone(&voices).acquire_owned().await);
                }
            };
            assert!(timeout(ms(10), take).await.is_err());
            assert!(queue.len() == 6, "{} are in the queue", queue.len());
        });
    }

    /// How many mails begin within a minute at most, with five connections and a token every 600 ms.
    /// For ten minutes a mail takes a minute, then it takes 100 ms.
    async fn most_in_a_minute<F>(
        admitted: impl Fn(Arc<Semaphore>, Arc<TokioMutex<Interval>>) -> F,
    ) -> usize
    where
        F: Future<Output = OwnedSemaphorePermit> + Send + 'static,
    {
        let start = Instant::now();
        let connections = Arc::new(Semaphore::new(5));
        let mut tokens = interval(ms(600));
        tokens.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let tokens = Arc::new(TokioMutex::new(tokens));
        let mut mails = JoinSet::new();
        for _ in 0..2_000 {
            let admitted = admitted(Arc::clone(&connections), Arc::clone(&tokens));
            mails.spawn(async move {
                let _connection = admitted.await;
                let began = start.elapsed();
                let slow = began < ms(600_000);
                sleep(ms(if slow { 60_000 } else { 100 })).await;
                began
            });
        }
        let mut began = mails.join_all().await;
        began.sort_unstable();
        let within = |n: usize| began.partition_point(|other| *other < began[n] + ms(60_000)) - n;
        (0..began.len()).map(within).max().unwrap_or_default()
    }

    /// What the quiz asks: in which order a mail takes its token and its connection.
    #[test]
    fn a_token_that_waits_for_a_permit_breaks_the_rate() {
        instruments::paused(|_| async {
            let token_first = most_in_a_minute(|connections, tokens| async move {
                tokens.lock().await.tick().await;
                connections.acquire_owned().await.expect("it is open")
            });
            let token_first = token_first.await;
            assert!(token_first > 1_000, "{token_first} mails in a minute");
        });
    }

    #[test]
    fn a_permit_that_waits_for_a_token_keeps_the_rate() {
        instruments::paused(|_| async {
            let permit_first = most_in_a_minute(|connections, tokens| async move {
                let permit = connections.acquire_owned().await.expect("it is open");
                tokens.lock().await.tick().await;
                permit
            });
            let permit_first = permit_first.await;
            assert!(permit_first <= 100, "{permit_first} mails in a minute");
        });
    }

    /// Spawns a thousand tasks, and says how many there are when it waits or is done.
    async fn tasks_there(inside: bool) -> usize {
        let voices = Arc::new(Semaphore::new(3));
        let mut tasks = JoinSet::new();
        let spawn_all = async {
            for _ in 0..1_000 {
                let voices = Arc::clone(&voices);
                if inside {
                    tasks.spawn(async move {
                        let _permit = voices.acquire().await;
                        future::pending::<()>().await;
                    });
                } else {
                    let permit = voices.acquire_owned().await;
                    tasks.spawn(async move {
                        let _permit = permit;
                        future::pending::<()>().await;
                    });
                }
            }
        };
        let _ = timeout(ms(10), spawn_all).await;
        Handle::current().metrics().num_alive_tasks()
    }

    #[test]
    fn acquiring_before_the_spawn_bounds_the_tasks() {
        instruments::paused(|_| async {
            let there = tasks_there(false).await;
            assert!(there == 3, "{there} tasks are there");
        });
    }

    #[test]
    fn acquiring_inside_the_task_bounds_only_the_work() {
        instruments::paused(|_| async {
            let there = tasks_there(true).await;
            assert!(there == 1_000, "{there} tasks are there");
        });
    }

    /// What the quiz asks: when each of four texts ends, with two voices.
    #[test]
    fn a_slot_is_refilled_whoever_has_freed_it() {
        instruments::paused(|_| async {
            let start = Instant::now();
            let voices = Arc::new(Semaphore::new(2));
            let mut tracks = JoinSet::new();
            for (name, milliseconds) in [("a", 30), ("b", 10), ("c", 10), ("d", 20)] {
                let permit = Arc::clone(&voices).acquire_owned().await;
                tracks.spawn(async move {
                    let _permit = permit;
                    sleep(ms(milliseconds)).await;
                    (name, start.elapsed().as_millis())
                });
            }
            let mut ends = tracks.join_all().await;
            ends.sort_unstable();
            assert!(
                ends == [("a", 30), ("b", 10), ("c", 20), ("d", 40)],
                "{ends:?}"
            );
        });
    }

    /// What the quiz asks: how many requests a service answers that loses a permit at each error.
    #[test]
    fn eight_permits_are_lost_to_eight_errors() {
        async fn serve(permits: &Semaphore, key: u32) -> Result<(), u32> {
            permits.acquire().await.expect("it is open").forget();
            (!key.is_multiple_of(20)).then_some(()).ok_or(key)?;
            permits.add_permits(1);
            Ok(())
        }
        instruments::paused(|_| async {
            let permits = Semaphore::new(8);
            let mut served = 0;
            while timeout(ms(10), serve(&permits, served + 1)).await.is_ok() {
                served += 1;
            }
            assert!(served == 160, "{served} requests were served");
        });
    }

    #[test]
    fn one_who_holds_a_permit_and_waits_for_another_may_wait_for_ever() {
        instruments::paused(|_| async {
            let voices = Semaphore::new(2);
            let dialogue = async || {
                let _first = voices.acquire().await;
                task::yield_now().await;
                let _second = voices.acquire().await;
            };
            let both = async { tokio::join!(dialogue(), dialogue()) };
            assert!(
                timeout(ms(10_000), both).await.is_err(),
                "both went through"
            );
            let both = async {
                let dialogue = async || drop(voices.acquire_many(2).await);
                tokio::join!(dialogue(), dialogue())
            };
            assert!(timeout(ms(10_000), both).await.is_ok(), "two at once hang");
        });
    }

    #[test]
    fn buffer_unordered_takes_an_item_when_there_is_room_for_it() {
        instruments::paused(|_| async {
            let taken = AtomicUsize::new(0);
            let list = (0..100).inspect(|_| {
                taken.fetch_add(1, Ordering::Relaxed);
            });
            let all = stream::iter(list)
                .map(|_| future::pending::<()>())
                .buffer_unordered(3)
                .collect::<Vec<_>>();
            assert!(timeout(ms(10), all).await.is_err());
            let taken = taken.into_inner();
            assert!(taken == 3, "{taken} items were taken");
        });
    }

    #[test]
    fn buffer_unordered_makes_no_progress_while_its_consumer_works() {
        instruments::paused(|_| async {
            let steps = Arc::new(AtomicUsize::new(0));
            let two_steps = |n: u64| {
                let steps = Arc::clone(&steps);
                async move {
                    sleep(ms(10 * n)).await;
                    steps.fetch_add(1, Ordering::Relaxed);
                    sleep(ms(10)).await;
                }
            };
            let mut results = stream::iter([0, 2]).map(two_steps).buffer_unordered(2);
            results.next().await;
            // The first is done, the second would take its first step at 20 ms.
            sleep(ms(1_000)).await;
            let done = steps.load(Ordering::Relaxed);
            assert!(done == 1, "{done} steps were taken");
            let before = Instant::now();
            results.next().await;
            let rest = before.elapsed();
            assert!(rest == ms(10), "the second step took {rest:?}");
        });
    }

    #[test]
    fn spawned_tasks_go_on_while_the_consumer_of_their_stream_works() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let two_steps = |n: u64| {
                let alive = cage.canary();
                tokio::spawn(async move {
                    sleep(ms(10 * n)).await;
                    sleep(ms(10 * n)).await;
                    drop(alive);
                })
            };
            let mut results = stream::iter([1, 2]).map(two_steps).buffer_unordered(2);
            results.next().await;
            sleep(ms(1_000)).await;
            assert!(cage.alive() == 0, "the second waited for its consumer");
        });
    }

    #[test]
    fn a_dropped_stream_detaches_tasks_and_cancels_futures() {
        instruments::paused(|_| async {
            let (tasks, futures) = (Cage::new(), Cage::new());
            let waits = |cage: &Cage| {
                let alive = cage.canary();
                async move {
                    let _alive = alive;
                    future::pending::<()>().await;
                }
            };
            let mut spawned = stream::iter(0..9)
                .map(|_| tokio::spawn(waits(&tasks)))
                .buffer_unordered(3);
            let mut polled = stream::iter(0..9)
                .map(|_| waits(&futures))
                .buffer_unordered(3);
            let both = async { tokio::join!(spawned.next(), polled.next()) };
            assert!(timeout(ms(10), both).await.is_err());
            drop((spawned, polled));
            // The futures are gone at once, before anybody else has had a turn.
            let futures = futures.alive();
            instruments::settle().await;
            let tasks = tasks.alive();
            assert!(
                tasks == 3 && futures == 0,
                "{tasks} tasks and {futures} futures are left"
            );
        });
    }

    #[test]
    fn the_futures_of_buffer_unordered_share_one_task() {
        instruments::paused(|_| async {
            let ids = Arc::new(Mutex::new(Vec::new()));
            let seen = Arc::clone(&ids);
            let all = async move {
                let note = |_| async {
                    sleep(ms(10)).await;
                    let mut ids = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    ids.push(task::id());
                };
                stream::iter(0..5)
                    .map(note)
                    .buffer_unordered(5)
                    .collect::<()>()
                    .await;
            };
            tokio::spawn(all).await.expect("it does not panic");
            let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
            ids.dedup();
            assert!(ids.len() == 1, "{} tasks polled them", ids.len());
        });
    }

    /// In which order items come that take 30, 10 and 20 ms, and when the last item began.
    async fn order(ordered: bool) -> (Vec<u64>, u64) {
        let start = Instant::now();
        let began = AtomicUsize::new(0);
        let work = async |n: u64| {
            let at = start.elapsed().as_millis();
            began.store(usize::try_from(at).expect("it is short"), Ordering::Relaxed);
            sleep(ms(n)).await;
            n
        };
        let items = stream::iter([30, 10, 20]).map(work);
        let order: Vec<_> = if ordered {
            items.buffered(2).collect().await
        } else {
            items.buffer_unordered(2).collect().await
        };
        (order, began.into_inner() as u64)
    }

    #[test]
    fn buffer_unordered_loses_the_order_and_refills_at_once() {
        instruments::paused(|_| async {
            let (order, began) = order(false).await;
            assert!(order == [10, 30, 20] && began == 10, "{order:?}, {began}");
        });
    }

    #[test]
    fn behind_a_slow_item_buffered_begins_as_many_as_it_has_places() {
        instruments::paused(|_| async {
            let began = AtomicUsize::new(0);
            let work = async |n: u64| {
                began.fetch_add(1, Ordering::Relaxed);
                sleep(ms(n)).await;
            };
            let mut items = stream::iter([60, 1, 1, 1]).map(work).buffered(3);
            assert!(timeout(ms(50), items.next()).await.is_err());
            let began = began.load(Ordering::Relaxed);
            assert!(
                began == 3,
                "{began} began behind the slow one, itself included"
            );
        });
    }

    #[test]
    fn buffered_keeps_the_order_and_does_not_refill_behind_a_slow_one() {
        instruments::paused(|_| async {
            let (order, began) = order(true).await;
            assert!(order == [30, 10, 20] && began == 30, "{order:?}, {began}");
        });
    }
}
