//! What a scan and a scanner must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test structured_concurrency core`.
//!
//! Time is tokio's, paused: it jumps to the next sleeper's end whenever every task waits.

use std::any::Any;
use std::collections::BTreeMap;
use std::future;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use exercises::structured_concurrency::{Network, Scanner, scan};
use instruments::canary::Cage;
use instruments::gate::{Count, Gate};
use instruments::{PROBE, Run};
use tokio::runtime::{Builder, Handle};
use tokio::time::{sleep, timeout};

/// What is found, and how long it takes.
mod core {
    use super::*;

    #[test]
    fn the_services_that_answer_are_found_in_order() {
        instruments::paused(|run| async move {
            let office = Office::of_three(&run);
            let last_host_first = hosts(3).into_iter().rev().collect();
            let found = listed(&scanned(&run, &office, last_host_first).await);
            assert!(
                found == SERVICES_OF_THREE,
                "the services are {SERVICES_OF_THREE}, but scan returned {found}"
            );
        });
    }

    #[test]
    fn addresses_and_ports_are_in_the_order_of_their_numbers() {
        instruments::paused(|run| async move {
            const IN_ORDER: &str = "10.0.0.2:8080, 10.0.0.9:443, 10.0.0.10:80, 10.0.0.10:1000";
            let mut all: Vec<_> = (0..10).map(|_| Host::listing_after(10)).collect();
            for (n, port) in [(10, 1000), (10, 80), (9, 443), (2, 8080)] {
                all[n - 1].ports.push((port, Knock::Answers(10)));
            }
            let found = listed(&scanned(&run, &Office::new(&run, all), hosts(10)).await);
            assert!(
                found == IN_ORDER,
                "by address and then by port the services are {IN_ORDER}, but scan returned {found}"
            );
        });
    }

    #[test]
    fn a_scan_that_returns_its_list_records_nothing() {
        instruments::paused(|run| async move {
            let office = Office::of_three(&run);
            scanned(&run, &office, hosts(3)).await;
            let recorded = listed(&office.recorded());
            assert!(
                recorded == "nothing",
                "the caller of scan has the list, and nothing is to be recorded, but recorded were \
                 {recorded}"
            );
        });
    }

    #[test]
    fn no_hosts_are_no_services() {
        instruments::paused(|run| async move {
            let office = Office::new(&run, vec![]);
            let found = scanned(&run, &office, vec![]).await;
            assert!(
                found.is_empty(),
                "no host was to be scanned, but scan returned {}",
                listed(&found)
            );
        });
    }

    #[test]
    fn all_hosts_and_all_their_ports_are_asked_at_the_same_time() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 4, 3);
            scanned(&run, &office, hosts(4)).await;
            let took = run.now();
            assert!(
                took == 30,
                "10 ms for a list of ports and 20 ms for a knock make 30 ms, for 4 hosts at once with 3 \
                 ports each, but scan took {took} ms"
            );
        });
    }

    #[test]
    fn a_hosts_ports_do_not_wait_for_another_hosts_list() {
        instruments::paused(|run| async move {
            let lists_early = Host::listing_after(10).port(22, Knock::Answers(50));
            let lists_late = Host::listing_after(40).port(22, Knock::Answers(10));
            let office = Office::new(&run, vec![lists_early, lists_late]);
            scanned(&run, &office, hosts(2)).await;
            let took = run.now();
            assert!(
                took == 60,
                "10.0.0.1 has listed its ports after 10 ms and needs 50 more, 10.0.0.2 needs 40 and 10: \
                 that makes 60 ms, but scan took {took} ms"
            );
        });
    }

    #[test]
    fn a_scan_in_the_background_records_what_it_finds() {
        instruments::paused(|run| async move {
            let office = Office::of_three(&run);
            let scanner = office.scanner_of_three();
            finished(&run, scanner).await;
            let mut recorded = office.recorded().clone();
            recorded.sort_unstable();
            let recorded = listed(&recorded);
            assert!(
                recorded == SERVICES_OF_THREE,
                "the services are {SERVICES_OF_THREE}, but when finish returned, recorded were {recorded}"
            );
        });
    }

    #[test]
    fn begin_does_not_wait_for_the_scan() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            let scanner = office.scanner_of_three();
            finished(&run, scanner).await;
            let took = run.now();
            assert!(
                took == 30,
                "3 scans of 30 ms were begun at once, but finish returned at {took} ms"
            );
        });
    }

    #[test]
    fn a_service_is_recorded_as_soon_as_it_has_answered() {
        instruments::paused(|run| async move {
            let host = Host::listing_after(10)
                .port(22, Knock::Answers(50))
                .port(80, Knock::Answers(10));
            let office = Office::new(&run, vec![host]);
            let scanner = Scanner::new(Arc::clone(&office));
            scanner.begin(host_number(1));
            sleep(ms(25)).await;
            let recorded = listed(&office.recorded());
            assert!(
                recorded == "10.0.0.1:80",
                "10.0.0.1:80 answered at 20 ms and 10.0.0.1:22 has not yet, but recorded at 25 ms: \
                 {recorded}"
            );
        });
    }
}

