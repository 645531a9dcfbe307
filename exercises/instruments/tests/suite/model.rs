//! What the model checker finds, and what it says.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use instruments::model::{self, Running};
use instruments::report::{Outcome, REPORT_FILE, Record};
use instruments::timeline::Timeline;
use sync::Mutex;
use sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// Two atomics that two threads share.
#[derive(Clone, Default)]
struct Pair {
    x: Arc<AtomicU64>,
    y: Arc<AtomicU64>,
}

/// What two threads can return, as "1 0".
fn outcomes(
    first: impl Fn(&Pair) -> u64 + Send + Sync + Copy + 'static,
    second: impl Fn(&Pair) -> u64 + Send + Sync + Copy + 'static,
) -> String {
    let outcomes = model::explore(move |model| {
        let pair = Pair::default();
        let threads: [Running<u64>; 2] = [
            model.spawn("first", {
                let pair = pair.clone();
                move || first(&pair)
            }),
            model.spawn("second", move || second(&pair)),
        ];
        threads.map(|thread| thread.join().to_string()).join(" ")
    });
    outcomes.all().join(", ")
}

/// Each thread writes its own atomic and looks at the other's.
fn both_write_then_look(write: Ordering, look: Ordering) -> String {
    outcomes(
        move |pair| {
            pair.x.store(1, write);
            pair.y.load(look)
        },
        move |pair| {
            pair.y.store(1, write);
            pair.x.load(look)
        },
    )
}

#[test]
fn two_threads_may_miss_each_other_unless_all_is_sequentially_consistent() {
    assert_eq!(both_write_then_look(Relaxed, Relaxed), "0 0, 0 1, 1 0, 1 1");
    assert_eq!(both_write_then_look(Release, Acquire), "0 0, 0 1, 1 0, 1 1");
    assert_eq!(both_write_then_look(SeqCst, Relaxed), "0 0, 0 1, 1 0, 1 1");
    assert_eq!(both_write_then_look(Release, SeqCst), "0 0, 0 1, 1 0, 1 1");
    assert_eq!(both_write_then_look(SeqCst, SeqCst), "0 1, 1 0, 1 1");
}

/// One thread writes and looks with `SeqCst`, the other has it on only one of the two.
#[test]
fn three_of_four_sequentially_consistent_operations_are_not_enough() {
    let outcomes = outcomes(
        |pair| {
            pair.x.store(1, SeqCst);
            pair.y.load(SeqCst)
        },
        |pair| {
            pair.y.fetch_add(1, SeqCst);
            pair.x.load(Relaxed)
        },
    );
    assert_eq!(outcomes, "0 0, 0 1, 1 0, 1 1");
}

/// Two threads write, and two look at both, each from its own side.
#[test]
fn all_see_sequentially_consistent_stores_in_one_order() {
    let disagree = |write: Ordering, look: Ordering| {
        let outcomes = model::explore(move |model| {
            let pair = Pair::default();
            let other = model.spawn("writes y", {
                let pair = pair.clone();
                move || pair.y.store(1, write)
            });
            let readers = [("x, then y", true), ("y, then x", false)].map(|(name, x_first)| {
                let Pair { x, y } = pair.clone();
                let (once, then) = if x_first { (x, y) } else { (y, x) };
                model.spawn(name, move || once.load(look) == 1 && then.load(look) == 0)
            });
            pair.x.store(1, write);
            other.join();
            let both = readers.map(Running::join);
            (both == [true, true]).to_string()
        });
        outcomes.all().contains(&"true")
    };
    assert!(disagree(Release, Acquire));
    assert!(!disagree(SeqCst, SeqCst));
}

