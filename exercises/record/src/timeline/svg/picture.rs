//! The markup itself: elements with classes, numbers and escaped text, one line each.

use std::fmt::Write as _;
use std::ops::Range;

use super::px::Px;
use super::words::escape;

/// An SVG in the making.
#[derive(Debug, Default)]
pub(super) struct Picture {
    markup: String,
    has_stop: bool,
}

impl Picture {
    /// Adds markup that is already escaped.
    pub fn raw(&mut self, markup: &str) {
        self.markup.push_str(markup);
        self.markup.push('\n');
    }

    /// Begins a group that says in words what it is, to a screen reader and to a pointer.
    pub fn open_group(&mut self, class: &str, words: &str, can_be_focused: bool) {
        let words = escape(words);
        // One stop of the Tab key a picture: the page's script leads on from the first by arrow keys.
        let focus = match (can_be_focused, self.has_stop) {
            (false, _) => "",
            (true, false) => " tabindex=\"0\"",
            (true, true) => " tabindex=\"-1\"",
        };
        self.has_stop |= can_be_focused;
        self.raw(&format!(
            "<g class=\"{class}\"{focus} role=\"img\" aria-label=\"{words}\"><title>{words}</title>"
        ));
    }

    pub fn close_group(&mut self) {
        self.raw("</g>");
    }

    pub fn text(&mut self, class: &str, x: Px, baseline: Px, text: &str) {
        let text = escape(text);
        self.raw(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{baseline}\">{text}</text>"
        ));
    }

    pub fn line(&mut self, class: &str, from: (Px, Px), to: (Px, Px)) {
        let mut attributes = String::new();
        if !class.is_empty() {
            let _ = write!(attributes, " class=\"{class}\"");
        }
        self.raw(&format!(
            "<line{attributes} x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    pub fn rect(&mut self, across: Range<Px>, down: Range<Px>) {
        self.raw(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
            across.start,
            down.start,
            across.end - across.start,
            down.end - down.start,
        ));
    }

    pub fn circle(&mut self, x: Px, y: Px) {
        self.raw(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"4.5\"/>"));
    }

    pub fn finish(self) -> String {
        self.markup
    }
}
