//! What choosing the simplest plan means, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test start_simple core`.

use std::any::Any;
use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::Duration;

use exercises::start_simple::{Cost, Machine, Plan, SAMPLE, TooLate, choose, estimate, process};
use instruments::Run;
use instruments::gate::{Gate, Rendezvous};

/// Four cores, and a thread for a twentieth of a millisecond.
const MACHINE: Machine = Machine {
    cores: 4,
    thread: Duration::from_micros(50),
};

const fn with_cores(cores: u32) -> Machine {
    Machine { cores, ..MACHINE }
}

/// What a plan takes, and which one is enough.
mod core {
    use super::*;

    #[test]
    fn a_loop_takes_the_time_of_all_jobs() {
        instruments::test(|run| {
            takes(&run, Plan::Loop, 10, computes(5), ms(50));
            takes(&run, Plan::Loop, 10, waits(5), ms(50));
            takes(&run, Plan::Loop, 0, waits(5), ms(0));
            takes(&run, Plan::Loop, 3, computes_ns(5), ns(15));
        });
    }

    #[test]
    fn those_that_wait_need_no_core() {
        instruments::test(|run| {
            takes(&run, Plan::Threads(20), 20, waits(10), ms(10) + threads(20));
        });
    }

    #[test]
    fn those_that_compute_share_the_cores() {
        instruments::test(|run| {
            takes(
                &run,
                Plan::Threads(4),
                20,
                computes(10),
                ms(50) + threads(4),
            );
            takes(
                &run,
                Plan::Threads(20),
                20,
                computes(10),
                ms(50) + threads(20),
            );
        });
    }

    #[test]
    fn the_largest_share_decides() {
        instruments::test(|run| {
            takes(&run, Plan::Threads(4), 10, waits(10), ms(30) + threads(4));
            takes(&run, Plan::Threads(4), 5, computes(10), ms(20) + threads(4));
        });
    }

    #[test]
    fn every_thread_costs_its_start_though_it_has_no_job() {
        instruments::test(|run| {
            takes(&run, Plan::Threads(9), 3, waits(10), ms(10) + threads(9));
            takes(&run, Plan::Threads(4), 0, waits(10), threads(4));
        });
    }

    #[test]
    fn the_machine_says_how_many_cores_there_are() {
        instruments::test(|run| {
            for (cores, computing) in [(1, 200), (2, 100), (5, 40), (20, 10), (64, 10)] {
                let expected = ms(computing) + threads(20);
                let machine = with_cores(cores);
                takes_on(&run, machine, Plan::Threads(20), 20, computes(10), expected);
            }
            // A loop is the best that one core can do.
            let at_best = ms(200);
            chooses_on(
                &run,
                with_cores(1),
                20,
                computes(10),
                ms(199),
                Err(TooLate { at_best }),
            );
            chooses_on(
                &run,
                with_cores(64),
                20,
                computes(10),
                ms(12),
                Ok(Plan::Threads(20)),
            );
        });
    }

    #[test]
    fn the_machine_says_what_a_thread_costs() {
        instruments::test(|run| {
            let machine = Machine {
                cores: 4,
                thread: ms(3),
            };
            takes_on(&run, machine, Plan::Threads(5), 10, waits(10), ms(20 + 15));
            let at_best = ms(20 + 15);
            chooses_on(
                &run,
                machine,
                10,
                waits(10),
                ms(34),
                Err(TooLate { at_best }),
            );
            chooses_on(&run, machine, 10, waits(10), ms(48), Ok(Plan::Threads(4)));
        });
    }

    #[test]
    fn all_cores_together_share_even_nanoseconds() {
        instruments::test(|run| {
            let expected = ns(2_500) + threads(20);
            takes(&run, Plan::Threads(20), 1_000, computes_ns(10), expected);
        });
    }

    #[test]
    fn a_job_may_compute_and_wait() {
        instruments::test(|run| {
            let cost = Cost {
                computing: ms(2),
                waiting: ms(8),
            };
            takes(&run, Plan::Loop, 20, cost, ms(200));
            takes(&run, Plan::Threads(5), 20, cost, ms(40) + threads(5));
            takes(&run, Plan::Threads(20), 20, cost, ms(10) + threads(20));
            takes(&run, Plan::Threads(40), 40, cost, ms(20) + threads(40));
        });
    }

