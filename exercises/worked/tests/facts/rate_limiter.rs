//! What the chapter on rate limiters says of tokio, as far as it can be run.

mod core {
    use std::future::poll_fn;
    use std::panic;
    use std::sync::{Arc, Mutex as StdMutex};
    use std::task::Poll;
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;
    use governor::{Quota, RateLimiter};
    use instruments::Run;
    use tokio::sync::{Mutex, Semaphore};
    use tokio::task::JoinSet;
    use tokio::time::{
        Instant, Interval, MissedTickBehavior, interval, interval_at, sleep, timeout,
    };

    const PERIOD: Duration = ms(100);

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// When the next `many` ticks come, in milliseconds of the test.
    async fn ticks_at(run: &Run, ticks: &mut Interval, many: usize) -> Vec<u64> {
        let mut at = Vec::new();
        for _ in 0..many {
            ticks.tick().await;
            at.push(run.now());
        }
        at
    }

    /// When the six ticks come that follow a wait of 550 ms.
    async fn after_a_stall(run: &Run, behaviour: MissedTickBehavior) -> Vec<u64> {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(behaviour);
        ticks.tick().await;
        sleep(ms(550)).await;
        ticks_at(run, &mut ticks, 6).await
    }

    #[test]
    fn the_first_tick_is_there_at_once() {
        instruments::paused(|run| async move {
            let at = ticks_at(&run, &mut interval(PERIOD), 3).await;
            assert!(at == [0, 100, 200], "it ticks at {at:?}");
        });
    }

    #[test]
    fn five_missed_ticks_are_made_up_for_at_once_and_that_is_the_default() {
        instruments::paused(|run| async move {
            let default = interval(PERIOD).missed_tick_behavior();
            assert!(default == MissedTickBehavior::Burst, "it is {default:?}");
            let at = after_a_stall(&run, default).await;
            assert!(at == [550, 550, 550, 550, 550, 600], "it ticks at {at:?}");
        });
    }

    #[test]
    fn delay_counts_from_the_late_tick() {
        instruments::paused(|run| async move {
            let at = after_a_stall(&run, MissedTickBehavior::Delay).await;
            assert!(at == [550, 650, 750, 850, 950, 1050], "it ticks at {at:?}");
        });
    }

    #[test]
    fn skip_keeps_to_the_grid_so_two_ticks_come_too_close() {
        instruments::paused(|run| async move {
            let at = after_a_stall(&run, MissedTickBehavior::Skip).await;
            assert!(at == [550, 600, 700, 800, 900, 1000], "it ticks at {at:?}");
        });
    }

    #[test]
    fn a_tick_up_to_five_milliseconds_late_counts_as_punctual() {
        for behaviour in [MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            for (late, next) in [(5, 200), (6, 206)] {
                instruments::paused(move |run| async move {
                    let mut ticks = interval(PERIOD);
                    ticks.set_missed_tick_behavior(behaviour);
                    ticks.tick().await;
                    sleep(PERIOD + ms(late)).await;
                    let at = ticks_at(&run, &mut ticks, 2).await;
                    let next = if behaviour == MissedTickBehavior::Skip {
                        200
                    } else {
                        next
                    };
                    assert!(
                        at == [100 + late, next],
                        "{behaviour:?}: {late} ms late, it ticks at {at:?}"
                    );
                });
            }
        }
    }

    #[test]
    fn a_short_period_catches_up_whatever_the_behaviour() {
        instruments::paused(|run| async move {
            let mut ticks = interval(ms(1));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await;
            sleep(ms(6)).await;
            let at = ticks_at(&run, &mut ticks, 7).await;
            assert!(at == [6, 6, 6, 6, 6, 6, 7], "it ticks at {at:?}");
        });
    }

    #[test]
    fn what_a_timer_rounds_up_does_not_add_up_in_an_interval() {
        instruments::paused(|run| async move {
            let mut ticks = interval(Duration::from_secs(1) / 3);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let at = ticks_at(&run, &mut ticks, 31).await;
            assert!(at[..5] == [0, 334, 667, 1000, 1334], "it ticks at {at:?}");
            assert!(at[30] == 10_000, "the thirtieth comes at {} ms", at[30]);
            // Sleeps in a row begin where the last one ended.
            let begin = Instant::now();
            for _ in 0..30 {
                sleep(Duration::from_secs(1) / 3).await;
            }
            assert!(begin.elapsed() == ms(10_020), "{:?}", begin.elapsed());
        });
    }

    #[test]
    fn a_tick_that_nobody_waited_for_to_the_end_is_not_lost() {
        instruments::paused(|run| async move {
            let mut ticks = interval(PERIOD);
            ticks.tick().await;
            assert!(timeout(ms(50), ticks.tick()).await.is_err());
            let at = ticks_at(&run, &mut ticks, 2).await;
            assert!(at == [100, 200], "it ticks at {at:?}");
        });
    }

