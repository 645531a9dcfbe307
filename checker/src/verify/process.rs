//! Runs a program that nobody vouches for: it may hang, leave processes behind or print for ever.

use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How much is kept of each stream.
const KEPT: usize = 64 * 1024;
/// How often an exit is looked for.
const LOOK: Duration = Duration::from_millis(5);
/// How long a stream may stay open once the program is gone; only a process that left the group
/// holds it open longer.
const DRAIN: Duration = Duration::from_secs(1);

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It was killed because its time was up.
    OutOfTime,
}

/// A program that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ran {
    pub end: End,
    /// The beginning of what it wrote to stdout.
    pub stdout: String,
    /// The beginning of what it wrote to stderr.
    pub stderr: String,
}

/// Runs `command` without input in a process group of its own, and kills the whole group once its
/// leader has ended or `limit` is over.
///
/// # Errors
/// If it cannot be started or waited for.
pub(super) fn run(command: &mut Command, limit: Duration) -> io::Result<Ran> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let stdout = child.stdout.take().map(Kept::of);
    let stderr = child.stderr.take().map(Kept::of);
    let ended = wait(&child, limit)?;
    // Not reaped yet, so the group's number cannot belong to anybody else.
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let status = child.wait()?;
    Ok(Ran {
        end: if ended { end(status) } else { End::OutOfTime },
        stdout: stdout.map(Kept::finish).unwrap_or_default(),
        stderr: stderr.map(Kept::finish).unwrap_or_default(),
    })
}

/// Waits for the child's end without reaping it; `false` if `limit` came first.
fn wait(child: &Child, limit: Duration) -> io::Result<bool> {
    let pid = Pid::from_child(child);
    let deadline = Instant::now() + limit;
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(pid), how)?.is_none() {
        if Instant::now() >= deadline {
            return Ok(false);
        }
        thread::sleep(LOOK);
    }
    Ok(true)
}

fn end(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or_default()),
    }
}

/// The beginning of a stream; the rest is read and dropped, so that the writer never waits.
struct Kept {
    bytes: Arc<Mutex<Vec<u8>>>,
    closed: Receiver<()>,
}

impl Kept {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (closing, closed) = mpsc::channel();
        let kept = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut chunk = [0; 8 * 1024];
            while let Ok(read @ 1..) = stream.read(&mut chunk) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT - kept.len();
                kept.extend_from_slice(&chunk[..read.min(room)]);
            }
            drop(closing);
        });
        Self { bytes, closed }
    }

    fn finish(self) -> String {
        let _ = self.closed.recv_timeout(DRAIN);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Ran {
        run(Command::new("sh").args(["-c", script]), limit).expect("sh is there")
    }

    #[test]
    fn exit_code_and_both_streams_come_back() {
        let ran = sh("echo out; echo err >&2; exit 3", Duration::from_mins(1));
        assert_eq!(ran.end, End::Exited(3));
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            ("out\n", "err\n")
        );
    }

    #[test]
    fn what_never_ends_is_killed_with_all_it_started() {
        let ran = sh("sleep 1000 & echo $!; wait", Duration::from_millis(200));
        assert_eq!(ran.end, End::OutOfTime);
        let left: i32 = ran.stdout.trim().parse().expect("a process id");
        let pid = Pid::from_raw(left).expect("not zero");
        let gone = || {
            // The orphan is reaped by whoever inherits it; until then it is a zombie.
            let status = std::fs::read_to_string(format!("/proc/{left}/stat")).unwrap_or_default();
            rustix::process::test_kill_process(pid).is_err() || status.contains(") Z ")
        };
        while !gone() {
            thread::sleep(LOOK);
        }
    }

    #[test]
    fn endless_output_neither_fills_memory_nor_stops_the_writer() {
        let ran = sh("head -c 10000000 /dev/zero; exit 0", Duration::from_mins(1));
        assert_eq!(ran.end, End::Exited(0));
        assert_eq!(ran.stdout.len(), KEPT);
    }
}
