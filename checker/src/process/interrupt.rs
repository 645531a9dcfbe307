//! The user's wish to stop: Ctrl-C, or a polite signal from outside.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::{self, Runtime};
use tokio::signal::unix::{self, Signal, SignalKind};
use tokio::sync::watch::{Receiver, Sender, channel};

/// What tells everybody, once somebody has asked to be told. From then on such a signal no longer
/// ends the process by itself.
static ASKED: Mutex<Option<Receiver<bool>>> = Mutex::new(None);

/// Tells of the wish to stop, once there is one.
#[derive(Debug)]
pub struct Interrupt(Receiver<bool>);

impl Interrupt {
    /// Comes back when the user has asked to stop, also if that was before.
    pub async fn asked(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // Nobody listens any more, so nobody will hear of it.
            std::future::pending::<()>().await;
        }
    }
}

/// Begins to listen for the wish to stop.
///
/// # Errors
/// If the signals cannot be watched.
pub fn on_interrupt() -> io::Result<Interrupt> {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(asked) = &*asked {
        return Ok(Interrupt(asked.clone()));
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
    let (ask, receiver) = channel(false);
    // It listens until the process ends, and holds nothing that must be given back.
    thread::spawn(move || listen(&runtime, signals, &ask));
    *asked = Some(receiver.clone());
    Ok(Interrupt(receiver))
}

/// Whether the user has asked to stop.
pub fn interrupted() -> bool {
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    asked.as_ref().is_some_and(|asked| *asked.borrow())
}

fn listen(runtime: &Runtime, signals: [Signal; 3], ask: &Sender<bool>) {
    let [mut interrupt, mut terminate, mut hangup] = signals;
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        ask.send_replace(true);
        std::future::pending::<()>().await;
    });
}
