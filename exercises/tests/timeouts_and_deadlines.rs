//! What a pass must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test timeouts_and_deadlines core`.
//!
//! Time is tokio's, paused: it jumps to the next sleeper's end whenever every task waits.

#![allow(
    clippy::drop_non_drop,
    reason = "a pass of the stub has nothing to drop yet"
)]

use std::any::Any;
use std::future::{self, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use exercises::timeouts_and_deadlines::Pass;
use exercises::timeouts_and_deadlines::Stopped::{self, Cancelled, TimeUp};
use futures::FutureExt;
use futures::future::BoxFuture;
use instruments::canary::{Cage, Canary};
use instruments::gate::{Count, Gate};
use instruments::{PROBE, Run};
use tokio::runtime::{Builder, Handle};
use tokio::time::{self, sleep};

/// Steps that share one budget, and an end that says why.
mod core {
    use super::*;

    #[test]
    fn a_step_that_is_done_in_time_returns_what_it_came_to() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let mut log = Vec::new();
            let login = async {
                sleep(ms(20)).await;
                log.push("logged in");
                7
            };
            let channel = pass.step(run.task("login", "step", login)).await;
            assert!(
                channel == Ok(7),
                "the login came to 7 within its time, but `step` returned {channel:?}"
            );
            station.it_is(20, "a step of 20 ms");
            assert!(
                log.len() == 1,
                "the login was done, but it has not been run"
            );
        });
    }

    #[test]
    fn a_step_is_stopped_when_the_time_is_up() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            station.step(&pass, "login", 80, Err(TimeUp), 50).await;
        });
    }

    #[test]
    fn three_steps_share_one_budget() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            station.marks(50, "time is up");
            let pass = Pass::new(ms(50));
            station.step(&pass, "dish", 20, Ok(()), 20).await;
            station.step(&pass, "login", 20, Ok(()), 40).await;
            station.step(&pass, "download", 20, Err(TimeUp), 50).await;
        });
    }

    #[test]
    fn time_that_passes_between_two_steps_is_spent_as_well() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            station.marks(50, "time is up");
            let pass = Pass::new(ms(50));
            station.step(&pass, "dish", 10, Ok(()), 10).await;
            station.wait_until(40).await;
            station.step(&pass, "login", 20, Err(TimeUp), 50).await;
        });
    }

    #[test]
    fn steps_may_be_taken_at_the_same_time() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Arc::new(Pass::new(ms(50)));
            let slow = {
                let (pass, station) = (Arc::clone(&pass), station.clone());
                tokio::spawn(async move {
                    let download = station.step(&pass, "recording 1", 80, Err(TimeUp), 50);
                    download.await;
                })
            };
            tokio::join!(
                station.step(&pass, "recording 2", 30, Ok(()), 30),
                station.step(&pass, "recording 3", 20, Ok(()), 20),
            );
            if let Err(error) = slow.await {
                panic::resume_unwind(error.into_panic());
            }
        });
    }

    #[test]
    fn a_cancelled_pass_stops_its_step_at_once() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            tokio::join!(
                station.step(&pass, "login", 80, Err(Cancelled), 13),
                station.cancels(&pass, 13),
            );
        });
    }

    #[test]
    fn a_pass_that_was_cancelled_between_two_steps_has_ended() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            station.step(&pass, "dish", 20, Ok(()), 20).await;
            pass.cancel();
            run.moment("cancelled");
            station.step(&pass, "login", 20, Err(Cancelled), 20).await;
        });
    }

    #[test]
    fn a_pass_whose_time_is_up_begins_no_step() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            station.wait_until(60).await;
            station
                .begins_nothing(&pass, "its time was up", TimeUp)
                .await;
        });
    }

    #[test]
    fn a_cancelled_pass_begins_no_step() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            pass.cancel();
            station
                .begins_nothing(&pass, "it was cancelled", Cancelled)
                .await;
            station.wait_until(60).await;
            station
                .begins_nothing(
                    &pass,
                    "it was cancelled, and later its time was up",
                    Cancelled,
                )
                .await;
        });
    }

    #[test]
    fn a_pass_that_is_cancelled_after_its_time_was_up_is_cancelled() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            station.wait_until(60).await;
            pass.cancel();
            run.moment("cancelled");
            let because = "its time was up, and later it was cancelled";
            station.begins_nothing(&pass, because, Cancelled).await;
        });
    }

    #[test]
    fn the_time_left_runs_down_to_zero() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            for (at, left) in [(0, 50), (20, 30), (50, 0), (80, 0)] {
                station.wait_until(at).await;
                station.has_left(&pass, left);
            }
            let pass = Pass::new(ms(50));
            pass.cancel();
            let left = pass.time_left();
            assert!(
                left.is_zero(),
                "the pass was cancelled, but `time_left` says {left:?}"
            );
        });
    }

    #[test]
    fn background_work_runs_while_steps_are_taken() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let written = Count::new();
            let writes = {
                let written = written.clone();
                async move {
                    sleep(ms(10)).await;
                    written.add();
                }
            };
            pass.start(run.task("telemetry", "background", writes));
            station.step(&pass, "login", 20, Ok(()), 20).await;
            assert!(
                written.get() == 1,
                "telemetry takes 10 ms in the background, but after a step of 20 ms it is not written"
            );
        });
    }
}

