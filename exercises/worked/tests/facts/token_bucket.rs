//! What the chapter on token buckets says of tokio, as far as it can be run.

mod core {
    use std::future::poll_fn;
    use std::num::NonZeroU32;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::Poll;
    use std::time::Duration;

    use governor::clock::{Clock, FakeRelativeClock, ReasonablyRealtime};
    use governor::middleware::NoOpMiddleware;
    use governor::nanos::Nanos;
    use governor::{Quota, RateLimiter};
    use tokio::runtime::Builder;
    use tokio::sync::mpsc;
    use tokio::sync::{Mutex, Semaphore};
    use tokio::task::JoinSet;
    use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn tokios_mutex_goes_to_whoever_asked_first() {
        instruments::paused(|_| async move {
            let served = Arc::new(Mutex::new(Vec::new()));
            let held = served.lock().await;
            let mut tasks = JoinSet::new();
            for n in 0..5 {
                let served = Arc::clone(&served);
                tasks.spawn(async move { served.lock().await.push(n) });
                instruments::settle().await;
            }
            drop(held);
            tasks.join_all().await;
            let served = served.lock().await;
            assert!(*served == [0, 1, 2, 3, 4], "served in the order {served:?}");
        });
    }

    #[test]
    fn whoever_gives_up_leaves_the_line_of_a_mutex() {
        instruments::paused(|_| async move {
            let line = Mutex::new(());
            let held = line.lock().await;
            let gave_up = timeout(ms(10), line.lock()).await.is_err();
            drop(held);
            assert!(gave_up, "the lock was free");
            assert!(line.try_lock().is_ok(), "nobody holds the lock any more");
        });
    }

    #[test]
    fn a_semaphore_has_no_cap_of_yours() {
        instruments::paused(|_| async move {
            let tokens = Semaphore::new(5);
            tokens.add_permits(20);
            let there = tokens.available_permits();
            assert!(there == 25, "{there} permits are there");
        });
    }

    #[test]
    fn permits_gathered_by_a_waiter_that_gives_up_go_back() {
        instruments::paused(|_| async move {
            let tokens = Semaphore::new(3);
            let gave_up = timeout(ms(10), tokens.acquire_many(5)).await.is_err();
            let there = tokens.available_permits();
            assert!(gave_up && there == 3, "{there} permits are there");
        });
    }

    #[test]
    fn an_interval_makes_up_for_all_ticks_that_were_missed() {
        instruments::paused(|run| async move {
            let mut ticks = interval(ms(100));
            ticks.tick().await;
            sleep(ms(2_000)).await;
            for _ in 0..20 {
                ticks.tick().await;
            }
            let now = run.now();
            assert!(now == 2_000, "20 ticks took until {now} ms");
        });
    }

    #[test]
    fn a_sender_that_waits_holds_one_token_more_than_the_channel() {
        instruments::paused(|_| async move {
            let (tokens, mut bucket) = mpsc::channel(5);
            tokio::spawn(async move { while tokens.send(()).await.is_ok() {} });
            instruments::settle().await;
            let held = bucket.len();
            let mut taken = 0;
            while bucket.try_recv().is_ok() {
                taken += 1;
            }
            assert!(held == 5 && taken == 5, "{held} held, {taken} taken");
            // The sixth follows without a period between.
            instruments::settle().await;
            assert!(bucket.try_recv().is_ok(), "nobody held a sixth");
        });
    }

    #[test]
    fn a_virtual_sleep_is_rounded_up_to_a_millisecond() {
        instruments::paused(|_| async move {
            let before = Instant::now();
            sleep(Duration::from_micros(333_334)).await;
            let slept = before.elapsed();
            assert!(slept == ms(334), "it slept for {slept:?}");
        });
    }

    #[test]
    fn fractions_in_floating_point_come_too_late() {
        let level: f64 = std::iter::repeat_n(0.3, 10).sum();
        assert!(level < 3.0);
        assert_eq!(level.to_string(), "2.9999999999999996");
        let rest = Duration::from_millis(100).mul_f64(3.0 - level);
        assert_eq!(rest, Duration::ZERO, "a sleep for it is none");
    }

    const PERIOD: Duration = ms(100);
    const BURST: u32 = 5;

    /// Where the next window begins.
    #[derive(Clone, Copy)]
    enum Next {
        Now,
        WhereTheLastEnded,
    }

