//! What the chapter on shared state says of Rust and its libraries, as far as it can be run.

mod core {
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::{Arc, Barrier, LazyLock, Mutex, OnceLock, RwLock, TryLockError};
    use std::{mem, thread};

    use instruments::gate::{Count, Gate};
    use instruments::{PROBE, panic_on_purpose};

    /// What a window and a price list share.
    struct Hall {
        free: u32,
    }

    fn is_free<T>(mutex: &Mutex<T>) -> bool {
        !matches!(mutex.try_lock(), Err(TryLockError::WouldBlock))
    }

    #[test]
    fn a_guard_in_a_statement_is_dropped_at_its_semicolon() {
        instruments::test(|_| {
            let hall = Mutex::new(Some(1));
            let seat = hall.lock().expect("no thread panics").take();
            assert!(is_free(&hall) && seat == Some(1));
        });
    }

    /// Not through a `&`, so as long as the mutex is shared, `lock` is the only way in.
    #[test]
    fn an_exclusive_reference_enters_without_locking() {
        instruments::test(|_| {
            let mut hall = Mutex::new(40);
            // A guard that is never dropped leaves the mutex locked for good.
            mem::forget(hall.lock());
            assert!(!is_free(&hall));
            *hall.get_mut().expect("no thread panics") -= 1;
            assert!(hall.into_inner().expect("no thread panics") == 39);
        });
    }

    #[test]
    fn a_let_that_borrows_from_the_guard_keeps_it() {
        instruments::test(|_| {
            let hall = Mutex::new(Hall { free: 40 });
            {
                let free = &hall.lock().expect("no thread panics").free;
                assert!(*free == 40 && !is_free(&hall));
            }
            let free = hall.lock().expect("no thread panics").free;
            assert!(free == 40 && is_free(&hall));
        });
    }

    #[test]
    fn a_mutex_that_its_thread_holds_is_not_given_to_it_again() {
        instruments::test(|_| {
            let hall = Mutex::new(());
            let _guard = hall.lock();
            assert!(!is_free(&hall));
        });
    }

    /// Each thread has its first lock, and neither can get its second one.
    #[test]
    fn two_threads_that_lock_in_opposite_orders_wait_for_each_other() {
        instruments::test(|_| {
            let halls = [Mutex::new(()), Mutex::new(())];
            let (both_have_one, both_have_tried) = (Barrier::new(2), Barrier::new(2));
            let windows = [(0, 1), (1, 0)];
            let got_both: Vec<bool> = thread::scope(|scope| {
                let windows = windows.map(|(from, to)| {
                    let (halls, have_one) = (&halls, &both_have_one);
                    let have_tried = &both_have_tried;
                    scope.spawn(move || {
                        let _from = halls[from].lock();
                        have_one.wait();
                        let got = is_free(&halls[to]);
                        have_tried.wait();
                        got
                    })
                });
                let windows = windows.into_iter();
                let got = windows.map(|window| window.join().expect("it does not panic"));
                got.collect()
            });
            assert!(got_both == [false, false]);
        });
    }

    /// The one that has the lower lock gets the higher one: a thread that holds that needs no lower one.
    #[test]
    fn in_one_order_they_come_to_an_end() {
        instruments::test(|_| {
            let halls = [Mutex::new(0), Mutex::new(0)];
            thread::scope(|scope| {
                for (from, to) in [(0, 1), (1, 0)] {
                    let halls = &halls;
                    scope.spawn(move || {
                        for _ in 0..1_000 {
                            let lock = |hall: usize| halls[hall].lock().expect("no thread panics");
                            let (low, high) = (lock(usize::min(from, to)), lock(from.max(to)));
                            let (mut from, mut to) =
                                if from < to { (low, high) } else { (high, low) };
                            *from -= 1;
                            *to += 1;
                        }
                    });
                }
            });
            let left = halls.map(|hall| hall.into_inner().expect("no thread panics"));
            assert!(left == [0, 0]);
        });
    }

