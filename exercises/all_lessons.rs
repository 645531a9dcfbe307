//! Every lesson's tests in one binary: `solutions/verify` compiles it against the solutions. It
//! stays below `exercises/`, because rust-analyzer follows no `#[path]` out of a package.

#[path = "tests/async_tasks.rs"]
mod async_tasks;
#[path = "tests/atomics.rs"]
mod atomics;
#[path = "tests/channels.rs"]
mod channels;
#[path = "tests/data_parallelism.rs"]
mod data_parallelism;
#[path = "tests/error_policy.rs"]
mod error_policy;
#[path = "tests/fan_out_fan_in.rs"]
mod fan_out_fan_in;
#[path = "tests/fork_join.rs"]
mod fork_join;
#[path = "tests/ordered_results.rs"]
mod ordered_results;
#[path = "tests/pipeline.rs"]
mod pipeline;
#[path = "tests/rate_limiter.rs"]
mod rate_limiter;
#[path = "tests/semaphore.rs"]
mod semaphore;
#[path = "tests/shared_state.rs"]
mod shared_state;
#[path = "tests/start_simple.rs"]
mod start_simple;
#[path = "tests/structured_concurrency.rs"]
mod structured_concurrency;
#[path = "tests/timeouts_and_deadlines.rs"]
mod timeouts_and_deadlines;
#[path = "tests/token_bucket.rs"]
mod token_bucket;
#[path = "tests/worker_pool.rs"]
mod worker_pool;
