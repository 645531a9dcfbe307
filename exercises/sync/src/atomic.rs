//! `std::sync::atomic`.

use std::fmt;
use std::panic::Location;
pub use std::sync::atomic::Ordering;

use crate::model::{Cell, Change, current};

/// What an atomic is: std's, or a cell of the model that it was created in.
enum Inner<S, T> {
    Std(S),
    Modelled(Box<dyn Cell<T>>),
}

macro_rules! atomic {
    ($(#[$docs:meta])* $name:ident, $value:ty, $make:ident) => {
        $(#[$docs])*
        pub struct $name(Inner<std::sync::atomic::$name, $value>);

        impl $name {
            /// An atomic that holds `value`.
            #[track_caller]
            pub fn new(value: $value) -> Self {
                Self(match current() {
                    Some(model) => Inner::Modelled(model.$make(value, Location::caller())),
                    None => Inner::Std(std::sync::atomic::$name::new(value)),
                })
            }

            /// Reads the value: `Relaxed`, `Acquire` or `SeqCst`.
            ///
            /// # Panics
            /// If `order` is another.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                may_load(order);
                match &self.0 {
                    Inner::Std(atomic) => atomic.load(order),
                    Inner::Modelled(cell) => cell.load(order, Location::caller()),
                }
            }

            /// Writes the value: `Relaxed`, `Release` or `SeqCst`.
            ///
            /// # Panics
            /// If `order` is another.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                may_store(order);
                match &self.0 {
                    Inner::Std(atomic) => atomic.store(value, order),
                    Inner::Modelled(cell) => cell.store(value, order, Location::caller()),
                }
            }

            /// Writes `value` and returns what was there, in one step.
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                match &self.0 {
                    Inner::Std(atomic) => atomic.swap(value, order),
                    Inner::Modelled(cell) => cell.swap(value, order, Location::caller()),
                }
            }

            /// Writes `new` if the value is `current`, in one step.
            ///
            /// # Errors
            /// The value, if it is not `current`.
            ///
            /// # Panics
            /// If `failure` is no ordering for a load.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                may_load(failure);
                match &self.0 {
                    Inner::Std(atomic) => atomic.compare_exchange(current, new, success, failure),
                    Inner::Modelled(cell) => {
                        cell.compare_exchange(current, new, success, failure, Location::caller())
                    }
                }
            }

            /// Like [`compare_exchange`](Self::compare_exchange), but may fail although the value
            /// is `current`: for loops.
            ///
            /// # Errors
            /// The value, if it was not replaced.
            ///
            /// # Panics
            /// If `failure` is no ordering for a load.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                may_load(failure);
                match &self.0 {
                    Inner::Std(atomic) => {
                        atomic.compare_exchange_weak(current, new, success, failure)
                    }
                    Inner::Modelled(cell) => {
                        let at = Location::caller();
                        cell.compare_exchange_weak(current, new, success, failure, at)
                    }
                }
            }

            /// Replaces the value by what `change` makes of it, until no other thread comes in
            /// between; returns what was there.
            ///
            /// # Errors
            /// The value, if `change` returns `None` for it.
            #[track_caller]
            pub fn fetch_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                mut change: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut there = self.load(fetch);
                while let Some(next) = change(there) {
                    match self.compare_exchange_weak(there, next, set, fetch) {
                        Ok(before) => return Ok(before),
                        Err(other) => there = other,
                    }
                }
                Err(there)
            }

            /// [`fetch_update`](Self::fetch_update) by its newer name.
            ///
            /// # Errors
            /// The value, if `change` returns `None` for it.
            #[track_caller]
            pub fn try_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                change: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.fetch_update(set, fetch, change)
            }

            /// Replaces the value by what `change` makes of it, until no other thread comes in
            /// between; returns what was there.
            #[track_caller]
            pub fn update(
                &self,
                set: Ordering,
                fetch: Ordering,
                mut change: impl FnMut($value) -> $value,
            ) -> $value {
                self.fetch_update(set, fetch, |there| Some(change(there)))
                    .unwrap_or_else(|there| there)
            }
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(<$value>::default())
            }
        }

        impl From<$value> for $name {
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.0 {
                    Inner::Std(atomic) => atomic.fmt(f),
                    Inner::Modelled(_) => f.pad(concat!(stringify!($name), " { .. }")),
                }
            }
        }
    };
}

