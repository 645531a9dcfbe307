//! What the tables of the chapter on choosing a pattern say, as far as it can be run and no other
//! chapter's facts run it.

use std::fs;
use std::path::Path;
use std::time::Duration;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

mod dropping {
    use std::future;
    use std::sync::mpsc::{RecvError, channel};
    use std::sync::{Arc, Mutex, RwLock};
    use std::thread;

    use futures::FutureExt;
    use instruments::canary::{Cage, Canary};
    use instruments::gate::{Count, Gate};
    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    async fn waits_for_ever(_alive: Canary) {
        future::pending::<()>().await;
    }

    #[test]
    fn dropping_a_future_ends_it_at_its_await() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut waits = Box::pin(waits_for_ever(cage.canary()));
            assert!((&mut waits).now_or_never().is_none());
            drop(waits);
            assert!(cage.alive() == 0, "the future's value outlived it");
        });
    }

    #[test]
    fn dropping_a_tasks_handle_detaches_the_task() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            drop(tokio::spawn(waits_for_ever(cage.canary())));
            instruments::settle().await;
            assert!(cage.alive() == 1, "the task ended with its handle");
        });
    }

    #[test]
    fn dropping_a_threads_handle_detaches_the_thread() {
        instruments::test(|_| {
            let (gate, ran) = (Gate::new(), Count::new());
            drop(thread::spawn({
                let (gate, ran) = (gate.clone(), ran.clone());
                move || {
                    gate.wait();
                    ran.add();
                }
            }));
            gate.open();
            ran.wait_for(1);
        });
    }

    #[test]
    fn dropping_a_join_set_aborts_and_waits_for_nobody() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut tasks = JoinSet::new();
            tasks.spawn(waits_for_ever(cage.canary()));
            instruments::settle().await;
            drop(tasks);
            assert!(cage.alive() == 1, "the drop waited for the task");
            instruments::settle().await;
            assert!(cage.alive() == 0, "the drop did not abort the task");
        });
    }

    #[test]
    fn dropping_a_task_tracker_lets_its_tasks_go_on() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let tracker = TaskTracker::new();
            tracker.spawn(waits_for_ever(cage.canary()));
            drop(tracker);
            instruments::settle().await;
            assert!(cage.alive() == 1, "the task ended with its tracker");
        });
    }

    #[test]
    fn dropping_a_cancellation_guard_cancels_and_ends_only_who_listens() {
        instruments::paused(|_| async {
            let (listens, deaf) = (Cage::new(), Cage::new());
            let token = CancellationToken::new();
            let guard = token.clone().drop_guard();
            tokio::spawn({
                let (alive, token) = (listens.canary(), token.clone());
                async move { token.run_until_cancelled(waits_for_ever(alive)).await }
            });
            tokio::spawn(waits_for_ever(deaf.canary()));
            instruments::settle().await;
            drop(guard);
            assert!(token.is_cancelled(), "the guard cancelled nothing");
            assert!(listens.alive() == 1, "the drop waited for the task");
            instruments::settle().await;
            assert!(listens.alive() == 0, "the task that listens is there");
            assert!(deaf.alive() == 1, "the task that does not is gone");
        });
    }

    #[test]
    fn dropping_a_token_cancels_nothing() {
        instruments::paused(|_| async {
            let token = CancellationToken::new();
            let child = token.child_token();
            drop(token);
            assert!(!child.is_cancelled(), "the child was cancelled");
        });
    }

    #[test]
    fn when_a_scope_returns_its_threads_have_ended() {
        instruments::test(|_| {
            let threads = Cage::new();
            thread::scope(|scope| {
                for _ in 0..3 {
                    let alive = threads.canary();
                    drop(scope.spawn(move || drop(alive)));
                }
            });
            assert!(threads.alive() == 0, "a thread outlived its scope");
        });
    }

    #[test]
    fn dropping_a_permit_lets_the_next_one_in() {
        instruments::paused(|_| async {
            let places = Arc::new(Semaphore::new(1));
            let held = places.acquire().await;
            let mut waits = Box::pin(places.acquire());
            assert!((&mut waits).now_or_never().is_none(), "there are two");
            drop(held);
            assert!(
                (&mut waits).now_or_never().is_some(),
                "it did not come back"
            );
        });
    }

    #[test]
    fn dropping_the_last_sender_closes_and_what_was_sent_still_comes() {
        instruments::test(|_| {
            let (sender, receiver) = channel();
            let other = sender.clone();
            sender.send(1).expect("the receiver is here");
            drop(sender);
            other.send(2).expect("one sender of two has gone");
            drop(other);
            let got = [receiver.recv(), receiver.recv(), receiver.recv()];
            assert!(got == [Ok(1), Ok(2), Err(RecvError)], "there came {got:?}");
        });
    }

    #[test]
    fn dropping_the_receiver_drops_what_waits_and_fails_what_comes() {
        instruments::test(|_| {
            let cage = Cage::new();
            let (sender, receiver) = channel();
            sender.send(cage.canary()).expect("the receiver is here");
            drop(receiver);
            assert!(cage.alive() == 0, "what was queued is still there");
            assert!(sender.send(cage.canary()).is_err(), "it was taken");
        });
    }

    #[test]
    fn dropping_a_guard_unlocks_and_in_a_panic_poisons() {
        instruments::test(|_| {
            let lock = Arc::new(Mutex::new(0));
            drop(lock.lock());
            assert!(lock.try_lock().is_ok(), "the lock is still held");
            let panics = thread::spawn({
                let lock = Arc::clone(&lock);
                move || {
                    let _guard = lock.lock();
                    instruments::panic_on_purpose("with the lock in hand");
                }
            });
            assert!(panics.join().is_err());
            assert!(lock.is_poisoned() && lock.try_lock().is_err());
        });
    }

    #[test]
    fn readers_share_a_lock_and_a_writer_has_it_alone() {
        instruments::test(|_| {
            let lock = RwLock::new(0);
            let first = lock.read();
            assert!(lock.try_read().is_ok(), "a second reader is turned away");
            assert!(lock.try_write().is_err(), "a writer came in beside it");
            drop(first);
            let _writer = lock.write();
            assert!(lock.try_read().is_err(), "a reader came in beside it");
        });
    }
}

