//! What the panel must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test async_tasks core`.
//!
//! Time is tokio's, paused: it jumps to the next sleeper's end whenever every task waits.

use std::future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use exercises::async_tasks::{Dashboard, Panel, Refresher, Services, keep_fresh};
use futures::FutureExt;
use futures::future::join_all;
use instruments::canary::Cage;
use instruments::gate::{Count, Gate};
use instruments::{PROBE, Run};
use tokio::runtime::Builder;
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
                took >= 50,
                "refresh brought all answers, the slowest of which takes 50 ms, but tokio's clock has moved on \
                 by {took} ms: refresh blocked the runtime's thread instead of giving it back at an `.await`"
            );
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
            // The test keeps no panel: the refresher's own is enough.
            let _refresher = keep_fresh(bakery.panel(), REST);
            // 50 ms each, 20 ms of rest after each: they begin at 0, 70, 140.
            for (at, begun) in [(60, 1), (75, 2), (130, 2), (145, 3)] {
                sleep(ms(at - run.now())).await;
                let asked = bakery.asked();
                assert!(
                    asked == 5 * begun,
                    "refreshes of 50 ms with 20 ms of rest on tokio's clock after each make {} requests in \
                     {at} ms, but there were {asked}",
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
    fn refreshes_take_turns() {
        instruments::paused(|run| async move {
            run.at_most_at_once(5, "a second question to the same service");
            let panel = Bakery::new(&run).panel();
            let brought = join_all((0..4).map(|_| panel.refresh())).await;
            let most = run.most_at_once();
            assert!(
                most <= 5,
                "{most} requests were under way at once: refreshes ran side by side, but each of the 5 \
                 services answers one question at a time"
            );
            // Who of those in line comes first is nobody's business.
            let mut orders: Vec<_> = brought.iter().map(|brought| brought.orders).collect();
            orders.sort_unstable();
            assert!(
                orders == [1, 2, 3, 4],
                "each of 4 refreshes should have asked anew, and brought orders 1, 2, 3 and 4, but sorted by \
                 number they brought {orders:?}"
            );
        });
    }

    /// On real threads, which look at the wall at the same time.
    #[test]
    fn latest_is_there_for_all_who_look_at_once() {
        instruments::test(|run| {
            let panel = Arc::new(Panel::new(ManyDrivers));
            on_four_threads(panel.refresh());
            let look = || {
                let looks = (0..60).filter(|_| {
                    run.gets_on();
                    panel.latest().is_none()
                });
                looks.count()
            };
            let misses: usize = thread::scope(|scope| {
                let lookers = [scope.spawn(look), scope.spawn(look), scope.spawn(look)];
                lookers.map(|looker| instruments::passed_on(looker.join()))
            })
            .iter()
            .sum();
            assert!(
                misses == 0,
                "3 threads called latest 60 times each after a refresh, and {misses} times it returned None"
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

    #[test]
    fn of_many_in_line_those_come_who_wait() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let panel = bakery.panel();
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
            let most = bakery.most_alive.load(Ordering::Relaxed);
            assert!(
                most <= 5,
                "20 refreshes were in line, and {most} requests were under way at once: some ran side by side"
            );
        });
    }

    #[test]
    fn who_gives_up_as_the_turn_comes_passes_it_on() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).panel();
            let mut under_way = Box::pin(panel.refresh());
            let mut next = Box::pin(panel.refresh());
            let mut last = Box::pin(panel.refresh());
            for refresh in [&mut under_way, &mut next, &mut last] {
                assert!(
                    refresh.as_mut().now_or_never().is_none(),
                    "a refresh of 50 ms was over at once"
                );
            }
            // The turn comes to the next in line, which is dropped before it has gone on.
            drop(under_way);
            drop(next);
            let brought = soon(
                "the last in line",
                &run,
                last,
                "a refresh in line was dropped just as its turn had come, and the one behind it never returned",
            )
            .await;
            assert!(
                brought.orders > 0 && panel.latest().as_ref() == Some(&brought),
                "the last refresh in line brought {}, but latest returned {}",
                in_words(&brought),
                maybe_in_words(panel.latest().as_ref())
            );
        });
    }

    /// On real threads, where a request that is being cancelled takes its time.
    #[test]
    fn the_turn_passes_on_when_the_requests_are_gone() {
        instruments::test(|run| {
            let slow = SlowToGo::new(&run);
            let panel = Arc::new(Panel::new(slow.clone()));
            let returned = run.count(|_| {
                "a refresh was dropped and its requests are gone, but the next refresh never returned"
                    .to_owned()
            });
            let caller = thread::spawn({
                let (slow, returned) = (slow.clone(), returned.clone());
                move || {
                    on_four_threads(async {
                        let refreshing = task::spawn({
                            let panel = Arc::clone(&panel);
                            async move { panel.refresh().await }
                        });
                        slow.begun.reached(1).await;
                        refreshing.abort();
                        slow.cancelled.reached(1).await;
                        panel.refresh().await;
                        returned.add();
                    });
                }
            });
            slow.cancelled.wait_for(1);
            let too_early = slow.begun.reaches(2, PROBE);
            slow.gate.open();
            returned.wait_for(1);
            instruments::passed_on(caller.join());
            assert!(
                !too_early,
                "a refresh was dropped, and the next one asked the till while the dropped one's question to it \
                 was still alive, about to be cancelled"
            );
        });
    }

    #[test]
    fn a_refresher_that_is_dropped_while_it_rests_stops() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let refresher = keep_fresh(bakery.panel(), REST);
            sleep(ms(55)).await;
            drop(refresher);
            bakery
                .asks_no_more("the refresher was dropped while it rested")
                .await;
        });
    }

    #[test]
    fn a_rest_may_be_none_at_all() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let refresher = keep_fresh(bakery.panel(), Duration::ZERO);
            // Tokio may make a millisecond of a sleep of no time at all.
            sleep(ms(125)).await;
            let asked = bakery.asked();
            let ended = stopped(&run, refresher).await;
            assert!(
                asked == 15 && ended.is_ok(),
                "refreshes of 50 ms with a rest of zero after each make 15 requests in 125 ms, but there were \
                 {asked}{}",
                but_why(ended)
            );
        });
    }

    #[test]
    fn a_rest_may_last_for_weeks_or_for_ever() {
        instruments::paused(|run| async move {
            // The milliseconds of the first, and its microseconds, come to 20 ms in a counter of 32 bits.
            for rest in [ms((1 << 32) + 20), Duration::MAX] {
                let bakery = Bakery::new(&run);
                let refresher = keep_fresh(bakery.panel(), rest);
                sleep(ms(300)).await;
                let asked = bakery.asked();
                let ended = stopped(&run, refresher).await;
                assert!(
                    asked == 5 && ended.is_ok(),
                    "a refresh of 50 ms and a rest of {rest:?} make 5 requests in 300 ms, but there were \
                     {asked}{}",
                    but_why(ended)
                );
            }
        });
    }

    #[test]
    fn stop_does_not_wait_for_the_end_of_the_rest() {
        instruments::paused(|run| async move {
            let refresher = keep_fresh(Bakery::new(&run).panel(), REST);
            sleep(ms(60)).await;
            stopped(&run, refresher).await.ok();
            let at = run.now();
            assert!(
                at == 60,
                "the refresher rested from 50 ms to 70, and stop was called at 60 ms, but it returned at {at} ms"
            );
        });
    }

    #[test]
    fn stop_does_not_wait_for_the_refresh_of_another() {
        instruments::paused(|run| async move {
            let bakery = Bakery::new(&run);
            let panel = bakery.panel();
            let others = task::spawn({
                let panel = Arc::clone(&panel);
                async move { panel.refresh().await }
            });
            instruments::settle().await;
            let refresher = keep_fresh(panel, REST);
            sleep(ms(15)).await;
            stopped(&run, refresher).await.ok();
            let at = run.now();
            assert!(
                at == 15,
                "the refresher was in line behind a refresh of somebody else, and stop was called at 15 ms, but \
                 it returned at {at} ms"
            );
            let brought = others.await.ok();
            assert!(
                brought == Some(round(1)),
                "a refresher in line was stopped, and the refresh before it came to {}",
                maybe_in_words(brought.as_ref())
            );
            bakery.asks_no_more("the refresher was stopped").await;
        });
    }

    /// On real threads, where a request that is being cancelled takes its time.
    #[test]
    fn stop_waits_for_a_request_that_is_slow_to_go() {
        instruments::test(|run| {
            let slow = SlowToGo::new(&run);
            let panel = Arc::new(Panel::new(slow.clone()));
            let returned = run.count(|_| {
                "stop was called and the requests are gone, but it never returned".to_owned()
            });
            let caller = thread::spawn({
                let (slow, returned) = (slow.clone(), returned.clone());
                move || {
                    on_four_threads(async {
                        let refresher = keep_fresh(panel, REST);
                        slow.begun.reached(1).await;
                        refresher.stop().await.ok();
                        returned.add();
                    });
                }
            });
            slow.cancelled.wait_for(1);
            let too_early = returned.reaches(1, PROBE);
            slow.gate.open();
            returned.wait_for(1);
            instruments::passed_on(caller.join());
            assert!(
                !too_early,
                "stop returned while a question to the till was still alive, about to be cancelled"
            );
        });
    }

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
            let latest = panel.latest();
            assert!(
                latest == Some(round(1)),
                "refresh 2 panicked, and latest returned {} instead of what refresh 1 had brought",
                maybe_in_words(latest.as_ref())
            );
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
}