/// What makes it structured: who waits for whom, and what is left when somebody goes.
mod pattern {
    use super::*;

    #[test]
    fn a_dropped_scan_leaves_no_request_to_a_host_behind() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            let in_time = timeout(ms(5), scan(Arc::clone(&office), hosts(3))).await;
            assert!(in_time.is_err(), "a scan of 30 ms was over after 5 ms");
            office.empties_soon("scan").await;
        });
    }

    #[test]
    fn a_dropped_scan_leaves_no_knock_behind() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            let in_time = timeout(ms(15), scan(Arc::clone(&office), hosts(3))).await;
            assert!(in_time.is_err(), "a scan of 30 ms was over after 15 ms");
            office.empties_soon("scan").await;
        });
    }

    #[test]
    fn finish_waits_for_every_scan_and_all_of_its_knocks() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            let scanner = Scanner::new(Arc::clone(&office));
            scanner.begin(host_number(1));
            sleep(ms(15)).await;
            scanner.begin(host_number(2));
            scanner.begin(host_number(3));
            finished(&run, scanner).await;
            let returned = run.now();
            run.none_open_at("finish returns", "still alive");
            run.moment("finish returns");
            // What goes on, if it does, is to be in the picture.
            sleep(ms(100)).await;
            let recorded = office.recorded().len();
            assert!(
                returned == 45,
                "two scans of 30 ms were begun at 15 ms, but finish returned at {returned} ms \
                 (100 ms later, {recorded} of 6 services were recorded)"
            );
            assert!(
                recorded == 6,
                "3 hosts have 6 services, but {recorded} were recorded"
            );
        });
    }

    #[test]
    fn a_host_that_is_begun_again_has_two_scans() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 1, 2);
            let scanner = Scanner::new(Arc::clone(&office));
            scanner.begin(host_number(1));
            sleep(ms(15)).await;
            scanner.begin(host_number(1));
            finished(&run, scanner).await;
            office.nobody_is_left("finish");
            let recorded = office.recorded().len();
            assert!(
                recorded == 4,
                "10.0.0.1 has 2 services and was begun at 0 ms and at 15, which makes 2 scans, but \
                 {recorded} services were recorded"
            );
        });
    }

    #[test]
    fn nothing_is_alive_when_finish_returns() {
        instruments::paused(|run| async move {
            let office = Office::of_three(&run);
            let scanner = office.scanner_of_three();
            finished(&run, scanner).await;
            office.nobody_is_left("finish");
        });
    }

    #[test]
    fn finish_returns_when_nothing_was_begun() {
        instruments::paused(|run| async move {
            let scanner = Scanner::new(Office::new(&run, vec![]));
            finished(&run, scanner).await;
        });
    }

    #[test]
    fn finish_returns_when_all_scans_have_ended_before() {
        instruments::paused(|run| async move {
            let scanner = Scanner::new(Office::of_equals(&run, 1, 2));
            scanner.begin(host_number(1));
            sleep(ms(50)).await;
            finished(&run, scanner).await;
            let returned = run.now();
            assert!(
                returned == 50,
                "finish was called at 50 ms, when there was nothing left to wait for, but it returned at \
                 {returned} ms"
            );
        });
    }

    #[test]
    fn stop_waits_until_no_request_to_a_host_is_alive() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            office.is_stopped_after(5).await;
        });
    }

    #[test]
    fn stop_waits_until_no_knock_is_alive() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            office.is_stopped_after(15).await;
        });
    }

    /// On real threads, where a knock that is being cancelled takes its time.
    #[test]
    fn stop_waits_for_a_knock_that_takes_its_time_to_go() {
        instruments::test(|run| {
            run.none_open_at("stop returns", "still alive");
            let slow = Slow::new(&run);
            let Slow {
                knocked,
                cancelled,
                gate,
                ..
            } = slow.clone();
            let returned = Count::new();
            let host = Host::listing_after(0).port(22, Knock::GoesSlowly(slow));
            let office = Office::new(&run, vec![host]);
            let caller = thread::spawn({
                let (run, returned) = (run.clone(), returned.clone());
                move || {
                    on_two_threads(async {
                        let scanner = Scanner::new(office);
                        scanner.begin(host_number(1));
                        knocked.reached(1).await;
                        scanner.stop().await;
                        run.moment("stop returns");
                        returned.add();
                    });
                }
            });
            cancelled.wait_for(1);
            let too_early = returned.reaches(1, PROBE);
            gate.open();
            instruments::passed_on(caller.join());
            assert!(
                !too_early,
                "stop returned while a knock was still alive, about to be cancelled"
            );
        });
    }

    /// On real threads, where a host may be about to begin its knocks when it is told to stop.
    #[test]
    fn stop_reaches_a_knock_that_a_host_begins_on_its_way_out() {
        instruments::test(|run| {
            run.none_open_at("stop returns", "still alive");
            let listing = run.count(|_| "the hosts were never asked for their ports".to_owned());
            let (first_may_list, second_may_list) = (Gate::new(), Gate::new());
            let slow = Slow::new(&run);
            let stopping = Count::new();
            let returned = run.count(|_| {
                "stop was called while 10.0.0.1 was listing its port. Then a knock began that nobody \
                 has cancelled, and stop never returned"
                    .to_owned()
            });
            let first = Host::listing_after(0)
                .busy_until(&listing, &first_may_list)
                .port(22, Knock::NeverAnswers(slow.clone()));
            let second = Host::listing_after(0).busy_until(&listing, &second_may_list);
            let office = Office::new(&run, vec![first, second]);
            let caller = thread::spawn({
                let (run, stopping, returned) = (run.clone(), stopping.clone(), returned.clone());
                move || {
                    on_two_threads(async {
                        let scanner = Scanner::new(Arc::clone(&office));
                        scanner.begin(host_number(1));
                        scanner.begin(host_number(2));
                        listing.reached(1).await;
                        // Where one task polls all hosts, the second is not asked before the first has
                        // listed. A slow machine may let a wrong solution slip through.
                        timeout(4 * PROBE, listing.reached(2)).await.ok();
                        stopping.add();
                        scanner.stop().await;
                        let alive = office.requests.alive();
                        run.moment("stop returns");
                        returned.add();
                        alive
                    })
                }
            });
            stopping.wait_for(1);
            // Time to tell the hosts, which hear it when they are done with their lists.
            returned.reaches(1, PROBE);
            first_may_list.open();
            // Time for the knock to begin, if it does.
            slow.knocked.reaches(1, PROBE);
            second_may_list.open();
            // Time for stop to return too early: the knock is not gone before its gate opens.
            returned.reaches(1, PROBE);
            slow.gate.open();
            returned.wait_for(1);
            let alive = instruments::passed_on(caller.join());
            assert!(
                alive == 0,
                "stop was called while 10.0.0.1 and 10.0.0.2 were listing their ports, and returned with \
                 {alive} of the requests still alive"
            );
        });
    }

    #[test]
    fn a_dropped_scanner_leaves_no_request_to_a_host_behind() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            office.loses_its_scanner_after(5).await;
        });
    }

    #[test]
    fn a_dropped_scanner_leaves_no_knock_behind() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            office.loses_its_scanner_after(15).await;
        });
    }

    #[test]
    fn a_panic_comes_out_of_scan() {
        instruments::paused(|run| async move {
            let office = Office::with_a_broken_port(&run);
            let ended = caught(scanned(&run, &office, hosts(2))).await;
            office.was_asked();
            if let Ok(found) = ended {
                panic!(
                    "a knock at 10.0.0.1 panicked, but scan returned {}",
                    listed(&found)
                );
            }
        });
    }

    #[test]
    fn nothing_is_alive_when_scan_panics() {
        instruments::paused(|run| async move {
            let office = Office::with_a_broken_port(&run);
            caught(scanned(&run, &office, hosts(2))).await.ok();
            let asked = office.asked();
            assert!(
                asked == 5,
                "2 hosts with 3 ports are 5 requests, but scan ended after {asked}"
            );
            run.none_open_at("scan ends", "still alive");
            run.moment("scan ends");
            let (at, alive) = (run.now(), office.requests.alive());
            assert!(
                alive == 0,
                "a knock panicked, and scan ended at {at} ms with {alive} of its requests still alive"
            );
        });
    }

    #[test]
    fn a_list_that_panics_comes_out_of_scan_when_all_others_are_gone() {
        instruments::paused(|run| async move {
            let office = Office::with_a_broken_list(&run);
            let ended = caught(scanned(&run, &office, hosts(2))).await;
            office.was_asked();
            run.none_open_at("scan ends", "still alive");
            run.moment("scan ends");
            let (at, alive) = (run.now(), office.requests.alive());
            if let Ok(found) = ended {
                panic!(
                    "10.0.0.1 panicked when it was asked for its ports, but scan returned {}",
                    listed(&found)
                );
            }
            assert!(
                alive == 0,
                "10.0.0.1 panicked when it was asked for its ports, and scan ended at {at} ms with {alive} \
                 knocks at 10.0.0.2 still alive"
            );
        });
    }

    #[test]
    fn a_list_that_panics_in_the_background_does_other_hosts_no_harm() {
        instruments::paused(|run| async move {
            let office = Office::with_a_broken_list(&run);
            let scanner = Scanner::new(Arc::clone(&office));
            scanner.begin(host_number(1));
            scanner.begin(host_number(2));
            let ended = caught(finished(&run, scanner)).await;
            assert!(
                ended.is_ok(),
                "10.0.0.1 panicked in the background, when it was asked for its ports, and its panic came \
                 out of finish"
            );
            office.nobody_is_left("finish");
            let recorded = listed(&office.recorded());
            assert!(
                recorded == "10.0.0.2:22, 10.0.0.2:80",
                "10.0.0.1 panicked when it was asked for its ports. 10.0.0.2 has services at 22 and 80, but \
                 recorded were {recorded}"
            );
        });
    }

    #[test]
    fn scan_does_not_panic_before_a_slow_knock_at_the_same_host_is_gone() {
        instruments::test(|run| {
            a_panic_waits_for_a_slow_knock(&run, 1, "scan", |office| async {
                scan(office, hosts(2)).await;
            });
        });
    }

    #[test]
    fn scan_does_not_panic_before_a_slow_knock_at_another_host_is_gone() {
        instruments::test(|run| {
            a_panic_waits_for_a_slow_knock(&run, 2, "scan", |office| async {
                scan(office, hosts(2)).await;
            });
        });
    }

    #[test]
    fn finish_waits_for_a_slow_knock_at_a_host_where_another_has_panicked() {
        instruments::test(|run| {
            a_panic_waits_for_a_slow_knock(&run, 1, "finish", |office| async {
                let scanner = Scanner::new(office);
                scanner.begin(host_number(1));
                scanner.finish().await;
            });
        });
    }

    #[test]
    fn a_panic_in_the_background_does_other_hosts_no_harm() {
        instruments::paused(|run| async move {
            let office = Office::with_a_broken_port(&run);
            let scanner = Scanner::new(Arc::clone(&office));
            scanner.begin(host_number(1));
            scanner.begin(host_number(2));
            sleep(ms(15)).await;
            // The knock has panicked by now, and does no harm to what is begun later either.
            let begun = panic::catch_unwind(AssertUnwindSafe(|| scanner.begin(host_number(3))));
            assert!(
                begun.is_ok(),
                "a knock at 10.0.0.1 panicked, and then begin did as well"
            );
            let ended = caught(finished(&run, scanner)).await;
            assert!(
                ended.is_ok(),
                "a knock at 10.0.0.1 panicked in the background, and its panic came out of finish"
            );
            office.nobody_is_left("finish");
            for n in [2, 3] {
                let service = SocketAddrV4::new(host_number(n), 80);
                assert!(
                    office.recorded().contains(&service),
                    "a knock at 10.0.0.1 panicked, and {service} was not recorded"
                );
            }
        });
    }

    #[test]
    fn a_finish_that_is_dropped_cancels_the_scans() {
        instruments::paused(|run| async move {
            let office = Office::of_equals(&run, 3, 2);
            let scanner = office.scanner_of_three();
            let in_time = timeout(ms(15), scanner.finish()).await;
            assert!(
                in_time.is_err(),
                "finish returned at 15 ms, with scans of 30 ms under way"
            );
            office.empties_soon("the future of finish").await;
        });
    }

    #[test]
    fn two_hundred_hosts_and_a_thousand_ports_take_as_long_as_one() {
        instruments::paused(|run| async move {
            for (many, ports) in [(200, 5), (1, 1_000)] {
                let begun = run.now();
                let office = Office::of_equals(&run, many.into(), ports);
                let found = scanned(&run, &office, hosts(many)).await.len();
                let took = run.now() - begun;
                assert!(
                    (found, took) == (1000, 30),
                    "1000 services that take 30 ms each: scan found {found} in {took} ms"
                );
                let scanner = Scanner::new(Arc::clone(&office));
                for host in hosts(many) {
                    scanner.begin(host);
                }
                finished(&run, scanner).await;
                let (recorded, took) = (office.recorded().len(), run.now() - begun - took);
                assert!(
                    (recorded, took) == (1000, 30),
                    "1000 services that take 30 ms each: the scanner recorded {recorded} in {took} ms"
                );
            }
        });
    }

    #[test]
    fn a_service_that_takes_twenty_minutes_is_found_as_well() {
        instruments::paused(|run| async move {
            const LATE: u64 = 10 * 60 * 1_000;
            let late = || Host::listing_after(LATE).port(22, Knock::Answers(LATE));
            let office = Office::new(&run, vec![late()]);
            let found = listed(&scanned(&run, &office, hosts(1)).await);
            assert!(
                found == "10.0.0.1:22",
                "10.0.0.1:22 answers after 20 minutes, and scan sets no time limit, but it returned {found}"
            );
            let scanner = Scanner::new(Arc::clone(&office));
            scanner.begin(host_number(1));
            finished(&run, scanner).await;
            office.nobody_is_left("finish");
            let recorded = listed(&office.recorded());
            assert!(
                recorded == "10.0.0.1:22",
                "10.0.0.1:22 answers after 20 minutes, and finish waits for every scan, but when it returned, \
                 recorded were {recorded}"
            );
        });
    }

    /// On real threads, which begin scans at the same moment.
    #[test]
    fn stop_reaches_scans_that_many_threads_have_begun() {
        instruments::test(|run| {
            // So many that a thread is put aside in the middle of one, also on a single core.
            const EACH: usize = 2_000;
            let office = Arc::new(Silent::default());
            let alive = on_two_threads(async {
                let scanner = Scanner::new(Arc::clone(&office));
                let runtime = Handle::current();
                let together = Barrier::new(3);
                let begins = || {
                    let _runtime = runtime.enter();
                    together.wait();
                    for _ in 0..EACH {
                        scanner.begin(host_number(1));
                        run.gets_on();
                    }
                };
                thread::scope(|scope| {
                    for _ in 0..3 {
                        scope.spawn(begins);
                    }
                });
                run.call_async("stop", scanner.stop()).await;
                office.requests.alive()
            });
            assert!(
                alive == 0,
                "3 threads began {EACH} scans each at the same time, and stop returned with {alive} of their \
                 requests still alive"
            );
        });
    }
}

