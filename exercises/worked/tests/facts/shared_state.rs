//! What the chapter on shared state says of Rust and its libraries, as far as it can be run.

mod core {
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::{LazyLock, Mutex, OnceLock, RwLock, TryLockError};
    use std::thread;

    use instruments::gate::{Count, Gate};
    use instruments::{PROBE, panic_on_purpose};

    fn is_free<T>(mutex: &Mutex<T>) -> bool {
        !matches!(mutex.try_lock(), Err(TryLockError::WouldBlock))
    }

    #[test]
    fn a_guard_in_a_statement_is_dropped_at_its_semicolon() {
        instruments::test(|_| {
            let hall = Mutex::new(Some(1));
            let seat = hall.lock().expect("nobody panics").take();
            assert!(is_free(&hall) && seat == Some(1));
        });
    }

    #[test]
    fn match_keeps_its_scrutinees_guard_through_all_arms() {
        instruments::test(|_| {
            let hall = Mutex::new(Some(1));
            for expected in [Some(1), None] {
                match hall.lock().expect("nobody panics").take() {
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
                if let Some(_seat) = hall.lock().expect("nobody panics").take() {
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
            for _seat in hall.lock().expect("nobody panics").iter() {
                assert!(!is_free(&hall), "the body of for runs without the lock");
            }
            while let Some(_seat) = hall.lock().expect("nobody panics").pop() {
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
            let Some(_seat) = hall.lock().expect("nobody panics").take() else {
                panic!("there was a seat");
            };
            assert!(is_free(&hall));
            let Some(_seat) = hall.lock().expect("nobody panics").take() else {
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
                let mut free = hall.lock().expect("nobody has panicked yet");
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
