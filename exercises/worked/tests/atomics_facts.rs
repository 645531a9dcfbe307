//! What the chapter on atomics and its quiz say of Rust, as far as it can be run. What can come out of
//! several threads is found by the model checker.

mod core {
    use std::panic::catch_unwind;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    use std::sync::{Arc, OnceLock};
    use std::thread;

    use instruments::PROBE;
    use instruments::gate::{Count, Gate};
    use instruments::model::{self, Running};
    use sync::atomic::Ordering::{Acquire, Relaxed, Release};

    /// Three atomics for two threads.
    #[derive(Clone, Default)]
    struct Shared {
        x: Arc<sync::atomic::AtomicU32>,
        y: Arc<sync::atomic::AtomicU32>,
        ready: Arc<sync::atomic::AtomicBool>,
    }

    /// All that the second thread's result, behind the first's, can be.
    fn outcomes(
        first: impl Fn(&Shared) -> String + Send + Sync + Copy + 'static,
        second: impl Fn(&Shared) -> String + Send + Sync + Copy + 'static,
    ) -> Vec<String> {
        let outcomes = model::explore(move |model| {
            let shared = Shared::default();
            let threads = [
                model.spawn("first", {
                    let shared = shared.clone();
                    move || first(&shared)
                }),
                model.spawn("second", move || second(&shared)),
            ];
            threads.map(Running::join).join(" ").trim().to_owned()
        });
        outcomes.all().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn quiz_each_writes_then_looks() {
        let outcomes = outcomes(
            |shared| {
                shared.x.store(1, Release);
                shared.y.load(Acquire).to_string()
            },
            |shared| {
                shared.y.store(1, Release);
                shared.x.load(Acquire).to_string()
            },
        );
        assert_eq!(outcomes, ["0 0", "0 1", "1 0", "1 1"]);
    }

    #[test]
    fn quiz_after_the_release() {
        let outcomes = outcomes(
            |shared| {
                shared.x.store(1, Relaxed);
                shared.ready.store(true, Release);
                shared.y.store(1, Relaxed);
                String::new()
            },
            |shared| {
                if shared.ready.load(Acquire) {
                    format!("{} {}", shared.x.load(Relaxed), shared.y.load(Relaxed))
                } else {
                    "not ready".to_owned()
                }
            },
        );
        assert_eq!(outcomes, ["1 0", "1 1", "not ready"]);
    }

    /// The distractors of the question, each with what it does wrong.
    #[test]
    fn quiz_which_mend() {
        let two_takers = |take: fn(&Shared) -> u32| {
            outcomes(
                move |shared| {
                    shared.x.fetch_add(4, Relaxed);
                    take(shared).to_string()
                },
                move |shared| take(shared).to_string(),
            )
        };
        let swap = two_takers(|shared| shared.x.swap(0, Relaxed));
        assert_eq!(swap, ["0 4", "4 0"]);
        let subtract = two_takers(|shared| {
            let taken = shared.x.load(SeqCst);
            shared.x.fetch_sub(taken, SeqCst);
            taken
        });
        assert_eq!(subtract, ["0 4", "4 0", "4 4"]);
    }

    #[test]
    fn quiz_a_table_needs_its_length_released() {
        let filled = |order, seen| {
            outcomes(
                move |shared| {
                    shared.x.store(7, Relaxed);
                    shared.y.store(1, order);
                    String::new()
                },
                move |shared| match shared.y.load(seen) {
                    0 => "none".to_owned(),
                    _ => shared.x.load(Relaxed).to_string(),
                },
            )
        };
        assert_eq!(filled(Release, Acquire), ["7", "none"]);
        assert_eq!(filled(Relaxed, Relaxed), ["0", "7", "none"]);
        assert_eq!(filled(Relaxed, Acquire), ["0", "7", "none"]);
    }

    #[test]
    fn tickets_are_handed_out_once_with_relaxed_too() {
        let ticket = |shared: &Shared| shared.x.fetch_add(1, Relaxed).to_string();
        assert_eq!(outcomes(ticket, ticket), ["0 1", "1 0"]);
    }

    #[test]
    fn one_swap_of_a_flag_finds_it_unset() {
        let flag = AtomicBool::new(false);
        let found = [flag.swap(true, SeqCst), flag.swap(true, SeqCst)];
        assert_eq!(found, [false, true]);
    }

    #[test]
    fn a_subtraction_wraps_around() {
        let left = AtomicU32::new(0);
        assert_eq!(left.fetch_sub(1, SeqCst), 0);
        assert_eq!(left.load(SeqCst), u32::MAX);
    }

    #[test]
    fn a_once_lock_whose_first_caller_panicked_is_empty() {
        let lock: OnceLock<u32> = OnceLock::new();
        let panics = catch_unwind(|| *lock.get_or_init(|| instruments::panic_on_purpose("no")));
        assert!(panics.is_err());
        assert_eq!(lock.get(), None);
        assert_eq!(lock.get_or_init(|| 1), &1);
    }

    #[test]
    fn the_second_caller_of_a_once_lock_waits_for_the_first() {
        instruments::test(|_| {
            let lock = OnceLock::new();
            let (gate, begun, returned) = (Gate::new(), Count::new(), Count::new());
            let (first, second) = thread::scope(|scope| {
                let first = scope.spawn(|| {
                    *lock.get_or_init(|| {
                        begun.add();
                        gate.wait();
                        1
                    })
                });
                begun.wait_for(1);
                let second = scope.spawn(|| {
                    let value = *lock.get_or_init(|| 2);
                    returned.add();
                    value
                });
                let too_early = returned.reaches(1, PROBE);
                gate.open();
                assert!(!too_early, "the second caller did not wait");
                (
                    first.join().expect("it does not panic"),
                    second.join().expect("nor this"),
                )
            });
            assert!(
                (first, second) == (1, 1),
                "two callers got {first} and {second}"
            );
        });
    }
}
