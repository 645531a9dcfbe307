//! Copies the lines of standard input to standard output, and says each second how far it is.
//!
//! Crates: anyhow, crossbeam-channel

use std::io::{BufRead as _, BufWriter, Write as _, stdin, stdout};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use crossbeam_channel::{Sender, bounded, select, tick};

/// How many lines may wait. The reader reads on while the output is slow, until so many are there.
const ROOM: usize = 128;

/// Your source goes here. It sends until it is done, or until no receiver is left.
fn read(lines: &Sender<Result<String>>) {
    for line in stdin().lock().lines() {
        let line = line.context("standard input");
        let failed = line.is_err();
        if lines.send(line).is_err() || failed {
            return;
        }
    }
}

fn main() -> Result<()> {
    let (to_output, lines) = bounded(ROOM);
    let reader = thread::spawn(move || read(&to_output));
    let ticks = tick(Duration::from_secs(1));
    let mut output = BufWriter::new(stdout().lock());
    let mut written = 0_u64;
    loop {
        select! {
            recv(lines) -> line => {
                // `Err` here: the channel is empty, and its last sender is gone.
                let Ok(line) = line else { break };
                // An error here returns. A reader that waits for input cannot be woken, so `main`
                // does not join it; the process ends with `main`, and the reader with the process.
                writeln!(output, "{}", line?).context("standard output")?;
                written += 1;
                if lines.is_empty() {
                    output.flush().context("standard output")?;
                }
            }
            recv(ticks) -> _ => eprintln!("{written} lines, {} waiting", lines.len()),
        }
    }
    output.flush().context("standard output")?;
    // A panic drops the sender too, and looks like the end of the input. Only `join` can tell.
    reader.join().map_err(|_| anyhow!("the reader panicked"))
}