    #[test]
    fn a_static_mutex_needs_no_arc() {
        static SOLD: Mutex<u32> = Mutex::new(0);
        instruments::test(|_| {
            let windows =
                [(); 6].map(|()| thread::spawn(|| *SOLD.lock().expect("no window panics") += 1));
            for window in windows {
                window.join().expect("no window panics");
            }
            assert!(*SOLD.lock().expect("no window panics") == 6);
        });
    }

    #[test]
    fn every_clone_of_an_arc_leads_to_the_same_mutex() {
        instruments::test(|_| {
            let hall = Arc::new(Mutex::new(40));
            let clone = Arc::clone(&hall);
            *clone.lock().expect("no thread panics") -= 1;
            assert!(*hall.lock().expect("no thread panics") == 39);
        });
    }

    /// A thread that comes to a poisoned lock with `expect` panics too.
    #[test]
    fn an_expected_lock_passes_the_panic_on() {
        instruments::test(|_| {
            let hall = Mutex::new(40);
            let sale = || {
                let _guard = hall.lock().unwrap_or_else(|_| panic_on_purpose("poisoned"));
                panic_on_purpose("the printer is out of paper");
            };
            for why in ["the printer is out of paper", "poisoned"] {
                let panicked = panic::catch_unwind(AssertUnwindSafe(sale));
                let panicked = panicked.expect_err("it panics each time");
                let said = panicked.downcast_ref::<String>().map(String::as_str);
                let said = said.or_else(|| panicked.downcast_ref::<&str>().copied());
                assert!(said.is_some_and(|said| said.contains(why)), "{said:?}");
            }
        });
    }

    #[test]
    fn match_keeps_its_scrutinees_guard_through_all_arms() {
        instruments::test(|_| {
            let hall = Mutex::new(Some(1));
            for expected in [Some(1), None] {
                match hall.lock().expect("no thread panics").take() {
                    Some(_) => assert!(expected.is_some() && !is_free(&hall)),
                    None => assert!(expected.is_none() && !is_free(&hall)),
                }
            }
            assert!(is_free(&hall));
        });
    }

    #[test]
    fn if_let_keeps_it_for_its_body_and_drops_it_before_else() {
        instruments::test(|_| {
            let hall = Mutex::new(Some(1));
            for _ in 0..2 {
                if let Some(_seat) = hall.lock().expect("no thread panics").take() {
                    assert!(!is_free(&hall), "the body runs without the lock");
                } else {
                    assert!(is_free(&hall), "else runs under the lock");
                }
            }
        });
    }

    #[test]
    fn while_let_and_for_keep_it_for_their_bodies() {
        instruments::test(|_| {
            let hall = Mutex::new(vec![1, 2]);
            for _seat in hall.lock().expect("no thread panics").iter() {
                assert!(!is_free(&hall), "the body of for runs without the lock");
            }
            while let Some(_seat) = hall.lock().expect("no thread panics").pop() {
                assert!(
                    !is_free(&hall),
                    "the body of while let runs without the lock"
                );
            }
            assert!(is_free(&hall));
        });
    }

    #[test]
    fn let_else_drops_it_before_else_and_after() {
        instruments::test(|_| {
            let hall = Mutex::new(Some(1));
            let Some(_seat) = hall.lock().expect("no thread panics").take() else {
                panic!("there was a seat");
            };
            assert!(is_free(&hall));
            let Some(_seat) = hall.lock().expect("no thread panics").take() else {
                assert!(is_free(&hall));
                return;
            };
        });
    }

    #[test]
    fn a_named_guard_lives_until_the_end_of_its_block() {
        instruments::test(|_| {
            let hall = Mutex::new(());
            {
                let _guard = hall.lock();
                assert!(!is_free(&hall));
            }
            assert!(is_free(&hall));
        });
    }

