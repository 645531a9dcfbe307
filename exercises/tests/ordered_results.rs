//! What ordered results must be, for a batch and for a stream, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns another mark. One rung alone:
//! `cargo test -p exercises --test ordered_results core`.

use std::any::Any;
use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use exercises::ordered_results::{InOrder, transcode_all};
use instruments::canary::{Cage, Canary};
use instruments::gate::{Count, Gate};
use instruments::recorder::Stage;
use instruments::{PROBE, Run};

use Part::{Read, Transcode};

/// The order, for a batch and for a stream, with so many at work and no more.
mod core {
    use super::*;

    #[test]
    fn a_batch_comes_back_in_order() {
        instruments::test(|run| {
            // Each worker begins with one of the first two segments, and the lower is held until the
            // third has begun. So one worker has the first and the last, the other the two in between.
            let begun = run.count(|begun| {
                format!("only {begun} of 4 segments have begun, though one of 2 workers is free")
            });
            let order = Mutex::new(Vec::new());
            let batch = transcode_batch(&run, 4, 2, move |segment| {
                let earlier = {
                    let mut order = order.lock().expect("no thread panics here");
                    order.push(segment);
                    order.len() - 1
                };
                begun.add();
                match earlier {
                    0 | 1 => {
                        begun.wait_for(2);
                        let lower = order.lock().expect("no thread panics here")[..2]
                            .iter()
                            .min()
                            == Some(&segment);
                        if lower {
                            begun.wait_for(3);
                        }
                    }
                    2 => begun.wait_for(4),
                    _ => {}
                }
            });
            came_in_order("the batch came back", &batch, 4);
        });
    }

    #[test]
    fn a_batch_of_nothing_is_nothing() {
        instruments::test(|run| {
            let batch = transcode_batch(&run, 0, 3, |_| ());
            came_in_order("the batch came back", &batch, 0);
        });
    }

    #[test]
    fn three_workers_share_a_batch() {
        instruments::test(|run| {
            let three = run.rendezvous(3, |inside| {
                format!("only {inside} of 3 segments of the batch were worked on at once")
            });
            transcode_batch(&run, 3, 3, move |_| three.arrive());
        });
    }

    #[test]
    fn a_fourth_segment_of_the_batch_waits_for_a_free_worker() {
        instruments::test(|run| {
            run.at_most_at_once(3, "one more than there are workers");
            let (gate, begun) = (Gate::new(), workers_busy(&run, 3));
            let caller = thread::spawn({
                let (run, gate, begun) = (run.clone(), gate.clone(), begun.clone());
                move || {
                    transcode_batch(&run, 5, 3, move |_| {
                        begun.add();
                        gate.wait();
                    })
                }
            });
            begun.wait_for(3);
            let too_many = begun.reaches(4, PROBE);
            assert!(
                !too_many,
                "4 segments of the batch were worked on at once, but there are 3 workers"
            );
            gate.open();
            let batch = instruments::passed_on(caller.join());
            came_in_order("the batch came back", &batch, 5);
        });
    }

    #[test]
    fn no_segment_of_a_batch_waits_behind_a_slow_one() {
        instruments::test(|run| {
            let done = run.count(|done| {
                format!(
                    "only {done} of the 5 other segments are done: one waits behind segment 0, while \
                     a worker is idle"
                )
            });
            let batch = transcode_batch(&run, 6, 2, move |segment| match segment {
                0 => done.wait_for(5),
                _ => done.add(),
            });
            came_in_order("the batch came back", &batch, 6);
        });
    }

    #[test]
    fn the_segments_of_a_stream_come_in_order() {
        instruments::test(|run| {
            let begun = run.count(|_| {
                "segment 0 takes as long as two others, but nobody works on those".to_owned()
            });
            let film =
                Film::new(&run, 8, 2, 4).meanwhile(move |part, segment| match (part, segment) {
                    (Transcode, 0) => begun.wait_for(2),
                    (Transcode, _) => begun.add(),
                    (Read, _) => {}
                });
            film.open().plays_all(8);
        });
    }

    #[test]
    fn an_empty_stream_ends_and_stays_at_its_end() {
        instruments::test(|run| {
            let mut player = Film::new(&run, 0, 2, 3).open();
            for _ in 0..3 {
                player.is_at_the_end();
            }
        });
    }

    #[test]
    fn three_workers_share_a_stream() {
        instruments::test(|run| {
            let three = run.rendezvous(3, |inside| {
                format!("only {inside} of 3 segments of the stream were worked on at once")
            });
            let film = Film::new(&run, 3, 3, 4).meanwhile(move |part, _| {
                if part == Transcode {
                    three.arrive();
                }
            });
            film.open().plays_all(3);
        });
    }