/// What is handed on by release and acquire between two of them is part of the one order.
#[test]
fn sequentially_consistent_operations_keep_the_order_that_others_give_them() {
    let outcomes = model::explore(|model| {
        let (pair, flag) = (Pair::default(), Arc::new(AtomicBool::new(false)));
        let first = model.spawn("first", {
            let (pair, flag) = (pair.clone(), Arc::clone(&flag));
            move || {
                pair.x.store(1, SeqCst);
                flag.store(true, Release);
            }
        });
        let second = model.spawn("second", {
            let pair = pair.clone();
            move || flag.load(Acquire) && pair.y.load(SeqCst) == 0
        });
        pair.y.store(1, SeqCst);
        let missed = pair.x.load(SeqCst) == 0;
        first.join();
        (missed && second.join()).to_string()
    });
    assert_eq!(outcomes.all(), ["false"]);
}

/// The first thread's two stores, and a store and a load of the second, from which both orders would
/// follow.
#[test]
fn a_sequentially_consistent_store_over_another_comes_after_what_was_before_that() {
    let outcomes = model::explore(|model| {
        let pair = Pair::default();
        let first = model.spawn("first", {
            let pair = pair.clone();
            move || {
                pair.x.store(1, SeqCst);
                pair.y.store(1, SeqCst);
            }
        });
        let second = model.spawn("second", {
            let pair = pair.clone();
            move || {
                pair.y.store(2, SeqCst);
                pair.x.load(SeqCst)
            }
        });
        first.join();
        let x = second.join();
        format!("{x} {}", pair.y.load(Relaxed))
    });
    assert_eq!(outcomes.all(), ["0 1", "1 1", "1 2"]);
}

/// The first thread returns 0; the second the word and the flag, as one number.
fn announce(store: Ordering, load: Ordering) -> String {
    outcomes(
        move |pair| {
            pair.x.store(7, Relaxed);
            pair.y.store(1, store);
            0
        },
        move |pair| {
            let announced = pair.y.load(load);
            announced * 10 + pair.x.load(Relaxed)
        },
    )
}

#[test]
fn a_flag_announces_a_word_only_as_a_pair_of_release_and_acquire() {
    let paired = "0 0, 0 17, 0 7";
    assert_eq!(announce(Release, Acquire), paired);
    assert_eq!(announce(SeqCst, SeqCst), paired);
    let torn = "0 0, 0 10, 0 17, 0 7";
    assert_eq!(announce(Relaxed, Relaxed), torn);
    assert_eq!(announce(Release, Relaxed), torn);
    assert_eq!(announce(Relaxed, Acquire), torn);
}

#[test]
fn fences_make_a_pair_too() {
    let outcomes = outcomes(
        |pair| {
            pair.x.store(7, Relaxed);
            fence(Release);
            pair.y.store(1, Relaxed);
            0
        },
        |pair| {
            let announced = pair.y.load(Relaxed);
            fence(Acquire);
            announced * 10 + pair.x.load(Relaxed)
        },
    );
    assert_eq!(outcomes, "0 0, 0 17, 0 7");
}

#[test]
fn an_exchange_between_release_and_acquire_does_not_break_the_pair() {
    let outcomes = model::explore(|model| {
        let pair = Pair::default();
        let writer = model.spawn("writer", {
            let pair = pair.clone();
            move || {
                pair.x.store(7, Relaxed);
                pair.y.fetch_add(1, Release);
            }
        });
        let other = model.spawn("other", {
            let pair = pair.clone();
            move || pair.y.fetch_add(1, Relaxed)
        });
        let reader = model.spawn("reader", move || {
            (pair.y.load(Acquire) == 2).then(|| pair.x.load(Relaxed))
        });
        writer.join();
        other.join();
        format!("{:?}", reader.join())
    });
    assert_eq!(outcomes.all(), ["None", "Some(7)"]);
}

#[test]
fn a_store_and_an_exchange_do_not_both_have_the_last_word() {
    let outcomes = outcomes(
        |pair| {
            pair.x.store(5, Relaxed);
            0
        },
        |pair| {
            let before = pair.x.fetch_add(1, Relaxed);
            before * 10 + pair.x.load(Relaxed)
        },
    );
    // Between the addition and the load the store may come, and never before and after both.
    assert_eq!(outcomes, "0 1, 0 5, 0 56");
}