mod choosing {
    use std::future;
    use std::sync::mpsc::{TrySendError, sync_channel};
    use std::sync::{Condvar, Mutex, PoisonError};

    use anyhow::{Result, anyhow};
    use futures::{StreamExt, stream};
    use instruments::PROBE;
    use instruments::canary::Cage;
    use tokio::sync::{Notify, mpsc, oneshot};
    use tokio::task::{self, JoinSet};
    use tokio::time::{sleep, timeout};

    use super::ms;

    #[test]
    fn a_channel_of_tokens_is_full_at_its_cap() {
        instruments::test(|_| {
            let (refill, tokens) = sync_channel(3);
            let put = (0..10).filter(|_| refill.try_send(()).is_ok()).count();
            assert!(put == 3, "{put} tokens were put in");
            assert!(refill.try_send(()) == Err(TrySendError::Full(())));
            assert!(tokens.try_iter().count() == 3);
        });
    }

    #[test]
    fn a_channel_as_semaphore_admits_as_many_as_it_has_room_for() {
        instruments::paused(|_| async {
            let (enter, mut leave) = mpsc::channel(2);
            let mut tasks = JoinSet::new();
            for _ in 0..5 {
                let enter = enter.clone();
                tasks.spawn(async move { enter.send(()).await });
            }
            instruments::settle().await;
            assert!(tasks.try_join_next().is_some() && tasks.try_join_next().is_some());
            assert!(tasks.try_join_next().is_none(), "a third one came in");
            leave.recv().await;
            instruments::settle().await;
            assert!(tasks.try_join_next().is_some(), "nobody got the free place");
        });
    }

