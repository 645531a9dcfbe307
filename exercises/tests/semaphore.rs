//! What a host with a limit and its crawl must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test semaphore core`.
//!
//! Time is tokio's, paused: it jumps to the next sleeper's end whenever every task waits.

#![allow(
    clippy::drop_non_drop,
    reason = "a connection of the stub has nothing to drop yet"
)]

use std::future::{self, poll_fn};
use std::iter;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use exercises::semaphore::Host;
use futures::future::join_all;
use instruments::Run;
use instruments::canary::{Cage, Canary};
use instruments::gate::Count;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Every page fetched, and the limit kept: not more at once, and not fewer.
mod core {
    use super::*;

    #[test]
    fn no_more_connections_are_out_than_the_host_allows() {
        instruments::paused(|run| async move {
            let host = Host::new(3);
            let mut held = Vec::new();
            for _ in 0..3 {
                held.push(run.call_async("connect", host.connect()).await);
            }
            assert!(
                run.call("try_connect", || host.try_connect()).is_none(),
                "the host allows 3 connections, and `try_connect` handed out a fourth"
            );
            let fourth = timeout(ms(10), host.connect()).await;
            assert!(
                fourth.is_err(),
                "the host allows 3 connections, and `connect` handed out a fourth"
            );
            drop(fourth);
            held.pop();
            assert!(
                run.call("try_connect", || host.try_connect()).is_some(),
                "one of 3 connections was dropped, but `try_connect` found none"
            );
        });
    }

    #[test]
    fn a_crawl_returns_what_each_fetch_came_to() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let pages = vec![
                page("index", 30),
                page("hours", 10),
                page("prices", 20).fails(),
                page("map", 10),
                page("news", 40),
                page("imprint", 10).fails(),
                page("archive", 20),
            ];
            let came = in_words(site.crawl(pages).await);
            let expected = [
                "archive", "failure", "failure", "hours", "index", "map", "news",
            ];
            assert!(
                came == expected,
                "5 of 7 pages can be fetched, but sorted by name `crawl` returned: {}",
                listed(&came)
            );
        });
    }

    #[test]
    fn no_more_fetches_run_at_once_than_there_are_connections() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            site.crawl(pages(10, 20)).await;
            site.kept_its_limit();
        });
    }

    #[test]
    fn as_many_fetches_run_at_once_as_there_are_connections() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let all = run.rendezvous(3, |inside| {
                format!("with 3 connections free, only {inside} of 3 fetches ran at once")
            });
            let fetch = |page: Page| {
                let (all, name) = (all.clone(), page.name.clone());
                let meets = async move {
                    all.arrived().await;
                    Ok::<_, Refused>(page.name)
                };
                run.task(&name, "fetch", meets)
            };
            let crawl = site.host.crawl(pages(3, 0), fetch);
            run.call_async("crawl", crawl).await;
        });
    }

    #[test]
    fn a_host_can_be_crawled_again() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 2);
            for time in ["first", "second"] {
                let found = site.crawl(pages(5, 10)).await.len();
                assert!(
                    found == 5,
                    "the {time} crawl of 5 pages came back with {found} of them"
                );
            }
        });
    }

    #[test]
    fn an_empty_list_is_crawled_at_once() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 2);
            let found = site.crawl(Vec::new()).await.len();
            assert!(
                found == 0,
                "the list was empty, but `crawl` came back with {found} pages"
            );
        });
    }

    #[test]
    fn a_large_host_allows_all_its_connections() {
        instruments::paused(|run| async move {
            const MANY: usize = 10_000;
            let host = Host::new(MANY);
            let out: Vec<_> = iter::from_fn(|| host.try_connect())
                .take(MANY + 1)
                .collect();
            assert!(
                out.len() == MANY,
                "the host allows {MANY} connections, and `try_connect` handed out {}",
                match out.len() {
                    more if more > MANY => "one more".to_owned(),
                    fewer => fewer.to_string(),
                }
            );
            run.call("dropping the connections", || drop(out));
        });
    }

    #[test]
    fn a_host_without_connections_is_refused() {
        instruments::paused(|_| async move {
            // Whether `Host::new` is written at all shows here.
            let _ = Host::new(1);
            assert!(
                panic::catch_unwind(|| Host::new(0)).is_err(),
                "Host::new(0) made a host at which everybody waits for ever, instead of panicking"
            );
        });
    }
}

