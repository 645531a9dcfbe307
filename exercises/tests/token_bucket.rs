//! What a token bucket must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test token_bucket core`.
//!
//! All times are virtual: tokio's clock is paused, and jumps ahead when every task waits. So a test
//! of a minute takes no time, and it is exact.

use std::any::Any;
use std::future::{Future as _, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use exercises::token_bucket::{TokenBucket, TooExpensive};
use futures::FutureExt as _;
use instruments::Run;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{advance, sleep};

/// A burst at once, then one a period; and what something dearer costs.
mod core {
    use super::*;

    #[test]
    fn a_full_bucket_lets_a_burst_through_at_once() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            for n in 1..=5 {
                outbox.send(&format!("push {n}"), 1, 0).await;
            }
        });
    }

    #[test]
    fn after_the_burst_one_goes_every_period() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            for (n, due) in (1..).zip([0, 0, 0, 0, 0, 100, 200, 300]) {
                outbox.send(&format!("push {n}"), 1, due).await;
            }
        });
    }

    #[test]
    fn tasks_that_ask_at_once_share_the_tokens() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            let mut pushes = Vec::new();
            for (n, due) in (1..).zip([0, 0, 0, 0, 0, 100, 200, 300]) {
                pushes.push(outbox.send_from_a_task(&format!("push {n}"), 1, due).await);
            }
            all(pushes).await;
        });
    }

    #[test]
    fn a_cost_of_three_takes_three_tokens() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("e-mail 1", 3, 0).await;
            // Two tokens are left, and the third comes after a period.
            outbox.send("e-mail 2", 3, 100).await;
            outbox.send("newsletter", 5, 600).await;
        });
    }

    #[test]
    fn a_cost_beyond_the_burst_is_an_error_at_once() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            let answer = run
                .call_async("bucket.take(6)", outbox.bucket.take(6))
                .await;
            let expected = TooExpensive { cost: 6, burst: 5 };
            assert!(
                answer == Err(expected),
                "6 tokens were asked of a bucket that holds 5, and the answer was {answer:?}"
            );
            let words = expected.to_string();
            assert!(
                words == "a cost of 6 tokens, but the bucket holds 5",
                "whoever reads the error reads {words:?}"
            );
            let now = run.now();
            assert!(
                now == 0,
                "the error came after {now} ms, but waiting could not help"
            );
            outbox.send("newsletter", 5, 0).await;
        });
    }

    #[test]
    fn try_take_takes_what_is_there_and_does_not_wait() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send_or_drop("offer 1", 3, true);
            outbox.send_or_drop("offer 2", 3, false);
            // Asking for too much has taken nothing of the two tokens that were left.
            outbox.send_or_drop("offer 3", 2, true);
            outbox.send_or_drop("offer 4", 1, false);
            outbox.wait_until(100).await;
            outbox.send_or_drop("offer 5", 1, true);
            outbox.send_or_drop("offer 6", 6, false);
        });
    }

    #[test]
    fn a_bucket_without_room_or_without_a_period_is_refused() {
        instruments::paused(|run| async move {
            // Whether `TokenBucket::new` is written at all shows here.
            Outbox::new(&run).send_or_drop("offer", 1, true);
            let period = Duration::from_millis(100);
            let bucket = panic::catch_unwind(|| TokenBucket::new(0, period));
            assert!(
                bucket.is_err(),
                "TokenBucket::new(0, {period:?}) made a bucket that lets nothing through, instead \
                 of panicking"
            );
            let bucket = panic::catch_unwind(|| TokenBucket::new(5, Duration::ZERO));
            assert!(
                bucket.is_err(),
                "TokenBucket::new(5, 0s) made a bucket that has no rate, instead of panicking"
            );
        });
    }
}

/// What makes it this pattern: a cap, no lost part of a period, and a line that can be left.
mod pattern {
    use tokio::time::timeout;

    use super::*;

