//! Every lesson's tests in one binary: `solutions/verify` compiles it against the solutions. It
//! stays below `exercises/`, because rust-analyzer follows no `#[path]` out of a package.

#[path = "tests/async_tasks.rs"]
mod async_tasks;
#[path = "tests/atomics.rs"]
mod atomics;
#[path = "tests/error_policy.rs"]
mod error_policy;
#[path = "tests/fork_join.rs"]
mod fork_join;
#[path = "tests/pipeline.rs"]
mod pipeline;
#[path = "tests/start_simple.rs"]
mod start_simple;
#[path = "tests/token_bucket.rs"]
mod token_bucket;
#[path = "tests/worker_pool.rs"]
mod worker_pool;
