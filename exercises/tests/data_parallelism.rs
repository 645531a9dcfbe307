//! What boiling a log down in parallel must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test data_parallelism core`.

use std::any::Any;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use exercises::data_parallelism::{Malformed, Report, Request, Summary, report, summarise};
use instruments::Run;
use instruments::gate::Rendezvous;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Every line is taken in once, on all threads at once, and parts can be put together.
mod core {
    use super::*;

    #[test]
    fn every_line_is_taken_in_once() {
        instruments::test(|run| {
            for threads in [2, 4] {
                for lines in (0..=40).chain([1000]) {
                    let seen = Log::new(lines).summarise(&run, threads);
                    for line in 0..lines {
                        let times = seen.iter().filter(|other| **other == line).count();
                        assert!(
                            times == 1,
                            "{lines} lines on {threads} threads: line {line} was taken in {times} \
                             times"
                        );
                    }
                }
            }
        });
    }

    #[test]
    fn four_threads_take_in_lines_at_once() {
        instruments::test(|run| {
            let all = AllAtOnce::new(&run, "only {} of 4 threads took in a line at once");
            Log::new(2000).summarise_and(&run, 4, |line| all.arrive(line));
        });
    }

    #[test]
    fn the_counts_and_the_slowest_are_the_same_however_the_log_is_split() {
        instruments::test(|_| {
            for lines in logs() {
                same_however_split(&lines, "requests", |report| report.requests().to_string());
                same_however_split(&lines, "slowest", |report| shown(report.slowest()));
            }
        });
    }

    #[test]
    fn the_mean_is_the_same_however_the_log_is_split() {
        instruments::test(|_| {
            for lines in logs() {
                same_however_split(&lines, "mean", |report| shown(report.mean()));
            }
        });
    }

    #[test]
    fn the_longest_outage_is_the_same_however_the_log_is_split() {
        instruments::test(|_| {
            for lines in logs() {
                same_however_split(&lines, "longest outage", |report| {
                    report.longest_outage().to_string()
                });
            }
        });
    }

    #[test]
    fn a_log_is_read_and_reported_on() {
        instruments::test(|run| {
            // 1,200 lines, an outage of 700 in the middle.
            let lines = 0..1200;
            let text = |line| match line {
                300..1000 => format!("500 {} /stops/harbour", 20 + line % 2),
                _ => format!("200 {} /stops/market", 10 + line % 2),
            };
            let log: Vec<Entry> = lines.map(|line| Entry::new(line, text(line))).collect();
            let found = read(&run, 4, &log).unwrap_or_else(|malformed| {
                panic!("every line is a request, but report says that {malformed}")
            });
            says("requests", found.requests(), 1200);
            says("slowest", shown(found.slowest()), "21ms");
            // 500 lines of 10.5 ms and 700 of 20.5 ms.
            says("mean", shown(found.mean()), "16.333ms");
            says("longest outage", found.longest_outage(), 700);
        });
    }

    #[test]
    fn times_of_any_length_make_an_exact_mean() {
        instruments::test(|_| {
            let [milli, day] = [Duration::from_millis(1), Duration::from_hours(24)];
            for took in [
                // A part of a millisecond, nothing at all, more milliseconds, microseconds and
                // nanoseconds than fit in 32 and 64 bits.
                vec![milli / 2, milli + milli / 4, milli * 2],
                vec![Duration::ZERO],
                vec![day / 8, day / 6, day / 4],
                vec![day * 40, day * 50, day * 30],
                vec![day * 1_400_000 + milli / 200, day * 1_500_000, milli / 100],
            ] {
                let request = |&took| Request { status: 200, took };
                let log: Vec<Request> = took.iter().map(request).collect();
                same_however_split(&log, "mean", |report| shown(report.mean()));
                same_however_split(&log, "slowest", |report| shown(report.slowest()));
            }
        });
    }

