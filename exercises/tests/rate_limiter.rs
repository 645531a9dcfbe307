//! What a rate limiter must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test rate_limiter core`.
//!
//! All times are virtual: tokio's clock is paused, and jumps ahead when every task waits. So a test
//! of a minute takes no time, and it is exact.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use exercises::rate_limiter::RateLimiter;
use futures::FutureExt as _;
use instruments::Run;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// One request every period, whatever the answers take.
mod core {
    use super::*;

    #[test]
    fn the_first_request_goes_out_at_once() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
        });
    }

    #[test]
    fn the_time_of_an_answer_does_not_put_the_next_turn_off() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            office.ask("Cork", 100, 70).await;
            office.ask("Vigo", 200, 10).await;
            office.ask("Faro", 300, 30).await;
        });
    }

    #[test]
    fn callers_that_ask_at_once_take_turns() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            let mut requests = Vec::new();
            for (harbour, due) in HARBOURS.into_iter().zip((0..).step_by(100)) {
                requests.push(office.ask_from_a_task(harbour, due, 30).await);
            }
            all(requests).await;
        });
    }

    #[test]
    fn an_answer_that_took_more_than_a_period_is_followed_at_once() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 250).await;
            office.ask("Cork", 250, 30).await;
        });
    }

    #[test]
    fn a_limiter_without_a_period_or_without_a_place_is_refused() {
        instruments::paused(|run| async move {
            // Whether `RateLimiter::new` is written at all shows here.
            Office::new(&run, 1).ask("Brest", 0, 30).await;
            let limiter = panic::catch_unwind(|| RateLimiter::new(Duration::ZERO, 3));
            assert!(
                limiter.is_err(),
                "RateLimiter::new(0s, 3) made a limiter that has no rate, instead of panicking"
            );
            let limiter = panic::catch_unwind(|| RateLimiter::new(PERIOD, 0));
            assert!(
                limiter.is_err(),
                "RateLimiter::new({PERIOD:?}, 0) made a limiter that sends nothing, instead of \
                 panicking"
            );
        });
    }
}

