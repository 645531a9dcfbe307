//! What a pipeline must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns another mark. One rung alone:
//! `cargo test -p exercises --test pipeline core`.

use std::any::Any;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use exercises::pipeline::Pipeline;
use instruments::canary::{Cage, Canary};
use instruments::gate::{Count, Gate};
use instruments::recorder::Stage;
use instruments::{PROBE, Run};

use Part::{Enrich, Parse, Source, Write};

/// Every row in its order, and all parts at work at once.
mod core {
    use super::*;

    #[test]
    fn every_row_comes_out_in_order() {
        instruments::test(|run| {
            let done = Import::new(&run, 20, 2).run();
            done.wrote_all(20);
        });
    }

    #[test]
    fn an_empty_source_ends_at_once() {
        instruments::test(|run| {
            let done = Import::new(&run, 0, 2).run();
            done.wrote_all(0);
        });
    }

    #[test]
    fn the_source_can_feed_the_sink_without_a_stage() {
        instruments::test(|run| {
            let mut written = Vec::new();
            let pipeline = Pipeline::new(0..5, 1);
            let result = run.call("run", || {
                pipeline.run(|n| {
                    written.push(n);
                    ControlFlow::Continue(())
                })
            });
            assert!(
                result.is_ok(),
                "nothing panicked, but run returned an error"
            );
            assert!(
                written == [0, 1, 2, 3, 4],
                "the source handed out 0 to 4, but {written:?} came out"
            );
        });
    }

    #[test]
    fn the_first_row_comes_out_before_the_last_goes_in() {
        instruments::test(|run| {
            let written = run.count(|_| {
                "the source waits with its last row until the first is written, but no row comes \
                 out: somebody collects them"
                    .to_owned()
            });
            let import = Import::new(&run, 12, 1).meanwhile(move |part, row| match (part, row) {
                (Source, 11) => written.wait_for(1),
                (Write, 0) => written.add(),
                _ => {}
            });
            import.run().wrote_all(12);
        });
    }

    #[test]
    fn source_stages_and_sink_work_at_once() {
        instruments::test(|run| {
            // Opens when each holds a row.
            let all = run.rendezvous(4, |inside| {
                format!("only {inside} of source, parse, enrich and write worked at once")
            });
            let import = Import::new(&run, 6, 1).meanwhile(move |part, row| {
                if matches!(
                    (part, row),
                    (Source, 3) | (Parse, 2) | (Enrich, 1) | (Write, 0)
                ) {
                    all.arrive();
                }
            });
            import.run().wrote_all(6);
        });
    }

    #[test]
    fn thirty_stages_work_at_once() {
        instruments::test(|run| {
            let all = run.rendezvous(30, |inside| {
                format!("only {inside} of 30 stages worked at once")
            });
            let mut pipeline = Pipeline::new(0..30_usize, 1);
            for stage in 0..30 {
                let all = all.clone();
                pipeline = pipeline.stage(move |row| {
                    // The first row is with the last stage when the last row is with the first.
                    if row == 29 - stage {
                        all.arrive();
                    }
                    row
                });
            }
            let mut written = Vec::new();
            let never = "run never returned, though the source has no more than 30 rows";
            let result = run.watched("run", never.to_owned(), || {
                pipeline.run(|row| {
                    written.push(row);
                    ControlFlow::Continue(())
                })
            });
            assert!(
                result.is_ok(),
                "nothing panicked, but run returned an error"
            );
            assert!(
                written.iter().copied().eq(0..30),
                "30 rows should come out in order, but these did: {written:?}"
            );
        });
    }