#[test]
fn numbers_wrap_and_flags_flip() {
    let outcomes = model::explore(|_| {
        let (number, flag) = (AtomicU64::new(0), AtomicBool::new(false));
        number.fetch_sub(1, AcqRel);
        number.fetch_and(0xff, Relaxed);
        number.fetch_max(300, Relaxed);
        number.fetch_min(299, Relaxed);
        flag.fetch_nand(true, Relaxed);
        flag.fetch_xor(true, Relaxed);
        flag.fetch_or(true, Relaxed);
        format!("{} {}", number.load(Relaxed), flag.load(Relaxed))
    });
    assert_eq!(outcomes.all(), ["299 true"]);
    let timeline = outcomes.timeline("299 true").expect("it came out");
    let labels: Vec<&str> = timeline.lanes[0]
        .spans
        .iter()
        .map(|span| span.label.as_str())
        .collect();
    assert_eq!(
        labels[..4],
        [
            "number 0 → 18446744073709551615",
            "number 18446744073709551615 → 255",
            "number 255 → 300",
            "number 300 → 299"
        ]
    );
}

#[test]
fn a_mutex_orders_what_it_guards() {
    let outcomes = model::explore(|model| {
        let shared = Arc::new((Mutex::new(0), AtomicU64::new(0)));
        let threads = [1, 2].map(|n| {
            let shared = Arc::clone(&shared);
            model.spawn(&format!("thread {n}"), move || {
                let mut count = shared.0.lock().expect("nobody panics");
                *count += 1;
                let before = shared.1.load(Relaxed);
                shared.1.store(before + 1, Relaxed);
            })
        });
        for thread in threads {
            thread.join();
        }
        let count = *shared.0.lock().expect("nobody panics");
        format!("{count} {}", shared.1.load(Relaxed))
    });
    assert_eq!(outcomes.all(), ["2 2"]);
}

#[test]
fn a_loop_that_gives_way_ends() {
    let outcomes = model::explore(|model| {
        let ready = Arc::new(AtomicBool::new(false));
        let waiter = model.spawn("waiter", {
            let ready = Arc::clone(&ready);
            move || {
                while !ready.load(Acquire) {
                    sync::hint::spin_loop();
                }
            }
        });
        ready.store(true, Release);
        waiter.join();
        "ended".to_owned()
    });
    assert_eq!(outcomes.all(), ["ended"]);
}

/// Bodies for [`verdict`], which runs them one by one: on their own they would fail this binary.
mod core {
    use super::*;

    #[test]
    #[ignore = "fails on purpose"]
    fn loses_an_update() {
        model::check(|model| {
            let total = Arc::new(AtomicU64::new(0));
            let workers = ["worker 1", "worker 2"].map(|name| {
                let total = Arc::clone(&total);
                model.spawn(name, move || {
                    let before = total.load(SeqCst);
                    total.store(before + 1, SeqCst);
                })
            });
            for worker in workers {
                worker.join();
            }
            let total = total.load(SeqCst);
            assert!(
                total == 2,
                "two workers added 1 each, but the total is {total}"
            );
        });
    }