/// What a panic says.
mod stretch {
    use super::*;

    #[test]
    fn the_panic_of_scan_is_the_requests_own() {
        instruments::paused(|run| async move {
            for (office, what) in [
                (Office::with_a_broken_port(&run), "a knock"),
                (Office::with_a_broken_list(&run), "a list of ports"),
            ] {
                let Err(said) = caught(scanned(&run, &office, hosts(2))).await else {
                    panic!("{what} panicked, but scan returned");
                };
                assert!(
                    said.is::<NoSuchProtocol>(),
                    "{what} panicked with a value of its own, a `NoSuchProtocol`, but the panic of scan carried {}",
                    in_words(&*said)
                );
            }
        });
    }
}

/// What there is to find in [`Office::of_three`].
const SERVICES_OF_THREE: &str = "10.0.0.1:22, 10.0.0.1:80, 10.0.0.2:631";

/// What a request panics with.
struct NoSuchProtocol;

/// A network without an answer.
#[derive(Default)]
struct Silent {
    requests: Cage,
}

impl Network for Silent {
    async fn ports(&self, _host: Ipv4Addr) -> Vec<u16> {
        let _alive = self.requests.canary();
        future::pending().await
    }

    async fn knock(&self, _service: SocketAddrV4) -> bool {
        false
    }

