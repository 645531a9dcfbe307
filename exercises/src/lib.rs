//! Your exercises, one module a lesson. Each has its tests in `tests/`, and its chapter in the book.

pub mod async_tasks;
pub mod atomics;
pub mod channels;
pub mod data_parallelism;
pub mod error_policy;
pub mod fan_out_fan_in;
pub mod fork_join;
pub mod ordered_results;
pub mod pipeline;
pub mod rate_limiter;
pub mod semaphore;
pub mod shared_state;
pub mod start_simple;
pub mod structured_concurrency;
pub mod timeouts_and_deadlines;
pub mod token_bucket;
pub mod worker_pool;