    #[test]
    fn an_idle_bucket_gathers_no_more_than_it_holds() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.wait_until(2_000).await;
            for (n, due) in (1..).zip([0, 0, 0, 0, 0, 100, 200]) {
                outbox.send(&format!("push {n}"), 1, 2_000 + due).await;
            }
        });
    }

    #[test]
    fn a_bucket_that_was_emptied_fills_up_to_the_cap_again() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter 1", 5, 0).await;
            outbox.wait_until(5_000).await;
            outbox.send("newsletter 2", 5, 5_000).await;
            outbox.send("push", 1, 5_100).await;
        });
    }

    #[test]
    fn two_bursts_in_a_row_share_one_burst_of_tokens() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("push 1", 1, 0).await;
            // Four more within the first 500 ms, five right after: a counter that starts anew every
            // 500 ms lets all of them through, twice as many as the bucket holds.
            outbox.wait_until(400).await;
            for n in 2..=5 {
                outbox.send(&format!("push {n}"), 1, 400).await;
            }
            outbox.wait_until(500).await;
            for (n, due) in (6..).zip([500, 500, 600, 700, 800]) {
                outbox.send(&format!("push {n}"), 1, due).await;
            }
        });
    }

    #[test]
    fn part_of_a_period_is_never_lost() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            outbox.wait_until(150).await;
            // A token and a half are there: the next half is enough for the second.
            outbox.send("push 1", 1, 150).await;
            outbox.send("push 2", 1, 200).await;
            outbox.wait_until(390).await;
            outbox.send("push 3", 1, 390).await;
            outbox.send("push 4", 1, 400).await;
        });
    }

    #[test]
    fn asking_often_does_not_put_the_next_token_off() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let mut sent = 0;
            for at in (30..=3_000).step_by(30) {
                outbox.wait_until(at).await;
                let there = at / 100 > sent;
                outbox.send_or_drop(&format!("offer at {at} ms"), 1, there);
                sent += u64::from(there);
            }
        });
    }

    #[test]
    fn tasks_are_served_in_the_order_in_which_they_asked() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let line = vec![
                outbox.send_from_a_task("e-mail", 3, 300).await,
                // One token is there after 100 ms. It belongs to the e-mail.
                outbox.send_from_a_task("push 1", 1, 400).await,
                outbox.send_from_a_task("push 2", 1, 500).await,
            ];
            outbox.wait_until(250).await;
            let late = outbox.send_from_a_task("push 3", 1, 600).await;
            all(line).await;
            all([late]).await;
        });
    }

    #[test]
    fn try_take_does_not_jump_the_line() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let line = [outbox.send_from_a_task("e-mail", 3, 300).await];
            outbox.wait_until(250).await;
            outbox.send_or_drop("offer", 1, false);
            all(line).await;
        });
    }

    #[test]
    fn a_cost_beyond_the_burst_is_an_error_at_once_also_behind_a_line() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let line = [outbox.send_from_a_task("e-mail", 3, 300).await];
            let answer = outbox.looking("a brochure", 6).await;
            let now = run.now();
            assert!(
                answer == Err(TooExpensive { cost: 6, burst: 5 }),
                "6 tokens were asked of a bucket that holds 5, and the answer was {answer:?}"
            );
            assert!(
                now == 0,
                "a task waited in line, and an error that waiting could not help came after {now} ms"
            );
            all(line).await;
        });
    }

    #[test]
    fn try_take_does_not_jump_the_line_while_it_moves_up() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter 1", 5, 0).await;
            let first = {
                let outbox = outbox.clone();
                async move {
                    let answer = outbox.looking("e-mail", 3).await;
                    assert!(
                        answer.is_ok(),
                        "e-mail costs 3, and `take` answered {answer:?}"
                    );
                    // A token is left, and newsletter 2 has yet to hear that it is the first now.
                    outbox.send_or_drop("offer", 1, false);
                }
            };
            let first = tokio::spawn(run.on_lane("e-mail", first));
            instruments::settle().await;
            let second = outbox.send_from_a_task("newsletter 2", 5, 800).await;
            // The clock jumps over the moment at which there are just three.
            advance(Duration::from_millis(400)).await;
            all([first, second]).await;
        });
    }

    #[test]
    fn a_hundred_tasks_get_what_the_bucket_holds_and_no_more() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            let mut tasks = Vec::new();
            let mut spent = 0;
            for n in 0..100 {
                outbox.wait_until(n * 7).await;
                let cost = [1, 3, 1, 2, 5][usize::try_from(n % 5).expect("it is small")];
                spent += u64::from(cost);
                // The line never empties: what is spent beyond the first five came one by one.
                let due = (spent.saturating_sub(5) * 100).max(n * 7);
                tasks.push(
                    outbox
                        .send_from_a_task(&format!("task {n}"), cost, due)
                        .await,
                );
            }
            all(tasks).await;
        });
    }

    #[test]
    fn threads_that_ask_at_once_share_the_tokens() {
        instruments::paused(|run| async move {
            let (threads, tokens) = (4, 300_000);
            let bucket = TokenBucket::new(tokens, Duration::from_hours(1));
            let runtime = Handle::current();
            let start = Barrier::new(threads);
            let take_all = || {
                let _in_runtime = runtime.enter();
                start.wait();
                (0..=tokens).take_while(|_| bucket.try_take(1)).count()
            };
            let taken: usize = run.call("try_take", || {
                thread::scope(|scope| {
                    let threads: Vec<_> = (0..threads).map(|_| scope.spawn(take_all)).collect();
                    let taken = threads.into_iter().map(ScopedJoinHandle::join);
                    taken.map(|taken| taken.expect("try_take panicked")).sum()
                })
            });
            assert!(
                taken == tokens as usize,
                "{threads} threads took tokens until the bucket said no: it held {tokens}, and \
                 together they have {taken}"
            );
        });
    }

    #[test]
    fn no_thread_is_told_no_while_there_are_tokens() {
        instruments::paused(|run| async move {
            let (threads, each) = (4, 75_000);
            let bucket = TokenBucket::new(threads * each, Duration::from_hours(1));
            let runtime = Handle::current();
            let start = Barrier::new(threads as usize);
            let take_some = || {
                let _in_runtime = runtime.enter();
                start.wait();
                (0..each).filter(|_| !bucket.try_take(1)).count()
            };
            let told_no: usize = run.call("try_take", || {
                thread::scope(|scope| {
                    let threads: Vec<_> = (0..threads).map(|_| scope.spawn(take_some)).collect();
                    let told_no = threads.into_iter().map(ScopedJoinHandle::join);
                    told_no
                        .map(|told_no| told_no.expect("try_take panicked"))
                        .sum()
                })
            });
            assert!(
                told_no == 0,
                "{threads} threads took {each} tokens each of a bucket that held {}, and `try_take` \
                 said no {told_no} times",
                threads * each
            );
        });
    }

    #[test]
    fn a_bucket_that_was_idle_for_long_is_full_and_no_more() {
        // As microseconds and as milliseconds, these are numbers that 32 bits are too few for, by so
        // much that next to nothing of them remains.
        let [an_hour, fifty_days] =
            [1_000_000_u64, 1000].map(|a_second| Duration::from_secs(((1 << 32) / a_second) + 1));
        let five_hours = Duration::from_hours(5) + Duration::from_mins(15);
        let a_year = Duration::from_hours(24 * 365);
        for idle in [an_hour, five_hours, fifty_days, a_year] {
            instruments::paused_within(idle * 2, move |run| async move {
                let outbox = Outbox::new(&run);
                outbox.send("newsletter 1", 5, 0).await;
                let idle = u64::try_from(idle.as_millis()).expect("a year has fewer milliseconds");
                outbox.wait_until(idle).await;
                outbox.send("newsletter 2", 5, idle).await;
                outbox.send_or_drop("offer", 1, false);
                outbox.send("push", 1, idle + 100).await;
            });
        }
    }

    #[test]
    fn part_of_a_millisecond_is_not_lost_either() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            // To 304 ms, and at each look nine tenths of a millisecond are there beside the whole ones.
            for _ in 0..160 {
                advance(Duration::from_micros(1900)).await;
                instruments::settle().await;
                outbox.send_or_drop("newsletter", 5, false);
            }
            outbox.send_or_drop("e-mail", 3, true);
            outbox.send_or_drop("offer", 1, false);
        });
    }

    #[test]
    fn tokens_may_come_every_nanosecond() {
        instruments::paused(|run| async move {
            let outbox = Outbox::with(&run, 5, Duration::from_nanos(1));
            for n in 1..=3 {
                outbox.send(&format!("newsletter {n}"), 5, n - 1).await;
                outbox.send_or_drop("offer", 1, false);
                outbox.wait_until(n).await;
            }
            // 666 and two thirds in a millisecond.
            let outbox = Outbox::with(&run, 1000, Duration::from_nanos(1500));
            outbox.send_or_drop("everything", 1000, true);
            outbox.wait_until(4).await;
            outbox.send_or_drop("666 offers", 666, true);
            outbox.send_or_drop("one offer more", 1, false);
        });
    }

    #[test]
    fn tokens_may_come_once_a_year() {
        const YEAR: u64 = 365 * 24 * 60 * 60 * 1000;
        let year = Duration::from_millis(YEAR);
        instruments::paused_within(year * 10, move |run| async move {
            let outbox = Outbox::with(&run, 5, year);
            outbox.send("newsletter", 5, 0).await;
            outbox.wait_until(1).await;
            outbox.send("push 1", 1, YEAR).await;
            outbox.wait_until(YEAR * 5 / 2).await;
            outbox.send("push 2", 1, YEAR * 5 / 2).await;
            outbox.send("push 3", 1, YEAR * 3).await;
        });
    }

    #[test]
    fn a_bucket_may_hold_as_many_tokens_as_a_u32_can_count() {
        instruments::paused(|run| async move {
            let outbox = Outbox::with(&run, u32::MAX, Duration::from_millis(100));
            outbox.send("everything but one", u32::MAX - 1, 0).await;
            outbox.send_or_drop("offer 1", 2, false);
            outbox.send_or_drop("offer 2", 1, true);
            outbox.send("push", 3, 300).await;
        });
    }

    #[test]
    fn a_task_that_gives_up_has_taken_nothing() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let impatient = outbox.send_from_a_task("e-mail", 5, 500).await;
            outbox.wait_until(250).await;
            impatient.abort();
            // Two and a half tokens have gathered, and all of them are still there.
            outbox.send("push 1", 1, 250).await;
            outbox.send("push 2", 1, 250).await;
            outbox.send("push 3", 1, 300).await;
        });
    }

    #[test]
    fn the_line_moves_up_when_the_first_gives_up() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let first = outbox.send_from_a_task("e-mail", 5, 500).await;
            let second = outbox.send_from_a_task("push 1", 1, 250).await;
            let third = outbox.send_from_a_task("push 2", 1, 250).await;
            let fourth = outbox.send_from_a_task("push 3", 1, 300).await;
            outbox.wait_until(250).await;
            first.abort();
            all([second, third, fourth]).await;
        });
    }

    #[test]
    fn whoever_gives_up_in_the_middle_leaves_a_place_to_the_next() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let first = outbox.send_from_a_task("push 1", 1, 100).await;
            let second = outbox.send_from_a_task("e-mail", 4, 500).await;
            let third = outbox.send_from_a_task("push 2", 1, 200).await;
            outbox.wait_until(50).await;
            second.abort();
            all([first, third]).await;
            // No task waits any more, and the bucket says so.
            outbox.wait_until(300).await;
            outbox.send_or_drop("offer", 1, true);
        });
    }

    #[test]
    fn a_full_bucket_saves_up_no_part_of_a_token() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.wait_until(1_050).await;
            outbox.send("newsletter", 5, 1_050).await;
            outbox.send("push", 1, 1_150).await;
        });
    }

    #[test]
    fn impatient_tasks_do_not_use_up_the_tokens() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            // One after another asks, and has lost patience before its tokens are there.
            for n in 1..=8 {
                let take = outbox.looking("an impatient task", 5);
                let answer = timeout(Duration::from_millis(50), take).await;
                let at = run.now();
                assert!(
                    answer.is_err(),
                    "task {n} has its 5 tokens at {at} ms, but they are there only at 500 ms"
                );
            }
            outbox.send("e-mail", 5, 500).await;
        });
    }

    #[test]
    fn a_task_that_waits_sleeps_until_its_tokens_are_there() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let mut looks = 0;
            let mut take = pin!(outbox.bucket.take(5));
            let take = poll_fn(|context| {
                looks += 1;
                take.as_mut().poll(context)
            });
            let taken = run.call_async("take(5) for e-mail", take).await;
            assert!(taken.is_ok(), "5 tokens are what the bucket holds");
            // To be woken for each of the tokens is fine.
            assert!(
                looks <= 10,
                "e-mail waited {} ms for its 5 tokens and looked {looks} times whether they were \
                 there, instead of sleeping until then",
                run.now()
            );
        });
    }

    #[test]
    fn a_dropped_bucket_leaves_no_task_behind() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            outbox.wait_until(250).await;
            drop(outbox);
            instruments::settle().await;
            let tasks = Handle::current().metrics().num_alive_tasks();
            run.moment("bucket dropped");
            assert!(
                tasks == 0,
                "the bucket is gone, but {tasks} of its tasks would go on for ever"
            );
        });
    }
}