    #[test]
    fn a_loop_that_is_done_in_time_is_enough() {
        instruments::test(|run| {
            chooses(&run, 20, computes(10), ms(200), Ok(Plan::Loop));
            chooses(&run, 20, waits(10), ms(1_000), Ok(Plan::Loop));
            chooses(&run, 0, waits(10), ms(0), Ok(Plan::Loop));
        });
    }

    #[test]
    fn else_it_takes_as_few_threads_as_are_enough() {
        instruments::test(|run| {
            chooses(&run, 20, computes(10), ms(199), Ok(Plan::Threads(2)));
            chooses(&run, 20, computes(10), ms(60), Ok(Plan::Threads(4)));
            // To the nanosecond.
            let time = ms(50) + threads(4);
            chooses(&run, 20, computes(10), time, Ok(Plan::Threads(4)));
        });
    }

    #[test]
    fn waiting_may_want_more_threads_than_there_are_cores() {
        instruments::test(|run| {
            chooses(&run, 20, waits(10), ms(25), Ok(Plan::Threads(10)));
            chooses(&run, 1_000, waits(10), ms(47), Ok(Plan::Threads(334)));
            let at_best = ms(45);
            chooses(&run, 1_000, waits(10), ms(44), Err(TooLate { at_best }));
            chooses(&run, 1_000, waits(10), ms(1), Err(TooLate { at_best }));
            // A thread for each of a thousand, to the nanosecond.
            let time = ms(100) + threads(1_000);
            chooses(&run, 1_000, waits(100), time, Ok(Plan::Threads(1_000)));
        });
    }

    /// With four threads, one would have two of the five jobs.
    #[test]
    fn smaller_shares_may_want_more_threads_than_cores() {
        instruments::test(|run| {
            chooses(&run, 5, computes(10), ms(13), Ok(Plan::Threads(5)));
            let mostly_computes = Cost {
                computing: ms(6),
                waiting: ms(4),
            };
            chooses(&run, 20, mostly_computes, ms(31), Ok(Plan::Threads(7)));
            let half = Cost {
                computing: ms(1),
                waiting: ms(1),
            };
            let two = with_cores(2);
            chooses_on(&run, two, 5, half, ms(3), Ok(Plan::Threads(5)));
        });
    }

    #[test]
    fn jobs_that_cost_nothing_are_done_in_no_time() {
        instruments::test(|run| {
            takes(&run, Plan::Loop, 5, waits(0), ms(0));
            chooses(&run, 5, waits(0), ms(0), Ok(Plan::Loop));
        });
    }

    #[test]
    fn long_jobs_are_counted_to_the_nanosecond() {
        instruments::test(|run| {
            let cost = Cost {
                computing: Duration::ZERO,
                waiting: Duration::new(1_000_000_000, 1),
            };
            let expected = Duration::new(3_000_000_000, 3);
            takes(&run, Plan::Loop, 3, cost, expected);
        });
    }

    #[test]
    fn more_threads_than_cores_compute_no_faster() {
        instruments::test(|run| {
            let at_best = ms(50) + threads(4);
            let words = TooLate { at_best }.to_string();
            assert!(
                words == "no plan is done in time; the best takes 50.2ms",
                "whoever reads the error reads {words:?}"
            );
            chooses(&run, 20, computes(10), ms(49), Err(TooLate { at_best }));
        });
    }

    #[test]
    fn a_thread_may_cost_more_than_it_gains() {
        instruments::test(|run| {
            let cost = Cost {
                computing: Duration::from_micros(2),
                waiting: Duration::ZERO,
            };
            // Two milliseconds in a loop.
            chooses(&run, 1_000, cost, ms(1), Ok(Plan::Threads(3)));
            let at_best = Duration::from_micros(500) + threads(4);
            chooses(&run, 1_000, cost, ms(0), Err(TooLate { at_best }));
            // 20 microseconds in a loop: no thread is that cheap.
            let at_best = Duration::from_micros(20);
            chooses(&run, 10, cost, ms(0), Err(TooLate { at_best }));
        });
    }

