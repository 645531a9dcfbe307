mod tasks;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{self, Duration};

use crate::gate::{Count, Rendezvous};
use crate::recorder::{OpenSpan, Recorder, Stage};
use crate::timeline::{Instant, Lane, Span, Timeline, Unit};

/// How long a test looks out for what must not happen. A slow machine may let a wrong solution
/// slip through; it cannot fail a right one.
pub const PROBE: Duration = Duration::from_millis(250);

/// One run of a test's body: what it records, its gates, and the rules its picture may break.
/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Run {
    recorder: Recorder,
    counts: Arc<Mutex<Vec<Count>>>,
    pending: Arc<Mutex<Vec<Pending>>>,
    rules: Arc<Mutex<Vec<Rule>>>,
    /// When the test last said that it gets on.
    got_on: Arc<Mutex<Option<time::Instant>>>,
    /// What hung when the paused clock ran out.
    hung: Arc<OnceLock<Option<String>>>,
}

/// A call that has not come back, and what to say if it never does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pending {
    what: String,
    else_say: String,
}

/// What the picture marks in red once it is broken.
#[derive(Debug, Clone)]
enum Rule {
    AtMostAtOnce {
        limit: usize,
        remark: String,
    },
    AtMostUnderWay {
        limit: u64,
        remark: String,
    },
    AtMostWorkers {
        limit: usize,
        remark: String,
    },
    NoneOpenAt {
        moment: String,
        remark: String,
    },
    Never {
        label: String,
        remark: String,
    },
    NotBefore {
        at: u64,
        label: String,
        remark: String,
    },
    NotAfter {
        at: u64,
        label: String,
        remark: String,
    },
}

impl Run {
    /// Wraps `work` so that it is recorded, on the lane of whichever thread runs it.
    pub fn job<L, W, T>(&self, label: L, work: W) -> impl FnOnce() -> T + use<L, W, T>
    where
        L: Into<String>,
        W: FnOnce() -> T,
    {
        let recorder = self.recorder.clone();
        let label = label.into();
        move || {
            let _span = recorder.span(label);
            work()
        }
    }