/// Giving up at the last moment, and periods that do not fit a clock of milliseconds.
mod stretch {
    use std::task::Poll;

    use super::*;

    #[test]
    fn a_task_that_gives_up_at_the_last_moment_has_taken_nothing() {
        instruments::paused(|run| async move {
            let outbox = Outbox::new(&run);
            outbox.send("newsletter", 5, 0).await;
            let mut first = Box::pin(outbox.bucket.take(2));
            let asked = poll_fn(|context| Poll::Ready(first.as_mut().poll(context))).await;
            run.asked("e-mail");
            assert!(
                asked.is_pending(),
                "the bucket was empty, and `take(2)` did not wait"
            );
            let second = outbox.send_from_a_task("push 1", 1, 250).await;
            outbox.wait_until(250).await;
            // Its tokens came at 200 ms. But it was dropped before it went on.
            drop(first);
            run.moment("e-mail gives up");
            all([second]).await;
            outbox.send("push 2", 1, 250).await;
            outbox.send("push 3", 1, 300).await;
        });
    }

    #[test]
    fn milliseconds_that_a_timer_rounds_up_do_not_add_up() {
        instruments::paused(|run| async move {
            // Three tokens a second, each a third of a second: the timer wakes at 334 ms.
            let outbox = Outbox::with(&run, 2, Duration::from_secs(1) / 3);
            outbox.send("e-mail", 2, 0).await;
            for n in 1..=30 {
                let due = (n * 1_000_u64).div_ceil(3);
                outbox.send(&format!("push {n}"), 1, due).await;
            }
        });
    }
}