    fn record(&self, _service: SocketAddrV4) {}
}

/// A network that knows which requests are alive.
struct Office {
    run: Run,
    hosts: BTreeMap<Ipv4Addr, Host>,
    requests: Cage,
    asked: AtomicUsize,
    recorded: Mutex<Vec<SocketAddrV4>>,
}

/// A host, the time that it takes to list its ports, and what a knock at each of them comes to.
struct Host {
    lists_after: u64,
    list: List,
    ports: Vec<(u16, Knock)>,
}

/// What the list of a host's ports comes to.
enum List {
    Ends,
    Panics,
    /// Is in the middle of a step, on a thread of its own, until the gate opens.
    Busy(Count, Gate),
}

/// What a knock comes to, and after how many milliseconds.
#[derive(Clone)]
enum Knock {
    Answers(u64),
    IsSilent(u64),
    Panics(u64),
    /// Panics when a slow one is under way.
    PanicsBeside(Slow),
    /// Waits for ever, and takes until a gate opens to go when it is cancelled.
    NeverAnswers(Slow),
    /// Waits for a gate, and takes as long to go if it is cancelled.
    GoesSlowly(Slow),
}

/// What somebody hears of a future whose drop takes until a gate opens.
#[derive(Clone)]
struct Slow {
    knocked: Count,
    beside: Count,
    cancelled: Count,
    gate: Gate,
}

