//! Runs one program under supervision: nobody vouches for it, so it runs in a process group of its
//! own, with limits on time and output, and nothing of it is left behind.
//!
//! Out of reach is a process that leaves the group by `setsid`.

mod capture;
mod interrupt;
mod lifeline;
mod stop;

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::signal::unix::{self, SignalKind};
use tokio::time::{Instant, sleep_until, timeout};

use capture::Capture;
use lifeline::Lifeline;

pub use interrupt::{interrupted, on_interrupt};
pub use stop::{Stop, Stopper};

/// How long the output of a program's own children is waited for once it has ended.
const DRAIN: Duration = Duration::from_millis(100);

/// After how long the user is told that something is still going on.
const SLOW: Duration = Duration::from_secs(3);

/// What a program may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long it may run.
    pub time: Duration,
    /// How many bytes it may print to each of its outputs.
    pub output: u64,
}

/// How a program came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// Whether a program's outputs are read as one, in the order in which it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// Both come back as its stdout.
    Merged,
    /// Each by itself.
    Apart,
}

/// A program that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How.
    pub end: End,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// Is told of a program while it runs.
pub trait Observer {
    /// It takes a while; told once.
    fn slow(&mut self) {}
    /// It wrote this to stdout.
    fn stdout(&mut self, _bytes: &[u8]) {}
    /// It wrote this to stderr.
    fn stderr(&mut self, _bytes: &[u8]) {}
}

/// Nobody.
impl Observer for () {}

/// Does something once a program takes a while.
pub struct WhenSlow<F>(pub F);

impl<F: FnMut()> Observer for WhenSlow<F> {
    fn slow(&mut self) {
        (self.0)();
    }
}

/// Runs `command` without input to its end, or to a limit. Whatever its process group still holds
/// is killed then.
///
/// # Errors
/// If it cannot be started or watched. [`io::ErrorKind::Interrupted`] says that the user asked to
/// stop, or `stop` did; the program is gone.
pub fn run(
    command: Command,
    limits: Limits,
    outputs: Outputs,
    stop: &Stop,
    observer: &mut impl Observer,
) -> io::Result<Ran> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(watch(command, limits, outputs, stop.clone(), observer))
}

/// A child and its process group. However this is dropped, none of them is left running.
struct Group {
    leader: Child,
    id: Pid,
    /// From then on the number may be another's.
    reaped: bool,
}

impl Group {
    fn start(mut command: Command) -> io::Result<Self> {
        let leader = command.process_group(0).spawn()?;
        let id = Pid::from_child(&leader);
        Ok(Self {
            leader,
            id,
            reaped: false,
        })
    }

    /// Whether the leader has ended. It is not reaped: until then nobody else can get its number.
    fn has_ended(&self) -> io::Result<bool> {
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        Ok(waitid(WaitId::Pid(self.id), how)?.is_some())
    }

    fn kill(&mut self) -> io::Result<ExitStatus> {
        // It fails if nobody is left, which is what is wanted.
        let _ = kill_process_group(self.id, Signal::KILL);
        self.reaped = true;
        self.leader.wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.kill();
        }
    }
}

async fn watch(
    mut command: Command,
    limits: Limits,
    outputs: Outputs,
    mut stop: Stop,
    observer: &mut impl Observer,
) -> io::Result<Ran> {
    // Before the program starts: a signal in between must not leave it running.
    let mut interrupt = on_interrupt()?;
    let mut a_child_ended = unix::signal(SignalKind::child())?;

    let mut stdout = Output::new(limits.output);
    let mut stderr = Output::new(limits.output);
    let writer = stdout.open()?;
    match outputs {
        Outputs::Merged => command.stderr(writer.try_clone()?),
        Outputs::Apart => command.stderr(stderr.open()?),
    };
    command.stdin(Stdio::null()).stdout(writer);
    let lifeline = Lifeline::tie_to(&mut command)?;
    // The command holds our copies of the pipes' write ends, and goes with this call; the output
    // ends when the program's copies do.
    let mut group = Group::start(command)?;

    let started = Instant::now();
    let mut is_slow = false;
    let stopped = loop {
        // Looked at once before any signal is waited for: it may have come before.
        if group.has_ended()? {
            break None;
        }
        tokio::select! {
            _ = a_child_ended.recv() => {}
            read = stdout.read() => {
                observer.stdout(&stdout.buffer[..read?]);
                if stdout.is_too_much() {
                    break Some(End::TooMuchOutput);
                }
            }
            read = stderr.read() => {
                observer.stderr(&stderr.buffer[..read?]);
                if stderr.is_too_much() {
                    break Some(End::TooMuchOutput);
                }
            }
            () = sleep_until(started + limits.time) => break Some(End::OutOfTime),
            () = sleep_until(started + SLOW), if !is_slow => {
                is_slow = true;
                observer.slow();
            }
            () = interrupt.wanted() => return Err(io::ErrorKind::Interrupted.into()),
            () = stop.wanted() => return Err(io::ErrorKind::Interrupted.into()),
        }
    };
    if stopped.is_none() {
        // Time is up when a process of the group holds on to the output; it is killed below.
        let _ = timeout(DRAIN, async {
            while stdout.is_open() && !stdout.is_too_much() {
                let read = stdout.read().await?;
                observer.stdout(&stdout.buffer[..read]);
            }
            while stderr.is_open() && !stderr.is_too_much() {
                let read = stderr.read().await?;
                observer.stderr(&stderr.buffer[..read]);
            }
            io::Result::Ok(())
        })
        .await;
    }
    let status = group.kill()?;
    drop(lifeline);
    Ok(Ran {
        end: stopped.unwrap_or_else(|| how(status)),
        stdout: stdout.capture.text(),
        stderr: stderr.capture.text(),
    })
}

fn how(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or_default()),
    }
}

/// An output as it comes.
struct Output {
    /// `None` before it is opened and once it has ended.
    pipe: Option<pipe::Receiver>,
    buffer: Vec<u8>,
    capture: Capture,
    limit: u64,
}

impl Output {
    fn new(limit: u64) -> Self {
        Self {
            pipe: None,
            buffer: vec![0; 16 * 1024],
            capture: Capture::default(),
            limit,
        }
    }

    /// The end that is written to.
    fn open(&mut self) -> io::Result<io::PipeWriter> {
        let (reader, writer) = io::pipe()?;
        self.pipe = Some(pipe::Receiver::from_owned_fd(reader.into())?);
        Ok(writer)
    }

    fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    fn is_too_much(&self) -> bool {
        self.capture.total() > self.limit
    }

    /// Reads what is there next into the buffer; says how much. Never returns once all is read.
    async fn read(&mut self) -> io::Result<usize> {
        let Some(pipe) = &mut self.pipe else {
            return std::future::pending().await;
        };
        let read = pipe.read(&mut self.buffer).await?;
        match read {
            0 => self.pipe = None,
            n => self.capture.push(&self.buffer[..n]),
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
