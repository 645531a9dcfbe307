//! What the shared numbers of a load test must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test atomics core`.
//!
//! A test that calls `model::check` runs its body in every order with at most two interruptions in all,
//! with every value that a load could return. It reports an order in which the body fails. No call
//! waits for another thread's call to end: where one does, the model says so.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

use exercises::atomics::{Budget, Door, Failure, FirstFailure, Meter, Stop};
use instruments::model;

/// No update is lost, and nothing is handed out twice.
mod core {
    use super::*;

    #[test]
    fn no_byte_is_lost_when_two_workers_add() {
        model::check(|model| {
            model.nobody_waits();
            let meter = Arc::new(Meter::new());
            let workers = [1, 2].map(|bytes| {
                let meter = Arc::clone(&meter);
                model.spawn(&format!("worker {bytes}"), move || meter.add(bytes))
            });
            for worker in workers {
                worker.join();
            }
            let counted = meter.take();
            assert!(
                counted == 3,
                "two workers added 1 and 2 bytes, but the meter counted {counted}"
            );
        });
    }

    #[test]
    fn no_byte_is_lost_when_three_workers_add() {
        model::check(|model| {
            model.nobody_waits();
            let meter = Arc::new(Meter::new());
            let workers = [1, 2, 4].map(|bytes| {
                let meter = Arc::clone(&meter);
                model.spawn(&format!("worker {bytes}"), move || meter.add(bytes))
            });
            for worker in workers {
                worker.join();
            }
            let counted = meter.take();
            assert!(
                counted == 7,
                "three workers added 1, 2 and 4 bytes, but the meter counted {counted}"
            );
        });
    }

    #[test]
    fn four_real_threads_add_up() {
        instruments::test(|run| {
            let meter = Meter::new();
            run.call("meter.add()", || {
                thread::scope(|scope| {
                    for _ in 0..4 {
                        scope.spawn(|| (0..10_000).for_each(|_| meter.add(1_000_000)));
                    }
                });
            });
            let counted = meter.take();
            assert!(
                counted == 40_000_000_000,
                "four threads added 40000000000 bytes, but the meter counted {counted}"
            );
            let again = meter.take();
            assert!(
                again == 0,
                "nothing was added since the last take(), but it handed out {again}"
            );
        });
    }

    #[test]
    fn the_last_request_of_a_budget_goes_to_one_worker() {
        model::check(|model| {
            model.nobody_waits();
            let budget = Arc::new(Budget::new(1));
            let taken = takers(model, &budget, 1);
            assert!(
                taken == 1,
                "{taken} workers got a request out of a budget of 1"
            );
        });
    }

    #[test]
    fn a_budget_of_two_serves_both_workers() {
        model::check(|model| {
            model.nobody_waits();
            let budget = Arc::new(Budget::new(2));
            let taken = takers(model, &budget, 1);
            let left = budget.left();
            assert!(
                taken == 2,
                "the budget was 2, but only {taken} of 2 workers got a request, and {left} is left"
            );
            assert!(
                left == 0,
                "2 requests were taken out of a budget of 2, but {left} are left"
            );
        });
    }

    #[test]
    fn a_budget_of_three_serves_all_three_workers() {
        model::check(|model| {
            model.nobody_waits();
            let budget = Arc::new(Budget::new(3));
            let takers = [1, 2, 3].map(|worker| {
                let budget = Arc::clone(&budget);
                model.spawn(&format!("worker {worker}"), move || budget.try_take())
            });
            let got = takers.map(model::Running::join);
            let taken = got.iter().filter(|got| **got).count();
            assert!(
                taken == 3,
                "the budget was 3, but only {taken} of 3 workers got a request"
            );
        });
    }

    #[test]
    fn a_budget_may_be_any_number() {
        instruments::test(|_| {
            for requests in [0, 1, 1 << 32, u64::MAX] {
                let budget = Budget::new(requests);
                let left = budget.left();
                assert!(
                    left == requests,
                    "nothing was taken out of a budget of {requests}, but {left} are left"
                );
                for _ in 0..2 {
                    let before = budget.left();
                    let taken = never_panics(
                        || budget.try_take(),
                        &format!("of a budget of {requests}, {before} are left, but try_take()"),
                    );
                    assert!(
                        taken == (before > 0),
                        "of a budget of {requests}, {before} are left, but try_take() returned \
                         {taken}"
                    );
                }
                let left = budget.left();
                assert!(
                    left == requests.saturating_sub(2),
                    "try_take() was called twice on a budget of {requests}, and {left} are left"
                );
            }
        });
    }

