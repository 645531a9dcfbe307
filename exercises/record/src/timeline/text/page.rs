//! The lines of a picture: names on the left, the plot right of the edge, notes behind or below.

use super::Style;
use super::glyphs::Glyphs;
use super::row::{Ink, Row};

const INDENT: usize = 2;

/// Names are cut to this, on a wide and on a narrow page.
const LONGEST_NAME: (usize, usize) = (18, 10);

/// Below this width a page is narrow.
const NARROW: usize = 60;

/// Lines, from top to bottom.
#[derive(Debug, Clone)]
pub(super) struct Page {
    lines: Vec<Row>,
    style: Style,
    glyphs: &'static Glyphs,
    names: usize,
    /// What is wrong with it so far.
    pub flaws: Flaws,
}

/// What a page lacks, the worst first: of two pages, the lesser in this order is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flaws {
    /// Spans whose label found no room.
    pub labels_lost: usize,
    /// Remarks that had to go below their lane.
    pub remarks_below: usize,
    /// Units differ in width.
    pub uneven: bool,
    /// Other notes that had to go below their line.
    pub notes_below: usize,
}

/// A short text that belongs to the line above it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note<'a> {
    pub text: &'a str,
    pub ink: Ink,
    /// So many blanks before it, behind the line.
    pub gap: usize,
    /// Where it starts if it has to go below.
    pub column: usize,
    /// Whether it points at something: it gets an arrow then.
    pub points: bool,
}

impl Page {
    /// An empty page with room for the names.
    pub fn new<'a>(
        names: impl Iterator<Item = &'a str>,
        style: &Style,
        glyphs: &'static Glyphs,
    ) -> Self {
        let mut style = *style;
        style.width = style.width.max(Style::NARROWEST);
        let most = if style.width < NARROW {
            LONGEST_NAME.1
        } else {
            LONGEST_NAME.0
        };
        let length = |name| glyphs.clean(name).chars().count();
        Self {
            lines: Vec::new(),
            style,
            glyphs,
            names: names.map(length).max().unwrap_or(0).min(most),
            flaws: Flaws::default(),
        }
    }

    /// How many columns the plot can have.
    pub fn room(&self) -> usize {
        self.style.width - self.left()
    }

    /// The plot's first column.
    fn left(&self) -> usize {
        INDENT + self.names + 2
    }

    /// Adds a row of the plot with its name and the edge.
    pub fn framed(&mut self, name: &str, plot: &Row) {
        let name = self.glyphs.shorten(name, self.names);
        let mut line = Row::default();
        let blank = self.names - name.chars().count();
        line.write(INDENT + blank, &name, Ink::Plain);
        self.push(line, Some(self.glyphs.edge), plot);
    }

    /// Adds the axis.
    pub fn cornered(&mut self, plot: &Row) {
        self.push(Row::default(), Some(self.glyphs.corner), plot);
    }

    /// Adds a row above the lanes or below the axis.
    pub fn unframed(&mut self, plot: &Row) {
        self.push(Row::default(), None, plot);
    }

    /// Adds a line of text.
    pub fn plain(&mut self, text: &str) {
        let mut line = Row::default();
        let text = self.glyphs.shorten(text, self.style.width - INDENT);
        line.write(INDENT, &text, Ink::Quiet);
        self.lines.push(line);
    }

    fn push(&mut self, mut line: Row, edge: Option<char>, plot: &Row) {
        if let Some(edge) = edge {
            line.fill(self.left() - 1..self.left(), edge, Ink::Quiet);
        }
        line.overlay(self.left(), plot);
        self.lines.push(line);
    }

    /// Adds a note behind the last line, or below it where that is too long.
    pub fn note(&mut self, note: Note<'_>) {
        let arrow = if note.points { self.glyphs.behind } else { "" };
        let text = format!("{arrow}{}", self.glyphs.clean(note.text));
        if let Some(last) = self.lines.last_mut() {
            let at = last.used() + note.gap;
            if at + text.chars().count() <= self.style.width {
                last.write(at, &text, note.ink);
                return;
            }
        }
        self.note_below(note);
    }

    fn note_below(&mut self, note: Note<'_>) {
        if note.points {
            self.flaws.remarks_below += 1;
        } else {
            self.flaws.notes_below += 1;
        }
        let text = self.glyphs.clean(note.text);
        let indent = if note.points { 2 } else { 0 };
        let wanted = (text.chars().count() + indent).min(self.room());
        // Not so far to the right that every word would get a line of its own.
        let column = note.column.min(self.room() - wanted.min(24));
        let mut head = note.points.then_some(self.glyphs.below);
        for words in wrap(&text, self.room() - column - indent, self.glyphs) {
            let mut plot = Row::default();
            if let Some(head) = head.take() {
                plot.write(column, &head.to_string(), note.ink);
            }
            plot.write(column + indent, &words, note.ink);
            if note.points {
                self.framed("", &plot);
            } else {
                self.unframed(&plot);
            }
        }
    }

    /// All lines, each with its line feed.
    pub fn print(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            line.print(&mut out, self.style.colour);
            out.push('\n');
        }
        out
    }
}

fn wrap(text: &str, width: usize, glyphs: &Glyphs) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = glyphs.shorten(word, width);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}
