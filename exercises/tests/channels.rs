//! What a log with a bound must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns another mark. One rung alone:
//! `cargo test -p exercises --test channels core`.

use std::hint;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use exercises::channels::{Entry, HungUp, Shipper, WhenFull, Writer, log};
use instruments::canary::{Cage, Canary};
use instruments::gate::Count;
use instruments::{PROBE, Run};

use WhenFull::{DropOldest, Wait};

/// Lines arrive, a full buffer makes its writer wait, and a full ring drops its oldest.
mod core {
    use super::*;

    #[test]
    fn a_line_is_shipped_before_the_next_is_written() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, mut shipper) = start(&run, 3, when_full);
                for number in 0..5 {
                    writer.must_write(number);
                    let taken = shipper.take(format!(
                        "with {when_full:?}, line {number} was written, but take never returned: \
                         it waits for more"
                    ));
                    assert!(
                        taken == Some((number, 0)),
                        "with {when_full:?}, line {number} was written, but {} was taken",
                        describe(taken)
                    );
                }
            }
        });
    }

    #[test]
    fn every_line_arrives_in_order() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 2, Wait);
            let server = thread::spawn(move || {
                for number in 0..20 {
                    writer.must_write(number);
                }
                writer
            });
            let lines = shipper.take_so_many(20);
            joined(server);
            assert!(
                lines.iter().copied().eq(0..20),
                "lines 0 to 19 were written, but these arrived: {lines:?}"
            );
        });
    }

    #[test]
    fn the_shipper_waits_for_a_line() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, shipper) = start(&run, 2, when_full);
                let taking = shipper.take_on_a_thread(format!(
                    "with {when_full:?}, take never returned, though a line came"
                ));
                let too_early = taking.returned.reaches(1, PROBE);
                assert!(
                    !too_early,
                    "with {when_full:?}, take returned, though no line was written and the log \
                     has not ended"
                );
                writer.must_write(0);
                let (_shipper, taken) = taking.wait();
                assert!(
                    taken == Some((0, 0)),
                    "with {when_full:?}, line 0 was written, but {} was taken",
                    describe(taken)
                );
            }
        });
    }

    #[test]
    fn a_full_buffer_makes_the_writer_wait() {
        instruments::test(|run| {
            run.never("write line 4", "more than the buffer has room for");
            let (writer, mut shipper) = start(&run, 3, Wait);
            let written = run.count(|written| {
                format!("the writer waits after {written} lines, though there is room")
            });
            let server = thread::spawn({
                let written = written.clone();
                move || {
                    for number in 0..6 {
                        writer.must_write(number);
                        written.add();
                    }
                }
            });
            written.wait_for(3);
            let too_many = written.reaches(4, PROBE);
            assert!(
                !too_many,
                "the writer ran ahead by 4 lines of a shipper that took none, but there is room \
                 for 3"
            );
            // A line is taken, and another finds room.
            let mut lines = shipper.take_so_many(1);
            written.wait_for(4);
            lines.extend(shipper.take_so_many(5));
            joined(server);
            assert!(
                lines.iter().copied().eq(0..6),
                "lines 0 to 5 were written, but these arrived: {lines:?}"
            );
        });
    }

    #[test]
    fn three_writers_share_one_log() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 2, Wait);
            let writers = [
                (0, writer.another("writer 2")),
                (100, writer.another("writer 3")),
                (200, writer),
            ];
            let servers = writers.map(|(first, writer)| {
                thread::spawn(move || {
                    for number in first..first + 5 {
                        writer.must_write(number);
                    }
                    writer
                })
            });
            let lines = shipper.take_so_many(15);
            for server in servers {
                joined(server);
            }
            for first in [0, 100, 200] {
                let one = lines.iter().filter(|line| **line / 100 == first / 100);
                assert!(
                    one.copied().eq(first..first + 5),
                    "a writer wrote lines {first} to {}, but these arrived: {lines:?}",
                    first + 4
                );
            }
        });
    }

    #[test]
    fn a_full_ring_drops_its_oldest_line() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 3, DropOldest);
            for number in 0..5 {
                writer.must_write(number);
            }
            let lines = shipper.take_so_many(3);
            assert!(
                lines == [2, 3, 4],
                "lines 0 to 4 were written into a ring with room for 3, so 2, 3 and 4 are its \
                 newest, but these arrived: {lines:?}"
            );
        });
    }

    #[test]
    fn a_ring_with_room_drops_nothing() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 3, DropOldest);
            // Filled to the brim, twice.
            for lines in [0..3, 3..6] {
                for number in lines.clone() {
                    writer.must_write(number);
                }
                let taken = shipper.take_so_many(3);
                assert!(
                    taken.iter().copied().eq(lines.clone()),
                    "there was room for all of lines {} to {}, but these arrived: {taken:?}",
                    lines.start,
                    lines.end - 1
                );
            }
        });
    }

    #[test]
    fn a_ring_without_room_is_refused() {
        instruments::test(|run| {
            // Whether `log` is written at all shows here.
            drop(start(&run, 1, DropOldest));
            let ring = panic::catch_unwind(|| log::<Line>(0, DropOldest));
            assert!(
                ring.is_err(),
                "log(0, DropOldest) made a ring that drops every line, instead of panicking"
            );
        });
    }
}