    #[test]
    fn a_log_of_seventy_thousand_lines_is_counted() {
        instruments::test(|run| {
            let text = |line| match line {
                2000..68_000 => "500 20",
                _ => "200 10",
            };
            let log: Vec<&str> = (0..70_000).map(text).collect();
            let found = in_pool(&run, 2, "report on 70000 lines", || report(&log));
            let found = found.unwrap_or_else(|malformed| {
                panic!("every line is a request, but report says that {malformed}")
            });
            says("requests", found.requests(), 70_000);
            says("longest outage", found.longest_outage(), 66_000);
        });
    }

    #[test]
    fn a_log_without_lines_has_no_mean() {
        instruments::test(|run| {
            let found = read(&run, 2, &[]).expect("there is no line that could be malformed");
            says("requests", found.requests(), 0);
            says("slowest", shown(found.slowest()), "none");
            says("mean", shown(found.mean()), "none");
            says("longest outage", found.longest_outage(), 0);
        });
    }

    #[test]
    fn a_malformed_line_is_an_error() {
        instruments::test(|run| {
            for malformed in [0, 1, 499, 998, 999] {
                let log = entries(1000, &[malformed]);
                let found = read(&run, 4, &log);
                let words = found.as_ref().err().map(ToString::to_string);
                let found = outcome(found);
                assert!(
                    found == Some(malformed),
                    "line {malformed} is no request, but report says {}",
                    said(found)
                );
                let words = words.unwrap_or_default();
                assert!(
                    words == format!("line {malformed} is no request"),
                    "line {malformed} is malformed, and the error's words are {words:?}"
                );
            }
        });
    }
}

/// What makes it this pattern: no lock, neighbours merged in order, few parts, one pool.
mod pattern {
    use super::*;

    #[test]
    fn parts_are_merged_in_the_order_of_the_log() {
        instruments::test(|run| {
            // Both threads have a line. The one that has not the first waits with its own until the
            // other one has done all else.
            let both = run.rendezvous(2, |inside| {
                format!("only {inside} of 2 threads took in a line at once")
            });
            let met = FirstLines::default();
            let seen = Log::new(1024).summarise_and(&run, 2, |line| {
                if met.is_first() {
                    let hold = || {
                        both.arrive();
                        if line != 0 {
                            until_the_others_run_dry(&run);
                        }
                    };
                    run.job(format!("line {line}"), hold)();
                }
            });
            let wrong = seen.windows(2).find(|pair| pair[0] > pair[1]);
            assert!(
                wrong.is_none(),
                "line {} stands behind line {} in the summary",
                wrong.map_or(0, |pair| pair[1]),
                wrong.map_or(0, |pair| pair[0]),
            );
            assert!(seen.len() == 1024, "{} of 1024 lines are there", seen.len());
        });
    }

    #[test]
    fn a_summary_is_made_for_a_part_not_for_each_line() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        static MERGED: AtomicUsize = AtomicUsize::new(0);

        /// A large thing to make and to merge.
        struct Large;

        impl Default for Large {
            fn default() -> Self {
                MADE.fetch_add(1, Ordering::Relaxed);
                Self
            }
        }

        impl Summary<u8> for Large {
            fn add(&mut self, _: &u8) {}

            fn merge(&mut self, _: Self) {
                MERGED.fetch_add(1, Ordering::Relaxed);
            }
        }