/// What makes it this pattern: parts within the whole, and background work that ends with its pass.
mod pattern {
    use super::*;

    #[test]
    fn a_part_may_have_less_time_than_the_whole() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            station.step(&pass, "dish", 10, Ok(()), 10).await;
            let login = pass.part(ms(15));
            station.has_left(&login, 15);
            station.step(&login, "login", 80, Err(TimeUp), 25).await;
            station.step(&pass, "download", 20, Ok(()), 45).await;
        });
    }

    #[test]
    fn a_part_ends_no_later_than_the_whole() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            station.marks(50, "time of the whole is up");
            let pass = Pass::new(ms(50));
            station.step(&pass, "dish", 20, Ok(()), 20).await;
            let login = pass.part(ms(40));
            station.has_left(&login, 30);
            station.step(&login, "login", 80, Err(TimeUp), 50).await;
        });
    }

    #[test]
    fn cancelling_a_part_is_nothing_to_the_whole_and_to_other_parts() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let (one, two) = (pass.part(ms(40)), pass.part(ms(40)));
            tokio::join!(
                station.cancels(&one, 13),
                station.step(&one, "part 1", 20, Err(Cancelled), 13),
                station.step(&two, "part 2", 20, Ok(()), 20),
                station.step(&pass, "whole", 20, Ok(()), 20),
            );
        });
    }

    #[test]
    fn cancelling_the_whole_cancels_its_parts() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let (one, two) = (pass.part(ms(40)), pass.part(ms(40)));
            tokio::join!(
                station.cancels(&pass, 13),
                station.step(&one, "part 1", 20, Err(Cancelled), 13),
                station.step(&two, "part 2", 20, Err(Cancelled), 13),
            );
            station.has_left(&one, 0);
            let late = pass.part(ms(40));
            station.has_left(&late, 0);
            station
                .begins_nothing(&late, "it is part of a cancelled one", Cancelled)
                .await;
        });
    }

    #[test]
    fn dropping_a_part_is_nothing_to_the_whole() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            drop(pass.part(ms(40)));
            station.step(&pass, "login", 20, Ok(()), 20).await;
        });
    }

    #[test]
    fn a_stopped_step_is_gone_when_step_returns() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let login = station.waits_for_ever("login");
            let came = run.call_async("step", pass.step(login)).await;
            run.moment("step returns");
            let alive = station.alive.alive();
            assert!(
                alive == 0,
                "`step` returned {came:?} at {} ms, but the step is still alive",
                run.now()
            );
        });
    }

    #[test]
    fn background_work_is_stopped_when_the_time_is_up() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            station.marks(50, "time is up");
            run.none_open_at("looked", "goes on");
            let pass = Pass::new(ms(50));
            pass.start(station.waits_for_ever("telemetry"));
            station.step(&pass, "login", 20, Ok(()), 20).await;
            station.wait_until(60).await;
            run.moment("looked");
            station.nothing_is_alive("its time was up at 50 ms");
            drop(pass);
        });
    }

    #[test]
    fn background_work_is_stopped_when_the_pass_is_cancelled() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            run.none_open_at("looked", "goes on");
            let pass = Pass::new(ms(50));
            pass.start(station.waits_for_ever("telemetry"));
            station.cancels(&pass, 13).await;
            station.settles_and_looks().await;
            station.nothing_is_alive("the pass was cancelled");
        });
    }

    #[test]
    fn a_dropped_pass_stops_its_background_work() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            run.none_open_at("looked", "goes on");
            let pass = Pass::new(ms(50));
            let part = pass.part(ms(40));
            pass.start(station.waits_for_ever("telemetry"));
            part.start(station.waits_for_ever("of the part"));
            station.step(&pass, "login", 20, Ok(()), 20).await;
            drop(pass);
            run.moment("dropped");
            station.settles_and_looks().await;
            station.nothing_is_alive("the pass was dropped");
            station
                .begins_nothing(&part, "the whole was dropped", Cancelled)
                .await;
        });
    }

    #[test]
    fn a_dropped_part_stops_its_own_background_work() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let part = pass.part(ms(40));
            pass.start(station.waits_for_ever("telemetry"));
            part.start(station.waits_for_ever("telemetry of the part"));
            station.step(&part, "login", 20, Ok(()), 20).await;
            drop(part);
            run.moment("part dropped");
            station.settles_and_looks().await;
            let alive = station.alive.alive();
            assert!(
                alive == 1,
                "the part was dropped, the whole was not: 1 of 2 should be at work in the background, but \
                 it was {alive}"
            );
            drop(pass);
        });
    }

    #[test]
    fn the_background_of_a_part_ends_with_the_part() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let part = pass.part(ms(20));
            pass.start(station.waits_for_ever("telemetry"));
            part.start(station.waits_for_ever("of the part"));
            station.wait_until(30).await;
            run.moment("looked");
            let alive = station.alive.alive();
            assert!(
                alive == 1,
                "the part's time was up at 20 ms, the whole's is not: at 30 ms 1 of 2 should be at \
                 work in the background, but it was {alive}"
            );
            drop((part, pass));
        });
    }

    #[test]
    fn close_waits_until_the_background_is_gone() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            pass.start(station.waits_for_ever("telemetry"));
            pass.start(station.waits_for_ever("watchdog"));
            station.step(&pass, "login", 20, Ok(()), 20).await;
            station.close(pass, 20).await;
            station.nothing_is_alive("`close` returned");
        });
    }

    #[test]
    fn close_waits_also_for_what_was_cancelled_before() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            pass.start(station.waits_for_ever("telemetry"));
            station.step(&pass, "login", 20, Ok(()), 20).await;
            pass.cancel();
            station.close(pass, 20).await;
            station.nothing_is_alive("the pass was cancelled, and then `close` returned");
        });
    }

    #[test]
    fn close_waits_also_for_what_has_not_begun_yet() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            pass.start(station.waits_for_ever("telemetry"));
            station.close(pass, 0).await;
            station.nothing_is_alive("`close` returned right after `start`");
        });
    }

    #[test]
    fn closing_the_whole_waits_for_the_background_of_its_parts() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let (part, dropped) = (pass.part(ms(40)), pass.part(ms(40)));
            part.start(station.waits_for_ever("of the part"));
            dropped.start(station.waits_for_ever("of a dropped part"));
            station.step(&part, "login", 20, Ok(()), 20).await;
            drop(dropped);
            station.close(pass, 20).await;
            station.nothing_is_alive("`close` returned");
            station
                .begins_nothing(&part, "the whole was closed", Cancelled)
                .await;
        });
    }

    #[test]
    fn close_waits_for_what_is_slow_to_go() {
        instruments::test(|run| {
            closes_while_one_is_slow_to_go(&run, |pass, telemetry| {
                pass.start(telemetry);
                None
            });
        });
    }

    #[test]
    fn closing_the_whole_waits_for_a_dropped_part_that_is_slow_to_go() {
        instruments::test(|run| {
            closes_while_one_is_slow_to_go(&run, |pass, telemetry| {
                let part = pass.part(Duration::from_mins(1));
                part.start(telemetry);
                Some(part)
            });
        });
    }

    #[test]
    fn close_sleeps_while_it_waits() {
        instruments::test(|run| {
            let looks = closes_while_one_is_slow_to_go(&run, |pass, telemetry| {
                pass.start(telemetry);
                None
            });
            assert!(
                looks <= 20,
                "telemetry was slow to go, and `close` was polled {looks} times meanwhile"
            );
        });
    }

    #[test]
    fn closing_a_part_waits_for_nobody_else() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let (one, two) = (pass.part(ms(40)), pass.part(ms(40)));
            pass.start(station.waits_for_ever("telemetry"));
            one.start(station.waits_for_ever("part 1"));
            two.start(station.waits_for_ever("part 2"));
            station.step(&pass, "login", 13, Ok(()), 13).await;
            station.close(one, 13).await;
            instruments::settle().await;
            let alive = station.alive.alive();
            assert!(
                alive == 2,
                "part 1 of 2 was closed: the whole and part 2 should go on in the background, but \
                 {alive} of them did"
            );
            drop((two, pass));
        });
    }

    #[test]
    fn nothing_is_left_of_a_closed_pass() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(Duration::from_mins(30));
            let part = pass.part(Duration::from_mins(20));
            station.step(&part, "login", 20, Ok(()), 20).await;
            station.close(part, 20).await;
            station.close(pass, 20).await;
            Station::no_task_is_left("it was closed").await;
        });
    }

    #[test]
    fn nothing_is_left_of_a_dropped_pass() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(Duration::from_mins(30));
            let part = pass.part(Duration::from_mins(20));
            station.step(&part, "login", 20, Ok(()), 20).await;
            drop(part);
            drop(pass);
            Station::no_task_is_left("it was dropped").await;
        });
    }

    #[test]
    fn a_step_sleeps_while_it_waits() {
        instruments::paused(|run| async move {
            let pass = Pass::new(Duration::from_mins(10));
            let mut looks = 0;
            let mut waits = pin!(sleep(Duration::from_mins(5)));
            let login = poll_fn(|context| {
                looks += 1;
                waits.as_mut().poll(context)
            });
            let came = run.call_async("step", pass.step(login)).await;
            assert!(came.is_ok(), "a step of 5 of 10 minutes came to {came:?}");
            assert!(
                looks <= 10,
                "a step waited for 5 minutes, and was polled {looks} times meanwhile"
            );
        });
    }

    #[test]
    fn a_step_that_panics_ends_alone() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            pass.start(station.waits_for_ever("telemetry"));
            let panics = async {
                sleep(ms(10)).await;
                instruments::panic_on_purpose("no carrier")
            };
            let came = AssertUnwindSafe(pass.step::<()>(panics))
                .catch_unwind()
                .await;
            assert!(
                came.is_err(),
                "a step panicked, and `step` returned {came:?} as if nothing had happened"
            );
            instruments::settle().await;
            let alive = station.alive.alive();
            assert!(
                alive == 1,
                "a step panicked, and telemetry ended with it in the background"
            );
            station.step(&pass, "download", 20, Ok(()), 30).await;
            station.close(pass, 30).await;
            station.nothing_is_alive("`close` returned");
        });
    }

    #[test]
    fn a_limit_is_kept_to_the_nanosecond_and_for_years() {
        instruments::paused(|_| async move {
            let whole = Pass::new(YEAR * 100);
            for limit in [
                Duration::from_nanos(1),
                Duration::from_micros(1_500),
                // More milliseconds than fit into 32 bits.
                Duration::from_hours(24 * 60),
                // More seconds than fit into 31 bits.
                YEAR * 80,
            ] {
                let new = unlimited(&format!("Pass::new({limit:?})"), || {
                    Pass::new(limit).time_left()
                });
                let part = unlimited(&format!("part({limit:?})"), || {
                    whole.part(limit).time_left()
                });
                for (call, left) in [("Pass::new", new), ("part", part)] {
                    assert!(
                        left == limit,
                        "`{call}` has just made a pass with a limit of {limit:?}, but `time_left` says {left:?}"
                    );
                }
            }
        });
    }

    #[test]
    fn no_time_at_all_is_up_from_the_start() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let whole = Pass::new(ms(50));
            for pass in [Pass::new(Duration::ZERO), whole.part(Duration::ZERO)] {
                station.has_left(&pass, 0);
                station
                    .begins_nothing(&pass, "its limit is zero", TimeUp)
                    .await;
            }
        });
    }

    #[test]
    fn the_longest_limit_is_no_limit() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let endless = unlimited("Pass::new(Duration::MAX)", || Pass::new(Duration::MAX));
            let left = unlimited("time_left of a pass without a limit", || {
                endless.time_left()
            });
            assert!(
                left > YEAR,
                "the pass has no limit, but `time_left` says {left:?}"
            );
            let dish = endless.step(sleep(ms(20)));
            let came = does_not_panic("`step` of a pass without a limit", dish).await;
            assert!(
                came == Ok(()),
                "the pass has no limit, but a step of 20 ms has {}",
                in_words(came)
            );
            let login = unlimited("part(15ms) of a pass without a limit", || {
                endless.part(ms(15))
            });
            station.step(&login, "login", 80, Err(TimeUp), 35).await;
            let pass = Pass::new(ms(15));
            let download = unlimited("part(Duration::MAX)", || pass.part(Duration::MAX));
            let downloads = download.step(sleep(ms(80)));
            let came =
                does_not_panic("`step` of a part without a limit of its own", downloads).await;
            assert!(
                came == Err(TimeUp),
                "the whole has 15 ms and its part no limit of its own, but a step of 80 ms in the part has {}",
                in_words(came)
            );
            station.it_is(50, "15 ms that began at 35 ms");
            endless.start(station.waits_for_ever("telemetry"));
            instruments::settle().await;
            let alive = station.alive.alive();
            assert!(
                alive == 1,
                "the pass has no limit, but its background work ended at once"
            );
            station.close(endless, 50).await;
            station.nothing_is_alive("`close` returned");
        });
    }

    #[test]
    fn a_panic_in_the_background_is_nothing_to_the_pass() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let panics = async {
                sleep(ms(10)).await;
                instruments::panic_on_purpose("the disk is full")
            };
            pass.start(run.task("telemetry", "background", panics));
            pass.start(station.waits_for_ever("watchdog"));
            station.step(&pass, "login", 20, Ok(()), 20).await;
            let alive = station.alive.alive();
            assert!(
                alive == 1,
                "telemetry panicked in the background, and the watchdog ended with it"
            );
            station.close(pass, 20).await;
            station.nothing_is_alive("`close` returned");
        });
    }

    #[test]
    fn a_step_that_is_given_up_ends_alone() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let login = station.waits_for_ever("login");
            let in_time = time::timeout(ms(13), pass.step(login)).await;
            assert!(
                in_time.is_err(),
                "the login never ends, but it came to {in_time:?}"
            );
            station.nothing_is_alive("the step was given up");
            station.step(&pass, "download", 20, Ok(()), 33).await;
        });
    }

    #[test]
    fn an_ended_pass_begins_nothing_in_the_background() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            run.never("background", "begun");
            for ended_by_time in [true, false] {
                let pass = Pass::new(ms(20));
                let ended = if ended_by_time {
                    sleep(ms(30)).await;
                    "its time was up"
                } else {
                    pass.cancel();
                    "the pass was cancelled"
                };
                for _ in 0..OFTEN {
                    pass.start(station.waits_for_ever("telemetry"));
                    instruments::settle().await;
                    let begun = station.begun.get();
                    assert!(
                        begun == 0,
                        "{ended}, and only then was background work started, but it was begun"
                    );
                }
                station.nothing_is_alive(ended);
            }
        });
    }

    #[test]
    fn a_hundred_at_work_are_stopped_together() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let parts: Vec<_> = (0..10).map(|_| pass.part(ms(80))).collect();
            for part in &parts {
                for _ in 0..10 {
                    part.start(holds(station.alive.canary()));
                }
            }
            station.wait_until(20).await;
            let alive = station.alive.alive();
            assert!(
                alive == 100,
                "100 were started in the background, and {alive} are at work"
            );
            station.wait_until(60).await;
            station.nothing_is_alive("its time was up at 50 ms");
            Station::no_task_is_left("its time is up").await;
            drop((parts, pass));
        });
    }
}