/// What a panic says.
mod stretch {
    use super::*;

    #[test]
    fn the_panic_goes_on_as_it_was() {
        instruments::paused(|run| async move {
            let panel = Bakery::new(&run).whose_till_panics_in_round(1).panel();
            let panicking = task::spawn(async move { panel.refresh().await });
            let error = panicking.await.expect_err("the till panics");
            let words = error.into_panic();
            assert!(
                words.downcast_ref::<Jammed>().is_some(),
                "the till panicked with a value of its own, a `Jammed`, but the panic that came out of refresh \
                 carried {}",
                match (words.downcast_ref::<&str>(), words.downcast_ref::<String>()) {
                    (Some(text), _) => format!("\"{text}\""),
                    (_, Some(text)) => format!("\"{text}\""),
                    _ => "something else".to_owned(),
                }
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
    /// How many requests were alive at once, at most.
    most_alive: Arc<AtomicUsize>,
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
            most_alive: Arc::default(),
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
            most_alive: Arc::clone(&self.most_alive),
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
        let now = self.requests.alive();
        self.most_alive.fetch_max(now, Ordering::Relaxed);
        let answering = async move {
            let _alive = alive;
            sleep(ms(after)).await;
        };
        self.run.task(lane, &format!("{n}"), answering).await;
        n
    }

    #[track_caller]
    fn empties_soon(&self, what: &str) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let (moment, at) = (format!("{what} is dropped"), self.run.now());
            self.run.none_open_at(&moment, "still alive");
            self.run.moment(moment);
            instruments::settle().await;
            let alive = self.requests.alive();
            assert!(
                alive == 0,
                "{what} was dropped at {at} ms, but {alive} of its requests are still alive"
            );
        })
    }

