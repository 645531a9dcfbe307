//! Runs one program under supervision: in a process group of its own, with limits on time and
//! output, and with nothing left behind.
//!
//! Out of reach is a process that leaves the group by `setsid`, and a checker that is killed by
//! SIGKILL, which can clean up nothing.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::signal::unix::{self, SignalKind};
use tokio::time::{Instant, sleep_until, timeout};

use super::capture::Capture;

/// How long the output of a program's own children is waited for once it has ended.
const DRAIN: Duration = Duration::from_millis(100);

/// After how long the user is told that something is still going on.
const SLOW: Duration = Duration::from_secs(3);

/// What a program may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may run.
    pub time: Duration,
    /// How many bytes it may print.
    pub output: u64,
}

/// How a program came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, which did not come from here.
    Signalled(i32),
    /// It ran longer than it may.
    OutOfTime,
    /// It printed more than it may.
    TooMuchOutput,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub end: End,
    /// What it printed, to both its outputs.
    pub output: String,
}

/// What supervision came to.
#[derive(Debug)]
pub enum Supervised {
    /// The program ended, or was stopped at a limit.
    Finished(Finished),
    /// The user asked the checker to stop; the program is gone.
    Interrupted,
}

/// Runs `command` to its end; calls `slow` once if that takes a while.
///
/// # Errors
/// If the program cannot be started or watched.
pub fn supervise(command: Command, limits: Limits, slow: impl FnOnce()) -> io::Result<Supervised> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(watch(command, limits, slow))
}

/// Kills the process group when dropped, so that no way out of here leaves one running.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        // It fails if nobody is left, which is what is wanted.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

async fn watch(
    mut command: Command,
    limits: Limits,
    slow: impl FnOnce(),
) -> io::Result<Supervised> {
    // Before the program starts: a signal in between must not leave it running.
    let mut interrupt = unix::signal(SignalKind::interrupt())?;
    let mut terminate = unix::signal(SignalKind::terminate())?;
    let mut hangup = unix::signal(SignalKind::hangup())?;

    let (reader, writer) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut command = tokio::process::Command::from(command);
    let mut child = command.process_group(0).spawn()?;
    // It holds our copies of the pipe's write end; the output ends when the program's copies do.
    drop(command);
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let group = Group(group.expect("a child that nobody has waited for has an id"));

    let mut output = Output {
        pipe: Some(pipe::Receiver::from_owned_fd(reader.into())?),
        buffer: vec![0; 16 * 1024],
        capture: Capture::default(),
        limit: limits.output,
    };
    let started = Instant::now();
    let mut slow = Some(slow);
    let end = loop {
        tokio::select! {
            status = child.wait() => break how(status?),
            flooded = output.read() => if flooded? {
                break End::TooMuchOutput;
            },
            () = sleep_until(started + limits.time) => break End::OutOfTime,
            () = sleep_until(started + SLOW), if slow.is_some() => {
                if let Some(slow) = slow.take() {
                    slow();
                }
            }
            _ = interrupt.recv() => return Ok(Supervised::Interrupted),
            _ = terminate.recv() => return Ok(Supervised::Interrupted),
            _ = hangup.recv() => return Ok(Supervised::Interrupted),
        }
    };
    if matches!(end, End::Exited(_) | End::Signalled(_)) {
        // Time is up when a process of the group holds on to the output; it is killed below.
        let _ = timeout(DRAIN, async {
            while output.pipe.is_some() && !output.read().await? {}
            io::Result::Ok(())
        })
        .await;
    }
    drop(group);
    child.wait().await?;
    Ok(Supervised::Finished(Finished {
        end,
        output: output.capture.text(),
    }))
}

fn how(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or_default()),
    }
}

/// The output as it comes.
struct Output {
    /// `None` once it has ended.
    pipe: Option<pipe::Receiver>,
    buffer: Vec<u8>,
    capture: Capture,
    limit: u64,
}

impl Output {
    /// Reads what is there next; whether that is more than may be. Never returns once all is read.
    async fn read(&mut self) -> io::Result<bool> {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        match pipe.read(&mut self.buffer).await? {
            0 => self.pipe = None,
            n => self.capture.push(&self.buffer[..n]),
        }
        Ok(self.capture.total() > self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, limits: Limits) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        match supervise(command, limits, || ()).expect("sh runs") {
            Supervised::Finished(finished) => finished,
            Supervised::Interrupted => panic!("nobody asked to stop"),
        }
    }

    const GENEROUS: Limits = Limits {
        time: Duration::from_mins(1),
        output: 1 << 20,
    };

    #[test]
    fn a_program_that_ends_tells_its_code_and_what_it_printed_to_both_outputs() {
        let finished = run("echo out; echo err >&2; exit 3", GENEROUS);
        assert_eq!(finished.end, End::Exited(3));
        assert_eq!(finished.output, "out\nerr\n");
    }

    #[test]
    fn a_signal_is_told_from_a_code() {
        assert_eq!(run("kill -ABRT $$", GENEROUS).end, End::Signalled(6));
    }

    #[test]
    fn at_the_limit_the_whole_group_is_killed() {
        let limits = Limits {
            time: Duration::from_millis(200),
            ..GENEROUS
        };
        let finished = run("sh -c 'echo $$; exec sleep 1000' & echo $!; wait", limits);
        assert_eq!(finished.end, End::OutOfTime);
        nobody_is_left(&finished.output);
    }

    #[test]
    fn a_child_that_outlives_the_program_is_killed() {
        let finished = run("sleep 1000 & echo $!", GENEROUS);
        assert_eq!(finished.end, End::Exited(0));
        nobody_is_left(&finished.output);
    }

    #[test]
    fn endless_output_is_stopped() {
        let finished = run("yes", GENEROUS);
        assert_eq!(finished.end, End::TooMuchOutput);
        assert!(finished.output.len() < 70 * 1024);
    }

    /// Whoever's ids were printed is gone, or dead and waits for init to notice.
    fn nobody_is_left(ids: &str) {
        assert!(!ids.trim().is_empty());
        for id in ids.lines() {
            // A killed process that still ends counts as gone: its state is read, not its absence.
            let alive = || {
                let status = std::fs::read_to_string(format!("/proc/{id}/stat"));
                status.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
            };
            let gone = (0..500).any(|_| {
                std::thread::sleep(Duration::from_millis(2));
                !alive()
            });
            assert!(gone, "process {id} still runs");
        }
    }
}