    #[test]
    fn there_are_never_more_threads_than_jobs() {
        instruments::test(|run| {
            chooses(&run, 3, waits(10), ms(11), Ok(Plan::Threads(3)));
            let at_best = ms(10) + threads(3);
            chooses(&run, 3, waits(10), ms(9), Err(TooLate { at_best }));
            let at_best = ms(10);
            chooses(&run, 1, waits(10), ms(9), Err(TooLate { at_best }));
        });
    }
}

/// What makes it this pattern: it measures first, and does no more than it must.
mod pattern {
    use super::*;

    #[test]
    fn every_invoice_is_made_once_and_in_order() {
        instruments::test(|run| {
            for time in [ms(1_000), ms(80)] {
                Month::new(&run, 12, waits(10)).done(time);
            }
        });
    }

    #[test]
    fn a_loop_starts_no_thread() {
        instruments::test(|run| {
            run.at_most_workers(1, "the loop was in time");
            let month = Month::new(&run, 20, computes(10)).done(ms(200));
            month.ran_on_the_callers_thread();
        });
    }

    #[test]
    fn those_that_wait_do_so_at_once() {
        instruments::test(|run| {
            // 30 ms are gone, 25 are left for 16 invoices: two for each thread.
            Month::new(&run, SAMPLE + 16, waits(10))
                .at_once(&run, 8)
                .done(ms(55))
                .shared_by(8);
        });
    }

    #[test]
    fn those_that_compute_have_a_thread_for_each_core() {
        instruments::test(|run| {
            Month::new(&run, SAMPLE + 8, computes(10))
                .at_once(&run, 4)
                .done(ms(55))
                .shared_by(4);
        });
    }

    #[test]
    fn the_average_of_the_sample_counts() {
        instruments::test(|run| {
            // 20 ms on average, and so 200 for the rest; 60 are gone.
            let costs = [waits(10), waits(10), waits(40)];
            Month::new(&run, SAMPLE + 10, waits(20))
                .sampled(costs)
                .at_once(&run, 2)
                .done(ms(60 + 150))
                .shared_by(2);
            let costs = [waits(40), waits(10), waits(10)];
            Month::new(&run, SAMPLE + 10, waits(20))
                .sampled(costs)
                .done(ms(60 + 250))
                .ran_on_the_callers_thread();
        });
    }

    #[test]
    fn the_average_computes_and_waits_as_the_sample_did() {
        instruments::test(|run| {
            // 10 ms of computing and 20 of waiting on average; 90 are gone.
            let costs = [computes(30), waits(30), waits(30)];
            let month = || Month::new(&run, SAMPLE + 12, waits(30)).sampled(costs);
            month().at_once(&run, 12).done(ms(90 + 31)).shared_by(12);
            // One core computes for 120 ms, on however many threads.
            let at_best = ms(120) + threads(3);
            let month = month().on(with_cores(1));
            month.cannot_be_done(ms(90 + 100), TooLate { at_best });
        });
    }

    #[test]
    fn every_nanosecond_of_the_sample_counts() {
        instruments::test(|run| {
            let machine = Machine {
                cores: 4,
                thread: ns(10),
            };
            // 300 ns on average, and so 3000 for the rest; 900 are gone.
            let costs = [waits_ns(100), waits_ns(200), waits_ns(600)];
            let month = || {
                Month::new(&run, SAMPLE + 10, waits_ns(300))
                    .on(machine)
                    .sampled(costs)
            };
            month().done(ns(900 + 3_000)).ran_on_the_callers_thread();
            month().at_once(&run, 2).done(ns(900 + 2_999)).shared_by(2);
        });
    }

    #[test]
    fn the_invoices_are_in_order_though_the_last_comes_first() {
        instruments::test(|run| {
            Month::new(&run, SAMPLE + 10, waits(10))
                .hold_the_first_until_the_last()
                .done(ms(30 + 55));
        });
    }