/// Parts of parts, and parts that are being closed.
mod stretch {
    use super::*;

    #[test]
    fn a_part_of_a_part_ends_with_the_whole() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let part = pass.part(ms(80));
            let (inner, other) = (part.part(ms(90)), part.part(ms(30)));
            inner.start(station.waits_for_ever("telemetry"));
            tokio::join!(
                station.step(&inner, "inner", 99, Err(TimeUp), 50),
                station.step(&other, "other", 99, Err(TimeUp), 30),
            );
            let pass = Pass::new(ms(50));
            let part = pass.part(ms(40));
            let inner = part.part(ms(40));
            inner.start(station.waits_for_ever("telemetry"));
            station.step(&inner, "inner", 10, Ok(()), 60).await;
            station.close(pass, 60).await;
            station.nothing_is_alive("`close` returned");
        });
    }

    #[test]
    fn a_part_of_a_part_ends_with_that_part() {
        instruments::paused(|run| async move {
            let station = Station::new(&run);
            let pass = Pass::new(ms(50));
            let part = pass.part(ms(20));
            let inner = part.part(ms(40));
            station.has_left(&inner, 20);
            station.step(&inner, "inner", 99, Err(TimeUp), 20).await;
            let part = pass.part(ms(30));
            let inner = part.part(ms(30));
            part.cancel();
            station
                .begins_nothing(&inner, "it is part of a cancelled part", Cancelled)
                .await;
            let part = pass.part(ms(30));
            let inner = part.part(ms(30));
            inner.start(station.waits_for_ever("telemetry"));
            station.step(&inner, "inner", 5, Ok(()), 25).await;
            station.close(part, 25).await;
            station.nothing_is_alive("`close` of the part returned");
            station.step(&pass, "whole", 5, Ok(()), 30).await;
        });
    }

    #[test]
    fn closing_the_whole_waits_for_a_part_that_is_being_closed() {
        instruments::paused(|run| async move {
            for is_given_up in [false, true] {
                let station = Station::new(&run);
                let pass = Pass::new(ms(50));
                let part = pass.part(ms(40));
                part.start(station.waits_for_ever("telemetry of the part"));
                instruments::settle().await;
                let mut closes_part = Box::pin(part.close());
                let is_closed = closes_part.as_mut().now_or_never().is_some();
                assert!(
                    !is_closed,
                    "`close` returned at once, while telemetry was alive"
                );
                let closes_part = (!is_given_up).then_some(closes_part);
                station.close(pass, 0).await;
                station.nothing_is_alive(
                    "`close` of the whole returned, while a part was being closed",
                );
                if let Some(closes_part) = closes_part {
                    closes_part.await;
                }
            }
        });
    }
}