impl Host {
    fn listing_after(lists_after: u64) -> Self {
        Self {
            lists_after,
            list: List::Ends,
            ports: Vec::new(),
        }
    }

    fn busy_until(mut self, listing: &Count, may_end: &Gate) -> Self {
        self.list = List::Busy(listing.clone(), may_end.clone());
        self
    }

    fn port(mut self, port: u16, knock: Knock) -> Self {
        self.ports.push((port, knock));
        self
    }
}

impl Slow {
    fn new(run: &Run) -> Self {
        Self {
            knocked: run.count(|_| "the port was never knocked at".to_owned()),
            beside: run.count(|_| "the port beside it was never knocked at".to_owned()),
            cancelled: run.count(|_| {
                "stop was called, but the knock was never cancelled: its future was not dropped"
                    .to_owned()
            }),
            gate: Gate::new(),
        }
    }
}

impl Office {
    /// A network of these hosts, at 10.0.0.1 and so on.
    fn new(run: &Run, hosts: Vec<Host>) -> Arc<Self> {
        Arc::new(Self {
            run: run.clone(),
            hosts: (1..).map(host_number).zip(hosts).collect(),
            requests: Cage::new(),
            asked: AtomicUsize::new(0),
            recorded: Mutex::default(),
        })
    }

    /// Three hosts that have nothing in common, with the [`SERVICES_OF_THREE`].
    fn of_three(run: &Run) -> Arc<Self> {
        let first = Host::listing_after(10)
            .port(443, Knock::IsSilent(20))
            .port(80, Knock::Answers(30))
            .port(22, Knock::Answers(40));
        let second = Host::listing_after(5)
            .port(22, Knock::IsSilent(60))
            .port(631, Knock::Answers(10));
        Self::new(run, vec![first, second, Host::listing_after(20)])
    }