/// What makes it this pattern: nothing is saved up, a rate does not bound how many are open, and a
/// caller that leaves the line takes nothing along.
mod pattern {
    use std::future::Ready;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn a_quiet_time_earns_no_burst() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            office.wait_until(1_000).await;
            office.ask("Cork", 1_000, 30).await;
            office.ask("Vigo", 1_100, 30).await;
            office.ask("Faro", 1_200, 30).await;
        });
    }

    #[test]
    fn the_next_turn_is_counted_from_the_last_request() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            office.wait_until(270).await;
            office.ask("Cork", 270, 30).await;
            // 300 ms would be on time for a limiter that counts from the start, and 70 ms too soon.
            office.ask("Vigo", 370, 30).await;
            office.ask("Faro", 470, 30).await;
        });
    }

    #[test]
    fn an_open_request_does_not_hold_the_next_turn_back() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            let requests = vec![
                office.ask_from_a_task("Brest", 0, 250).await,
                office.ask_from_a_task("Cork", 100, 250).await,
                office.ask_from_a_task("Vigo", 200, 250).await,
            ];
            all(requests).await;
        });
    }

    #[test]
    fn no_more_requests_are_open_than_there_are_places() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 2);
            let requests = vec![
                office.ask_from_a_task("Brest", 0, 357).await,
                office.ask_from_a_task("Cork", 100, 357).await,
                // It has a turn at 200 ms, and a place when Brest has its answer.
                office.ask_from_a_task("Vigo", 357, 357).await,
                office.ask_from_a_task("Faro", 457, 357).await,
                office.ask_from_a_task("Cadiz", 714, 357).await,
            ];
            all(requests).await;
        });
    }

    #[test]
    fn places_that_come_free_together_are_taken_a_period_apart() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 2);
            let requests = vec![
                office.ask_from_a_task("Brest", 0, 600).await,
                office.ask_from_a_task("Cork", 100, 500).await,
                // Both places come free at 600 ms. The turns of 200 ms and 300 ms are long over.
                office.ask_from_a_task("Vigo", 600, 30).await,
                office.ask_from_a_task("Faro", 700, 30).await,
                office.ask_from_a_task("Cadiz", 800, 30).await,
            ];
            all(requests).await;
        });
    }

    #[test]
    fn callers_are_served_in_the_order_in_which_they_asked() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            let mut requests = Vec::new();
            for (n, harbour) in (0..).zip(HARBOURS) {
                // The turn at 100 ms is Cork's, which has waited since 30 ms.
                office.wait_until(n * 30).await;
                requests.push(office.ask_from_a_task(harbour, n * 100, 30).await);
            }
            all(requests).await;
        });
    }

    #[test]
    fn a_caller_that_comes_with_a_turn_stands_behind_those_who_wait() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            // Of all that happens at 200 ms, this was planned first.
            let newcomer = office.ask_from_a_task_at(200, "Ostend", 300, 30).await;
            let requests = vec![
                office.ask_from_a_task("Brest", 0, 30).await,
                office.ask_from_a_task("Cork", 100, 30).await,
                office.ask_from_a_task("Vigo", 200, 30).await,
                newcomer,
            ];
            all(requests).await;
        });
    }

    #[test]
    fn a_caller_that_comes_with_a_free_place_stands_behind_those_who_wait() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 2);
            let one = office.clone();
            let open = async move {
                tokio::join!(one.ask("Brest", 0, 600), one.ask("Cork", 100, 500));
                // Both places have come free, one of them for Vigo, which has yet to hear of it.
                one.ask("Faro", 700, 30).await;
            };
            let open = tokio::spawn(run.on_lane("Brest, Cork, Faro", open));
            office.wait_until(150).await;
            let waiting = office.ask_from_a_task("Vigo", 600, 30).await;
            all([waiting, open]).await;
        });
    }

    #[test]
    fn a_caller_that_gives_up_has_used_up_no_turn() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            let first = office.ask_from_a_task("Cork", 100, 30).await;
            let second = office.ask_from_a_task("Vigo", 100, 30).await;
            let third = office.ask_from_a_task("Faro", 200, 30).await;
            office.wait_until(70).await;
            office.gives_up("Cork", &first).await;
            all([second, third]).await;
        });
    }

    #[test]
    fn a_caller_that_gives_up_in_the_middle_leaves_its_turn_to_the_next() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            let first = office.ask_from_a_task("Cork", 100, 30).await;
            let second = office.ask_from_a_task("Vigo", 200, 30).await;
            let third = office.ask_from_a_task("Faro", 200, 30).await;
            office.wait_until(70).await;
            office.gives_up("Vigo", &second).await;
            all([first, third]).await;
        });
    }

    #[test]
    fn a_caller_that_gives_up_for_want_of_a_place_leaves_the_line() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 1);
            let open = office.ask_from_a_task("Brest", 0, 450).await;
            let first = office.ask_from_a_task("Cork", 450, 30).await;
            let second = office.ask_from_a_task("Vigo", 450, 30).await;
            office.wait_until(250).await;
            office.gives_up("Cork", &first).await;
            all([open, second]).await;
        });
    }

    #[test]
    fn a_caller_that_gives_up_with_a_place_in_its_hand_gives_it_back() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 1);
            office.ask("Brest", 0, 30).await;
            // There is a place for Cork, and no turn yet.
            let first = office.ask_from_a_task("Cork", 100, 30).await;
            office.wait_until(70).await;
            office.gives_up("Cork", &first).await;
            office.ask("Vigo", 100, 30).await;
        });
    }

    #[test]
    fn a_request_that_is_dropped_gives_its_place_back() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 1);
            let open = office.ask_from_a_task("Brest", 0, 10_000).await;
            let next = office.ask_from_a_task("Cork", 250, 30).await;
            office.wait_until(250).await;
            office.gives_up("Brest", &open).await;
            all([next]).await;
        });
    }

    #[test]
    fn a_request_that_panics_gives_its_place_back_and_the_caller_hears_of_it() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 1);
            let limiter = Arc::clone(&office.limiter);
            let panics = async move {
                limiter
                    .call(async || instruments::panic_on_purpose("no such harbour"))
                    .await;
            };
            let panics = tokio::spawn(run.task("Atlantis", "open", panics));
            let ended = run.call_async("call for Atlantis", panics).await;
            assert!(
                ended.is_err_and(|error| error.is_panic()),
                "the request for Atlantis panicked, and its caller did not hear of it"
            );
            office.ask("Brest", 100, 30).await;
        });
    }

    #[test]
    fn a_request_that_panics_when_it_is_made_gives_its_place_back() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 1);
            let limiter = Arc::clone(&office.limiter);
            let panics = async move {
                limiter.call(never_made).await;
            };
            let ended = tokio::spawn(run.task("Atlantis", "asks", panics));
            let ended = run.call_async("call for Atlantis", ended).await;
            assert!(
                ended.is_err_and(|error| error.is_panic()),
                "to make the request for Atlantis panicked, and its caller did not hear of it"
            );
            office.ask("Brest", 100, 30).await;
        });
    }

    /// A request that panics before it has a future.
    fn never_made() -> Ready<()> {
        instruments::panic_on_purpose("no such harbour")
    }

    #[test]
    fn after_a_long_quiet_time_one_request_goes_out_at_once() {
        // As microseconds and as milliseconds, these are numbers that 32 bits are too few for, by so
        // much that next to nothing of them remains.
        let [an_hour, fifty_days] =
            [1_000_000_u64, 1000].map(|a_second| Duration::from_secs(((1 << 32) / a_second) + 1));
        let a_year = Duration::from_hours(24 * 365);
        for quiet in [an_hour, fifty_days, a_year] {
            instruments::paused_within(quiet * 2, move |run| async move {
                // More than what remains, so that a limiter which counts so would make it wait.
                let office = Office::with(&run, Duration::from_secs(3), 3);
                office.ask("Brest", 0, 30).await;
                let quiet =
                    u64::try_from(quiet.as_millis()).expect("a year has fewer milliseconds");
                office.wait_until(quiet).await;
                office.ask("Cork", quiet, 30).await;
                office.ask("Vigo", quiet + 3000, 30).await;
            });
        }
    }

    #[test]
    fn a_period_may_be_a_nanosecond() {
        instruments::paused(|run| async move {
            let office = Office::with(&run, Duration::from_nanos(1), 3);
            office.ask("Brest", 0, 30).await;
            office.ask("Cork", 30, 30).await;
            office.wait_until(100).await;
            office.ask("Vigo", 100, 30).await;
        });
    }

    #[test]
    fn a_period_may_be_a_year() {
        const YEAR: u64 = 365 * 24 * 60 * 60 * 1000;
        let year = Duration::from_millis(YEAR);
        instruments::paused_within(year * 10, move |run| async move {
            let office = Office::with(&run, year, 3);
            office.ask("Brest", 0, 30).await;
            office.ask("Cork", YEAR, 30).await;
            office.wait_until(YEAR * 5 / 2).await;
            office.ask("Vigo", YEAR * 5 / 2, 30).await;
            office.ask("Faro", YEAR * 7 / 2, 30).await;
        });
    }

    #[test]
    fn a_period_may_be_so_long_that_no_second_request_is_due() {
        for quiet in [0, 1000] {
            instruments::paused(move |run| async move {
                let office = Office::with(&run, Duration::MAX, 3);
                office.wait_until(quiet).await;
                office.ask("Brest", quiet, 30).await;
                let second = office.limiter.call(|| office.send("Cork", 30));
                let second = timeout(Duration::from_mins(50), caught("Cork", second)).await;
                match second {
                    Err(_) => {}
                    Ok(Ok(_)) => panic!(
                        "the period is as long as it can be, and a second request went out at {} ms",
                        run.now()
                    ),
                    Ok(Err(words)) => panic!(
                        "the period is as long as it can be: instead of waiting, the second call \
                         panicked with {words:?}"
                    ),
                }
            });
        }
    }

    #[test]
    fn there_may_be_more_places_than_requests() {
        instruments::paused(|run| async move {
            // Half of what tokio's semaphore can count. In 32 bits, two of them would be left.
            let places = (usize::MAX >> 4) - (u32::MAX as usize - 2);
            let made = panic::catch_unwind(|| RateLimiter::new(PERIOD, places));
            let made = made.map_err(|panic| text(&*panic).to_owned());
            assert!(
                made.is_ok(),
                "RateLimiter::new({PERIOD:?}, {places}) panicked with {:?}",
                made.err().unwrap_or_default()
            );
            let office = Office::with(&run, PERIOD, places);
            let requests = vec![
                office.ask_from_a_task("Brest", 0, 450).await,
                office.ask_from_a_task("Cork", 100, 450).await,
                office.ask_from_a_task("Vigo", 200, 450).await,
                office.ask_from_a_task("Faro", 300, 450).await,
            ];
            all(requests).await;
        });
    }

    #[test]
    fn a_dropped_limiter_leaves_no_task_behind() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            office.ask("Cork", 100, 30).await;
            office.wait_until(250).await;
            drop(office);
            instruments::settle().await;
            let tasks = Handle::current().metrics().num_alive_tasks();
            run.moment("limiter dropped");
            assert!(
                tasks == 0,
                "the limiter is gone, but {tasks} of its tasks would go on for ever"
            );
        });
    }
}

