//! # Timeouts and deadlines
//!
//! A ground station talks to a satellite while it is above the horizon. That is a pass: some minutes
//! in which the dish is pointed, the radio logs in and recordings are downloaded, one step after the
//! other, while telemetry is written in the background. All of it spends the same minutes. What is not
//! done when the satellite sets is lost, and an operator may end the pass earlier. Build the value
//! that is handed to each step and says how long there is.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/timeouts_and_deadlines.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test timeouts_and_deadlines
//! ```
//!
//! All times are those of tokio's clock.

use std::time::Duration;

/// Why a pass has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The time is up.
    TimeUp,
    /// It was cancelled, or a pass that it is part of was. From then on this is the answer, also if its
    /// time was up before.
    Cancelled,
}

/// A stretch of time for some work, which can be ended early. It may have parts.
///
/// A pass ends when its time is up, when it is cancelled, or when a pass that it is part of ends. Closing
/// and dropping it cancel it. Nothing else ends it: not a step that fails or panics, not the end of one of
/// its parts, and not a panic in its background.
///
/// It is shared: several tasks may take steps at once, while another one cancels it. It keeps no task of
/// its own alive beyond its end.
#[derive(Debug)]
pub struct Pass {
    // Which moment is the last one? Which passes hear that it was cancelled, and which must not?
    // What knows whether the background work is gone?
}

impl Pass {
    /// A pass that begins now and whose time is up after `limit`. With `Duration::MAX` it never is, and with
    /// zero it is from the start.
    pub fn new(limit: Duration) -> Self {
        todo!("Pass::new({limit:?})")
    }

    /// A part that begins now. Its time is up after `limit`, but never later than that of the whole.
    ///
    /// When the whole ends, its parts end. When a part ends, the whole and its other parts go on.
    /// A part of a pass that has ended has ended from the start.
    ///
    /// **Stretch:** A part may have parts as well, and each of them is part of the whole.
    #[must_use]
    pub fn part(&self, limit: Duration) -> Self {
        todo!("Pass::part({limit:?})")
    }

    /// How long until its time is up; zero once the pass has ended, in whichever way. If it never is up,
    /// any answer of more than a year will do.
    pub fn time_left(&self) -> Duration {
        todo!("Pass::time_left")
    }

    /// Does one step: returns what `work` comes to, unless the pass ends first.
    ///
    /// If it ends, `step` returns at that moment, and by then `work` has been dropped. If it has ended
    /// already, `work` is not even begun: it is not polled. Of a step that would be done at the very
    /// moment at which the pass ends, either may come out.
    ///
    /// `work` may borrow from the caller. While it waits, nothing looks again and again.
    ///
    /// # Errors
    /// Why the pass has ended.
    pub async fn step<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        drop(work);
        todo!("Pass::step")
    }

    /// Runs `work` in the background, in a task.
    ///
    /// It runs until it is done or the pass ends, whether or not a step is taken meanwhile. When the
    /// pass ends, it is cancelled: dropped soon after, as soon as the runtime gets round to it. If the
    /// pass has ended already, it is not begun. If it panics, all other work goes on.
    pub fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(work);
        todo!("Pass::start")
    }

    /// Cancels the pass.
    pub fn cancel(&self) {
        todo!("Pass::cancel")
    }

    /// Cancels the pass, and returns once all background work of it and of its parts is gone, also of those
    /// parts that were dropped. It waits for no other work, and sleeps meanwhile.
    ///
    /// **Stretch:** It waits also for the background work of parts that are being closed at the same time,
    /// whether or not these calls of `close` are given up.
    pub async fn close(self) {
        todo!("Pass::close")
    }
}
