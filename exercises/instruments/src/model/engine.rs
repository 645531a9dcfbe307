//! loom behind the types of `sync`, with everything written down.

use std::cell::{Cell as Slot, RefCell};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use loom::sync::atomic::{self, fence};
use loom::sync::{Condvar, Mutex};
use serde::{Deserialize, Serialize};
use sync::model::{Cell, Change, Lock, Model, Place};

use super::Pass;
use super::tape::{self, What};

/// loom.
#[derive(Debug)]
pub(super) struct Loom;

/// An atomic of a model.
struct Watched<A> {
    number: usize,
    atomic: A,
}

thread_local! {
    /// What every operation of the current order passes.
    static TURN: RefCell<Option<Arc<atomic::AtomicUsize>>> = const { RefCell::new(None) };
    static PASS: Slot<Pass> = const { Slot::new(Pass::Orderings) };
    /// Whether there was a weak exchange since the pass began.
    static WEAK: Slot<bool> = const { Slot::new(false) };
    /// Whether the current order has had something `SeqCst`.
    static IN_ONE_ORDER: Slot<bool> = const { Slot::new(false) };
    /// The threads and places of the current order whose weak exchange has failed for no reason.
    static FAILED: RefCell<BTreeSet<(String, Place)>> = const { RefCell::new(BTreeSet::new()) };
}

/// What is said of a call that waits for a lock where none may wait.
pub(super) const WAITS: &str =
    "in this order a call waits for a lock that another thread holds, which no call may do here";

/// Whether a call may wait for what another thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Waiting {
    Allowed,
    Forbidden,
}

thread_local! {
    static WAITING: Slot<Waiting> = const { Slot::new(Waiting::Allowed) };
}

/// From now on, in this order.
pub(super) fn forbid_waiting() {
    WAITING.set(Waiting::Forbidden);
}

pub(super) fn waiting() -> Waiting {
    WAITING.get()
}

/// Begins a pass over all orders.
pub(super) fn begin_pass(pass: Pass) {
    PASS.set(pass);
    WEAK.set(false);
}

/// Whether a weak exchange was tried in this pass.
pub(super) fn exchanged_weakly() -> bool {
    WEAK.get()
}

/// Begins the next order.
pub(super) fn begin() {
    TURN.set(Some(Arc::new(atomic::AtomicUsize::new(0))));
    FAILED.take();
    IN_ONE_ORDER.set(false);
    WAITING.set(Waiting::Allowed);
}

/// Whether the weak exchange at `at` is to fail now: in its pass, each thread's first at each place.
fn fails_for_no_reason(at: Place) -> bool {
    WEAK.set(true);
    let thread = loom::thread::current()
        .name()
        .unwrap_or_default()
        .to_owned();
    PASS.get() == Pass::WeakExchanges
        && FAILED.with_borrow_mut(|failed| failed.insert((thread, at)))
}

/// loom leaves out orders that it takes for equal, and remembers only the last access to an atomic to
/// tell: where a thread loads and then writes, it forgets the other's load and misses orders. So all
/// operations meet at one more atomic. It orders nothing, and makes none of them equal.
fn take_turn() {
    let turn = TURN.with_borrow(Clone::clone);
    let turn = turn.expect("an order has begun");
    turn.fetch_add(0, Ordering::Relaxed);
}

/// loom takes a `SeqCst` operation for an `AcqRel` one, which would reject right programs. Behind a
/// `SeqCst` fence it is at least as strong as it should be: between two of them stands a fence, as it
/// would in machine code for processors that have nothing better. With a fence on either side it
/// would order the relaxed operations around it, too, and let wrong programs pass.
fn in_order<T>(order: Ordering, operation: impl FnOnce() -> T) -> T {
    take_turn();
    // The first of an order comes behind nothing that it could be kept in order with.
    if order == Ordering::SeqCst && IN_ONE_ORDER.replace(true) && PASS.get() == Pass::Orderings {
        fence(Ordering::SeqCst);
    }
    operation()
}