/// Giving up at the last moment, and periods that do not fit a clock of milliseconds.
mod stretch {
    use super::*;

    #[test]
    fn a_caller_that_gives_up_when_its_turn_has_come_leaves_it_to_the_next() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            let first = office.ask_from_a_task_that_is_gone_at("Cork", 100).await;
            let second = office.ask_from_a_task("Vigo", 100, 30).await;
            let third = office.ask_from_a_task("Faro", 200, 30).await;
            all([first, second, third]).await;
        });
    }

    #[test]
    fn a_caller_that_gives_up_when_it_moves_up_leaves_the_line_to_the_next() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 3);
            office.ask("Brest", 0, 30).await;
            let first = office.ask_from_a_task("Cork", 100, 30).await;
            // It is the first in line once Cork's request is out, and is gone before it has looked.
            let second = office.ask_from_a_task_that_is_gone_at("Vigo", 100).await;
            let third = office.ask_from_a_task("Faro", 200, 30).await;
            let fourth = office.ask_from_a_task("Cadiz", 300, 30).await;
            all([first, second, third, fourth]).await;
        });
    }

    #[test]
    fn a_caller_that_gives_up_when_its_place_has_come_leaves_it_to_the_next() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, 1);
            let open = office.ask_from_a_task("Brest", 0, 450).await;
            let first = office.ask_from_a_task_that_is_gone_at("Cork", 450).await;
            let second = office.ask_from_a_task("Vigo", 450, 30).await;
            all([open, first, second]).await;
        });
    }

    #[test]
    fn milliseconds_that_a_timer_rounds_up_do_not_add_up() {
        instruments::paused(|run| async move {
            // Three requests a second, each a third of a second: the timer wakes at 334 ms.
            let office = Office::with(&run, Duration::from_secs(1) / 3, 3);
            for n in 0..=30 {
                let due = (n * 1_000_u64).div_ceil(3);
                office.ask(&format!("harbour {n}"), due, 30).await;
            }
        });
    }
}