/// What makes it this pattern: slots that are refilled, a bounded intake, one limit for everybody, a
/// line, and connections that always come back.
mod pattern {
    use super::*;

    #[test]
    fn a_slow_page_holds_up_no_other() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 2);
            let others = run.count(|fetched| {
                format!(
                    "the slow page kept one of 2 connections, and of the 5 other pages only {fetched} \
                     came through the other one before it stayed free"
                )
            });
            let fetch = |page: Page| {
                let (others, name) = (others.clone(), page.name.clone());
                let fetch = async move {
                    if page.name == "page 1" {
                        others.reached(5).await;
                    } else {
                        sleep(ms(10)).await;
                        others.add();
                    }
                    Ok::<_, Refused>(page.name)
                };
                run.task(&name, "fetch", fetch)
            };
            let crawl = site.host.crawl(pages(6, 0), fetch);
            run.call_async("crawl", crawl).await;
        });
    }

    #[test]
    fn a_crawl_under_way_uses_what_others_give_back() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let mut held = Vec::new();
            for _ in 0..2 {
                held.push(run.call_async("connect", site.host.connect()).await);
            }
            let all = run.rendezvous(3, |inside| {
                format!(
                    "a crawl began with 1 of 3 connections free, the 2 others came back, and still \
                     only {inside} of 3 fetches ran at once"
                )
            });
            let fetch = |page: Page| {
                let (all, name) = (all.clone(), page.name.clone());
                let meets = async move {
                    all.arrived().await;
                    Ok::<_, Refused>(page.name)
                };
                run.task(&name, "fetch", meets)
            };
            let crawl = site.host.crawl(pages(3, 0), fetch);
            let give_back = async {
                sleep(ms(10)).await;
                run.call("dropping a connection", || drop(held));
            };
            tokio::join!(run.call_async("crawl", crawl), give_back);
        });
    }

    #[test]
    fn the_list_is_read_no_further_than_needed() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let most = site.crawl_counting_the_list(20).await;
            assert!(
                most <= 4,
                "{most} pages were taken from the list and not yet fetched, but the host allows 3 \
                 connections, so 4 are enough"
            );
        });
    }

    #[test]
    fn two_crawls_share_the_connections() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let images = (1..=5).map(|n| page(&format!("image {n}"), 20)).collect();
            tokio::join!(site.crawl(pages(5, 20)), site.crawl(images));
            site.kept_its_limit();
        });
    }

    #[test]
    fn a_crawl_lets_others_have_their_turn() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 2);
            let visitor = async {
                sleep(ms(5)).await;
                let connection = run.until_async(
                    "connect",
                    "somebody asked for a connection during a crawl, and never got it".to_owned(),
                    site.host.connect(),
                );
                drop(connection.await);
                run.granted("a connection");
                run.now()
            };
            let visitor = run.on_lane("visitor", visitor);
            let (_, served) = tokio::join!(site.crawl(pages(20, 10)), visitor);
            assert!(
                served <= 30,
                "somebody asked for a connection 5 ms after a crawl of 20 pages began, and had to \
                 wait until {served} ms: until it was over"
            );
        });
    }

    #[test]
    fn a_fetch_that_fails_gives_its_connection_back() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let failing = pages(2, 10).into_iter().map(Page::fails).collect();
            site.crawl(failing).await;
            site.has_all_back("2 fetches failed");
        });
    }

    #[test]
    fn a_dropped_crawl_cancels_its_fetches_and_gives_their_connections_back() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            run.none_open_at("crawl is dropped", "runs on");
            let in_time = timeout(ms(25), site.crawl(pages(10, 10))).await;
            assert!(
                in_time.is_err(),
                "10 fetches of 10 ms, at most 3 at once, were over within 25 ms"
            );
            run.moment("crawl is dropped");
            instruments::settle().await;
            let alive = site.fetches.alive();
            assert!(
                alive == 0,
                "the crawl was dropped, but {alive} of its fetches are still alive"
            );
            site.has_all_back("the crawl was dropped");
        });
    }

    #[test]
    fn those_who_wait_are_served_in_the_order_in_which_they_asked() {
        instruments::paused(|run| async move {
            let host = Arc::new(Host::new(1));
            let held = run.call_async("connect", host.connect()).await;
            let served = Arc::new(Mutex::new(Vec::new()));
            let mut tasks = JoinSet::new();
            for n in 1..=5 {
                let (host, served) = (Arc::clone(&host), Arc::clone(&served));
                let visit = async move {
                    let _connection = host.connect().await;
                    served
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(n.to_string());
                    sleep(ms(10)).await;
                };
                tasks.spawn(run.task(&format!("visitor {n}"), "connect and visit", visit));
                instruments::settle().await;
            }
            run.call("dropping a connection", || drop(held));
            run.call_async("the visitors", tasks.join_all()).await;
            let served = served.lock().unwrap_or_else(PoisonError::into_inner);
            assert!(
                *served == ["1", "2", "3", "4", "5"],
                "visitors asked in the order 1, 2, 3, 4, 5, and were served in the order {}",
                served.join(", ")
            );
        });
    }

    #[test]
    fn nobody_overtakes_those_who_wait() {
        instruments::paused(|run| async move {
            let host = Host::new(1);
            let held = run.call_async("connect", host.connect()).await;
            let mut first = pin!(host.connect());
            assert!(
                asks_in_vain(first.as_mut()).await,
                "the host allows 1 connection, and `connect` handed out a second"
            );
            run.call("dropping a connection", || drop(held));
            // It is theirs now, though they have not got round to taking it.
            assert!(
                run.call("try_connect", || host.try_connect()).is_none(),
                "a connection came back, and `try_connect` took it from somebody who waited for it"
            );
            let mut newcomer = pin!(host.connect());
            assert!(
                asks_in_vain(newcomer.as_mut()).await,
                "a connection came back, and a newcomer's `connect` took it from somebody who waited \
                 for it"
            );
            drop(run.call_async("the first in line", first).await);
            run.call_async("the newcomer", newcomer).await;
        });
    }

    #[test]
    fn a_connection_cannot_outlive_its_host() {
        instruments::must_not_compile!(
            "semaphore/connection_outlives_its_host.rs",
            "the connection would be open when its host is gone",
            [("E0597", "does not live long enough")]
        );
    }

    #[test]
    fn a_connection_cannot_leave_for_a_detached_thread() {
        instruments::must_not_compile!(
            "semaphore/connection_in_a_detached_thread.rs",
            "the thread could keep the connection for longer than the host lives",
            [("E0521", "borrowed data escapes")]
        );
    }

    /// What does compile: a thread that ends while the host is there.
    #[test]
    fn a_connection_may_be_dropped_by_a_thread_that_ends_first() {
        instruments::test(|run| {
            let host = Host::new(1);
            thread::scope(|scope| {
                let connection = host.try_connect();
                assert!(connection.is_some(), "nobody holds the only connection");
                scope.spawn(move || drop(connection));
            });
            assert!(
                run.call("try_connect", || host.try_connect()).is_some(),
                "a thread has dropped the only connection, but it did not come back"
            );
        });
    }

    #[test]
    fn two_that_come_back_serve_the_first_two_in_line() {
        instruments::paused(|run| async move {
            let host = Host::new(2);
            let held = [
                run.call_async("connect", host.connect()).await,
                run.call_async("connect", host.connect()).await,
            ];
            let mut in_line: Vec<_> = (0..3).map(|_| Box::pin(host.connect())).collect();
            for visitor in &mut in_line {
                assert!(
                    asks_in_vain(visitor.as_mut()).await,
                    "the host allows 2 connections, and `connect` handed out a third"
                );
            }
            run.call("dropping a connection", || drop(held));
            let third = in_line.pop().expect("there are three");
            let lost = "2 connections came back while 3 visitors waited, and one of the first 2 never got theirs";
            let served =
                run.until_async("the first two in line", lost.to_owned(), join_all(in_line));
            let served = served.await;
            let mut third = pin!(third);
            assert!(
                asks_in_vain(third.as_mut()).await,
                "2 connections came back while 3 visitors waited, and all 3 got one"
            );
            run.call("dropping a connection", || drop(served));
            run.call_async("the third in line", third).await;
        });
    }

    #[test]
    fn a_crawl_stands_in_line_like_everybody_else() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 1);
            let order = Arc::new(Mutex::new(Vec::new()));
            let served = |who: &'static str| {
                let order = Arc::clone(&order);
                async move {
                    let mut order = order.lock().unwrap_or_else(PoisonError::into_inner);
                    order.push(who);
                }
            };
            let visit = |who: &'static str| {
                let served = served(who);
                let connection = run.call_async("connect", site.host.connect());
                async move {
                    let _connection = connection.await;
                    served.await;
                }
            };
            let held = run.call_async("connect", site.host.connect()).await;
            let mut first = Box::pin(visit("first visitor"));
            assert!(
                asks_in_vain(first.as_mut()).await,
                "the host allows 1 connection, and `connect` handed out a second"
            );
            // Whether it asks the iterator or waits first, its place in line is the second.
            let mut crawl = Box::pin(site.host.crawl(pages(1, 0), |page| {
                let served = served("crawl");
                async move {
                    served.await;
                    Ok::<_, Refused>(page.name)
                }
            }));
            assert!(
                asks_in_vain(crawl.as_mut()).await,
                "the only connection was held, and a crawl came to its end"
            );
            instruments::settle().await;
            let mut last = Box::pin(visit("last visitor"));
            asks_in_vain(last.as_mut()).await;
            run.call("dropping a connection", || drop(held));
            let all = async { tokio::join!(first, crawl, last) };
            run.call_async("one of two visitors and a crawl", all).await;
            let order = order
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .join(", ");
            assert!(
                order == "first visitor, crawl, last visitor",
                "a visitor, a crawl and another visitor stood in line in this order, and were served in the order \
                 {order}"
            );
        });
    }

    /// On real threads, which may look at the same moment whether a connection is free.
    #[test]
    fn no_more_connections_are_out_than_allowed_on_many_threads() {
        instruments::test(|run| {
            const EACH: usize = 20_000;
            let (host, out) = (Host::new(2), AtomicUsize::new(0));
            let takes = || {
                let took = (0..EACH).filter_map(|_| {
                    let _connection = host.try_connect()?;
                    let now = out.fetch_add(1, Ordering::SeqCst) + 1;
                    out.fetch_sub(1, Ordering::SeqCst);
                    Some(now)
                });
                let most = took.max();
                run.gets_on();
                most.unwrap_or(0)
            };
            let most = thread::scope(|scope| {
                let threads = [(); 4].map(|()| scope.spawn(takes));
                threads.map(|thread| thread.join().expect("it only takes and gives back"))
            });
            let most = most.into_iter().max().unwrap_or(0);
            assert!(
                most <= 2,
                "4 threads took connections and gave them back, and {most} were out at once, but the host allows 2"
            );
            let free = iter::from_fn(|| host.try_connect())
                .take(3)
                .collect::<Vec<_>>()
                .len();
            assert!(
                free == 2,
                "4 threads took connections and gave all of them back, and now the host has {free} of its 2"
            );
        });
    }

    #[test]
    fn a_list_that_panics_takes_no_connection_along() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let list = pages(4, 20).into_iter().inspect(|page| {
                if page.name == "page 3" {
                    instruments::panic_on_purpose("the file ends in the middle of a line");
                }
            });
            let crawl = site.host.crawl(list, |page| site.fetch(page));
            let returned = caught(run.call_async("crawl", crawl)).await;
            assert!(
                returned.is_err(),
                "the list of pages panicked at page 3, and `crawl` returned as if nothing had happened"
            );
            instruments::settle().await;
            site.has_all_back("the list of pages panicked");
        });
    }

    #[test]
    fn a_panic_goes_on_to_the_caller_and_the_connection_comes_back() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let mut pages = pages(4, 20);
            pages[1].ends = Ends::Panics;
            let returned = caught(site.crawl(pages)).await;
            if let Ok(results) = returned {
                panic!(
                    "page 2 panicked, and `crawl` returned {} results as if nothing had happened",
                    results.len()
                );
            }
            instruments::settle().await;
            site.has_all_back("a fetch panicked");
        });
    }

    #[test]
    fn whoever_loses_patience_leaves_the_line() {
        instruments::paused(|run| async move {
            let host = Host::new(1);
            let held = run.call_async("connect", host.connect()).await;
            for n in 1..=3 {
                let connection = timeout(ms(10), host.connect()).await;
                assert!(
                    connection.is_err(),
                    "the only connection is held, but visitor {n} got one"
                );
            }
            run.call("dropping a connection", || drop(held));
            assert!(
                run.call("try_connect", || host.try_connect()).is_some(),
                "3 visitors lost patience and left, and the connection that came back then is not \
                 there for others"
            );
        });
    }

    #[test]
    fn whoever_leaves_at_the_last_moment_takes_no_connection_along() {
        instruments::paused(|run| async move {
            let host = Host::new(1);
            let held = run.call_async("connect", host.connect()).await;
            let mut first = Box::pin(host.connect());
            assert!(
                asks_in_vain(first.as_mut()).await,
                "the host allows 1 connection, and `connect` handed out a second"
            );
            let mut second = pin!(host.connect());
            assert!(
                asks_in_vain(second.as_mut()).await,
                "the host allows 1 connection, and `connect` handed out a second"
            );
            run.call("dropping a connection", || drop(held));
            // Its turn had come. But it was dropped before it went on.
            drop(first);
            let lost = "a visitor left just when their turn had come, and the next in line never \
                        got the connection";
            run.until_async("the second in line", lost.to_owned(), second)
                .await;
        });
    }

    #[test]
    fn whoever_waits_sleeps_until_then() {
        instruments::paused(|run| async move {
            let host = Host::new(1);
            let held = run.call_async("connect", host.connect()).await;
            let mut looks = 0;
            let mut connect = pin!(host.connect());
            let connect = poll_fn(|context| {
                looks += 1;
                connect.as_mut().poll(context)
            });
            let give_back = async {
                sleep(ms(1_000)).await;
                run.call("dropping a connection", || drop(held));
            };
            run.call_async("connect", async { tokio::join!(connect, give_back) })
                .await;
            // The two share a task, so one looks when the other is woken.
            assert!(
                looks <= 10,
                "somebody waited 1000 ms for a connection and looked {looks} times whether one was \
                 free, instead of sleeping until then"
            );
        });
    }

    #[test]
    fn a_thousand_pages_go_through_three_connections() {
        instruments::paused(|run| async move {
            let host = Host::new(3);
            let fetch = |page: u32| async move {
                sleep(ms(u64::from(page % 7))).await;
                if page.is_multiple_of(5) {
                    Err(page)
                } else {
                    Ok(page)
                }
            };
            let results = run.call_async("crawl", host.crawl(0..1_000, fetch)).await;
            let mut fetched: Vec<u32> = results
                .into_iter()
                .map(|result| result.unwrap_or_else(|page| page))
                .collect();
            fetched.sort_unstable();
            fetched.dedup();
            let fetched = fetched.len();
            assert!(
                fetched == 1_000,
                "of 1000 pages, {fetched} came back from `crawl`"
            );
        });
    }
}