macro_rules! watched {
    ($atomic:ident, $value:ty, $($change:ident => |$before:ident, $operand:ident| $after:expr, $fetch:ident;)+) => {
        impl Watched<atomic::$atomic> {
            fn loaded(&self, order: Ordering) -> $value {
                in_order(order, || match PASS.get() {
                    // An exchange always finds the newest value.
                    Pass::Steps | Pass::WeakExchanges => {
                        self.atomic.fetch_or(<$value>::default(), Ordering::AcqRel)
                    }
                    Pass::Orderings => self.atomic.load(order),
                })
            }
        }

        impl Cell<$value> for Watched<atomic::$atomic> {
            fn load(&self, order: Ordering, at: Place) -> $value {
                let got = self.loaded(order);
                tape::loaded(self.number, got.to_string(), at);
                got
            }

            fn store(&self, value: $value, order: Ordering, at: Place) {
                // loom leaves the order of a store and a concurrent exchange open, and then lets
                // both win. As an exchange, the store has its place.
                in_order(order, || self.atomic.swap(value, order));
                tape::stored(self.number, value.to_string(), at);
            }

            fn swap(&self, value: $value, order: Ordering, at: Place) -> $value {
                let before = in_order(order, || self.atomic.swap(value, order));
                tape::replaced(self.number, before.to_string(), value.to_string(), at);
                before
            }

            fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
                at: Place,
            ) -> Result<$value, $value> {
                let result = in_order(success, || {
                    self.atomic.compare_exchange(current, new, success, failure)
                });
                match result {
                    Ok(before) => {
                        tape::replaced(self.number, before.to_string(), new.to_string(), at);
                    }
                    Err(found) => {
                        let found = found.to_string();
                        tape::did(Some(self.number), What::Refused { found }, at);
                    }
                }
                result
            }

            fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
                at: Place,
            ) -> Result<$value, $value> {
                if !fails_for_no_reason(at) {
                    return self.compare_exchange(current, new, success, failure, at);
                }
                let found = self.loaded(failure);
                let what = if found == current {
                    What::FailedForNoReason { found: found.to_string() }
                } else {
                    What::Refused { found: found.to_string() }
                };
                tape::did(Some(self.number), what, at);
                Err(found)
            }

            fn fetch(&self, change: Change, operand: $value, order: Ordering, at: Place) -> $value {
                let before = in_order(order, || match change {
                    $(Change::$change => self.atomic.$fetch(operand, order),)+
                    #[allow(unreachable_patterns, reason = "numbers have every change")]
                    _ => unreachable!("`sync` does not offer it"),
                });
                let after = match change {
                    $(Change::$change => {
                        let ($before, $operand) = (before, operand);
                        $after
                    })+
                    #[allow(unreachable_patterns, reason = "numbers have every change")]
                    _ => unreachable!("`sync` does not offer it"),
                };
                tape::replaced(self.number, before.to_string(), after.to_string(), at);
                before
            }
        }
    };
}

macro_rules! watched_number {
    ($atomic:ident, $value:ty) => {
        watched!($atomic, $value,
            Add => |a, b| a.wrapping_add(b), fetch_add;
            Sub => |a, b| a.wrapping_sub(b), fetch_sub;
            And => |a, b| a & b, fetch_and;
            Nand => |a, b| !(a & b), fetch_nand;
            Or => |a, b| a | b, fetch_or;
            Xor => |a, b| a ^ b, fetch_xor;
            Max => |a, b| a.max(b), fetch_max;
            Min => |a, b| a.min(b), fetch_min;
        );
    };
}

watched!(AtomicBool, bool,
    And => |a, b| a & b, fetch_and;
    Nand => |a, b| !(a & b), fetch_nand;
    Or => |a, b| a | b, fetch_or;
    Xor => |a, b| a ^ b, fetch_xor;
);
watched_number!(AtomicU8, u8);
watched_number!(AtomicU16, u16);
watched_number!(AtomicU32, u32);
watched_number!(AtomicU64, u64);
watched_number!(AtomicUsize, usize);
watched_number!(AtomicI8, i8);
watched_number!(AtomicI16, i16);
watched_number!(AtomicI32, i32);
watched_number!(AtomicI64, i64);
watched_number!(AtomicIsize, isize);

macro_rules! make {
    ($($make:ident: $atomic:ident,)+) => {
        $(
            fn $make(&self, value: $make, at: Place) -> Box<dyn Cell<$make>> {
                Box::new(Watched {
                    number: tape::created(value.to_string(), at),
                    atomic: atomic::$atomic::new(value),
                })
            }
        )+
    };
}

impl Model for Loom {
    make! {
        bool: AtomicBool,
        u8: AtomicU8,
        u16: AtomicU16,
        u32: AtomicU32,
        u64: AtomicU64,
        usize: AtomicUsize,
        i8: AtomicI8,
        i16: AtomicI16,
        i32: AtomicI32,
        i64: AtomicI64,
        isize: AtomicIsize,
    }

    fn lock(&self, at: Place) -> Box<dyn Lock> {
        Box::new(WatchedLock {
            number: tape::created(String::new(), at),
            held: Mutex::new(false),
            freed: Condvar::new(),
        })
    }

    fn fence(&self, order: Ordering, at: Place) {
        if order == Ordering::SeqCst {
            IN_ONE_ORDER.set(true);
        }
        fence(order);
        tape::did(None, What::Other(format!("fence {order:?}")), at);
    }

    fn spin(&self) {
        // Without a turn for the others, a loop that waits for one of them never ends. One that tries
        // again because another was faster does.
        if waiting() == Waiting::Allowed {
            loom::thread::yield_now();
        }
    }
}

/// A mutex of a model, without its value. loom's own hands out a guard that borrows; this one is
/// locked and unlocked by calls.
struct WatchedLock {
    number: usize,
    held: Mutex<bool>,
    freed: Condvar,
}

impl Lock for WatchedLock {
    fn acquire(&self, at: Place) {
        take_turn();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!*held || waiting() == Waiting::Allowed, "{WAITS}");
        while *held {
            held = self
                .freed
                .wait(held)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *held = true;
        drop(held);
        tape::did(Some(self.number), What::Other("lock".to_owned()), at);
    }

    fn release(&self, at: Place) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.freed.notify_one();
        tape::did(Some(self.number), What::Other("unlock".to_owned()), at);
    }
}
