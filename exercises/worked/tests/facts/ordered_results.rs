//! What the chapter on ordered results says of Rust and its libraries, as far as it can be run.

mod core {
    use std::cmp::{Ordering, Reverse};
    use std::collections::BinaryHeap;
    use std::panic;
    use std::sync::Mutex;
    use std::sync::mpsc::{RecvError, RecvTimeoutError, channel, sync_channel};
    use std::thread;
    use std::time::Duration;

    use futures::future;
    use futures::stream::{self, StreamExt};
    use instruments::PROBE;
    use instruments::gate::Count;
    use instruments::simulation::turns::Turns;
    use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
    use tokio::time;

    async fn takes(milliseconds: u64) -> u64 {
        time::sleep(Duration::from_millis(milliseconds)).await;
        milliseconds
    }

    /// Collects as they finish, and in order, what takes 50, 10, 20 and 30 ms.
    fn four() -> stream::Iter<std::array::IntoIter<u64, 4>> {
        stream::iter([50, 10, 20, 30])
    }

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("there is room for a few threads")
    }

    #[test]
    fn rayons_collect_keeps_the_order() {
        instruments::test(|_| {
            let done = Count::new();
            let pages: Vec<usize> = pool(2).install(|| {
                (0..6_usize)
                    .into_par_iter()
                    .with_max_len(1)
                    .map(|page| {
                        match page {
                            0 => done.wait_for(5),
                            _ => done.add(),
                        }
                        page
                    })
                    .collect()
            });
            assert!(pages == [0, 1, 2, 3, 4, 5], "they came out as {pages:?}");
        });
    }

    #[test]
    fn rayon_hands_on_a_panic_with_its_payload() {
        instruments::test(|_| {
            let result = panic::catch_unwind(|| {
                (0..6).into_par_iter().for_each(|page| {
                    if page == 1 {
                        instruments::panic_on_purpose("font missing");
                    }
                });
            });
            let panic = result.expect_err("page 1 panicked");
            assert!(panic.downcast_ref() == Some(&"font missing"));
        });
    }

    #[test]
    fn a_scope_that_joins_for_itself_loses_the_payload() {
        instruments::test(|_| {
            let result = panic::catch_unwind(|| {
                thread::scope(|scope| {
                    scope.spawn(|| instruments::panic_on_purpose("font missing"));
                });
            });
            let panic = result.expect_err("the thread panicked");
            let message = panic.downcast_ref::<&str>();
            assert!(message == Some(&"a scoped thread panicked"), "{message:?}");
        });
    }

    #[test]
    fn buffered_keeps_the_order_and_buffer_unordered_does_not() {
        instruments::paused(|_| async {
            let ordered: Vec<u64> = four().map(takes).buffered(4).collect().await;
            let unordered: Vec<u64> = four().map(takes).buffer_unordered(4).collect().await;
            assert!(ordered == [50, 10, 20, 30], "{ordered:?}");
            assert!(unordered == [10, 20, 30, 50], "{unordered:?}");
        });
    }

    #[test]
    fn what_is_done_behind_the_head_keeps_its_place_in_buffered() {
        instruments::paused(|run| async move {
            let begun = Count::new();
            let mut sheets = Box::pin(
                four()
                    .map(|milliseconds| {
                        begun.add();
                        takes(milliseconds)
                    })
                    .buffered(3),
            );
            // At 10 and 20 ms two of the three are done; the fourth begins when the head leaves.
            let first = time::timeout(Duration::from_millis(40), sheets.next()).await;
            assert!(first.is_err(), "the head was out at 40 ms");
            assert!(begun.get() == 3, "{} had begun", begun.get());
            assert!(sheets.next().await == Some(50));
            let rest: Vec<u64> = sheets.collect().await;
            assert!(rest == [10, 20, 30]);
            assert!(run.now() == 80, "all was done at {} ms", run.now());
        });
    }

    #[test]
    fn buffer_unordered_gives_a_place_to_the_next_at_once() {
        instruments::paused(|run| async move {
            let all: Vec<u64> = four().map(takes).buffer_unordered(3).collect().await;
            assert!(
                all == [10, 20, 30, 50] || all == [10, 20, 50, 30],
                "{all:?}"
            );
            assert!(run.now() == 50, "all was done at {} ms", run.now());
        });
    }

    #[test]
    fn buffered_stands_still_while_nobody_asks() {
        instruments::paused(|run| async move {
            let steps = |n: u64| async move {
                takes(10 + 20 * n).await;
                takes(10).await;
                n
            };
            let mut sheets = Box::pin(stream::iter(0..2).map(steps).buffered(2));
            assert!(sheets.next().await == Some(0));
            assert!(run.now() == 20);
            // 1 has begun its first step. Its second begins when somebody asks.
            time::sleep(Duration::from_millis(100)).await;
            assert!(sheets.next().await == Some(1));
            assert!(run.now() == 130, "it was done at {} ms", run.now());
        });
    }

    #[test]
    fn spawned_tasks_go_on_while_nobody_asks() {
        instruments::paused(|run| async move {
            let steps = |n: u64| {
                tokio::spawn(async move {
                    takes(10 + 20 * n).await;
                    takes(10).await;
                    n
                })
            };
            let mut sheets = Box::pin(stream::iter(0..2).map(steps).buffered(2));
            assert!(matches!(sheets.next().await, Some(Ok(0))));
            time::sleep(Duration::from_millis(100)).await;
            assert!(matches!(sheets.next().await, Some(Ok(1))));
            assert!(run.now() == 120, "it was done at {} ms", run.now());
        });
    }

    #[test]
    fn join_all_keeps_the_order() {
        instruments::paused(|run| async move {
            let all = future::join_all([50, 10, 20].map(takes)).await;
            assert!(all == [50, 10, 20], "{all:?}");
            assert!(run.now() == 50);
        });
    }

    #[test]
    fn a_join_set_hands_out_what_is_done_first() {
        instruments::paused(|_| async {
            let mut tasks: tokio::task::JoinSet<u64> =
                [50, 10, 20].into_iter().map(takes).collect();
            let first = tasks.join_next().await.expect("there are tasks");
            assert!(first.expect("it does not panic") == 10);
        });
    }

    #[test]
    fn a_heap_hands_out_the_greatest_unless_reversed() {
        instruments::test(|_| {
            let mut heap = BinaryHeap::from([2, 0, 1]);
            assert!(heap.pop() == Some(2));
            let mut heap = BinaryHeap::from([Reverse(2), Reverse(0), Reverse(1)]);
            assert!(heap.pop() == Some(Reverse(0)));
        });
    }

    #[test]
    fn a_heap_of_numbered_sheets_compares_the_number_alone() {
        /// What cannot be compared itself.
        struct Numbered<T>(usize, T);

        impl<T> Ord for Numbered<T> {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.cmp(&other.0)
            }
        }

        impl<T> PartialOrd for Numbered<T> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl<T> PartialEq for Numbered<T> {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl<T> Eq for Numbered<T> {}

        instruments::test(|_| {
            let sheets = [2, 0, 1].map(|number| Reverse(Numbered(number, move || number * 1200)));
            let mut heap = BinaryHeap::from(sheets);
            let first = heap.pop().map(|Reverse(Numbered(_, sheet))| sheet());
            assert!(first == Some(0), "{first:?} came first");
            let turn = heap.peek().map(|Reverse(Numbered(number, _))| *number);
            assert!(turn == Some(1), "then it was the turn of {turn:?}");
        });
    }

    #[test]
    fn a_ticket_that_nobody_can_fill_says_so() {
        instruments::test(|_| {
            let (fill, ticket) = sync_channel::<u8>(1);
            let worker = thread::spawn(move || {
                let _fill = fill;
                instruments::panic_on_purpose("font missing");
            });
            assert!(ticket.recv() == Err(RecvError));
            assert!(worker.join().is_err());
        });
    }

    #[test]
    fn permits_that_were_given_outlive_whoever_gave_them() {
        instruments::test(|_| {
            let (permit, permits) = channel();
            permit.send(()).expect("the receiver is here");
            drop(permit);
            assert!(permits.recv().is_ok(), "the permit was lost");
            assert!(permits.recv().is_err(), "there was one permit");
        });
    }

    #[test]
    fn each_slot_can_be_lent_to_a_worker_of_its_own() {
        instruments::test(|_| {
            let pages = [7, 8, 9];
            let mut sheets = [0; 3];
            thread::scope(|scope| {
                for (page, sheet) in pages.iter().zip(&mut sheets) {
                    scope.spawn(move || *sheet = page * 1200);
                }
            });
            assert!(sheets == [8400, 9600, 10800]);
        });
    }

    #[test]
    fn two_workers_can_share_an_iterator_of_slots() {
        instruments::test(|_| {
            let mut sheets = [0; 6];
            let slots = Mutex::new((1..).zip(&mut sheets));
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        loop {
                            let next = slots.lock().expect("nobody panics").next();
                            let Some((page, sheet)) = next else { return };
                            *sheet = page * 1200;
                        }
                    });
                }
            });
            assert!(sheets == [1200, 2400, 3600, 4800, 6000, 7200]);
        });
    }

    /// The order in which three workers finish twelve pages that take so many milliseconds each.
    fn finished(pace: impl Fn(usize) -> u64 + Send + Copy + 'static) -> Vec<usize> {
        let shop: &'static Turns = Box::leak(Box::default());
        let (queue, pages) = shop.channel();
        let (done, finished) = shop.channel();
        for page in 0..12 {
            queue.send(page).expect("the receiver is here");
        }
        drop(queue);
        for _ in 0..3 {
            let (pages, done) = (pages.clone(), done.clone());
            shop.spawn(move || {
                for page in pages {
                    shop.work("worker", &page.to_string(), pace(page));
                    done.send(page).expect("the receiver is here");
                }
            });
        }
        drop((pages, done));
        finished.into_iter().collect()
    }

    #[test]
    fn pages_that_differ_by_a_tenth_are_enough_to_lose_the_order() {
        instruments::test(|_| {
            let in_order: Vec<usize> = (0..12).collect();
            assert!(finished(|_| 10) == in_order, "alike to the nanosecond");
            let lost = (0..20_u64).filter(|seed| {
                let seed = *seed;
                let pace = move |page: usize| {
                    let mut state = seed;
                    for _ in 0..=page {
                        state = state
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                    }
                    90 + (state >> 33) % 21
                };
                finished(pace) != in_order
            });
            let lost = lost.count();
            assert!(lost > 10, "out of order in {lost} of 20 runs");
        });
    }

    #[test]
    fn a_hole_waits_for_ever_or_is_left_over_as_a_sender_is_kept_or_not() {
        instruments::test(|_| {
            let (done, finished) = channel();
            for number in [0, 2] {
                done.send(number).expect("the receiver is here");
            }
            assert!(finished.recv() == Ok(0) && finished.recv() == Ok(2));
            // The turn is at 1. Where a sender lives, the receiver waits ...
            let waits = finished.recv_timeout(PROBE);
            assert!(waits == Err(RecvTimeoutError::Timeout), "{waits:?}");
            // ... and where none does, its loop ends as after the last page.
            drop(done);
            assert!(finished.recv() == Err(RecvError));
        });
    }

    #[test]
    fn a_loop_that_breaks_at_an_empty_ticket_ends_as_after_the_last_page() {
        instruments::test(|_| {
            let printed = |hole: bool| {
                let (tickets, in_order) = channel();
                for page in 0..5 {
                    let (fill, ticket) = sync_channel(1);
                    tickets.send(ticket).expect("the receiver is here");
                    if !(hole && page == 3) {
                        fill.send(page).expect("the receiver is here");
                    }
                }
                drop(tickets);
                let mut printed = Vec::new();
                for ticket in in_order {
                    let Ok(page) = ticket.recv() else { break };
                    printed.push(page);
                }
                printed
            };
            assert!(printed(false) == [0, 1, 2, 3, 4]);
            assert!(
                printed(true) == [0, 1, 2],
                "the loop says that one is missing"
            );
        });
    }

    #[test]
    fn a_full_window_of_buffered_does_not_ask_the_source() {
        instruments::paused(|_| async {
            let asked = Count::new();
            let source = stream::iter(0..100_u64).inspect(|_| asked.add());
            let mut sheets = Box::pin(
                source
                    .map(|n| takes(if n == 0 { 50 } else { 1 }))
                    .buffered(3),
            );
            let first = time::timeout(Duration::from_millis(40), sheets.next()).await;
            assert!(first.is_err(), "the head was out at 40 ms");
            assert!(
                asked.get() == 3,
                "the source was asked {} times",
                asked.get()
            );
        });
    }
}
