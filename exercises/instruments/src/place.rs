//! Where a failure is said to be: at a line that the reader can change, in the test or in the exercise.

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::env;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use crate::identity;

thread_local! {
    /// Where the outermost [`helper`] that is being polled was called.
    static CALLED: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
}

/// Makes an async helper of a test say where it was called, as `#[track_caller]` does for one that is
/// not async: a panic in the helper's own file counts as one at the line of its caller.
///
/// ```
/// use std::future::Future;
///
/// #[track_caller]
/// fn comes_to(wanted: u32, work: impl Future<Output = u32>) -> impl Future<Output = ()> {
///     instruments::helper(async move {
///         let came = work.await;
///         assert!(came == wanted, "the work came to {came} instead of {wanted}");
///     })
/// }
///
/// instruments::paused(|_| async {
///     comes_to(7, async { 7 }).await;
/// });
/// ```
#[track_caller]
pub fn helper<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    let called_at = Location::caller();
    async move {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _called = Called::at(called_at);
            future.as_mut().poll(context)
        })
        .await
    }
}

struct Called {
    before: Option<&'static Location<'static>>,
}

impl Called {
    fn at(place: &'static Location<'static>) -> Self {
        let before = CALLED.get();
        // A helper that calls another was itself called by the test.
        CALLED.set(before.or(Some(place)));
        Self { before }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        CALLED.set(self.before);
    }
}

/// The place of a panic: known, or still to be read off the stack. To read it takes a while, so only a
/// panic that is told of is asked for it.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// `file:line`
    Known(String),
    /// The panic was raised inside the toolchain or a library.
    Foreign(Arc<Backtrace>),
}

impl Place {
    /// The place of a panic that was raised at `raised`, as seen by the panic hook.
    pub fn of_a_panic(raised: &Location<'_>) -> Self {
        if is_foreign(raised.file()) {
            return Self::Foreign(Arc::new(Backtrace::force_capture()));
        }
        let called = CALLED.get().filter(|called| called.file() == raised.file());
        Self::Known(called.map_or_else(|| identity::place(raised), identity::place))
    }

    /// `file:line` of a line that the reader can change, if there is one.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Known(place) => Some(place.clone()),
            Self::Foreign(stack) => nearest_own(&stack.to_string(), &env::current_dir().ok()?),
        }
    }
}

/// Whether a file belongs to the toolchain or to a crate from the registry.
fn is_foreign(file: &str) -> bool {
    let file = file.replace('\\', "/");
    file.starts_with("/rustc/") || file.contains("/registry/src/") || file.contains("/rustlib/src/")
}

/// The innermost line of a printed stack that is neither a dependency's nor the instruments'. A stack
/// printed in `folder` names the files below it as `./file`.
fn nearest_own(stack: &str, folder: &Path) -> Option<String> {
    let instruments = Path::new(env!("CARGO_MANIFEST_DIR"));
    let course = instruments.parent()?.parent()?;
    stack
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("at "))
        .filter(|place| !is_foreign(place))
        .find_map(|place| {
            let (place, _column) = place.rsplit_once(':')?;
            let (file, line) = place.rsplit_once(':')?;
            let file = folder.join(file.strip_prefix("./").unwrap_or(file));
            if file.starts_with(instruments.join("src")) {
                return None;
            }
            let file = file.strip_prefix(course).unwrap_or(&file);
            Some(format!("{}:{line}", file.display()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_own_line_is_below_the_frames_of_others() {
        let instruments = Path::new(env!("CARGO_MANIFEST_DIR"));
        let course = instruments.ancestors().nth(2).expect("two folders up");
        let stack = "   0: core::panicking::panic_fmt
             at /rustc/59807616e/library/core/src/panicking.rs:80:14
   1: instruments::panics::collect
             at {course}/exercises/instruments/src/panics.rs:66:9
   2: futures_util::future::select_all
             at /home/learner/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/futures-util-0.3.31/src/future/select_all.rs:40:5
   3: exercises::error_policy::fail_fast
             at ./src/error_policy.rs:41:17
   4: error_policy::core::no_requests_are_no_failure
             at ./tests/error_policy.rs:190:26
";
        let stack = stack.replace("{course}", &course.to_string_lossy());
        assert_eq!(
            nearest_own(&stack, &course.join("exercises")).as_deref(),
            Some("exercises/src/error_policy.rs:41")
        );
    }

    #[test]
    fn a_stack_of_others_alone_has_no_own_line() {
        let stack = "   0: start\n             at /rustc/59807616e/library/std/src/rt.rs:1:1\n";
        assert_eq!(nearest_own(stack, Path::new("/")), None);
    }
}
