//! What a recorder's time is.

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::timeline::Unit;

/// Tells the time of each event.
#[derive(Debug, Clone)]
pub(super) enum Clock {
    /// Every event is one step after the last.
    Steps(u64),
    /// Milliseconds of tokio's clock since `start`.
    Tokio { start: Instant, last: u64 },
}

impl Default for Clock {
    fn default() -> Self {
        Self::Steps(0)
    }
}

impl Clock {
    /// Tokio's clock, starting now.
    pub fn tokios() -> Self {
        Self::Tokio {
            start: Instant::now(),
            last: 0,
        }
    }

    /// When the event is that happens now.
    pub fn tick(&mut self) -> u64 {
        match self {
            Self::Steps(next) => {
                let now = *next;
                *next += 1;
                now
            }
            Self::Tokio { start, last } => {
                // On a thread without a runtime tokio would read the real clock.
                if Handle::try_current().is_ok() {
                    let since = Instant::now().saturating_duration_since(*start);
                    *last = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
                }
                *last
            }
        }
    }

    /// The time now, without an event: in steps, the next event's.
    pub fn now(&mut self) -> u64 {
        match self {
            Self::Steps(next) => *next,
            Self::Tokio { .. } => self.tick(),
        }
    }

    /// The time, if it is tokio's.
    pub fn time(&mut self) -> Option<u64> {
        match self {
            Self::Steps(_) => None,
            Self::Tokio { .. } => Some(self.tick()),
        }
    }

    pub fn unit(&self) -> Unit {
        match self {
            Self::Steps(_) => Unit::Steps,
            Self::Tokio { .. } => Unit::VirtualMilliseconds,
        }
    }
}