    #[test]
    fn an_actor_answers_one_after_another_and_ends_with_its_last_handle() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let (ask, mut requests) = mpsc::channel::<(u32, oneshot::Sender<u32>)>(4);
            let alive = cage.canary();
            let actor = tokio::spawn(async move {
                let (mut sum, _alive) = (0, alive);
                while let Some((number, reply)) = requests.recv().await {
                    sum += number;
                    // Whoever asked may have given up.
                    let _ = reply.send(sum);
                }
            });
            let mut replies = Vec::new();
            for number in [1, 2, 3] {
                let (reply, answer) = oneshot::channel();
                ask.send((number, reply)).await.expect("the actor is there");
                replies.push(answer);
            }
            let replies = futures::future::join_all(replies).await;
            assert!(replies == [Ok(1), Ok(3), Ok(6)], "it said {replies:?}");
            assert!(cage.alive() == 1);
            drop(ask);
            actor.await.expect("it does not panic");
            assert!(cage.alive() == 0, "the actor is still there");
        });
    }

    #[test]
    fn who_asks_an_actor_that_panics_sees_a_hang_up() {
        instruments::paused(|_| async {
            let (ask, mut requests) = mpsc::channel::<oneshot::Sender<u32>>(1);
            let actor = tokio::spawn(async move {
                let _request = requests.recv().await;
                instruments::panic_on_purpose("no such account")
            });
            let (reply, answer) = oneshot::channel();
            ask.send(reply).await.expect("the actor is there");
            assert!(answer.await.is_err(), "there was an answer");
            let ended: Result<(), _> = actor.await;
            assert!(ended.is_err_and(|error| error.is_panic()));
            let (reply, _answer) = oneshot::channel();
            assert!(ask.send(reply).await.is_err(), "somebody took it");
        });
    }

    #[test]
    fn a_panic_in_a_buffered_future_goes_through_whoever_polls() {
        instruments::paused(|_| async {
            let polls = tokio::spawn(async {
                let calls = stream::iter([1, 2, 3]).map(|number| async move {
                    if number == 2 {
                        instruments::panic_on_purpose("no such page");
                    }
                });
                calls.buffer_unordered(2).count().await
            });
            let ended = polls.await;
            assert!(ended.is_err_and(|error| error.is_panic()), "it was kept");
        });
    }

    #[test]
    fn a_branch_whose_condition_is_false_is_left_out() {
        instruments::paused(|_| async {
            for wanted in [false, true] {
                let taken = tokio::select! {
                    biased;
                    () = future::ready(()), if wanted => true,
                    () = sleep(ms(10)) => false,
                };
                assert!(taken == wanted, "with {wanted} the branch was {taken}");
            }
        });
    }

    #[test]
    fn one_notification_is_kept_for_a_latecomer_and_one_for_all_is_not() {
        instruments::paused(|_| async {
            let bell = Notify::new();
            bell.notify_waiters();
            let late = timeout(ms(10), bell.notified()).await;
            assert!(late.is_err(), "`notify_waiters` was kept");
            bell.notify_one();
            bell.notify_one();
            let late = timeout(ms(10), bell.notified()).await;
            assert!(late.is_ok(), "`notify_one` was lost");
            let again = timeout(ms(10), bell.notified()).await;
            assert!(again.is_err(), "two of them were kept");
        });
    }

    #[test]
    fn a_condition_variable_keeps_no_notification() {
        instruments::test(|_| {
            let (lock, bell) = (Mutex::new(()), Condvar::new());
            bell.notify_one();
            let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            let (_guard, waited) = bell
                .wait_timeout_while(guard, PROBE, |()| true)
                .unwrap_or_else(PoisonError::into_inner);
            assert!(waited.timed_out(), "the notification was kept");
        });
    }

    #[test]
    fn a_cleared_buffer_keeps_its_capacity() {
        let mut buffer = Vec::with_capacity(1_000);
        buffer.extend([1; 1_000]);
        buffer.clear();
        assert!(buffer.is_empty() && buffer.capacity() >= 1_000);
    }

    /// Three calls, of which the second fails after 10 ms; the third needs 30.
    fn calls(cage: &Cage) -> JoinSet<Result<u64>> {
        let mut calls = JoinSet::new();
        for (number, takes) in [(1, 5), (2, 10), (3, 30)] {
            let alive = cage.canary();
            calls.spawn(async move {
                let _alive = alive;
                sleep(ms(takes)).await;
                (number != 2).then_some(number).ok_or(anyhow!("refused"))
            });
        }
        calls
    }

    #[test]
    fn the_first_error_is_kept_and_the_rest_finish() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let results = calls(&cage).join_all().await;
            assert!(cage.alive() == 0 && results.len() == 3);
            let sum: Result<u64> = results.into_iter().sum();
            assert!(sum.is_err_and(|error| error.to_string() == "refused"));
        });
    }

    #[test]
    fn the_first_error_is_kept_and_the_rest_are_cancelled() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let mut calls = calls(&cage);
            let mut done = Vec::new();
            while let Some(joined) = calls.join_next().await {
                match joined.expect("no call panics") {
                    Ok(number) => done.push(number),
                    Err(_) => calls.shutdown().await,
                }
            }
            assert!(cage.alive() == 0, "a call outlived the failure");
            assert!(done == [1], "{done:?} were done");
        });
    }

    #[test]
    fn an_error_channel_tells_while_the_others_go_on() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let (report, mut errors) = mpsc::channel(1);
            let mut tasks = JoinSet::new();
            for number in 0..3 {
                let (alive, report) = (cage.canary(), report.clone());
                tasks.spawn(async move {
                    let _alive = alive;
                    if number == 1 {
                        let _ = report.send("lost its line").await;
                    }
                    future::pending::<()>().await;
                });
            }
            assert!(errors.recv().await == Some("lost its line"));
            assert!(cage.alive() == 3, "a task ended with the report");
        });
    }

    #[test]
    fn a_service_that_restarts_a_job_outlives_its_panic() {
        instruments::paused(|_| async {
            let mut served = Vec::new();
            for request in 0..3 {
                let handled = task::spawn(async move {
                    if request == 1 {
                        instruments::panic_on_purpose("no such page");
                    }
                    request
                });
                served.push(handled.await.is_ok());
            }
            assert!(served == [true, false, true], "served: {served:?}");
        });
    }
}

mod pitfalls {
    use std::future;
    use std::pin::pin;
    use std::sync::{Barrier, Mutex, PoisonError, TryLockError};
    use std::thread;

    use instruments::canary::Cage;
    use tokio::sync::{Mutex as TokioMutex, mpsc, oneshot};
    use tokio::task::JoinSet;
    use tokio::time::{sleep, timeout};
    use tokio_util::task::TaskTracker;

