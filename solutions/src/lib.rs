//! The reference solutions, one module a lesson. Each is a drop-in for the exercise of its name.

pub mod async_tasks;
pub mod atomics;
pub mod error_policy;
pub mod fork_join;
pub mod pipeline;
pub mod start_simple;
pub mod token_bucket;
pub mod worker_pool;