    #[test]
    fn what_the_sample_took_is_gone() {
        instruments::test(|run| {
            // 100 ms for the rest, and of 110 there are only 80 left.
            Month::new(&run, SAMPLE + 10, waits(10))
                .at_once(&run, 2)
                .done(ms(110))
                .shared_by(2);
        });
    }

    /// The sample was quicker than the rest: the plan was chosen in good faith, and is carried out.
    #[test]
    fn a_plan_that_takes_longer_than_expected_is_no_error() {
        instruments::test(|run| {
            Month::new(&run, SAMPLE + 10, waits(30))
                .sampled([waits(10); SAMPLE])
                .done(ms(130))
                .ran_on_the_callers_thread();
        });
    }

    #[test]
    fn invoices_that_cost_nothing_are_made_in_no_time() {
        instruments::test(|run| {
            Month::new(&run, SAMPLE + 1, waits(0))
                .done(ms(0))
                .ran_on_the_callers_thread();
        });
    }

    #[test]
    fn too_late_is_said_before_more_is_begun() {
        instruments::test(|run| {
            run.never("invoice 3", "it was too late already");
            let at_best = ms(20) + threads(4);
            Month::new(&run, SAMPLE + 8, computes(10)).cannot_be_done(ms(45), TooLate { at_best });
            // The sample alone takes longer than there is time.
            let at_best = ms(10);
            Month::new(&run, SAMPLE + 1, waits(10)).cannot_be_done(ms(20), TooLate { at_best });
        });
    }

    #[test]
    fn a_month_that_is_all_sample_leaves_nothing_to_choose() {
        instruments::test(|run| {
            for invoices in 0..=SAMPLE {
                Month::new(&run, invoices, waits(10))
                    .done(ms(0))
                    .ran_on_the_callers_thread();
            }
        });
    }
}

/// Jobs too many for a `u32`.
mod stretch {
    use super::*;

    #[test]
    fn there_may_be_more_jobs_than_fit_into_a_u32() {
        instruments::test(|run| {
            let cost = Cost {
                computing: Duration::from_nanos(100),
                waiting: Duration::from_nanos(300),
            };
            let jobs = 5_000_000_000;
            takes(&run, Plan::Loop, jobs, cost, Duration::from_secs(2_000));
            let time = Duration::from_secs(500);
            takes(&run, Plan::Threads(4), jobs, cost, time + threads(4));
            chooses(
                &run,
                jobs,
                cost,
                Duration::from_secs(700),
                Ok(Plan::Threads(3)),
            );
            let many = 5_000_000_000;
            let time = ms(10) + MACHINE.thread * 1_000_000 * 5_000;
            takes(&run, Plan::Threads(many), many, waits(10), time);
        });
    }

