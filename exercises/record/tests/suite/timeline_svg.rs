//! What the pictures are made of on a page. How they look is a matter for eyes and a browser.

use std::collections::BTreeSet;

use record::timeline::svg::{Options, render};
use record::timeline::{Moment, Outcome, Timeline, Unit};
use roxmltree::{Document, Node};

use crate::samples::{self, lane, span, timeline};

fn options() -> Options {
    Options {
        id: "lesson-picture".to_owned(),
        axis_end: None,
        at_once_max: None,
        level_max: None,
    }
}

fn draw(timeline: &Timeline) -> String {
    render(timeline, &options())
}

/// Hands each sample's name and picture to `check`.
fn for_each_sample(check: impl Fn(&str, &Document<'_>)) {
    for (name, sample) in samples::all() {
        let picture = draw(&sample);
        let xml = Document::parse(&picture).unwrap_or_else(|error| panic!("{name}: {error}"));
        check(name, &xml);
    }
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    let classes = node.attribute("class").unwrap_or_default();
    classes.split(' ').any(|own| own == class)
}

fn with_class<'a>(xml: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    xml.descendants()
        .filter(|node| has_class(*node, class))
        .collect()
}

fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    let value = node.attribute(attribute);
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("{attribute} of {node:?} is no number"))
}

/// From where to where a text goes, in a font of middling width, and its baseline.
fn extent(text: Node<'_, '_>) -> (f64, f64, f64) {
    let length = text.text().unwrap_or_default().chars().count();
    let width = f64::from(u32::try_from(length).expect("a label is short")) * 6.0;
    let x = number(text, "x");
    let in_wait = text.parent().is_some_and(|node| has_class(node, "wait"));
    let start = if ["lane", "unit", "end"]
        .iter()
        .any(|class| has_class(text, class))
    {
        x - width
    } else if has_class(text, "level") {
        x
    } else if has_class(text, "tick") || has_class(text, "mark") || in_wait {
        x - width / 2.0
    } else {
        x
    };
    (start, start + width, number(text, "y"))
}

#[test]
fn a_picture_is_one_block_of_html_for_markdown() {
    for (name, sample) in samples::all() {
        let picture = draw(&sample);
        assert!(picture.starts_with("<figure class=\"timeline\">"), "{name}");
        assert!(picture.ends_with("</figure>\n"), "{name}");
        assert!(
            !picture.lines().any(|line| line.trim().is_empty()),
            "{name}"
        );
        assert!(!picture.contains("{{"), "{name}");
    }
}

#[test]
fn there_is_no_style_in_it() {
    for_each_sample(|name, xml| {
        for node in xml.descendants() {
            let styled = node.has_attribute("style") || node.has_tag_name("style");
            assert!(!styled && !node.has_attribute("fill"), "{name}: {node:?}");
        }
    });
}

#[test]
fn ids_are_unique_and_all_that_is_referred_to_is_there() {
    for_each_sample(|name, xml| {
        let ids: Vec<&str> = xml
            .descendants()
            .filter_map(|node| node.attribute("id"))
            .collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert!(ids.len() == unique.len(), "{name}: {ids:?}");
        assert!(
            ids.iter().all(|id| id.starts_with("lesson-picture-")),
            "{name}"
        );
        let svg = xml.descendants().find(|node| node.has_tag_name("svg"));
        let svg = svg.expect("a figure holds a picture");
        for attribute in ["aria-labelledby", "aria-describedby"] {
            let id = svg.attribute(attribute).expect("it is named and described");
            assert!(unique.contains(id), "{name}: nothing is called {id}");
        }
    });
}

#[test]
fn labels_do_not_cover_one_another() {
    for_each_sample(|name, xml| {
        let texts: Vec<Node> = xml
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .collect();
        for (index, one) in texts.iter().enumerate() {
            for other in &texts[index + 1..] {
                let (a, b) = (extent(*one), extent(*other));
                let apart = a.1 <= b.0 || b.1 <= a.0 || (a.2 - b.2).abs() >= 9.0;
                assert!(apart, "{name}: {:?} and {:?}", one.text(), other.text());
            }
        }
    });
}

