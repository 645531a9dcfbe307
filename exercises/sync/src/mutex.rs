use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{self, LockResult, PoisonError};

use crate::model::{Lock, current};

/// `std::sync::Mutex`, watched in a model.
pub struct Mutex<T> {
    value: sync::Mutex<T>,
    /// In a model, decides who may lock `value`, which is then always free.
    lock: Option<Box<dyn Lock>>,
}

/// `std::sync::MutexGuard`, watched in a model.
#[must_use = "the mutex is unlocked when this is dropped"]
pub struct MutexGuard<'a, T> {
    /// `None` only while the guard is dropped.
    value: Option<sync::MutexGuard<'a, T>>,
    lock: Option<&'a dyn Lock>,
}

impl<T> Mutex<T> {
    /// A mutex around `value`.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self {
            value: sync::Mutex::new(value),
            lock: current().map(|model| model.lock(Location::caller())),
        }
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// If the mutex is poisoned: a thread panicked with the lock held. The error has the guard.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let lock = self.lock.as_deref();
        if let Some(lock) = lock {
            lock.acquire(Location::caller());
        }
        let guard = |value| MutexGuard {
            value: Some(value),
            lock,
        };
        match self.value.lock() {
            Ok(value) => Ok(guard(value)),
            Err(poisoned) => Err(PoisonError::new(guard(poisoned.into_inner()))),
        }
    }

    /// The value, from whoever owns the mutex.
    ///
    /// # Errors
    /// If the mutex is poisoned. The error has the value.
    pub fn into_inner(self) -> LockResult<T> {
        self.value.into_inner()
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

const WHOLE: &str = "a guard loses its value only when it is dropped";

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect(WHOLE)
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(WHOLE)
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        // The value first: whoever gets the model's lock finds it free.
        self.value = None;
        if let Some(lock) = self.lock {
            lock.release(Location::caller());
        }
    }
}