    use super::ms;

    #[test]
    fn a_leaked_task_waits_on_and_one_in_a_set_ends_with_its_owner() {
        instruments::paused(|_| async {
            let (detached, owned) = (Cage::new(), Cage::new());
            let handle_request = || {
                let (leaks, ends) = (detached.canary(), owned.canary());
                let wait = |alive| async move {
                    let _alive = alive;
                    future::pending::<()>().await;
                };
                tokio::spawn(wait(leaks));
                let mut tasks = JoinSet::new();
                tasks.spawn(wait(ends));
            };
            for _ in 0..5 {
                handle_request();
            }
            instruments::settle().await;
            assert!(detached.alive() == 5, "{} leaked", detached.alive());
            assert!(owned.alive() == 0, "{} are left", owned.alive());
        });
    }

    /// Two buyers and one seat. `look_again`: under the lock under which they take it.
    fn sold(look_again: bool) -> usize {
        let (free, both_have_looked) = (Mutex::new(1), Barrier::new(2));
        let buy = || {
            let there = |free: usize| free > 0;
            let seen = there(*free.lock().unwrap_or_else(PoisonError::into_inner));
            both_have_looked.wait();
            let mut free = free.lock().unwrap_or_else(PoisonError::into_inner);
            let sells = if look_again { there(*free) } else { seen };
            if sells {
                *free = free.saturating_sub(1);
            }
            usize::from(sells)
        };
        thread::scope(|scope| {
            let buyers = [scope.spawn(buy), scope.spawn(buy)];
            let sold = buyers.map(|buyer| buyer.join().expect("nobody panics"));
            sold.iter().sum()
        })
    }

    #[test]
    fn a_check_under_another_lock_than_the_act_sells_one_seat_twice() {
        instruments::test(|_| {
            assert!(sold(false) == 2, "sold once, although both had looked");
            assert!(sold(true) == 1, "sold twice, although both looked again");
        });
    }

    #[test]
    fn two_locks_taken_in_two_orders_are_each_in_the_others_hand() {
        instruments::test(|_| {
            let (a, b, both_hold_one) = (Mutex::new(()), Mutex::new(()), Barrier::new(2));
            let blocked = |first: &Mutex<()>, second: &Mutex<()>| {
                let _first = first.lock();
                both_hold_one.wait();
                let blocked = matches!(second.try_lock(), Err(TryLockError::WouldBlock));
                // Neither lets go before the other has looked.
                both_hold_one.wait();
                blocked
            };
            thread::scope(|scope| {
                let one = scope.spawn(|| blocked(&a, &b));
                let other = scope.spawn(|| blocked(&b, &a));
                let both = (one.join(), other.join());
                assert!(matches!(both, (Ok(true), Ok(true))), "it went well");
            });
            // In one order, whoever has the first will get the second.
            let both = || drop((a.lock(), b.lock()));
            thread::scope(|scope| drop((scope.spawn(both), scope.spawn(both))));
        });
    }

    #[test]
    fn one_sender_of_two_cannot_close_the_others_channel() {
        instruments::paused(|_| async {
            let (one, mut receiver) = mpsc::channel(2);
            let other = one.clone();
            drop(one);
            assert!(other.send(7).await.is_ok(), "the channel was closed");
            assert!(receiver.recv().await == Some(7));
            // The receiver may say that it wants no more.
            receiver.close();
            assert!(other.send(8).await.is_err(), "the channel is open");
        });
    }

