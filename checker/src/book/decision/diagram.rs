//! The tree as one picture: a column for each question on the way, a row for each pattern. A box bears
//! the answer that leads to it and, below, the next question or the pattern.

use std::fmt::Write as _;

use super::super::markdown::escape;
use crate::decision::{Node, Question};

const WIDTH: u32 = 178;
const HEIGHT: u32 = 54;
const GAP: u32 = 24;
const ROW: u32 = 60;
/// More letters than these do not fit into a box; a letter of the smaller writing is narrower.
const FIT: usize = 22;

/// A box, placed.
#[derive(Debug, PartialEq, Eq)]
struct Placed {
    column: u32,
    /// The middle, in pixels.
    y: u32,
    /// The middle of the box that it hangs on.
    from: Option<u32>,
    answer: String,
    text: Vec<String>,
    is_leaf: bool,
}

/// Lays out and draws the tree.
pub(super) fn render(root: &Question) -> String {
    let boxes = place(root);
    let columns = boxes.iter().map(|placed| placed.column + 1).max();
    let width = columns.unwrap_or(1) * (WIDTH + GAP) - GAP + 4;
    let leaves = root.leaves().len();
    let height = u32::try_from(leaves).unwrap_or(u32::MAX / ROW) * ROW + 4;
    let mut svg = format!(
        "<figure class=\"diagram tree\"><div class=\"scroll\">\n\
         <svg viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"decision-title decision-desc\">\n\
         <title id=\"decision-title\">Which pattern?</title>\n\
         <desc id=\"decision-desc\">A tree of questions from left to right, with {leaves} patterns at \
         its ends. The text below says the same.</desc>\n"
    );
    for placed in &boxes {
        draw(&mut svg, placed);
    }
    svg.push_str(
        "</svg></div>\n<figcaption>All questions at one glance. In each box, above: the answer that \
         leads here.</figcaption></figure>\n",
    );
    svg
}

fn place(root: &Question) -> Vec<Placed> {
    let mut boxes = Vec::new();
    let mut row = 0;
    let y = below(root, 1, &mut row, &mut boxes);
    boxes.push(Placed {
        column: 0,
        y,
        from: None,
        answer: String::new(),
        text: lines(&root.short),
        is_leaf: false,
    });
    boxes
}

/// Places all that hangs on `question`, whose own middle it returns: half-way between the first and
/// the last answer.
fn below(question: &Question, column: u32, row: &mut u32, boxes: &mut Vec<Placed>) -> u32 {
    let mut middles = Vec::new();
    let mut hanging = Vec::new();
    for answer in &question.answers {
        let (y, text, is_leaf) = match &answer.leads_to {
            Node::Question(next) => (
                below(next, column + 1, row, boxes),
                lines(&next.short),
                false,
            ),
            Node::Leaf(leaf) => {
                *row += 1;
                let y = (*row - 1) * ROW + ROW / 2 + 2;
                (y, lines(&leaf.short), true)
            }
        };
        middles.push(y);
        hanging.push(boxes.len());
        boxes.push(Placed {
            column,
            y,
            from: None,
            answer: answer.short.clone(),
            text,
            is_leaf,
        });
    }
    let own = match (middles.first(), middles.last()) {
        (Some(top), Some(bottom)) => u32::midpoint(*top, *bottom),
        _ => 0,
    };
    for index in hanging {
        boxes[index].from = Some(own);
    }
    own
}

fn draw(svg: &mut String, placed: &Placed) {
    let x = placed.column * (WIDTH + GAP) + 2;
    let top = placed.y - HEIGHT / 2;
    let middle = x + WIDTH / 2;
    // Writing to a `String` cannot fail, here and below.
    if let Some(from) = placed.from {
        let (start, bend) = (x - GAP, x - GAP / 2);
        let _ = writeln!(
            svg,
            "<path class=\"arrow\" d=\"M{start} {from}H{bend}V{}H{x}\"/>",
            placed.y
        );
    }
    let class = if placed.is_leaf { "box busy" } else { "box" };
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>"
    );
    let words = [&placed.answer]
        .into_iter()
        .filter(|answer| !answer.is_empty())
        .map(|answer| ("note", answer))
        .chain(placed.text.iter().map(|line| ("is", line)))
        .collect::<Vec<_>>();
    let step = 16;
    let count = u32::try_from(words.len()).unwrap_or(1);
    let first = placed.y + 5 - (count - 1) * step / 2;
    for (index, (class, word)) in (0..).zip(words) {
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            first + index * step,
            escape(word)
        );
    }
}

/// `text` in lines that fit into a box.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= FIT => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Answer, Leaf, Taught};

    fn leaf(id: &str) -> Node {
        Node::Leaf(Leaf {
            id: id.to_owned(),
            pattern: String::new(),
            short: id.to_owned(),
            lesson: Taught::Nowhere(String::new()),
            meanwhile: None,
            why: String::new(),
            lost: Vec::new(),
        })
    }

    fn question(id: &str, answers: Vec<Node>) -> Question {
        let answers = answers.into_iter().map(|leads_to| Answer {
            says: String::new(),
            short: format!("to {}", leads_to.id()),
            leads_to,
        });
        Question {
            id: id.to_owned(),
            asks: String::new(),
            short: id.to_owned(),
            help: None,
            answers: answers.collect(),
        }
    }

    #[test]
    fn a_question_stands_half_way_between_its_answers_and_no_two_boxes_meet() {
        let inner = Node::Question(question("inner", vec![leaf("a"), leaf("b")]));
        let boxes = place(&question("root", vec![inner, leaf("c")]));
        let at = |text: &str| {
            let placed = boxes.iter().find(|placed| placed.text == [text]);
            let placed = placed.expect(text);
            (placed.column, placed.y)
        };
        let (a, b, c) = (at("a"), at("b"), at("c"));
        assert_eq!(b.1 - a.1, ROW);
        assert_eq!(c.1 - b.1, ROW);
        assert_eq!(at("inner"), (1, u32::midpoint(a.1, b.1)));
        assert_eq!(at("root"), (0, u32::midpoint(at("inner").1, c.1)));
        assert_eq!(c.0, 1);
    }

    #[test]
    fn a_long_name_takes_several_lines() {
        assert_eq!(
            lines("Pipeline, with fan-out/fan-in on the slow stage"),
            ["Pipeline, with", "fan-out/fan-in on the", "slow stage"]
        );
        assert_eq!(lines("Loop"), ["Loop"]);
    }

    #[test]
    fn the_picture_has_words_for_whoever_does_not_see_it() {
        let svg = render(&question("root", vec![leaf("a"), leaf("b")]));
        assert!(svg.contains("with 2 patterns at its ends"), "{svg}");
        assert!(!svg.contains("style="));
        assert!(svg.lines().all(|line| !line.is_empty()));
    }
}
