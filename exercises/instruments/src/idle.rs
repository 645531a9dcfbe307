//! Tells a thread that sleeps from one that polls, by how the kernel sees it: one that sleeps is not
//! runnable, nobody switches to it, and it uses no time of a core.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::sampler;

/// A thread of this process, as the kernel knows it.
#[derive(Debug, Clone)]
pub struct Thread {
    task: PathBuf,
}

/// What a thread was at when it was looked at.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    sleeps: bool,
    /// How often it was switched away from, as it wished or not.
    switches: u64,
    /// How long it has been on a core, in hundredths of a second.
    ticks: u64,
}

/// How far a thread may go on before it counts as one that does not sleep. A library that yields a
/// little before it sleeps stays below: rayon does so some thirty times.
const SWITCHES: u64 = 100;
const TICKS: u64 = 5;

impl Thread {
    /// The calling thread.
    ///
    /// # Panics
    /// If `/proc` is not there.
    pub fn here() -> Self {
        let task = fs::read_link("/proc/thread-self").expect("Linux keeps /proc");
        Self {
            task: PathBuf::from("/proc").join(task),
        }
    }

    /// Whether the thread comes to sleep for `time` without being woken. It is given time until it
    /// has gone on for as long as no thread does that means to sleep, however slow the machine is. A
    /// machine so busy that a thread which polls gets no turn for `time` may take it for one that
    /// sleeps, never the other way round.
    pub fn sleeps_for(&self, time: Duration) -> bool {
        let first = self.look();
        loop {
            let before = self.look();
            if before.is_far_from(&first) {
                return false;
            }
            thread::sleep(time);
            if before.sleeps && self.look() == before {
                return true;
            }
        }
    }

    /// Whether the thread sleeps, and goes on to sleep for `time`. For one that is known to have come
    /// to its rest, see [`sleeps_for`](Self::sleeps_for): a thread that looks now and then whether there
    /// is something to do is found out in a time in which it looks once. One that waits without a time
    /// limit is believed at once, because it cannot look before another thread wakes it.
    pub fn stays_asleep_for(&self, time: Duration) -> bool {
        let before = self.look();
        if before.sleeps && self.waits_without_limit() {
            return true;
        }
        thread::sleep(time);
        before.sleeps && self.look() == before
    }

    /// False where the kernel does not tell.
    fn waits_without_limit(&self) -> bool {
        let syscall = fs::read_to_string(self.task.join("syscall"));
        syscall.is_ok_and(|syscall| sampler::waits_for_ever(&syscall))
    }

    /// A thread that has ended sleeps for good.
    fn look(&self) -> Look {
        let read = |file| fs::read_to_string(self.task.join(file)).unwrap_or_default();
        look(&read("status"), &read("stat"))
    }
}

impl Look {
    fn is_far_from(&self, first: &Self) -> bool {
        self.switches > first.switches + SWITCHES || self.ticks > first.ticks + TICKS
    }
}

fn look(status: &str, stat: &str) -> Look {
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    let switches = status
        .lines()
        .filter_map(|line| line.split_once("ctxt_switches:"))
        .filter_map(|(_, number)| number.trim().parse::<u64>().ok());
    Look {
        sleeps: !state.is_some_and(|state| state.trim_start().starts_with('R')),
        switches: switches.sum(),
        ticks: ticks(stat),
    }
}

/// How long a thread or a process has been on a core, in hundredths of a second, as its `stat` says.
pub(crate) fn ticks(stat: &str) -> u64 {
    // The second field, a name in parentheses, may hold anything; the fields from the third on are
    // separated by spaces, and the 14th and 15th are the time in the program and in the kernel.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.filter_map(|number| number.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn ask(work: impl FnOnce() + Send + 'static) -> Thread {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            sender.send(Thread::here()).expect("the test receives it");
            work();
        });
        receiver.recv().expect("the thread sends itself")
    }

    #[test]
    fn a_parked_thread_sleeps() {
        let parked = ask(thread::park);
        assert!(parked.sleeps_for(Duration::from_millis(50)));
    }

    #[test]
    fn a_thread_that_waits_without_a_limit_is_believed_at_once() {
        let parked = ask(thread::park);
        let day = Duration::from_hours(24);
        assert!(parked.sleeps_for(Duration::from_millis(50)) && parked.stays_asleep_for(day));
    }

    #[test]
    fn a_thread_that_spins_does_not_sleep() {
        let spinning = ask(|| {
            loop {
                std::hint::spin_loop();
            }
        });
        assert!(!spinning.sleeps_for(Duration::from_millis(50)));
    }

    #[test]
    fn a_thread_that_looks_every_millisecond_does_not_sleep() {
        let polling = ask(|| {
            loop {
                thread::sleep(Duration::from_millis(1));
            }
        });
        assert!(!polling.sleeps_for(Duration::from_millis(50)));
    }

    #[test]
    fn a_thread_that_looks_now_and_then_does_not_stay_asleep() {
        let polling = ask(|| {
            loop {
                thread::sleep(Duration::from_millis(150));
            }
        });
        assert!(polling.sleeps_for(Duration::from_millis(50)));
        assert!(!polling.stays_asleep_for(Duration::from_millis(300)));
        let parked = ask(thread::park);
        assert!(parked.sleeps_for(Duration::from_millis(50)));
        assert!(parked.stays_asleep_for(Duration::from_millis(300)));
    }

    #[test]
    fn a_thread_that_hesitates_before_it_sleeps_does_sleep() {
        let hesitant = ask(|| {
            for _ in 0..8 {
                thread::sleep(Duration::from_millis(30));
            }
            thread::park();
        });
        assert!(hesitant.sleeps_for(Duration::from_millis(50)));
    }

    #[test]
    fn what_the_kernel_says_is_understood() {
        let status = "State:\tR (running)\nvoluntary_ctxt_switches:\t3\n\
                      nonvoluntary_ctxt_switches:\t4\n";
        let stat = "12 (a) b) R 1 2 3 4 5 6 7 8 9 10 50 7 0 0";
        let expected = Look {
            sleeps: false,
            switches: 7,
            ticks: 57,
        };
        assert_eq!(look(status, stat), expected);
    }
}
