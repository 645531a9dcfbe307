//! What the two error policies must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test error_policy core`.
//!
//! Time is tokio's, paused: it jumps to the next sleeper's end whenever every task waits.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use exercises::error_policy::{Request, collect_all, fail_fast};
use instruments::Run;
use instruments::canary::Cage;
use instruments::gate::{Count, Gate};
use tokio::runtime::Builder;
use tokio::time;

/// The replies and the errors, in place and with a name.
mod core {
    use super::*;

    #[test]
    fn the_replies_come_back_in_the_order_of_the_requests() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 30),
                page.replies("hotels", 10),
                page.replies("weather", 20),
            ]);
            let came = names(&all_ok(group.await));
            assert!(
                came == ["flights", "hotels", "weather"],
                "asked flights, hotels, weather, but fail_fast returned {}",
                listed(&came)
            );
        });
    }

    #[test]
    fn fail_fast_asks_all_services_at_the_same_time() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            all_ok(fail_fast(page.four_of(30)).await);
            page.took_as_long_as_one("fail_fast");
        });
    }

    #[test]
    fn collect_all_asks_all_services_at_the_same_time() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            collect_all(page.four_of(30)).await;
            page.took_as_long_as_one("collect_all");
        });
    }

    #[test]
    fn a_failed_request_fails_the_group() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 10),
                page.fails("hotels", 20),
                page.replies("weather", 30),
                page.replies("currency", 40),
            ]);
            failed("hotels", group.await);
        });
    }

    #[test]
    fn the_error_names_the_service_and_keeps_the_cause() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(vec![page.replies("flights", 10), page.fails("hotels", 20)]);
            let error = failed("hotels", group.await);
            names_and_keeps("fail_fast", &error, "hotels");
        });
    }

    #[test]
    fn collect_all_lets_every_request_come_to_its_end() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = collect_all(vec![
                page.fails("flights", 10),
                page.replies("hotels", 40),
                page.fails("weather", 30),
                page.replies("currency", 20),
            ]);
            let came = in_words(&group.await);
            let expected = ["failure", "hotels", "failure", "currency"];
            assert!(
                came == expected,
                "collect_all should have returned {}, but it returned {}",
                listed(&expected),
                listed(&came)
            );
        });
    }

    #[test]
    fn collect_all_names_each_service_and_keeps_each_cause() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = collect_all(vec![
                page.fails("flights", 20),
                page.replies("hotels", 30),
                page.fails("weather", 10),
            ]);
            let mut failures = 0;
            for (service, reply) in ["flights", "hotels", "weather"].iter().zip(group.await) {
                if let Err(error) = reply {
                    names_and_keeps("collect_all", &error, service);
                    failures += 1;
                }
            }
            assert!(
                failures == 2,
                "flights and weather failed, but the failures in what collect_all returned are \
                 {failures}"
            );
        });
    }

    #[test]
    fn a_service_may_be_asked_twice() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let twice = || {
                vec![
                    page.replies("hotels", 20),
                    page.replies("flights", 30),
                    page.replies("hotels", 10),
                ]
            };
            let replies = all_ok(fail_fast(twice()).await).len();
            assert!(
                replies == 3,
                "of 3 requests, two of them to hotels, fail_fast returned {replies}"
            );
            let replies = collect_all(twice()).await.iter().flatten().count();
            assert!(
                replies == 3,
                "of 3 requests, two of them to hotels, collect_all returned {replies}"
            );
        });
    }

    #[test]
    fn no_requests_are_no_failure() {
        instruments::paused(|_| async {
            let nothing = Vec::<Request<Asked>>::new;
            let replies = all_ok(came_back("fail_fast", fail_fast(nothing())).await).len();
            assert!(
                replies == 0,
                "nothing was asked, but fail_fast returned {replies} replies"
            );
            let replies = came_back("collect_all", collect_all(nothing())).await.len();
            assert!(
                replies == 0,
                "nothing was asked, but collect_all returned {replies} replies"
            );
        });
    }
}

