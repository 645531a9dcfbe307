//! One line of a picture: cells that can be asked whether they are free.

use std::ops::Range;

use super::Colour;

/// What a cell's colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Work,
    Ended,
    Broken,
    Moment,
    Quiet,
}

impl Ink {
    const fn escape(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Work => Some("\x1b[34m"),
            Self::Ended => Some("\x1b[90m"),
            Self::Broken => Some("\x1b[31m"),
            Self::Moment => Some("\x1b[1m"),
            Self::Quiet => Some("\x1b[2m"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Blank,
    /// May be crossed by a moment's line.
    Fill(char, Ink),
    /// Must stay.
    Text(char, Ink),
}

/// A line's cells. It grows as it is written to.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    cells: Vec<Cell>,
}

impl Row {
    /// How far it is written.
    pub fn used(&self) -> usize {
        self.cells
            .iter()
            .rposition(|cell| *cell != Cell::Blank)
            .map_or(0, |last| last + 1)
    }

    pub fn is_free(&self, cells: Range<usize>) -> bool {
        let end = cells.end.min(self.cells.len());
        let start = cells.start.min(end);
        self.cells[start..end]
            .iter()
            .all(|cell| *cell == Cell::Blank)
    }

    pub fn fill(&mut self, cells: Range<usize>, symbol: char, ink: Ink) {
        for at in cells {
            self.set(at, Cell::Fill(symbol, ink));
        }
    }

    pub fn write(&mut self, at: usize, text: &str, ink: Ink) {
        for (offset, symbol) in text.chars().enumerate() {
            self.set(at + offset, Cell::Text(symbol, ink));
        }
    }

    /// Writes another row's cells from `at` on.
    pub fn overlay(&mut self, at: usize, other: &Self) {
        for (offset, cell) in other.cells.iter().enumerate() {
            self.set(at + offset, *cell);
        }
    }

    /// Draws a moment's line through the cell, unless it would hide a text or a span's end.
    pub fn cross(&mut self, at: usize, symbol: char) {
        let fill = |at: usize| matches!(self.cells.get(at), Some(Cell::Fill(..)));
        let inside = at > 0 && fill(at - 1) && fill(at) && fill(at + 1);
        if inside || self.is_free(at..at + 1) {
            self.set(at, Cell::Fill(symbol, Ink::Moment));
        }
    }

    fn set(&mut self, at: usize, cell: Cell) {
        if self.cells.len() <= at {
            self.cells.resize(at + 1, Cell::Blank);
        }
        self.cells[at] = cell;
    }

    /// Appends the line to `out`, without trailing blanks.
    pub fn print(&self, out: &mut String, colour: Colour) {
        let mut current = Ink::Plain;
        for cell in &self.cells[..self.used()] {
            let (symbol, ink) = match *cell {
                Cell::Blank => (' ', Ink::Plain),
                Cell::Fill(symbol, ink) | Cell::Text(symbol, ink) => (symbol, ink),
            };
            if colour == Colour::Ansi && ink != current {
                if current != Ink::Plain {
                    out.push_str("\x1b[0m");
                }
                out.push_str(ink.escape().unwrap_or_default());
                current = ink;
            }
            out.push(symbol);
        }
        if current != Ink::Plain {
            out.push_str("\x1b[0m");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, Ink, Row};

    #[test]
    fn a_line_crosses_fill_and_blank_but_neither_text_nor_a_last_cell() {
        let mut row = Row::default();
        row.fill(0..3, '#', Ink::Work);
        row.write(4, "abc", Ink::Plain);
        for at in [1, 2, 3, 5, 8] {
            row.cross(at, '|');
        }
        let mut line = String::new();
        row.print(&mut line, Colour::Plain);
        assert_eq!(line, "#|#|abc |");
    }

    #[test]
    fn colours_begin_and_end_with_their_cells() {
        let mut row = Row::default();
        row.fill(0..2, '#', Ink::Broken);
        row.write(3, "x", Ink::Quiet);
        let mut line = String::new();
        row.print(&mut line, Colour::Ansi);
        assert_eq!(line, "\x1b[31m##\x1b[0m \x1b[2mx\x1b[0m");
    }
}