    #[test]
    fn all_jobs_may_take_more_nanoseconds_than_fit_into_a_u64() {
        instruments::test(|run| {
            let (jobs, time) = (5_000_000_000, Duration::from_secs(50_000_000_000));
            takes(&run, Plan::Loop, jobs, waits(10_000), time);
            takes(&run, Plan::Loop, jobs, computes(10_000), time);
        });
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const fn ns(nanoseconds: u64) -> Duration {
    Duration::from_nanos(nanoseconds)
}

const fn computes(milliseconds: u64) -> Cost {
    computes_ns(milliseconds * 1_000_000)
}

const fn computes_ns(nanoseconds: u64) -> Cost {
    Cost {
        computing: ns(nanoseconds),
        waiting: Duration::ZERO,
    }
}

const fn waits(milliseconds: u64) -> Cost {
    waits_ns(milliseconds * 1_000_000)
}

const fn waits_ns(nanoseconds: u64) -> Cost {
    Cost {
        computing: Duration::ZERO,
        waiting: ns(nanoseconds),
    }
}

/// What it costs to start so many threads.
fn threads(threads: u32) -> Duration {
    MACHINE.thread * threads
}

#[track_caller]
fn takes(run: &Run, plan: Plan, jobs: usize, cost: Cost, expected: Duration) {
    takes_on(run, MACHINE, plan, jobs, cost, expected);
}

#[track_caller]
fn takes_on(run: &Run, machine: Machine, plan: Plan, jobs: usize, cost: Cost, expected: Duration) {
    let (jobs_in_words, plan_in_words) = (many(jobs, cost), on(plan, machine));
    let call = || estimate(plan, jobs, cost, machine);
    match caught(|| run.call("estimate", call)) {
        Ok(estimated) => assert!(
            estimated == expected,
            "{jobs_in_words} take {expected:?} {plan_in_words}, but estimate says {estimated:?}"
        ),
        Err(words) => panic!(
            "{jobs_in_words} take {expected:?} {plan_in_words}, but estimate panics: {words}"
        ),
    }
}

#[track_caller]
fn chooses(run: &Run, jobs: usize, cost: Cost, time: Duration, expected: Result<Plan, TooLate>) {
    chooses_on(run, MACHINE, jobs, cost, time, expected);
}

#[track_caller]
fn chooses_on(
    run: &Run,
    machine: Machine,
    jobs: usize,
    cost: Cost,
    time: Duration,
    expected: Result<Plan, TooLate>,
) {
    let asked = format!("{} in {time:?} on {}", many(jobs, cost), cores(machine));
    let call = || choose(jobs, cost, machine, time);
    match caught(|| run.call("choose", call)) {
        Ok(chosen) => assert!(
            chosen == expected,
            "{asked}: choose should say {}, but it says {}",
            in_words(expected),
            in_words(chosen)
        ),
        Err(words) => panic!(
            "{asked}: choose should say {}, but it panics: {words}",
            in_words(expected)
        ),
    }
}

/// What `call` panics with, unless it says that the exercise has not been begun.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        let words = message(payload.as_ref());
        if words.starts_with("not yet implemented") {
            panic::resume_unwind(payload);
        }
        words
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("something that is no text").to_owned()
}

fn many(jobs: usize, cost: Cost) -> String {
    let Cost { computing, waiting } = cost;
    let jobs = match jobs {
        1 => "1 job".to_owned(),
        jobs => format!("{jobs} jobs"),
    };
    match (computing.is_zero(), waiting.is_zero()) {
        (_, true) => format!("{jobs} that compute for {computing:?}"),
        (true, _) => format!("{jobs} that wait for {waiting:?}"),
        _ => format!("{jobs} that compute for {computing:?} and wait for {waiting:?}"),
    }
}

fn on(plan: Plan, machine: Machine) -> String {
    match plan {
        Plan::Loop => "in a loop".to_owned(),
        Plan::Threads(threads) => format!("on {threads} threads and {}", cores(machine)),
    }
}

fn cores(Machine { cores, thread }: Machine) -> String {
    let many = match cores {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    if thread == MACHINE.thread {
        many
    } else {
        format!("{many}, where a thread costs {thread:?}")
    }
}

fn in_words(chosen: Result<Plan, TooLate>) -> String {
    match chosen {
        Ok(Plan::Loop) => "a loop".to_owned(),
        Ok(Plan::Threads(threads)) => format!("{threads} threads"),
        Err(TooLate { at_best }) => format!("that the best plan takes {at_best:?}"),
    }
}

fn often(times: usize) -> String {
    match times {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

/// A month's invoices. What is made of them is recorded, with the threads that did it.
struct Month {
    run: Run,
    machine: Machine,
    costs: Vec<Cost>,
    /// Those beyond the sample are to be made so many at once.
    together: Option<Rendezvous>,
    /// The first of them waits until the last is made.
    last: Option<Gate>,
    made: Mutex<Vec<(usize, ThreadId)>>,
}

impl Month {
    fn new(run: &Run, invoices: usize, cost: Cost) -> Self {
        Self {
            run: run.clone(),
            machine: MACHINE,
            costs: vec![cost; invoices],
            together: None,
            last: None,
            made: Mutex::default(),
        }
    }

    fn on(mut self, machine: Machine) -> Self {
        self.machine = machine;
        self
    }

    fn sampled(mut self, costs: [Cost; SAMPLE]) -> Self {
        self.costs[..SAMPLE].copy_from_slice(&costs);
        self
    }

    fn at_once(mut self, run: &Run, threads: usize) -> Self {
        run.at_most_at_once(threads, "more threads than were needed");
        let unmet = move |inside| {
            let work = if inside == 1 {
                "thread is"
            } else {
                "threads are"
            };
            format!("only {inside} {work} at work, but it takes {threads} to be in time")
        };
        self.together = Some(run.rendezvous(threads, unmet));
        self
    }

    fn hold_the_first_until_the_last(mut self) -> Self {
        self.last = Some(Gate::new());
        self
    }

    /// What `process` returns, or the words that it panics with.
    fn process(&self, time: Duration) -> Result<Result<Vec<usize>, TooLate>, String> {
        let invoices: Vec<usize> = (0..self.costs.len()).collect();
        let work = |invoice: &usize| {
            let invoice = *invoice;
            let make = self.run.job(format!("invoice {invoice}"), || {
                if let Some(together) = self.together.as_ref().filter(|_| invoice >= SAMPLE) {
                    together.arrive();
                }
            });
            make();
            self.made
                .lock()
                .expect("nobody panics with the lock held")
                .push((invoice, thread::current().id()));
            match &self.last {
                Some(last) if invoice == SAMPLE => last.wait(),
                Some(last) if invoice + 1 == self.costs.len() => last.open(),
                _ => {}
            }
            (invoice, self.costs[invoice])
        };
        let call = || process(&invoices, time, self.machine, work);
        caught(|| self.run.call("process", call))
    }

    /// All invoices are made in `time`, once each, and handed back in order.
    #[track_caller]
    fn done(self, time: Duration) -> Self {
        let invoices = self.costs.len();
        match self.process(time) {
            Err(words) => {
                panic!("{invoices} invoices can be made in {time:?}, but process panics: {words}")
            }
            Ok(Err(TooLate { at_best })) => panic!(
                "{invoices} invoices can be made in {time:?}, but process says that the best plan \
                 takes {at_best:?}"
            ),
            Ok(Ok(made)) => {
                self.were_made(invoices);
                assert!(
                    made.iter().copied().eq(0..invoices),
                    "process made invoices 0 to {}, but returned {made:?}",
                    invoices - 1
                );
            }
        }
        self
    }

    #[track_caller]
    fn cannot_be_done(self, time: Duration, expected: TooLate) {
        let invoices = self.costs.len();
        let answer = self.process(time);
        let answer = answer.unwrap_or_else(|words| {
            panic!(
                "{invoices} invoices cannot be made in {time:?}, but process panics instead of \
                 saying so: {words}"
            )
        });
        self.were_made(SAMPLE);
        match answer {
            Ok(_) => panic!("{invoices} invoices cannot be made in {time:?}, but process says Ok"),
            Err(said) => assert!(
                said == expected,
                "after the sample, the best plan for the rest takes {:?}, but process says {:?}",
                expected.at_best,
                said.at_best
            ),
        }
    }

    /// The first so many were made, once each, and no others.
    #[track_caller]
    fn were_made(&self, wanted: usize) {
        let made = self.made.lock().expect("nobody panics with the lock held");
        for invoice in 0..self.costs.len() {
            let times = made.iter().filter(|(other, _)| *other == invoice).count();
            let expected = usize::from(invoice < wanted);
            assert!(
                times == expected,
                "invoice {invoice} should have been made {}, but was made {}",
                often(expected),
                often(times)
            );
        }
    }

    #[track_caller]
    fn ran_on_the_callers_thread(&self) {
        let made = self.made.lock().expect("nobody panics with the lock held");
        let here = thread::current().id();
        let elsewhere = made.iter().filter(|(_, thread)| *thread != here).count();
        assert!(
            elsewhere == 0,
            "a loop was in time, but {elsewhere} of {} invoices were made on threads of their own",
            made.len()
        );
    }

    #[track_caller]
    fn shared_by(&self, wanted: usize) {
        let made = self.made.lock().expect("nobody panics with the lock held");
        let rest = made.iter().filter(|(invoice, _)| *invoice >= SAMPLE);
        let threads: HashSet<ThreadId> = rest.map(|(_, thread)| *thread).collect();
        let threads = threads.len();
        assert!(
            threads <= wanted,
            "{wanted} threads were enough, but process started {threads}"
        );
    }
}