/// What makes it a policy: when a failure is heard, what becomes of the others, and a panic.
mod pattern {
    use instruments::PROBE;

    use super::*;

    #[test]
    fn fail_fast_returns_with_the_first_failure() {
        instruments::paused(|run| async move {
            run.none_open_at("weather fails", "runs on");
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 50),
                page.fails("hotels", 30),
                page.fails("weather", 13),
                page.replies("currency", 60),
            ]);
            let error = failed("weather", group.await);
            let returned = run.now();
            run.moment("fail_fast returns");
            assert!(
                returned == 13,
                "weather failed at 13 ms, but fail_fast returned at {returned} ms"
            );
            assert!(
                error.to_string().contains("weather"),
                "weather failed first, but the error says \"{error:#}\""
            );
        });
    }

    #[test]
    fn no_request_is_alive_when_fail_fast_returns() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 50),
                page.replies("hotels", 5),
                page.fails("weather", 13),
                page.replies("currency", 60),
            ]);
            failed("weather", group.await);
            page.nobody_is_left("fail_fast");
        });
    }

    /// On real threads, where a request that is being cancelled takes its time.
    #[test]
    fn fail_fast_waits_until_a_cancelled_request_is_gone() {
        instruments::test(|run| {
            run.none_open_at("fail_fast returns", "still alive");
            let page = Page::new(&run);
            let (gate, begun, returned) = (Gate::new(), Count::new(), Count::new());
            let cancelled =
                run.count(|_| "weather was never cancelled: its future was not dropped".to_owned());
            let requests = vec![
                page.fails_once("hotels", begun.clone()),
                page.goes_slowly("weather", begun, cancelled.clone(), gate.clone()),
            ];
            let caller = thread::spawn({
                let (run, returned) = (run.clone(), returned.clone());
                move || {
                    on_two_threads(async {
                        let result = fail_fast(requests).await;
                        run.moment("fail_fast returns");
                        returned.add();
                        result
                    })
                }
            });
            cancelled.wait_for(1);
            let too_early = returned.reaches(1, PROBE);
            gate.open();
            let result = instruments::passed_on(caller.join());
            assert!(
                !too_early,
                "fail_fast returned while weather was still alive, about to be cancelled"
            );
            failed("hotels", result);
        });
    }

    #[test]
    fn no_request_is_alive_when_collect_all_returns() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = collect_all(vec![
                page.replies("flights", 50),
                page.fails("weather", 10),
                page.panics("currency", 20, Box::new("no data")),
            ]);
            held("collect_all", caught(group).await);
            page.nobody_is_left("collect_all");
        });
    }

    #[test]
    fn a_panic_fails_the_group() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 20),
                page.panics("hotels", 10, Box::new("no data")),
                page.replies("weather", 30),
            ]);
            match held("fail_fast", caught(group).await) {
                Ok(replies) => panic!(
                    "hotels panicked, but fail_fast returned Ok with {}",
                    count(&replies)
                ),
                Err(error) => names_who_panicked("fail_fast", &error, "hotels"),
            }
        });
    }

    #[test]
    fn a_panic_cancels_the_rest() {
        instruments::paused(|run| async move {
            run.none_open_at("hotels panics", "runs on");
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 40),
                page.panics("hotels", 13, Box::new("no data")),
                page.replies("weather", 30),
            ]);
            held("fail_fast", caught(group).await).ok();
            let returned = run.now();
            assert!(
                returned == 13,
                "hotels panicked at 13 ms, but fail_fast returned at {returned} ms"
            );
            page.nobody_is_left("fail_fast");
        });
    }

    #[test]
    fn a_panic_is_one_failure_among_the_replies() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = collect_all(vec![
                page.replies("flights", 30),
                page.panics("hotels", 10, Box::new("no data")),
                page.replies("weather", 20),
            ]);
            let replies = held("collect_all", caught(group).await);
            let came = in_words(&replies);
            let expected = ["flights", "failure", "weather"];
            assert!(
                came == expected,
                "hotels panicked: collect_all should have returned {}, but it returned {}",
                listed(&expected),
                listed(&came)
            );
            if let Err(error) = &replies[1] {
                names_who_panicked("collect_all", error, "hotels");
            }
        });
    }

    #[test]
    fn a_panic_without_a_message_fails_its_request_alone() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let two = || {
                vec![
                    page.replies("flights", 10),
                    page.panics("hotels", 20, Box::new(7)),
                ]
            };
            let error = failed("hotels", held("fail_fast", caught(fail_fast(two())).await));
            names_who_panicked("fail_fast", &error, "hotels");
            let replies = held("collect_all", caught(collect_all(two())).await);
            let came = in_words(&replies);
            assert!(
                came == ["flights", "failure"],
                "hotels panicked with a number: collect_all should have returned flights, failure, but it \
                 returned {}",
                listed(&came)
            );
        });
    }

    #[test]
    fn two_panics_at_the_same_moment_are_failures_like_any_other() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let three = || {
                vec![
                    page.panics("flights", 10, Box::new("no data")),
                    page.replies("hotels", 20),
                    page.panics("weather", 10, Box::new("no data")),
                ]
            };
            failed(
                "flights",
                held("fail_fast", caught(fail_fast(three())).await),
            );
            page.nobody_is_left("fail_fast");
            let replies = held("collect_all", caught(collect_all(three())).await);
            let came = in_words(&replies);
            assert!(
                came == ["failure", "hotels", "failure"],
                "flights and weather panicked: collect_all should have returned failure, hotels, failure, but \
                 it returned {}",
                listed(&came)
            );
        });
    }

    #[test]
    fn a_slow_request_is_waited_for() {
        instruments::paused(|run| async move {
            const LATE: u64 = 20 * 60 * 1_000;
            let page = Page::new(&run);
            let two = || vec![page.replies("flights", 10), page.replies("hotels", LATE)];
            let came = names(&all_ok(fail_fast(two()).await));
            assert!(
                came == ["flights", "hotels"],
                "hotels takes 20 minutes, and nobody set a time limit, but fail_fast returned {}",
                listed(&came)
            );
            let came = in_words(&collect_all(two()).await);
            assert!(
                came == ["flights", "hotels"],
                "hotels takes 20 minutes, and nobody set a time limit, but collect_all returned {}",
                listed(&came)
            );
        });
    }

    #[test]
    fn a_hundred_requests_take_as_long_as_one() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let replies = all_ok(fail_fast(page.hundred_of(30)).await).len();
            let took = run.now();
            assert!(
                replies == 100 && took == 30,
                "100 requests of 30 ms took fail_fast {took} ms, and brought {replies} replies"
            );
            let replies = collect_all(page.hundred_of(30))
                .await
                .iter()
                .flatten()
                .count();
            let took = run.now() - took;
            assert!(
                replies == 100 && took == 30,
                "100 requests of 30 ms took collect_all {took} ms, and brought {replies} replies"
            );
        });
    }

    #[test]
    fn a_failure_without_any_waiting_leaves_nobody_alive() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(vec![
                page.replies("flights", 50),
                page.fails("hotels", 0),
                page.replies("weather", 30),
            ]);
            names_and_keeps("fail_fast", &failed("hotels", group.await), "hotels");
            page.nobody_is_left("fail_fast");
        });
    }

    #[test]
    fn dropping_fail_fast_cancels_its_requests() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = fail_fast(page.four_of(30));
            let in_time = time::timeout(Duration::from_millis(15), group).await;
            assert!(in_time.is_err(), "requests of 30 ms were over after 15 ms");
            page.empties_soon("fail_fast").await;
        });
    }

    #[test]
    fn dropping_collect_all_cancels_its_requests() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let group = collect_all(page.four_of(30));
            let in_time = time::timeout(Duration::from_millis(15), group).await;
            assert!(in_time.is_err(), "requests of 30 ms were over after 15 ms");
            page.empties_soon("collect_all").await;
        });
    }
}

