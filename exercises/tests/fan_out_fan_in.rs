//! What fan-out and fan-in must do, from the first thing to the last.
//!
//! `core` and `pattern` complete the exercise; `stretch` earns a mark of its own. One rung alone:
//! `cargo test -p exercises --test fan_out_fan_in core`.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use exercises::fan_out_fan_in::{FanIn, fan_out};
use instruments::canary::{Cage, Canary};
use instruments::gate::{Count, Gate};
use instruments::{PROBE, Run};

use Part::{Hash, Read};

/// Every hash, and as many at once as there are workers.
mod core {
    use super::*;

    #[test]
    fn every_file_is_hashed_once() {
        instruments::test(|run| {
            let hashes = Backup::new(&run, 20, 3, 2).start();
            hashes.has_all(20);
        });
    }

    #[test]
    fn an_empty_disk_has_no_hashes() {
        instruments::test(|run| {
            let hashes = Backup::new(&run, 0, 3, 2).start();
            hashes.has_all(0);
        });
    }

    #[test]
    fn three_workers_hash_three_files_at_once() {
        instruments::test(|run| {
            // Opens when three are inside together: a worker that works alone waits for ever.
            let three = run.rendezvous(3, |inside| {
                format!("only {inside} of 3 files were hashed at once, but there are 3 workers")
            });
            let backup = Backup::new(&run, 3, 3, 2).meanwhile(move |part, _| {
                if part == Hash {
                    three.arrive();
                }
            });
            backup.start().has_all(3);
        });
    }

    #[test]
    fn a_fourth_file_waits_for_a_free_worker() {
        instruments::test(|run| {
            run.at_most_at_once(3, "one more than there are workers");
            let held = Held::new(&run, 0..8, 3);
            let hashes = Backup::new(&run, 8, 3, 2).hold(&held).start();
            held.inside.wait_for(3);
            let too_many = held.inside.reaches(4, PROBE);
            held.gate.open();
            assert!(
                !too_many,
                "4 files were hashed at once, but there are 3 workers"
            );
            hashes.has_all(8);
        });
    }

    #[test]
    fn thirty_files_share_three_threads() {
        instruments::test(|run| {
            run.at_most_workers(3, "a thread more than there are workers");
            let hashes = Backup::new(&run, 30, 3, 2).start();
            hashes.has_all(30);
            let threads = run.workers();
            assert!(
                threads <= 3,
                "30 files were hashed on {threads} threads, but there are 3 workers"
            );
        });
    }

    #[test]
    fn no_workers_are_refused() {
        instruments::test(|run| {
            // Whether `fan_out` is written at all shows here.
            Backup::new(&run, 0, 1, 1).start().has_all(0);
            let hashes = panic::catch_unwind(|| fan_out(0..3, 0, 1, |file: u32| file));
            assert!(
                hashes.is_err(),
                "fan_out took 0 workers, with whom items would wait for ever, instead of panicking"
            );
        });
    }
}

/// What makes it this pattern: a free worker takes the next, whatever is ready comes out, one bound
/// from end to end, and an orderly end from either side.
mod pattern {
    #[cfg(target_os = "linux")]
    use std::sync::mpsc;

    #[cfg(target_os = "linux")]
    use instruments::idle;

    use super::*;

    #[test]
    fn the_first_hash_comes_out_before_the_last_file_is_read() {
        instruments::test(|run| {
            let taken = run.count(|_| {
                "the disk waits with its last file until the first hash is taken, but no hash \
                 comes out: somebody collects them"
                    .to_owned()
            });
            let backup = Backup::new(&run, 12, 3, 1).meanwhile({
                let taken = taken.clone();
                move |part, file| {
                    if (part, file) == (Read, 11) {
                        taken.wait_for(1);
                    }
                }
            });
            let mut hashes = backup.start();
            hashes.next();
            taken.add();
            hashes.has_all(12);
        });
    }