    #[test]
    fn a_reader_is_turned_away_while_a_writer_waits() {
        instruments::test(|_| {
            let hall = RwLock::new(());
            let first = hall.read();
            assert!(hall.try_read().is_ok(), "a second reader may come in");
            thread::scope(|scope| {
                scope.spawn(|| drop(hall.write()));
                // Turned away as soon as the writer waits; until then the test's thread steps aside.
                while hall.try_read().is_ok() {
                    thread::yield_now();
                }
                drop(first);
            });
        });
    }

    #[test]
    fn a_holder_who_panics_poisons_the_lock_and_the_data_is_still_there() {
        instruments::test(|_| {
            let hall = Mutex::new(40);
            let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                let mut free = hall.lock().expect("it is not poisoned yet");
                *free -= 1;
                panic_on_purpose("the printer is out of paper");
            }));
            let poisoned = hall.lock().expect_err("its holder panicked");
            assert!(*poisoned.into_inner() == 39, "the change is there");
            hall.clear_poison();
            assert!(hall.lock().is_ok());
        });
    }

    #[test]
    fn readers_do_not_poison_and_writers_do() {
        instruments::test(|_| {
            let hall = RwLock::new(40);
            let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                let _guard = hall.read();
                panic_on_purpose("a reader");
            }));
            assert!(!hall.is_poisoned());
            let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                let _guard = hall.write();
                panic_on_purpose("a writer");
            }));
            assert!(hall.is_poisoned());
        });
    }

    #[test]
    fn once_lock_runs_one_initialiser_and_the_others_wait() {
        instruments::test(|_| {
            let prices = OnceLock::new();
            let (begun, gate, asked) = (Count::new(), Gate::new(), Count::new());
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        asked.add();
                        prices.get_or_init(|| {
                            begun.add();
                            gate.wait();
                        });
                    });
                }
                asked.wait_for(3);
                begun.wait_for(1);
                let twice = begun.reaches(2, PROBE);
                gate.open();
                assert!(!twice, "two initialisers ran");
            });
            assert!(begun.get() == 1);
        });
    }

    #[test]
    fn an_initialiser_that_asks_for_its_own_value_waits_for_itself() {
        static PRICES: OnceLock<u32> = OnceLock::new();
        instruments::test(|_| {
            let returned = Arc::new(Count::new());
            // Its thread never ends, so the test does not join it.
            thread::spawn({
                let returned = Arc::clone(&returned);
                move || {
                    PRICES.get_or_init(|| *PRICES.get_or_init(|| 4500));
                    returned.add();
                }
            });
            assert!(!returned.reaches(1, PROBE));
        });
    }

    #[test]
    fn once_lock_tries_again_after_a_panic() {
        instruments::test(|_| {
            let prices = OnceLock::new();
            let first = panic::catch_unwind(AssertUnwindSafe(|| {
                prices.get_or_init(|| panic_on_purpose("the line is dead"));
            }));
            assert!(first.is_err());
            assert!(*prices.get_or_init(|| 4500) == 4500);
        });
    }

    #[test]
    fn lazy_lock_stays_poisoned_after_a_panic() {
        instruments::test(|_| {
            let tries = Count::new();
            let prices = LazyLock::new(|| -> u32 {
                tries.add();
                panic_on_purpose("the line is dead")
            });
            for _ in 0..2 {
                let read = panic::catch_unwind(AssertUnwindSafe(|| *prices));
                assert!(read.is_err());
            }
            let tries = tries.get();
            assert!(tries == 1, "the initialiser was tried {tries} times");
        });
    }

    #[test]
    fn a_mutex_makes_what_it_holds_sync() {
        instruments::test(|_| {
            fn is_sync<T: Sync>(_: &T) -> bool {
                true
            }
            // A `Cell` is not `Sync`, a `Mutex` of it is.
            assert!(is_sync(&Mutex::new(std::cell::Cell::new(1))));
        });
    }
}