/// What a panic says.
mod stretch {
    use super::*;

    #[test]
    fn the_error_has_the_panics_message() {
        instruments::paused(|run| async move {
            let page = Page::new(&run);
            let messages: [(&str, Box<dyn Any + Send>); 2] = [
                ("no data", Box::new("no data")),
                (
                    "no data for Friday",
                    Box::new("no data for Friday".to_owned()),
                ),
            ];
            for (message, payload) in messages {
                let group = fail_fast(vec![page.panics("hotels", 10, payload)]);
                let error = failed("hotels", held("fail_fast", caught(group).await));
                assert!(
                    error
                        .chain()
                        .any(|cause| cause.to_string().contains(message)),
                    "hotels panicked with \"{message}\", but the error says \"{error:#}\""
                );
            }
        });
    }
}

/// The future of any request, so that a list can hold all kinds.
type Asked = Pin<Box<dyn Future<Output = anyhow::Result<Reply>> + Send>>;

/// What a service has to say: neither `Clone` nor anything else.
#[derive(Debug)]
struct Reply {
    from: &'static str,
}

/// How a request fails.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection refused")
    }
}

impl Error for Refused {}

/// A page that asks services, and knows which requests are alive.
struct Page {
    run: Run,
    requests: Cage,
}

impl Page {
    fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            requests: Cage::new(),
        }
    }

    fn replies(&self, service: &'static str, after: u64) -> Request<Asked> {
        self.request(service, after, move |_| Ok(Reply { from: service }))
    }

    fn fails(&self, service: &'static str, after: u64) -> Request<Asked> {
        self.request(service, after, move |run| {
            run.moment(format!("{service} fails"));
            Err(Refused.into())
        })
    }

    fn panics(
        &self,
        service: &'static str,
        after: u64,
        payload: Box<dyn Any + Send>,
    ) -> Request<Asked> {
        self.request(service, after, move |run| {
            run.moment(format!("{service} panics"));
            panic::resume_unwind(payload)
        })
    }

    fn request(
        &self,
        service: &'static str,
        after: u64,
        end: impl FnOnce(&Run) -> anyhow::Result<Reply> + Send + 'static,
    ) -> Request<Asked> {
        let (run, alive) = (self.run.clone(), self.requests.canary());
        self.asked(service, async move {
            let _alive = alive;
            if after > 0 {
                time::sleep(Duration::from_millis(after)).await;
            }
            end(&run)
        })
    }

    /// Fails as soon as somebody else has begun.
    fn fails_once(&self, service: &'static str, begun: Count) -> Request<Asked> {
        self.asked(service, async move {
            begun.reached(1).await;
            Err(Refused.into())
        })
    }

    /// Never replies, and when it is cancelled, it is not gone before the gate opens.
    fn goes_slowly(
        &self,
        service: &'static str,
        begun: Count,
        cancelled: Count,
        gate: Gate,
    ) -> Request<Asked> {
        self.asked(service, async move {
            let _slow = Slow { cancelled, gate };
            begun.add();
            future::pending().await
        })
    }

    fn asked(
        &self,
        service: &'static str,
        reply: impl Future<Output = anyhow::Result<Reply>> + Send + 'static,
    ) -> Request<Asked> {
        Request {
            service,
            reply: Box::pin(self.run.try_task(service, "request", reply)),
        }
    }

    fn four_of(&self, milliseconds: u64) -> Vec<Request<Asked>> {
        ["flights", "hotels", "weather", "currency"]
            .into_iter()
            .map(|service| self.replies(service, milliseconds))
            .collect()
    }

    fn hundred_of(&self, milliseconds: u64) -> Vec<Request<Asked>> {
        (0..25).flat_map(|_| self.four_of(milliseconds)).collect()
    }

    #[track_caller]
    fn took_as_long_as_one(&self, policy: &str) {
        let took = self.run.now();
        assert!(
            took == 30,
            "4 requests of 30 ms took {policy} {took} ms, but all at once they take 30"
        );
    }

    /// Says that the policy returned just now, and that it left nothing behind.
    #[track_caller]
    fn nobody_is_left(&self, policy: &str) {
        let moment = format!("{policy} returns");
        self.run.none_open_at(&moment, "still alive");
        self.run.moment(moment);
        let (at, alive) = (self.run.now(), self.requests.alive());
        assert!(
            alive == 0,
            "{policy} returned at {at} ms with {alive} of its requests still alive"
        );
    }

    #[track_caller]
    fn empties_soon(&self, policy: &str) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let moment = format!("{policy} is dropped");
            self.run.none_open_at(&moment, "still alive");
            self.run.moment(moment);
            instruments::settle().await;
            let alive = self.requests.alive();
            assert!(
                alive == 0,
                "{policy} was dropped, but {alive} of its requests are still alive"
            );
        })
    }
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

