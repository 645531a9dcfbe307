//! What happened in one order, as it happened. All threads of a model run on one thread of the
//! system, one at a time, so the tape is that thread's own.

use std::cell::RefCell;

use sync::model::Place;

/// One order: the atomics that were made, and what was done to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape {
    /// What the thread is called that starts the others.
    main: &'static str,
    pub cells: Vec<Cell>,
    pub events: Vec<Event>,
}

/// An atomic or a mutex.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub created: Place,
    first: String,
    /// Its newest value.
    newest: String,
    /// Who wrote that, unless it is the first value.
    written_by: Option<String>,
}

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub thread: String,
    /// `None` for a fence.
    pub cell: Option<usize>,
    pub at: Place,
    pub what: What,
}

/// What an operation did. Values as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Load {
        got: String,
        /// If an older value was read: the newest, and who wrote it.
        instead_of: Option<(String, String)>,
    },
    Store(String),
    Replace {
        before: String,
        after: String,
    },
    /// A compare-and-exchange that found another value.
    Refused {
        found: String,
    },
    /// A weak one that found the value that it expected, and failed all the same.
    FailedForNoReason {
        found: String,
    },
    Other(String),
}

thread_local! {
    static TAPE: RefCell<Tape> = RefCell::default();
}

/// Begins the tape of the next order; `main` is the thread that starts the others.
pub(super) fn begin(main: &'static str) {
    TAPE.set(Tape {
        main,
        ..Tape::default()
    });
}

/// Looks at the tape.
pub(super) fn read<T>(look: impl FnOnce(&Tape) -> T) -> T {
    TAPE.with_borrow(look)
}

/// Notes that an atomic was made; returns its number.
pub(super) fn created(value: String, created: Place) -> usize {
    TAPE.with_borrow_mut(|tape| {
        tape.cells.push(Cell {
            created,
            first: value.clone(),
            newest: value,
            written_by: None,
        });
        tape.cells.len() - 1
    })
}

/// Notes that the current thread loaded `got`.
pub(super) fn loaded(cell: usize, got: String, at: Place) {
    TAPE.with_borrow_mut(|tape| {
        let now = &tape.cells[cell];
        let instead_of = (now.newest != got)
            .then(|| Some((now.newest.clone(), now.written_by.clone()?)))
            .flatten();
        tape.note(Some(cell), What::Load { got, instead_of }, at);
    });
}

/// Notes that the current thread stored `value`.
pub(super) fn stored(cell: usize, value: String, at: Place) {
    TAPE.with_borrow_mut(|tape| {
        tape.wrote(cell, value.clone());
        tape.note(Some(cell), What::Store(value), at);
    });
}

/// Notes that the current thread replaced `before` by `after`, in one step.
pub(super) fn replaced(cell: usize, before: String, after: String, at: Place) {
    TAPE.with_borrow_mut(|tape| {
        tape.wrote(cell, after.clone());
        tape.note(Some(cell), What::Replace { before, after }, at);
    });
}

/// Notes what else the current thread did.
pub(super) fn did(cell: Option<usize>, what: What, at: Place) {
    TAPE.with_borrow_mut(|tape| tape.note(cell, what, at));
}

impl Tape {
    fn note(&mut self, cell: Option<usize>, what: What, at: Place) {
        self.events.push(Event {
            thread: this_thread(self.main),
            cell,
            at,
            what,
        });
    }

    fn wrote(&mut self, cell: usize, value: String) {
        let by = this_thread(self.main);
        let cell = &mut self.cells[cell];
        cell.newest = value;
        cell.written_by = Some(by);
    }

    /// The same order with every load of an old value moved to where that value was the newest, if
    /// its thread did nothing since: loom may let a thread begin to load before the store, and
    /// finish after it. What still reads an old value then does so because an ordering allows it.
    pub fn settled(&self) -> Self {
        let mut settled = Self {
            events: Vec::new(),
            ..self.clone()
        };
        for event in &self.events {
            let mut event = event.clone();
            let mut at = settled.events.len();
            if let (What::Load { got, instead_of }, Some(cell)) = (&mut event.what, event.cell)
                && instead_of.is_some()
                && let Some(earlier) = settled.was_newest(cell, got, &event.thread)
            {
                *instead_of = None;
                at = earlier;
            }
            settled.events.insert(at, event);
        }
        settled
    }

    /// The last place, behind all that `thread` did, at which `value` was the newest of `cell`.
    fn was_newest(&self, cell: usize, value: &str, thread: &str) -> Option<usize> {
        let own = self.events.iter().rposition(|event| event.thread == thread);
        let behind = own.map_or(0, |index| index + 1);
        (behind..self.events.len()).rev().find(|at| {
            let mut before = self.events[..*at].iter().rev();
            let newest = before
                .find_map(|event| event.what.written().filter(|_| event.cell == Some(cell)))
                .unwrap_or(&self.cells[cell].first);
            newest == value
        })
    }

    /// In which family of mistakes to look, once the order is settled. A single thread has neither
    /// an order nor need of one.
    pub fn family(&self) -> Option<&'static str> {
        let any = |is: fn(&What) -> bool| self.events.iter().any(|event| is(&event.what));
        if any(|what| matches!(what, What::FailedForNoReason { .. })) {
            Some("`compare_exchange_weak` may fail although the value is the expected one.")
        } else if any(What::is_old) {
            Some("An ordering is too weak: look at the load marked `old`.")
        } else {
            let alone = self
                .events
                .windows(2)
                .all(|pair| pair[0].thread == pair[1].thread);
            (!alone).then_some("No ordering mends this: it happens with `SeqCst` everywhere, too.")
        }
    }

    /// How hard the order is to follow: loads of old values, then changes from thread to thread,
    /// then steps.
    pub fn difficulty(&self) -> (usize, usize, usize) {
        let old = self.events.iter().filter(|event| event.what.is_old());
        let pairs = self.events.windows(2);
        let changes = pairs.filter(|pair| pair[0].thread != pair[1].thread);
        (old.count(), changes.count(), self.events.len())
    }
}

impl What {
    /// The value that is there afterwards, if this wrote it.
    pub fn written(&self) -> Option<&str> {
        match self {
            Self::Store(value) | Self::Replace { after: value, .. } => Some(value),
            _ => None,
        }
    }

    fn is_old(&self) -> bool {
        matches!(
            self,
            Self::Load {
                instead_of: Some(_),
                ..
            }
        )
    }
}

fn this_thread(main: &str) -> String {
    let thread = loom::thread::current();
    thread.name().unwrap_or(main).to_owned()
}