    /// How many go out at once after so many idle periods.
    async fn at_once_after(idle: u32, next: Next) -> u32 {
        let (mut ends, mut left) = (Instant::now() + PERIOD * BURST, BURST);
        sleep(PERIOD * idle).await;
        let pause = Instant::now();
        for sent in 0.. {
            if left == 0 {
                sleep_until(ends).await;
            }
            if Instant::now() >= ends {
                let begins = match next {
                    Next::Now => Instant::now(),
                    Next::WhereTheLastEnded => ends,
                };
                ends = begins + PERIOD * BURST;
                left = BURST;
            }
            left -= 1;
            if pause.elapsed() > Duration::ZERO {
                return sent;
            }
        }
        0
    }

    #[test]
    fn a_window_that_moves_on_by_its_length_makes_up_for_all_that_were_idle() {
        instruments::paused(|_| async {
            assert_eq!(at_once_after(100, Next::Now).await, BURST);
            let at_once = at_once_after(100, Next::WhereTheLastEnded).await;
            assert!(at_once == 24, "{at_once} went out at once");
        });
    }

    #[test]
    fn a_lock_taken_twice_lets_two_take_one_token() {
        instruments::paused(|_| async {
            let tokens = Mutex::new(1_u32);
            let first = *tokens.lock().await > 0;
            let second = *tokens.lock().await > 0;
            for _ in [first, second].iter().filter(|there| **there) {
                let mut tokens = tokens.lock().await;
                *tokens = tokens.wrapping_sub(1);
            }
            assert_eq!(*tokens.lock().await, u32::MAX);
        });
    }

    /// When ten requests have gone out of a full bucket, and how many have after a thousand periods.
    async fn of_a_bucket(burst: u32) -> (Duration, u32) {
        let begin = Instant::now();
        let (mut out, mut tenth) = (burst, Duration::ZERO);
        let mut ticks = interval(PERIOD);
        ticks.tick().await;
        for _ in 0..1_000 {
            ticks.tick().await;
            out += 1;
            if out == 10 {
                tenth = begin.elapsed();
            }
        }
        (tenth, out)
    }

    #[test]
    fn a_smaller_burst_costs_latency_and_the_long_run_rate_stays() {
        instruments::paused(|_| async {
            let (five, five_in_all) = of_a_bucket(5).await;
            let (two, two_in_all) = of_a_bucket(2).await;
            assert!(two > five, "{two:?} with 2, {five:?} with 5");
            // The difference is the burst, once.
            assert_eq!(five_in_all - two_in_all, 3);
        });
    }

    /// How many tokens are taken out of the channel before a millisecond has passed.
    async fn at_once(tokens: &mut mpsc::Receiver<()>) -> u32 {
        let mut taken = 0;
        while timeout(ms(1), tokens.recv()).await.is_ok() {
            taken += 1;
        }
        taken
    }

    /// How many tokens a channel of five hands out at once after a quiet time, if the task that
    /// fills it waits in `send`.
    async fn after_a_quiet_time(behaviour: MissedTickBehavior) -> u32 {
        let (tokens, mut bucket) = mpsc::channel(5);
        tokio::spawn(async move {
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(behaviour);
            loop {
                ticks.tick().await;
                if tokens.send(()).await.is_err() {
                    return;
                }
            }
        });
        sleep(ms(10_050)).await;
        at_once(&mut bucket).await
    }

    #[test]
    fn an_interval_before_a_send_that_waits_makes_up_for_the_whole_quiet_time() {
        instruments::paused(|_| async {
            let taken = after_a_quiet_time(MissedTickBehavior::Burst).await;
            assert!(taken == 101, "{taken} tokens were taken at once");
        });
    }

    #[test]
    fn with_delay_a_send_that_waits_lets_two_more_than_the_cap_through() {
        instruments::paused(|_| async {
            let taken = after_a_quiet_time(MissedTickBehavior::Delay).await;
            assert!(taken == 7, "{taken} tokens were taken at once");
        });
    }

    #[test]
    fn with_try_send_the_channel_is_a_cap() {
        instruments::paused(|_| async {
            let (tokens, mut bucket) = mpsc::channel(5);
            tokio::spawn(async move {
                let mut ticks = interval(PERIOD);
                loop {
                    ticks.tick().await;
                    if let Err(mpsc::error::TrySendError::Closed(())) = tokens.try_send(()) {
                        return;
                    }
                }
            });
            sleep(ms(10_050)).await;
            let taken = at_once(&mut bucket).await;
            assert!(taken == 5, "{taken} tokens were taken at once");
        });
    }

