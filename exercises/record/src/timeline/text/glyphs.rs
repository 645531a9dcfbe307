//! The characters that a picture is made of.

use super::Symbols;
use crate::timeline::{InstantKind, Outcome};

/// One set of characters.
#[derive(Debug)]
pub(super) struct Glyphs {
    symbols: Symbols,
    done: char,
    open: char,
    cancelled: char,
    pub broken: char,
    pub wait: char,
    asked: char,
    granted: char,
    /// The last cell of a span that touches the next one.
    pub seam: char,
    pub more: char,
    cross: char,
    pub edge: char,
    pub corner: char,
    pub line: char,
    pub tick: char,
    pub moment_head: char,
    /// Through all lanes, under a moment's label.
    pub line_of_moment: char,
    pub behind: &'static str,
    pub below: char,
    pub arrow: Arrow,
    pub to: &'static str,
    pub times: char,
    pub ellipsis: &'static str,
}

/// The pieces of an arrow between two lanes: it leaves at a corner and arrives at a head.
#[derive(Debug)]
pub(super) struct Arrow {
    pub down: char,
    pub up: char,
    /// Corners that leave the upper lane to the right and to the left, then the lower lane's.
    pub down_right: char,
    pub down_left: char,
    pub up_right: char,
    pub up_left: char,
}

static UNICODE: Glyphs = Glyphs {
    symbols: Symbols::Unicode,
    done: '█',
    open: '▒',
    cancelled: '╌',
    broken: '▓',
    wait: '·',
    asked: '○',
    granted: '●',
    seam: '▌',
    more: '›',
    cross: '×',
    edge: '│',
    corner: '└',
    line: '─',
    tick: '┬',
    moment_head: '↓',
    line_of_moment: '│',
    behind: "← ",
    below: '↑',
    arrow: Arrow {
        down: '▼',
        up: '▲',
        down_right: '╰',
        down_left: '╯',
        up_right: '╭',
        up_left: '╮',
    },
    to: "→",
    times: '×',
    ellipsis: "…",
};

static ASCII: Glyphs = Glyphs {
    symbols: Symbols::Ascii,
    done: '#',
    open: '=',
    cancelled: '-',
    broken: '%',
    wait: '.',
    asked: 'o',
    granted: '*',
    seam: ' ',
    more: '>',
    cross: 'x',
    edge: '|',
    corner: '+',
    line: '-',
    tick: '+',
    moment_head: 'v',
    line_of_moment: '|',
    behind: "<- ",
    below: '^',
    arrow: Arrow {
        down: 'v',
        up: '^',
        down_right: '+',
        down_left: '+',
        up_right: '+',
        up_left: '+',
    },
    to: "->",
    times: 'x',
    ellipsis: "...",
};

impl Glyphs {
    pub fn of(symbols: Symbols) -> &'static Self {
        match symbols {
            Symbols::Unicode => &UNICODE,
            Symbols::Ascii => &ASCII,
        }
    }

    pub fn fill(&self, outcome: Outcome) -> char {
        match outcome {
            Outcome::Done | Outcome::Failed | Outcome::Panicked => self.done,
            Outcome::Cancelled => self.cancelled,
            Outcome::Open => self.open,
        }
    }

    /// What stands in a span's last cell, unless it ended as it should.
    pub fn end_mark(&self, outcome: Outcome) -> Option<char> {
        match outcome {
            Outcome::Done => None,
            Outcome::Cancelled => Some(self.cross),
            Outcome::Failed | Outcome::Panicked => Some('!'),
            Outcome::Open => Some(self.more),
        }
    }

    pub fn instant(&self, kind: InstantKind) -> char {
        match kind {
            InstantKind::Asked => self.asked,
            InstantKind::Granted => self.granted,
        }
    }

    /// `text` on one line, and in ASCII where the picture is.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for symbol in text.chars() {
            match symbol {
                _ if symbol.is_control() => clean.push(' '),
                _ if symbol.is_ascii() || self.symbols == Symbols::Unicode => clean.push(symbol),
                '‘' | '’' => clean.push('\''),
                '“' | '”' => clean.push('"'),
                '–' | '—' => clean.push('-'),
                '×' => clean.push('x'),
                '…' => clean.push_str("..."),
                '→' => clean.push_str("->"),
                _ => clean.push('?'),
            }
        }
        clean
    }

    /// `text`, cut to `most` characters, the cut shown.
    pub fn shorten(&self, text: &str, most: usize) -> String {
        let text = self.clean(text);
        if text.chars().count() <= most {
            return text;
        }
        let kept = most.saturating_sub(self.ellipsis.chars().count());
        let start: String = text.chars().take(kept).collect();
        let cut = format!("{}{}", start.trim_end(), self.ellipsis);
        cut.chars().take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(
            Glyphs::of(Symbols::Unicode).shorten("a long name", 7),
            "a long…"
        );
        assert_eq!(
            Glyphs::of(Symbols::Ascii).shorten("a long name", 7),
            "a lo..."
        );
        assert_eq!(
            Glyphs::of(Symbols::Ascii).shorten("a long name", 11),
            "a long name"
        );
        assert_eq!(Glyphs::of(Symbols::Ascii).shorten("a long name", 2), "..");
    }

    #[test]
    fn nothing_but_ascii_and_no_control_character_gets_through() {
        let ascii = Glyphs::of(Symbols::Ascii);
        assert_eq!(
            ascii.clean("it’s “a → b”…\u{1b}[31m\n ü"),
            "it's \"a -> b\"... [31m  ?"
        );
        assert_eq!(Glyphs::of(Symbols::Unicode).clean("ü\u{1b}"), "ü ");
    }

    #[test]
    fn the_book_explains_every_mark() {
        let book = include_str!("../../../../../src/how_this_course_works.md");
        for glyphs in [&UNICODE, &ASCII] {
            let Arrow {
                down,
                up,
                down_right,
                up_right,
                ..
            } = glyphs.arrow;
            for mark in [
                glyphs.done,
                glyphs.open,
                glyphs.more,
                glyphs.cancelled,
                glyphs.cross,
                glyphs.broken,
                glyphs.wait,
                glyphs.asked,
                glyphs.granted,
                glyphs.moment_head,
                down,
                up,
                down_right,
                up_right,
            ] {
                let explained = book.lines().any(|line| {
                    let mut cells = line.split('|').skip(1).take(2);
                    line.starts_with("| `") && cells.any(|cell| cell.contains(mark))
                });
                assert!(explained, "`{mark}` is not in the table of marks");
            }
        }
    }
}