const PERIOD: Duration = Duration::from_millis(100);

const HARBOURS: [&str; 6] = ["Brest", "Cork", "Vigo", "Faro", "Cadiz", "Ostend"];

/// What a timer may round up by.
const ROUNDING: u64 = 1;

/// How often a caller may look whether its request is due. To be woken in vain now and then is fine.
const LOOKS: usize = 500;

/// The weather office, and the limiter through which it is asked. All that is asked is recorded, so
/// that a call that never returns has a name.
#[derive(Clone)]
struct Office {
    limiter: Arc<RateLimiter>,
    run: Run,
}

/// What comes back for one request.
struct Answer {
    harbour: String,
    sent_at: u64,
}

impl Office {
    /// One request every 100 ms.
    fn new(run: &Run, places: usize) -> Self {
        Self::with(run, PERIOD, places)
    }

    fn with(run: &Run, period: Duration, places: usize) -> Self {
        run.at_most_at_once(places, "no place was free");
        Self {
            limiter: Arc::new(RateLimiter::new(period, places)),
            run: run.clone(),
        }
    }

    /// Asks for a harbour's weather. The request must go out at `due`, and the answer takes a while.
    async fn ask(&self, harbour: &str, due: u64, takes: u64) {
        let run = &self.run;
        run.not_before(due, harbour, "too early");
        run.not_after(due + ROUNDING, harbour, "too late");
        let call = format!("call for {harbour}");
        let answer = caught(harbour, self.limiter.call(|| self.send(harbour, takes)));
        let lost = format!("the request for {harbour}, due at {due} ms, never had an answer");
        let answer = run.until_async(&call, lost, answer).await;
        let answer = answer.unwrap_or_else(|words| {
            panic!(
                "the call for {harbour}, due at {due} ms, panicked at {} ms: {words}",
                run.now()
            )
        });
        let other = answer.harbour;
        assert!(
            other == harbour,
            "{harbour} was asked for, and the answer was {other}'s"
        );
        let at = answer.sent_at;
        assert!(
            at >= due,
            "the request for {harbour} went out at {at} ms, but it is due only at {due} ms"
        );
        assert!(
            at <= due + ROUNDING,
            "the request for {harbour} went out at {at} ms, though it was due at {due} ms"
        );
    }