    #[test]
    fn a_small_file_overtakes_a_large_one() {
        instruments::test(|run| {
            let large = Held::new(&run, 0..1, 1);
            let mut hashes = Backup::new(&run, 4, 2, 1).hold(&large).start();
            large.inside.wait_for(1);
            for _ in 0..3 {
                let waits = "the hashes of the small files wait for that of the large one, which \
                             was read first";
                let came = hashes.has_next_or(waits.to_owned());
                assert!(came, "next() returned None while file 0 was being hashed");
            }
            large.gate.open();
            hashes.has_all(4);
        });
    }

    #[test]
    fn no_file_waits_behind_a_busy_worker_while_another_is_idle() {
        instruments::test(|run| {
            let large = Held::new(&run, 0..1, 1);
            let small = run.count(|hashed| {
                format!(
                    "one worker hashes a large file, and of 6 small ones only {hashed} were hashed: \
                     the next waits for the busy worker, while the other is idle"
                )
            });
            let backup = Backup::new(&run, 7, 2, 6).hold(&large);
            let hashes = backup
                .meanwhile({
                    let small = small.clone();
                    move |part, file| {
                        if part == Hash && file > 0 {
                            small.add();
                        }
                    }
                })
                .start();
            large.inside.wait_for(1);
            small.wait_for(6);
            large.gate.open();
            hashes.has_all(7);
        });
    }