/// What a timer may round up by.
const ROUNDING: u64 = 1;

/// How often a task may look whether its tokens are there. To be woken in vain now and then is fine.
const LOOKS: usize = 500;

/// A customer's outbox: whatever it sends takes its cost out of the bucket first. All that is asked
/// of the bucket is recorded, so that a call that never returns has a name.
#[derive(Clone)]
struct Outbox {
    bucket: Arc<TokenBucket>,
    run: Run,
}

impl Outbox {
    /// Five tokens at most, and one every 100 ms.
    fn new(run: &Run) -> Self {
        Self::with(run, 5, Duration::from_millis(100))
    }

    fn with(run: &Run, burst: u32, period: Duration) -> Self {
        Self {
            bucket: Arc::new(TokenBucket::new(burst, period)),
            run: run.clone(),
        }
    }

    /// Sends a notification, which must go out at `due`.
    async fn send(&self, what: &str, cost: u32, due: u64) {
        let run = &self.run;
        run.not_before(due, what, "too early");
        run.not_after(due + ROUNDING, what, "too late");
        let call = format!("take({cost}) for {what}");
        let answer = run.call_async(&call, self.looking(what, cost)).await;
        run.granted(what);
        assert!(
            answer.is_ok(),
            "{what} costs {cost}, the bucket holds more, but `take` answered {answer:?}"
        );
        let at = run.now();
        let (is_there, was_there) = match cost {
            1 => ("its token is".to_owned(), "its token was".to_owned()),
            cost => (
                format!("its {cost} tokens are"),
                format!("its {cost} tokens were"),
            ),
        };
        assert!(
            at >= due,
            "{what} went out at {at} ms, but {is_there} there only at {due} ms"
        );
        assert!(
            at <= due + ROUNDING,
            "{what} went out at {at} ms, though {was_there} there at {due} ms"
        );
    }