    #[test]
    fn a_task_that_counts_itself_is_missed_and_one_that_is_spawned_counted_is_not() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let tracker = TaskTracker::new();
            tokio::spawn({
                let (alive, tracker) = (cage.canary(), tracker.clone());
                async move {
                    let _counted = tracker.token();
                    sleep(ms(10)).await;
                    drop(alive);
                }
            });
            tracker.close();
            tracker.wait().await;
            assert!(cage.alive() == 1, "`wait` knew of the task");
            tracker.spawn({
                let alive = cage.canary();
                async move {
                    sleep(ms(20)).await;
                    drop(alive);
                }
            });
            tracker.wait().await;
            assert!(cage.alive() == 0, "`wait` did not wait for its task");
        });
    }

    #[test]
    fn a_task_tracker_that_nobody_closes_is_waited_for_in_vain() {
        instruments::paused(|_| async {
            let tracker = TaskTracker::new();
            let waited = timeout(ms(1_000), tracker.wait()).await;
            assert!(waited.is_err(), "it returned without `close`");
            tracker.close();
            assert!(timeout(ms(1_000), tracker.wait()).await.is_ok());
        });
    }

    #[test]
    fn a_sleep_is_long_enough_until_the_work_is_longer_and_a_message_always_is() {
        instruments::paused(|_| async {
            for takes in [5, 50] {
                let (done, mut is_done) = oneshot::channel();
                tokio::spawn(async move {
                    sleep(ms(takes)).await;
                    let _ = done.send(takes);
                });
                sleep(ms(10)).await;
                let there = is_done.try_recv().is_ok();
                assert!(there == (takes == 5), "after {takes} ms of work: {there}");
                if !there {
                    assert!(is_done.await == Ok(50), "the message did not come");
                }
            }
        });
    }

    /// Receives two halves; the second comes too late for the first try.
    async fn whole(halves: &mut mpsc::Receiver<char>, buffer: &mut String) {
        while buffer.len() < 2 {
            buffer.extend(halves.recv().await);
        }
    }

    #[test]
    fn what_a_dropped_future_had_received_is_gone_unless_it_lies_outside() {
        instruments::paused(|_| async {
            for keeps in [false, true] {
                let (send, mut halves) = mpsc::channel(2);
                tokio::spawn(async move {
                    let _ = send.send('a').await;
                    sleep(ms(20)).await;
                    let _ = send.send('b').await;
                    future::pending::<()>().await;
                });
                let mut buffer = String::new();
                let early = timeout(ms(10), whole(&mut halves, &mut buffer)).await;
                assert!(early.is_err(), "both halves came at once");
                if !keeps {
                    buffer = String::new();
                }
                let late = timeout(ms(20), whole(&mut halves, &mut buffer)).await;
                assert!(late.is_ok() == keeps, "with {keeps}: {buffer}");
            }
        });
    }

    #[test]
    fn a_failed_task_counts_as_done_for_whoever_looks_at_the_outer_result_alone() {
        instruments::paused(|_| async {
            let mut tasks = JoinSet::new();
            tasks.spawn(async { Ok(()) });
            tasks.spawn(async { Err("refused") });
            let (mut outer, mut inner) = (0, 0);
            while let Some(joined) = tasks.join_next().await {
                outer += u32::from(joined.is_ok());
                inner += u32::from(matches!(joined, Ok(Ok(()))));
            }
            assert!((outer, inner) == (2, 1), "{outer} and {inner}");
        });
    }

    #[test]
    fn a_future_first_in_line_that_nobody_polls_holds_up_the_lock() {
        instruments::paused(|_| async {
            let lock = TokioMutex::new(());
            let held = lock.lock().await;
            {
                let mut first = pin!(lock.lock());
                let gave_up = timeout(ms(10), &mut first).await;
                assert!(gave_up.is_err(), "the lock was free");
                drop(held);
                // `first` is given the lock now, and nobody polls it.
                let second = timeout(ms(10_000), lock.lock()).await;
                assert!(second.is_err(), "the second one got past the first");
            }
            let second = timeout(ms(10_000), lock.lock()).await;
            assert!(second.is_ok(), "the first is gone and still in line");
        });
    }
}