fn on_two_threads<T>(group: impl Future<Output = T>) -> T {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("the system has room for two threads")
        .block_on(group)
}

/// The replies of a group in which nobody failed.
#[track_caller]
fn all_ok(result: anyhow::Result<Vec<Reply>>) -> Vec<Reply> {
    match result {
        Ok(replies) => replies,
        Err(error) => panic!("nobody failed, but fail_fast returned an error: {error:#}"),
    }
}

/// The error of a group in which `service` failed.
#[track_caller]
fn failed(service: &str, result: anyhow::Result<Vec<Reply>>) -> anyhow::Error {
    match result {
        Ok(replies) => panic!(
            "{service} failed, but fail_fast returned Ok with {}",
            count(&replies)
        ),
        Err(error) => error,
    }
}

/// What a group returns in which `service` panics; `None` if it panics itself.
async fn caught<T>(group: impl Future<Output = T>) -> Option<T> {
    let mut group = pin!(group);
    future::poll_fn(|context| {
        let poll = AssertUnwindSafe(|| group.as_mut().poll(context));
        match panic::catch_unwind(poll) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

/// What a group of no requests returns.
#[track_caller]
fn came_back<T>(policy: &str, group: impl Future<Output = T>) -> impl Future<Output = T> {
    instruments::helper(async move {
        let returned = caught(group).await;
        returned.unwrap_or_else(|| {
            panic!("{policy} of no requests should have returned no replies, but it panicked")
        })
    })
}

#[track_caller]
fn held<T>(policy: &str, returned: Option<T>) -> T {
    returned.unwrap_or_else(|| {
        panic!("a request panicked, and its panic went on through {policy} to the caller")
    })
}

#[track_caller]
fn names_and_keeps(policy: &str, error: &anyhow::Error, service: &str) {
    assert!(
        error.to_string().contains(service),
        "{service} failed, but the error of {policy} says \"{error}\" and not who it was"
    );
    assert!(
        error.chain().any(<dyn Error>::is::<Refused>),
        "{service} failed with `Refused`, but the error of {policy} lost that value: its chain \
         has only the text \"{error:#}\""
    );
}

#[track_caller]
fn names_who_panicked(policy: &str, error: &anyhow::Error, service: &str) {
    assert!(
        error.to_string().contains(service),
        "{service} panicked, but the error of {policy} says \"{error}\" and not who it was"
    );
}

/// The replies by their service, and every failure as just that.
fn in_words(replies: &[anyhow::Result<Reply>]) -> Vec<&'static str> {
    let word = |reply: &anyhow::Result<Reply>| reply.as_ref().map_or("failure", |reply| reply.from);
    replies.iter().map(word).collect()
}

fn count(replies: &[Reply]) -> String {
    match replies.len() {
        1 => "1 reply".to_owned(),
        several => format!("{several} replies"),
    }
}

fn names(replies: &[Reply]) -> Vec<&'static str> {
    replies.iter().map(|reply| reply.from).collect()
}

fn listed(words: &[&str]) -> String {
    words.join(", ")
}