    /// Hosts that list as many ports each after 10 ms, all of which answer after 20.
    fn of_equals(run: &Run, hosts: usize, ports: u16) -> Arc<Self> {
        let host = |_| {
            (0..ports).fold(Host::listing_after(10), |host, port| {
                host.port(8000 + port, Knock::Answers(20))
            })
        };
        Self::new(run, (0..hosts).map(host).collect())
    }

    /// A port of the first host panics at 10 ms, while the others are still to answer.
    fn with_a_broken_port(run: &Run) -> Arc<Self> {
        let broken = Host::listing_after(5)
            .port(80, Knock::Answers(30))
            .port(22, Knock::Panics(5));
        let sound = || Host::listing_after(5).port(80, Knock::Answers(40));
        Self::new(run, vec![broken, sound(), sound()])
    }

    /// The first host panics at 10 ms, when it is to list its ports and the other is knocked at.
    fn with_a_broken_list(run: &Run) -> Arc<Self> {
        let mut broken = Host::listing_after(10);
        broken.list = List::Panics;
        let sound = Host::listing_after(5)
            .port(22, Knock::Answers(20))
            .port(80, Knock::Answers(30));
        Self::new(run, vec![broken, sound])
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<SocketAddrV4>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self, address: Ipv4Addr) -> &Host {
        let host = self.hosts.get(&address);
        host.unwrap_or_else(|| panic!("there is no host {address}, but it was asked"))
    }

