//! Timelines as SVG, for a page: a `<figure>` that begins an HTML block of Markdown.
//!
//! There are no colours in here. Every part has a class, and the course's stylesheet gives it the
//! theme's colours. What a span came to is told by its shape as well, and every span can be
//! focused and says in words what it is.

mod canvas;
mod layout;

use std::fmt::Write as _;

use canvas::{escape, number};
use layout::Layout;

use super::axis::round_ticks;
use super::{InstantKind, Lane, Outcome, Span, Timeline, Unit};

/// How a picture fits into its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Begins every id in the picture, so that a page can hold several: `worker_pool-three_workers`.
    pub id: String,
    /// Where the time axis ends, for pictures that are compared; its own end if `None`.
    pub axis_end: Option<u64>,
    /// The top of the step line's scale, for pictures that are compared; its own top if `None`.
    pub at_once_max: Option<usize>,
}

/// Draws the picture. The same timeline always gives the same text, and no line of it is blank.
pub fn render(timeline: &Timeline, options: &Options) -> String {
    let layout = Layout::new(timeline, options);
    let id = escape(&options.id);
    let proves = escape(&timeline.proves);
    let title = if timeline.title.is_empty() {
        "Timeline".to_owned()
    } else {
        escape(&timeline.title)
    };
    let mut svg = String::new();
    let _ = writeln!(svg, "<figure class=\"timeline\">");
    let _ = writeln!(
        svg,
        "<svg viewBox=\"0 0 {} {}\" role=\"group\" aria-labelledby=\"{id}-title {id}-desc\">",
        number(layout::WIDTH),
        number(layout.height()),
    );
    let _ = writeln!(svg, "<title id=\"{id}-title\">{title}</title>");
    let _ = writeln!(svg, "<desc id=\"{id}-desc\">{proves}</desc>");
    axis(&mut svg, timeline, &layout);
    for (index, lane) in timeline.lanes.iter().enumerate() {
        draw_lane(&mut svg, timeline.unit, index, lane, &layout);
    }
    hand_overs(&mut svg, timeline, &layout);
    moments(&mut svg, timeline, &layout);
    at_once(&mut svg, timeline, &layout);
    let _ = writeln!(svg, "</svg>");
    let _ = writeln!(svg, "<figcaption>{proves}</figcaption>");
    let _ = writeln!(svg, "</figure>");
    svg
}

fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Steps => "step",
        Unit::VirtualMilliseconds | Unit::Milliseconds => "ms",
    }
}

fn axis(svg: &mut String, timeline: &Timeline, layout: &Layout) {
    for tick in round_ticks(layout.axis_end(), layout.most_ticks()) {
        let x = number(layout.x(tick));
        let (top, bottom) = (number(layout.lanes_top()), number(layout.lanes_bottom()));
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{top}\" y2=\"{bottom}\"/>\
             <text class=\"tick\" x=\"{x}\" y=\"{}\">{tick}</text>",
            number(layout.ticks_baseline()),
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"tick unit\" x=\"{}\" y=\"{}\">{}</text>",
        number(layout::WIDTH - 2.0),
        number(layout.ticks_baseline()),
        unit_word(timeline.unit),
    );
}

fn draw_lane(svg: &mut String, unit: Unit, index: usize, lane: &Lane, layout: &Layout) {
    let middle = layout.lane_middle(index);
    let _ = writeln!(
        svg,
        "<text class=\"lane\" x=\"{}\" y=\"{}\">{}</text>\
         <line class=\"rail\" x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>",
        number(layout.left() - 10.0),
        number(middle + 4.0),
        escape(&lane.name),
        number(layout.left()),
        number(layout::RIGHT),
        y = number(middle),
    );
    for wait in &lane.waits {
        let (from, to) = (layout.x(wait.start), layout.x_or_edge(wait.end));
        let _ = writeln!(
            svg,
            "<g class=\"wait\" role=\"img\" aria-label=\"{} waits for {}\">\
             <line x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/></g>",
            escape(&lane.name),
            escape(&wait.label),
            number(from),
            number(to),
            y = number(middle),
        );
    }
    for (n, span) in lane.spans.iter().enumerate() {
        let next = lane.spans.get(n + 1).map(|next| layout.x(next.start));
        draw_span(svg, unit, lane, span, middle, next, layout);
    }
    for instant in &lane.instants {
        let class = match instant.kind {
            InstantKind::Asked => "instant asked",
            InstantKind::Granted => "instant granted",
        };
        let _ = writeln!(
            svg,
            "<g class=\"{class}\" role=\"img\" aria-label=\"{} on {} at {} {}\">\
             <circle cx=\"{}\" cy=\"{}\" r=\"4.5\"/></g>",
            escape(&instant.label),
            escape(&lane.name),
            instant.at,
            unit_word(unit),
            number(layout.x(instant.at)),
            number(middle),
        );
    }
}