    #[test]
    fn each_part_has_one_thread_for_all_rows() {
        instruments::test(|run| {
            let threads: Arc<Mutex<HashMap<Part, Vec<ThreadId>>>> = Arc::default();
            let import = Import::new(&run, 10, 1).meanwhile({
                let threads = Arc::clone(&threads);
                move |part, _| {
                    let mut threads = threads.lock().expect("no thread panics here");
                    let ids = threads.entry(part).or_default();
                    let id = thread::current().id();
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
            });
            import.run().wrote_all(10);
            let threads = threads.lock().expect("no thread panics here");
            for part in [Source, Parse, Enrich] {
                let count = threads[&part].len();
                assert!(
                    count == 1,
                    "{} used {count} threads for 10 rows, but has one thread of its own",
                    part.name()
                );
            }
            assert!(
                threads[&Write] == [thread::current().id()],
                "the sink ran on another thread than the caller's"
            );
        });
    }

    /// The twin of `tests/ui/pipeline/stage_not_send.rs`: `Arc` instead of `Rc`.
    #[test]
    fn a_stage_may_own_an_arc() {
        instruments::test(|run| {
            let catalogue = Arc::new(["pencil"]);
            let pipeline = Pipeline::new(["pencil", "brush"].into_iter(), 1)
                .stage(move |name: &str| catalogue.contains(&name));
            let mut known = Vec::new();
            let result = run.call("run", || {
                pipeline.run(|is_known| {
                    known.push(is_known);
                    ControlFlow::Continue(())
                })
            });
            assert!(
                result.is_ok(),
                "nothing panicked, but run returned an error"
            );
            assert!(
                known == [true, false],
                "one of two names is in the catalogue, but {known:?} came out"
            );
        });
    }
}

/// What makes it this pattern: backpressure upstream, an orderly end from either side, and a panic that is
/// an error and an end.
mod pattern {
    #[cfg(target_os = "linux")]
    use std::sync::mpsc;

    #[cfg(target_os = "linux")]
    use instruments::idle;

    use super::*;

    #[test]
    fn a_stalled_sink_holds_the_source_back() {
        instruments::test(|run| {
            // Three queues with room for one, three hands before them, and the sink's.
            run.at_most_under_way(7, "no room for it");
            let held = Held::new(Write, 0);
            let running = Import::new(&run, 8, 1).hold(&held).start();
            held.inside.wait_for(1);
            running.handed_out.wait_for(4);
            let too_many = running.handed_out.reaches(8, PATIENCE);
            assert!(
                !too_many,
                "the source handed out 8 rows while the sink held the first, but there is room \
                 for 7: a row in each of 3 queues, one each with source, parse, enrich and sink"
            );
            held.gate.open();
            running.wait().wrote_all(8);
        });
    }

    #[test]
    fn a_slow_stage_holds_the_source_back() {
        instruments::test(|run| {
            run.at_most_under_way(5, "no room for it");
            let held = Held::new(Enrich, 0);
            let running = Import::new(&run, 6, 1).hold(&held).start();
            held.inside.wait_for(1);
            running.handed_out.wait_for(3);
            let too_many = running.handed_out.reaches(6, PROBE);
            assert!(
                !too_many,
                "the source handed out 6 rows while enrich held the first, but there is room for \
                 5: a row in each of 2 queues, one each with source, parse and enrich"
            );
            held.gate.open();
            running.wait().wrote_all(6);
        });
    }

    #[test]
    fn the_stages_wait_for_a_slow_source() {
        instruments::test(|run| {
            // The first row: the source comes so far even if a stage has given up by then.
            let held = Held::new(Source, 0);
            let running = Import::new(&run, 6, 1).hold(&held).start();
            held.inside.wait_for(1);
            running.returned.reaches(1, PATIENCE);
            held.gate.open();
            running.wait().wrote_all(6);
        });
    }

    #[test]
    fn the_queues_let_the_source_run_ahead() {
        instruments::test(|run| {
            run.at_most_under_way(13, "no room for it");
            let held = Held::new(Write, 0);
            let running = Import::new(&run, 16, 3).hold(&held).start();
            // The sink's row, and three in each of three queues.
            running.handed_out.wait_for(10);
            let too_many = running.handed_out.reaches(14, PROBE);
            assert!(
                !too_many,
                "the source handed out 14 rows while the sink held the first, but there is room for \
                 13: 3 rows in each of 3 queues, one each with source, parse, enrich and sink"
            );
            held.gate.open();
            running.wait().wrote_all(16);
        });
    }

    #[test]
    fn a_sink_that_hangs_up_ends_the_source() {
        instruments::test(|run| {
            run.never("row 7", "nobody wants it any more");
            let import = Import::new(&run, 10, 1).hang_up_after(0);
            let handed_out = import.handed_out.clone();
            let done = import
                .meanwhile({
                    let handed_out = handed_out.clone();
                    // Time to fill the queues: then every part waits for room when the sink hangs up.
                    move |part, _| {
                        if part == Write {
                            handed_out.reaches(7, PROBE);
                        }
                    }
                })
                .run();
            let handed_out = handed_out.get();
            assert!(
                handed_out <= 7,
                "the sink hung up after the first row, when there was room for 7, but the source \
                 went on to hand out {handed_out}"
            );
            done.wrote(1, "hung up");
        });
    }