    /// A request that is alive until its future is dropped.
    async fn request<T>(&self, lane: String, label: &str, request: impl Future<Output = T>) -> T {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let alive = self.requests.canary();
        let request = async move {
            let _alive = alive;
            request.await
        };
        self.run.task(&lane, label, request).await
    }

    /// A scanner that has begun to scan three hosts.
    fn scanner_of_three(self: &Arc<Self>) -> Scanner<Self> {
        let scanner = Scanner::new(Arc::clone(self));
        for host in hosts(3) {
            scanner.begin(host);
        }
        scanner
    }

    /// Drops a scanner that is at work, and looks at what is left.
    #[track_caller]
    fn loses_its_scanner_after(self: Arc<Self>, milliseconds: u64) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let scanner = self.scanner_of_three();
            sleep(ms(milliseconds)).await;
            drop(scanner);
            self.empties_soon("the scanner").await;
        })
    }

    /// Stops a scanner that is at work, and looks at what is left.
    #[track_caller]
    fn is_stopped_after(self: Arc<Self>, milliseconds: u64) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let scanner = self.scanner_of_three();
            sleep(ms(milliseconds)).await;
            let stopping = self.run.call_async("stop", scanner.stop());
            stopping.await;
            self.nobody_is_left("stop");
            let (returned, asked) = (self.run.now(), self.asked());
            assert!(
                returned == milliseconds,
                "stop was called at {milliseconds} ms and cancels what is under way, but it returned at \
                 {returned} ms"
            );
            sleep(ms(100)).await;
            let more = self.asked() - asked;
            assert!(
                more == 0,
                "stop returned at {returned} ms, and then {more} more requests began"
            );
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// A scan that panics before it has asked anything has not been written yet.
    #[track_caller]
    fn was_asked(&self) {
        assert!(self.asked() > 0, "scan panicked before it had asked a port");
    }

    /// Says that a call returned just now, and that it left nothing behind.
    #[track_caller]
    fn nobody_is_left(&self, call: &str) {
        let moment = format!("{call} returns");
        self.run.none_open_at(&moment, "still alive");
        self.run.moment(moment);
        let (at, alive) = (self.run.now(), self.requests.alive());
        assert!(
            alive == 0,
            "{call} returned at {at} ms with {alive} requests still alive"
        );
    }

    #[track_caller]
    fn empties_soon(&self, what: &str) -> impl Future<Output = ()> {
        instruments::helper(async move {
            let (moment, at) = (format!("{what} is dropped"), self.run.now());
            self.run.none_open_at(&moment, "still alive");
            self.run.moment(moment);
            instruments::settle().await;
            let (alive, asked) = (self.requests.alive(), self.asked());
            // What goes on, if it does, is to be in the picture.
            sleep(ms(100)).await;
            let more = self.asked() - asked;
            assert!(
                alive == 0,
                "{what} was dropped at {at} ms, but {alive} of its requests are still alive"
            );
            assert!(
                more == 0,
                "{what} was dropped at {at} ms, and then {more} more requests began"
            );
        })
    }
}

impl Network for Office {
    async fn ports(&self, host: Ipv4Addr) -> Vec<u16> {
        let Host {
            lists_after,
            list,
            ports,
        } = self.host(host);
        let listing = async {
            wait(*lists_after).await;
            match list {
                List::Ends => {}
                List::Panics => panic::resume_unwind(Box::new(NoSuchProtocol)),
                List::Busy(listing, may_end) => {
                    listing.add();
                    may_end.wait();
                }
            }
        };
        self.request(host.to_string(), "list", listing).await;
        ports.iter().map(|(port, _)| *port).collect()
    }

    async fn knock(&self, service: SocketAddrV4) -> bool {
        let ports = &self.host(*service.ip()).ports;
        let knock = ports.iter().find(|(port, _)| *port == service.port());
        let (_, knock) = knock.unwrap_or_else(|| {
            panic!("{service} was knocked at, but the host has no such port in use")
        });
        let knocking = async {
            match knock.clone() {
                Knock::Answers(after) => {
                    wait(after).await;
                    true
                }
                Knock::IsSilent(after) => {
                    wait(after).await;
                    false
                }
                Knock::Panics(after) => {
                    wait(after).await;
                    panic::resume_unwind(Box::new(NoSuchProtocol))
                }
                Knock::PanicsBeside(slow) => {
                    slow.knocked.reached(1).await;
                    slow.beside.add();
                    panic::resume_unwind(Box::new(NoSuchProtocol))
                }
                Knock::NeverAnswers(slow) => {
                    slow.knocked.add();
                    let _slow = GoesSlowly(slow);
                    future::pending().await
                }
                Knock::GoesSlowly(slow) => {
                    slow.knocked.add();
                    let slow = GoesSlowly(slow);
                    slow.0.gate.opened().await;
                    true
                }
            }
        };
        self.request(service.to_string(), "knock", knocking).await
    }