macro_rules! fetch {
    ($name:ident, $value:ty, [$($(#[$docs:meta])* $method:ident: $change:ident),+ $(,)?]) => {
        impl $name {
            $(
                $(#[$docs])*
                #[track_caller]
                pub fn $method(&self, operand: $value, order: Ordering) -> $value {
                    match &self.0 {
                        Inner::Std(atomic) => atomic.$method(operand, order),
                        Inner::Modelled(cell) => {
                            cell.fetch(Change::$change, operand, order, Location::caller())
                        }
                    }
                }
            )+
        }
    };
}

macro_rules! number {
    ($(#[$docs:meta])* $name:ident, $value:ty, $make:ident) => {
        atomic!($(#[$docs])* $name, $value, $make);
        fetch!($name, $value, [
            /// Adds `operand` in one step, wrapping around; returns what was there.
            fetch_add: Add,
            /// Subtracts `operand` in one step, wrapping around; returns what was there.
            fetch_sub: Sub,
            /// Keeps the bits that `operand` has too; returns what was there.
            fetch_and: And,
            /// Inverts [`fetch_and`](Self::fetch_and); returns what was there.
            fetch_nand: Nand,
            /// Sets the bits of `operand`; returns what was there.
            fetch_or: Or,
            /// Flips the bits of `operand`; returns what was there.
            fetch_xor: Xor,
            /// Keeps the greater of value and `operand`; returns what was there.
            fetch_max: Max,
            /// Keeps the smaller of value and `operand`; returns what was there.
            fetch_min: Min,
        ]);
    };
}

atomic!(
    /// `std::sync::atomic::AtomicBool`, watched in a model.
    AtomicBool,
    bool,
    bool
);
fetch!(AtomicBool, bool, [
    /// Logical "and" in one step; returns what was there.
    fetch_and: And,
    /// Logical "not and" in one step; returns what was there.
    fetch_nand: Nand,
    /// Logical "or" in one step; returns what was there.
    fetch_or: Or,
    /// Logical "exclusive or" in one step; returns what was there.
    fetch_xor: Xor,
]);

impl AtomicBool {
    /// Logical "not" in one step; returns what was there.
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

number!(
    /// `std::sync::atomic::AtomicU8`, watched in a model.
    AtomicU8,
    u8,
    u8
);
number!(
    /// `std::sync::atomic::AtomicU16`, watched in a model.
    AtomicU16,
    u16,
    u16
);
number!(
    /// `std::sync::atomic::AtomicU32`, watched in a model.
    AtomicU32,
    u32,
    u32
);
number!(
    /// `std::sync::atomic::AtomicU64`, watched in a model.
    AtomicU64,
    u64,
    u64
);
number!(
    /// `std::sync::atomic::AtomicUsize`, watched in a model.
    AtomicUsize,
    usize,
    usize
);
number!(
    /// `std::sync::atomic::AtomicI8`, watched in a model.
    AtomicI8,
    i8,
    i8
);
number!(
    /// `std::sync::atomic::AtomicI16`, watched in a model.
    AtomicI16,
    i16,
    i16
);
number!(
    /// `std::sync::atomic::AtomicI32`, watched in a model.
    AtomicI32,
    i32,
    i32
);
number!(
    /// `std::sync::atomic::AtomicI64`, watched in a model.
    AtomicI64,
    i64,
    i64
);
number!(
    /// `std::sync::atomic::AtomicIsize`, watched in a model.
    AtomicIsize,
    isize,
    isize
);

/// `std::sync::atomic::fence`, watched in a model.
///
/// # Panics
/// If `order` is `Relaxed`: there is no such fence.
#[track_caller]
pub fn fence(order: Ordering) {
    assert!(
        order != Ordering::Relaxed,
        "a fence cannot be `Relaxed`: it would order nothing"
    );
    match current() {
        Some(model) => model.fence(order, Location::caller()),
        None => std::sync::atomic::fence(order),
    }
}

/// std's atomics have a lint against this, which stops the build; it does not know these types.
#[track_caller]
fn may_load(order: Ordering) {
    assert!(
        !matches!(order, Ordering::Release | Ordering::AcqRel),
        "a load cannot be `{order:?}`: it is `Relaxed`, `Acquire` or `SeqCst`"
    );
}

#[track_caller]
fn may_store(order: Ordering) {
    assert!(
        !matches!(order, Ordering::Acquire | Ordering::AcqRel),
        "a store cannot be `{order:?}`: it is `Relaxed`, `Release` or `SeqCst`"
    );
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn fetch_update_hands_out_what_was_there() {
        let left = AtomicU32::new(1);
        let take = |left: u32| left.checked_sub(1);
        assert_eq!(
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take),
            Ok(1)
        );
        assert_eq!(
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take),
            Err(0)
        );
    }

    #[test]
    fn update_and_fetch_not_hand_out_what_was_there() {
        let (number, flag) = (AtomicU8::new(255), AtomicBool::new(false));
        let next = |there: u8| there.wrapping_add(1);
        let before = number.update(Ordering::Relaxed, Ordering::Relaxed, next);
        assert_eq!((before, number.load(Ordering::Relaxed)), (255, 0));
        let before = flag.fetch_not(Ordering::Relaxed);
        assert_eq!((before, flag.load(Ordering::Relaxed)), (false, true));
    }

    #[test]
    fn an_ordering_that_does_not_exist_is_refused() {
        let flag = AtomicBool::new(false);
        let load = catch_unwind(|| flag.load(Ordering::Release));
        let store = catch_unwind(|| flag.store(true, Ordering::Acquire));
        let fence = catch_unwind(|| fence(Ordering::Relaxed));
        assert!(load.is_err() && store.is_err() && fence.is_err());
    }
}
