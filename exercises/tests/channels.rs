//! What a log with a bound must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test channels core`.

use std::thread;
use std::time::{Duration, Instant};

use exercises::channels::{HungUp, Shipper, WhenFull, Writer, log};
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
            server.join().expect("it only writes");
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
            server.join().expect("it only writes");
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
                server.join().expect("it only writes");
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
}

/// What makes it this pattern: an end from either side, and a count of what is missing.
mod pattern {
    use super::*;

    #[test]
    fn the_log_ends_when_its_last_writer_is_gone() {
        instruments::test(|run| {
            for when_full in [Wait, DropOldest] {
                let (writer, shipper) = start(&run, 2, when_full);
                let other = writer.another("writer 2");
                drop(writer);
                let taking = shipper.take_on_a_thread(endless(when_full));
                let too_early = taking.returned.reaches(1, PROBE);
                assert!(
                    !too_early,
                    "with {when_full:?}, take said that the log has ended, though a second writer \
                     is still there"
                );
                drop(other);
                let (mut shipper, taken) = taking.wait();
                shipper.has_ended(taken);
            }
        });
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
                let (number, result) = server.join().expect("it only writes");
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
}

/// From hand to hand, a ring without room, many writers under pressure, and sleep.
mod stretch {
    use std::panic;
    #[cfg(target_os = "linux")]
    use std::sync::mpsc;

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
            let second = run.call("write(line 1), after the hang-up,", || server.join());
            let second = second.expect("it only writes");
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
            let begun = Instant::now();
            while begun.elapsed() < HANDS {
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
                    let result = run.watched("write", never, || server.join());
                    let result = result.expect("it only writes");
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

    #[test]
    fn under_pressure_no_line_is_lost_without_being_counted() {
        instruments::test(|run| {
            for (room, when_full) in [(1, Wait), (2, Wait), (2, DropOldest)] {
                let (writer, mut shipper) = log(room, when_full);
                let servers = [0, 1, 2, 3].map(|server| {
                    let (writer, run) = (writer.clone(), run.clone());
                    thread::spawn(move || {
                        for number in 0..250_usize {
                            let result = writer.write((server, number));
                            assert!(result.is_ok(), "the shipper is still there");
                            run.gets_on();
                            if number % 8 == 0 {
                                // So that the shipper finds the ring empty at times.
                                thread::yield_now();
                            }
                        }
                    })
                });
                #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
                drop(writer);
                let (mut lost, mut arrived) = (0, [const { Vec::new() }; 4]);
                let stuck = "of 1000 lines, some never came, or the end did not: did somebody miss \
                             a wake-up?";
                run.watched("take", stuck.to_owned(), || {
                    while let Some(entry) = shipper.take() {
                        lost += entry.lost_before;
                        let (server, number): (usize, usize) = entry.line;
                        arrived[server].push(number);
                    }
                });
                for server in servers {
                    server.join().expect("no line comes back");
                }
                let taken: usize = arrived.iter().map(Vec::len).sum();
                assert!(
                    when_full == DropOldest || lost == 0,
                    "nothing is dropped where writers wait, but {lost} lines were counted as lost"
                );
                assert!(
                    taken + lost == 1000,
                    "with {when_full:?}, 1000 lines were written, but {taken} arrived and {lost} \
                     were counted as lost"
                );
                for (server, numbers) in arrived.iter().enumerate() {
                    assert!(
                        numbers.is_sorted_by(|a, b| a < b),
                        "with {when_full:?}, the lines of writer {server} did not arrive in order"
                    );
                }
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

/// How long writers meet again and again where there is no room. One that mistakes another's line for
/// its own is caught in this time, a slow machine may let it slip; it cannot fail a right one.
const HANDS: Duration = Duration::from_millis(300);

/// What is said if `take` does not tell the end.
fn endless(when_full: WhenFull) -> String {
    format!(
        "with {when_full:?}, every writer is gone and no line is left, but take never returned: \
         who still holds an end that writes?"
    )
}

/// A line in the log. It is alive until somebody drops it.
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

/// A shipper that takes a line on a thread of its own.
struct Taking {
    returned: Count,
    thread: thread::JoinHandle<(WatchedShipper, Option<(usize, usize)>)>,
}

impl Taking {
    fn wait(self) -> (WatchedShipper, Option<(usize, usize)>) {
        self.thread.join().expect("take does not panic")
    }
}

fn describe(taken: Option<(usize, usize)>) -> String {
    match taken {
        None => "nothing".to_owned(),
        Some((number, 0)) => format!("line {number}"),
        Some((number, lost)) => format!("line {number}, with {lost} lost before it,"),
    }
}
