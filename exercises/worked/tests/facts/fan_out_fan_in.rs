//! What the chapter on fan-out and fan-in says of Rust and its libraries, as far as it can be run.

mod core {
    use std::hash::{BuildHasher, RandomState};
    use std::marker::PhantomData;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;
    use std::sync::mpsc::{self, RecvError, SendError, sync_channel};
    use std::sync::{Arc, Barrier, Mutex, TryLockError};
    use std::thread;
    use std::time::Duration;

    use instruments::PROBE;
    use instruments::gate::{Count, Gate};
    use rayon::iter::{IntoParallelIterator, ParallelBridge, ParallelIterator};
    use tokio::runtime::{Builder, Runtime};
    use tokio::task::JoinSet;
    use tokio::time::{Instant, sleep, timeout};

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("there is room for the threads")
    }

    #[test]
    fn a_kept_sender_keeps_the_receiver_waiting() {
        instruments::test(|_| {
            let (done, results) = mpsc::channel();
            thread::spawn({
                let done = done.clone();
                move || done.send(1)
            });
            let came = results.recv();
            let next = results.recv_timeout(PROBE);
            assert!(came == Ok(1), "the worker's result came as {came:?}");
            assert!(
                next == Err(mpsc::RecvTimeoutError::Timeout),
                "the worker has ended, and next came {next:?}"
            );
            drop(done);
            assert!(results.recv() == Err(RecvError), "nobody can send any more");
        });
    }

    #[test]
    fn the_results_end_with_the_last_clone() {
        instruments::test(|_| {
            let (done, results) = sync_channel(1);
            for n in 0..3 {
                let done = done.clone();
                thread::spawn(move || done.send(n));
            }
            drop(done);
            let mut got: Vec<i32> = results.iter().collect();
            got.sort_unstable();
            assert!(got == [0, 1, 2], "the workers' results came as {got:?}");
        });
    }

    #[test]
    fn who_waits_for_an_item_holds_the_lock() {
        instruments::test(|_| {
            let (to_workers, items) = sync_channel::<()>(0);
            let items = Mutex::new(items);
            thread::scope(|scope| {
                scope.spawn(|| items.lock().expect("nobody panics").recv());
                // Until the worker is there, the lock is free.
                while items.try_lock().is_ok() {
                    thread::yield_now();
                }
                thread::sleep(PROBE);
                let locked = matches!(items.try_lock(), Err(TryLockError::WouldBlock));
                drop(to_workers);
                assert!(locked, "the lock is free while a worker waits in recv");
            });
        });
    }

    #[test]
    fn dealt_and_collected_in_turn_results_keep_their_order() {
        instruments::test(|_| {
            let first = Gate::new();
            let (queues, items): (Vec<_>, Vec<_>) = (0..3).map(|_| sync_channel(9)).unzip();
            let results: Vec<_> = items
                .into_iter()
                .map(|items| {
                    let (done, results) = sync_channel(9);
                    let first = first.clone();
                    thread::spawn(move || {
                        for item in items {
                            if item == 0 {
                                first.wait();
                            }
                            done.send(item).expect("the merger takes all");
                        }
                    });
                    results
                })
                .collect();
            for (item, queue) in (0..9).zip(queues.iter().cycle()) {
                queue.send(item).expect("the worker takes all");
            }
            drop(queues);
            let late = thread::spawn(move || {
                thread::sleep(PROBE);
                first.open();
            });
            let order: Vec<i32> = results
                .iter()
                .cycle()
                .map_while(|results| results.recv().ok())
                .collect();
            late.join().expect("it does not panic");
            assert!(order.iter().copied().eq(0..9), "the order was {order:?}");
        });
    }

    #[test]
    fn whoever_deals_in_turn_meets_the_worker_that_stopped() {
        instruments::test(|_| {
            let (queues, mut items): (Vec<_>, Vec<_>) = (0..3).map(|_| sync_channel(1)).unzip();
            // The second worker has ended, and with it its receiver.
            drop(items.remove(1));
            let dealt: Vec<_> = (0..3)
                .zip(&queues)
                .map(|(item, queue)| queue.send(item))
                .collect();
            assert!(
                dealt == [Ok(()), Err(SendError(1)), Ok(())],
                "the sends returned {dealt:?}"
            );
        });
    }

    #[test]
    fn the_items_of_a_cloned_crossbeam_receiver_go_to_one_each() {
        instruments::test(|_| {
            let (sender, items) = crossbeam_channel::bounded(9);
            let both = [items.clone(), items];
            for n in 0..9 {
                sender.send(n).expect("the receivers are here");
            }
            drop(sender);
            let workers = both.map(|items| thread::spawn(move || items.iter().count()));
            let [a, b] = workers.map(|worker| worker.join().expect("it does not panic"));
            assert!(a + b == 9, "9 items were taken {a} + {b} times");
        });
    }

    #[test]
    fn par_bridge_lets_a_later_item_overtake() {
        instruments::test(|_| {
            let (done, results) = mpsc::channel();
            let second = Count::new();
            pool(2).install(|| {
                (0..2).par_bridge().for_each(|n| {
                    if n == 0 {
                        second.wait_for(1);
                    }
                    done.send(n).expect("the receiver is here");
                    second.add();
                });
            });
            drop(done);
            let order: Vec<i32> = results.iter().collect();
            assert!(order == [1, 0], "the order was {order:?}");
        });
    }

    #[test]
    fn par_bridge_reads_no_further_than_the_workers_are() {
        instruments::test(|_| {
            let (done, results) = sync_channel(1);
            let read = Count::new();
            thread::scope(|scope| {
                scope.spawn(|| {
                    pool(2).install(|| {
                        (0..9)
                            .inspect(|_| read.add())
                            .par_bridge()
                            .try_for_each(|n| done.send(n))
                    })
                });
                // One lies in the channel, each thread has one that it cannot get rid of.
                read.wait_for(3);
                let too_many = read.reaches(4, PROBE);
                drop(results);
                assert!(!too_many, "rayon read 4 items while nobody took one");
            });
            assert!(read.get() < 9, "rayon read on although nobody listened");
        });
    }

    #[test]
    fn collect_keeps_the_order() {
        instruments::test(|_| {
            let second = Count::new();
            let got: Vec<i32> = pool(2).install(|| {
                vec![0, 1]
                    .into_par_iter()
                    .map(|n| {
                        if n == 0 {
                            second.wait_for(1);
                        } else {
                            second.add();
                        }
                        n
                    })
                    .collect()
            });
            assert!(got == [0, 1], "the order was {got:?}");
        });
    }

    #[test]
    fn a_panic_ends_par_bridge_and_comes_out_of_it() {
        instruments::test(|_| {
            let pool = pool(1);
            let worked = Count::new();
            let bridge = catch_unwind(AssertUnwindSafe(|| {
                pool.install(|| {
                    (0..9).par_bridge().for_each(|n| {
                        worked.add();
                        if n == 2 {
                            instruments::panic_on_purpose("unreadable");
                        }
                    });
                });
            }));
            assert!(bridge.is_err(), "the panic has got lost");
            let worked = worked.get();
            assert!(worked < 9, "{worked} items were worked on all the same");
        });
    }

    /// A runtime with so many threads for closures that block.
    fn runtime(blocking: usize) -> Runtime {
        Builder::new_current_thread()
            .max_blocking_threads(blocking)
            .enable_time()
            .build()
            .expect("there is room for a runtime")
    }

    #[test]
    fn spawn_blocking_takes_any_number_and_runs_as_many_as_the_runtime_may() {
        instruments::test(|_| {
            let runtime = runtime(2);
            let (gate, inside) = (Gate::new(), Count::new());
            // All are taken at once, though none of them ends.
            let closures: Vec<_> = (0..500)
                .map(|_| {
                    let (gate, inside) = (gate.clone(), inside.clone());
                    runtime.spawn_blocking(move || {
                        inside.add();
                        gate.wait();
                    })
                })
                .collect();
            inside.wait_for(2);
            let too_many = inside.reaches(3, PROBE);
            gate.open();
            assert!(!too_many, "a third closure runs on the two threads");
            for closure in closures {
                let ended = runtime.block_on(closure);
                ended.expect("it does not panic");
            }
        });
    }

    #[test]
    fn a_dropped_runtime_waits_for_a_closure_that_runs() {
        instruments::test(|_| {
            let runtime = runtime(1);
            let (gate, begun, dropped) = (Gate::new(), Count::new(), Count::new());
            runtime.spawn_blocking({
                let (gate, begun) = (gate.clone(), begun.clone());
                move || {
                    begun.add();
                    gate.wait();
                }
            });
            begun.wait_for(1);
            thread::scope(|scope| {
                scope.spawn(|| {
                    drop(runtime);
                    dropped.add();
                });
                let too_early = dropped.reaches(1, PROBE);
                gate.open();
                assert!(!too_early, "the drop did not wait");
            });
        });
    }

    #[test]
    fn a_dropped_runtime_forgets_a_task_that_has_not_begun() {
        instruments::test(|_| {
            let (runtime, begun) = (runtime(1), Count::new());
            drop(runtime.spawn({
                let begun = begun.clone();
                async move { begun.add() }
            }));
            drop(runtime);
            assert!(begun.get() == 0, "it ran");
        });
    }

    #[test]
    fn a_timeout_does_not_reach_a_task_that_has_no_await() {
        instruments::test(|_| {
            let in_time = runtime(1).block_on(async {
                let computes = async { thread::sleep(PROBE) };
                timeout(Duration::from_millis(1), computes).await.is_ok()
            });
            assert!(in_time, "the timeout ended it");
        });
    }

    #[test]
    fn a_thousand_tasks_wait_as_long_as_one_on_one_thread() {
        instruments::paused(|_| async {
            let begin = Instant::now();
            let answers: JoinSet<thread::ThreadId> = (0..1_000)
                .map(|_| async {
                    sleep(Duration::from_millis(1)).await;
                    thread::current().id()
                })
                .collect();
            let here = thread::current().id();
            let all_here = answers
                .join_all()
                .await
                .iter()
                .all(|thread| *thread == here);
            let took = begin.elapsed();
            assert!(all_here, "some waited on another thread");
            assert!(
                took < Duration::from_millis(3),
                "a thousand waits of 1 ms took {took:?}"
            );
        });
    }

    #[test]
    fn tokios_channel_has_no_room_of_zero() {
        instruments::test(|_| {
            let channel = catch_unwind(|| tokio::sync::mpsc::channel::<()>(0));
            assert!(channel.is_err(), "there is a channel without room");
        });
    }

    /// The census without and with a blot on every ninth card, in whole hours.
    #[test]
    fn two_million_cards_take_seventeen_hours_and_more_with_blots() {
        const CARDS: u64 = 2_000_000;
        let hours = |milliseconds: u64| (milliseconds + 1_800_000) / 3_600_000;
        assert_eq!(hours(CARDS * 30), 17);
        assert_eq!(hours(CARDS * (8 * 30 + 90) / 9), 20);
    }

    /// Says whether `par_bridge` takes an iterator of type `T`.
    struct Bridges<T>(PhantomData<T>);

    impl<T> Bridges<T> {
        fn of(_: &T) -> Self {
            Self(PhantomData)
        }
    }

    impl<T: ParallelBridge> Bridges<T> {
        #[allow(clippy::unused_self, reason = "the twin in the trait has one")]
        fn says(&self) -> bool {
            true
        }
    }

    trait Otherwise {
        fn says(&self) -> bool;
    }

    impl<T> Otherwise for Bridges<T> {
        fn says(&self) -> bool {
            false
        }
    }

    /// Made here, since a function does not know what the closures in it capture.
    fn that_keeps_an_rc() -> impl Iterator<Item = i32> {
        let one = Rc::new(1);
        (0..4).map(move |n| n + *one)
    }

    #[test]
    fn par_bridge_takes_only_what_can_be_sent() {
        assert!(Bridges::of(&(0..4)).says());
        let kept = that_keeps_an_rc();
        assert!(!Bridges::of(&kept).says(), "the iterator holds an Rc");
        let made = (0..4).map(Rc::new);
        assert!(!Bridges::of(&made).says(), "the items are Rcs");
    }

    #[test]
    fn a_panic_takes_its_thread_out_of_par_bridge_and_the_others_do_the_rest() {
        instruments::test(|_| {
            let (pool, worked) = (pool(2), Count::new());
            let bridge = catch_unwind(AssertUnwindSafe(|| {
                pool.install(|| {
                    (0..300).par_bridge().for_each(|n| {
                        if n == 0 {
                            // The other thread is in the bridge.
                            worked.wait_for(1);
                            instruments::panic_on_purpose("unreadable");
                        }
                        worked.add();
                    });
                });
            }));
            assert!(bridge.is_err(), "the panic has got lost");
            let worked = worked.get();
            assert!(worked == 299, "{worked} items were worked on, not 299");
        });
    }

    #[test]
    fn tasks_that_compute_run_side_by_side_on_two_threads() {
        instruments::test(|_| {
            let runtime = Builder::new_multi_thread()
                .worker_threads(2)
                .build()
                .expect("there is room for a runtime");
            let both = Arc::new(Barrier::new(2));
            let tasks = [(); 2].map(|()| {
                let both = Arc::clone(&both);
                // Neither gets past before the other is there, and none of them awaits.
                runtime.spawn(async move { both.wait() })
            });
            for task in tasks {
                runtime.block_on(task).expect("it does not panic");
            }
        });
    }

    #[test]
    fn from_one_queue_an_item_overtakes_an_earlier_one_of_its_key() {
        instruments::test(|_| {
            let (done, results) = mpsc::channel();
            let (to_workers, items) = crossbeam_channel::bounded(2);
            let second = Gate::new();
            for item in 0..2 {
                to_workers.send(("a key", item)).expect("there is room");
            }
            drop(to_workers);
            for _ in 0..2 {
                let (items, done, second) = (items.clone(), done.clone(), second.clone());
                thread::spawn(move || {
                    for (key, item) in items {
                        if item == 0 {
                            second.wait();
                        }
                        done.send((key, item)).expect("it is collected");
                    }
                });
            }
            drop(done);
            let mut order = vec![results.recv().expect("a worker is free")];
            second.open();
            order.extend(results);
            assert!(
                order == [("a key", 1), ("a key", 0)],
                "the order was {order:?}"
            );
        });
    }

    #[test]
    fn dealt_by_its_hash_the_items_of_a_key_keep_their_order() {
        instruments::test(|_| {
            const KEYS: usize = 20;
            let (done, results) = mpsc::channel();
            let queues: Vec<_> = (0..3)
                .map(|_| {
                    let (queue, items) = sync_channel(1);
                    let done = done.clone();
                    thread::spawn(move || {
                        for item in items {
                            done.send(item).expect("it is collected");
                        }
                    });
                    queue
                })
                .collect();
            drop(done);
            let hashes = RandomState::new();
            thread::spawn(move || {
                for item in 0..600 {
                    let number = hashes.hash_one(item % KEYS) % 3;
                    let number = usize::try_from(number).expect("less than three");
                    queues[number].send(item).expect("the worker takes all");
                }
            });
            let results: Vec<usize> = results.iter().collect();
            assert!(results.len() == 600, "{} items came", results.len());
            for key in 0..KEYS {
                let order = results.iter().filter(|item| **item % KEYS == key);
                assert!(order.is_sorted(), "items of key {key} overtook each other");
            }
        });
    }

    #[test]
    fn three_panics_end_a_stage_of_three_and_only_join_tells() {
        instruments::test(|_| {
            let (to_workers, items) = sync_channel::<u32>(0);
            let (done, results) = mpsc::channel();
            let items = Arc::new(Mutex::new(items));
            let workers: Vec<_> = (0..3)
                .map(|_| {
                    let (items, done) = (Arc::clone(&items), done.clone());
                    thread::spawn(move || {
                        loop {
                            let next = items.lock().expect("no panic with it").recv();
                            let Ok(item) = next else { return };
                            if item < 3 {
                                instruments::panic_on_purpose("unreadable");
                            }
                            done.send(item).expect("it is collected");
                        }
                    })
                })
                .collect();
            drop((items, done));
            let sent = (0..9).take_while(|item| to_workers.send(*item).is_ok());
            let sent = sent.count();
            drop(to_workers);
            let came = results.iter().count();
            let ends = workers.into_iter().map(thread::JoinHandle::join);
            let panics = ends.filter(Result::is_err).count();
            assert_eq!((sent, came, panics), (3, 0, 3));
        });
    }

    enum Message {
        Entry(u32),
        Done,
    }

    #[test]
    fn a_merger_that_stops_at_the_first_end_loses_what_the_slowest_makes() {
        instruments::test(|_| {
            let (done, results) = mpsc::channel();
            let blot = Gate::new();
            let readers: Vec<_> = (0..3)
                .map(|card| {
                    let (done, blot) = (done.clone(), blot.clone());
                    thread::spawn(move || {
                        if card == 1 {
                            blot.wait();
                        }
                        // Once the merger has gone, both fail, and the reader may ignore that.
                        let _ = done.send(Message::Entry(card));
                        let _ = done.send(Message::Done);
                    })
                })
                .collect();
            let mut entered = Vec::new();
            for message in results {
                match message {
                    Message::Entry(entry) => entered.push(entry),
                    Message::Done => break,
                }
            }
            blot.open();
            for reader in readers {
                reader.join().expect("it does not panic");
            }
            assert!(!entered.contains(&1), "the entry of card 1 has come");
        });
    }

    #[test]
    fn a_reader_that_ignores_the_hang_up_reads_the_box_to_its_end() {
        instruments::test(|_| {
            let read_all = |answer: fn(Result<(), SendError<u32>>) -> bool| {
                let (done, results) = mpsc::channel();
                drop(results);
                let read = Count::new();
                for card in 0..9 {
                    read.add();
                    if !answer(done.send(card)) {
                        break;
                    }
                }
                read.get()
            };
            assert_eq!(read_all(|_| true), 9);
            assert_eq!(read_all(|sent| sent.is_ok()), 1);
        });
    }
}