    /// Takes the cost, and fails if the bucket panics, or looks again and again: on a paused clock, a
    /// moment in which a task never sleeps does not end.
    async fn looking(&self, what: &str, cost: u32) -> Result<(), TooExpensive> {
        let mut take = pin!(AssertUnwindSafe(self.bucket.take(cost)).catch_unwind());
        let mut looks = 0;
        let answer = poll_fn(|context| {
            looks += 1;
            assert!(
                looks <= LOOKS,
                "{what} waits for its tokens and does not sleep until then: by {} ms it has looked \
                 {LOOKS} times whether they are there",
                self.run.now()
            );
            take.as_mut().poll(context)
        });
        answer.await.unwrap_or_else(|panic| {
            let words = text(&*panic);
            panic!(
                "take({cost}) for {what} panicked at {} ms: {words}",
                self.run.now()
            )
        })
    }

    /// Sends a notification from a separate task, which has asked the bucket by the time this
    /// returns.
    async fn send_from_a_task(&self, what: &str, cost: u32, due: u64) -> JoinHandle<()> {
        let (outbox, label) = (self.clone(), what.to_owned());
        let send = async move { outbox.send(&label, cost, due).await };
        let task = tokio::spawn(self.run.on_lane(what, send));
        instruments::settle().await;
        task
    }