        instruments::test(|run| {
            let _: Large = in_pool(&run, 1, "summarise", || summarise(&[0; 1000]));
            let (made, merged) = (MADE.load(Ordering::Relaxed), MERGED.load(Ordering::Relaxed));
            assert!(
                made <= 100,
                "for 1000 lines on one thread, {made} summaries were made"
            );
            assert!(
                merged <= 100,
                "for 1000 lines on one thread, summaries were merged {merged} times"
            );
        });
    }

    #[test]
    fn no_other_thread_than_the_pools_takes_in_a_line() {
        instruments::test(|run| {
            let pool = pool(2);
            let threads = pool.broadcast(|_| thread::current().id());
            let stranger = Mutex::new(None);
            let log = Log::new(1000);
            let notice = |line| {
                if !threads.contains(&thread::current().id()) {
                    *stranger.lock().expect("nobody panics here") = Some(line);
                }
            };
            run.watched("summarise", never_returned("summarise", 2), || {
                pool.install(|| log.seen(&notice))
            });
            let stranger = stranger.into_inner().expect("nobody panics here");
            assert!(
                stranger.is_none(),
                "line {} was taken in by a thread that is none of the pool's",
                stranger.unwrap_or_default()
            );
        });
    }

    #[test]
    fn one_thread_is_enough() {
        instruments::test(|run| {
            let seen = Log::new(1000).summarise(&run, 1);
            assert!(
                seen.iter().copied().eq(0..1000),
                "on one thread, {} of 1000 lines were taken in, or not in order",
                seen.len()
            );
            let found = outcome(read(&run, 1, &entries(1000, &[])));
            assert!(
                found.is_none(),
                "every line is a request, but report says {}",
                said(found)
            );
        });
    }

    #[test]
    fn four_threads_read_lines_at_once() {
        instruments::test(|run| {
            let all = AllAtOnce::new(&run, "only {} of 4 threads read a line at once");
            let mut log = entries(2000, &[]);
            let arrive = |line| all.arrive(line);
            for entry in &mut log {
                entry.meanwhile = &arrive;
            }
            let found = outcome(read(&run, 4, &log));
            assert!(
                found.is_none(),
                "every line is a request, but report says {}",
                said(found)
            );
        });
    }

    #[test]
    fn of_two_malformed_lines_the_first_is_reported() {
        instruments::test(|run| {
            let mut log = entries(1024, &[1, 1023]);
            // By then somebody knows of line 1023, and nobody of line 1.
            let wait = |_| until_the_others_run_dry(&run);
            log[0].meanwhile = &wait;
            let found = outcome(read(&run, 2, &log));
            assert!(
                found == Some(1),
                "lines 1 and 1023 are no requests, and 1023 was found first; but report says {}",
                said(found)
            );
        });
    }

    #[test]
    fn a_line_that_is_found_later_does_not_replace_an_earlier_one() {
        instruments::test(|run| {
            let mut log = entries(1024, &[1, 1023]);
            // Somebody reads line 1023 already when line 1 is read, and says so when line 1 is known.
            let begun = run.count(|_| {
                "a line is held back, and nobody works on the rest of the log meanwhile".to_owned()
            });
            let wait_for_it = |_| {
                let begun_or_dry = begun.clone();
                rayon::spawn(move || begun_or_dry.add());
                begun.wait_for(1);
            };
            let read_slowly = |_| {
                begun.add();
                until_the_others_run_dry(&run);
            };
            log[0].meanwhile = &wait_for_it;
            log[1023].meanwhile = &read_slowly;
            let found = outcome(read(&run, 2, &log));
            assert!(
                found == Some(1),
                "lines 1 and 1023 are no requests, and line 1 was found first; but report says {}",
                said(found)
            );
        });
    }

    #[test]
    fn two_logs_can_be_boiled_down_in_one_pool() {
        instruments::test(|run| {
            let logs = [Log::new(1000), Log::new(1000)];
            let (one, other) = in_pool(&run, 2, "summarise, twice in one pool,", || {
                rayon::join(|| logs[0].seen(&|_| ()), || logs[1].seen(&|_| ()))
            });
            for seen in [one, other] {
                assert!(
                    seen.lines.iter().copied().eq(0..1000),
                    "{} of 1000 lines were taken in, or not in order",
                    seen.lines.len()
                );
            }
        });
    }

    #[test]
    fn the_parts_of_a_log_are_put_together_in_its_order() {
        instruments::test(|run| {
            // Every line but one is a failure, so it shows where each part has its place.
            let text = |line| match line {
                700 => "200 12",
                _ => "503 12",
            };
            let mut log: Vec<Entry> = (0..1024)
                .map(|line| Entry::new(line, text(line).to_owned()))
                .collect();
            // One thread stays at the first line, and the other works on all parts that it can get.
            let wait = |_| until_the_others_run_dry(&run);
            log[0].meanwhile = &wait;
            let found = read(&run, 2, &log).unwrap_or_else(|malformed| {
                panic!("every line is a request, but report says that {malformed}")
            });
            says("longest outage", found.longest_outage(), 700);
            says("requests", found.requests(), 1024);
        });
    }

    #[test]
    fn two_logs_can_be_read_in_one_pool() {
        instruments::test(|run| {
            let short = entries(700, &[]);
            // The thread that reads the one comes to lines of the other while it waits for its parts.
            let wait = |_| until_the_others_run_dry(&run);
            for at in [0, 511] {
                let mut long = entries(1024, &[]);
                long[at].meanwhile = &wait;
                let (one, other) = in_pool(&run, 2, "report, twice in one pool,", || {
                    rayon::join(|| report(&short), || report(&long))
                });
                for (found, lines) in [(one, short.len()), (other, long.len())] {
                    let found = found.unwrap_or_else(|malformed| {
                        panic!("every line is a request, but report says that {malformed}")
                    });
                    let requests = found.requests();
                    assert!(
                        requests == lines,
                        "two logs were read at once in one pool: one has {lines} lines, and its \
                         report counts {requests}"
                    );
                }
            }
        });
    }

    #[test]
    fn a_thread_hears_of_a_malformed_line_that_another_has_found() {
        instruments::test(|run| {
            let begun = run.count(|_| "only one thread reads lines".to_owned());
            let held = AtomicBool::new(false);
            let found_by = Mutex::new(None);
            let known = AtomicBool::new(false);
            let in_vain = AtomicUsize::new(0);
            let first_thread = OnceLock::new();
            let read_on = |line| {
                let here = thread::current().id();
                if line > 100 && known.load(Ordering::SeqCst) {
                    in_vain.fetch_add(1, Ordering::SeqCst);
                }
                match line {
                    // The one thread goes on when the other one has a line as well.
                    0 => {
                        first_thread.get_or_init(|| here);
                        let begun_or_dry = begun.clone();
                        rayon::spawn(move || begun_or_dry.add());
                        begun.wait_for(1);
                    }
                    100 => *found_by.lock().expect("nobody panics here") = Some(here),
                    // The other one stays at its line until the first finds nothing more to do.
                    _ if first_thread.get() != Some(&here)
                        && !held.swap(true, Ordering::SeqCst) =>
                    {
                        begun.add();
                        until_the_others_run_dry(&run);
                        let found_by = *found_by.lock().expect("nobody panics here");
                        if found_by.is_some_and(|thread| thread != here) {
                            known.store(true, Ordering::SeqCst);
                        }
                    }
                    _ => {}
                }
            };
            let mut log = entries(10_000, &[100]);
            for entry in &mut log {
                entry.meanwhile = &read_on;
            }
            let found = outcome(read(&run, 2, &log));
            assert!(
                found == Some(100),
                "line 100 is no request, but report says {}",
                said(found)
            );
            let lines = in_vain.into_inner();
            assert!(
                lines == 0,
                "one thread has found that line 100 is malformed, and the other one began to read \
                 {lines} more of the lines behind it"
            );
        });
    }

    #[test]
    fn a_panic_comes_out_and_the_pool_goes_on() {
        instruments::test(|run| {
            let pool = pool(2);
            for torn in [0, 600, 1023] {
                let log = Log::new(1024);
                let mut lines = entries(1024, &[]);
                let tear = |line| {
                    if line == torn {
                        instruments::panic_on_purpose(TORN);
                    }
                };
                for entry in &mut lines {
                    entry.meanwhile = &tear;
                }
                let summarised = run.watched("summarise", never_returned("summarise", 2), || {
                    told(panic::catch_unwind(AssertUnwindSafe(|| {
                        pool.install(|| log.seen(&tear)).lines.len()
                    })))
                });
                assert!(
                    summarised.is_err(),
                    "add panicked at line {torn}, and summarise returned a summary"
                );
                let reported = run.watched("report", never_returned("report", 2), || {
                    told(panic::catch_unwind(AssertUnwindSafe(|| {
                        pool.install(|| outcome(report(&lines)))
                    })))
                });
                assert!(
                    reported.is_err(),
                    "to read line {torn} was a panic, and report returned"
                );
                let seen = run.watched("summarise", never_returned("summarise", 2), || {
                    pool.install(|| log.seen(&|_| ()))
                });
                assert!(
                    seen.lines.iter().copied().eq(0..1024),
                    "after a panic in the same pool, {} of 1024 lines were taken in, or not in order",
                    seen.lines.len()
                );
            }
        });
    }

    #[test]
    fn nothing_is_read_behind_a_line_that_is_known_to_be_malformed() {
        instruments::test(|run| {
            let known = AtomicUsize::new(usize::MAX);
            let in_vain = AtomicUsize::new(0);
            let mut log = entries(10_000, &[100]);
            let read_on = |line| {
                if line > known.load(Ordering::Relaxed) {
                    in_vain.fetch_add(1, Ordering::Relaxed);
                }
                if line == 100 {
                    known.store(100, Ordering::Relaxed);
                }
            };
            for entry in &mut log {
                entry.meanwhile = &read_on;
            }
            // On one thread, so that no line is under way when line 100 is read.
            let found = outcome(read(&run, 1, &log));
            assert!(
                found == Some(100),
                "line 100 is no request, but report says {}",
                said(found)
            );
            let lines = in_vain.into_inner();
            assert!(
                lines == 0,
                "line 100 was known to be malformed, and {lines} lines behind it were still read"
            );
        });
    }
}