const YEAR: Duration = Duration::from_hours(24 * 365);

/// How often something is tried that may not happen even by chance.
const OFTEN: usize = 60;

/// How long a `close` may wait on the paused clock. All that the tests let it wait for is gone at once.
const PATIENCE: Duration = Duration::from_millis(100);

/// A ground station that records what it does, and knows what is alive.
#[derive(Clone)]
struct Station {
    run: Run,
    alive: Cage,
    begun: Count,
}

impl Station {
    fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            alive: Cage::new(),
            begun: Count::new(),
        }
    }

    /// Takes a step that needs so many milliseconds, and says what becomes of it, and when.
    #[track_caller]
    fn step(
        &self,
        pass: &Pass,
        name: &str,
        milliseconds: u64,
        expected: Result<(), Stopped>,
        at: u64,
    ) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let work = self.run.task(name, "step", sleep(ms(milliseconds)));
            let came = pass.step(work).await;
            let now = self.run.now();
            assert!(
                (came, now) == (expected, at),
                "{name}: a step of {milliseconds} ms should have {} at {at} ms, but it has {} at {now} ms",
                in_words(expected),
                in_words(came)
            );
        })
    }

    async fn cancels(&self, pass: &Pass, at: u64) {
        self.wait_until(at).await;
        self.run.moment("cancelled");
        pass.cancel();
    }

    /// Offers steps to a pass that has ended: often, for it might leave to chance what it looks at first.
    #[track_caller]
    fn begins_nothing(
        &self,
        pass: &Pass,
        because: &str,
        reason: Stopped,
    ) -> impl Future<Output = ()> {
        instruments::helper(async move {
            for _ in 0..OFTEN {
                let mut begun = false;
                let came = pass.step(async { begun = true }).await;
                assert!(
                    !begun,
                    "{because}, but the pass began another step, which was done at {} ms",
                    self.run.now()
                );
                assert!(
                    came == Err(reason),
                    "{because}, and a step has {}, where it should have {}",
                    in_words(came),
                    in_words(Err(reason))
                );
            }
        })
    }

    /// Work that never ends by itself, on a lane of its own.
    fn waits_for_ever(&self, lane: &str) -> impl Future<Output = ()> + Send + use<> {
        let (alive, begun) = (self.alive.canary(), self.begun.clone());
        self.run.task(lane, "background", async move {
            begun.add();
            holds(alive).await;
        })
    }

    #[track_caller]
    fn close(&self, pass: Pass, at: u64) -> impl Future<Output = ()> {
        instruments::helper(async move {
            self.run.none_open_at("close returns", "still alive");
            let closes = self.run.call_async("close", pass.close());
            let in_time = time::timeout(PATIENCE, closes).await;
            let now = self.run.now();
            let what_for = match self.alive.alive() {
                0 => "although all background work is gone".to_owned(),
                some => format!("and {} still alive in the background", number(some)),
            };
            assert!(
                in_time.is_ok(),
                "`close` was called at {at} ms, and at {now} ms it still waits, {what_for}"
            );
            assert!(
                now == at,
                "`close` was called at {at} ms, and returned at {now} ms: it waited for what it had not \
             cancelled"
            );
            self.run.moment("close returns");
        })
    }

    async fn settles_and_looks(&self) {
        instruments::settle().await;
        self.run.moment("looked");
    }

    #[track_caller]
    fn nothing_is_alive(&self, because: &str) {
        let (alive, now) = (self.alive.alive(), self.run.now());
        assert!(
            alive == 0,
            "{because}, but at {now} ms {} still alive of what it began",
            number(alive)
        );
    }

    #[track_caller]
    fn no_task_is_left(because: &str) -> impl Future<Output = ()> {
        instruments::helper(async move {
            instruments::settle().await;
            let tasks = Handle::current().metrics().num_alive_tasks();
            assert!(
                tasks == 0,
                "{because}, but {} left of its tasks, and waiting",
                number(tasks)
            );
        })
    }

    #[track_caller]
    fn has_left(&self, pass: &Pass, milliseconds: u64) {
        let (left, now) = (pass.time_left(), self.run.now());
        assert!(
            left == ms(milliseconds),
            "at {now} ms the pass should have {milliseconds} ms left, but `time_left` says {left:?}"
        );
    }

    #[track_caller]
    fn it_is(&self, at: u64, after: &str) {
        let now = self.run.now();
        assert!(
            now == at,
            "{after} should be over at {at} ms, but it is {now} ms"
        );
    }

    async fn wait_until(&self, at: u64) {
        sleep(ms(at - self.run.now())).await;
        instruments::settle().await;
    }

    /// Draws a line into the picture, at a time to come.
    fn marks(&self, at: u64, what: &'static str) {
        let run = self.run.clone();
        tokio::spawn(async move {
            sleep(ms(at)).await;
            run.moment(what);
        });
    }
}

