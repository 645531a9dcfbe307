use std::fmt::Write as _;

use super::{By, Terminal, markdown};
use crate::course::{Hint, Slug};

/// The question of every hint, and how to learn more.
pub fn hint_topics(slug: &Slug, hints: &[Hint], by: By, terminal: &Terminal) -> String {
    let mut shown = String::new();
    for (number, hint) in (1..).zip(hints) {
        let heading = format!("{number}. {}", hint.topic);
        let _ = writeln!(shown, "{}", terminal.bold(&heading));
        let _ = writeln!(shown, "{}", markdown(&hint.levels[0], terminal));
    }
    let which = match hints.len() {
        1 => "1".to_owned(),
        last => format!("1 to {last}"),
    };
    let ask = match by {
        By::Command => format!("`cargo checker hint {slug} <{which}>`"),
        By::Watch => format!("the key {which}"),
    };
    let more = format!("If a question does not help: {ask} tells more of it each time.");
    let _ = writeln!(shown, "{}", terminal.wrap(&more, ""));
    shown
}

/// One hint up to `level`, counted from 1.
pub fn hint(number: usize, hint: &Hint, level: usize, terminal: &Terminal) -> String {
    let heading = format!(
        "{number}. {}: level {level} of {}",
        hint.topic,
        hint.levels.len()
    );
    let mut shown = format!("{}\n", terminal.bold(&heading));
    for text in hint.levels.iter().take(level) {
        shown.push_str(&markdown(text, terminal));
        shown.push('\n');
    }
    shown.truncate(shown.trim_end().len());
    shown.push('\n');
    shown
}
