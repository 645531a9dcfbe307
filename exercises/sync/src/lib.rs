//! `std::sync`, as far as the lessons under the model checker need it.
//!
//! On real threads these types are std's own. Made inside a model they belong to the model checker,
//! which decides what each load returns and who goes on next, and writes everything down. So one
//! and the same code runs for real and in every possible order:
//!
//! ```
//! use sync::atomic::{AtomicU64, Ordering};
//!
//! let visitors = AtomicU64::new(0);
//! visitors.fetch_add(1, Ordering::Relaxed);
//! assert_eq!(visitors.load(Ordering::Relaxed), 1);
//! ```
//!
//! What differs from std: `new` is not `const`, because a model makes its atomics anew for every
//! order that it tries; so there are no statics of these types.

pub mod atomic;
pub mod hint;
pub mod model;
mod mutex;

pub use mutex::{Mutex, MutexGuard};
pub use std::sync::{Arc, LockResult, PoisonError};
