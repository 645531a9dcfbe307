//! The user's wish to stop: Ctrl-C, or a polite signal from outside.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{self, Signal, SignalKind};

use super::{Stop, Stopper};

/// What tells everybody, once somebody has asked to be told. From then on such a signal no longer
/// ends the process by itself.
static ASKED: Mutex<Option<Stop>> = Mutex::new(None);

/// Begins to listen for the wish to stop.
///
/// # Errors
/// If the signals cannot be watched.
pub fn on_interrupt() -> io::Result<Stop> {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(asked) = &*asked {
        return Ok(asked.clone());
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let signals = {
        let _guard = runtime.enter();
        [
            unix::signal(SignalKind::interrupt())?,
            unix::signal(SignalKind::terminate())?,
            unix::signal(SignalKind::hangup())?,
        ]
    };
    let stopper = Stopper::default();
    let stop = stopper.handle();
    *asked = Some(stop.clone());
    // It listens until the process ends, and holds nothing that must be given back.
    thread::spawn(move || listen(&runtime, signals, &stopper));
    Ok(stop)
}

/// Whether the user has asked to stop.
pub fn interrupted() -> bool {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    asked.as_ref().is_some_and(Stop::is_wanted)
}

fn listen(runtime: &Runtime, signals: [Signal; 3], stopper: &Stopper) {
    let [mut interrupt, mut terminate, mut hangup] = signals;
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        stopper.stop();
        std::future::pending::<()>().await;
    });
}