    /// Asks from a separate task, which has asked the limiter by the time this returns.
    async fn ask_from_a_task(&self, harbour: &str, due: u64, takes: u64) -> JoinHandle<()> {
        let (office, label) = (self.clone(), harbour.to_owned());
        let ask = async move { office.ask(&label, due, takes).await };
        let task = tokio::spawn(self.run.on_lane(harbour, ask));
        instruments::settle().await;
        task
    }

    /// Asks from a separate task, at a time that is still to come.
    async fn ask_from_a_task_at(
        &self,
        at: u64,
        harbour: &str,
        due: u64,
        takes: u64,
    ) -> JoinHandle<()> {
        let (office, label) = (self.clone(), harbour.to_owned());
        let wait = Duration::from_millis(at - self.run.now());
        let ask = async move {
            sleep(wait).await;
            office.ask(&label, due, takes).await;
        };
        let task = tokio::spawn(self.run.on_lane(harbour, ask));
        instruments::settle().await;
        task
    }

    /// Asks from a separate task for something that is due at `at`. The caller is woken then, and
    /// gives up before it has looked what for.
    async fn ask_from_a_task_that_is_gone_at(&self, harbour: &str, at: u64) -> JoinHandle<()> {
        let (office, label) = (self.clone(), harbour.to_owned());
        let ask = async move {
            let mut ask = pin!(office.ask(&label, at, 30));
            let until_then = poll_fn(|context| {
                if office.run.now() < at {
                    ask.as_mut().poll(context)
                } else {
                    Poll::Ready(())
                }
            });
            until_then.await;
            office.run.moment(format!("{label} gives up"));
        };
        let task = tokio::spawn(self.run.on_lane(harbour, ask));
        instruments::settle().await;
        task
    }

    /// What the limiter calls to send a request.
    fn send(&self, harbour: &str, takes: u64) -> impl Future<Output = Answer> + Send + use<> {
        let run = &self.run;
        run.granted_on(harbour, harbour);
        let answer = Answer {
            harbour: harbour.to_owned(),
            sent_at: run.now(),
        };
        run.task(harbour, "open", async move {
            sleep(Duration::from_millis(takes)).await;
            answer
        })
    }

    /// Drops the caller that asked for a harbour, with all that it waits for.
    async fn gives_up(&self, harbour: &str, caller: &JoinHandle<()>) {
        self.run.moment(format!("{harbour} gives up"));
        caller.abort();
        instruments::settle().await;
    }

    /// Lets time pass, and whatever is to happen at that time happen first.
    async fn wait_until(&self, at: u64) {
        let wait = at.saturating_sub(self.run.now());
        sleep(Duration::from_millis(wait)).await;
        instruments::settle().await;
    }
}

/// Waits until all have got their answers. What panicked in a task panics here.
async fn all(requests: impl IntoIterator<Item = JoinHandle<()>>) {
    for request in requests {
        if let Err(error) = request.await {
            panic::resume_unwind(error.into_panic());
        }
    }
}

/// What comes of a call, or what the panic said that came out of it. Fails if the call looks again and
/// again: on a paused clock, a moment in which a task never sleeps does not end.
async fn caught<F: Future>(harbour: &str, call: F) -> Result<F::Output, String> {
    let mut call = pin!(AssertUnwindSafe(call).catch_unwind());
    let mut looks = 0;
    let ended = poll_fn(|context| {
        looks += 1;
        assert!(
            looks <= LOOKS,
            "the call for {harbour} waits and does not sleep: it has looked {LOOKS} times whether the request is \
             due"
        );
        let ended = call.as_mut().poll(context);
        ended.map_err(|panic| text(&*panic).to_owned())
    });
    ended.await
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word")
}
