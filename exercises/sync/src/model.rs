//! The model checker's side: what it provides, and how a thread enters a model.

use std::cell::Cell as Slot;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;

/// Where an operation stands in the code.
pub type Place = &'static Location<'static>;

/// A model checker. It makes the cells behind the atomics that are created in its models.
pub trait Model {
    /// A cell for an `AtomicBool`.
    fn bool(&self, value: bool, at: Place) -> Box<dyn Cell<bool>>;
    /// A cell for an `AtomicU8`.
    fn u8(&self, value: u8, at: Place) -> Box<dyn Cell<u8>>;
    /// A cell for an `AtomicU16`.
    fn u16(&self, value: u16, at: Place) -> Box<dyn Cell<u16>>;
    /// A cell for an `AtomicU32`.
    fn u32(&self, value: u32, at: Place) -> Box<dyn Cell<u32>>;
    /// A cell for an `AtomicU64`.
    fn u64(&self, value: u64, at: Place) -> Box<dyn Cell<u64>>;
    /// A cell for an `AtomicUsize`.
    fn usize(&self, value: usize, at: Place) -> Box<dyn Cell<usize>>;
    /// A cell for an `AtomicI8`.
    fn i8(&self, value: i8, at: Place) -> Box<dyn Cell<i8>>;
    /// A cell for an `AtomicI16`.
    fn i16(&self, value: i16, at: Place) -> Box<dyn Cell<i16>>;
    /// A cell for an `AtomicI32`.
    fn i32(&self, value: i32, at: Place) -> Box<dyn Cell<i32>>;
    /// A cell for an `AtomicI64`.
    fn i64(&self, value: i64, at: Place) -> Box<dyn Cell<i64>>;
    /// A cell for an `AtomicIsize`.
    fn isize(&self, value: isize, at: Place) -> Box<dyn Cell<isize>>;
    /// A lock for a `Mutex`.
    fn lock(&self, at: Place) -> Box<dyn Lock>;
    /// A memory fence.
    fn fence(&self, order: Ordering, at: Place);
    /// Lets the other threads go on: the calling one waits for them.
    fn spin(&self);
}

/// What stands behind one atomic of a model.
pub trait Cell<T>: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Reads the value.
    fn load(&self, order: Ordering, at: Place) -> T;
    /// Writes the value.
    fn store(&self, value: T, order: Ordering, at: Place);
    /// Replaces the value and returns the old one.
    fn swap(&self, value: T, order: Ordering, at: Place) -> T;
    /// Replaces `current` by `new`, if that is the value.
    ///
    /// # Errors
    /// The value, if it is another.
    fn compare_exchange(
        &self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
        at: Place,
    ) -> Result<T, T>;
    /// Like [`compare_exchange`](Self::compare_exchange), but may fail for no reason.
    ///
    /// # Errors
    /// The value, if it was not replaced.
    fn compare_exchange_weak(
        &self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
        at: Place,
    ) -> Result<T, T>;
    /// Combines the value with `operand` and returns the old one.
    fn fetch(&self, change: Change, operand: T, order: Ordering, at: Place) -> T;
}

/// What a `fetch_…` does to the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `fetch_add`
    Add,
    /// `fetch_sub`
    Sub,
    /// `fetch_and`
    And,
    /// `fetch_nand`
    Nand,
    /// `fetch_or`
    Or,
    /// `fetch_xor`
    Xor,
    /// `fetch_max`
    Max,
    /// `fetch_min`
    Min,
}

/// What stands behind one mutex of a model.
pub trait Lock: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Waits for the lock and takes it.
    fn acquire(&self, at: Place);
    /// Gives the lock back.
    fn release(&self, at: Place);
}

thread_local! {
    static CURRENT: Slot<Option<&'static dyn Model>> = const { Slot::new(None) };
}

/// The model that the calling thread is in.
pub(crate) fn current() -> Option<&'static dyn Model> {
    CURRENT.get()
}

/// Keeps the calling thread in a model until it is dropped.
#[derive(Debug)]
#[must_use = "the thread leaves the model when this is dropped"]
pub struct Inside(());

/// Puts the calling thread into `model`: what it creates from now on belongs to the model checker.
pub fn enter(model: &'static dyn Model) -> Inside {
    CURRENT.set(Some(model));
    Inside(())
}

impl Drop for Inside {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}