    /// Does `work`, and shows the calling thread as waiting meanwhile. If the test hangs in it, the
    /// sentence says that `what` never returned.
    pub fn call<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        self.until(what, format!("{what} never returned"), work)
    }

    /// Like [`call`](Self::call), with a sentence of its own for the case that the test hangs in it.
    pub fn until<T>(&self, what: &str, else_say: String, work: impl FnOnce() -> T) -> T {
        let _called = self.begin(Pending {
            what: what.to_owned(),
            else_say,
        });
        work()
    }

    /// Like [`until`](Self::until), but draws nothing: for a call whose waiting other lanes show.
    pub fn watched<T>(&self, what: &str, else_say: String, work: impl FnOnce() -> T) -> T {
        let _called = self.begin_unseen(Pending {
            what: what.to_owned(),
            else_say,
        });
        work()
    }

    /// Says that the test gets on: the limit of real time counts anew. For a test of many small steps,
    /// which take as long as a busy machine needs for them. A hang takes no step.
    pub fn gets_on(&self) {
        *lock(&self.got_on) = Some(time::Instant::now());
    }

    pub(crate) fn got_on(&self) -> Option<time::Instant> {
        *lock(&self.got_on)
    }

    /// Begins a span on a lane of its own name.
    pub fn span_on(&self, lane: &str, label: impl Into<String>) -> OpenSpan {
        self.recorder.span_on(lane, label)
    }

    /// Opens a lane that items pass through, such as a stage of a pipeline.
    pub fn stage(&self, lane: &str) -> Stage {
        self.recorder.stage(lane)
    }

    /// Records a moment that concerns all lanes.
    pub fn moment(&self, label: impl Into<String>) {
        self.recorder.moment(label);
    }

    /// A gate that opens when `wanted` threads are inside at once. If the test hangs while some
    /// wait there for the rest, `unmet` says so, given how many have arrived.
    pub fn rendezvous(
        &self,
        wanted: usize,
        unmet: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Rendezvous {
        Rendezvous::new(self.count(unmet), wanted)
    }

    /// A count. If the test hangs while somebody waits for it, `unmet` says so, given how far the
    /// count came.
    pub fn count(&self, unmet: impl Fn(usize) -> String + Send + Sync + 'static) -> Count {
        let count = Count::or_say(unmet);
        lock(&self.counts).push(count.clone());
        count
    }

    /// States that at most `limit` spans may run at once; `remark` stands beside the first over it.
    pub fn at_most_at_once(&self, limit: usize, remark: &str) {
        self.recorder.show_at_once(Some(limit));
        self.rule(Rule::AtMostAtOnce {
            limit,
            remark: remark.to_owned(),
        });
    }

    /// States that at most `limit` items may be under way at once, from their first [`stage`](Self::stage)
    /// to their last; `remark` stands beside the first over it.
    pub fn at_most_under_way(&self, limit: u64, remark: &str) {
        self.recorder.show_under_way(Some(limit));
        self.rule(Rule::AtMostUnderWay {
            limit,
            remark: remark.to_owned(),
        });
    }

    /// States that at most `limit` threads may run jobs; `remark` stands beside the first over it.
    pub fn at_most_workers(&self, limit: usize, remark: &str) {
        self.rule(Rule::AtMostWorkers {
            limit,
            remark: remark.to_owned(),
        });
    }

    /// States that no span may be open at the moment called `moment`; `remark` stands beside the
    /// first that is.
    pub fn none_open_at(&self, moment: &str, remark: &str) {
        self.rule(Rule::NoneOpenAt {
            moment: moment.to_owned(),
            remark: remark.to_owned(),
        });
    }

    /// States that the span called `label` must not be there; `remark` says why.
    pub fn never(&self, label: &str, remark: &str) {
        self.rule(Rule::Never {
            label: label.to_owned(),
            remark: remark.to_owned(),
        });
    }

    fn rule(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }

    /// The most spans that ran at once so far.
    pub fn most_at_once(&self) -> usize {
        self.recorder.timeline("", "").most_at_once()
    }

    /// How many threads have run a job so far.
    pub fn workers(&self) -> usize {
        workers(&mut self.recorder.timeline("", "")).count()
    }

    /// What somebody waits for in vain at a count or rendezvous, else the last call that has not come back.
    pub(crate) fn what_hangs(&self) -> Option<String> {
        if let Some(hung) = self.hung.get() {
            return hung.clone();
        }
        let unmet = lock(&self.counts).iter().find_map(Count::unmet);
        unmet.or_else(|| Some(lock(&self.pending).last()?.else_say.clone()))
    }

    /// Whether somebody waits at a count or rendezvous of the test itself.
    pub(crate) fn is_at_a_gate(&self) -> bool {
        lock(&self.counts)
            .iter()
            .any(|count| count.unmet().is_some())
    }

    /// What each lane waits for, is in, or did last, as lines for a report.
    pub(crate) fn last_events(&self) -> Vec<String> {
        let timeline = self.recorder.timeline("", "");
        let mut events: Vec<String> = timeline.lanes.iter().filter_map(last_event).collect();
        let more = events.len().saturating_sub(EVENTS_SHOWN);
        if more > 1 {
            events.truncate(EVENTS_SHOWN);
            events.push(format!("and {more} more"));
        }
        events
    }

    /// Whether time passes only while every task waits.
    pub(crate) fn is_on_a_paused_clock(&self) -> bool {
        self.recorder.now().is_some()
    }

    /// How many of a hanging test's `threads` are in nothing that was recorded, as a line for a
    /// report.
    pub(crate) fn threads_elsewhere(&self, threads: Option<usize>) -> Option<String> {
        let timeline = self.recorder.timeline("", "");
        let known = timeline.lanes.iter().filter(|lane| is_open(lane)).count();
        match threads?.saturating_sub(known) {
            0 => None,
            1 => Some("1 of them is in no job: it waits at a lock, a channel or a join".to_owned()),
            more => Some(format!(
                "{more} of them are in no job: they wait at a lock, a channel or a join"
            )),
        }
    }

    /// The picture that proves `sentence`, with whatever breaks a rule marked; `None` if nothing
    /// was recorded.
    pub(crate) fn proof(&self, sentence: &str) -> Option<Timeline> {
        let mut timeline = self.recorder.timeline("", sentence);
        let counts_steps = timeline.unit == Unit::Steps;
        // A call that came back is no news, unless it took time; one that never did is. A stage's
        // waits have no label: they are what its neighbours made of it, and stay.
        for lane in &mut timeline.lanes {
            lane.waits.retain(|wait| match wait.end {
                Some(end) => wait.label.is_empty() || !counts_steps && end > wait.start,
                None => true,
            });
        }
        timeline.retain_lanes(|lane| !lane.is_empty());
        if timeline.lanes.is_empty() {
            return None;
        }
        if counts_steps {
            timeline.close_gaps();
        }
        for rule in lock(&self.rules).iter() {
            if rule.mark(&mut timeline) {
                break;
            }
        }
        Some(timeline)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rule {
    /// Marks the span that breaks the rule, if one does. A picture makes one point.
    fn mark(&self, timeline: &mut Timeline) -> bool {
        let remark = match self {
            Self::AtMostAtOnce { remark, .. }
            | Self::AtMostUnderWay { remark, .. }
            | Self::AtMostWorkers { remark, .. }
            | Self::NoneOpenAt { remark, .. }
            | Self::Never { remark, .. }
            | Self::NotBefore { remark, .. }
            | Self::NotAfter { remark, .. } => remark.clone(),
        };
        let Some(broken_rule) = self.breaker(timeline) else {
            return false;
        };
        *broken_rule = Some(remark);
        true
    }

    /// Where to write the remark.
    fn breaker<'a>(&self, timeline: &'a mut Timeline) -> Option<&'a mut Option<String>> {
        let instant = match self {
            Self::NotBefore { at, label, .. } => {
                instants(timeline).find(|instant| instant.label == *label && instant.at < *at)
            }
            Self::NotAfter { at, label, .. } => {
                instants(timeline).find(|instant| instant.label == *label && instant.at > *at)
            }
            _ => return Some(&mut self.breaking_span(timeline)?.broken_rule),
        };
        Some(&mut instant?.broken_rule)
    }

    fn breaking_span<'a>(&self, timeline: &'a mut Timeline) -> Option<&'a mut Span> {
        match self {
            Self::NotBefore { .. } | Self::NotAfter { .. } => None,
            Self::AtMostAtOnce { limit, .. } => {
                let (at, _) = timeline
                    .at_once()
                    .into_iter()
                    .find(|step| step.1 > *limit)?;
                spans(timeline).find(|span| span.start == at)
            }
            Self::AtMostUnderWay { limit, .. } => {
                let level = timeline.under_way(None);
                let first = level.points.iter().find(|point| point.value > *limit)?;
                spans(timeline).find(|span| span.start == first.at)
            }
            Self::AtMostWorkers { limit, .. } => workers(timeline).nth(*limit)?.spans.first_mut(),
            Self::NoneOpenAt { moment, .. } => {
                let moment = timeline
                    .moments
                    .iter()
                    .find(|other| other.label == *moment)?;
                let at = moment.at;
                spans(timeline).find(|span| span.start < at && span.end.is_none_or(|end| end > at))
            }
            Self::Never { label, .. } => spans(timeline).find(|span| span.label == *label),
        }
    }
}

