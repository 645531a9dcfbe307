//! What a run offers to tests of async code: tasks instead of threads, and time on tokio's clock.

use std::future::Future;

use super::{Pending, Rule, Run, lock};

impl Run {
    /// The milliseconds that have passed since the test began, on its paused clock.
    ///
    /// # Panics
    /// Outside of [`paused`](crate::paused).
    pub fn now(&self) -> u64 {
        self.recorder
            .now()
            .expect("a test asks for the time only in `instruments::paused`")
    }

    /// Records `future` as a span on a lane of its own name, from its first poll to its end: on
    /// the lane `caller 1`, say, as `take 3`. Dropped before its end, it shows as cancelled.
    ///
    /// What the future records while it is polled goes to its lane.
    pub fn task<F: Future>(
        &self,
        lane: &str,
        label: &str,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.recorder.task(lane, label, future)
    }

    /// Like [`task`](Self::task), and an `Err` shows as a failure.
    pub fn try_task<F, T, E>(
        &self,
        lane: &str,
        label: &str,
        future: F,
    ) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.recorder.try_task(lane, label, future)
    }

    /// Gives `future` a lane without a span: what it records while it is polled goes there.
    pub fn on_lane<F: Future>(
        &self,
        lane: &str,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.recorder.on_lane(lane, future)
    }

    /// Awaits `future`, and shows the calling task as waiting meanwhile. If the test hangs in it,
    /// the sentence says that `what` never returned.
    pub fn call_async<F: Future>(
        &self,
        what: &str,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        self.until_async(what, format!("{what} never returned"), future)
    }

    /// Like [`call_async`](Self::call_async), with a sentence of its own for the case that the test
    /// hangs in it.
    pub fn until_async<F: Future>(
        &self,
        what: &str,
        else_say: String,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        let pending = Pending {
            what: what.to_owned(),
            else_say,
        };
        let run = self.clone();
        async move {
            let _called = run.begin(pending);
            future.await
        }
    }

    /// Records on the calling task's lane that something was asked for.
    pub fn asked(&self, label: impl Into<String>) {
        self.recorder.asked(label);
    }

    /// Records on a lane of its own name that something was asked for.
    pub fn asked_on(&self, lane: &str, label: impl Into<String>) {
        self.recorder.asked_on(lane, label);
    }

    /// Records on the calling task's lane that something was granted.
    pub fn granted(&self, label: impl Into<String>) {
        self.recorder.granted(label);
    }

    /// Records on a lane of its own name that something was granted.
    pub fn granted_on(&self, lane: &str, label: impl Into<String>) {
        self.recorder.granted_on(lane, label);
    }

    /// States that the instant called `label` must not come before `at`; `remark` stands beside it
    /// if it does.
    pub fn not_before(&self, at: u64, label: &str, remark: &str) {
        self.rule(Rule::NotBefore {
            at,
            label: label.to_owned(),
            remark: remark.to_owned(),
        });
    }

    /// States that the instant called `label` must not come after `at`; `remark` stands beside it
    /// if it does.
    pub fn not_after(&self, at: u64, label: &str, remark: &str) {
        self.rule(Rule::NotAfter {
            at,
            label: label.to_owned(),
            remark: remark.to_owned(),
        });
    }

    /// Follows tokio's clock, from now on.
    pub(crate) fn follow_tokios_clock(&self) {
        self.recorder.follow_tokios_clock();
    }

    /// Keeps what hangs now, and shows nothing that happens later.
    pub(crate) fn hangs(&self) {
        let hangs = self.what_hangs();
        self.recorder.stop();
        // A test hangs once.
        let _ = self.hung.set(hangs);
    }

    /// Shows nothing that happens from now on.
    pub(crate) fn stop(&self) {
        self.recorder.stop();
    }
}

/// Removes a pending call when it is over, also if it is dropped.
pub(super) struct Called {
    run: Run,
    pending: Pending,
    /// Drawn until then.
    wait: Option<crate::recorder::OpenWait>,
}

impl Run {
    /// Begins a call on the lane of the calling task or thread.
    pub(super) fn begin(&self, pending: Pending) -> Called {
        let wait = self.recorder.wait(&pending.what);
        let mut called = self.begin_unseen(pending);
        called.wait = Some(wait);
        called
    }

    /// Begins a call that other lanes show.
    pub(super) fn begin_unseen(&self, pending: Pending) -> Called {
        lock(&self.pending).push(pending.clone());
        Called {
            run: self.clone(),
            pending,
            wait: None,
        }
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        drop(self.wait.take());
        let mut all = lock(&self.run.pending);
        if let Some(index) = all.iter().position(|other| *other == self.pending) {
            all.remove(index);
        }
    }
}