/// Whose panic comes out.
mod stretch {
    use super::*;

    #[test]
    fn a_panic_keeps_its_own_words() {
        instruments::test(|run| {
            for torn in [0, 600, 1023] {
                let words = torn_at(&run, torn, || instruments::panic_on_purpose(TORN));
                let words = words.map(|lines| format!("a summary of {lines} lines"));
                let words = words.map_err(|payload| message(payload.as_ref()));
                assert!(
                    words == Err(TORN.to_owned()),
                    "add panicked at line {torn} with {TORN:?}, but what came out is {words:?}"
                );
            }
        });
    }

    #[test]
    fn a_panic_that_is_no_text_comes_out_too() {
        instruments::test(|run| {
            for torn in [0, 600, 1023] {
                let ended = torn_at(&run, torn, || panic::resume_unwind(Box::new(Torn(torn))));
                let payload = ended.err();
                let payload = payload.as_ref().and_then(|it| it.downcast_ref::<Torn>());
                assert!(
                    payload == Some(&Torn(torn)),
                    "add panicked at line {torn} with `Torn({torn})`, but something else came out"
                );
            }
        });
    }

    /// A payload that is no text.
    #[derive(Debug, PartialEq, Eq)]
    struct Torn(usize);

    /// Summarises a log of which one line is torn.
    fn torn_at(run: &Run, torn: usize, tear: impl Fn() + Sync) -> thread::Result<usize> {
        run.watched("summarise", never_returned("summarise", 2), || {
            panic::catch_unwind(AssertUnwindSafe(|| {
                let log = Log::new(1024);
                let tear = |line| {
                    if line == torn {
                        tear();
                    }
                };
                pool(2).install(|| log.seen(&tear)).lines.len()
            }))
        })
    }
}

