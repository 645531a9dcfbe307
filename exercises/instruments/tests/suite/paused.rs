//! Async tests on the paused clock: what passes, and how those end that go wrong. The latter run in
//! a process of their own each, and what they say is read from their report.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use instruments::report::{Failure, Outcome, REPORT_FILE, Record, Rung};
use instruments::timeline::{self, Timeline, Unit};

#[test]
fn tasks_that_wait_for_each_other_are_a_deadlock_at_once() {
    let (failure, timeline) = deadlock("two_tasks_that_wait_for_each_other");
    assert_eq!(failure.sentence, "both answers never returned");
    assert_eq!(
        failure.details,
        [
            "deadlock: 3600 s passed on the paused clock, and still nothing happens",
            "task a is in ask b",
            "test waits in both answers",
            "task b is in ask a",
        ]
    );
    assert_eq!(timeline.unit, Unit::VirtualMilliseconds);
    assert_eq!(timeline.lanes[2].spans[0].start, 5);
    assert_eq!(
        timeline.lanes[2].spans[0].outcome,
        timeline::Outcome::Open,
        "it was dropped after the verdict"
    );
}

#[test]
fn a_count_that_is_not_reached_says_how_far_it_came() {
    let (failure, _) = deadlock("a_count_that_is_not_reached");
    assert_eq!(failure.sentence, "only 1 of 2 came");
}

#[test]
fn a_ticking_task_does_not_hide_a_deadlock() {
    let (failure, _) = deadlock("a_deadlock_beside_a_ticking_task");
    assert_eq!(failure.sentence, "the answer never returned");
}

#[test]
fn a_blocked_thread_is_a_deadlock_too() {
    let Outcome::Deadlocked(failure) = outcome_of("a_task_that_blocks_its_thread") else {
        panic!("not reported as a deadlock");
    };
    assert_eq!(failure.sentence, "the lock never returned");
}

#[test]
fn a_task_that_never_yields_meets_the_limit_of_real_time() {
    let Outcome::TimedOut(failure) = record_within("0.2", "a_busy_task").outcome else {
        panic!("not reported as out of time");
    };
    assert_eq!(failure.sentence, "the flag never returned");
    assert_eq!(
        failure.details[0],
        "still running after 0.2 s: a task goes on and on and never waits, or a call in \
         `spawn_blocking` does not return, so the clock stands still"
    );
}

#[test]
fn of_many_tasks_that_wait_the_report_lists_a_few() {
    let (failure, _) = deadlock("twenty_tasks_that_wait");
    assert_eq!(failure.details.len(), 10, "{:#?}", failure.details);
    assert_eq!(failure.details[9], "and 13 more");
}

#[test]
fn a_failed_assertion_leaves_the_picture_as_it_was() {
    let Outcome::Failed(failure) = outcome_of("a_failure_while_tasks_are_at_work") else {
        panic!("not reported as failed");
    };
    assert_eq!(failure.sentence, "7 ms have passed");
    assert_eq!(failure.details.len(), 1, "{:?}", failure.details);
    assert!(failure.details[0].ends_with("as it happens"));
    let timeline = failure.timeline.expect("something was recorded");
    let outcomes: Vec<_> = timeline
        .lanes
        .iter()
        .map(|lane| (lane.name.as_str(), lane.spans[0].outcome))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("panics", timeline::Outcome::Panicked),
            ("fails", timeline::Outcome::Failed),
            ("mine", timeline::Outcome::Open),
            ("works", timeline::Outcome::Open),
        ]
    );
}

#[test]
fn an_instant_that_comes_too_early_is_marked() {
    let Outcome::Failed(failure) = outcome_of("a_grant_that_comes_too_early") else {
        panic!("not reported as failed");
    };
    let timeline = failure.timeline.expect("something was recorded");
    let remarks: Vec<_> = timeline.lanes[0]
        .instants
        .iter()
        .map(|instant| (instant.label.as_str(), instant.broken_rule.as_deref()))
        .collect();
    assert_eq!(remarks, [("one", None), ("two", Some("no token left"))]);
}

#[test]
fn a_paused_test_is_known_by_its_body() {
    let record = record_of("a_count_that_is_not_reached");
    assert_eq!(record.lesson, "paused");
    assert_eq!(record.rung, Rung::Pattern);
    assert_eq!(record.test, "a_count_that_is_not_reached");
}

fn deadlock(sample: &str) -> (Failure, Timeline) {
    match outcome_of(sample) {
        Outcome::Deadlocked(failure) => {
            let timeline = failure.timeline.clone();
            (failure, timeline.expect("something was recorded"))
        }
        other => panic!("not reported as a deadlock: {other:?}"),
    }
}

fn outcome_of(sample: &str) -> Outcome {
    record_of(sample).outcome
}

/// For a sample that never comes near its limit, however busy the machine is.
fn record_of(sample: &str) -> Record {
    record_within("60", sample)
}