#[test]
fn everything_stays_within_the_picture() {
    for_each_sample(|name, xml| {
        let svg = xml.descendants().find(|node| node.has_tag_name("svg"));
        let view = svg.and_then(|svg| svg.attribute("viewBox"));
        let view: Vec<f64> = view
            .expect("a picture has a size")
            .split(' ')
            .map(|part| part.parse().expect("a size is a number"))
            .collect();
        for text in xml.descendants().filter(|node| node.has_tag_name("text")) {
            let (start, end, baseline) = extent(text);
            let within = start >= 0.0 && end <= view[2] && baseline >= 9.0 && baseline <= view[3];
            assert!(within, "{name}: {:?}", text.text());
        }
        for bar in xml.descendants().filter(|node| node.has_tag_name("rect")) {
            let end = number(bar, "x") + number(bar, "width");
            assert!(
                number(bar, "width") >= 2.0 && end <= view[2],
                "{name}: {bar:?}"
            );
        }
    });
}

#[test]
fn numbers_have_one_decimal_at_most() {
    for_each_sample(|name, xml| {
        for node in xml.descendants() {
            for attribute in ["x", "y", "x1", "y1", "x2", "y2", "width", "cx", "d"] {
                let value = node.attribute(attribute).unwrap_or_default();
                for part in value.split('.').skip(1) {
                    let decimals = part.bytes().take_while(u8::is_ascii_digit).count();
                    assert!(decimals == 1, "{name}: {attribute}={value}");
                }
            }
        }
    });
}

#[test]
fn every_span_can_be_focused_and_says_what_it_is() {
    let words = |sample: &Timeline| -> Vec<String> {
        let picture = draw(sample);
        let xml = Document::parse(&picture).expect("it is XML");
        let spans = with_class(&xml, "span");
        let mut stops = spans.iter().map(|span| span.attribute("tabindex"));
        assert_eq!(stops.next(), Some(Some("0")), "the picture is one stop");
        assert!(stops.all(|stop| stop == Some("-1")));
        assert!(
            spans
                .iter()
                .all(|span| span.attribute("role") == Some("img"))
        );
        spans
            .iter()
            .filter_map(|span| span.attribute("aria-label"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        words(&samples::a_leak()),
        [
            "fetch /a on request a, from 0 to 14 ms, cancelled",
            "fetch /b on request b, from 0 to 14 ms, failed",
            "fetch /c on request c, from 2 to 14 ms, cancelled",
            "fetch /d on request d, from 2 ms on, not ended; breaks the rule: still running",
        ]
    );
    assert_eq!(
        words(&samples::interleaving())[0],
        "load 0 on thread A, from step 0 to step 1, done"
    );
}

#[test]
fn waits_instants_and_hand_overs_say_what_they_are() {
    let waits = draw(&samples::backpressure());
    assert!(waits.contains("aria-label=\"source waits: queue full, from 8 to 12 ms\""));
    assert!(waits.contains("aria-label=\"from source at 12 ms to stage at 16 ms\""));
    let instants = draw(&samples::token_bucket());
    assert!(instants.contains("aria-label=\"granted on granted, at 0 ms, 5 times\""));
    assert!(instants.contains("aria-label=\"granted on granted, at 2 ms\""));
}

#[test]
fn the_description_says_what_the_step_line_shows() {
    let picture = draw(&samples::four_of_three());
    assert!(picture.contains(
        ">4 jobs ran at once, but the pool has 3 workers. 4 lanes, 4 spans, \
         from step 0 to step 7. At most 4 at once, the limit is 3.</desc>"
    ));
}

#[test]
fn red_is_the_rule_broken_and_nothing_else() {
    assert_eq!(
        draw(&samples::four_of_three())
            .matches("done broken")
            .count(),
        1
    );
    assert_eq!(
        draw(&samples::four_of_three())
            .matches("limit broken")
            .count(),
        1
    );
    assert_eq!(draw(&samples::a_leak()).matches("broken\"").count(), 1);
    let mut panicked = samples::three_workers();
    panicked.lanes[0].spans[0].outcome = Outcome::Panicked;
    assert!(!draw(&panicked).contains("broken"));
}

#[test]
fn compared_pictures_share_the_axis_and_the_scale() {
    let compared = Options {
        axis_end: Some(60),
        at_once_max: Some(3),
        ..options()
    };
    let draw = |sample| render(&sample, &compared);
    let (one, three) = (draw(samples::one_lane()), draw(samples::three_workers()));
    let [one, three] = [&one, &three].map(|text| Document::parse(text).expect("it is XML"));
    let ticks = |xml: &Document<'_>| -> Vec<(String, String)> {
        with_class(xml, "tick")
            .into_iter()
            .filter(|tick| !has_class(*tick, "level"))
            .map(|tick| (tick.text().unwrap_or_default(), tick.attribute("x")))
            .map(|(text, x)| (text.to_owned(), x.unwrap_or_default().to_owned()))
            .collect()
    };
    assert_eq!(ticks(&one), ticks(&three));
    let height = |xml: &Document<'_>| -> f64 {
        let step = with_class(xml, "step")[0]
            .attribute("d")
            .unwrap_or_default();
        let ys: Vec<f64> = step
            .split(['M', 'H', 'V', ','])
            .skip(2)
            .step_by(2)
            .filter_map(|y| y.parse().ok())
            .collect();
        ys[0] - ys[1]
    };
    assert!((height(&three) - 3.0 * height(&one)).abs() < 0.3);
}