    #[test]
    fn a_caller_that_takes_nothing_holds_the_disk_back() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 14, 3, 2);
            let read = backup.read.clone();
            let hashes = backup.start();
            let too_many = read.reaches(9, PROBE);
            assert!(
                !too_many,
                "9 files were read while nobody took a hash, but there is room for 8: 2 wait for a \
                 worker, each of 3 workers has one, 2 hashes wait, and one more file has been read"
            );
            hashes.has_all(14);
        });
    }

    #[test]
    fn busy_workers_hold_the_disk_back() {
        instruments::test(|run| {
            let held = Held::new(&run, 0..12, 3);
            let backup = Backup::new(&run, 12, 3, 2).hold(&held);
            let read = backup.read.clone();
            let hashes = backup.start();
            held.inside.wait_for(3);
            let too_many = read.reaches(7, PROBE);
            held.gate.open();
            assert!(
                !too_many,
                "7 files were read while 3 workers were at their first, but there is room for 6: each \
                 worker has one, 2 wait for a worker, and one more has been read"
            );
            hashes.has_all(12);
        });
    }

    #[test]
    fn a_file_that_comes_late_does_not_wait_behind_a_hash() {
        instruments::test(|run| {
            let late = Held::reading(&run, 1);
            let begun = run.count(|_| {
                "the hash of file 0 waits for the caller, and file 1 waits behind it, though the other \
                 of 2 workers is idle"
                    .to_owned()
            });
            let backup = Backup::new(&run, 3, 2, 0).hold(&late);
            let hashes = backup
                .meanwhile({
                    let begun = begun.clone();
                    move |part, _| {
                        if part == Hash {
                            begun.add();
                        }
                    }
                })
                .start();
            begun.wait_for(1);
            late.inside.wait_for(1);
            // Time for the hash of file 0 to come as far as it can.
            begun.reaches(2, PROBE);
            late.gate.open();
            begun.wait_for(2);
            hashes.has_all(3);
        });
    }

    #[test]
    fn the_calling_thread_neither_reads_nor_hashes() {
        instruments::test(|run| {
            let caller = thread::current().id();
            let (reads, works) = (Count::new(), Count::new());
            let backup = Backup::new(&run, 20, 2, 1).meanwhile({
                let (reads, works) = (reads.clone(), works.clone());
                move |part, _| {
                    if thread::current().id() == caller {
                        match part {
                            Read => reads.add(),
                            Hash => works.add(),
                        }
                    }
                }
            });
            backup.start().has_all(20);
            let (reads, works) = (reads.get(), works.get());
            assert!(
                reads == 0,
                "{reads} of 20 files were read on the thread that called fan_out"
            );
            assert!(
                works == 0,
                "{works} of 20 files were hashed on the thread that called fan_out"
            );
        });
    }

    #[test]
    fn the_workers_run_ahead_of_the_caller() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 20, 2, 4);
            let read = backup.read.clone();
            let hashes = backup.start();
            // One with each worker, and four hashes that wait.
            read.wait_for(6);
            hashes.has_all(20);
        });
    }

    #[test]
    fn a_slow_disk_is_waited_for() {
        instruments::test(|run| {
            let slow = Held::reading(&run, 2);
            let hashes = Backup::new(&run, 6, 2, 1).hold(&slow).start();
            // The caller waits in next() meanwhile, and the workers for a file.
            let opener = thread::spawn(move || {
                slow.inside.wait_for(1);
                slow.inside.reaches(2, PATIENCE);
                slow.gate.open();
            });
            let hashes = hashes.all();
            instruments::passed_on(opener.join());
            let good = hashes.good.len();
            assert!(
                good == 6,
                "the disk took its time over file 2, and only {good} of 6 hashes came out: who gave up?"
            );
        });
    }

    #[test]
    fn the_end_waits_for_the_slowest_worker() {
        instruments::test(|run| {
            let last = Held::new(&run, 0..1, 1);
            let mut hashes = Backup::new(&run, 6, 3, 6).hold(&last).start();
            last.inside.wait_for(1);
            let ended = "next() returned None while a worker was still hashing file 0";
            for _ in 0..5 {
                let came = hashes.has_next();
                assert!(came, "{ended}");
            }
            // All but one worker have nothing more to do, and time to say so.
            let opener = thread::spawn(move || {
                Count::new().reaches(1, PROBE);
                last.gate.open();
            });
            let came = hashes.has_next();
            instruments::passed_on(opener.join());
            assert!(came, "{ended}");
            hashes.has_all(6);
        });
    }

    #[test]
    fn a_caller_that_hangs_up_ends_the_reading() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 40, 3, 2);
            let read = backup.read.clone();
            let mut hashes = backup.start();
            hashes.next();
            // Time to fill all queues: then all threads wait for room when the caller hangs up.
            read.reaches(9, PROBE);
            hashes.hang_up();
            let read = read.get();
            assert!(
                read <= 9,
                "the caller hung up after one hash, when there was room for 8 more files, but the \
                 disk went on: {read} were read"
            );
        });
    }

    #[test]
    fn hanging_up_waits_for_the_files_in_hand() {
        instruments::test(|run| {
            run.none_open_at("drop(hashes) returned", "still at work");
            let held = Held::new(&run, 0..12, 3);
            let hashes = Backup::new(&run, 12, 3, 2).hold(&held).start();
            held.inside.wait_for(3);
            let hanging_up = hashes.hang_up_on_a_thread();
            let too_early = hanging_up.returned.reaches(1, PROBE);
            held.gate.open();
            assert!(
                !too_early,
                "drop(hashes) returned while 3 workers were still hashing"
            );
            hanging_up.wait();
        });
    }

    #[test]
    fn hanging_up_waits_for_the_reading() {
        instruments::test(|run| {
            run.none_open_at("drop(hashes) returned", "still at work");
            let held = Held::reading(&run, 3);
            let hashes = Backup::new(&run, 4, 2, 1).hold(&held).start();
            // No hash is taken, so the workers wait for room. Whether file 3 is being read
            // meanwhile depends on the design.
            let is_read = held.inside.reaches(1, PROBE);
            let hanging_up = hashes.hang_up_on_a_thread();
            let too_early = is_read && hanging_up.returned.reaches(1, PROBE);
            held.gate.open();
            assert!(
                !too_early,
                "drop(hashes) returned while file 3 was still being read"
            );
            hanging_up.wait();
        });
    }

    #[test]
    fn disk_files_and_threads_are_gone_when_the_caller_hangs_up() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 14, 2, 2);
            let (alive, threads) = (backup.alive.clone(), backup.threads.clone());
            let mut hashes = backup.start();
            hashes.next();
            hashes.hang_up();
            let alive = alive.alive();
            assert!(
                alive == 0,
                "drop(hashes) returned, but {alive} of the disk, the work and the files are still there"
            );
            run.until(
                "the threads' end",
                "drop(hashes) returned, but its threads never end".to_owned(),
                || threads.wait_until_empty(),
            );
        });
    }

    #[test]
    fn a_panic_costs_one_hash_and_no_worker() {
        instruments::test(|run| {
            run.at_most_workers(2, "a thread more than there are workers");
            // More files panic than there are workers. Then two must be hashed at once.
            let both = run.rendezvous(2, |inside| {
                format!(
                    "5 files made `work` panic, and afterwards only {inside} of 2 workers was left \
                     to hash"
                )
            });
            let backup = Backup::new(&run, 9, 2, 1).meanwhile(move |part, file| {
                if part == Hash && file < 5 {
                    instruments::panic_on_purpose("unreadable");
                }
                if part == Hash && file >= 7 {
                    both.arrive();
                }
            });
            let hashes = backup.start().all();
            let (good, bad) = (hashes.good.len(), hashes.panics.len());
            assert!(
                (good, bad) == (4, 5),
                "5 of 9 files made `work` panic, but {good} hashes and {bad} panics came out \
                 instead of 4 and 5"
            );
            let threads = run.workers();
            assert!(
                threads <= 2,
                "5 of 9 files made `work` panic, and {threads} threads were started in all, but \
                 there are 2 workers, and a panic ends none of them"
            );
        });
    }

    #[test]
    fn a_panic_while_reading_comes_last() {
        instruments::test(|run| {
            let (last, gone) = (Held::new(&run, 4..5, 1), Count::new());
            let backup = Backup::new(&run, 9, 2, 1).hold(&last).meanwhile({
                let gone = gone.clone();
                move |part, file| {
                    if (part, file) == (Read, 5) {
                        gone.add();
                        instruments::panic_on_purpose("the disk is gone");
                    }
                }
            });
            let mut hashes = backup.start();
            for _ in 0..4 {
                hashes.next();
            }
            // File 4 is still being hashed when the source panics. A panic that needs longer to come
            // out than this slips through; one that is in its place is never taken for early.
            let opener = thread::spawn(move || {
                gone.reaches(1, PROBE);
                Count::new().reaches(1, PROBE);
                last.gate.open();
            });
            let hashes = hashes.all();
            instruments::passed_on(opener.join());
            let panics = hashes.panics.len();
            assert!(
                panics == 1,
                "the source panicked over file 5, and nothing else did, but {panics} panics came out"
            );
            let good = hashes.good.len();
            assert!(
                good == 5,
                "5 files had been read when the source panicked, but {good} hashes came out"
            );
            assert!(
                hashes.last_is_a_panic,
                "the source's panic came out before the last hash"
            );
        });
    }

    #[test]
    fn without_room_each_hash_is_handed_straight_over() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 9, 3, 0);
            let read = backup.read.clone();
            let hashes = backup.start();
            let too_many = read.reaches(5, PROBE);
            assert!(
                !too_many,
                "5 files were read while nobody took a hash, but with room 0 there can be 4: each \
                 of 3 workers has one, and one more has been read"
            );
            hashes.has_all(9);
        });
    }

    #[test]
    fn no_hash_is_lost_under_pressure() {
        instruments::test(|run| {
            let never = "next() never returned: 600 small files are in a hurry, and a thread that should wake sleeps on";
            let mut seen = run.watched("next()", never.to_owned(), || {
                fan_out(0..600_u32, 4, 1, |file| file)
                    .map(|hash| {
                        run.gets_on();
                        hash.expect("nothing panics")
                    })
                    .collect::<Vec<u32>>()
            });
            seen.sort_unstable();
            assert!(
                seen.iter().copied().eq(0..600),
                "600 small files went in, but {} hashes came out, or some of them twice",
                seen.len()
            );
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_worker_that_waits_sleeps() {
        instruments::test(|run| {
            // First a worker waits for a file, then until its hash is taken.
            for (held, what) in [
                (Some(Held::reading(&run, 1)), "a file"),
                (None, "room for its hash"),
            ] {
                let (here, thread) = mpsc::channel();
                let backup = Backup::new(&run, 4, 1, 0).meanwhile(move |part, file| {
                    if (part, file) == (Hash, 0) {
                        let _ = here.send(idle::Thread::here());
                    }
                });
                let backup = match &held {
                    Some(held) => backup.hold(held),
                    None => backup,
                };
                let mut hashes = backup.start();
                if held.is_some() {
                    hashes.next();
                }
                let thread = run.watched(
                    "the first file",
                    "the worker never got a file".to_owned(),
                    || thread.recv().expect("the backup has not ended"),
                );
                let sleeps = thread.sleeps_for(PROBE);
                if let Some(held) = held {
                    held.gate.open();
                }
                assert!(
                    sleeps,
                    "a worker waits for {what}, and stays awake to look for it"
                );
                hashes.has_all(4);
            }
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_reads_sleeps_while_there_is_no_room() {
        instruments::test(|run| {
            let (here, thread) = mpsc::channel();
            let backup = Backup::new(&run, 9, 2, 1).meanwhile(move |part, file| {
                if (part, file) == (Read, 0) {
                    let _ = here.send(idle::Thread::here());
                }
            });
            let hashes = backup.start();
            let thread = run.watched(
                "the first file",
                "nobody takes a hash, and no file is read".to_owned(),
                || thread.recv().expect("the backup has not ended"),
            );
            assert!(
                thread.sleeps_for(PROBE),
                "nobody takes a hash, and whoever reads the disk stays awake to look for room"
            );
            hashes.has_all(9);
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_caller_that_waits_sleeps() {
        instruments::test(|run| {
            let held = Held::new(&run, 0..1, 1);
            let hashes = Backup::new(&run, 4, 1, 1).hold(&held).start();
            held.inside.wait_for(1);
            let (here, caller) = mpsc::channel();
            let taking = thread::spawn(move || {
                let _ = here.send(idle::Thread::here());
                hashes.has_all(4);
            });
            let caller = caller.recv().expect("the caller says where it is");
            let sleeps = caller.sleeps_for(PROBE);
            held.gate.open();
            assert!(
                sleeps,
                "the caller waits in next(), and stays awake to look for a hash"
            );
            if let Err(panic) = taking.join() {
                panic::resume_unwind(panic);
            }
        });
    }
}

/// The panics themselves.
mod stretch {
    use super::*;

    #[test]
    fn the_panic_of_a_file_itself_comes_out() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 6, 2, 1).meanwhile(|part, file| {
                if (part, file) == (Hash, 2) {
                    instruments::panic_on_purpose("unreadable");
                }
            });
            let panics = backup.start().all().panics;
            assert!(
                panics == ["unreadable"],
                "`work` panicked once, with \"unreadable\", but these panics came out: {panics:?}"
            );
        });
    }

    #[test]
    fn the_panic_of_the_source_itself_comes_out() {
        instruments::test(|run| {
            let backup = Backup::new(&run, 6, 2, 1).meanwhile(|part, file| {
                if (part, file) == (Read, 2) {
                    instruments::panic_on_purpose("the disk is gone");
                }
            });
            let panics = backup.start().all().panics;
            assert!(
                panics == ["the disk is gone"],
                "the source panicked with \"the disk is gone\", but these panics came out: {panics:?}"
            );
        });
    }

    #[test]
    fn two_panics_at_once_both_come_out() {
        instruments::test(|run| {
            let both = run.rendezvous(2, |inside| {
                format!("only {inside} of 2 files were hashed at once, but there are 2 workers")
            });
            let backup = Backup::new(&run, 6, 2, 1).meanwhile(move |part, file| {
                if part == Hash && file < 2 {
                    both.arrive();
                    instruments::panic_on_purpose(["unreadable", "too large"][file]);
                }
            });
            let mut hashes = backup.start().all();
            hashes.panics.sort_unstable();
            assert!(
                hashes.panics == ["too large", "unreadable"],
                "`work` panicked over two files at once, with \"unreadable\" and \"too large\", but \
                 these panics came out: {:?}",
                hashes.panics
            );
        });
    }

    #[test]
    fn a_panic_that_is_no_text_comes_out_as_it_is() {
        instruments::test(|run| {
            let results = run.watched("next()", "next() never returned".to_owned(), || {
                fan_out(0..1, 1, 1, |_| -> u32 {
                    panic::resume_unwind(Box::new(404_u32))
                })
                .collect::<Vec<_>>()
            });
            let number = match results.as_slice() {
                [Err(payload)] => payload.downcast_ref::<u32>(),
                _ => None,
            };
            assert!(
                number == Some(&404),
                "`work` panicked with the number 404, but something else came out"
            );
        });
    }
}

/// Time for a thread to lose its patience, were it to give up after a while.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Read,
    Hash,
}

/// What happens while a part is at a file.
type Meanwhile = Arc<dyn Fn(Part, usize) + Send + Sync>;

/// A disk with so many files, and what is hashed of it.
struct Backup {
    run: Run,
    files: usize,
    workers: usize,
    room: usize,
    meanwhile: Vec<Meanwhile>,
    /// How many files have been read.
    read: Count,
    /// Canaries of the disk, of the work, and of each file.
    alive: Cage,
    threads: Cage,
}

struct File {
    number: usize,
    _canary: Canary,
}

/// A file's number, and something that only its own content can give.
type Hashed = (usize, u64);

fn hash(file: usize) -> u64 {
    (file as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Backup {
    fn new(run: &Run, files: usize, workers: usize, room: usize) -> Self {
        Self {
            run: run.clone(),
            files,
            workers,
            room,
            meanwhile: Vec::new(),
            read: run.count(move |read| {
                format!(
                    "nobody takes a hash, and only {read} files were read, though {workers} workers \
                     can have one each, and {room} hashes have room to wait"
                )
            }),
            alive: Cage::new(),
            threads: Cage::new(),
        }
    }

    fn meanwhile(mut self, happens: impl Fn(Part, usize) + Send + Sync + 'static) -> Self {
        self.meanwhile.push(Arc::new(happens));
        self
    }

    fn hold(self, held: &Held) -> Self {
        let held = held.clone();
        self.meanwhile(move |part, file| {
            if part == held.part && held.files.contains(&file) {
                held.inside.add();
                held.gate.wait();
            }
        })
    }

    fn start(self) -> Hashes {
        let Self {
            run,
            files,
            workers,
            room,
            meanwhile,
            read,
            alive,
            threads,
        } = self;
        let meanwhile: Meanwhile = Arc::new(move |part, file| {
            for happens in &meanwhile {
                happens(part, file);
            }
        });
        let (disk, work) = (alive.canary(), alive.canary());
        let source = (0..files).map({
            let meanwhile = Arc::clone(&meanwhile);
            move |number| {
                let _lives_with_the_disk = &disk;
                meanwhile(Read, number);
                read.add();
                File {
                    number,
                    _canary: alive.canary(),
                }
            }
        });
        let work = {
            let run = run.clone();
            move |file: File| {
                let _lives_with_the_work = &work;
                threads.watch_this_thread();
                let number = file.number;
                let job = run.job(format!("file {number}"), || meanwhile(Hash, number));
                job();
                (number, hash(number))
            }
        };
        let fan_in = run.call("fan_out", || fan_out(source, workers, room, work));
        Hashes {
            run,
            files,
            fan_in,
            taken: Taken::default(),
        }
    }
}

/// A part that stops at some files until its gate opens.
#[derive(Clone)]
struct Held {
    part: Part,
    files: std::ops::Range<usize>,
    inside: Count,
    gate: Gate,
}

impl Held {
    /// Holds workers at these files, of which so many are expected at once.
    fn new(run: &Run, files: std::ops::Range<usize>, at_once: usize) -> Self {
        Self {
            part: Hash,
            files,
            inside: run.count(move |inside| {
                format!(
                    "only {inside} of {at_once} files were begun, though {at_once} workers are free"
                )
            }),
            gate: Gate::new(),
        }
    }

    fn reading(run: &Run, file: usize) -> Self {
        Self {
            part: Read,
            files: file..file + 1,
            inside: run
                .count(move |_| format!("file {file} was never read, though there is room for it")),
            gate: Gate::new(),
        }
    }
}

/// The iterator under test. What comes out is kept.
struct Hashes {
    run: Run,
    files: usize,
    fan_in: FanIn<Hashed>,
    taken: Taken,
}

#[derive(Debug, Default)]
struct Taken {
    good: Vec<Hashed>,
    panics: Vec<String>,
    last_is_a_panic: bool,
}

impl Hashes {
    /// Takes what comes next, and says whether something came.
    fn has_next(&mut self) -> bool {
        let taken = self.taken.good.len() + self.taken.panics.len();
        let files = self.files;
        let never = if taken < files {
            format!("next() never returned: only {taken} of {files} hashes have come out")
        } else {
            format!(
                "all {files} hashes have come out, but next() waits for one more: who could still \
                 send it?"
            )
        };
        self.has_next_or(never)
    }

    /// With another sentence for the case that nothing ever comes.
    fn has_next_or(&mut self, never: String) -> bool {
        let fan_in = AssertUnwindSafe(&mut self.fan_in);
        let next = self.run.until("next()", never, || {
            panic::catch_unwind(|| { fan_in }.0.next())
        });
        let next = next
            .unwrap_or_else(|_| panic!("next() panicked itself instead of handing the panic out"));
        let Some(result) = next else {
            return false;
        };
        self.taken.last_is_a_panic = result.is_err();
        match result {
            Ok(hashed) => self.taken.good.push(hashed),
            Err(payload) => {
                let words = payload.downcast_ref::<&str>();
                let words = words.map_or("something else", |words| *words);
                self.taken.panics.push(words.to_owned());
            }
        }
        true
    }

    #[track_caller]
    fn next(&mut self) {
        let came = self.has_next();
        assert!(
            came,
            "next() returned None, but only {} of {} hashes have come out",
            self.taken.good.len(),
            self.files
        );
    }

    /// Takes what is left, and hangs up.
    #[track_caller]
    fn all(mut self) -> Taken {
        while self.has_next() {}
        let again = self.has_next();
        assert!(!again, "next() returned None, and then one more hash");
        let taken = std::mem::take(&mut self.taken);
        self.hang_up();
        taken
    }

    #[track_caller]
    fn has_all(self, files: usize) {
        let mut hashes = self.all();
        assert!(
            hashes.panics.is_empty(),
            "nothing panicked, but these panics came out: {:?}",
            hashes.panics
        );
        hashes.good.sort_unstable();
        let expected = (0..files).map(|file| (file, hash(file)));
        assert!(
            hashes.good.iter().copied().eq(expected),
            "{files} files should be hashed once each, but hashes came out of these: {:?}",
            hashes.good.iter().map(|(file, _)| file).collect::<Vec<_>>()
        );
    }

    #[allow(clippy::drop_non_drop, reason = "the stub has nothing to drop yet")]
    fn hang_up(self) {
        let Self { run, fan_in, .. } = self;
        run.call("drop(hashes)", || drop(fan_in));
        run.moment("drop(hashes) returned");
    }

    fn hang_up_on_a_thread(self) -> HangingUp {
        let (begun, returned) = (Count::new(), Count::new());
        let thread = thread::spawn({
            let (begun, returned) = (begun.clone(), returned.clone());
            move || {
                begun.add();
                self.hang_up();
                returned.add();
            }
        });
        begun.wait_for(1);
        HangingUp { returned, thread }
    }
}

/// A `FanIn` that is being dropped on a separate thread.
struct HangingUp {
    returned: Count,
    thread: JoinHandle<()>,
}

impl HangingUp {
    fn wait(self) {
        instruments::passed_on(self.thread.join());
    }
}
