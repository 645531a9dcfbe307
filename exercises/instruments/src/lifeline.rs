//! Ends the test program when whoever started it is gone, also by `kill -9`, which lets nobody
//! clean up. The starter holds one end of a pipe; when it dies, the other end reads its end.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::process::parent_id;
use std::process::Command;
use std::sync::Once;
use std::thread;

use record::LIFELINE;

use crate::sampler::HarnessThread;

/// Begins to watch, once a process, if there is a lifeline and it is meant for this process.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Some(pipe) = env::var(LIFELINE).ok().and_then(|value| open(&value)) {
            // A process without room for one more thread has other worries.
            let _ = thread::Builder::new()
                .name("lifeline".to_owned())
                .spawn(move || hold(pipe));
        }
    });
}

fn open(value: &str) -> Option<File> {
    let (starter, descriptor) = value.split_once(':')?;
    // The variable is inherited further than the pipe is meant for.
    if starter.parse() != Ok(parent_id()) {
        return None;
    }
    let descriptor: u32 = descriptor.parse().ok()?;
    File::open(format!("/dev/fd/{descriptor}")).ok()
}

fn hold(mut pipe: File) {
    let _harness = HarnessThread::here();
    // Nobody writes: this comes back when the other end is closed.
    if matches!(pipe.read(&mut [0]), Ok(0)) {
        // The standard library cannot signal a group; every shell can.
        let group = std::process::id();
        let _ = Command::new("sh")
            .args(["-c", &format!("kill -9 -{group}")])
            .status();
        std::process::abort();
    }
}
