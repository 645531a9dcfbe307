//! Single keys, without Enter.

use std::io::{self, IsTerminal as _, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use super::{Event, Happened};

/// Reads keys until dropped; the terminal then is as it was.
pub(super) struct Keys {
    before: Termios,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    /// `None` where no keys can come from: the input is no terminal.
    pub fn listen(events: Sender<Event>) -> io::Result<Option<Self>> {
        if !stdin().is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(stdin())?;
        let mut single = before.clone();
        // Ctrl-C stays a signal.
        single.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        // A read comes back after 0.1 s also without a key, so that the thread can be ended.
        single.special_codes[SpecialCodeIndex::VMIN] = 0;
        single.special_codes[SpecialCodeIndex::VTIME] = 1;
        tcsetattr(stdin(), OptionalActions::Now, &single)?;
        let over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let over = Arc::clone(&over);
            move || read(&events, &over)
        });
        Ok(Some(Self {
            before,
            over,
            thread: Some(thread),
        }))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

fn read(events: &Sender<Event>, over: &AtomicBool) {
    let mut keys = [0; 16];
    while !over.load(Ordering::Relaxed) {
        match rustix::io::read(stdin(), &mut keys) {
            // An arrow key is an escape sequence, and none of ours.
            Ok(count) if keys[..count].first() != Some(&0x1b) => {
                for key in keys[..count].iter().map(|key| char::from(*key)) {
                    if events.send(Event::Happened(Happened::Key(key))).is_err() {
                        return;
                    }
                }
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}