    #[test]
    fn one_of_two_callers_stops_the_test() {
        model::check(|model| {
            model.nobody_waits();
            let stop = Arc::new(Stop::new());
            let callers = ["worker 1", "worker 2"].map(|name| {
                let stop = Arc::clone(&stop);
                model.spawn(name, move || stop.stop())
            });
            let first = callers
                .into_iter()
                .map(model::Running::join)
                .filter(|first| *first)
                .count();
            assert!(
                first == 1,
                "two workers called stop(), and {first} of them were told that they stopped the test"
            );
        });
    }

    #[test]
    fn a_stop_is_seen_by_everybody_who_asks() {
        instruments::test(|_| {
            let stop = Stop::new();
            assert!(!stop.is_stopped(), "is_stopped() before anybody stopped it");
            assert!(stop.stop(), "the first stop() did not stop the test");
            for asked in 1..=2 {
                assert!(
                    stop.is_stopped(),
                    "stop() returned, but is_stopped() number {asked} says no"
                );
            }
            assert!(!stop.stop(), "a second stop() stopped the test again");
            assert!(stop.is_stopped(), "a second stop() started the test again");
            // A count of the callers comes round some day.
            for call in 3..=300 {
                assert!(
                    !stop.stop() && stop.is_stopped(),
                    "stop() number {call} began all over again"
                );
            }
        });
    }

    #[test]
    fn the_first_failure_stays() {
        instruments::test(|_| {
            let first = FirstFailure::new();
            let got = first.get();
            assert!(
                got.is_none(),
                "nothing was published, but get() handed out {got:?}"
            );
            let failures = [(0, 0), (7, 250), (8, 0), (0, 0)].map(failure);
            for (n, failure) in failures.into_iter().enumerate() {
                let published = first.publish(failure);
                assert!(
                    published == (n == 0),
                    "publish() number {} returned {published}",
                    n + 1
                );
                let got = first.get();
                assert!(
                    got == Some(failures[0]),
                    "the first failure was {}, but get() handed out {}",
                    shown(Some(failures[0])),
                    shown(got)
                );
            }
        });
    }

    #[test]
    fn a_failure_may_have_any_numbers() {
        instruments::test(|_| {
            for numbers in [(0, 0), (1 << 40, 1), (1, 1 << 40), (u64::MAX, u64::MAX)] {
                let (first, sent) = (FirstFailure::new(), failure(numbers));
                let published = first.publish(sent);
                let got = first.get();
                assert!(
                    published && got == Some(sent),
                    "publish() of {} returned {published}, and get() handed out {}",
                    shown(Some(sent)),
                    shown(got)
                );
            }
        });
    }
}

/// Several numbers that belong together, and numbers that begin again.
mod pattern {
    use super::*;

    #[test]
    fn take_loses_no_byte_that_is_added_meanwhile() {
        model::check(|model| {
            model.nobody_waits();
            let meter = Arc::new(Meter::new());
            meter.add(4);
            let worker = model.spawn("worker", {
                let meter = Arc::clone(&meter);
                move || meter.add(1)
            });
            let taker = model.spawn("taker", {
                let meter = Arc::clone(&meter);
                move || meter.take()
            });
            worker.join();
            let (during, after) = (taker.join(), meter.take());
            assert!(
                during + after == 5,
                "5 bytes were added, but take() handed out {during}, then {after}"
            );
        });
    }

    #[test]
    fn two_takes_do_not_hand_out_the_same_byte() {
        model::check(|model| {
            model.nobody_waits();
            let meter = Arc::new(Meter::new());
            meter.add(5);
            let takers = ["taker 1", "taker 2"].map(|name| {
                let meter = Arc::clone(&meter);
                model.spawn(name, move || meter.take())
            });
            let [a, b] = takers.map(model::Running::join);
            let after = meter.take();
            assert!(
                [a, b, after].iter().filter(|taken| **taken == 5).count() == 1
                    && [a, b, after].iter().filter(|taken| **taken == 0).count() == 2,
                "5 bytes were added, but two take() at once handed out {a} and {b}, and one later {after}"
            );
        });
    }

    #[test]
    fn a_budget_never_looks_larger_than_it_was() {
        model::check(|model| {
            model.nobody_waits();
            let budget = Arc::new(Budget::new(1));
            let onlooker = model.spawn("onlooker", {
                let budget = Arc::clone(&budget);
                move || budget.left()
            });
            takers(model, &budget, 1);
            let left = onlooker.join();
            assert!(left <= 1, "{left} requests are left of a budget of 1");
        });
    }

    #[test]
    fn an_empty_budget_stays_empty_however_often_one_asks() {
        model::check(|model| {
            model.nobody_waits();
            let budget = Arc::new(Budget::new(1));
            let taken = takers(model, &budget, 2);
            assert!(
                taken == 1,
                "two workers asked twice each, and got {taken} requests out of a budget of 1"
            );
        });
    }

