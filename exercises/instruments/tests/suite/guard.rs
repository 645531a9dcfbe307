//! How a test that goes wrong ends: each sample runs in a process of its own, and what it says is read
//! from its report.
#![cfg(target_os = "linux")]

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use instruments::report::{Failure, Outcome, REPORT_FILE, Record};

#[test]
fn a_deadlock_names_the_call_the_threads_and_how_many_sleep_elsewhere() {
    let Outcome::Deadlocked(failure) = outcome_of("an_orderless_end") else {
        panic!("not reported as a deadlock");
    };
    assert_eq!(failure.sentence, "drop(pool) never returned");
    assert_eq!(
        failure.details,
        [
            "deadlock: all 4 threads of this test sleep, and nobody is left to wake one",
            "thread 1 is in job 0",
            "test waits in drop(pool)",
            "2 of them are in no job: they wait at a lock, a channel or a join",
        ]
    );
}

#[test]
fn a_wait_at_the_tests_own_gate_is_not_called_a_deadlock() {
    let Outcome::Deadlocked(failure) = outcome_of("one_of_two_at_a_rendezvous") else {
        panic!("not reported as a deadlock");
    };
    assert_eq!(failure.sentence, "only 1 of 2 jobs is at work");
    assert_eq!(
        failure.details[0],
        "the test waits for others to come, and its one thread is the only one"
    );
}

#[test]
fn a_hang_that_nobody_announced_still_has_a_sentence() {
    let Outcome::Deadlocked(failure) = outcome_of("a_lock_taken_twice") else {
        panic!("not reported as a deadlock");
    };
    assert_eq!(
        failure.sentence,
        "nothing moves any more: every thread waits"
    );
}

#[test]
fn a_busy_loop_meets_the_limit() {
    let Outcome::TimedOut(failure) = outcome_within("0.2", "a_busy_loop") else {
        panic!("not reported as out of time");
    };
    assert_eq!(failure.sentence, "the flag never returned");
    let why = "still running after 0.2 s: 1 of its threads keeps a core busy, without an end";
    assert_eq!(failure.details[0], why);
}

#[test]
fn the_next_one_that_hangs_is_told_sooner() {
    let Outcome::TimedOut(failure) = outcome_within("0.25", "a_busy_loop_after_another") else {
        panic!("not reported as out of time");
    };
    let why = &failure.details[0];
    assert!(why.starts_with("still running after 0.05 s"), "{why}");
}

#[test]
fn a_test_that_gets_on_has_time() {
    assert_eq!(
        outcome_within("0.4", "steps_that_take_long_together"),
        Outcome::Passed
    );
}

#[test]
fn a_test_that_got_on_once_meets_the_limit_too() {
    let Outcome::TimedOut(failure) = outcome_within("0.2", "a_step_and_a_busy_loop") else {
        panic!("not reported as out of time");
    };
    assert_eq!(failure.sentence, "the flag never returned");
}

#[test]
fn a_panic_that_follows_the_verdict_is_no_cause() {
    let Outcome::Failed(failure) = outcome_of("a_failure_that_takes_a_thread_along") else {
        panic!("not reported as failed");
    };
    assert_eq!(failure.sentence, "1 is not 2");
    let details: &[String] = &failure.details;
    assert!(details.is_empty(), "{details:?}");
}

#[test]
fn a_panic_that_came_before_the_verdict_is_shown() {
    let Outcome::Failed(failure) = outcome_of("a_failure_after_a_panic") else {
        panic!("not reported as failed");
    };
    let Failure { details, .. } = failure;
    assert!(
        details.len() == 1 && details[0].ends_with(": no data"),
        "{details:?}"
    );
}

#[test]
fn a_failure_in_an_async_helper_stands_at_the_line_that_called_it() {
    assert_eq!(
        place_of("a_failure_in_a_helper_of_a_helper"),
        line_with("// The line that called a helper.")
    );
}

#[test]
fn a_panic_in_the_toolchain_stands_at_the_line_that_led_there() {
    assert_eq!(
        place_of("a_panic_in_the_toolchain"),
        line_with("// The line that led to it.")
    );
}

fn place_of(sample: &str) -> String {
    let Outcome::Failed(failure) = outcome_of(sample) else {
        panic!("not reported as failed");
    };
    failure.place.expect("a panic has a place")
}

/// `file:line` of the first line of this file that ends so.
fn line_with(remark: &str) -> String {
    let lines = include_str!("guard.rs").lines();
    let above = lines.take_while(|line| !line.ends_with(remark)).count();
    let (file, line) = ("exercises/instruments/tests/suite/guard.rs", above + 1);
    format!("{file}:{line}")
}