    #[test]
    fn the_next_in_line_gets_the_tick_of_a_caller_that_gave_up() {
        instruments::paused(|run| async move {
            let ticks = Arc::new(Mutex::new(interval(PERIOD)));
            ticks.lock().await.tick().await;
            let wait = |ticks: Arc<Mutex<Interval>>| async move {
                ticks.lock().await.tick().await;
            };
            let first = tokio::spawn(wait(Arc::clone(&ticks)));
            instruments::settle().await;
            let second = tokio::spawn(wait(ticks));
            sleep(ms(50)).await;
            first.abort();
            assert!(second.await.is_ok(), "it does not panic");
            let now = run.now();
            assert!(now == 100, "the second goes at {now} ms");
        });
    }

    #[test]
    fn a_tick_that_has_come_and_was_not_taken_goes_to_the_next_in_line() {
        instruments::paused(|run| async move {
            let ticks = Mutex::new(interval(PERIOD));
            ticks.lock().await.tick().await;
            let mut first = Box::pin(async { ticks.lock().await.tick().await });
            // Woken by its tick, it gives up instead of looking.
            poll_fn(|context| {
                if run.now() < 100 {
                    first.as_mut().poll(context).map(drop)
                } else {
                    Poll::Ready(())
                }
            })
            .await;
            drop(first);
            ticks.lock().await.tick().await;
            let now = run.now();
            assert!(now == 100, "the second goes at {now} ms");
        });
    }

    #[test]
    fn a_guard_without_a_name_is_dropped_at_the_semicolon() {
        instruments::paused(|_| async {
            let ticks = Mutex::new(interval(PERIOD));
            ticks.lock().await.tick().await;
            assert!(ticks.try_lock().is_ok(), "it is locked");
        });
    }

    #[test]
    fn an_interval_wakes_only_the_task_that_polled_it_last() {
        instruments::paused(|_| async {
            let ticks = Arc::new(StdMutex::new(interval_at(Instant::now() + PERIOD, PERIOD)));
            let wait = || {
                let ticks = Arc::clone(&ticks);
                tokio::spawn(poll_fn(move |context| {
                    ticks
                        .lock()
                        .expect("nobody panics")
                        .poll_tick(context)
                        .map(drop)
                }))
            };
            let (first, second) = (wait(), wait());
            sleep(10 * PERIOD).await;
            assert!(second.is_finished(), "the last was not woken");
            assert!(!first.is_finished(), "the first was woken as well");
        });
    }

    /// Two places are open, and one caller waits, when both come free in one moment.
    #[test]
    fn between_two_lines_a_newcomer_overtakes_whoever_waits() {
        instruments::paused(|run| async move {
            let places = Arc::new(Semaphore::new(2));
            let turns = Arc::new(Mutex::new(interval(PERIOD)));
            turns.lock().await.tick().await;
            let turn = || {
                let (places, turns) = (Arc::clone(&places), Arc::clone(&turns));
                let run = run.clone();
                async move {
                    let _place = places.acquire().await;
                    turns.lock().await.tick().await;
                    run.now()
                }
            };
            let open = Arc::clone(&places).acquire_many_owned(2).await;
            let waits = tokio::spawn(turn());
            instruments::settle().await;
            drop(open);
            let newcomer = turn().await;
            let waited = waits.await.expect("it does not panic");
            assert!(
                (newcomer, waited) == (100, 200),
                "the newcomer goes at {newcomer} ms, and who waited at {waited} ms"
            );
        });
    }

    #[test]
    fn an_interval_without_a_period_panics() {
        instruments::paused(|_| async {
            let made = panic::catch_unwind(|| interval(Duration::ZERO));
            assert!(made.is_err(), "it was made");
        });
    }

    #[test]
    fn a_rate_times_the_time_of_an_answer_is_how_many_are_open() {
        instruments::paused(|_| async {
            for (answer, expected) in [(50, 1), (250, 3), (450, 5), (2_950, 30)] {
                let open = Arc::new(Semaphore::new(100));
                let mut requests = JoinSet::new();
                let mut ticks = interval(PERIOD);
                let mut most = 0;
                for _ in 0..100 {
                    ticks.tick().await;
                    let place = Arc::clone(&open).try_acquire_owned();
                    let place = place.expect("there are as many as requests");
                    most = most.max(100 - open.available_permits());
                    requests.spawn(async move {
                        let _place = place;
                        sleep(ms(answer)).await;
                    });
                }
                assert!(most == expected, "answers of {answer} ms: {most} open");
            }
        });
    }

    #[test]
    fn with_delay_two_ticks_are_never_closer_than_a_period_less_five_milliseconds() {
        for late in 0..250 {
            instruments::paused(move |run| async move {
                let mut ticks = interval(PERIOD);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                ticks.tick().await;
                sleep(PERIOD + ms(late)).await;
                let at = ticks_at(&run, &mut ticks, 3).await;
                let closest = at.windows(2).map(|two| two[1] - two[0]).min();
                assert!(closest >= Some(95), "{late} ms late, it ticks at {at:?}");
            });
        }
    }