    #[track_caller]
    fn asks_no_more(&self, since: &str) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let asked = self.asked();
            sleep(ms(300)).await;
            let more = self.asked() - asked;
            assert!(
                more == 0,
                "{since}, but in the next 300 ms the services were asked {more} times"
            );
        })
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
            panic::resume_unwind(Box::new(Jammed));
        }
        u64::from(n)
    }
}

/// Five services that answer at once, and a list of drivers that takes a while to copy.
struct ManyDrivers;

impl Services for ManyDrivers {
    async fn orders(&self) -> u32 {
        0
    }

    async fn ovens(&self) -> Vec<u16> {
        Vec::new()
    }

    async fn flour(&self) -> u32 {
        0
    }

    async fn vans(&self) -> Vec<String> {
        vec!["a driver".to_owned(); 1_000]
    }

    async fn till(&self) -> u64 {
        0
    }
}

/// Five services of which the till, when it is asked for the first time, answers nothing, and takes until a
/// gate opens to go when it is cancelled.
#[derive(Clone)]
struct SlowToGo {
    begun: Count,
    cancelled: Count,
    gate: Gate,
}

impl SlowToGo {
    fn new(run: &Run) -> Self {
        Self {
            begun: run.count(|_| "the till was never asked".to_owned()),
            cancelled: run.count(|_| {
                "the refresh was to be cancelled, but the question to the till was not: its future was not dropped"
                    .to_owned()
            }),
            gate: Gate::new(),
        }
    }
}

impl Services for SlowToGo {
    async fn orders(&self) -> u32 {
        0
    }

    async fn ovens(&self) -> Vec<u16> {
        Vec::new()
    }

    async fn flour(&self) -> u32 {
        0
    }

    async fn vans(&self) -> Vec<String> {
        Vec::new()
    }

    async fn till(&self) -> u64 {
        let is_first = self.begun.get() == 0;
        let slow = is_first.then(|| GoesSlowly(self.clone()));
        self.begun.add();
        if slow.is_some() {
            future::pending::<()>().await;
        }
        0
    }
}

struct GoesSlowly(SlowToGo);

impl Drop for GoesSlowly {
    fn drop(&mut self) {
        self.0.cancelled.add();
        self.0.gate.wait();
    }
}

fn on_four_threads<T>(future: impl Future<Output = T>) -> T {
    Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .expect("the system has room for four threads")
        .block_on(future)
}

/// What the till panics with.
struct Jammed;

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

#[track_caller]
fn stopped(run: &Run, refresher: Refresher) -> impl Future<Output = Result<(), task::JoinError>> {
    soon("stop", run, refresher.stop(), "stop never returned")
}

/// The end of a sentence, if the background has panicked.
fn but_why(ended: Result<(), task::JoinError>) -> String {
    match ended {
        Ok(()) => String::new(),
        Err(error) => format!(", and the background ended with \"{error}\""),
    }
}

/// What `future` comes to, if it does so within two seconds of virtual time. Nothing here takes as
/// long, and whoever polls or goes on meanwhile must not do so for an hour.
#[track_caller]
fn soon<F: Future>(
    what: &str,
    run: &Run,
    future: F,
    else_say: &str,
) -> impl Future<Output = F::Output> {
    instruments::helper(async move {
        let limited = timeout(ms(2_000), future);
        let ended = run.call_async(what, limited).await;
        ended.unwrap_or_else(|_| panic!("{else_say}"))
    })
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
