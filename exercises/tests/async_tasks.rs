//! What the panel must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test async_tasks core`.
//!
//! Time is tokio's, paused: it jumps to the next sleeper's end whenever every task waits.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use exercises::async_tasks::{Dashboard, Panel, Refresher, Services, keep_fresh};
use instruments::Run;
use instruments::canary::Cage;
use tokio::time::{sleep, timeout};
use tokio::{join, task};

/// What a refresh brings and how long it takes, what `latest` remembers, and who keeps it fresh.
mod core {
    use super::*;

    #[test]
    fn a_refresh_brings_what_each_service_said() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let brought = bakery.panel().refresh().await;
            assert!(
                brought == round(1),
                "the services said {}, but refresh brought {}",
                in_words(&round(1)),
                in_words(&brought)
            );
        });
    }

    #[test]
    fn all_five_services_are_asked_at_the_same_time() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            bakery.panel().refresh().await;
            let took = run.now();
            assert!(
                took == 50,
                "the slowest of 5 services takes 50 ms, but the refresh took {took}"
            );
        });
    }

    #[test]
    fn to_call_refresh_asks_nothing_yet() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let panel = bakery.panel();
            let refresh = panel.refresh();
            instruments::settle().await;
            let asked = bakery.asked();
            drop(refresh);
            assert!(
                asked == 0,
                "nobody has polled the future of refresh yet, but {asked} of 5 services were asked"
            );
        });
    }

    #[test]
    fn latest_is_none_before_the_first_refresh() {
        instruments::paused(|run| async move {
            let latest = Bakery::new(&run).panel().latest();
            assert!(
                latest.is_none(),
                "nothing was asked yet, but latest returned {}",
                maybe_in_words(latest.as_ref())
            );
        });
    }

    #[test]
    fn latest_is_what_the_last_refresh_brought() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).panel();
            for n in 1..=2 {
                panel.refresh().await;
                let latest = panel.latest();
                assert!(
                    latest == Some(round(n)),
                    "refresh {n} brought {}, but latest returned {}",
                    in_words(&round(n)),
                    maybe_in_words(latest.as_ref())
                );
            }
        });
    }

    #[test]
    fn keep_fresh_begins_at_once() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let panel = bakery.panel();
            let refresher = keep_fresh(Arc::clone(&panel), REST);
            sleep(ms(55)).await;
            let latest = panel.latest();
            drop(refresher);
            assert!(
                latest == Some(round(1)),
                "55 ms after keep_fresh was called, a refresh of 50 ms should have ended, but \
                 latest returned {}",
                maybe_in_words(latest.as_ref())
            );
        });
    }

    #[test]
    fn the_refresher_rests_between_two_refreshes() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let panel = bakery.panel();
            let _refresher = keep_fresh(Arc::clone(&panel), REST);
            // 50 ms each, 20 ms of rest after each: they begin at 0, 70, 140.
            for (at, begun) in [(60, 1), (75, 2), (130, 2), (145, 3)] {
                sleep(ms(at - run.now())).await;
                let asked = bakery.asked();
                assert!(
                    asked == 5 * begun,
                    "refreshes of 50 ms with 20 ms of rest after each: {} requests after {at} ms, \
                     but there were {asked}",
                    5 * begun
                );
            }
        });
    }
}

/// What makes it this pattern: who waits for whom, what a drop leaves behind, how the background ends.
mod pattern {
    use super::*;