    #[test]
    fn tokens_taken_in_advance_are_lost_with_the_caller() {
        instruments::paused(|_| async {
            let tokens = Mutex::new(1_i32);
            let take = async {
                *tokens.lock().await -= 5;
                sleep(PERIOD * 4).await;
            };
            assert!(timeout(PERIOD, take).await.is_err());
            assert_eq!(*tokens.lock().await, -4);
        });
    }

    fn quota() -> Quota {
        let burst = NonZeroU32::new(BURST).expect("five");
        let quota = Quota::with_period(PERIOD).expect("a period");
        quota.allow_burst(burst)
    }

    #[test]
    fn governor_caps_the_burst_and_keeps_the_rest_of_a_period() {
        let clock = FakeRelativeClock::default();
        let limiter = RateLimiter::direct_with_clock(quota(), clock.clone());
        let taken = || (0..100).take_while(|_| limiter.check().is_ok()).count();
        assert_eq!(taken(), 5);
        clock.advance(ms(3_600_000));
        assert_eq!(taken(), 5, "after an hour");
        let eager: usize = (0..10)
            .map(|_| {
                clock.advance(ms(60));
                taken()
            })
            .sum();
        assert_eq!(eager, 6, "600 ms, in steps of 60");
    }

    #[test]
    fn governor_takes_costs_and_refuses_what_no_wait_could_pay() {
        let limiter = RateLimiter::direct_with_clock(quota(), FakeRelativeClock::default());
        let cost = |cost| NonZeroU32::new(cost).expect("not zero");
        assert!(limiter.check_n(cost(6)).is_err(), "six of five");
        assert!(limiter.check_n(cost(3)).expect("it fits").is_ok());
        assert!(limiter.check_n(cost(3)).expect("it fits").is_err());
        assert!(limiter.check_n(cost(2)).expect("it fits").is_ok());
    }

    /// A clock that the test moves, which `until_ready` takes for a real one.
    #[derive(Debug, Clone, Default)]
    struct Moved(Arc<AtomicU64>);

    impl Clock for Moved {
        type Instant = Nanos;

        fn now(&self) -> Nanos {
            self.0.load(Ordering::SeqCst).into()
        }
    }

    impl ReasonablyRealtime for Moved {}

    #[test]
    fn a_newcomer_overtakes_whoever_waits_for_governor() {
        instruments::paused(|_| async {
            let clock = Moved::default();
            let hour = Duration::from_hours(1);
            let quota = Quota::with_period(hour).expect("an hour");
            let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
            assert!(limiter.check().is_ok(), "the bucket is full");
            let mut waits = Box::pin(limiter.until_ready());
            let waiting = poll_fn(|context| Poll::Ready(waits.as_mut().poll(context).is_pending()));
            assert!(waiting.await, "there was a token");
            let hour = u64::try_from(hour.as_nanos()).expect("it fits");
            clock.0.fetch_add(hour, Ordering::SeqCst);
            assert!(limiter.check().is_ok(), "the newcomer had to wait");
            assert!(limiter.check().is_err(), "there was a second token");
        });
    }

    #[test]
    fn governor_does_not_wait_on_tokios_paused_clock() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .expect("there is room for a runtime");
            let waited = runtime.block_on(async {
                let limiter = RateLimiter::direct(Quota::with_period(ms(20)).expect("20 ms"));
                let begin = Instant::now();
                for _ in 0..3 {
                    limiter.until_ready().await;
                }
                begin.elapsed()
            });
            assert!(
                waited == Duration::ZERO,
                "tokio's clock has moved {waited:?}"
            );
        });
    }

    #[test]
    fn governor_forgets_a_customer_whose_bucket_is_full_again() {
        let clock = FakeRelativeClock::default();
        let buckets: RateLimiter<u32, _, _, NoOpMiddleware<Nanos>> = RateLimiter::new(
            quota(),
            governor::state::keyed::HashMapStateStore::<u32>::default(),
            clock.clone(),
        );
        assert!(buckets.check_key(&1).is_ok());
        clock.advance(ms(50));
        buckets.retain_recent();
        assert_eq!(buckets.len(), 1, "after half a period");
        clock.advance(ms(1_000));
        buckets.retain_recent();
        assert_eq!(buckets.len(), 0, "after ten periods");
    }
}