#[test]
fn a_level_is_a_line_from_point_to_point_under_its_cap() {
    let bucket = samples::token_bucket();
    let picture = draw(&bucket);
    assert!(
        picture.contains(
            "<path class=\"step\" d=\"M92,121H92V85L92,121L140,113.8L140,121L188,113.8L188,121\
         L428,85L668,85L668,106.6H668\"/>"
        ),
        "{picture}"
    );
    assert!(picture.contains("At most 5 tokens, the cap is 5."));
    assert!(!picture.contains("broken"));
    let shared = Options {
        level_max: Some(10),
        ..options()
    };
    assert!(render(&bucket, &shared).contains("d=\"M92,121H92V103L92,121"));
}

#[test]
fn an_instant_that_breaks_the_rule_is_red_and_so_is_a_level_over_its_cap() {
    let picture = draw(&samples::an_uncapped_bucket());
    assert!(picture.contains("<g class=\"instant granted broken\""));
    assert!(picture.contains(
        "aria-label=\"granted on granted, at 24 ms, 8 times; breaks the rule: the bucket holds 5\""
    ));
    assert!(picture.contains("class=\"remark\""));
    assert!(picture.contains("<line class=\"limit broken\""));
}

#[test]
fn a_moment_has_its_own_number_on_the_axis() {
    let picture = draw(&samples::a_leak());
    let xml = Document::parse(&picture).expect("it is XML");
    let marked = with_class(&xml, "at-moment");
    assert_eq!(marked.len(), 1);
    assert_eq!(marked[0].text(), Some("14"));
}

#[test]
fn a_label_without_room_leaves_its_number_and_its_words() {
    let mut spans: Vec<_> = (0..20)
        .map(|n| span(&format!("photo {n}"), n * 10, n * 10 + 10))
        .collect();
    spans[3].label = "without a number".to_owned();
    let sample = timeline("", "", Unit::Milliseconds, vec![lane("main", spans)]);
    let picture = draw(&sample);
    assert!(!picture.contains(">photo 4</text>") && picture.contains(">4</text>"));
    assert!(!picture.contains(">without a number</text>"));
    assert!(picture.contains("aria-label=\"without a number on main, from 30 to 40 ms, done\""));
}

#[test]
fn text_is_text_whatever_it_contains() {
    let mut sample = samples::one_lane();
    sample.proves = "a <b> & \"c\"\n\n{{#include x}}\u{0}".to_owned();
    sample.moments = vec![Moment {
        label: "</svg>".to_owned(),
        at: 3,
    }];
    let picture = draw(&sample);
    let xml = Document::parse(&picture).expect("it is XML");
    let caption = xml
        .descendants()
        .find(|node| node.has_tag_name("figcaption"));
    let caption = caption.and_then(|node| node.text());
    assert_eq!(caption, Some("a <b> & \"c\"  {{#include x}} "));
    assert!(!picture.contains("{{"));
}

#[test]
fn nothing_and_the_end_of_time_can_be_drawn() {
    let empty = timeline("", "", Unit::Steps, Vec::new());
    assert!(Document::parse(&draw(&empty)).is_ok());
    let spans = vec![span("late", u64::MAX - 1, u64::MAX)];
    let late = timeline("", "", Unit::Milliseconds, vec![lane("main", spans)]);
    assert!(draw(&late).contains("late on main"));
}
