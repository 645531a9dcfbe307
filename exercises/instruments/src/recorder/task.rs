//! Futures that are recorded while they are polled. A task moves from thread to thread and shares
//! each with others, so its lane goes with the task.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use super::{OpenSpan, Recorder};
use crate::timeline::Outcome;

thread_local! {
    /// The lanes of the tasks that are being polled here, the innermost last.
    static LANES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// Whether a test's own body is being polled here.
    static IN_BODY: Cell<bool> = const { Cell::new(false) };
}

/// The lane of the task that is being polled on this thread.
pub(super) fn current_lane() -> Option<String> {
    LANES.with_borrow(|lanes| lanes.last().cloned())
}

impl Recorder {
    /// Records `future` as a span on a lane of its own name, from its first poll to its end.
    ///
    /// Dropped before its end, it is recorded as cancelled. What is recorded while it is polled,
    /// waits and instants and further spans, goes to its lane.
    ///
    /// ```
    /// use instruments::recorder::Recorder;
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// let recorder = Recorder::new();
    /// let fetch = recorder.task("request 1", "fetch /a", async { 7 });
    /// assert_eq!(runtime.block_on(fetch), 7);
    /// assert_eq!(recorder.timeline("", "").lanes[0].name, "request 1");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn task<F: Future>(
        &self,
        lane: &str,
        label: &str,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.judged(lane, Some(label), future, |_| Outcome::Done)
    }

    /// Gives `future` a lane without a span: what it records while it is polled goes there.
    pub fn on_lane<F: Future>(
        &self,
        lane: &str,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.judged(lane, None, future, |_| Outcome::Done)
    }

    /// Like [`task`](Self::task), and an `Err` is recorded as a failure.
    pub fn try_task<F, T, E>(
        &self,
        lane: &str,
        label: &str,
        future: F,
    ) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.judged(lane, Some(label), future, |result| match result {
            Ok(_) => Outcome::Done,
            Err(_) => Outcome::Failed,
        })
    }

    fn judged<F: Future>(
        &self,
        lane: &str,
        label: Option<&str>,
        future: F,
        judge: fn(&F::Output) -> Outcome,
    ) -> Task<F> {
        Task {
            future: Some(Box::pin(future)),
            span: None,
            recorder: self.clone(),
            lane: lane.to_owned(),
            label: label.map(str::to_owned),
            judge,
        }
    }
}

/// A future and its span.
struct Task<F: Future> {
    /// `None` once it has ended.
    future: Option<Pin<Box<F>>>,
    span: Option<OpenSpan>,
    recorder: Recorder,
    lane: String,
    /// `None` for a future that is no span.
    label: Option<String>,
    judge: fn(&F::Output) -> Outcome,
}

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let future = this.future.as_mut().expect("a future is awaited once");
        if let (None, Some(label)) = (&this.span, &this.label) {
            this.span = Some(this.recorder.span_on(&this.lane, label.as_str()));
        }
        let _lane = OnLane::enter(&this.lane);
        let polled = {
            let _panic = EndsByPanic(this.span.as_ref());
            future.as_mut().poll(context)
        };
        if let Poll::Ready(output) = &polled {
            this.future = None;
            if let Some(span) = this.span.take() {
                span.end((this.judge)(output));
            }
        }
        polled
    }
}

impl<F: Future> Drop for Task<F> {
    fn drop(&mut self) {
        if IN_BODY.get() && thread::panicking() {
            // The test failed. What goes down with it tells nothing of the code under test.
            self.recorder.stop();
        }
        let _lane = OnLane::enter(&self.lane);
        // The span lasts until the future is gone.
        self.future = None;
        if let Some(span) = self.span.take() {
            span.end(Outcome::Cancelled);
        }
    }
}

/// Ends the span when a poll unwinds through it.
struct EndsByPanic<'a>(Option<&'a OpenSpan>);

impl Drop for EndsByPanic<'_> {
    fn drop(&mut self) {
        if let (true, Some(span)) = (thread::panicking(), self.0) {
            span.close(Outcome::Panicked);
        }
    }
}

/// What is recorded on this thread goes to the lane, until this is dropped.
struct OnLane;

impl OnLane {
    fn enter(lane: &str) -> Self {
        LANES.with_borrow_mut(|lanes| lanes.push(lane.to_owned()));
        Self
    }
}

impl Drop for OnLane {
    fn drop(&mut self) {
        LANES.with_borrow_mut(Vec::pop);
    }
}

/// A test's body, which knows when it is being polled.
pub(crate) struct Body<F>(Pin<Box<F>>);

impl<F: Future> Body<F> {
    pub fn new(future: F) -> Self {
        Self(Box::pin(future))
    }
}

impl<F: Future> Future for Body<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        IN_BODY.set(true);
        let _leave = LeaveBody;
        self.0.as_mut().poll(context)
    }
}

struct LeaveBody;

impl Drop for LeaveBody {
    fn drop(&mut self) {
        IN_BODY.set(false);
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::{Builder, Runtime};
    use tokio::task::JoinSet;

    use super::*;
    use crate::timeline::Span;

    fn runtime() -> Runtime {
        Builder::new_current_thread()
            .build()
            .expect("the system gives a runtime what it needs")
    }

    fn outcomes(recorder: &Recorder) -> Vec<Outcome> {
        let timeline = recorder.timeline("", "");
        let spans = timeline.lanes.iter().flat_map(|lane| &lane.spans);
        spans.map(|span: &Span| span.outcome).collect()
    }

    #[test]
    fn a_task_knows_what_became_of_it() {
        let recorder = Recorder::new();
        runtime().block_on(async {
            let mut tasks = JoinSet::new();
            tasks.spawn(recorder.task("a", "ends", async {}));
            let failing = recorder.try_task("b", "fails", async { Err::<(), _>("no") });
            tasks.spawn(async { assert!(failing.await.is_err()) });
            tasks.spawn(recorder.task("c", "panics", async {
                crate::panic_on_purpose("as planned");
            }));
            while tasks.join_next().await.is_some() {}
            tasks.spawn(recorder.task("d", "is dropped", std::future::pending()));
            tokio::task::yield_now().await;
            drop(tasks);
            tokio::task::yield_now().await;
        });
        assert_eq!(
            outcomes(&recorder),
            [
                Outcome::Done,
                Outcome::Failed,
                Outcome::Panicked,
                Outcome::Cancelled
            ]
        );
    }

    #[test]
    fn a_task_that_was_never_polled_did_not_begin() {
        let recorder = Recorder::new();
        drop(recorder.task("a", "lazy", async {}));
        assert!(recorder.timeline("", "").lanes.is_empty());
    }

    #[test]
    fn what_a_task_records_goes_to_its_lane() {
        let recorder = Recorder::new();
        let inner = recorder.clone();
        runtime().block_on(recorder.task("a", "outer", async move {
            inner.asked("one");
            drop(inner.wait("for nothing"));
            inner
                .task("b", "inner", async { inner.granted("two") })
                .await;
            inner.granted("three");
        }));
        let timeline = recorder.timeline("", "");
        let [a, b] = &timeline.lanes[..] else {
            panic!("{:?}", timeline.lanes);
        };
        assert_eq!((a.instants.len(), a.waits.len()), (2, 1));
        assert_eq!(b.instants[0].label, "two");
    }
}
