//! What ends a test program when the checker is killed by SIGKILL, which can clean up nothing: a
//! pipe whose one end the checker holds. The instruments, inside the program, watch the other.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsRawFd as _;
use std::process::Command;

use record::LIFELINE;
use rustix::io::{FdFlags, fcntl_setfd};

/// Held as long as the program may run.
pub(super) struct Lifeline {
    _reader: PipeReader,
    _writer: PipeWriter,
}

impl Lifeline {
    /// Lets `command` inherit the end to watch, and tells it where that is.
    pub fn tie_to(command: &mut Command) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        // A program that another thread starts meanwhile inherits it too, which does no harm: who
        // holds the reading end keeps nobody alive.
        fcntl_setfd(&reader, FdFlags::empty())?;
        let id = std::process::id();
        command.env(LIFELINE, format!("{id}:{}", reader.as_raw_fd()));
        Ok(Self {
            _reader: reader,
            _writer: writer,
        })
    }
}