    fn record(&self, service: SocketAddrV4) {
        self.recorded().push(service);
    }
}

struct GoesSlowly(Slow);

impl Drop for GoesSlowly {
    fn drop(&mut self) {
        self.0.cancelled.add();
        self.0.gate.wait();
    }
}

/// On real threads a knock at 10.0.0.1 panics, while one at this host is under way that takes its time
/// to go. Whether `call` cancels that one or waits for its answer, it does not end before.
fn a_panic_waits_for_a_slow_knock<F: Future<Output = ()>>(
    run: &Run,
    slow_at: u8,
    call: &'static str,
    calling: impl FnOnce(Arc<Office>) -> F + Send + 'static,
) {
    let ends = format!("{call} ends");
    run.none_open_at(&ends, "still alive");
    let slow = Slow::new(run);
    let mut both = vec![Host::listing_after(0), Host::listing_after(0)];
    both[0].ports.push((22, Knock::PanicsBeside(slow.clone())));
    both[usize::from(slow_at) - 1]
        .ports
        .push((80, Knock::GoesSlowly(slow.clone())));
    let office = Office::new(run, both);
    let ended = Count::new();
    let caller = thread::spawn({
        let (run, ended, beside) = (run.clone(), ended.clone(), slow.beside.clone());
        move || {
            on_two_threads(async {
                // Whether it panics is asked elsewhere.
                caught(async { calling(office).await }).await.ok();
                run.moment(ends);
                ended.add();
                // Whatever has happened, the probe begins.
                beside.add();
            });
        }
    });
    slow.beside.wait_for(1);
    // A slow machine may let a wrong solution slip through; it cannot fail a right one.
    let too_early = ended.reaches(1, instruments::PROBE);
    slow.gate.open();
    caller.join().expect("what panics is caught");
    assert!(
        slow.knocked.get() > 0,
        "{call} ended, and 10.0.0.{slow_at}:80 was never knocked at"
    );
    assert!(
        !too_early,
        "a knock at 10.0.0.1:22 panicked, and {call} ended while the knock at 10.0.0.{slow_at}:80 was \
         still alive"
    );
}

/// What a scan finds, or that it never returns.
fn scanned(
    run: &Run,
    office: &Arc<Office>,
    hosts: Vec<Ipv4Addr>,
) -> impl Future<Output = Vec<SocketAddrV4>> + use<> {
    let else_say = "every request has ended, but scan never returned".to_owned();
    run.until_async("scan", else_say, scan(Arc::clone(office), hosts))
}

/// Waits until the scanner is finished, or says that this never happens.
fn finished<N: Network>(run: &Run, scanner: Scanner<N>) -> impl Future<Output = ()> {
    let else_say = "every scan has ended, but finish never returned".to_owned();
    run.until_async("finish", else_say, scanner.finish())
}

/// What a future returns, or what it panicked with.
async fn caught<T>(future: impl Future<Output = T>) -> thread::Result<T> {
    let mut future = pin!(future);
    future::poll_fn(|context| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        match panic::catch_unwind(poll) {
            Ok(polled) => polled.map(Ok),
            Err(said) => Poll::Ready(Err(said)),
        }
    })
    .await
}

fn in_words(said: &(dyn Any + Send)) -> String {
    match (said.downcast_ref::<&str>(), said.downcast_ref::<String>()) {
        (Some(text), _) => format!("\"{text}\""),
        (_, Some(text)) => format!("\"{text}\""),
        _ => "something else".to_owned(),
    }
}

fn on_two_threads<T>(future: impl Future<Output = T>) -> T {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("the system has room for two threads")
        .block_on(future)
}

/// Takes no turn of the runtime if there is nothing to wait for.
async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        sleep(ms(milliseconds)).await;
    }
}

fn host_number(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, n)
}

fn hosts(number: u8) -> Vec<Ipv4Addr> {
    (1..=number).map(host_number).collect()
}

fn listed(services: &[SocketAddrV4]) -> String {
    let services: Vec<_> = services.iter().map(SocketAddrV4::to_string).collect();
    if services.is_empty() {
        return "nothing".to_owned();
    }
    services.join(", ")
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
