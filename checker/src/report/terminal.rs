use std::env;
use std::io::{IsTerminal, stdout};

use record::timeline::text::{Colour, Style, Symbols};
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

/// Stands for a space at which no line is broken.
const GLUE: char = '\u{a0}';

/// What the terminal can show, and the marks and colours that follow from it.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// As timelines need it.
    pub style: Style,
}

impl Terminal {
    /// Standard output, as the environment describes it.
    pub fn stdout() -> Self {
        let lookup = |name: &str| match env::var(name) {
            Ok(value) => Some(value),
            // Shells know the width, but do not tell their children.
            Err(_) if name == "COLUMNS" => columns(),
            Err(_) => None,
        };
        Self {
            style: Style::from_environment(lookup, stdout().is_terminal()),
        }
    }

    /// No colours, no symbols beyond ASCII, 80 columns.
    pub fn plain() -> Self {
        Self {
            style: Style {
                width: 80,
                symbols: Symbols::Ascii,
                colour: Colour::Plain,
            },
        }
    }

    /// Whether colours may be used.
    pub fn has_colour(&self) -> bool {
        self.style.colour == Colour::Ansi
    }

    /// Stands before what holds.
    pub fn yes(&self) -> String {
        self.green(self.either("✓", "+"))
    }

    /// Stands before what does not hold.
    pub fn no(&self) -> String {
        self.red(self.either("✗", "x"))
    }

    /// Stands before what nobody has tried.
    pub fn open(&self) -> String {
        self.dim(self.either("·", "."))
    }

    /// The first where it can be shown, else the second.
    pub fn either<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        match self.style.symbols {
            Symbols::Unicode => unicode,
            Symbols::Ascii => ascii,
        }
    }

    /// Breaks each line of `text` between words, to fit; what follows a break hangs by `indent`. A
    /// command in backticks stays in one piece, so that it can be copied.
    pub fn wrap(&self, text: &str, indent: &str) -> String {
        let options = textwrap::Options::new(self.style.width)
            .subsequent_indent(indent)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit)
            .break_words(false);
        let lines = text.lines().map(|line| {
            let glued = textwrap::fill(&glue_commands(line), &options);
            glued.replace(GLUE, " ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// For headings.
    pub fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// For what is there to look up, not to read.
    pub fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Sets code in backticks apart: by colour, where there is one.
    pub(super) fn code(&self, text: &str) -> String {
        if self.style.colour == Colour::Plain || text.matches('`').count() % 2 == 1 {
            return text.to_owned();
        }
        let parts = text.split('`').enumerate();
        parts
            .map(|(index, part)| match index % 2 {
                0 => part.to_owned(),
                _ => self.paint("36", part),
            })
            .collect()
    }

    fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn green(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.style.colour {
            Colour::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
            Colour::Plain => text.to_owned(),
        }
    }
}

fn columns() -> Option<String> {
    let size = rustix::termios::tcgetwinsize(stdout()).ok()?;
    (size.ws_col > 0).then(|| size.ws_col.to_string())
}

/// The line with no space left inside backticks.
fn glue_commands(line: &str) -> String {
    let mut inside = false;
    line.chars()
        .map(|c| {
            inside ^= c == '`';
            if inside && c == ' ' { GLUE } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_commands_stay_whole() {
        let mut terminal = Terminal::plain();
        terminal.style.width = 20;
        assert_eq!(
            terminal.wrap("next: do it, then `cargo checker check a`\nand so on", "  "),
            "next: do it, then\n  `cargo checker check a`\nand so on"
        );
    }

    #[test]
    fn colours_take_no_room() {
        let mut terminal = Terminal::plain();
        terminal.style.width = 9;
        terminal.style.colour = Colour::Ansi;
        let bold = terminal.bold("one two");
        assert_eq!(
            terminal.wrap(&format!("{bold} x three"), ""),
            format!("{bold} x\nthree")
        );
    }
}
