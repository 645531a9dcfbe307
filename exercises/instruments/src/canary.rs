//! Canaries count what is still alive: a leak is a canary that was never dropped.

use std::cell::RefCell;

use crate::gate::Count;

thread_local! {
    static AT_THE_THREADS_END: RefCell<Vec<Canary>> = const { RefCell::new(Vec::new()) };
}

/// Makes canaries and counts them.
#[derive(Debug, Clone, Default)]
pub struct Cage {
    born: Count,
    gone: Count,
}

/// Alive until dropped.
#[derive(Debug)]
pub struct Canary {
    gone: Count,
}

impl Cage {
    /// An empty cage.
    pub fn new() -> Self {
        Self::default()
    }

    /// A canary that lives until it is dropped.
    pub fn canary(&self) -> Canary {
        self.born.add();
        Canary {
            gone: self.gone.clone(),
        }
    }

    /// Ties a canary to the calling thread: it is dropped when the thread ends.
    pub fn watch_this_thread(&self) {
        let canary = self.canary();
        AT_THE_THREADS_END.with_borrow_mut(|canaries| canaries.push(canary));
    }

    /// How many are alive.
    pub fn alive(&self) -> usize {
        self.born.get() - self.gone.get()
    }

    /// Waits until none is alive.
    pub fn wait_until_empty(&self) {
        self.gone.wait_for(self.born.get());
    }

    /// Like [`wait_until_empty`](Self::wait_until_empty), for a task: other tasks of its thread go on.
    pub async fn emptied(&self) {
        self.gone.reached(self.born.get()).await;
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.gone.add();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_alive_until_dropped() {
        let cage = Cage::new();
        let canary = cage.canary();
        assert_eq!(cage.alive(), 1);
        drop(canary);
        assert_eq!(cage.alive(), 0);
    }

    #[test]
    fn a_threads_canary_goes_with_the_thread() {
        let cage = Cage::new();
        let watch = cage.clone();
        std::thread::spawn(move || watch.watch_this_thread())
            .join()
            .expect("it does not panic");
        assert_eq!(cage.alive(), 0);
    }
}