/// What an `add` of the tests panics with.
const TORN: &str = "this line is torn";

/// A pool of rayon's. Its threads have no names: so they are counted among the test's.
fn pool(threads: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("the system has room for the pool's threads")
}

/// Calls `work` in a pool of so many threads. It should not panic.
#[track_caller]
fn in_pool<R: Send>(run: &Run, threads: usize, what: &str, work: impl FnOnce() -> R + Send) -> R {
    let ended = run.watched(what, never_returned(what, threads), || {
        told(panic::catch_unwind(AssertUnwindSafe(|| {
            pool(threads).install(work)
        })))
    });
    ended.unwrap_or_else(|words| {
        panic!(
            "{what} panicked with {words:?}, in a pool of {}",
            so_many(threads)
        )
    })
}

/// What a panic has to say, if it was one.
fn told<R>(ended: thread::Result<R>) -> Result<R, String> {
    ended.map_err(|payload| message(payload.as_ref()))
}

fn never_returned(what: &str, threads: usize) -> String {
    format!("{what} never returned, in a pool of {}", so_many(threads))
}

fn so_many(threads: usize) -> String {
    match threads {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    }
}

/// Waits until the pool's other thread finds nothing more to do. A job that is spawned by one who
/// then waits is the last that the other comes to: rayon's threads take over the oldest first.
fn until_the_others_run_dry(run: &Run) {
    let dry = run.count(|_| {
        "a line is held back, and nobody works on the rest of the log meanwhile".to_owned()
    });
    rayon::spawn({
        let dry = dry.clone();
        move || dry.add()
    });
    dry.wait_for(1);
}

