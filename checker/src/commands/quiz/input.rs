//! Lines from the terminal, or the wish to stop.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::session::Line;

/// Reads standard input until it ends; a Ctrl-C arrives as [`Line::Interrupted`].
///
/// # Errors
/// If no handler for Ctrl-C can be set up.
pub fn lines() -> io::Result<impl FnMut() -> io::Result<Line>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (sender, receiver) = channel();
    let interrupted = sender.clone();
    // Both threads may outlive the quiz: nothing can end a blocked read, and neither owns anything.
    thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = interrupted.send(Ok(Line::Interrupted));
            }
        });
    });
    thread::spawn(move || read(&sender));
    Ok(move || receiver.recv().unwrap_or(Ok(Line::End)))
}

fn read(sender: &Sender<io::Result<Line>>) {
    for line in io::stdin().lines() {
        if sender.send(line.map(Line::Text)).is_err() {
            return;
        }
    }
    // Nobody is left to tell if the quiz is over.
    let _ = sender.send(Ok(Line::End));
}
