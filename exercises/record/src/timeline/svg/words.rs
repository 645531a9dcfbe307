//! What the picture says to those who do not see it.

use std::fmt::Write as _;

use crate::timeline::{HandOver, Instant, InstantKind, Lane, Outcome, Span, Timeline, Unit, Wait};

/// `text` on one line, fit to stand in an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Else mdBook takes `{{#…}}` for a directive.
            '{' => escaped.push_str("&#123;"),
            _ if symbol.is_control() => escaped.push(' '),
            _ => escaped.push(symbol),
        }
    }
    escaped
}

/// What the picture shows, after what it proves.
pub(super) fn picture(timeline: &Timeline) -> String {
    let spans: usize = timeline.lanes.iter().map(|lane| lane.spans.len()).sum();
    let mut words = format!(
        "{} {}, {}, {}.",
        timeline.proves,
        count(timeline.lanes.len(), "lane"),
        count(spans, "span"),
        from_to(0, timeline.end(), timeline.unit),
    );
    if let Some(at_once) = timeline.at_once {
        let _ = write!(words, " At most {} at once", timeline.most_at_once());
        if let Some(limit) = at_once.limit {
            let _ = write!(words, ", the limit is {limit}");
        }
        words.push('.');
    }
    if let Some(level) = &timeline.level {
        let _ = write!(words, " At most {} {}", level.most(), level.name);
        if let Some(cap) = level.cap {
            let _ = write!(words, ", the cap is {cap}");
        }
        words.push('.');
    }
    words.trim_start().to_owned()
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// `job 3 on worker 1, from 10 to 20 ms, done`
pub(super) fn span(span: &Span, lane: &Lane, unit: Unit) -> String {
    let outcome = match span.outcome {
        Outcome::Done => "done",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed => "failed",
        Outcome::Panicked => "panicked",
        Outcome::Open => "not ended",
    };
    let when = stretch(span.start, span.end, unit);
    let words = format!("{} on {}, {when}, {outcome}", span.label, lane.name);
    match &span.broken_rule {
        Some(remark) => format!("{}; breaks the rule: {remark}", words.trim_start()),
        None => words.trim_start().to_owned(),
    }
}

/// `source waits for room, from 8 to 12 ms`
pub(super) fn wait(wait: &Wait, lane: &Lane, unit: Unit) -> String {
    let when = stretch(wait.start, wait.end, unit);
    if wait.label.is_empty() {
        format!("{} waits, {when}", lane.name)
    } else {
        format!("{} waits: {}, {when}", lane.name, wait.label)
    }
}

/// `asked: permit on request 1, at 4 ms`; of several in one place, `5 times`.
pub(super) fn instants(same: &[Instant], lane: &Lane, unit: Unit) -> String {
    let kind = match same[0].kind {
        InstantKind::Asked => "asked",
        InstantKind::Granted => "granted",
    };
    let mut labels: Vec<&str> = same
        .iter()
        .map(|instant| instant.label.as_str())
        .filter(|label| !label.is_empty())
        .collect();
    labels.dedup();
    let labels = if labels.is_empty() {
        String::new()
    } else {
        format!(": {}", labels.join(", "))
    };
    let times = match same.len() {
        1 => String::new(),
        several => format!(", {several} times"),
    };
    let broken = same
        .iter()
        .find_map(|instant| instant.broken_rule.as_deref())
        .map(|remark| format!("; breaks the rule: {remark}"))
        .unwrap_or_default();
    format!(
        "{kind}{labels} on {}, {}{times}{broken}",
        lane.name,
        at(same[0].at, unit)
    )
}

/// `from source at 4 ms to stage at 6 ms`
pub(super) fn hand_over(hand_over: &HandOver, from: &Lane, to: &Lane, unit: Unit) -> String {
    format!(
        "from {} {} to {} {}",
        from.name,
        at(hand_over.from.1, unit),
        to.name,
        at(hand_over.to.1, unit),
    )
}

fn stretch(start: u64, end: Option<u64>, unit: Unit) -> String {
    match (end, unit) {
        (Some(end), _) if end == start => at(start, unit),
        (Some(end), _) => from_to(start, end, unit),
        (None, Unit::Steps) => format!("from step {start} on"),
        (None, _) => format!("from {start} ms on"),
    }
}

fn from_to(start: u64, end: u64, unit: Unit) -> String {
    match unit {
        Unit::Steps => format!("from step {start} to step {end}"),
        Unit::VirtualMilliseconds | Unit::Milliseconds => format!("from {start} to {end} ms"),
    }
}

fn at(time: u64, unit: Unit) -> String {
    match unit {
        Unit::Steps => format!("at step {time}"),
        Unit::VirtualMilliseconds | Unit::Milliseconds => format!("at {time} ms"),
    }
}
