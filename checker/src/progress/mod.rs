//! What the learner has done: an append-only log of events.
