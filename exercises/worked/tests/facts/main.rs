//! What the chapters say of Rust and its libraries, as far as it can be run: a module a chapter.
//!
//! One program, since most of them wait for most of their time, and wait side by side this way.

mod async_tasks;
mod atomics;
mod channels;
mod choosing_a_pattern;
mod data_parallelism;
mod error_policy;
mod fan_out_fan_in;
mod fork_join;
mod ordered_results;
mod pipeline;
mod rate_limiter;
mod semaphore;
mod shared_state;
mod start_simple;
mod structured_concurrency;
mod timeouts_and_deadlines;
mod token_bucket;
mod worker_pool;