/// What a panic says.
mod stretch {
    use super::*;

    #[test]
    fn the_panic_of_a_crawl_is_the_fetchs_own() {
        instruments::paused(|run| async move {
            let site = Site::new(&run, 3);
            let mut pages = pages(4, 20);
            pages[1].ends = Ends::Panics;
            let Err(said) = caught(site.crawl(pages)).await else {
                panic!("page 2 panicked, and `crawl` returned as if nothing had happened");
            };
            assert!(
                said.is::<Endless>(),
                "page 2 panicked with a value of its own, an `Endless`, but the panic of `crawl` carried {}",
                match (said.downcast_ref::<&str>(), said.downcast_ref::<String>()) {
                    (Some(text), _) => format!("\"{text}\""),
                    (_, Some(text)) => format!("\"{text}\""),
                    _ => "something else".to_owned(),
                }
            );
        });
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A page, and what its fetch comes to.
#[derive(Debug)]
struct Page {
    name: String,
    milliseconds: u64,
    ends: Ends,
}

#[derive(Debug, Clone, Copy)]
enum Ends {
    Well,
    Fails,
    Panics,
}

fn page(name: &str, milliseconds: u64) -> Page {
    Page {
        name: name.to_owned(),
        milliseconds,
        ends: Ends::Well,
    }
}

fn pages(n: u64, milliseconds: u64) -> Vec<Page> {
    (1..=n)
        .map(|n| page(&format!("page {n}"), milliseconds))
        .collect()
}

impl Page {
    fn fails(self) -> Self {
        Self {
            ends: Ends::Fails,
            ..self
        }
    }
}

/// What a fetch panics with.
struct Endless;

/// How a fetch fails.
#[derive(Debug)]
struct Refused;

/// The future of any fetch.
type Fetch = Pin<Box<dyn Future<Output = Result<String, Refused>> + Send>>;

/// A host whose fetches are recorded, and known while they are alive.
struct Site {
    host: Host,
    allowed: usize,
    run: Run,
    fetches: Cage,
}

impl Site {
    fn new(run: &Run, allowed: usize) -> Self {
        run.at_most_at_once(allowed, "one more than the host allows");
        Self {
            host: Host::new(allowed),
            allowed,
            run: run.clone(),
            fetches: Cage::new(),
        }
    }

    async fn crawl(&self, pages: Vec<Page>) -> Vec<Result<String, Refused>> {
        let crawl = self.host.crawl(pages, |page| self.fetch(page));
        self.run.call_async("crawl", crawl).await
    }

    fn fetch(&self, page: Page) -> Fetch {
        let lane = page.name.clone();
        let fetch = fetch(page, self.fetches.canary());
        Box::pin(self.run.try_task(&lane, "fetch", fetch))
    }

    /// Crawls `n` pages, and says how many at most had been taken from the list and not yet been
    /// fetched.
    async fn crawl_counting_the_list(&self, n: u64) -> usize {
        let (fetched, mut taken, mut most) = (Count::new(), 0, 0);
        let list = pages(n, 10).into_iter().inspect(|page| {
            self.run.asked_on("list", page.name.clone());
            taken += 1;
            most = most.max(taken - fetched.get());
        });
        let fetch = |page: Page| {
            let (fetch, fetched) = (self.fetch(page), fetched.clone());
            async move {
                let result = fetch.await;
                fetched.add();
                result
            }
        };
        let crawl = self.host.crawl(list, fetch);
        self.run.call_async("crawl", crawl).await;
        most
    }

    #[track_caller]
    fn kept_its_limit(&self) {
        let (most, allowed) = (self.run.most_at_once(), self.allowed);
        assert!(
            most <= allowed,
            "{most} fetches ran at once, but the host allows {allowed} connections"
        );
    }

    /// Says that nobody holds a connection any more.
    #[track_caller]
    fn has_all_back(&self, what_happened: &str) {
        let allowed = self.allowed;
        let try_connect = || self.host.try_connect();
        let connections = iter::from_fn(|| self.run.call("try_connect", try_connect));
        let connections: Vec<_> = connections.take(allowed + 1).collect();
        let free = connections.len();
        assert!(
            free == allowed,
            "{what_happened}, and now the host has {free} of its {allowed} connections left"
        );
    }
}

async fn fetch(page: Page, alive: Canary) -> Result<String, Refused> {
    let _alive = alive;
    if page.milliseconds > 0 {
        sleep(ms(page.milliseconds)).await;
    }
    match page.ends {
        Ends::Well => Ok(page.name),
        Ends::Fails => Err(Refused),
        Ends::Panics => panic::resume_unwind(Box::new(Endless)),
    }
}

/// Polls once, and says that nothing came of it.
async fn asks_in_vain(mut asks: Pin<&mut impl Future>) -> bool {
    poll_fn(|context| Poll::Ready(asks.as_mut().poll(context).is_pending())).await
}

/// What a crawl returns, or what it panicked with.
async fn caught<T>(crawl: impl Future<Output = T>) -> thread::Result<T> {
    let mut crawl = pin!(crawl);
    future::poll_fn(|context| {
        let poll = AssertUnwindSafe(|| crawl.as_mut().poll(context));
        match panic::catch_unwind(poll) {
            Ok(polled) => polled.map(Ok),
            Err(said) => Poll::Ready(Err(said)),
        }
    })
    .await
}

/// The pages by their name, sorted, and every failure as just that.
fn in_words(results: Vec<Result<String, Refused>>) -> Vec<String> {
    let mut words: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap_or_else(|_| "failure".to_owned()))
        .collect();
    words.sort();
    words
}

fn listed(words: &[String]) -> String {
    if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(", ")
    }
}