    #[test]
    fn a_fourth_segment_of_the_stream_waits_for_a_free_worker() {
        instruments::test(|run| {
            run.at_most_at_once(3, "one more than there are workers");
            let (gate, begun) = (Gate::new(), workers_busy(&run, 3));
            let film = Film::new(&run, 6, 3, 6).without_a_picture_of_the_source();
            let film = film.meanwhile({
                let (gate, begun) = (gate.clone(), begun.clone());
                move |part, _| {
                    if part == Transcode {
                        begun.add();
                        gate.wait();
                    }
                }
            });
            let playing = film.open().play_on_a_thread();
            begun.wait_for(3);
            let too_many = begun.reaches(4, PROBE);
            assert!(
                !too_many,
                "4 segments of the stream were worked on at once, but there are 3 workers"
            );
            gate.open();
            playing.played_all(6);
        });
    }

    #[test]
    fn the_first_segment_is_played_before_the_last_is_read() {
        instruments::test(|run| {
            let first = run.count(|_| {
                "the upload waits with its last segment until the first is played, but none comes \
                 out: somebody collects them"
                    .to_owned()
            });
            let film = Film::new(&run, 12, 2, 4).meanwhile({
                let first = first.clone();
                move |part, segment| {
                    if (part, segment) == (Read, 11) {
                        first.wait_for(1);
                    }
                }
            });
            let mut player = film.open();
            player.plays(0);
            first.add();
            for segment in 1..12 {
                player.plays(segment);
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn no_workers_and_no_window_are_refused() {
        instruments::test(|_| {
            let refused = |call: fn()| {
                let panic = panic::catch_unwind(call).err();
                // What is not written yet has refused nothing.
                panic.is_some_and(|panic| {
                    let message = panic.downcast_ref::<String>().map(String::as_str);
                    !message
                        .or(panic.downcast_ref::<&str>().copied())
                        .is_some_and(|message| message.starts_with("not yet implemented"))
                })
            };
            assert!(
                refused(|| drop(transcode_all(vec![1], 0, |n: u8| n))),
                "transcode_all took 0 workers"
            );
            assert!(
                refused(|| {
                    let _stream = InOrder::new(0..3, 0, 3, |n: u8| n);
                }),
                "InOrder::new took 0 workers"
            );
            assert!(
                refused(|| {
                    let _stream = InOrder::new(0..3, 3, 0, |n: u8| n);
                }),
                "InOrder::new took a window of 0"
            );
        });
    }
}

/// What makes it this pattern: a window with a bound, head-of-line blocking and nothing worse.
mod pattern {
    #[cfg(target_os = "linux")]
    use std::sync::mpsc;

    #[cfg(target_os = "linux")]
    use instruments::idle;

    use super::*;

    #[test]
    fn a_stalled_segment_holds_the_source_back() {
        instruments::test(|run| {
            run.never("segment 6", "the window was full");
            let held = Held::new(Transcode, 0);
            let film = Film::new(&run, 12, 3, 6).hold(&held);
            let read = film.read.clone();
            let playing = film.open().play_on_a_thread();
            held.inside.wait_for(1);
            let too_many = read.reaches(7, PROBE);
            assert!(
                !too_many,
                "segment 0 was stalled, and the source made 7 segments, but the window is 6: the \
                 others are done and wait behind it"
            );
            held.gate.open();
            playing.played_all(12);
        });
    }

    #[test]
    fn a_player_that_does_not_ask_holds_the_source_back() {
        instruments::test(|run| {
            run.never("segment 4", "the window was full");
            let film = Film::new(&run, 12, 2, 4);
            let read = film.read.clone();
            let mut player = film.open();
            let too_many = read.reaches(5, PROBE);
            assert!(
                !too_many,
                "nobody asked for a segment, and the source made 5, but the window is 4"
            );
            for segment in 0..12 {
                player.plays(segment);
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn the_whole_window_is_worked_on_behind_a_stalled_segment() {
        instruments::test(|run| {
            let held = Held::new(Transcode, 0);
            let film = Film::new(&run, 12, 2, 6).hold(&held);
            let done = run.count(|done| {
                format!(
                    "segment 0 is stalled in a window of 6, but only {done} of the 5 behind it are \
                     done: a worker is idle too early"
                )
            });
            let film = film.meanwhile({
                let done = done.clone();
                move |part, segment| {
                    if part == Transcode && segment != 0 {
                        done.add();
                    }
                }
            });
            let playing = film.open().play_on_a_thread();
            held.inside.wait_for(1);
            done.wait_for(5);
            held.gate.open();
            playing.played_all(12);
        });
    }

    #[test]
    fn a_segment_that_is_done_waits_for_none_behind_it() {
        instruments::test(|run| {
            let held = Held::new(Transcode, 1);
            let mut player = Film::new(&run, 6, 2, 3).hold(&held).open();
            held.inside.wait_for(1);
            player.plays_or(
                0,
                "segment 0 is done, but next() waits for segment 1 behind it",
            );
            held.gate.open();
            for segment in 1..6 {
                player.plays(segment);
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn each_segment_that_leaves_makes_room_for_one() {
        instruments::test(|run| {
            let held = Held::new(Transcode, 2);
            let film = Film::new(&run, 9, 2, 4).hold(&held);
            let room = run.count(|read| {
                format!(
                    "2 segments have left a window of 4, but the source was asked for only {read} in \
                     all: what leaves makes no room"
                )
            });
            let film = film.meanwhile({
                let room = room.clone();
                move |part, _| {
                    if part == Read {
                        room.add();
                    }
                }
            });
            let playing = film.open().play_on_a_thread();
            playing.played.wait_for(2);
            room.wait_for(6);
            held.gate.open();
            playing.played_all(9);
        });
    }

    #[test]
    fn the_workers_go_on_while_the_player_plays() {
        instruments::test(|run| {
            let done = run.count(|done| {
                format!(
                    "the player plays segment 0 and does not ask for more; the window is 4, but only \
                     {done} of the 3 behind it are done"
                )
            });
            let film = Film::new(&run, 12, 2, 4).meanwhile({
                let done = done.clone();
                move |part, segment| {
                    if part == Transcode && segment != 0 {
                        done.add();
                    }
                }
            });
            let mut player = film.open();
            player.plays(0);
            done.wait_for(3);
            for segment in 1..12 {
                player.plays(segment);
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn a_source_that_stalls_holds_back_nothing_that_is_done() {
        instruments::test(|run| {
            let held = Held::new(Read, 2);
            let mut player = Film::new(&run, 5, 2, 4).hold(&held).open();
            for segment in 0..2 {
                player.plays_or(
                    segment,
                    &format!(
                        "segment {segment} is done, but next() waits for the source, which takes its \
                         time over segment 2"
                    ),
                );
            }
            held.inside.wait_for(1);
            held.gate.open();
            for segment in 2..5 {
                player.plays(segment);
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn a_segment_that_panics_leaves_no_hole() {
        instruments::test(|run| {
            let film = Film::new(&run, 6, 2, 3).meanwhile(|part, segment| {
                if (part, segment) == (Transcode, 1) {
                    instruments::panic_on_purpose("no key frame");
                }
            });
            let mut player = film.open();
            player.plays(0);
            player.panics(1, "segment 1");
            for segment in 2..6 {
                player.plays_or(
                    segment,
                    &format!("segment {segment} never came: what is behind a panic waits for ever"),
                );
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn thirty_segments_of_a_batch_share_three_threads() {
        instruments::test(|run| {
            run.at_most_workers(3, "a thread more than there are workers");
            let batch = transcode_batch(&run, 30, 3, |_| ());
            came_in_order("the batch came back", &batch, 30);
            let threads = run.workers();
            assert!(
                threads <= 3,
                "30 segments of a batch were transcoded on {threads} threads, but there are 3 \
                 workers"
            );
        });
    }

    #[test]
    fn thirty_segments_share_three_threads() {
        instruments::test(|run| {
            run.at_most_workers(3, "a thread more than there are workers");
            let threads: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
            let film = Film::new(&run, 30, 3, 6).without_a_picture_of_the_source();
            let film = film.meanwhile({
                let threads = Arc::clone(&threads);
                move |part, _| {
                    if part == Transcode {
                        let mut threads = threads.lock().expect("no thread panics here");
                        threads.insert(thread::current().id());
                    }
                }
            });
            film.open().plays_all(30);
            let threads = threads.lock().expect("no thread panics here");
            assert!(
                threads.len() <= 3,
                "30 segments were transcoded on {} threads, but there are 3 workers",
                threads.len()
            );
            assert!(
                !threads.contains(&thread::current().id()),
                "a segment was transcoded on the thread that calls next"
            );
        });
    }

    #[test]
    fn a_player_that_leaves_ends_the_source() {
        instruments::test(|run| {
            run.never("segment 4", "nobody wants it any more");
            let film = Film::new(&run, 12, 2, 3);
            let (read, alive, threads) =
                (film.read.clone(), film.alive.clone(), film.threads.clone());
            let mut player = film.open();
            player.plays(0);
            // The window is full but for one place: let it fill up.
            read.wait_for(3);
            player.leave();
            let read = read.get();
            assert!(
                read <= 4,
                "the player left after segment 0, when there was room for segment 3, but the source \
                 went on to make {read} segments"
            );
            let alive = alive.alive();
            assert!(
                alive == 0,
                "drop returned, but {alive} of source, transcode and segments are still there"
            );
            run.until(
                "the threads' end",
                "drop returned, but its threads never end".to_owned(),
                || threads.wait_until_empty(),
            );
        });
    }

    #[test]
    fn leaving_waits_for_the_segments_that_are_worked_on() {
        instruments::test(|run| {
            run.none_open_at("drop returned", "still at work");
            let held = Held::new(Transcode, 1);
            let mut player = Film::new(&run, 12, 2, 3).hold(&held).open();
            player.plays(0);
            held.inside.wait_for(1);
            let left = Count::new();
            let leaving = thread::spawn({
                let left = left.clone();
                move || {
                    player.leave();
                    left.add();
                }
            });
            let too_early = left.reaches(1, PROBE);
            assert!(
                !too_early,
                "drop returned while segment 1 was still worked on"
            );
            held.gate.open();
            instruments::passed_on(leaving.join());
        });
    }

    #[test]
    fn a_panic_in_a_batch_waits_for_the_segments_that_are_worked_on() {
        instruments::test(|run| {
            run.none_open_at("transcode_all has panicked", "still at work");
            let (gate, both, panicked) = (Gate::new(), workers_busy(&run, 2), Count::new());
            let caller = thread::spawn({
                let (run, gate) = (run.clone(), gate.clone());
                let (both, panicked) = (both.clone(), panicked.clone());
                move || {
                    let batch = panic::catch_unwind(AssertUnwindSafe(|| {
                        transcode_batch(&run, 2, 2, move |segment| {
                            both.add();
                            both.wait_for(2);
                            match segment {
                                0 => instruments::panic_on_purpose("no key frame"),
                                _ => gate.wait(),
                            }
                        })
                    }));
                    run.moment("transcode_all has panicked");
                    panicked.add();
                    batch.is_err()
                }
            });
            both.wait_for(2);
            let too_early = panicked.reaches(1, PROBE);
            gate.open();
            assert!(
                !too_early,
                "segment 0 panicked, and transcode_all was over while segment 1 was still worked on"
            );
            let has_panicked = caller.join().expect("the panic is caught");
            assert!(
                has_panicked,
                "segment 0 panicked, but transcode_all returned"
            );
        });
    }

    #[test]
    fn a_segment_that_comes_late_does_not_wait_behind_one_that_is_done() {
        instruments::test(|run| {
            let late = Held::new(Read, 2);
            let begun = run.count(|_| {
                "segment 1 is done and waits for the player, and segment 2 waits behind it, though a \
                 worker is idle"
                    .to_owned()
            });
            let film = Film::new(&run, 6, 2, 4).hold(&late).meanwhile({
                let begun = begun.clone();
                move |part, _| {
                    if part == Transcode {
                        begun.add();
                    }
                }
            });
            let mut player = film.open();
            player.plays(0);
            begun.wait_for(2);
            late.inside.wait_for(1);
            // Time for segment 1 to come as far as it can.
            begun.reaches(3, PROBE);
            late.gate.open();
            begun.wait_for(3);
            for segment in 1..6 {
                player.plays(segment);
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn a_slow_source_is_waited_for() {
        instruments::test(|run| {
            let slow = Held::new(Read, 2);
            let playing = Film::new(&run, 6, 2, 4)
                .hold(&slow)
                .open()
                .play_on_a_thread();
            slow.inside.wait_for(1);
            // The player waits in next() meanwhile, and the workers for a segment.
            slow.inside.reaches(2, PATIENCE);
            slow.gate.open();
            playing.played_all(6);
        });
    }

    #[test]
    fn the_source_is_not_asked_on_the_thread_that_calls_next() {
        instruments::test(|run| {
            let asked = Count::new();
            let caller = thread::current().id();
            let film = Film::new(&run, 12, 2, 3).meanwhile({
                let asked = asked.clone();
                move |part, _| {
                    if part == Read && thread::current().id() == caller {
                        asked.add();
                    }
                }
            });
            film.open().plays_all(12);
            let asked = asked.get();
            assert!(
                asked == 0,
                "{asked} of 12 segments were made on the thread that calls next"
            );
        });
    }

    #[test]
    fn leaving_waits_for_a_source_that_is_at_it() {
        instruments::test(|run| {
            run.none_open_at("drop returned", "still at work");
            let held = Held::new(Read, 1);
            let mut player = Film::new(&run, 12, 2, 3).hold(&held).open();
            player.plays(0);
            held.inside.wait_for(1);
            let left = Count::new();
            let leaving = thread::spawn({
                let left = left.clone();
                move || {
                    player.leave();
                    left.add();
                }
            });
            let too_early = left.reaches(1, PROBE);
            held.gate.open();
            assert!(
                !too_early,
                "drop returned while the source was still making segment 1"
            );
            instruments::passed_on(leaving.join());
        });
    }

    #[test]
    fn more_segments_panic_than_there_are_workers() {
        instruments::test(|run| {
            let film = Film::new(&run, 8, 2, 3).meanwhile(|part, segment| {
                if part == Transcode && segment < 5 {
                    instruments::panic_on_purpose("no key frame");
                }
            });
            let mut player = film.open();
            for segment in 0..5 {
                player.panics_or(
                    segment,
                    &format!("segment {segment}"),
                    format!(
                        "the panic of segment {segment} never came: those before it took their \
                         workers along, or their places in the window"
                    ),
                );
            }
            for segment in 5..8 {
                player.plays_or(
                    segment,
                    &format!(
                        "segment {segment} never came: the workers went down with the segments that \
                         panicked"
                    ),
                );
            }
            player.is_at_the_end();
        });
    }

    #[test]
    fn a_panic_of_the_source_is_the_last_that_comes_out() {
        instruments::test(|run| {
            let (held, broken) = (Held::new(Transcode, 2), Count::new());
            let film = Film::new(&run, 6, 2, 4).hold(&held).meanwhile({
                let broken = broken.clone();
                move |part, segment| {
                    if (part, segment) == (Read, 3) {
                        broken.add();
                        instruments::panic_on_purpose("the upload broke off");
                    }
                }
            });
            let mut player = film.open();
            player.plays(0);
            player.plays(1);
            // Segment 2 is still worked on when the source panics. A panic that needs longer to come
            // out than this slips through; one that is in its place is never taken for early.
            let opener = thread::spawn(move || {
                broken.reaches(1, PROBE);
                Count::new().reaches(1, PROBE);
                held.gate.open();
            });
            player.plays(2);
            instruments::passed_on(opener.join());
            player.panics(3, "the source");
            player.is_at_the_end();
            player.is_at_the_end();
        });
    }

    #[test]
    fn a_panic_in_a_batch_makes_the_caller_panic() {
        instruments::test(|run| {
            // Whether `transcode_all` is written at all shows here.
            transcode_batch(&run, 1, 1, |_| ());
            let result = panic::catch_unwind(AssertUnwindSafe(|| {
                transcode_batch(&run, 6, 3, |segment| {
                    if segment == 2 {
                        instruments::panic_on_purpose("no key frame");
                    }
                })
            }));
            assert!(
                result.is_err(),
                "segment 2 panicked, but transcode_all returned"
            );
        });
    }

    #[test]
    fn a_window_of_one_lets_one_segment_through_at_a_time() {
        instruments::test(|run| {
            let under_way = Arc::new(Mutex::new((0_usize, 0_usize)));
            let film = Film::new(&run, 10, 3, 1).meanwhile({
                let under_way = Arc::clone(&under_way);
                move |part, _| {
                    if part == Read {
                        let mut under_way = under_way.lock().expect("no thread panics here");
                        under_way.0 += 1;
                        under_way.1 = under_way.1.max(under_way.0);
                    }
                    if part == Transcode {
                        under_way.lock().expect("no thread panics here").0 -= 1;
                    }
                }
            });
            film.open().plays_all(10);
            let (_, most) = *under_way.lock().expect("no thread panics here");
            assert!(
                most == 1,
                "{most} segments were read and not yet transcoded, but the window is 1"
            );
        });
    }

    #[test]
    fn a_window_smaller_than_the_workers_bounds_what_is_worked_on() {
        instruments::test(|run| {
            run.never("segment 2", "the window was full");
            let held = Held::new(Transcode, 0);
            let film = Film::new(&run, 6, 4, 2).hold(&held);
            let read = film.read.clone();
            let playing = film.open().play_on_a_thread();
            held.inside.wait_for(1);
            let too_many = read.reaches(3, PROBE);
            assert!(
                !too_many,
                "4 workers, a window of 2, and the source made 3 segments before the first left"
            );
            held.gate.open();
            playing.played_all(6);
        });
    }

    #[test]
    fn a_stream_that_nobody_asks_leaves_nothing_behind() {
        instruments::test(|run| {
            let film = Film::new(&run, 40, 3, 5);
            let (alive, threads) = (film.alive.clone(), film.threads.clone());
            film.open().leave();
            let alive = alive.alive();
            assert!(
                alive == 0,
                "drop returned, but {alive} of source, transcode and segments are still there"
            );
            run.until(
                "the threads' end",
                "drop returned, but its threads never end".to_owned(),
                || threads.wait_until_empty(),
            );
        });
    }

    #[test]
    fn no_segment_is_lost_under_pressure() {
        instruments::test(|run| {
            let never = "next() never returned: 600 small segments are in a hurry, and a thread \
                         that should wake sleeps on";
            let came: Vec<u32> = run.watched("next()", never.to_owned(), || {
                let stream = InOrder::new(0..600_u32, 4, 5, |segment| segment);
                let came = stream.map(|segment| {
                    run.gets_on();
                    segment.expect("no segment panics")
                });
                came.collect()
            });
            assert!(
                came.iter().copied().eq(0..600),
                "600 small segments went in, but {} came out, or not in order",
                came.len()
            );
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_waits_sleeps() {
        instruments::test(|run| {
            // The window is full: the reader waits for room, and the one worker for a segment.
            // Then the player waits for one.
            let (here, threads) = mpsc::channel();
            let mut player = Film::new(&run, 8, 1, 2)
                .meanwhile(move |part, segment| {
                    if segment == 0 {
                        let _ = here.send((part, idle::Thread::here()));
                    }
                })
                .open();
            player.plays(0);
            for _ in [Read, Transcode] {
                let (part, thread) = threads.recv().expect("segment 0 is out");
                let what = match part {
                    Read => "the window is full, and whoever asks the source",
                    Transcode => "no segment can be had, and the worker",
                };
                assert!(
                    thread.sleeps_for(PROBE),
                    "{what} stays awake to look for one more"
                );
            }
            player.leave();

            let held = Held::new(Transcode, 0);
            let player = Film::new(&run, 8, 2, 2).hold(&held).open();
            let (here, caller) = mpsc::channel();
            let playing = player.play_after(move || {
                let _ = here.send(idle::Thread::here());
            });
            let caller = caller.recv().expect("the player's thread has begun");
            held.inside.wait_for(1);
            assert!(
                caller.sleeps_for(PROBE),
                "the player waits in next(), and stays awake to look for its segment"
            );
            held.gate.open();
            playing.played_all(8);
        });
    }
}

/// The panics themselves.
mod stretch {
    use super::*;

    #[test]
    fn the_panic_of_a_segment_itself_comes_out() {
        instruments::test(|run| {
            let film = Film::new(&run, 6, 2, 3).meanwhile(|part, segment| {
                if (part, segment) == (Transcode, 1) {
                    instruments::panic_on_purpose("no key frame");
                }
            });
            let mut player = film.open();
            player.plays(0);
            let payload = player.panics(1, "segment 1");
            had_the_words(&*payload, "segment 1", "no key frame", "next()");
        });
    }

    #[test]
    fn the_panic_of_the_source_itself_comes_out() {
        instruments::test(|run| {
            let film = Film::new(&run, 6, 2, 3).meanwhile(|part, segment| {
                if (part, segment) == (Read, 1) {
                    instruments::panic_on_purpose("the upload broke off");
                }
            });
            let mut player = film.open();
            player.plays(0);
            let payload = player.panics(1, "the source");
            had_the_words(&*payload, "the source", "the upload broke off", "next()");
        });
    }

    #[test]
    fn two_panics_at_once_come_out_in_order() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |inside| {
                format!("only {inside} of 2 segments of the stream were worked on at once")
            });
            let words = ["no key frame", "no sound"];
            let film = Film::new(&run, 6, 2, 3).meanwhile(move |part, segment| {
                if part == Transcode && segment < 2 {
                    both.arrive();
                    instruments::panic_on_purpose(words[segment]);
                }
            });
            let mut player = film.open();
            for (segment, words) in words.into_iter().enumerate() {
                let who = format!("segment {segment}");
                let payload = player.panics(segment, &who);
                had_the_words(&*payload, &who, words, "next()");
            }
            for segment in 2..6 {
                player.plays(segment);
            }
        });
    }

    #[test]
    fn a_panic_that_is_no_text_comes_out_as_it_is() {
        instruments::test(|run| {
            let film = Film::new(&run, 2, 1, 1).meanwhile(|part, segment| {
                if (part, segment) == (Transcode, 0) {
                    panic::resume_unwind(Box::new(404_u32));
                }
            });
            let payload = film.open().panics(0, "segment 0");
            assert!(
                payload.downcast_ref() == Some(&404_u32),
                "segment 0 panicked with the number 404, but something else came out"
            );
        });
    }

    #[test]
    fn the_panic_of_a_batch_itself_is_the_callers() {
        instruments::test(|run| {
            let result = panic::catch_unwind(AssertUnwindSafe(|| {
                transcode_batch(&run, 6, 3, |segment| {
                    if segment == 2 {
                        instruments::panic_on_purpose("no key frame");
                    }
                })
            }));
            let Err(payload) = result else {
                panic!("segment 2 panicked, but transcode_all returned");
            };
            had_the_words(&*payload, "segment 2", "no key frame", "transcode_all");
        });
    }
}

/// Transcodes a batch of so many segments, under watch.
fn transcode_batch(
    run: &Run,
    segments: usize,
    workers: usize,
    meanwhile: impl Fn(usize) + Sync,
) -> Vec<usize> {
    let never =
        format!("transcode_all never returned, though it was given only {segments} segments");
    run.watched("transcode_all", never, || {
        transcode_all((0..segments).collect(), workers, |segment| {
            run.job(format!("segment {segment}"), || meanwhile(segment))();
            segment
        })
    })
}

/// The panic had these words, and they came out.
#[track_caller]
fn had_the_words(payload: &(dyn Any + Send), who: &str, words: &str, out_of: &str) {
    let came = payload.downcast_ref::<&str>().copied();
    assert!(
        came == Some(words),
        "{who} panicked with {words:?}, but {came:?} came out of {out_of}"
    );
}

#[track_caller]
fn came_in_order(what: &str, came: &[usize], segments: usize) {
    assert!(
        came.iter().copied().eq(0..segments),
        "{segments} segments, counted from 0, went in, and {what} as {came:?}"
    );
}

/// How many workers have got a segment and hold it.
fn workers_busy(run: &Run, workers: usize) -> Count {
    run.count(move |busy| format!("only {busy} of {workers} workers got a segment"))
}

/// Time for a thread to lose its patience, were it to give up after a while.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who has a segment in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Read,
    Transcode,
}

/// What happens while a part has a segment in hand.
type Meanwhile = Arc<dyn Fn(Part, usize) + Send + Sync>;

/// A film that is being uploaded: the source reads its segments, the workers transcode them.
struct Film {
    run: Run,
    segments: usize,
    workers: usize,
    window: usize,
    meanwhile: Vec<Meanwhile>,
    source: Option<Stage>,
    player: Stage,
    /// How many segments the source has made.
    read: Count,
    /// Canaries of the source, of `transcode`, and of each segment on its way in.
    alive: Cage,
    threads: Cage,
}

/// A segment as it is uploaded.
struct Raw {
    number: usize,
    _canary: Canary,
}

/// A segment as it is played.
struct Transcoded(Raw);

impl Film {
    fn new(run: &Run, segments: usize, workers: usize, window: usize) -> Self {
        Self {
            run: run.clone(),
            segments,
            workers,
            window,
            meanwhile: Vec::new(),
            source: Some(run.stage("source")),
            player: run.stage("player"),
            read: run.count(move |read| {
                format!("the source made {read} segments and waits, though the window is {window}")
            }),
            alive: Cage::new(),
            threads: Cage::new(),
        }
    }

    /// For rules that count the lanes in which there is work.
    fn without_a_picture_of_the_source(mut self) -> Self {
        self.source = None;
        self
    }

    fn meanwhile(mut self, happens: impl Fn(Part, usize) + Send + Sync + 'static) -> Self {
        self.meanwhile.push(Arc::new(happens));
        self
    }

    fn hold(self, held: &Held) -> Self {
        let held = held.clone();
        self.meanwhile(move |part, segment| {
            if (part, segment) == (held.part, held.segment) {
                held.inside.add();
                held.gate.wait();
            }
        })
    }

    /// The stream under test, and its player.
    fn open(self) -> Player {
        let meanwhile: Meanwhile = Arc::new(move |part, segment| {
            for happens in &self.meanwhile {
                happens(part, segment);
            }
        });
        let (lane, alive, read) = (self.source, self.alive.clone(), self.read);
        let source = (0..self.segments).map({
            let (meanwhile, lives_with_it) = (Arc::clone(&meanwhile), alive.canary());
            move |number| {
                let _canary = &lives_with_it;
                read.add();
                let _span = lane
                    .as_ref()
                    .map(|lane| lane.take(format!("segment {number}")));
                meanwhile(Read, number);
                Raw {
                    number,
                    _canary: alive.canary(),
                }
            }
        });
        let (run, threads, lives_with_it) = (self.run.clone(), self.threads, self.alive.canary());
        let transcode = move |raw: Raw| {
            let _canary = &lives_with_it;
            watch_once(&threads);
            let label = format!("segment {}", raw.number);
            run.job(label, || meanwhile(Transcode, raw.number))();
            Transcoded(raw)
        };
        Player {
            stream: InOrder::new(source, self.workers, self.window, transcode),
            lane: self.player,
            run: self.run,
        }
    }
}

/// Ties a canary to the calling thread, unless it has one.
fn watch_once(threads: &Cage) {
    thread_local! {
        static WATCHED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    if !WATCHED.replace(true) {
        threads.watch_this_thread();
    }
}

/// Plays a film, segment after segment.
struct Player {
    stream: InOrder<Transcoded>,
    lane: Stage,
    run: Run,
}

impl Player {
    fn next(&mut self, never: String) -> Option<thread::Result<usize>> {
        let next = self.run.watched("next()", never, || {
            let stream = AssertUnwindSafe(&mut self.stream);
            panic::catch_unwind(|| { stream }.next())
        });
        let next = next.unwrap_or_else(|_| {
            panic!("next() panicked itself instead of returning what became of the segment")
        });
        let next = next.map(|result| result.map(|Transcoded(segment)| segment.number));
        if let Some(Ok(number)) = next {
            drop(self.lane.take(format!("segment {number}")));
        }
        next
    }

    #[track_caller]
    fn plays(&mut self, segment: usize) {
        self.plays_or(segment, &format!("next() never returned segment {segment}"));
    }

    /// Plays the segment that must come next; `never` says what is wrong if none comes.
    #[track_caller]
    fn plays_or(&mut self, segment: usize, never: &str) {
        match self.next(never.to_owned()) {
            Some(Ok(number)) => assert!(
                number == segment,
                "segment {number} came out when it was segment {segment}'s turn"
            ),
            Some(Err(_)) => panic!("a panic came out in place of segment {segment}"),
            None => panic!("the stream ended before segment {segment}"),
        }
    }

    #[track_caller]
    fn panics(&mut self, segment: usize, who: &str) -> Box<dyn Any + Send> {
        let never =
            format!("{who} panicked, and next() never returned: there is a hole in the stream");
        self.panics_or(segment, who, never)
    }

    /// With a sentence of its own for the case that nothing ever comes.
    #[track_caller]
    fn panics_or(&mut self, segment: usize, who: &str, never: String) -> Box<dyn Any + Send> {
        match self.next(never) {
            Some(Err(payload)) => payload,
            Some(Ok(number)) => panic!(
                "{who} panicked, but segment {number} came out in place of the panic, when it was \
                 segment {segment}'s turn"
            ),
            None => panic!("{who} panicked, and the stream ended as if nothing was wrong"),
        }
    }

    #[track_caller]
    fn is_at_the_end(&mut self) {
        let next =
            self.next("next() never returned, though the source has no more segments".into());
        assert!(
            next.is_none(),
            "the stream has ended, but next() did not return None"
        );
    }

    #[track_caller]
    fn plays_all(mut self, segments: usize) {
        for segment in 0..segments {
            self.plays(segment);
        }
        self.is_at_the_end();
        self.leave();
    }

    #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
    fn leave(self) {
        let Self { stream, lane, run } = self;
        let never = "the stream was dropped, but drop never returned".to_owned();
        run.watched("drop", never, || drop(stream));
        run.moment("drop returned");
        drop(lane);
    }

    /// Plays on another thread, so that the test can look on.
    fn play_on_a_thread(self) -> Playing {
        self.play_after(|| ())
    }

    fn play_after(mut self, first: impl FnOnce() + Send + 'static) -> Playing {
        let played = self.run.count(|played| {
            format!("only {played} segments came out, and the next one, which is done, does not")
        });
        let thread = thread::Builder::new()
            .name("player".to_owned())
            .spawn({
                let played = played.clone();
                move || {
                    first();
                    let mut came = Vec::new();
                    let never = "next() never returned";
                    while let Some(next) = self.next(never.to_owned()) {
                        let Ok(segment) = next else {
                            panic!("no segment of this film panics, but a panic came out");
                        };
                        came.push(segment);
                        played.add();
                    }
                    self.leave();
                    came
                }
            })
            .expect("the system has room for one more thread");
        Playing { played, thread }
    }
}

struct Playing {
    played: Count,
    thread: JoinHandle<Vec<usize>>,
}

impl Playing {
    #[track_caller]
    fn played_all(self, segments: usize) {
        let came = instruments::passed_on(self.thread.join());
        came_in_order("the stream came out", &came, segments);
    }
}

/// A part that stops at a segment until its gate opens.
#[derive(Clone)]
struct Held {
    part: Part,
    segment: usize,
    inside: Count,
    gate: Gate,
}

impl Held {
    fn new(part: Part, segment: usize) -> Self {
        Self {
            part,
            segment,
            inside: Count::new(),
            gate: Gate::new(),
        }
    }
}