/// Runs one of the samples below in a process of its own, with a limit of so many seconds.
fn record_within(seconds: &str, sample: &str) -> Record {
    let report = tempfile(sample);
    let this = env::current_exe().expect("a running program has a path");
    let status = Command::new(this)
        .args([
            "--ignored",
            "--exact",
            &format!("paused::pattern::{sample}"),
        ])
        .env(REPORT_FILE, &report)
        .env(instruments::LIMIT, seconds)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("this very program runs");
    assert!(!status.success(), "{sample} passed");
    let line = std::fs::read_to_string(&report).expect("the sample wrote its record");
    serde_json::from_str(&line).expect("one record")
}

/// Two tests run one of the samples, so each run has a file of its own.
fn tempfile(sample: &str) -> PathBuf {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{sample}-{n}.jsonl"));
    let _ = std::fs::remove_file(&file);
    file
}

/// Tests that pass.
mod core {
    use std::time::Duration;

    use instruments::canary::Cage;
    use instruments::gate::Gate;
    use tokio::time::sleep;

    #[test]
    fn an_hour_passes_at_once() {
        instruments::paused(|run| async move {
            sleep(Duration::from_mins(59)).await;
            assert!(run.now() == 59 * 60 * 1000, "{} ms have passed", run.now());
        });
    }

    #[test]
    fn gates_hold_tasks_and_not_the_thread() {
        instruments::paused(|run| async move {
            let (gate, cage) = (Gate::new(), Cage::new());
            let both = run.rendezvous(2, |inside| format!("only {inside} of 2 tasks ran at once"));
            for n in 0..2 {
                let (both, gate, canary) = (both.clone(), gate.clone(), cage.canary());
                tokio::spawn(run.task(&format!("task {n}"), "work", async move {
                    both.arrived().await;
                    gate.opened().await;
                    drop(canary);
                }));
            }
            instruments::settle().await;
            assert!(cage.alive() == 2, "{} tasks wait", cage.alive());
            gate.open();
            run.call_async("the tasks", cage.emptied()).await;
            assert!(run.now() == 0, "{} ms have passed", run.now());
            assert!(run.most_at_once() == 2, "{} at once", run.most_at_once());
        });
    }
}

/// Tests that go wrong.
mod pattern {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::{interval, sleep};

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn two_tasks_that_wait_for_each_other() {
        instruments::paused(|run| async move {
            let (to_a, a_hears) = oneshot::channel::<()>();
            let (to_b, b_hears) = oneshot::channel::<()>();
            let a = tokio::spawn(run.task("task a", "ask b", async move {
                let answer = a_hears.await;
                drop((answer, to_b));
            }));
            let b = run.task("task b", "ask a", async move {
                let answer = b_hears.await;
                drop((answer, to_a));
            });
            sleep(Duration::from_millis(5)).await;
            let b = tokio::spawn(b);
            run.call_async("both answers", async { tokio::join!(a, b) })
                .await
                .0
                .expect("nobody panics");
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_count_that_is_not_reached() {
        instruments::paused(|run| async move {
            let came = run.count(|came| format!("only {came} of 2 came"));
            run.granted_on("test", "one");
            came.add();
            came.reached(2).await;
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_deadlock_beside_a_ticking_task() {
        instruments::paused(|run| async move {
            tokio::spawn(async {
                let mut ticks = interval(Duration::from_millis(100));
                loop {
                    ticks.tick().await;
                }
            });
            run.call_async("the answer", std::future::pending::<()>())
                .await;
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_task_that_blocks_its_thread() {
        instruments::paused(|run| async move {
            let lock = Arc::new(Mutex::new(()));
            let _held = lock.lock();
            let again = Arc::clone(&lock);
            run.call_async("the lock", async move {
                drop(again.lock());
            })
            .await;
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn twenty_tasks_that_wait() {
        instruments::paused(|run| async move {
            let tasks: Vec<_> = (1..=20)
                .map(|n| {
                    let wait = run.task(&format!("task {n}"), "wait", std::future::pending::<()>());
                    tokio::spawn(wait)
                })
                .collect();
            run.call_async("all of them", async {
                for task in tasks {
                    task.await.expect("nobody panics");
                }
            })
            .await;
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_busy_task() {
        instruments::paused(|run| async move {
            run.call_async("the flag", async {
                loop {
                    std::hint::spin_loop();
                }
            })
            .await;
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_failure_while_tasks_are_at_work() {
        instruments::paused(|run| async move {
            let panics = run.task("panics", "work", async { panic!("as it happens") });
            tokio::spawn(panics)
                .await
                .expect_err("it panics, by design");
            let fails = run.try_task("fails", "work", async { Err::<(), _>("no") });
            fails.await.expect_err("it fails, by design");
            tokio::spawn(run.task("works", "work", std::future::pending::<()>()));
            let mut mine = Box::pin(run.task("mine", "work", std::future::pending::<()>()));
            let seven = sleep(Duration::from_millis(7));
            tokio::select! {
                () = &mut mine => {}
                () = seven => {}
            }
            assert!(run.now() < 7, "{} ms have passed", run.now());
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_grant_that_comes_too_early() {
        instruments::paused(|run| async move {
            run.not_before(100, "two", "no token left");
            run.granted_on("caller", "one");
            sleep(Duration::from_millis(50)).await;
            run.granted_on("caller", "two");
            assert!(run.now() == 100, "the second came after {} ms", run.now());
        });
    }
}