    #[test]
    fn run_waits_for_a_source_that_is_still_at_work() {
        instruments::test(|run| run_waits_for(&run, Source, 3));
    }

    #[test]
    fn run_waits_for_stages_that_are_still_at_work() {
        instruments::test(|run| {
            run_waits_for(&run, Parse, 2);
            run_waits_for(&run, Enrich, 1);
        });
    }

    /// Holds a part at a row when the sink hangs up. The queues have no room, so that all others
    /// have had theirs taken from them or wait to be rid of it: each can end.
    fn run_waits_for(run: &Run, part: Part, row: usize) {
        run.none_open_at("run returns", "still at work");
        let held = Held::new(part, row);
        let inside = held.inside.clone();
        let import = Import::new(run, row + 1, 0).hang_up_after(0).hold(&held);
        let running = import
            .meanwhile(move |part, _| {
                if part == Write {
                    inside.wait_for(1);
                }
            })
            .start();
        held.inside.wait_for(1);
        let too_early = running.returned.reaches(1, PROBE);
        assert!(
            !too_early,
            "run returned while {} was still at work on row {row}",
            part.name()
        );
        held.gate.open();
        running.wait().wrote(1, "hung up");
    }

    #[test]
    fn source_stages_and_rows_are_dropped_when_run_returns() {
        instruments::test(|run| {
            let import = Import::new(&run, 14, 1).hang_up_after(2);
            let (alive, threads) = (import.alive.clone(), import.threads.clone());
            import.run().wrote(3, "hung up");
            let alive = alive.alive();
            assert!(
                alive == 0,
                "run returned, but {alive} of source, stages and their rows are still there"
            );
            run.until(
                "the threads' end",
                "run returned, but its threads never end".to_owned(),
                || threads.wait_until_empty(),
            );
        });
    }

    #[test]
    fn queues_without_room_hand_each_row_straight_over() {
        instruments::test(|run| {
            run.at_most_under_way(4, "no hand is free for it");
            let held = Held::new(Write, 0);
            let running = Import::new(&run, 7, 0).hold(&held).start();
            held.inside.wait_for(1);
            let too_many = running.handed_out.reaches(5, PROBE);
            assert!(
                !too_many,
                "the source handed out 5 rows while the sink held the first, but with room 0 only \
                 4 can be under way: one each with source, parse, enrich and sink"
            );
            held.gate.open();
            running.wait().wrote_all(7);
        });
    }

    #[test]
    fn a_pipeline_that_never_runs_leaves_nothing_behind() {
        instruments::test(|run| {
            let import = Import::new(&run, 14, 1);
            let (alive, threads) = (import.alive.clone(), import.threads.clone());
            drop(import.build());
            run.until(
                "the end of a pipeline that was dropped",
                "the pipeline was dropped without being run, but its source, stages or rows are \
                 still there"
                    .to_owned(),
                || {
                    alive.wait_until_empty();
                    threads.wait_until_empty();
                },
            );
        });
    }

    #[test]
    fn a_panic_in_a_stage_is_an_error_and_what_had_passed_arrives() {
        instruments::test(|run| a_panic_is_an_error(&run, Enrich, 3));
    }

    #[test]
    fn a_panic_in_the_source_is_an_error_and_what_had_passed_arrives() {
        instruments::test(|run| a_panic_is_an_error(&run, Source, 3));
    }

    /// The sink holds the first row until the part has panicked, and for a while after that. So the
    /// rows that had passed are still in the queues.
    fn a_panic_is_an_error(run: &Run, part: Part, row: usize) {
        let gone = Count::new();
        let import = Import::new(run, 8, 2).meanwhile(move |at, number| {
            if (at, number) == (part, row) {
                gone.add();
                instruments::panic_on_purpose("no such article");
            }
            if (at, number) == (Write, 0) {
                gone.wait_for(1);
                Count::new().reaches(1, PROBE);
            }
        });
        import.run().failed(part.name(), row);
    }

    #[test]
    fn run_waits_for_a_stage_although_the_source_panicked() {
        instruments::test(|run| {
            run.none_open_at("run returns", "still at work");
            let gone = Count::new();
            let held = Held::new(Enrich, 1);
            let inside = held.inside.clone();
            let import = Import::new(&run, 8, 0).hang_up_after(0).hold(&held);
            let running = import
                .meanwhile(move |part, row| match (part, row) {
                    (Source, 2) => {
                        gone.add();
                        instruments::panic_on_purpose("the file is torn");
                    }
                    (Write, 0) => {
                        inside.wait_for(1);
                        gone.wait_for(1);
                    }
                    _ => {}
                })
                .start();
            held.inside.wait_for(1);
            let too_early = running.returned.reaches(1, PROBE);
            assert!(
                !too_early,
                "the source panicked, and run returned while enrich was still at work on row 1"
            );
            held.gate.open();
            has_written(&running.wait().written, 1);
        });
    }