/// How many lanes a report lists. Whoever sees that many waiting has seen what goes on.
const EVENTS_SHOWN: usize = 8;

fn last_event(lane: &Lane) -> Option<String> {
    let wait = lane.waits.iter().rfind(|wait| wait.end.is_none());
    if let Some(wait) = wait.filter(|wait| !wait.label.is_empty()) {
        return Some(format!("{} waits in {}", lane.name, wait.label));
    }
    let span = lane.spans.last()?;
    let doing = if span.end.is_none() {
        "is in"
    } else {
        "last did"
    };
    Some(format!("{} {doing} {}", lane.name, span.label))
}

fn is_open(lane: &Lane) -> bool {
    lane.waits.iter().any(|wait| wait.end.is_none())
        || lane.spans.iter().any(|span| span.end.is_none())
}

/// The lanes that did work: not the test's own, which only waits.
fn workers(timeline: &mut Timeline) -> impl Iterator<Item = &mut Lane> {
    let lanes = timeline.lanes.iter_mut();
    lanes.filter(|lane| !lane.spans.is_empty())
}

fn spans(timeline: &mut Timeline) -> impl Iterator<Item = &mut Span> {
    timeline.lanes.iter_mut().flat_map(|lane| &mut lane.spans)
}

fn instants(timeline: &mut Timeline) -> impl Iterator<Item = &mut Instant> {
    timeline
        .lanes
        .iter_mut()
        .flat_map(|lane| &mut lane.instants)
}