/// What comes of a call that must not panic, however long or short the limit is.
#[track_caller]
fn unlimited<T>(call: &str, makes: impl FnOnce() -> T) -> T {
    match panic::catch_unwind(AssertUnwindSafe(makes)) {
        Ok(made) => made,
        Err(said) => panicked(&format!("`{call}`"), said),
    }
}

/// Like [`unlimited`], for a future.
#[track_caller]
fn does_not_panic<T>(what: &str, future: impl Future<Output = T>) -> impl Future<Output = T> {
    instruments::helper(async move {
        match AssertUnwindSafe(future).catch_unwind().await {
            Ok(came) => came,
            Err(said) => panicked(what, said),
        }
    })
}

/// Says what panicked, if it was no assertion of this file, which has said so itself.
#[track_caller]
fn panicked(what: &str, said: Box<dyn Any + Send>) -> ! {
    let text = said.downcast_ref::<&str>().copied();
    let text = text.or_else(|| said.downcast_ref::<String>().map(String::as_str));
    match text {
        Some(why) if !why.starts_with("not yet implemented") => {
            panic!("{what} panicked, but every limit is allowed: {why}")
        }
        _ => panic::resume_unwind(said),
    }
}

async fn holds(_alive: Canary) {
    future::pending::<()>().await;
}