    #[test]
    fn a_panic_ends_the_source_too() {
        instruments::test(|run| {
            run.never("row 8", "nobody can take it any more");
            let import = Import::new(&run, 11, 1);
            let (handed_out, alive) = (import.handed_out.clone(), import.alive.clone());
            let done = import
                .meanwhile(|part, row| {
                    if (part, row) == (Enrich, 3) {
                        instruments::panic_on_purpose("no such article");
                    }
                })
                .run();
            let handed_out = handed_out.get();
            assert!(
                handed_out <= 8,
                "enrich panicked over row 3, when there was room for row 7, but the source went on \
                 to hand out {handed_out} rows"
            );
            let alive = alive.alive();
            assert!(
                alive == 0,
                "run returned, but {alive} of source, stages and their rows are still there"
            );
            done.failed("enrich", 3);
        });
    }

    #[test]
    fn no_row_is_lost_under_pressure() {
        instruments::test(|run| {
            let never = "run never returned: 300 small rows are in a hurry, and a part that should wake sleeps on";
            let mut written = Vec::new();
            let result = run.watched("run", never.to_owned(), || {
                Pipeline::new(0..300, 1)
                    .stage(|row: u32| row)
                    .stage(|row: u32| row)
                    .stage(|row: u32| row)
                    .run(|row| {
                        run.gets_on();
                        written.push(row);
                        ControlFlow::Continue(())
                    })
            });
            assert!(
                result.is_ok(),
                "nothing panicked, but run returned an error"
            );
            assert!(
                written.iter().copied().eq(0..300),
                "300 small rows went in, but {} came out, or not in order",
                written.len()
            );
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_part_that_waits_for_a_row_sleeps() {
        instruments::test(|run| sleep(&run, Source, 1, &[Enrich, Write], "a row"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_part_that_waits_for_room_sleeps() {
        instruments::test(|run| sleep(&run, Write, 0, &[Source, Parse], "room"));
    }

    /// Holds a part, so that all others come to wait.
    #[cfg(target_os = "linux")]
    #[track_caller]
    fn sleep(run: &Run, part: Part, row: usize, waiting: &'static [Part], what: &str) {
        let (here, threads) = mpsc::channel();
        let held = Held::new(part, row);
        let import = Import::new(run, 8, 0).meanwhile(move |part, row| {
            if row == 0 && waiting.contains(&part) {
                let _ = here.send((part, idle::Thread::here()));
            }
        });
        let running = import.hold(&held).start();
        held.inside.wait_for(1);
        for _ in waiting {
            let (part, thread) = run.watched("row 0", "row 0 never got through".to_owned(), || {
                threads.recv().expect("the import has not ended")
            });
            assert!(
                thread.sleeps_for(PROBE),
                "{} waits for {what}, and stays awake to look for it",
                part.name()
            );
        }
        held.gate.open();
        running.wait().wrote_all(8);
    }

    #[test]
    fn stages_that_do_not_fit_are_rejected() {
        instruments::must_not_compile!(
            "pipeline/stages_do_not_fit.rs",
            "`parse` makes a `u32`, and `enrich` takes a `String`",
            [
                ("E0631", "type mismatch in function arguments"),
                ("E0308", "mismatched types"),
                ("E0271", "type mismatch"),
                ("E0277", "trait bound"),
                ("E0277", "expected a")
            ]
        );
    }

    #[test]
    fn a_stage_that_is_not_send_is_rejected() {
        instruments::must_not_compile!(
            "pipeline/stage_not_send.rs",
            "the stage would take an `Rc` to another thread",
            [("E0277", "cannot be sent between threads")]
        );
    }

    #[test]
    fn an_item_that_is_not_send_is_rejected() {
        instruments::must_not_compile!(
            "pipeline/item_not_send.rs",
            "the stage would send an `Rc` to another thread",
            [
                ("E0277", "cannot be sent between threads"),
                ("E0599", "trait bounds were not satisfied")
            ]
        );
    }
}

/// The panics themselves.
mod stretch {
    use super::*;

    #[test]
    fn the_panic_itself_is_what_run_returns() {
        instruments::test(|run| {
            for (part, words) in [
                (Source, "the file is torn"),
                (Parse, "no price in line 3"),
                (Enrich, "no such article"),
            ] {
                let import = Import::new(&run, 6, 1).meanwhile(move |at, row| {
                    if (at, row) == (part, 3) {
                        instruments::panic_on_purpose(words);
                    }
                });
                import.run().panicked(part.name(), &[words], 3);
            }
        });
    }

    #[test]
    fn a_panic_that_is_no_text_comes_out_as_it_is() {
        instruments::test(|run| {
            let import = Import::new(&run, 6, 1).meanwhile(|part, row| {
                if (part, row) == (Parse, 3) {
                    panic::resume_unwind(Box::new(404_u32));
                }
            });
            let payload = import.run().failed("parse", 3);
            assert!(
                payload.downcast_ref() == Some(&404_u32),
                "parse panicked with the number 404, but run returned something else"
            );
        });
    }

    #[test]
    fn of_two_panics_one_is_what_run_returns() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |inside| {
                format!("only {inside} of source and enrich worked at once")
            });
            let import = Import::new(&run, 6, 1).meanwhile(move |part, row| {
                let words = match (part, row) {
                    (Source, 3) => "the file is torn",
                    (Enrich, 1) => "no such article",
                    _ => return,
                };
                both.arrive();
                instruments::panic_on_purpose(words);
            });
            let words = ["the file is torn", "no such article"];
            import.run().panicked("a part", &words, 1);
        });
    }
}

/// Time for a neighbour to lose its patience, were it to give up after a while.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who works on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Source,
    Parse,
    Enrich,
    Write,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Source => "source",
            Parse => "parse",
            Enrich => "enrich",
            Write => "write",
        }
    }
}

