//! Your exercises, one module a lesson. Each has its tests in `tests/`, and its chapter in the book.

pub mod async_tasks;
pub mod atomics;
pub mod error_policy;
pub mod fork_join;
pub mod pipeline;
pub mod start_simple;
pub mod token_bucket;
pub mod worker_pool;