fn draw_span(
    svg: &mut String,
    unit: Unit,
    lane: &Lane,
    span: &Span,
    middle: f64,
    next: Option<f64>,
    layout: &Layout,
) {
    let bar = layout.bar(span);
    let broken = if span.broken_rule.is_some() {
        " broken"
    } else {
        ""
    };
    let (class, mark) = match span.outcome {
        Outcome::Done => ("done", None),
        Outcome::Cancelled => ("cancelled", Some('×')),
        Outcome::Failed => ("failed", Some('!')),
        Outcome::Panicked => ("panicked", Some('!')),
        Outcome::Open => ("open", Some('›')),
    };
    let _ = write!(
        svg,
        "<g class=\"span {class}{broken}\" tabindex=\"0\" role=\"img\" aria-label=\"{}\">\
         <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
        escape(&in_words(unit, lane, span)),
        number(bar.x),
        number(middle - layout::BAR / 2.0),
        number(bar.width),
        number(layout::BAR),
    );
    let mark_width = if mark.is_some() { layout::MARK } else { 0.0 };
    if layout::text_width(&span.label) + layout::PADDING + mark_width <= bar.width {
        let _ = write!(
            svg,
            "<text class=\"label\" x=\"{}\" y=\"{}\">{}</text>",
            number(bar.x + layout::PADDING / 2.0),
            number(middle + 4.0),
            escape(&span.label),
        );
    }
    if let Some(mark) = mark {
        let _ = write!(
            svg,
            "<text class=\"mark\" x=\"{}\" y=\"{}\">{mark}</text>",
            number(bar.x + bar.width - layout::MARK / 2.0),
            number(middle + 5.0),
        );
    }
    if let Some(remark) = &span.broken_rule {
        let place = layout.remark(remark, bar, next);
        let _ = write!(
            svg,
            "<text class=\"remark {}\" x=\"{}\" y=\"{}\">{}</text>",
            place.anchor,
            number(place.x),
            number(middle + place.below),
            escape(remark),
        );
    }
    let _ = writeln!(svg, "</g>");
}

/// `photo 3 on worker 1, from 10 to 20 ms, done`
fn in_words(unit: Unit, lane: &Lane, span: &Span) -> String {
    let word = unit_word(unit);
    let when = match (unit, span.end) {
        (Unit::Steps, Some(end)) => format!("from {word} {} to {end}", span.start),
        (Unit::Steps, None) => format!("from {word} {} on", span.start),
        (_, Some(end)) => format!("from {} to {end} {word}", span.start),
        (_, None) => format!("from {} {word} on", span.start),
    };
    let outcome = match span.outcome {
        Outcome::Done => "done",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed => "failed",
        Outcome::Panicked => "panicked",
        Outcome::Open => "not ended",
    };
    let broken = match &span.broken_rule {
        Some(remark) => format!("; breaks the rule: {remark}"),
        None => String::new(),
    };
    format!("{} on {}, {when}, {outcome}{broken}", span.label, lane.name)
}

fn hand_overs(svg: &mut String, timeline: &Timeline, layout: &Layout) {
    for hand_over in &timeline.hand_overs {
        let ((from, left), (to, arrived)) = (hand_over.from, hand_over.to);
        let towards = if to > from { 1.0 } else { -1.0 };
        let y1 = layout.lane_middle(from) + towards * layout::BAR / 2.0;
        let y2 = layout.lane_middle(to) - towards * layout::BAR / 2.0;
        let (x1, x2) = (layout.x(left), layout.x(arrived));
        let _ = writeln!(
            svg,
            "<g class=\"hand-over\"><line x1=\"{}\" y1=\"{}\" x2=\"{x2}\" y2=\"{y2}\"/>\
             <circle cx=\"{x2}\" cy=\"{y2}\" r=\"2.6\"/></g>",
            number(x1),
            number(y1),
            x2 = number(x2),
            y2 = number(y2),
        );
    }
}

fn moments(svg: &mut String, timeline: &Timeline, layout: &Layout) {
    for moment in &timeline.moments {
        let x = layout.x(moment.at);
        let fits = x + 6.0 + layout::text_width(&moment.label) <= layout::WIDTH;
        let (class, text_x) = if fits {
            ("start", x + 6.0)
        } else {
            ("end", x - 6.0)
        };
        let _ = writeln!(
            svg,
            "<g class=\"moment\"><line x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>\
             <text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text></g>",
            number(2.0),
            number(layout.lanes_bottom()),
            number(text_x),
            number(11.0),
            escape(&moment.label),
            x = number(x),
        );
    }
}

