//! What the chapter on atomics and its quiz say of Rust, as far as it can be run. What can come out of
//! several threads is found by the model checker.

/// The listing of the chapter.
mod two_gates;

mod core {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::Ordering::{self, SeqCst};
    use std::sync::atomic::{AtomicBool, AtomicU32};
    use std::sync::{Arc, OnceLock};
    use std::thread;

    use instruments::PROBE;
    use instruments::gate::{Count, Gate};
    use instruments::model::{self, Running};
    use sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
    use sync::atomic::fence;

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

    /// The stadium's two gates, each with one visitor, and how many are counted in the end.
    fn counted(let_in: impl Fn(&Shared) + Send + Sync + Copy + 'static) -> Vec<String> {
        let outcomes = model::explore(move |model| {
            let shared = Shared::default();
            let gates = ["gate A", "gate B"].map(|gate| {
                let shared = shared.clone();
                model.spawn(gate, move || let_in(&shared))
            });
            for gate in gates {
                gate.join();
            }
            shared.x.load(Relaxed).to_string()
        });
        outcomes.all().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn an_addition_of_two_operations_loses_a_visitor_whatever_their_ordering() {
        let load_and_store = counted(|shared| {
            let before = shared.x.load(SeqCst);
            shared.x.store(before + 1, SeqCst);
        });
        assert_eq!(load_and_store, ["1", "2"]);
        let addition = counted(|shared| {
            shared.x.fetch_add(1, Relaxed);
        });
        assert_eq!(addition, ["2"]);
    }

    #[test]
    fn a_check_and_an_addition_overfill_what_a_loop_does_not() {
        let check_then_add = counted(|shared| {
            if shared.x.load(SeqCst) < 1 {
                shared.x.fetch_add(1, SeqCst);
            }
        });
        assert_eq!(check_then_add, ["1", "2"]);
        let in_a_loop = counted(|shared| {
            let one_more = |inside| (inside < 1).then_some(inside + 1);
            let _ = shared.x.fetch_update(Relaxed, Relaxed, one_more);
        });
        assert_eq!(in_a_loop, ["1"]);
    }

    /// A score of 2 : 1 whose two goals are relaxed, announced by a flag.
    #[test]
    fn of_five_scores_a_pair_of_release_and_acquire_leaves_two() {
        let scores = |announce, believe| {
            outcomes(
                move |shared| {
                    shared.x.store(2, Relaxed);
                    shared.y.store(1, Relaxed);
                    shared.ready.store(true, announce);
                    String::new()
                },
                move |shared| {
                    if shared.ready.load(believe) {
                        format!("{} : {}", shared.x.load(Relaxed), shared.y.load(Relaxed))
                    } else {
                        "still playing".to_owned()
                    }
                },
            )
        };
        let paired = ["2 : 1", "still playing"];
        assert_eq!(scores(Release, Acquire), paired);
        assert_eq!(scores(SeqCst, Acquire), paired);
        assert_eq!(scores(SeqCst, SeqCst), paired);
        let all = ["0 : 0", "0 : 1", "2 : 0", "2 : 1", "still playing"];
        for (announce, believe) in [(Relaxed, Relaxed), (Relaxed, Acquire), (Release, Relaxed)] {
            assert_eq!(scores(announce, believe), all, "{announce:?}, {believe:?}");
        }
    }

    #[test]
    fn only_four_sequentially_consistent_operations_keep_both_drivers_from_going() {
        let both_may_go = |bus: (Ordering, Ordering), van: (Ordering, Ordering)| {
            let outcomes = outcomes(
                move |shared| {
                    shared.x.store(1, bus.0);
                    shared.y.load(bus.1).to_string()
                },
                move |shared| {
                    shared.y.store(1, van.0);
                    shared.x.load(van.1).to_string()
                },
            );
            outcomes.contains(&"0 0".to_owned())
        };
        let four = (SeqCst, SeqCst);
        assert!(both_may_go((Release, Acquire), (Release, Acquire)));
        assert!(both_may_go(four, (SeqCst, Acquire)));
        assert!(both_may_go(four, (Release, SeqCst)));
        assert!(!both_may_go(four, four));
    }

    /// The number 7 behind a flag, and what a reader of both can get.
    fn seven(
        announce: impl Fn(&Shared) + Send + Sync + Copy + 'static,
        is_announced: impl Fn(&Shared) -> bool + Send + Sync + Copy + 'static,
    ) -> Vec<String> {
        outcomes(
            move |shared| {
                shared.x.store(7, Relaxed);
                announce(shared);
                String::new()
            },
            move |shared| {
                if is_announced(shared) {
                    shared.x.load(Relaxed).to_string()
                } else {
                    "nothing".to_owned()
                }
            },
        )
    }

    /// So "a relaxed store releases nothing" holds only where no fence stands before it.
    #[test]
    fn a_fence_makes_a_relaxed_store_or_load_half_of_a_pair() {
        let store = |order| move |shared: &Shared| shared.ready.store(true, order);
        let load = |order| move |shared: &Shared| shared.ready.load(order);
        let fenced_store = |shared: &Shared| {
            fence(Release);
            shared.ready.store(true, Relaxed);
        };
        let fenced_load = |shared: &Shared| {
            let ready = shared.ready.load(Relaxed);
            fence(Acquire);
            ready
        };
        assert_eq!(seven(store(Relaxed), load(Acquire)), ["0", "7", "nothing"]);
        assert_eq!(seven(store(Release), load(Relaxed)), ["0", "7", "nothing"]);
        assert_eq!(seven(fenced_store, load(Acquire)), ["7", "nothing"]);
        assert_eq!(seven(store(Release), fenced_load), ["7", "nothing"]);
        assert_eq!(seven(store(SeqCst), load(SeqCst)), ["7", "nothing"]);
    }

    /// It is for a read-modify-write, and so is no stronger store.
    #[test]
    fn a_store_with_acquire_and_release_panics() {
        let flag = AtomicBool::new(false);
        let store = |order| catch_unwind(AssertUnwindSafe(|| flag.store(true, order)));
        let load = |order| catch_unwind(AssertUnwindSafe(|| flag.load(order)));
        assert!(store(AcqRel).is_err() && store(Acquire).is_err());
        assert!(load(AcqRel).is_err() && load(Release).is_err());
        assert!(store(SeqCst).is_ok() && load(SeqCst).is_ok());
    }

    #[test]
    fn relaxed_loses_an_update_that_is_a_load_and_a_store() {
        let load_and_store = counted(|shared| {
            let before = shared.x.load(Relaxed);
            shared.x.store(before + 1, Relaxed);
        });
        assert_eq!(load_and_store, ["1", "2"]);
    }

    /// So it is not true that these four operations have to be `SeqCst` themselves.
    #[test]
    fn fences_between_and_read_modify_writes_keep_both_drivers_from_going_as_well() {
        let fenced = outcomes(
            |shared| {
                shared.x.store(1, Relaxed);
                fence(SeqCst);
                shared.y.load(Relaxed).to_string()
            },
            |shared| {
                shared.y.store(1, Relaxed);
                fence(SeqCst);
                shared.x.load(Relaxed).to_string()
            },
        );
        assert!(!fenced.contains(&"0 0".to_owned()), "{fenced:?}");
        let written = outcomes(
            |shared| {
                shared.x.swap(1, AcqRel);
                shared.y.fetch_add(0, AcqRel).to_string()
            },
            |shared| {
                shared.y.swap(1, AcqRel);
                shared.x.fetch_add(0, AcqRel).to_string()
            },
        );
        assert!(!written.contains(&"0 0".to_owned()), "{written:?}");
    }

    /// Two readers read a value, and the last one to leave writes it. Whether loom finds the write
    /// beside the other's read. No thread concludes that memory was written.
    fn last_reader_writes_beside_a_read(leave: Ordering) -> bool {
        use loom::sync::Arc;
        use loom::sync::atomic::AtomicU32;

        let model = move || {
            let page = Arc::new((loom::cell::UnsafeCell::new(1), AtomicU32::new(2)));
            let readers = [(); 2].map(|()| {
                let page = Arc::clone(&page);
                loom::thread::spawn(move || {
                    let (text, readers) = &*page;
                    text.with(|_read| ());
                    if readers.fetch_sub(1, leave) == 1 {
                        text.with_mut(|_written| ());
                    }
                })
            });
            for reader in readers {
                reader.join().expect("a panic ends the model");
            }
        };
        catch_unwind(|| loom::model(model)).is_err()
    }

    #[test]
    fn a_relaxed_last_one_out_writes_beside_the_others_read() {
        assert!(last_reader_writes_beside_a_read(Relaxed));
        assert!(!last_reader_writes_beside_a_read(AcqRel));
    }

    /// The least that two gates count if each lets in three, by load and store, and no order takes
    /// threads off their work more often, in all, than the bound says.
    fn least_of_six(bound: Option<usize>) -> u64 {
        use loom::sync::Arc;
        use loom::sync::atomic::AtomicU64;

        let least = std::sync::Arc::new(std::sync::Mutex::new(6));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = bound;
        let seen = std::sync::Arc::clone(&least);
        builder.check(move || {
            let visitors = Arc::new(AtomicU64::new(0));
            let gates = [(); 2].map(|()| {
                let visitors = Arc::clone(&visitors);
                loom::thread::spawn(move || {
                    for _ in 0..3 {
                        // As a load and a store of which loom knows that they find the newest value.
                        let before = visitors.fetch_add(0, AcqRel);
                        visitors.swap(before + 1, AcqRel);
                    }
                })
            });
            for gate in gates {
                gate.join().expect("it does not panic");
            }
            let mut least = seen.lock().expect("nothing panics");
            *least = visitors.load(SeqCst).min(*least);
        });
        *least.lock().expect("nothing panics")
    }

    /// So a bound on interruptions is not "every order".
    #[test]
    fn an_outcome_that_needs_more_interruptions_than_the_bound_is_not_found() {
        assert_eq!((least_of_six(Some(2)), least_of_six(None)), (3, 2));
    }

    /// The listing of the chapter with the first program in the place of the addition.
    #[test]
    fn loom_finds_the_lost_visitor() {
        use loom::sync::Arc;
        use loom::sync::atomic::AtomicU64;

        let lost = catch_unwind(|| {
            loom::model(|| {
                let visitors = Arc::new(AtomicU64::new(0));
                let gates = [(); 2].map(|()| {
                    let visitors = Arc::clone(&visitors);
                    loom::thread::spawn(move || {
                        let before = visitors.load(SeqCst);
                        visitors.store(before + 1, SeqCst);
                    })
                });
                for gate in gates {
                    gate.join().expect("it does not panic");
                }
                assert_eq!(visitors.load(Relaxed), 2);
            });
        });
        assert!(lost.is_err());
    }

    /// What rustc makes of a function that does `operation` to an atomic, as text.
    #[cfg(target_arch = "x86_64")]
    fn assembly(result: &str, operation: &str) -> String {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("assembly-{}.rs", std::process::id()));
        let source = format!(
            "use std::sync::atomic::{{AtomicU64, Ordering::*}};\n\
             #[unsafe(no_mangle)] pub fn f(a: &AtomicU64) {result} {{ a.{operation} }}"
        );
        std::fs::write(&file, source).expect("a file of our own");
        let output = std::process::Command::new("rustc")
            .args(["--edition=2024", "--crate-type=lib", "-O", "--emit=asm=-"])
            .arg(&file)
            .output()
            .expect("rustc runs");
        std::fs::remove_file(&file).expect("it was there");
        let text = String::from_utf8(output.stdout).expect("assembly is text");
        let text = text.split_once("\nf:\n").expect("the function").1;
        let body = text.lines().take_while(|line| !line.contains("ret"));
        let instructions = body.map(str::trim).filter(|line| !line.starts_with('.'));
        instructions.collect::<Vec<&str>>().join("\n")
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn on_x86_64_release_and_acquire_are_the_instructions_that_relaxed_is() {
        let store = assembly("", "store(1, Relaxed)");
        assert!(store.starts_with("mov"), "{store}");
        assert_eq!(store, assembly("", "store(1, Release)"));
        assert_ne!(store, assembly("", "store(1, SeqCst)"));
        let load = assembly("-> u64", "load(Relaxed)");
        assert!(load.starts_with("mov"), "{load}");
        assert_eq!(load, assembly("-> u64", "load(Acquire)"));
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
    fn fetch_update_has_a_newer_name() {
        let left = AtomicU32::new(1);
        let one_less = |left: u32| left.checked_sub(1);
        assert_eq!(left.fetch_update(SeqCst, SeqCst, one_less), Ok(1));
        assert_eq!(left.try_update(SeqCst, SeqCst, one_less), Err(0));
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

    /// By loom itself, as a reader uses it.
    #[test]
    fn loom_lets_seq_cst_loads_and_stores_pass_each_other() {
        use loom::sync::atomic::AtomicU32;

        let both_waited = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let found = std::sync::Arc::clone(&both_waited);
        loom::model(move || {
            let gates = loom::sync::Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
            let other = loom::sync::Arc::clone(&gates);
            let thread = loom::thread::spawn(move || {
                other[1].store(1, SeqCst);
                other[0].load(SeqCst)
            });
            gates[0].store(1, SeqCst);
            let seen = gates[1].load(SeqCst);
            if seen == 0 && thread.join().expect("it does not panic") == 0 {
                found.store(true, SeqCst);
            }
        });
        assert!(both_waited.load(SeqCst), "loom orders them");
    }
}
