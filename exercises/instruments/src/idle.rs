//! Tells a thread that sleeps from one that polls, by how the kernel sees it: one that sleeps is not
//! runnable, and nobody switches to it.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// A thread of this process, as the kernel knows it.
#[derive(Debug, Clone)]
pub struct Thread {
    task: PathBuf,
}

/// What a thread was at when it was looked at.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    sleeps: bool,
    switches: Vec<String>,
}

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

    /// Whether the thread sleeps for `time` without being woken, which it may be given eight
    /// attempts to come to. A machine so busy that a thread which polls gets no turn for that long
    /// may take it for one that sleeps, never the other way round.
    pub fn sleeps_for(&self, time: Duration) -> bool {
        (0..8).any(|_| {
            let before = self.look();
            thread::sleep(time);
            before.sleeps && self.look() == before
        })
    }

    /// A thread that has ended sleeps for good.
    fn look(&self) -> Look {
        let status = fs::read_to_string(self.task.join("status")).unwrap_or_default();
        look(&status)
    }
}

fn look(status: &str) -> Look {
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    Look {
        sleeps: !state.is_some_and(|state| state.trim_start().starts_with('R')),
        switches: status
            .lines()
            .filter(|line| line.contains("ctxt_switches"))
            .map(str::to_owned)
            .collect(),
    }
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
    fn a_runnable_thread_does_not_sleep() {
        assert!(!look("State:\tR (running)\nvoluntary_ctxt_switches:\t3\n").sleeps);
    }

    #[test]
    fn a_switch_is_a_change() {
        let first = look("State:\tS (sleeping)\nvoluntary_ctxt_switches:\t3\n");
        let later = look("State:\tS (sleeping)\nvoluntary_ctxt_switches:\t4\n");
        assert!(first != later);
    }
}