/// What was doubted when the tables were read by somebody else.
mod doubted {
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, mpsc};
    use std::{env, mem, thread};

    use futures::{FutureExt, future};
    use instruments::canary::Cage;
    use instruments::gate::{Count, Gate};
    use tokio::runtime::Builder;
    use tokio::sync::broadcast::{self, error::RecvError};
    use tokio::sync::{Semaphore, oneshot, watch};
    use tokio::task::JoinSet;
    use tokio::time::{Instant, sleep, timeout};

    use super::ms;

    fn pool_of_one(ended: Count) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .exit_handler(move |_| ended.add())
            .build()
            .expect("there is room for one thread")
    }

    #[test]
    fn a_dropped_rayon_pool_does_what_was_spawned_and_then_ends_its_threads() {
        instruments::test(|_| {
            let (ended, gate, ran) = (Count::new(), Gate::new(), Count::new());
            let pool = pool_of_one(ended.clone());
            for _ in 0..10 {
                let (gate, ran) = (gate.clone(), ran.clone());
                pool.spawn(move || {
                    gate.wait();
                    ran.add();
                });
            }
            drop(pool);
            assert!(ended.get() == 0 && ran.get() == 0, "the drop waited");
            gate.open();
            ended.wait_for(1);
            assert!(ran.get() == 10, "{} of 10 jobs were run", ran.get());
        });
    }

    #[test]
    fn rayons_queue_takes_whatever_is_spawned() {
        instruments::test(|_| {
            let gate = Gate::new();
            let pool = pool_of_one(Count::new());
            for _ in 0..100_000 {
                let gate = gate.clone();
                pool.spawn(move || gate.wait());
            }
            gate.open();
        });
    }

    #[test]
    fn who_puts_into_a_full_ring_takes_out_the_oldest() {
        instruments::test(|_| {
            let (put, take) = crossbeam_channel::bounded(3);
            for number in 0..10 {
                let mut next = number;
                while let Err(full) = put.try_send(next) {
                    next = full.into_inner();
                    // Whoever reads may have made room meanwhile.
                    let _ = take.try_recv();
                }
            }
            let there: Vec<_> = take.try_iter().collect();
            assert!(there == [7, 8, 9], "there are {there:?}");
        });
    }

    struct Slow(Gate);

    impl Drop for Slow {
        fn drop(&mut self) {
            self.0.wait();
        }
    }

    #[test]
    fn a_scope_does_not_wait_for_the_destructors_of_thread_locals() {
        thread_local! {
            static LOCAL: std::cell::RefCell<Option<Slow>> = const { std::cell::RefCell::new(None) };
        }
        instruments::test(|_| {
            let gate = Gate::new();
            thread::scope(|scope| {
                scope.spawn(|| LOCAL.set(Some(Slow(gate.clone()))));
            });
            // Here before the gate is open: the scope did not wait for `Slow`.
            gate.open();
        });
    }

    #[test]
    fn a_scoped_join_waits_for_the_destructors_of_thread_locals() {
        thread_local! {
            static LOCAL: std::cell::RefCell<Option<Slow>> = const { std::cell::RefCell::new(None) };
        }
        instruments::test(|_| {
            let (gate, joined) = (Gate::new(), Count::new());
            thread::scope(|scope| {
                let slow = scope.spawn(|| LOCAL.set(Some(Slow(gate.clone()))));
                scope.spawn(|| {
                    slow.join().expect("it does not panic");
                    joined.add();
                });
                let early = joined.reaches(1, instruments::PROBE);
                gate.open();
                assert!(!early, "`join` did not wait for `Slow`");
            });
        });
    }

    #[test]
    fn a_waiter_that_is_dropped_leaves_the_line_of_a_semaphore() {
        instruments::paused(|_| async {
            let places = Semaphore::new(1);
            let held = places.acquire().await;
            let mut first = Box::pin(places.acquire());
            let mut second = Box::pin(places.acquire());
            assert!((&mut first).now_or_never().is_none());
            assert!((&mut second).now_or_never().is_none());
            drop(held);
            assert!((&mut second).now_or_never().is_none(), "it overtook");
            drop(first);
            assert!(second.now_or_never().is_some(), "the first is in line yet");
        });
    }

    #[test]
    fn select_ok_passes_over_an_error_and_hands_back_those_that_lost() {
        instruments::paused(|_| async {
            let cage = Cage::new();
            let asks = [(10, false), (20, true), (30, true)].map(|(takes, answers)| {
                let alive = cage.canary();
                Box::pin(async move {
                    let _alive = alive;
                    sleep(ms(takes)).await;
                    answers.then_some(takes).ok_or("refused")
                })
            });
            let (won, lost) = future::select_ok(asks).await.expect("two answer");
            assert!(won == 20 && lost.len() == 1, "{won}, {} left", lost.len());
            assert!(cage.alive() == 1, "who lost is gone already");
            drop(lost);
            assert!(cage.alive() == 0, "who lost outlived the drop");
        });
    }

    /// On a runtime with one worker thread: the order in which tasks begin that were spawned in order,
    /// each with a permit that was there.
    fn begun() -> Vec<u32> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("there is room for a thread");
        let begun = Arc::new(Mutex::new(Vec::new()));
        let spawner = runtime.spawn({
            let begun = Arc::clone(&begun);
            async move {
                let places = Arc::new(Semaphore::new(5));
                let mut tasks = JoinSet::new();
                for number in 0..5 {
                    let permit = Arc::clone(&places).acquire_owned().await;
                    let begun = Arc::clone(&begun);
                    tasks.spawn(async move {
                        let _permit = permit;
                        begun.lock().expect("nobody panics").push(number);
                    });
                }
                tasks.join_all().await;
            }
        });
        runtime.block_on(spawner).expect("nobody panics");
        mem::take(&mut *begun.lock().expect("nobody panics"))
    }

    #[test]
    fn permits_go_out_in_line_and_their_tasks_begin_in_any_order() {
        instruments::test(|_| {
            let begun = begun();
            assert!(
                begun.len() == 5 && !begun.is_sorted(),
                "in the order {begun:?}"
            );
        });
    }

    #[test]
    fn a_panic_in_a_job_that_rayon_was_given_ends_the_process() {
        const CHILD: &str = "A_PANIC_IN_RAYONS_SPAWN";
        if env::var_os(CHILD).is_some() {
            rayon::spawn(|| instruments::panic_on_purpose("no such hour"));
            thread::sleep(ms(20_000));
            return;
        }
        instruments::test(|_| {
            let this = env::current_exe().expect("a test is a program");
            let test = "choosing_a_pattern::doubted::a_panic_in_a_job_that_rayon_was_given_ends_the_process";
            let ended = Command::new(this)
                .args(["--exact", test])
                .env(CHILD, "1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .expect("it can be run once more");
            // A test that fails ends with 101.
            assert!(!ended.success() && ended.code() != Some(101), "{ended}");
        });
    }

    #[test]
    fn who_subscribes_late_sees_the_newest_and_is_not_told_that_it_changed() {
        instruments::paused(|_| async {
            let (state, _first) = watch::channel("open");
            state.send_replace("closed");
            let mut late = state.subscribe();
            assert!(*late.borrow() == "closed");
            let told = timeout(ms(1_000), late.changed()).await;
            assert!(told.is_err(), "it was told of what was there before");
            let closed = timeout(ms(1_000), late.wait_for(|state| *state == "closed")).await;
            assert!(closed.is_ok(), "`wait_for` did not look first");
        });
    }

    #[test]
    fn who_falls_behind_a_broadcast_is_told_and_holds_nobody_up() {
        instruments::paused(|_| async {
            let (news, mut slow) = broadcast::channel(4);
            let mut quick = news.subscribe();
            for number in 0..10 {
                news.send(number).expect("somebody listens");
                assert!(quick.recv().await == Ok(number));
            }
            assert!(slow.recv().await == Err(RecvError::Lagged(6)));
            assert!(slow.recv().await == Ok(6), "the ring holds something else");
        });
    }

    #[test]
    fn a_runtimes_drop_waits_for_a_blocking_closure_that_has_begun() {
        instruments::test(|_| {
            let runtime = Builder::new_current_thread()
                .build()
                .expect("a runtime without I/O asks the system for nothing");
            let (gate, begun) = (Gate::new(), Count::new());
            let ended = Arc::new(AtomicBool::new(false));
            drop(runtime.spawn_blocking({
                let (gate, begun, ended) = (gate.clone(), begun.clone(), Arc::clone(&ended));
                move || {
                    begun.add();
                    gate.wait();
                    ended.store(true, Ordering::SeqCst);
                }
            }));
            begun.wait_for(1);
            let (tell, told) = mpsc::channel();
            let ending = thread::spawn(move || {
                drop(runtime);
                let _ = tell.send(());
            });
            let early = told.recv_timeout(instruments::PROBE).is_ok();
            gate.open();
            ending.join().expect("it does not panic");
            assert!(!early && ended.load(Ordering::SeqCst), "it did not wait");
        });
    }

    #[test]
    fn a_paused_clock_runs_ahead_of_what_is_not_tokios() {
        instruments::paused(|_| async {
            let (answer, answered) = oneshot::channel::<()>();
            let (gate, real) = (Gate::new(), std::time::Instant::now());
            let other = thread::spawn({
                let gate = gate.clone();
                move || {
                    gate.wait();
                    drop(answer);
                }
            });
            let virtually = Instant::now();
            // An hour passes at once, though the thread is about to answer.
            let late = timeout(ms(3_600_000), answered).await;
            assert!(late.is_err(), "the clock waited for the thread");
            assert!(virtually.elapsed() == ms(3_600_000));
            assert!(real.elapsed() < ms(3_600_000), "the real clock moved along");
            gate.open();
            other.join().expect("it does not panic");
        });
    }
}