    #[test]
    fn whoever_sees_a_failure_sees_all_of_it() {
        model::check(|model| {
            model.nobody_waits();
            let first = Arc::new(FirstFailure::new());
            let sent = failure((7, 250));
            let publisher = model.spawn("publisher", {
                let first = Arc::clone(&first);
                move || first.publish(sent)
            });
            let reader = model.spawn("reader", {
                let first = Arc::clone(&first);
                move || first.get()
            });
            let (was_first, got) = (publisher.join(), reader.join());
            assert!(
                was_first,
                "the only publish() was told that it is not the first"
            );
            assert!(
                got.is_none() || got == Some(sent),
                "{} was published, but get() handed out {}",
                shown(Some(sent)),
                shown(got)
            );
        });
    }

    #[test]
    fn of_two_failures_one_is_kept_whole() {
        model::check(|model| {
            model.nobody_waits();
            let first = Arc::new(FirstFailure::new());
            let failures = [failure((1, 100)), failure((2, 200))];
            let publishers = failures.map(|failure| {
                let first = Arc::clone(&first);
                model.spawn(&format!("publisher {}", failure.request), move || {
                    (first.publish(failure), first.get())
                })
            });
            let told = publishers.map(model::Running::join);
            let got = first.get();
            let firsts = told.iter().filter(|(was_first, _)| *was_first).count();
            assert!(
                firsts == 1,
                "two publish() at once, and {firsts} of them were told to be the first"
            );
            for (failure, (was_first, right_after)) in failures.into_iter().zip(told) {
                let of_whom = shown(Some(failure));
                assert!(
                    !was_first || right_after == Some(failure),
                    "the publish() of {of_whom} was the first, but its next get() handed out {}",
                    shown(right_after)
                );
                assert!(
                    !was_first || got == Some(failure),
                    "the publish() of {of_whom} was the first, but in the end get() handed out {}",
                    shown(got)
                );
            }
        });
    }

    #[test]
    fn a_failure_does_not_change_once_it_was_seen() {
        model::check(|model| {
            model.nobody_waits();
            let first = Arc::new(FirstFailure::new());
            let failures = [failure((1, 100)), failure((2, 200))];
            let publishers = failures.map(|failure| {
                let first = Arc::clone(&first);
                model.spawn(&format!("publisher {}", failure.request), move || {
                    first.publish(failure)
                })
            });
            let reader = model.spawn("reader", {
                let first = Arc::clone(&first);
                move || (first.get(), first.get())
            });
            let told = publishers.map(model::Running::join);
            let (once, again) = reader.join();
            let kept = failures
                .into_iter()
                .zip(told)
                .find_map(|(failure, was_first)| was_first.then_some(failure));
            for got in [once, again] {
                assert!(
                    got.is_none() || got == kept,
                    "{} was kept, but get() handed out {}",
                    shown(kept),
                    shown(got)
                );
            }
            assert!(
                once.is_none() || again == once,
                "get() handed out {}, and then {}",
                shown(once),
                shown(again)
            );
        });
    }

    #[test]
    fn a_load_test_on_real_threads_adds_up() {
        instruments::test(|run| {
            let (meter, budget) = (Meter::new(), Budget::new(1_000));
            let (stop, first) = (Stop::new(), FirstFailure::new());
            let worker = |worker: u64| {
                let mut sent = 0;
                while !stop.is_stopped() && budget.try_take() {
                    sent += 1;
                    meter.add(10);
                    if budget.left() == 0 && first.publish(failure((worker, worker))) {
                        stop.stop();
                    }
                }
                sent
            };
            let sent: u64 = run.call("the workers", || {
                thread::scope(|scope| {
                    let workers = [1, 2, 3, 4].map(|n| scope.spawn(move || worker(n)));
                    workers
                        .into_iter()
                        .map(|worker| instruments::passed_on(worker.join()))
                        .sum()
                })
            });
            let (counted, left) = (meter.take(), budget.left());
            assert!(
                sent == 1_000 && left == 0,
                "4 workers sent {sent} requests out of a budget of 1000, and {left} are left"
            );
            assert!(
                counted == 10_000,
                "1000 requests brought 10 bytes each, but the meter counted {counted}"
            );
            assert!(stop.is_stopped(), "stop() was called, but nobody sees it");
            let got = first.get();
            assert!(
                got.is_some_and(|got| got.request == got.micros),
                "the first failure came out as {}",
                shown(got)
            );
        });
    }
}