    #[test]
    fn the_grid_of_an_interval_begins_when_it_is_made() {
        const MINUTE: Duration = Duration::from_mins(1);
        instruments::paused(|run| async move {
            // Seven minutes past the hour.
            sleep(7 * MINUTE).await;
            let mut ticks = interval(10 * MINUTE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            let at = ticks_at(&run, &mut ticks, 2).await;
            let minutes: Vec<u64> = at.iter().map(|at| at / 60_000).collect();
            assert!(minutes == [7, 17], "it ticks at minutes {minutes:?}");
        });
    }

    /// What a caller waits for first.
    #[derive(Clone, Copy)]
    enum First {
        Turn,
        Place,
    }

    /// The most requests that begin within a second, when answers take a minute at first, and then
    /// 10 ms. Ten requests a second are allowed, and ten may be open.
    async fn most_in_a_second(run: Run, first: First) -> usize {
        let (turns, places) = (
            Arc::new(Mutex::new(interval(PERIOD))),
            Arc::new(Semaphore::new(10)),
        );
        turns
            .lock()
            .await
            .set_missed_tick_behavior(MissedTickBehavior::Delay);
        let sent = Arc::new(StdMutex::new(Vec::new()));
        let mut callers = JoinSet::new();
        for _ in 0..600 {
            let (turns, places, sent) =
                (Arc::clone(&turns), Arc::clone(&places), Arc::clone(&sent));
            let run = run.clone();
            callers.spawn(async move {
                let _place = match first {
                    First::Turn => {
                        turns.lock().await.tick().await;
                        places.acquire().await
                    }
                    First::Place => {
                        let mut turns = turns.lock().await;
                        let place = places.acquire().await;
                        turns.tick().await;
                        place
                    }
                };
                let now = run.now();
                sent.lock().expect("no panic with it").push(now);
                sleep(ms(if now < 60_000 { 60_000 - now } else { 10 })).await;
            });
        }
        callers.join_all().await;
        let sent = sent.lock().expect("no panic with it");
        let within = |begin: u64| {
            sent.iter()
                .filter(move |at| (begin..begin + 1_000).contains(*at))
        };
        let most = sent.iter().map(|begin| within(*begin).count()).max();
        most.unwrap_or_default()
    }

    #[test]
    fn turns_before_places_let_a_pile_of_callers_go_at_once() {
        instruments::paused(|run| async move {
            let most = most_in_a_second(run, First::Turn).await;
            assert!(most > 500, "{most} requests went out within a second");
        });
    }

    #[test]
    fn places_before_turns_keep_the_rate() {
        instruments::paused(|run| async move {
            let most = most_in_a_second(run, First::Place).await;
            assert!(most == 10, "{most} requests went out within a second");
        });
    }

    #[test]
    fn an_interval_that_is_made_for_each_request_never_waits() {
        instruments::paused(|run| async move {
            for _ in 0..100 {
                interval(PERIOD).tick().await;
            }
            assert_eq!(run.now(), 0);
        });
    }

    #[test]
    fn three_hundred_and_thirty_three_milliseconds_are_more_than_three_a_second() {
        let in_an_hour = |period: Duration| Duration::from_hours(1).div_duration_f64(period);
        assert!(in_an_hour(ms(333)) > 10_810.0);
        assert!((in_an_hour(Duration::from_secs(1) / 3) - 10_800.0).abs() < 0.001);
    }

    #[test]
    fn governor_with_a_burst_of_one_counts_from_the_late_request() {
        let clock = FakeRelativeClock::default();
        let quota = Quota::with_period(PERIOD).expect("a period");
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        let goes_after = |wait| {
            clock.advance(ms(wait));
            limiter.check().is_ok()
        };
        let first = [goes_after(0), goes_after(99), goes_after(1)];
        assert_eq!(first, [true, false, true]);
        // Nothing is saved up, and the late one moves the next.
        let late = [
            goes_after(550),
            goes_after(0),
            goes_after(50),
            goes_after(50),
        ];
        assert_eq!(late, [true, false, false, true]);
    }

    #[test]
    fn a_closed_semaphore_turns_away_who_waits_and_leaves_what_is_held() {
        instruments::paused(|_| async {
            let places = Arc::new(Semaphore::new(1));
            let held = places.acquire().await.expect("a place");
            let waits = tokio::spawn({
                let places = Arc::clone(&places);
                async move { places.acquire().await.is_ok() }
            });
            instruments::settle().await;
            places.close();
            assert!(!waits.await.expect("it does not panic"), "it was served");
            drop(held);
            assert!(places.acquire().await.is_err(), "a newcomer was served");
        });
    }
}