mod choosing_between {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;
    use std::sync::{Arc, RwLock};
    use std::thread;
    use std::time::Duration;

    use futures::{StreamExt, stream};
    use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
    use tokio::task::JoinSet;
    use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

    use super::ms;

    #[test]
    fn ticks_that_were_taken_before_the_permits_let_jobs_start_together() {
        instruments::paused(|_| async {
            let permits = Arc::new(Semaphore::new(0));
            let ticks = Arc::new(Mutex::new(interval(ms(10))));
            let mut jobs = JoinSet::new();
            for _ in 0..3 {
                let (permits, ticks) = (Arc::clone(&permits), Arc::clone(&ticks));
                jobs.spawn(async move {
                    ticks.lock().await.tick().await;
                    let _permit = permits.acquire().await.expect("it is not closed");
                    Instant::now()
                });
            }
            sleep(ms(100)).await;
            permits.add_permits(3);
            let starts = jobs.join_all().await;
            assert!(starts.iter().all(|start| *start == starts[0]), "{starts:?}");
        });
    }

    #[test]
    fn a_tick_that_is_taken_after_the_permit_spaces_the_starts() {
        instruments::paused(|_| async {
            let permits = Arc::new(Semaphore::new(0));
            let mut ticks = interval(ms(10));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let ticks = Arc::new(Mutex::new(ticks));
            let mut jobs = JoinSet::new();
            for _ in 0..3 {
                let (permits, ticks) = (Arc::clone(&permits), Arc::clone(&ticks));
                jobs.spawn(async move {
                    let _permit = permits.acquire().await.expect("it is not closed");
                    ticks.lock().await.tick().await;
                    Instant::now()
                });
            }
            sleep(ms(100)).await;
            permits.add_permits(3);
            let mut starts = jobs.join_all().await;
            starts.sort_unstable();
            let spaced = starts.windows(2).all(|two| two[1] - two[0] >= ms(10));
            assert!(spaced, "{starts:?}");
        });
    }