    /// Sends a notification if its tokens are there now, which must be so if `there` says it.
    #[track_caller]
    fn send_or_drop(&self, what: &str, cost: u32, there: bool) {
        let run = &self.run;
        let taken = panic::catch_unwind(AssertUnwindSafe(|| self.bucket.try_take(cost)));
        let taken = taken.unwrap_or_else(|panic| {
            let words = text(&*panic);
            panic!(
                "try_take({cost}) for {what} panicked at {} ms: {words}",
                run.now()
            )
        });
        if taken {
            run.granted(what);
        } else {
            run.asked(what);
        }
        let at = run.now();
        assert!(
            taken || !there,
            "at {at} ms there are tokens for {what}, which costs {cost}, but `try_take` said no"
        );
        assert!(
            there || !taken,
            "at {at} ms there are no tokens for {what}, which costs {cost}, but `try_take` said yes"
        );
    }

    /// Lets time pass, and whatever is to happen at that time happen first.
    async fn wait_until(&self, at: u64) {
        let wait = at.saturating_sub(self.run.now());
        sleep(Duration::from_millis(wait)).await;
        instruments::settle().await;
    }
}

/// Waits until all have sent what they had to send. What panicked in a task panics here.
async fn all(tasks: impl IntoIterator<Item = JoinHandle<()>>) {
    for task in tasks {
        if let Err(error) = task.await {
            panic::resume_unwind(error.into_panic());
        }
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word")
}