    #[test]
    fn latest_does_not_wait_for_a_refresh() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).panel();
            panel.refresh().await;
            let (_, latest) = join!(panel.refresh(), looked_after(5, &run, &panel));
            let latest = latest.unwrap_or_else(|| {
                panic!("latest panicked when it was called while a refresh was under way")
            });
            assert!(
                latest == Some(round(1)),
                "while refresh 2 was under way, latest returned {} instead of what refresh 1 had \
                 brought",
                maybe_in_words(latest.as_ref())
            );
        });
    }

    #[test]
    fn latest_never_shows_a_part_of_a_refresh() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).panel();
            panel.refresh().await;
            let (_, latest) = join!(panel.refresh(), looked_after(25, &run, &panel));
            let latest = latest.flatten();
            assert!(
                latest == Some(round(1)),
                "two of five services had answered refresh 2, and latest returned {}",
                maybe_in_words(latest.as_ref())
            );
        });
    }

    #[test]
    fn two_refreshes_take_turns() {
        instruments::paused(|run| async move {
            run.at_most_at_once(5, "a second question to the same service");
            let panel = Bakery::new(&run).panel();
            let (first, second) = join!(panel.refresh(), panel.refresh());
            let most = run.most_at_once();
            assert!(
                most <= 5,
                "{most} requests were under way at once: two refreshes ran side by side, but each of the 5 \
                 services answers one question at a time"
            );
            assert!(
                (&first, &second) == (&round(1), &round(2)),
                "the second refresh should have asked anew, but the two brought {} and {}",
                in_words(&first),
                in_words(&second)
            );
        });
    }

    #[test]
    fn the_refresher_takes_turns_with_the_others() {
        instruments::paused(|run| async move {
            run.at_most_at_once(5, "a second question to the same service");
            let panel = Bakery::new(&run).panel();
            let _refresher = keep_fresh(Arc::clone(&panel), REST);
            sleep(ms(15)).await;
            let brought = run.call_async("refresh", panel.refresh()).await;
            let most = run.most_at_once();
            assert!(
                most <= 5,
                "{most} requests were under way at once: a refresh ran beside the refresher's, but each of \
                 the 5 services answers one question at a time"
            );
            assert!(
                brought == round(2),
                "the refresher had asked once, and a refresh that was called meanwhile brought {}",
                in_words(&brought)
            );
        });
    }

    #[test]
    fn a_refresh_that_was_dropped_leaves_no_request_behind() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let panel = bakery.panel();
            let in_time = timeout(ms(15), panel.refresh()).await;
            assert!(in_time.is_err(), "a refresh of 50 ms was over after 15 ms");
            bakery.empties_soon("the refresh").await;
        });
    }

    #[test]
    fn a_refresh_that_was_dropped_holds_nobody_up() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).panel();
            panel.refresh().await;
            let in_time = timeout(ms(15), panel.refresh()).await;
            assert!(in_time.is_err(), "a refresh of 50 ms was over after 15 ms");
            let latest = panel.latest();
            assert!(
                latest == Some(round(1)),
                "refresh 2 was dropped, and latest returned {} instead of what refresh 1 had brought",
                maybe_in_words(latest.as_ref())
            );
            instruments::settle().await;
            let brought = soon(
                "the next refresh",
                &run,
                panel.refresh(),
                "a refresh was dropped while it asked, and the next one never returned",
            )
            .await;
            assert!(
                brought == round(3),
                "the refresh after the dropped one brought {}",
                in_words(&brought)
            );
        });
    }

    #[test]
    fn a_dropped_refresher_stops() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let refresher = keep_fresh(bakery.panel(), REST);
            sleep(ms(15)).await;
            drop(refresher);
            bakery.empties_soon("the refresher").await;
            bakery.asks_no_more("the refresher was dropped").await;
        });
    }

    #[test]
    fn stop_cancels_what_is_under_way_and_waits_until_it_is_gone() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let refresher = keep_fresh(bakery.panel(), REST);
            sleep(ms(15)).await;
            stopped(&run, refresher).await.ok();
            run.none_open_at("stop returns", "still alive");
            run.moment("stop returns");
            let (at, alive) = (run.now(), bakery.requests.alive());
            assert!(
                alive == 0,
                "stop returned while {alive} requests were still alive"
            );
            assert!(
                at == 15,
                "stop was called at 15 ms and cancels what is under way, but it returned at {at} ms"
            );
            bakery.asks_no_more("stop has returned").await;
        });
    }

    #[test]
    fn to_be_stopped_is_no_failure() {
        instruments::paused(|run| async move {
            let refresher = keep_fresh(Bakery::new(&run).panel(), REST);
            sleep(ms(60)).await;
            let result = stopped(&run, refresher).await;
            assert!(
                result.is_ok(),
                "no service panicked, but stop returned an error: {}",
                result.expect_err("it is one")
            );
        });
    }
}

/// Panics, and many who lose patience.
mod stretch {
    use super::*;

    #[test]
    fn a_panic_in_the_background_comes_out_of_stop() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run).whose_till_panics_in_round(2);
            let refresher = keep_fresh(bakery.panel(), REST);
            sleep(ms(200)).await;
            let result = stopped(&run, refresher).await;
            assert!(
                result.as_ref().is_err_and(task::JoinError::is_panic),
                "the till panicked in the background, but stop returned {}",
                match result {
                    Ok(()) => "Ok".to_owned(),
                    Err(error) => format!("\"{error}\""),
                }
            );
        });
    }

    #[test]
    fn a_panic_does_the_next_refresh_no_harm() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run).whose_till_panics_in_round(2);
            let panel = bakery.panel();
            panel.refresh().await;
            let panicking = task::spawn({
                let panel = Arc::clone(&panel);
                async move { panel.refresh().await }
            });
            let went_on = panicking.await.is_err_and(|error| error.is_panic());
            assert!(
                went_on,
                "the till panicked, but the panic did not go on to whoever polled refresh"
            );
            instruments::settle().await;
            let brought = soon(
                "the next refresh",
                &run,
                panel.refresh(),
                "the till panicked once, and the next refresh never returned",
            )
            .await;
            assert!(
                brought == round(3) && panel.latest() == Some(round(3)),
                "the refresh after the panic brought {}, and latest returned {}",
                in_words(&brought),
                maybe_in_words(panel.latest().as_ref())
            );
        });
    }

    #[test]
    fn of_many_in_line_those_come_who_wait() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).panel();
            let mut waiting = task::JoinSet::new();
            for n in 0..20 {
                let panel = Arc::clone(&panel);
                waiting.spawn(async move {
                    // Every second one gives up, most of them while they wait for their turn.
                    let patience = if n % 2 == 0 { 100_000 } else { 75 };
                    timeout(ms(patience), panel.refresh()).await.is_ok()
                });
            }
            let ended = soon(
                "the refreshes",
                &run,
                waiting.join_all(),
                "10 of 20 refreshes in line gave up, and one of the others never returned",
            );
            let came = ended.await.into_iter().filter(|came| *came).count();
            assert!(
                came >= 10,
                "20 refreshes were in line and 10 gave up, but only {came} came"
            );
        });
    }
}