/// Tells a thread's first line from its others.
#[derive(Default)]
struct FirstLines {
    met: Mutex<HashSet<ThreadId>>,
}

impl FirstLines {
    fn is_first(&self) -> bool {
        let thread = thread::current().id();
        self.met.lock().expect("nobody panics here").insert(thread)
    }
}

/// Lets each of four threads wait with its first line until all four have one.
struct AllAtOnce {
    run: Run,
    all: Rendezvous,
    met: FirstLines,
}

impl AllAtOnce {
    fn new(run: &Run, unmet: &'static str) -> Self {
        Self {
            run: run.clone(),
            all: run.rendezvous(4, move |inside| unmet.replace("{}", &inside.to_string())),
            met: FirstLines::default(),
        }
    }

    fn arrive(&self, line: usize) {
        if self.met.is_first() {
            self.run.job(format!("line {line}"), || self.all.arrive())();
        }
    }
}

/// A log of numbered lines that nobody can clone, so that they have to stay where they are.
struct Log {
    lines: Vec<usize>,
}

/// A line while the log is being boiled down.
struct Line<'a> {
    number: usize,
    meanwhile: &'a (dyn Fn(usize) + Sync),
}

/// The numbers of all lines that were taken in, in their order.
#[derive(Default)]
struct Seen {
    lines: Vec<usize>,
}

impl Summary<Line<'_>> for Seen {
    fn add(&mut self, line: &Line) {
        (line.meanwhile)(line.number);
        self.lines.push(line.number);
    }

    fn merge(&mut self, later: Self) {
        self.lines.extend(later.lines);
    }
}

impl Log {
    fn new(lines: usize) -> Self {
        Self {
            lines: (0..lines).collect(),
        }
    }

    #[track_caller]
    fn summarise(&self, run: &Run, threads: usize) -> Vec<usize> {
        self.summarise_and(run, threads, |_| ())
    }

    /// Calls `meanwhile` while a line is taken in, with its number.
    #[track_caller]
    fn summarise_and(
        &self,
        run: &Run,
        threads: usize,
        meanwhile: impl Fn(usize) + Sync,
    ) -> Vec<usize> {
        let what = format!("summarise of {} lines", self.lines.len());
        in_pool(run, threads, &what, || self.seen(&meanwhile)).lines
    }

