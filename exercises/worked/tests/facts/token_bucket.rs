//! What the chapter on token buckets says of tokio, as far as it can be run.

mod core {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::sync::mpsc;
    use tokio::sync::{Mutex, Semaphore};
    use tokio::task::JoinSet;
    use tokio::time::{Instant, interval, sleep, timeout};

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
}