/// Closes a pass while telemetry is slow to go, on real threads, and says how often `close` was polled.
/// If it was started in a part, that is dropped first.
fn closes_while_one_is_slow_to_go(
    run: &Run,
    start: impl FnOnce(&Pass, BoxFuture<'static, ()>) -> Option<Pass> + Send + 'static,
) -> usize {
    run.none_open_at("close returns", "still alive");
    let (gate, returned, looks) = (Gate::new(), Count::new(), Count::new());
    let cancelled =
        run.count(|_| "`close` did not cancel the background work: it was not dropped".to_owned());
    let caller = thread::spawn({
        let (run, gate, cancelled) = (run.clone(), gate.clone(), cancelled.clone());
        let (returned, looks) = (returned.clone(), looks.clone());
        move || {
            on_two_threads(async {
                let begun = Count::new();
                let pass = Pass::new(Duration::from_hours(1));
                let work = {
                    let begun = begun.clone();
                    async move {
                        let _slow = Slow { cancelled, gate };
                        begun.add();
                        future::pending::<()>().await;
                    }
                };
                let part = start(&pass, run.task("telemetry", "background", work).boxed());
                begun.reached(1).await;
                drop(part);
                let mut close = pin!(pass.close());
                poll_fn(|context| {
                    looks.add();
                    close.as_mut().poll(context)
                })
                .await;
                run.moment("close returns");
                returned.add();
            });
        }
    });
    cancelled.wait_for(1);
    // It errs for the wrong: on a slow machine a `close` that does not wait may not get to return.
    let too_early = returned.reaches(1, PROBE);
    gate.open();
    assert!(
        !too_early,
        "`close` returned while telemetry was still alive, about to be cancelled"
    );
    let never = "`close` never returned, although telemetry is gone".to_owned();
    run.until("close", never, || caller.join())
        .expect("`close` does not panic");
    looks.get()
}

/// A value whose drop takes until the gate opens.
struct Slow {
    cancelled: Count,
    gate: Gate,
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.cancelled.add();
        self.gate.wait();
    }
}

fn on_two_threads(work: impl Future<Output = ()>) {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("the system has room for two threads")
        .block_on(work);
}

fn in_words(came: Result<(), Stopped>) -> &'static str {
    match came {
        Ok(()) => "been done",
        Err(TimeUp) => "been stopped with TimeUp",
        Err(Cancelled) => "been stopped with Cancelled",
    }
}

fn number(several: usize) -> String {
    match several {
        1 => "1 is".to_owned(),
        more => format!("{more} are"),
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