    /// Three items through steps of 20 and 100 ms, one at a time in each.
    const ITEMS: u64 = 3;

    #[test]
    fn the_futures_of_a_stream_stand_still_while_the_stream_behind_it_is_full() {
        instruments::paused(|_| async {
            let began = Instant::now();
            stream::iter(0..ITEMS)
                .map(|_| sleep(ms(20)))
                .buffer_unordered(1)
                .map(|()| sleep(ms(100)))
                .buffer_unordered(1)
                .collect::<Vec<_>>()
                .await;
            assert_eq!(began.elapsed(), ms(360), "a step waits for the other");
        });
    }

    #[test]
    fn a_task_for_each_step_lets_the_steps_overlap() {
        instruments::paused(|_| async {
            let began = Instant::now();
            let (queue, mut items) = mpsc::channel(1);
            tokio::spawn(async move {
                for _ in 0..ITEMS {
                    sleep(ms(20)).await;
                    if queue.send(()).await.is_err() {
                        return;
                    }
                }
            });
            while items.recv().await.is_some() {
                sleep(ms(100)).await;
            }
            assert_eq!(began.elapsed(), ms(320));
        });
    }

    #[test]
    fn recv_many_takes_what_is_there_and_waits_only_for_the_first() {
        instruments::paused(|_| async {
            let (queue, mut items) = mpsc::channel(10);
            for item in 0..7 {
                queue.send(item).await.expect("the receiver is here");
            }
            let mut batch = Vec::new();
            assert_eq!(items.recv_many(&mut batch, 5).await, 5);
            assert_eq!(items.recv_many(&mut batch, 5).await, 2);
            let none = timeout(ms(1), items.recv_many(&mut batch, 5)).await;
            assert!(none.is_err(), "nothing is there");
        });
    }

    #[test]
    fn a_reply_that_is_neither_sent_nor_dropped_is_no_error() {
        instruments::paused(|_| async {
            let (reply, mut answer) = oneshot::channel::<u32>();
            let minutes = Duration::from_mins(30);
            assert!(timeout(minutes, &mut answer).await.is_err(), "an answer");
            drop(reply);
            assert!(answer.await.is_err());
        });
    }

    #[test]
    fn a_panic_under_a_read_guard_does_not_poison() {
        let lock = Arc::new(RwLock::new(0));
        let held = Arc::clone(&lock);
        let reader = thread::spawn(move || {
            let _guard = held.read();
            panic!("a reader");
        });
        assert!(reader.join().is_err());
        assert!(!lock.is_poisoned());
        let writer = catch_unwind(AssertUnwindSafe(|| {
            let _guard = lock.write();
            panic!("a writer");
        }));
        assert!(writer.is_err() && lock.is_poisoned());
    }

    #[test]
    fn a_copied_value_can_be_used_after_it_was_sent() {
        let (queue, items) = std::sync::mpsc::channel();
        let number = 7;
        queue.send(number).expect("the receiver is here");
        assert_eq!(items.recv(), Ok(number));
    }

    #[test]
    fn tokios_receiver_can_close_the_senders_end_and_do_it_twice() {
        instruments::paused(|_| async {
            let (queue, mut items) = mpsc::channel(1);
            items.close();
            items.close();
            assert!(queue.send(()).await.is_err());
        });
    }

    #[test]
    fn a_branch_whose_condition_is_false_makes_its_future_all_the_same() {
        instruments::paused(|_| async {
            let was_made = Rc::new(Cell::new(false));
            let make = || {
                was_made.set(true);
                std::future::pending::<()>()
            };
            tokio::select! {
                () = make(), if false => unreachable!("its condition is false"),
                () = sleep(ms(1)) => {}
            }
            assert!(was_made.get());
        });
    }
}

/// Each footnote of the chapter and of its tables names the tests that run what a table says; the links in it are the
/// pictures that show it.
#[test]
fn the_tests_that_the_chapter_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).expect("the course is whole");
    let pages = ["choosing_a_pattern", "tables"];
    let pages = pages.map(|page| read(&root.join(format!("../../src/{page}.md"))));
    let mut facts = String::new();
    for file in fs::read_dir(root.join("tests/facts")).expect("the course is whole") {
        let path = file.expect("readable").path();
        // A lesson's folder holds programs that its facts run.
        if path.is_file() {
            facts.push_str(&read(&path));
        }
    }
    let lines = pages.iter().flat_map(|page| page.lines());
    let notes = lines.filter(|line| line.starts_with("[^"));
    let named: Vec<_> = notes
        .flat_map(|note| note.split('`').skip(1).step_by(2))
        .collect();
    for test in &named {
        let there = facts.contains(&format!("fn {test}()"));
        assert!(there, "{test} is named, and no test is called so");
    }
    assert!(named.len() > 50, "only {} tests are named", named.len());
}