/// For a sample that never comes near its limit, however busy the machine is.
fn outcome_of(sample: &str) -> Outcome {
    outcome_within("60", sample)
}

/// Runs one of the samples below in a process of its own, with a limit of so many seconds.
fn outcome_within(seconds: &str, sample: &str) -> Outcome {
    let report = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("guard-{sample}.jsonl"));
    let _ = std::fs::remove_file(&report);
    let this = env::current_exe().expect("a running program has a path");
    let status = Command::new(this)
        .args(["--ignored", "--exact", &format!("guard::core::{sample}")])
        .env(REPORT_FILE, &report)
        .env(instruments::LIMIT, seconds)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("this very program runs");
    let records = std::fs::read_to_string(&report).expect("the sample wrote its record");
    let last = records.lines().last().expect("there is one");
    let record: Record = serde_json::from_str(last).expect("a record");
    let passed = record.outcome == Outcome::Passed;
    assert_eq!(status.success(), passed, "{sample} ends otherwise");
    record.outcome
}

/// Tests that go wrong. Named like a rung, as every guarded test is.
mod core {
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn one_of_two_at_a_rendezvous() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |inside| format!("only {inside} of 2 jobs is at work"));
            run.job("job 0", move || both.arrive())();
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn an_orderless_end() {
        instruments::test(|run| {
            let (queue, jobs) = channel::<()>();
            let jobs = Arc::new(Mutex::new(jobs));
            let idle: Vec<_> = (0..2)
                .map(|_| {
                    let jobs = Arc::clone(&jobs);
                    thread::spawn(move || {
                        let _ = jobs.lock().expect("nobody panics").recv();
                    })
                })
                .collect();
            let started = run.count(|_| "job 0 never started".to_owned());
            let busy = thread::spawn(run.job("job 0", {
                let started = started.clone();
                move || {
                    started.add();
                    thread::park();
                }
            }));
            started.wait_for(1);
            run.call("drop(pool)", || {
                for worker in idle {
                    worker.join().expect("it does not panic");
                }
            });
            drop((queue, busy));
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_lock_taken_twice() {
        instruments::test(|_| {
            let lock = Mutex::new(());
            let _first = lock.lock();
            let _second = lock.lock();
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_busy_loop() {
        instruments::test(|run| {
            run.call("the flag", || {
                loop {
                    std::hint::spin_loop();
                }
            });
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_busy_loop_after_another() {
        let spin = || {
            instruments::test(|_| {
                loop {
                    std::hint::spin_loop();
                }
            });
        };
        let _ = std::panic::catch_unwind(spin);
        spin();
    }

    #[test]
    #[ignore = "takes longer than its limit: another test runs it"]
    fn steps_that_take_long_together() {
        instruments::test(|run| {
            for _ in 0..5 {
                let step = Instant::now();
                while step.elapsed() < Duration::from_millis(100) {
                    std::hint::spin_loop();
                }
                run.gets_on();
            }
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_step_and_a_busy_loop() {
        instruments::test(|run| {
            run.gets_on();
            run.call("the flag", || {
                loop {
                    std::hint::spin_loop();
                }
            });
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_failure_that_takes_a_thread_along() {
        instruments::test(|_| {
            let (sender, receiver) = channel::<()>();
            let thread = thread::spawn(move || receiver.recv().expect("the body sends"));
            let _join = JoinOnDrop(Some(thread));
            let _sender = sender;
            panic!("1 is not 2");
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_failure_after_a_panic() {
        instruments::test(|_| {
            let _ = thread::spawn(|| panic!("no data")).join();
            panic!("1 is not 2");
        });
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_failure_in_a_helper_of_a_helper() {
        instruments::paused(|_| async {
            calls_another_helper().await; // The line that called a helper.
        });
    }

    #[track_caller]
    fn calls_another_helper() -> impl Future<Output = ()> {
        instruments::helper(async {
            tokio::task::yield_now().await;
            fails_as_a_helper().await;
        })
    }

    #[track_caller]
    fn fails_as_a_helper() -> impl Future<Output = ()> {
        instruments::helper(async {
            tokio::task::yield_now().await;
            panic!("1 is not 2");
        })
    }

    #[test]
    #[ignore = "goes wrong: another test runs it"]
    fn a_panic_in_the_toolchain() {
        instruments::test(|_| {
            let most = std::hint::black_box(Duration::MAX);
            let _ = most + most; // The line that led to it.
        });
    }

    struct JoinOnDrop(Option<thread::JoinHandle<()>>);

    impl Drop for JoinOnDrop {
        fn drop(&mut self) {
            if let Some(thread) = self.0.take() {
                let _ = thread.join();
            }
        }
    }
}
