//! What is said on stderr while lessons are checked.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::course::Slug;
use crate::report::{Terminal, running, slow};
use crate::run::Listener;

/// For one lesson: what explains a wait, a line each.
pub(in crate::commands) struct Notes;

impl Listener for Notes {
    fn cargo(&self, line: &str) {
        let _ = writeln!(stderr(), "{line}");
    }

    fn slow(&self, lesson: &Slug) {
        let _ = writeln!(stderr(), "{}", slow(lesson, &Terminal::stdout()));
    }
}

/// For many lessons: on a terminal one line that changes, elsewhere a line for each that is done.
pub(in crate::commands) struct Progress {
    of: usize,
    width: usize,
    live: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    running: Vec<Slug>,
}

impl Progress {
    pub fn new(of: usize, width: usize) -> Self {
        Self {
            of,
            // The last column would wrap on some terminals.
            width: width.saturating_sub(1),
            live: stderr().is_terminal(),
            state: Mutex::default(),
        }
    }

    /// Takes the changing line away.
    pub fn clear(&self) {
        if self.live {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, state: &State) {
        if self.live {
            let line = running(state.done, self.of, &state.running, self.width);
            let _ = write!(stderr(), "\r\x1b[K{line}");
        }
    }
}

impl Listener for Progress {
    fn cargo(&self, line: &str) {
        self.clear();
        let _ = writeln!(stderr(), "{line}");
    }

    fn begins(&self, lesson: &Slug) {
        let mut state = self.state();
        state.running.push(lesson.clone());
        self.show(&state);
    }

    fn ends(&self, lesson: &Slug) {
        let mut state = self.state();
        state.running.retain(|running| running != lesson);
        state.done += 1;
        if self.live {
            self.show(&state);
        } else {
            let _ = writeln!(stderr(), "{} of {} checked: {lesson}", state.done, self.of);
        }
    }
}