    fn seen(&self, meanwhile: &(dyn Fn(usize) + Sync)) -> Seen {
        let line = |&number| Line { number, meanwhile };
        let lines: Vec<Line> = self.lines.iter().map(line).collect();
        summarise(&lines)
    }
}

/// A line of text that says when it is read.
struct Entry<'a> {
    number: usize,
    text: String,
    meanwhile: &'a (dyn Fn(usize) + Sync),
}

impl Entry<'_> {
    fn new(number: usize, text: String) -> Self {
        Self {
            number,
            text,
            meanwhile: &|_| (),
        }
    }
}

impl AsRef<str> for Entry<'_> {
    fn as_ref(&self) -> &str {
        (self.meanwhile)(self.number);
        &self.text
    }
}

/// Requests that came well, but for the malformed ones.
fn entries<'a>(lines: usize, malformed: &[usize]) -> Vec<Entry<'a>> {
    let text = |line| {
        let took = if malformed.contains(&line) {
            "ms"
        } else {
            "12"
        };
        format!("200 {took} /stops/market")
    };
    (0..lines)
        .map(|line| Entry::new(line, text(line)))
        .collect()
}

#[track_caller]
fn read(run: &Run, threads: usize, log: &[Entry]) -> Result<Report, Malformed> {
    let what = format!("report on {} lines", log.len());
    in_pool(run, threads, &what, || report(log))
}

/// Which line was said to be malformed.
fn outcome(found: Result<Report, Malformed>) -> Option<usize> {
    found.err().map(|malformed| malformed.line)
}

fn said(found: Option<usize>) -> String {
    match found {
        Some(line) => format!("that line {line} is none"),
        None => "that all are requests".to_owned(),
    }
}

#[track_caller]
fn says(what: &str, said: impl fmt::Display, expected: impl fmt::Display) {
    let (said, expected) = (said.to_string(), expected.to_string());
    assert!(
        said == expected,
        "{what}: the report says {said}, but it is {expected}"
    );
}

/// Rounded to microseconds, which is as exact as a report has to be.
fn shown(time: Option<Duration>) -> String {
    let Some(time) = time else {
        return "none".to_owned();
    };
    let micros = (time + Duration::from_nanos(500)).as_micros();
    let micros = u64::try_from(micros).expect("it is no eternity");
    format!("{:?}", Duration::from_micros(micros))
}

/// All logs of up to five requests that came well or did not. No two answers took the same time.
fn logs() -> impl Iterator<Item = Vec<Request>> {
    const TOOK: [u64; 5] = [20, 70, 10, 50, 30];
    (0..=5).flat_map(|lines| {
        (0..1_usize << lines).map(move |failed| {
            let request = |line: usize| Request {
                status: if failed >> line & 1 == 1 { 503 } else { 200 },
                took: Duration::from_millis(TOOK[line]),
            };
            (0..lines).map(request).collect()
        })
    })
}

/// A way to put a log together from parts.
#[derive(Clone)]
enum Parts {
    /// Added one by one.
    Run(Range<usize>),
    Merged(Box<Parts>, Box<Parts>),
    /// Some more added behind what was there.
    Extended(Box<Parts>, Range<usize>),
}

impl Parts {
    /// All ways to put the lines together from parts.
    fn of(lines: Range<usize>) -> Vec<Self> {
        let mut ways = vec![Self::Run(lines.clone())];
        for seam in lines.start + 1..lines.end {
            for left in Self::of(lines.start..seam) {
                for right in Self::of(seam..lines.end) {
                    ways.push(Self::Merged(Box::new(left.clone()), Box::new(right)));
                }
            }
        }
        ways
    }

