//! # Async tasks
//!
//! A bakery has a dashboard on its wall. Five small services know what stands on it: the orders of
//! the day, the ovens, the flour, the vans, the till. Each takes a while to answer, and each answers
//! one question at a time. Build the panel that asks all five at once, shows what they said last,
//! and is kept fresh in the background.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/async_tasks.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test async_tasks
//! ```

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;

/// The five services. Each method returns a future, as an `async fn` does: the call alone asks
/// nothing. All waiting is tokio's.
pub trait Services: Send + Sync + 'static {
    /// Loaves that were ordered for today.
    fn orders(&self) -> impl Future<Output = u32> + Send;
    /// The temperature of each oven, in degrees.
    fn ovens(&self) -> impl Future<Output = Vec<u16>> + Send;
    /// Kilograms of flour in the store.
    fn flour(&self) -> impl Future<Output = u32> + Send;
    /// The drivers who are on the road.
    fn vans(&self) -> impl Future<Output = Vec<String>> + Send;
    /// Cents in the till.
    fn till(&self) -> impl Future<Output = u64> + Send;
}

/// What one round of questions brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Loaves that were ordered for today.
    pub orders: u32,
    /// Degrees in each oven.
    pub ovens: Vec<u16>,
    /// Kilograms of flour.
    pub flour: u32,
    /// Drivers on the road.
    pub vans: Vec<String>,
    /// Cents in the till.
    pub till: u64,
}

/// The panel on the wall. Many tasks share one, through an `Arc`.
pub struct Panel<S> {
    // The services themselves, what they said last, and a place for a refresh that waits for its turn.
    _services: PhantomData<S>,
}

impl<S: Services> Panel<S> {
    /// A panel that has asked nothing yet.
    pub fn new(services: S) -> Self {
        let _ = services;
        todo!("Panel::new")
    }

    /// Asks all five services at the same time, and brings what they said.
    ///
    /// It takes as long as the slowest of them. Like every future it does nothing until it is
    /// polled.
    ///
    /// Refreshes take turns, since a service answers one question at a time: a refresh that is called
    /// while another is under way waits until that one has ended, and then asks anew. A refresh that is
    /// dropped while it waits holds up none behind it, even if its turn had come.
    ///
    /// Dropping the future before it is ready cancels its requests; they are gone soon after, as soon as
    /// the runtime gets to it. The turn passes on when they are gone, and
    /// [`latest`](Self::latest) is what it was. The same holds if a service panics: the panic goes on to
    /// the task that polls this future, and does the next refresh no harm.
    ///
    /// **Stretch:** The panic that goes on carries the very value that the service panicked with.
    pub async fn refresh(&self) -> Dashboard {
        todo!("refresh")
    }

    /// What the last refresh to end has brought; `None` before the first.
    ///
    /// It answers at once, also while a refresh is under way, and never with a part of one.
    pub fn latest(&self) -> Option<Dashboard> {
        todo!("latest")
    }
}

/// Keeps `panel` fresh in the background: it refreshes at once, then rests for `rest`, from the end
/// of one refresh to the beginning of the next, and so on until it is stopped. Its refreshes take
/// turns with all others. A rest of zero is none at all, and one of `Duration::MAX` never ends.
///
/// It is called within a tokio runtime, and goes on whether or not its `Refresher` is awaited.
pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let _ = panel;
    todo!("keep_fresh with a rest of {rest:?}")
}

/// What keeps a panel fresh, until it is stopped or dropped.
///
/// Dropping it cancels a refresh that is under way, and no other begins. A drop cannot wait: the
/// requests are gone soon after.
#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    // What do you keep of work that goes on without you?
}

impl Refresher {
    /// Stops at once, cancels a refresh that is under way, and returns when that refresh and its requests
    /// are gone. It does not wait for refreshes of others.
    ///
    /// # Errors
    /// If a service has panicked, and the refreshing with it. That it was stopped is no error.
    pub async fn stop(self) -> Result<(), JoinError> {
        todo!("stop")
    }
}