/// What happens while a part works on a row.
type Meanwhile = Arc<dyn Fn(Part, usize) + Send + Sync>;

/// A price list's way into the database: the source reads its lines, `parse` takes each apart,
/// `enrich` looks it up, and the sink writes it. Each has a lane of its own in the picture.
struct Import {
    run: Run,
    rows: usize,
    room: usize,
    last: Option<usize>,
    meanwhile: Vec<Meanwhile>,
    lanes: [Stage; 4],
    /// How many rows have left the source.
    handed_out: Count,
    /// Canaries of the source, of the stages, and of each row.
    alive: Cage,
    threads: Cage,
}

/// What has become of a row, from stage to stage: they differ, so that stages must fit.
struct Line(Row);
struct Parsed(Row);
struct Article(Row);

struct Row {
    number: usize,
    _canary: Canary,
}

impl Import {
    fn new(run: &Run, rows: usize, room: usize) -> Self {
        Self {
            run: run.clone(),
            rows,
            room,
            last: None,
            meanwhile: Vec::new(),
            lanes: [Source, Parse, Enrich, Write].map(|part| run.stage(part.name())),
            handed_out: run.count(move |rows| {
                format!(
                    "the source handed out {rows} rows and waits, though each queue has room for {room}"
                )
            }),
            alive: Cage::new(),
            threads: Cage::new(),
        }
    }

    /// Has the sink break after so many rows.
    fn hang_up_after(mut self, row: usize) -> Self {
        self.last = Some(row);
        self
    }

    fn meanwhile(mut self, happens: impl Fn(Part, usize) + Send + Sync + 'static) -> Self {
        self.meanwhile.push(Arc::new(happens));
        self
    }

    fn hold(self, held: &Held) -> Self {
        let held = held.clone();
        self.meanwhile(move |part, row| {
            if (part, row) == (held.part, held.row) {
                held.inside.add();
                held.gate.wait();
            }
        })
    }