    /// The lines with an empty part before, behind and between them.
    fn beside_nothing(lines: &Range<usize>) -> Vec<Self> {
        let part = |range| Box::new(Self::Run(range));
        let merged = |left, right| Self::Merged(Box::new(left), Box::new(right));
        let seams = lines.start..=lines.end;
        let three = seams.flat_map(|seam| {
            let (left, right) = (lines.start..seam, seam..lines.end);
            let behind = Self::Merged(part(left.clone()), part(seam..seam));
            let before = Self::Merged(part(seam..seam), part(right.clone()));
            [
                merged(behind, Self::Run(right)),
                merged(Self::Run(left), before),
            ]
        });
        three.collect()
    }

    /// Some lines in parts, and the rest added one by one behind them.
    fn extended(lines: &Range<usize>) -> Vec<Self> {
        let seams = lines.start..lines.end;
        let all = seams.flat_map(|seam| {
            let rest = seam..lines.end;
            let parts = Self::of(lines.start..seam).into_iter();
            parts.map(move |parts| Self::Extended(Box::new(parts), rest.clone()))
        });
        all.collect()
    }

    fn report(&self, log: &[Request]) -> Report {
        match self {
            Self::Run(lines) => added(Report::default(), &log[lines.clone()]),
            Self::Extended(parts, lines) => added(parts.report(log), &log[lines.clone()]),
            Self::Merged(earlier, later) => {
                let mut report = earlier.report(log);
                Summary::<Request>::merge(&mut report, later.report(log));
                report
            }
        }
    }

    /// What it looks like: `(200 503) + (503)`.
    fn show(&self, log: &[Request]) -> String {
        match self {
            Self::Run(lines) if lines.is_empty() => "no requests".to_owned(),
            Self::Run(lines) => format!("({})", listed(&log[lines.clone()])),
            Self::Extended(parts, lines) => {
                let lines = listed(&log[lines.clone()]);
                format!("({}, then {lines})", parts.show(log))
            }
            Self::Merged(earlier, later) => {
                format!("({} + {})", earlier.show(log), later.show(log))
            }
        }
    }
}

fn added(mut report: Report, log: &[Request]) -> Report {
    for request in log {
        Summary::<Request>::add(&mut report, request);
    }
    report
}

/// `200 20, 503 70`: times in milliseconds, unless they are long or broken.
fn listed(log: &[Request]) -> String {
    let lines = log.iter().map(|Request { status, took }| {
        let millis = took.as_millis();
        let is_short = millis < 1000 && took.subsec_nanos() % 1_000_000 == 0;
        if is_short {
            format!("{status} {millis}")
        } else {
            format!("{status} {took:?}")
        }
    });
    lines.collect::<Vec<String>>().join(", ")
}

/// Compares what a report says with what it should, for all ways to split the log.
#[track_caller]
fn same_however_split(log: &[Request], what: &str, said: impl Fn(&Report) -> String) {
    let expected = expected(log, what);
    let all = 0..log.len();
    for parts in Parts::of(all.clone())
        .into_iter()
        .chain(Parts::beside_nothing(&all))
        .chain(Parts::extended(&all))
    {
        let said = told(panic::catch_unwind(AssertUnwindSafe(|| {
            said(&parts.report(log))
        })));
        let said = said.unwrap_or_else(|words| {
            panic!(
                "{}: the report should say {what} {expected}, but panicked with {words:?}",
                parts.show(log)
            )
        });
        assert!(
            said == expected,
            "{}: the report says {what} {said}, but it is {expected}",
            parts.show(log)
        );
    }
}

fn expected(log: &[Request], what: &str) -> String {
    let lines = u32::try_from(log.len()).expect("it is short");
    match what {
        "requests" => lines.to_string(),
        "slowest" => shown(log.iter().map(|request| request.took).max()),
        "mean" => {
            let total: Duration = log.iter().map(|request| request.took).sum();
            shown(total.checked_div(lines))
        }
        _ => log
            .split(|request| request.status == 200)
            .map(<[Request]>::len)
            .max()
            .unwrap_or_default()
            .to_string(),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("something that is no text").to_owned()
}