    /// The flag is a step too early, and too weak besides.
    #[test]
    #[ignore = "fails on purpose"]
    fn announces_before_it_writes() {
        model::check(|model| {
            let pair = Pair::default();
            let reader = model.spawn("reader", {
                let pair = pair.clone();
                move || (pair.y.load(Acquire) == 1).then(|| pair.x.load(Relaxed))
            });
            pair.y.store(1, Relaxed);
            pair.x.store(7, Relaxed);
            let read = reader.join();
            assert!(read != Some(0), "it was announced, but the reader got 0");
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn announces_relaxed() {
        model::check(|model| {
            let pair = Pair::default();
            let reader = model.spawn("reader", {
                let pair = pair.clone();
                move || (pair.y.load(Acquire) == 1).then(|| pair.x.load(Relaxed))
            });
            pair.x.store(7, Relaxed);
            pair.y.store(1, Relaxed);
            let read = reader.join();
            assert!(read != Some(0), "it was announced, but the reader got 0");
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn tries_a_weak_exchange_once() {
        model::check(|model| {
            let place = Arc::new(AtomicU64::new(0));
            let only = model.spawn("claimer", {
                let place = Arc::clone(&place);
                move || place.compare_exchange_weak(0, 1, AcqRel, Acquire).is_ok()
            });
            let claimed = only.join();
            assert!(
                claimed,
                "the place was free, and its only claimer was refused"
            );
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn locks_both_ways_round() {
        model::check(|model| {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let other = model.spawn("other", {
                let locks = Arc::clone(&locks);
                move || {
                    let _b = locks.1.lock();
                    let _a = locks.0.lock();
                }
            });
            let a = locks.0.lock();
            let b = locks.1.lock();
            drop((a, b));
            other.join();
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn spins_without_giving_way() {
        model::check(|model| {
            let ready = Arc::new(AtomicBool::new(false));
            let other = model.spawn("other", {
                let ready = Arc::clone(&ready);
                move || ready.store(true, Release)
            });
            while !ready.load(Acquire) {}
            other.join();
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn waits_where_nobody_may() {
        model::check(|model| {
            model.nobody_waits();
            let ready = Arc::new(AtomicBool::new(false));
            let other = model.spawn("other", {
                let ready = Arc::clone(&ready);
                move || ready.store(true, Release)
            });
            while !ready.load(Acquire) {
                sync::hint::spin_loop();
            }
            other.join();
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn locks_where_nobody_may_wait() {
        model::check(|model| {
            model.nobody_waits();
            let total = Arc::new(Mutex::new(0));
            let other = model.spawn("other", {
                let total = Arc::clone(&total);
                move || *total.lock().expect("nobody panics") += 1
            });
            *total.lock().expect("nobody panics") += 1;
            other.join();
        });
    }

    #[test]
    #[ignore = "run by `verdict`"]
    fn tries_again_where_nobody_may_wait() {
        model::check(|model| {
            model.nobody_waits();
            let total = Arc::new(AtomicU64::new(0));
            let add = |total: &AtomicU64| {
                let mut before = total.load(Relaxed);
                while let Err(now) =
                    total.compare_exchange_weak(before, before + 1, Relaxed, Relaxed)
                {
                    before = now;
                    sync::hint::spin_loop();
                }
            };
            let other = model.spawn("other", {
                let total = Arc::clone(&total);
                move || add(&total)
            });
            add(&total);
            other.join();
            assert_eq!(total.load(Relaxed), 2);
        });
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn is_not_written() {
        model::check(|_| todo!("Counter::add"));
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn shares_nothing() {
        model::check(|_| ());
    }

    #[test]
    #[ignore = "fails on purpose"]
    fn ends_the_process() {
        model::check(|_| std::process::exit(3));
    }

    #[test]
    #[ignore = "takes part in `verdict`"]
    fn holds() {
        model::check(|_| assert!(AtomicU64::new(1).swap(2, Relaxed) == 1));
    }
}

/// What the test called `name` reports.
fn verdict(name: &str) -> Outcome {
    let folder = env::temp_dir().join(format!("verdict-{}-{name}", std::process::id()));
    let _ = fs::remove_file(&folder);
    let status = Command::new(env::current_exe().expect("this binary"))
        .args([&format!("model::core::{name}"), "--exact", "--ignored"])
        .env(REPORT_FILE, &folder)
        .output()
        .expect("it starts")
        .status;
    let text = fs::read_to_string(&folder).expect("a record");
    fs::remove_file(&folder).expect("it was there");
    let record: Record = serde_json::from_str(text.trim()).expect("one record");
    assert_eq!(record.test, name);
    assert_eq!(record.lesson, "model");
    assert_eq!(status.success(), record.outcome == Outcome::Passed);
    record.outcome
}

fn sentence(outcome: &Outcome) -> &str {
    outcome.failure().map_or("", |failure| &failure.sentence)
}

#[test]
fn a_verdict_is_one_sentence_with_the_order_that_proves_it() {
    let outcome = verdict("loses_an_update");
    assert_eq!(
        sentence(&outcome),
        "two workers added 1 each, but the total is 1"
    );
    let failure = outcome.failure().expect("it failed");
    let place = failure.place.as_deref().unwrap_or_default();
    assert!(
        place.starts_with("exercises/instruments/tests/suite/model.rs:"),
        "{place}"
    );
    let timeline = failure.timeline.as_ref().expect("a picture");
    assert_eq!(remarks(timeline), ["overwrites the 1 of worker 2"]);
}

fn remarks(timeline: &Timeline) -> Vec<&str> {
    (timeline.lanes.iter())
        .flat_map(|lane| &lane.spans)
        .filter_map(|span| span.broken_rule.as_deref())
        .collect()
}

/// Also where an order that takes an old load to break would have been found first.
#[test]
fn a_verdict_says_in_which_family_of_mistakes_to_look() {
    for (name, family, marks) in [
        (
            "announces_before_it_writes",
            "No ordering mends this: it happens with `SeqCst` everywhere, too.",
            &[][..],
        ),
        (
            "announces_relaxed",
            "An ordering is too weak: look at the load marked `old`.",
            &["old: test had stored 7"],
        ),
        (
            "tries_a_weak_exchange_once",
            "`compare_exchange_weak` may fail although the value is the expected one.",
            &["fails for no reason"],
        ),
    ] {
        let outcome = verdict(name);
        let failure = outcome.failure().expect("it fails");
        assert_eq!(failure.details, [family], "{name}");
        let timeline = failure.timeline.as_ref().expect("a picture");
        assert_eq!(remarks(timeline), marks, "{name}");
    }
}

#[test]
fn each_end_has_its_verdict() {
    let verdicts: BTreeMap<&str, Outcome> = [
        "locks_both_ways_round",
        "spins_without_giving_way",
        "waits_where_nobody_may",
        "locks_where_nobody_may_wait",
        "tries_again_where_nobody_may_wait",
        "is_not_written",
        "shares_nothing",
        "ends_the_process",
        "holds",
    ]
    .map(|name| (name, verdict(name)))
    .into();
    let of = |name: &str| &verdicts[name];
    assert!(matches!(
        of("locks_both_ways_round"),
        Outcome::Deadlocked(_)
    ));
    assert!(sentence(of("locks_both_ways_round")).contains("every thread waits for another"));
    assert!(matches!(
        of("spins_without_giving_way"),
        Outcome::TimedOut(_)
    ));
    assert!(sentence(of("spins_without_giving_way")).contains("a loop turns for ever"));
    assert!(matches!(of("waits_where_nobody_may"), Outcome::TimedOut(_)));
    assert!(sentence(of("waits_where_nobody_may")).contains("waits for another thread's call"));
    assert!(sentence(of("locks_where_nobody_may_wait")).contains("waits for a lock"));
    assert_eq!(of("tries_again_where_nobody_may_wait"), &Outcome::Passed);
    assert!(matches!(of("is_not_written"), Outcome::NotWritten(_)));
    assert_eq!(
        sentence(of("is_not_written")),
        "not written yet: Counter::add"
    );
    assert!(sentence(of("shares_nothing")).contains("saw no operation at all"));
    assert!(sentence(of("ends_the_process")).contains("ended without a verdict"));
    assert_eq!(of("holds"), &Outcome::Passed);
}
