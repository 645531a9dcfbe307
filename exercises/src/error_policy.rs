//! # Error policy
//!
//! A travel page asks several services at once: flights, hotels, weather, currency. Some day one of
//! them fails, and then it has to be decided what becomes of the others. A booking is worth
//! nothing with a part missing: the first failure ends it. The page itself shows what there is.
//! Build both.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/error_policy.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test error_policy
//! ```

/// What to ask one service.
#[derive(Debug)]
pub struct Request<F> {
    /// The service's name, as an error has to give it.
    pub service: &'static str,
    /// Asks, and brings the reply. Like every future it does nothing until it is polled.
    pub reply: F,
}

/// Asks all services at once. The first failure ends it for all.
///
/// Returns the replies in the order of the requests, whichever came first. The whole takes as long
/// as the slowest; there is no time limit.
///
/// When it returns, nothing of it is left: each request has ended or was cancelled, and its future
/// is dropped. Dropping the future of `fail_fast` itself cancels the requests with it; they
/// are gone soon after, as soon as the runtime gets round to it.
///
/// # Errors
/// The failure that came first in time, at the time it came. The rest are cancelled, and that they
/// were cancelled is no failure. A request that panics has failed like any other: its panic goes no
/// further than this error.
///
/// The error tells which service it was: its outermost message contains the name. What went wrong
/// stays in its [chain](anyhow::Error::chain), as the value that the request failed with.
///
/// **Stretch:** Of a panic, the chain has the message.
pub async fn fail_fast<T, F>(requests: Vec<Request<F>>) -> anyhow::Result<Vec<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    // If you hand `F` to something that keeps it longer than this function runs, or polls it on
    // another thread, the bounds have to say so.
    todo!("fail_fast of {} requests", requests.len())
}

/// Asks all services at once, and lets each of them come to its end.
///
/// Returns what each request came to, in the order of the requests. A request that failed or
/// panicked does no harm to the others; its error tells what the errors of [`fail_fast`] tell.
///
/// When it returns, and when it is dropped, it leaves nothing behind, just as `fail_fast`.
pub async fn collect_all<T, F>(requests: Vec<Request<F>>) -> Vec<anyhow::Result<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    todo!("collect_all of {} requests", requests.len())
}