/// What makes it this pattern: an end from either side, a count of what is missing, and sleep. All of it
/// also holds where threads meet.
mod pattern {
    #[cfg(target_os = "linux")]
    use instruments::idle;

    use super::*;

    #[test]
    fn the_log_ends_when_its_last_writer_is_gone() {
        instruments::test(|run| ends_with_its_last_writer(&run, drop, "was dropped"));
    }

    #[test]
    fn the_log_ends_when_its_last_writer_closes() {
        instruments::test(|run| ends_with_its_last_writer(&run, WatchedWriter::close, "closed"));
    }

    fn ends_with_its_last_writer(run: &Run, goes: fn(WatchedWriter), went: &str) {
        for when_full in [Wait, DropOldest] {
            let (writer, shipper) = start(run, 2, when_full);
            let other = writer.another("writer 2");
            goes(writer);
            let taking = shipper.take_on_a_thread(endless(when_full));
            let too_early = taking.returned.reaches(1, PROBE);
            assert!(
                !too_early,
                "with {when_full:?}, one of two writers {went}, and take said that the log has \
                 ended, though the other is still there"
            );
            goes(other);
            let (mut shipper, taken) = taking.wait();
            shipper.has_ended(taken);
        }
    }

    #[test]
    fn what_was_written_is_taken_before_the_end() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, mut shipper) = start(&run, 3, when_full);
                for number in 0..3 {
                    writer.must_write(number);
                }
                writer.close();
                let lines: Vec<usize> = std::iter::from_fn(|| shipper.take(endless(when_full)))
                    .take(3)
                    .map(|(number, _)| number)
                    .collect();
                assert!(
                    lines == [0, 1, 2],
                    "with {when_full:?}, the writer wrote lines 0 to 2 and closed, but these \
                     arrived: {lines:?}"
                );
                let taken = shipper.take(endless(when_full));
                shipper.has_ended(taken);
            }
        });
    }

    /// The twin of `tests/ui/channels/closed_writer_writes.rs`: it is another writer that goes on.
    #[test]
    fn a_writer_that_closes_leaves_the_others_open() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, mut shipper) = start(&run, 2, when_full);
                let other = writer.another("writer 2");
                writer.close();
                let result = other.write(0);
                assert!(
                    result.is_ok(),
                    "with {when_full:?}, one of two writers closed, and the other got its line \
                     back"
                );
                let taken = shipper.take(format!(
                    "with {when_full:?}, line 0 was written, but take never returned"
                ));
                assert!(
                    taken == Some((0, 0)),
                    "with {when_full:?}, one of two writers closed, the other wrote line 0, but \
                     {} was taken",
                    describe(taken)
                );
                other.close();
                let taken = shipper.take(endless(when_full));
                shipper.has_ended(taken);
            }
        });
    }

    #[test]
    fn a_closed_writer_cannot_write() {
        instruments::must_not_compile!(
            "channels/closed_writer_writes.rs",
            "the writer was closed before",
            [("E0382", "moved value")]
        );
    }

    #[test]
    fn after_the_hang_up_each_line_is_handed_back() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, shipper) = start(&run, 2, when_full);
                writer.must_write(0);
                shipper.hang_up();
                // More than there is room for.
                for number in 1..5 {
                    let result = writer.write(number);
                    assert!(
                        result.is_err(),
                        "with {when_full:?}, the shipper has hung up, but write(line {number}) \
                         said that all is well"
                    );
                    assert!(
                        result == Err(number),
                        "with {when_full:?}, line {number} was written after the hang-up, but \
                         {result:?} came back"
                    );
                }
            }
        });
    }

    #[test]
    fn writers_that_wait_get_their_lines_back_at_the_hang_up() {
        instruments::test(|run| {
            let (writer, shipper) = start(&run, 1, Wait);
            writer.must_write(0);
            let returned = run.count(|returned| {
                format!(
                    "the shipper hung up, but of 2 writers that waited for room only {returned} \
                     went on"
                )
            });
            let servers = [(1, "writer 2"), (2, "writer 3")].map(|(number, name)| {
                let (writer, returned) = (writer.another(name), returned.clone());
                thread::spawn(move || {
                    let result = writer.write(number);
                    returned.add();
                    (number, result)
                })
            });
            let too_early = returned.reaches(1, PROBE);
            assert!(
                !too_early,
                "a second line found its way into a buffer with room for 1"
            );
            shipper.hang_up();
            returned.wait_for(2);
            for server in servers {
                let (number, result) = joined(server);
                assert!(
                    result == Err(number),
                    "line {number} waited for room when the shipper hung up, and its writer got \
                     {result:?} instead of the line"
                );
            }
        });
    }

    #[test]
    fn lines_that_nobody_will_take_are_dropped_at_the_hang_up() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, shipper) = start(&run, 3, when_full);
                writer.must_write(0);
                writer.must_write(1);
                let lines = writer.lines.clone();
                shipper.hang_up();
                let (writer, what) = match when_full {
                    Wait => {
                        drop(writer);
                        (None, "the shipper hung up and the last writer is gone")
                    }
                    DropOldest => (Some(writer), "the shipper hung up"),
                };
                let alive = lines.alive();
                assert!(
                    alive == 0,
                    "with {when_full:?}, {what}, but {alive} lines that nobody will take are \
                     still there"
                );
                drop(writer);
            }
        });
    }

    #[test]
    fn a_ring_never_makes_its_writer_wait() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 3, DropOldest);
            for number in 0..100 {
                writer.must_write(number);
                let alive = writer.lines.alive();
                assert!(
                    alive <= 3,
                    "{} lines were written and none was taken, and a ring with room for 3 holds \
                     {alive} of them",
                    number + 1
                );
            }
            let taken = shipper.take("100 lines were written, but take never returned");
            assert!(
                taken == Some((97, 97)),
                "lines 0 to 99 were written into a ring with room for 3, so 97 are lost before \
                 line 97, but {} was taken",
                describe(taken)
            );
        });
    }

    #[test]
    fn lost_lines_are_counted_where_they_are_missing() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 2, DropOldest);
            let mut taken = Vec::new();
            // Five into a ring for two, three into an empty one, two into one that is half full.
            for (written, wanted) in [(0..5, 2), (5..8, 1), (8..10, 2), (10..11, 1)] {
                for number in written {
                    writer.must_write(number);
                }
                for _ in 0..wanted {
                    taken.extend(shipper.take("there are lines, but take never returned"));
                }
            }
            let expected = [(3, 3), (4, 0), (6, 1), (8, 1), (9, 0), (10, 0)];
            assert!(
                taken == expected,
                "as line and how many are lost before it, {expected:?} should arrive, but these \
                 did: {taken:?}"
            );
        });
    }

    #[test]
    fn writers_that_meet_at_a_full_ring_never_wait() {
        instruments::test(|run| {
            for _ in again_and_again(500) {
                for room in [1, 2] {
                    let lines = Cage::new();
                    let (writer, mut shipper) = log(room, DropOldest);
                    let servers = [(); 3].map(|()| {
                        let (writer, lines, run) = (writer.clone(), lines.clone(), run.clone());
                        thread::spawn(move || {
                            (0..20).all(|_| {
                                let never = "3 writers met at a full ring, and write never returned \
                                             to one of them, but a ring makes nobody wait";
                                let line = Unhurried(lines.canary());
                                run.watched("write", never.to_owned(), || writer.write(line))
                                    .is_ok()
                            })
                        })
                    });
                    for server in servers {
                        let all_went_in = joined(server);
                        assert!(
                            all_went_in,
                            "a line came back from the ring, though the shipper is still there"
                        );
                    }
                    let alive = lines.alive();
                    assert!(
                        alive == room,
                        "3 writers wrote 20 lines each into a ring with room for {room}, and none was \
                         taken, but the ring holds {alive}"
                    );
                    let mut lost = 0;
                    for _ in 0..room {
                        let stuck = "there are lines in the ring, but take never returned";
                        let entry = run.watched("take", stuck.to_owned(), || shipper.take());
                        lost += entry.map_or(0, |entry| entry.lost_before);
                    }
                    assert!(
                        lost + room == 60,
                        "3 writers wrote 20 lines each into a ring with room for {room}, so {} are \
                         lost, but {lost} were counted",
                        60 - room
                    );
                }
            }
        });
    }

    #[test]
    fn writers_that_meet_at_the_last_place_share_it() {
        instruments::test(|run| {
            let met = Arc::new(AtomicUsize::new(0));
            let (done, results) = mpsc::channel();
            let to_servers = [0, 1].map(|number: usize| {
                let (to_server, logs) = mpsc::channel();
                let (met, done) = (Arc::clone(&met), done.clone());
                thread::spawn(move || {
                    for (round, writer) in at_once(&logs).enumerate() {
                        let writer: Writer<usize> = writer;
                        met.fetch_add(1, Ordering::SeqCst);
                        while met.load(Ordering::SeqCst) < 2 * round + 2 {
                            thread::yield_now();
                        }
                        let _ = done.send(writer.write(number));
                    }
                });
                to_server
            });
            for _ in again_and_again(MEETINGS) {
                for when_full in [Wait, DropOldest] {
                    let (writer, mut shipper) = log(1, when_full);
                    for to_server in &to_servers {
                        let _ = to_server.send(writer.clone());
                    }
                    let result = || {
                        let never = format!(
                            "with {when_full:?}, 2 writers met at the last place, and write never \
                             returned"
                        );
                        run.watched("write", never, || results.recv().expect("they only write"))
                    };
                    let first = result();
                    assert!(
                        first.is_ok(),
                        "with {when_full:?}, a line came back, though the shipper is still there"
                    );
                    if when_full == Wait {
                        #[allow(
                            clippy::drop_non_drop,
                            reason = "the stub has nothing to drop yet"
                        )]
                        drop(shipper);
                        assert!(
                            result().is_err(),
                            "2 writers met at the last place of a buffer, and both lines went in"
                        );
                    } else {
                        assert!(
                            result().is_ok(),
                            "a line came back from the ring, though the shipper is still there"
                        );
                        let stuck = "a line is in the ring, but take never returned".to_owned();
                        let entry = run.watched("take", stuck, || shipper.take());
                        let lost = entry.map(|entry| entry.lost_before);
                        assert!(
                            lost == Some(1),
                            "2 writers met at the last place of a ring, so one line is lost before \
                             the other, but as lost were counted: {lost:?}"
                        );
                    }
                }
            }
        });
    }

    #[test]
    fn each_gap_is_counted_with_the_line_behind_it() {
        instruments::test(|run| {
            let (writer, mut shipper) = log(2, DropOldest);
            let enough = Arc::new(AtomicBool::new(false));
            let server = thread::spawn({
                let enough = Arc::clone(&enough);
                move || {
                    let mut number = 0_usize;
                    while !enough.load(Ordering::Relaxed) {
                        if writer.write(number).is_err() {
                            return false;
                        }
                        number += 1;
                    }
                    true
                }
            });
            let mut expected = 0;
            for _ in again_and_again(FLOOD) {
                let stuck = "a writer writes line after line, but take never returned";
                let entry = run.watched("take", stuck.to_owned(), || shipper.take());
                let Some(Entry { line, lost_before }) = entry else {
                    panic!("a writer writes line after line, but take said that the log has ended");
                };
                assert!(
                    line.checked_sub(expected) == Some(lost_before),
                    "line {line} came when it was the turn of line {expected}, but {lost_before} were \
                     counted as lost before it: a loss belongs to the line behind the gap"
                );
                expected = line + 1;
            }
            enough.store(true, Ordering::Relaxed);
            let all_went_in = joined(server);
            assert!(
                all_went_in,
                "a line came back, though the shipper is still there"
            );
        });
    }

    #[test]
    fn a_line_that_comes_while_the_shipper_looks_wakes_it() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, mut shipper) = log(1, when_full);
                let (next, numbers) = mpsc::channel();
                let server = thread::spawn(move || {
                    at_once(&numbers).all(|number| writer.write(number).is_ok())
                });
                for number in again_and_again(MEETINGS) {
                    let _ = next.send(number);
                    let stuck = format!(
                        "with {when_full:?}, line {number} came while the shipper looked for one, \
                         and take slept through it"
                    );
                    let entry = run.watched("take", stuck, || shipper.take());
                    let line = entry.map(|entry| entry.line);
                    assert!(
                        line == Some(number),
                        "with {when_full:?}, line {number} was written, but {line:?} was taken"
                    );
                }
                drop(next);
                assert!(
                    joined(server),
                    "with {when_full:?}, a line came back, though the shipper is still there"
                );
            }
        });
    }

    #[test]
    fn a_line_and_the_end_in_a_hurry_both_arrive() {
        instruments::test(|run| {
            let (logs, new_logs) = mpsc::channel();
            let server = thread::spawn(move || {
                at_once(&new_logs).all(|writer: Writer<usize>| writer.write(7).is_ok())
            });
            for _ in again_and_again(MEETINGS) {
                for when_full in [Wait, DropOldest] {
                    let (writer, mut shipper) = log(1, when_full);
                    let _ = logs.send(writer);
                    let mut came = Vec::new();
                    for what in [
                        "line 7 was written",
                        "line 7 was taken and its writer is gone",
                    ] {
                        let stuck = format!("with {when_full:?}, {what}, but take never returned");
                        let entry = run.watched("take", stuck, || shipper.take());
                        came.push(entry.map(|entry| entry.line));
                    }
                    assert!(
                        came == [Some(7), None],
                        "with {when_full:?}, a writer wrote line 7 and was gone at once, so \
                         Some(7) and None should be taken, but these were: {came:?}"
                    );
                }
            }
            drop(logs);
            assert!(
                joined(server),
                "a line came back, though the shipper is still there"
            );
        });
    }

    #[test]
    fn a_hang_up_in_the_middle_of_writing_leaves_no_line_behind() {
        instruments::test(|run| {
            for _ in again_and_again(1_000) {
                for when_full in [Wait, DropOldest] {
                    let lines = Cage::new();
                    let (writer, mut shipper) = log(2, when_full);
                    let servers = [(); 2].map(|()| {
                        let (writer, lines, run) = (writer.clone(), lines.clone(), run.clone());
                        thread::spawn(move || {
                            let never = format!(
                                "with {when_full:?}, the shipper hung up in the middle of the \
                                 writing, and write never returned"
                            );
                            run.watched("write", never, || {
                                while writer.write(lines.canary()).is_ok() {}
                                writer.write(lines.canary()).is_err()
                            })
                        })
                    });
                    let stuck = "two writers write line after line, but take never returned";
                    let entry = run.watched("take", stuck.to_owned(), || shipper.take());
                    assert!(
                        entry.is_some(),
                        "two writers write line after line, but take said that the log has ended"
                    );
                    drop(entry);
                    #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
                    drop(shipper);
                    for server in servers {
                        let comes_back = joined(server);
                        assert!(
                            comes_back,
                            "with {when_full:?}, a line came back after the hang-up, but the writer's \
                             next one did not"
                        );
                    }
                    if when_full == Wait {
                        #[allow(
                            clippy::drop_non_drop,
                            reason = "the stub has nothing to drop yet"
                        )]
                        drop(writer);
                    }
                    let alive = lines.alive();
                    assert!(
                        alive == 0,
                        "with {when_full:?}, the shipper hung up in the middle of the writing, and of the \
 lines that nobody will take {alive} are still there"
                    );
                }
            }
        });
    }

    #[test]
    fn under_pressure_no_line_is_lost_without_being_counted() {
        instruments::test(|run| {
            for (room, when_full) in [(1, Wait), (2, Wait), (2, DropOldest)] {
                let (writer, mut shipper) = log(room, when_full);
                let written = Arc::new(AtomicUsize::new(0));
                let servers = [0, 1, 2, 3].map(|server| {
                    let (writer, written, run) =
                        (writer.clone(), Arc::clone(&written), run.clone());
                    thread::spawn(move || {
                        for number in 0..PRESSURE {
                            let result = writer.write((server, number));
                            assert!(result.is_ok(), "the shipper is still there");
                            written.fetch_add(1, Ordering::SeqCst);
                            if number % 8 == 0 {
                                run.gets_on();
                                // So that the shipper finds the ring empty at times.
                                thread::yield_now();
                            }
                        }
                    })
                });
                #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
                drop(writer);
                let lines = 4 * PRESSURE;
                let (mut taken, mut lost, mut arrived) = (0, 0, [None; 4]);
                let stuck = format!(
                    "with {when_full:?}, of {lines} lines some never came, or the end did not: which \
                     wake-up is missing?"
                );
                run.watched("take", stuck, || {
                    loop {
                        // Read before `take` begins: what it makes room for is not counted here.
                        let ahead = written.load(Ordering::SeqCst).saturating_sub(taken);
                        assert!(
                            when_full == DropOldest || ahead <= room,
                            "4 writers met at the last place, and a buffer with room for {room} took \
                             in {ahead} lines"
                        );
                        let Some(entry) = shipper.take() else { break };
                        taken += 1;
                        lost += entry.lost_before.min(lines);
                        let (server, number): (usize, usize) = entry.line;
                        assert!(
                            arrived[server].replace(number) < Some(number),
                            "with {when_full:?}, the lines of writer {server} did not arrive in order"
                        );
                    }
                });
                for server in servers {
                    joined(server);
                }
                assert!(
                    when_full == DropOldest || lost == 0,
                    "nothing is dropped where writers wait, but {lost} lines were counted as lost"
                );
                assert!(
                    taken + lost == lines,
                    "with {when_full:?}, {lines} lines were written, but {taken} arrived and {lost} \
                     were counted as lost"
                );
            }
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_waits_sleeps() {
        instruments::test(|run| {
            for (when_full, waits_for_a_line) in [(Wait, true), (DropOldest, true), (Wait, false)] {
                let (writer, mut shipper) = start(&run, 1, when_full);
                let (here, thread) = mpsc::channel();
                let (sleeper, what, wake) = if waits_for_a_line {
                    let sleeper = thread::spawn(move || {
                        let _ = here.send(idle::Thread::here());
                        let taken = shipper.take("line 0 was written, but take never returned");
                        assert!(taken.is_some(), "a line came, but none was taken");
                    });
                    let wake: Box<dyn FnOnce()> = Box::new(move || writer.must_write(0));
                    (sleeper, "the shipper waits for a line", wake)
                } else {
                    writer.must_write(0);
                    let sleeper = thread::spawn(move || {
                        let _ = here.send(idle::Thread::here());
                        writer.must_write(1);
                    });
                    let wake: Box<dyn FnOnce()> = Box::new(move || {
                        shipper.take_so_many(2);
                    });
                    (sleeper, "a writer waits for room", wake)
                };
                let thread = thread.recv().expect("it says who it is");
                assert!(
                    thread.sleeps_for(PROBE),
                    "{what}, and stays awake to look for it"
                );
                wake();
                sleeper.join().expect("it has been woken");
            }
        });
    }
}

/// A log without room: from hand to hand.
mod stretch {
    #[cfg(target_os = "linux")]
    use instruments::idle;

    use super::*;

    #[test]
    fn without_room_a_line_goes_from_hand_to_hand() {
        instruments::test(|run| {
            run.never("write line 1", "nobody had taken line 0");
            let (writer, mut shipper) = start(&run, 0, Wait);
            let written = run.count(|_| "line 0 was taken, but write never returned".to_owned());
            let server = thread::spawn({
                let written = written.clone();
                move || {
                    writer.must_write(0);
                    written.add();
                    let second = writer.write(1);
                    written.add();
                    second
                }
            });
            let too_early = written.reaches(1, PROBE);
            assert!(
                !too_early,
                "write(line 0) returned before anybody took the line, but there is no room for it"
            );
            let lines = shipper.take_so_many(1);
            assert!(lines == [0], "line 0 was written, but {lines:?} arrived");
            written.wait_for(1);
            let too_early = written.reaches(2, PROBE);
            assert!(
                !too_early,
                "write(line 1) returned before anybody took the line, but there is no room for it"
            );
            shipper.hang_up();
            let second = run.call("write(line 1), after the hang-up,", || joined(server));
            assert!(
                second == Err(1),
                "line 1 was in its writer's hand when the shipper hung up, and its writer got \
                 {second:?} instead of the line"
            );
        });
    }

    #[test]
    fn without_room_each_writer_waits_for_its_own_line() {
        instruments::test(|run| {
            for _ in again_and_again(500) {
                let (writer, mut shipper) = log(0, Wait);
                let returned = run.count(|returned| {
                    format!(
                        "of 4 writers without room, {} had their lines taken, but only {returned} \
                         came back from write",
                        returned + 1
                    )
                });
                let servers = [0, 1, 2, 3].map(|number: usize| {
                    let (writer, returned) = (writer.clone(), returned.clone());
                    thread::spawn(move || {
                        let result = writer.write(number);
                        returned.add();
                        result.map_err(|HungUp(line)| line)
                    })
                });
                let mut taken = Vec::new();
                for so_far in 0..2 {
                    let stuck = format!("4 lines were written, but take returned only {so_far}");
                    let entry = run.watched("take", stuck, || shipper.take());
                    taken.extend(entry.map(|entry| entry.line));
                    returned.wait_for(so_far + 1);
                    run.gets_on();
                }
                #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
                drop(shipper);
                for (number, server) in servers.into_iter().enumerate() {
                    let never =
                        format!("the shipper hung up, but write(line {number}) never returned");
                    let result = run.watched("write", never, || joined(server));
                    let expected = if taken.contains(&number) {
                        Ok(())
                    } else {
                        Err(number)
                    };
                    assert!(
                        result == expected,
                        "without room, lines {taken:?} of lines 0 to 3 were taken before the hang-up, \
                         so write(line {number}) should come to {expected:?}, but came to {result:?}"
                    );
                }
            }
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_room_whoever_waits_sleeps() {
        instruments::test(|run| {
            let (writer, mut shipper) = start(&run, 0, Wait);
            let (here, thread) = mpsc::channel();
            let server = thread::spawn(move || {
                let _ = here.send(idle::Thread::here());
                writer.must_write(0);
                writer
            });
            let thread = thread.recv().expect("it says who it is");
            assert!(
                thread.sleeps_for(PROBE),
                "without room, a writer waits until its line is taken, and stays awake to look for it"
            );
            shipper.take_so_many(1);
            let writer = server.join().expect("it has been woken");
            let (here, thread) = mpsc::channel();
            let shipping = thread::spawn(move || {
                let _ = here.send(idle::Thread::here());
                shipper.take_so_many(1)
            });
            let thread = thread.recv().expect("it says who it is");
            assert!(
                thread.sleeps_for(PROBE),
                "without room, the shipper waits for a line, and stays awake to look for it"
            );
            writer.must_write(1);
            shipping.join().expect("a line came");
        });
    }
}

/// How often writers and the shipper meet, each time in a new log, and how often a line is taken
/// from a writer that writes as fast as it can. What only goes wrong in a certain order of their steps
/// is caught in so many; a slow machine, which gets no further than [`LONG_ENOUGH`], may let it slip. It
/// cannot fail a right one.
const MEETINGS: usize = 20_000;
const FLOOD: usize = 400_000;
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// Counts so far, or as far as time allows.
fn again_and_again(times: usize) -> impl Iterator<Item = usize> {
    let begun = Instant::now();
    (0..times).take_while(move |_| begun.elapsed() < LONG_ENOUGH)
}

/// How many lines each of four writers writes under pressure.
const PRESSURE: usize = 2_000;

/// What comes, for a thread that is awake when it comes: it looks again and again for a while before it
/// goes to sleep. So it does its work at the same time as the sender does what follows.
fn at_once<T>(from: &mpsc::Receiver<T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(|| {
        for look in 0..1_000 {
            match from.try_recv() {
                Ok(item) => return Some(item),
                Err(mpsc::TryRecvError::Empty) if look % 8 == 0 => thread::yield_now(),
                Err(mpsc::TryRecvError::Empty) => hint::spin_loop(),
                Err(mpsc::TryRecvError::Disconnected) => return None,
            }
        }
        from.recv().ok()
    })
}

/// What a writer's thread returned.
#[track_caller]
fn joined<T>(server: thread::JoinHandle<T>) -> T {
    server
        .join()
        .unwrap_or_else(|_| panic!("write panicked instead of returning"))
}

/// A line that takes its time to go, so that others come in meanwhile.
struct Unhurried(#[allow(dead_code, reason = "it lives as long as the line")] Canary);

impl Drop for Unhurried {
    fn drop(&mut self) {
        thread::yield_now();
    }
}

/// What is said if `take` does not tell the end.
fn endless(when_full: WhenFull) -> String {
    format!(
        "with {when_full:?}, every writer is gone and no line is left, but take never returned: \
         who still holds an end that writes?"
    )
}

/// A line in the log. It is alive until it is dropped.
struct Line {
    number: usize,
    _canary: Canary,
}

/// A log under test. All that is asked of it is recorded, so that a call that never returns has a
/// name.
fn start(run: &Run, room: usize, when_full: WhenFull) -> (WatchedWriter, WatchedShipper) {
    let (writer, shipper) = log(room, when_full);
    let writer = WatchedWriter {
        writer,
        when_full,
        name: "writer",
        lines: Cage::new(),
        run: run.clone(),
    };
    let shipper = WatchedShipper {
        shipper,
        when_full,
        run: run.clone(),
    };
    (writer, shipper)
}

/// A picture may show two logs, one after the other.
fn lane(whose: &str, when_full: WhenFull) -> String {
    match when_full {
        Wait => whose.to_owned(),
        DropOldest => format!("ring's {whose}"),
    }
}

struct WatchedWriter {
    writer: Writer<Line>,
    when_full: WhenFull,
    /// Its lane in the picture.
    name: &'static str,
    /// Canaries of the lines.
    lines: Cage,
    run: Run,
}

impl WatchedWriter {
    /// Writes a line, or says which came back.
    fn write(&self, number: usize) -> Result<(), usize> {
        let on = lane(self.name, self.when_full);
        let _span = self.run.span_on(&on, format!("write line {number}"));
        let line = Line {
            number,
            _canary: self.lines.canary(),
        };
        let why = match self.when_full {
            Wait => "",
            DropOldest => ", but a ring makes nobody wait",
        };
        let what = format!("write(line {number})");
        let never = format!("{what} never returned{why}");
        let result = self.run.watched(&what, never, || self.writer.write(line));
        result.map_err(|HungUp(line)| line.number)
    }

    #[track_caller]
    fn must_write(&self, number: usize) {
        assert!(
            self.write(number).is_ok(),
            "line {number} came back, though the shipper is still there"
        );
    }

    fn another(&self, name: &'static str) -> Self {
        Self {
            writer: self.writer.clone(),
            lines: self.lines.clone(),
            run: self.run.clone(),
            name,
            ..*self
        }
    }

    fn close(self) {
        let Self { run, writer, .. } = self;
        // The stub's `close` takes it by reference: gone it has to be all the same.
        run.call("close", move || writer.close());
    }
}

struct WatchedShipper {
    shipper: Shipper<Line>,
    when_full: WhenFull,
    run: Run,
}

impl WatchedShipper {
    /// The next line's number, and how many are lost before it. `else_say` is the sentence for the
    /// case that this never returns.
    fn take(&mut self, else_say: impl Into<String>) -> Option<(usize, usize)> {
        let taken = self
            .run
            .watched("take", else_say.into(), || self.shipper.take());
        let taken = taken.map(|entry| (entry.line.number, entry.lost_before));
        let label = taken.map_or("the end".to_owned(), |(number, _)| format!("line {number}"));
        drop(self.run.span_on(&lane("shipper", self.when_full), label));
        taken
    }

    /// The numbers of so many lines.
    #[track_caller]
    fn take_so_many(&mut self, lines: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        for so_far in 0..lines {
            let next = self.take(format!(
                "{lines} lines should arrive, but after {so_far} of them take never returned"
            ));
            let Some((number, lost)) = next else {
                panic!("{lines} lines should arrive, but the log ended after {so_far}");
            };
            assert!(
                lost == 0 || so_far == 0,
                "nothing was lost behind line {}, but take counted {lost}",
                taken[so_far - 1]
            );
            taken.push(number);
        }
        taken
    }

    fn take_on_a_thread(mut self, else_say: String) -> Taking {
        let (begun, returned) = (Count::new(), Count::new());
        let thread = thread::spawn({
            let (begun, returned) = (begun.clone(), returned.clone());
            move || {
                begun.add();
                let taken = self.take(else_say);
                returned.add();
                (self, taken)
            }
        });
        begun.wait_for(1);
        Taking { returned, thread }
    }

    /// `taken` was the end, and it stays the end.
    #[track_caller]
    fn has_ended(&mut self, taken: Option<(usize, usize)>) {
        let when_full = self.when_full;
        for taken in [taken, self.take(endless(when_full))] {
            assert!(
                taken.is_none(),
                "with {when_full:?}, every writer is gone and no line is left, but {} was taken",
                describe(taken)
            );
        }
    }

    #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
    fn hang_up(self) {
        let Self { run, shipper, .. } = self;
        run.call("drop(shipper)", || drop(shipper));
        run.moment("the shipper hangs up");
    }
}

/// A shipper that takes a line on another thread.
struct Taking {
    returned: Count,
    thread: thread::JoinHandle<(WatchedShipper, Option<(usize, usize)>)>,
}

impl Taking {
    fn wait(self) -> (WatchedShipper, Option<(usize, usize)>) {
        instruments::passed_on(self.thread.join())
    }
}

fn describe(taken: Option<(usize, usize)>) -> String {
    match taken {
        None => "nothing".to_owned(),
        Some((number, 0)) => format!("line {number}"),
        Some((number, lost)) => format!("line {number}, with {lost} lost before it,"),
    }
}