/// A decision that depends on two things at once.
mod stretch {
    use sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn nobody_gets_through_a_door_that_closed_empty() {
        model::check(|model| {
            model.nobody_waits();
            let door = Arc::new(Door::new());
            let worker = model.spawn("worker", {
                let door = Arc::clone(&door);
                move || door.enter()
            });
            let closer = model.spawn("closer", {
                let door = Arc::clone(&door);
                move || door.close()
            });
            let (inside, empty) = (worker.join(), closer.join());
            assert!(
                !(inside && empty),
                "enter() let the worker in, and close() said that nobody is inside"
            );
            let refused = door.enter();
            assert!(!refused, "enter() let a worker in after close()");
            let empty = door.close();
            assert!(
                empty != inside,
                "the worker {}, but close() said {empty}",
                if inside {
                    "is still inside"
                } else {
                    "was turned away"
                }
            );
        });
    }

    #[test]
    fn what_was_done_inside_is_visible_once_all_are_out() {
        model::check(|model| {
            model.nobody_waits();
            let (door, results) = (Arc::new(Door::new()), Arc::new(AtomicU64::new(0)));
            let worker = model.spawn("worker", {
                let (door, results) = (Arc::clone(&door), Arc::clone(&results));
                move || {
                    let inside = door.enter();
                    if inside {
                        results.store(1, Ordering::Relaxed);
                        door.leave();
                    }
                    inside
                }
            });
            let closer = model.spawn("closer", {
                let (door, results) = (Arc::clone(&door), Arc::clone(&results));
                // Asks again, as it may.
                let closed_empty = move || door.close() || door.close();
                move || closed_empty().then(|| results.load(Ordering::Relaxed))
            });
            let (inside, seen) = (worker.join(), closer.join());
            assert!(
                !(inside && seen == Some(0)),
                "close() said that all are out, but what the worker did inside cannot be seen"
            );
        });
    }

    #[test]
    fn two_workers_come_and_go_at_once() {
        model::check(|model| {
            model.nobody_waits();
            let door = Arc::new(Door::new());
            let workers = ["worker 1", "worker 2"].map(|name| {
                let door = Arc::clone(&door);
                model.spawn(name, move || {
                    let inside = door.enter();
                    if inside {
                        door.leave();
                    }
                    inside
                })
            });
            let let_in = workers.map(model::Running::join);
            assert!(
                let_in == [true, true],
                "two workers came to an open door, but enter() refused one"
            );
            assert!(
                door.close(),
                "two workers came and went, but close() said that somebody is inside"
            );
        });
    }

    #[test]
    fn three_workers_enter_at_once() {
        model::check(|model| {
            model.nobody_waits();
            let door = Arc::new(Door::new());
            let workers = [1, 2, 3].map(|worker| {
                let door = Arc::clone(&door);
                model.spawn(&format!("worker {worker}"), move || door.enter())
            });
            let let_in = workers.map(model::Running::join);
            assert!(
                let_in == [true; 3],
                "three workers came to an open door, but enter() refused one"
            );
        });
    }

    #[test]
    fn the_door_counts_who_is_inside() {
        instruments::test(|_| {
            let door = Door::new();
            for worker in 1..=300 {
                assert!(door.enter(), "an open door refused worker {worker}");
            }
            (0..298).for_each(|_| door.leave());
            assert!(!door.close(), "2 are inside, but close() said nobody is");
            door.leave();
            assert!(!door.close(), "1 is inside, but close() said nobody is");
            assert!(!door.enter(), "a closed door let a worker in");
            door.leave();
            assert!(door.close(), "all have left, but close() said otherwise");
            assert!(!door.enter(), "a closed door let a worker in");
            assert!(
                door.close(),
                "a worker was turned away, but close() takes it to be inside"
            );
        });
    }
}

/// Two workers that ask `budget` for `times` requests each; how many they got.
fn takers(model: &model::Model, budget: &Arc<Budget>, times: usize) -> usize {
    let takers = ["worker 1", "worker 2"].map(|name| {
        let budget = Arc::clone(budget);
        model.spawn(name, move || {
            (0..times).filter(|_| budget.try_take()).count()
        })
    });
    takers.into_iter().map(model::Running::join).sum()
}

/// What `call` returns. `but` begins the sentence that says what it panics with.
#[track_caller]
fn never_panics<T>(call: impl FnOnce() -> T, but: &str) -> T {
    match panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(returned) => returned,
        Err(payload) => {
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            match text {
                Some(words) if !words.starts_with("not yet implemented") => {
                    panic!("{but} panics: {words}")
                }
                _ => panic::resume_unwind(payload),
            }
        }
    }
}

fn failure((request, micros): (u64, u64)) -> Failure {
    Failure { request, micros }
}

fn shown(failure: Option<Failure>) -> String {
    failure.map_or("nothing".to_owned(), |failure| {
        format!("request {} with {} µs", failure.request, failure.micros)
    })
}
