//! Finds deadlocks by looking at the process from outside, on Linux: if every thread sleeps in a
//! wait without a time limit, and none has been woken for a while, nobody is left to wake anybody.
//!
//! Blind spots: a runtime that parks in `epoll_wait` looks awake, and a thread that waits for
//! another process too. Those hangs meet the guard's limit instead, as all do on other systems.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often the guard looks.
pub(crate) const EVERY: Duration = Duration::from_millis(20);

/// For how many looks in a row nothing may have moved.
const LOOKS: u32 = 10;

#[cfg(target_arch = "x86_64")]
const FUTEX: &str = "202";
#[cfg(not(target_arch = "x86_64"))]
const FUTEX: &str = "98";

/// Threads of the test harness, which only wait for what the others do.
static HARNESS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// From here on until it is dropped, the calling thread only waits for others.
pub(crate) struct HarnessThread(Option<u32>);

impl HarnessThread {
    pub fn here() -> Self {
        let id = this_thread();
        if let Some(id) = id {
            HARNESS
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(id);
        }
        Self(id)
    }
}

impl Drop for HarnessThread {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            let mut harness = HARNESS.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(index) = harness.iter().position(|other| *other == id) {
                harness.swap_remove(index);
            }
        }
    }
}

fn this_thread() -> Option<u32> {
    let link = fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

/// The threads of one test. On Linux a thread without a name of its own inherits that of its parent
/// in the process table, so a mark on the thread that runs the body is a mark on all that it starts.
#[derive(Debug, Default)]
pub(crate) struct Family(Option<String>);

impl Family {
    /// Marks the calling thread, and so those that it starts from here on.
    pub fn begin() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mark = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let marked = fs::write("/proc/thread-self/comm", &mark);
        Self(marked.is_ok().then_some(mark))
    }

    /// What its threads are at, the marked one among them; `None` where this cannot be told.
    pub fn census(&self) -> Option<Census> {
        let mark = self.0.as_deref()?;
        let mut census = Census::default();
        for entry in fs::read_dir("/proc/self/task").ok()? {
            let Ok(stat) = entry.and_then(|entry| fs::read_to_string(entry.path().join("stat")))
            else {
                continue;
            };
            if let Some((name, state)) = name_and_state(&stat)
                && name == mark
            {
                census.threads += 1;
                census.busy += usize::from(state == 'R');
            }
        }
        Some(census)
    }
}

/// How many threads a test has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Census {
    /// All of them.
    pub threads: usize,
    /// Those that use a core, or would if one were free.
    pub busy: usize,
}

/// `17 (test-3) R 1 …`: what stands in the brackets, and the state behind them.
fn name_and_state(stat: &str) -> Option<(&str, char)> {
    let (before, after) = stat.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    Some((name, after.chars().next()?))
}

/// Watches for the state in which every thread waits for another.
#[derive(Default)]
pub(crate) struct Sampler {
    last: BTreeMap<u32, String>,
    unmoved: u32,
}

impl Sampler {
    /// Takes a look. True once all threads have waited, without a limit and without being woken,
    /// through several looks.
    pub fn all_wait(&mut self) -> bool {
        let Some(now) = waiting_threads() else {
            self.unmoved = 0;
            self.last.clear();
            return false;
        };
        if now == self.last {
            self.unmoved += 1;
        } else {
            self.unmoved = 0;
            self.last = now;
        }
        self.unmoved >= LOOKS
    }
}

/// How often each thread has been switched, if all of them wait without a limit.
fn waiting_threads() -> Option<BTreeMap<u32, String>> {
    let harness = HARNESS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let main = std::process::id();
    let mut waiting = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/task").ok()? {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        if id == main || harness.contains(&id) {
            continue;
        }
        let task = format!("/proc/self/task/{id}");
        let Ok(syscall) = fs::read_to_string(format!("{task}/syscall")) else {
            // It ended while we looked: something moved.
            return None;
        };
        if !waits_for_ever(&syscall) {
            return None;
        }
        let status = fs::read_to_string(format!("{task}/status")).ok()?;
        let switches = status
            .lines()
            .filter(|line| line.contains("ctxt_switches"))
            .collect();
        waiting.insert(id, switches);
    }
    Some(waiting)
}

/// `202 0x7f… 0x89 0x2 0x0 …`: a futex wait whose fourth argument, the time limit, is null.
pub(crate) fn waits_for_ever(syscall: &str) -> bool {
    let mut words = syscall.split_whitespace();
    words.next() == Some(FUTEX) && words.nth(3) == Some("0x0")
}

/// Whether a debugger has stopped time for this process.
pub(crate) fn debugged() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        status
            .lines()
            .find_map(|line| line.strip_prefix("TracerPid:"))
            .is_some_and(|pid| pid.trim() != "0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_s_name_may_hold_brackets() {
        assert_eq!(name_and_state("17 (test-3) R 1 17"), Some(("test-3", 'R')));
        assert_eq!(name_and_state("17 (a) S) Z 1"), Some(("a) S", 'Z')));
        assert_eq!(name_and_state("torn"), None);
    }

    #[test]
    fn only_a_futex_wait_without_a_limit_lasts_for_ever() {
        let untimed = format!("{FUTEX} 0x7f 0x189 0x2 0x0 0x0 0xffffffff 0x7f 0x7f");
        let timed = format!("{FUTEX} 0x7f 0x189 0x2 0x7f12 0x0 0xffffffff 0x7f 0x7f");
        assert!(waits_for_ever(&untimed));
        assert!(!waits_for_ever(&timed));
        assert!(!waits_for_ever("running"));
        assert!(!waits_for_ever("230 0x0 0x0 0x7f 0x0 0x0 0x0 0x7f 0x7f"));
    }
}