    /// The pipeline under test, and its sink.
    fn build(self) -> (Pipeline<Article>, impl FnMut(Article) -> usize) {
        let [source, parse, enrich, write] = self.lanes;
        let meanwhile: Meanwhile = Arc::new(move |part, row| {
            for happens in &self.meanwhile {
                happens(part, row);
            }
        });
        let threads = self.threads;
        let works = |part: Part, lane: Stage, watched: bool| {
            let (meanwhile, threads) = (Arc::clone(&meanwhile), threads.clone());
            let mut is_new = watched;
            let canary = watched.then(|| self.alive.canary());
            move |row: usize| {
                let _lives_with_the_part = &canary;
                if std::mem::take(&mut is_new) {
                    threads.watch_this_thread();
                }
                let _span = lane.take(format!("row {row}"));
                meanwhile(part, row);
            }
        };
        let mut source = works(Source, source, true);
        let mut parse = works(Parse, parse, true);
        let mut enrich = works(Enrich, enrich, true);
        let mut write = works(Write, write, false);
        let (alive, handed_out) = (self.alive.clone(), self.handed_out);
        let lines = (0..self.rows).map(move |number| {
            source(number);
            handed_out.add();
            Line(Row {
                number,
                _canary: alive.canary(),
            })
        });
        let pipeline = Pipeline::new(lines, self.room)
            .stage(move |Line(row): Line| {
                parse(row.number);
                Parsed(row)
            })
            .stage(move |Parsed(row): Parsed| {
                enrich(row.number);
                Article(row)
            });
        let sink = move |Article(row): Article| {
            write(row.number);
            row.number
        };
        (pipeline, sink)
    }

    fn run(self) -> Done {
        let (run, rows, last) = (self.run.clone(), self.rows, self.last);
        let (pipeline, mut write) = self.build();
        let mut written = Vec::new();
        let sink = |article| {
            let number = write(article);
            written.push(number);
            if last == Some(number) {
                run.moment("the sink hangs up");
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let never = match last {
            Some(row) => format!("the sink hung up after row {row}, but run never returned"),
            None => format!("run never returned, though the source has no more than {rows} rows"),
        };
        let result = run.watched("run", never, || {
            panic::catch_unwind(AssertUnwindSafe(|| pipeline.run(sink)))
        });
        run.moment("run returns");
        Done { result, written }
    }

    /// Runs on another thread, so that the test can look on.
    fn start(self) -> Running {
        let handed_out = self.handed_out.clone();
        let returned = Count::new();
        let thread = thread::Builder::new()
            .name("caller".to_owned())
            .spawn({
                let returned = returned.clone();
                move || {
                    let done = self.run();
                    returned.add();
                    done
                }
            })
            .expect("the system has room for one more thread");
        Running {
            handed_out,
            returned,
            thread,
        }
    }
}

/// A part that stops at a row until its gate opens.
#[derive(Clone)]
struct Held {
    part: Part,
    row: usize,
    inside: Count,
    gate: Gate,
}

impl Held {
    fn new(part: Part, row: usize) -> Self {
        Self {
            part,
            row,
            inside: Count::new(),
            gate: Gate::new(),
        }
    }
}

struct Running {
    handed_out: Count,
    returned: Count,
    thread: JoinHandle<Done>,
}

impl Running {
    fn wait(self) -> Done {
        instruments::passed_on(self.thread.join())
    }
}

/// What came of an import.
struct Done {
    /// What `run` returned, or with what it panicked.
    result: thread::Result<thread::Result<()>>,
    written: Vec<usize>,
}

impl Done {
    #[track_caller]
    fn wrote_all(self, rows: usize) {
        self.wrote(rows, "ended");
    }

    /// The first so many rows, in order, and then the import ended well.
    #[track_caller]
    fn wrote(self, rows: usize, end: &str) {
        has_written(&self.written, rows);
        assert!(
            matches!(self.result, Ok(Ok(()))),
            "the import {end} and nothing panicked, but run did not return Ok"
        );
    }

    /// A part panicked, and its panic is what `run` returned, when so many rows had passed it.
    #[track_caller]
    fn failed(self, part: &str, rows: usize) -> Box<dyn Any + Send> {
        let Ok(returned) = self.result else {
            panic!("{part} panicked, and run panicked too instead of returning it");
        };
        let Err(payload) = returned else {
            panic!("{part} panicked, but run returned Ok");
        };
        has_written(&self.written, rows);
        payload
    }

    /// With one of these messages.
    #[track_caller]
    fn panicked(self, part: &str, words: &[&str], rows: usize) {
        let payload = self.failed(part, rows);
        let returned = payload.downcast_ref::<&str>().copied();
        assert!(
            returned.is_some_and(|returned| words.contains(&returned)),
            "{part} panicked with {}, but run returned {returned:?}",
            words.join(" or ")
        );
    }
}

/// The first so many rows, in order.
#[track_caller]
fn has_written(written: &[usize], rows: usize) {
    assert!(
        written.iter().copied().eq(0..rows),
        "{rows} rows should be written in order, but these were: {written:?}"
    );
}