/// How long the refresher rests.
const REST: Duration = ms(20);

/// Five services that answer after 10, 20, 50, 30 and 40 ms. What they say in round `n` is
/// [`round`]`(n)`.
struct Bakery {
    run: Run,
    requests: Cage,
    asked: Arc<AtomicU16>,
    /// How often each service was asked.
    rounds: [AtomicU16; 5],
    panics_in: Option<u16>,
}

impl Bakery {
    fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            requests: Cage::new(),
            asked: Arc::default(),
            rounds: Default::default(),
            panics_in: None,
        }
    }

    fn whose_till_panics_in_round(self, n: u16) -> Self {
        Self {
            panics_in: Some(n),
            ..self
        }
    }

    /// A panel that asks these services.
    fn panel(&self) -> Arc<Panel<Self>> {
        Arc::new(Panel::new(Self {
            run: self.run.clone(),
            requests: self.requests.clone(),
            asked: Arc::clone(&self.asked),
            rounds: Default::default(),
            panics_in: self.panics_in,
        }))
    }

    /// How many questions were asked so far, of all services together.
    fn asked(&self) -> u16 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Answers `after` so many milliseconds with which round of questions it is.
    async fn answer(&self, lane: &str, which: usize, after: u64) -> u16 {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let n = self.rounds[which].fetch_add(1, Ordering::Relaxed) + 1;
        let alive = self.requests.canary();
        let answering = async move {
            let _alive = alive;
            sleep(ms(after)).await;
        };
        self.run.task(lane, &format!("{n}"), answering).await;
        n
    }

    async fn empties_soon(&self, what: &str) {
        let (moment, at) = (format!("{what} is dropped"), self.run.now());
        self.run.none_open_at(&moment, "still alive");
        self.run.moment(moment);
        instruments::settle().await;
        let alive = self.requests.alive();
        assert!(
            alive == 0,
            "{what} was dropped at {at} ms, but {alive} of its requests are still alive"
        );
    }

    async fn asks_no_more(&self, since: &str) {
        let asked = self.asked();
        sleep(ms(300)).await;
        let more = self.asked() - asked;
        assert!(
            more == 0,
            "{since}, but in the next 300 ms the services were asked {more} times"
        );
    }
}

impl Services for Bakery {
    async fn orders(&self) -> u32 {
        u32::from(self.answer("orders", 0, 10).await)
    }

    async fn ovens(&self) -> Vec<u16> {
        vec![self.answer("ovens", 1, 20).await]
    }

    async fn flour(&self) -> u32 {
        u32::from(self.answer("flour", 2, 50).await)
    }

    async fn vans(&self) -> Vec<String> {
        vec![self.answer("vans", 3, 30).await.to_string()]
    }

    async fn till(&self) -> u64 {
        let n = self.answer("till", 4, 40).await;
        if self.panics_in == Some(n) {
            instruments::panic_on_purpose("the till is jammed");
        }
        u64::from(n)
    }
}

/// What the services say when they are asked for the `n`th time.
fn round(n: u16) -> Dashboard {
    Dashboard {
        orders: n.into(),
        ovens: vec![n],
        flour: n.into(),
        vans: vec![n.to_string()],
        till: n.into(),
    }
}

/// What `latest` returns after a while; `None` if it panics.
async fn looked_after(
    milliseconds: u64,
    run: &Run,
    panel: &Panel<Bakery>,
) -> Option<Option<Dashboard>> {
    sleep(ms(milliseconds)).await;
    run.call("latest", || {
        panic::catch_unwind(AssertUnwindSafe(|| panel.latest())).ok()
    })
}

async fn stopped(run: &Run, refresher: Refresher) -> Result<(), task::JoinError> {
    soon("stop", run, refresher.stop(), "stop never returned").await
}

/// What `future` comes to, if it does so within two seconds of virtual time. Nothing here takes as
/// long, and whoever polls or goes on meanwhile must not do so for an hour.
async fn soon<F: Future>(what: &str, run: &Run, future: F, else_say: &str) -> F::Output {
    let limited = timeout(ms(2_000), future);
    let ended = run.call_async(what, limited).await;
    ended.unwrap_or_else(|_| panic!("{else_say}"))
}

fn in_words(dashboard: &Dashboard) -> String {
    let Dashboard {
        orders,
        ovens,
        flour,
        vans,
        till,
    } = dashboard;
    format!("orders {orders}, ovens {ovens:?}, flour {flour}, vans {vans:?}, till {till}")
}

fn maybe_in_words(dashboard: Option<&Dashboard>) -> String {
    dashboard.map_or_else(|| "None".to_owned(), in_words)
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