fn at_once(svg: &mut String, timeline: &Timeline, layout: &Layout) {
    let Some(asked) = timeline.at_once else {
        return;
    };
    let most = timeline.most_at_once();
    let base = layout.steps_base();
    let mut path = format!("M{},{}", number(layout.left()), number(base));
    for (at, open) in timeline.at_once() {
        let _ = write!(
            path,
            "H{}V{}",
            number(layout.x(at)),
            number(layout.steps_y(open))
        );
    }
    let _ = write!(path, "H{}", number(layout::RIGHT));
    let _ = writeln!(
        svg,
        "<g class=\"at-once\"><text class=\"lane\" x=\"{}\" y=\"{}\">at once</text>\
         <path class=\"area\" d=\"{path}V{}H{}Z\"/><path class=\"step\" d=\"{path}\"/>",
        number(layout.left() - 10.0),
        number(base - 6.0),
        number(base),
        number(layout.left()),
    );
    let limit = asked.limit;
    if let Some(limit) = limit {
        let broken = if most > limit { " broken" } else { "" };
        let y = number(layout.steps_y(limit));
        let _ = writeln!(
            svg,
            "<line class=\"limit{broken}\" x1=\"{}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/>\
             <text class=\"tick start\" x=\"{}\" y=\"{}\">limit {limit}</text>",
            number(layout.left()),
            number(layout::RIGHT),
            number(layout.left() + 3.0),
            number(layout.steps_y(limit) - 3.0),
        );
    }
    let _ = writeln!(
        svg,
        "<text class=\"tick start\" x=\"{}\" y=\"{}\">{most}</text></g>",
        number(layout::RIGHT + 4.0),
        number(layout.steps_y(most) + 4.0),
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::timeline::{AtOnce, Moment};

    fn span(label: &str, start: u64, end: Option<u64>, outcome: Outcome) -> Span {
        Span {
            label: label.to_owned(),
            start,
            end,
            outcome,
            broken_rule: None,
        }
    }

    fn timeline(lanes: Vec<(&str, Vec<Span>)>) -> Timeline {
        Timeline {
            title: String::new(),
            proves: "It <works> & ends.".to_owned(),
            unit: Unit::VirtualMilliseconds,
            lanes: lanes
                .into_iter()
                .map(|(name, spans)| Lane {
                    name: name.to_owned(),
                    spans,
                    waits: Vec::new(),
                    instants: Vec::new(),
                })
                .collect(),
            moments: vec![Moment {
                label: "the group returns".to_owned(),
                at: 14,
            }],
            hand_overs: Vec::new(),
            at_once: Some(AtOnce { limit: Some(1) }),
        }
    }

    fn picture() -> String {
        let mut open = span("fetch /d", 3, None, Outcome::Open);
        open.broken_rule = Some("still running".to_owned());
        let timeline = timeline(vec![
            ("a", vec![span("fetch /a", 0, Some(14), Outcome::Cancelled)]),
            (
                "b",
                vec![
                    span("x", 0, Some(1), Outcome::Done),
                    span("a label that cannot fit", 1, Some(2), Outcome::Failed),
                ],
            ),
            ("d", vec![open]),
        ]);
        let options = Options {
            id: "lesson-picture".to_owned(),
            axis_end: Some(40),
            at_once_max: None,
        };
        render(&timeline, &options)
    }

    fn xml() -> roxmltree::Document<'static> {
        let text: &'static str = Box::leak(picture().into_boxed_str());
        roxmltree::Document::parse(text).expect("well-formed")
    }

    #[test]
    fn it_is_well_formed_without_blank_lines_or_style_attributes() {
        let picture = picture();
        assert!(picture.starts_with("<figure"));
        assert!(picture.lines().all(|line| !line.trim().is_empty()));
        assert!(!picture.contains("style="));
        xml();
    }

    #[test]
    fn ids_are_unique_and_prefixed_and_what_names_them_is_there() {
        let xml = xml();
        let ids: Vec<&str> = xml
            .descendants()
            .filter_map(|node| node.attribute("id"))
            .collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len());
        assert!(ids.iter().all(|id| id.starts_with("lesson-picture-")));
        let named = xml
            .descendants()
            .find_map(|node| node.attribute("aria-labelledby"));
        assert!(
            named
                .expect("labelled")
                .split(' ')
                .all(|id| unique.contains(id))
        );
    }

    #[test]
    fn every_span_can_be_focused_and_says_what_it_is() {
        let picture = picture();
        for words in [
            "fetch /a on a, from 0 to 14 ms, cancelled",
            "a label that cannot fit on b, from 1 to 2 ms, failed",
            "fetch /d on d, from 3 ms on, not ended; breaks the rule: still running",
        ] {
            assert!(
                picture.contains(&format!(
                    "tabindex=\"0\" role=\"img\" aria-label=\"{words}\""
                )),
                "{words}"
            );
        }
    }

    #[test]
    fn a_label_that_does_not_fit_goes() {
        assert!(!picture().contains(">a label that cannot fit<"));
        assert!(picture().contains(">fetch /a<"));
    }

    #[test]
    fn only_the_broken_rule_is_marked() {
        assert_eq!(picture().matches("span open broken").count(), 1);
        assert_eq!(picture().matches("limit broken").count(), 1);
        assert_eq!(picture().matches("broken").count(), 2);
    }

    #[test]
    fn bars_that_follow_one_another_do_not_overlap() {
        let xml = xml();
        let mut bars: Vec<(String, f64, f64)> = xml
            .descendants()
            .filter(|node| node.has_tag_name("rect"))
            .map(|node| {
                let read = |name| {
                    node.attribute(name)
                        .and_then(|text| text.parse::<f64>().ok())
                };
                let x = read("x").expect("a number");
                let y = node.attribute("y").expect("a number").to_owned();
                (y, x, x + read("width").expect("a number"))
            })
            .collect();
        bars.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for pair in bars.windows(2) {
            assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{pair:?}");
        }
    }
}
