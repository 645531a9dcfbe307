//! Lengths and text widths, in whole tenths of a pixel: so a picture is the same on every machine.

use std::fmt;
use std::ops::{Add, Mul, Sub};

/// A length or a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Px(i64);

impl Px {
    pub const fn tenths(tenths: i64) -> Self {
        Self(tenths)
    }

    /// The share `part / whole` of this length.
    pub fn share(self, part: u64, whole: u64) -> Self {
        let share = i128::from(self.0) * i128::from(part) / i128::from(whole.max(1));
        Self(i64::try_from(share).unwrap_or(i64::MAX))
    }

    /// How often `other` goes into this length.
    pub fn times(self, other: Self) -> usize {
        usize::try_from(self.0 / other.0.max(1)).unwrap_or(0)
    }

    pub const fn half(self) -> Self {
        Self(self.0 / 2)
    }
}

/// Whole pixels.
pub(super) const fn px(pixels: i64) -> Px {
    Px(pixels * 10)
}

impl Add for Px {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Px {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul<usize> for Px {
    type Output = Self;
    fn mul(self, times: usize) -> Self {
        let times = i64::try_from(times).unwrap_or(i64::MAX);
        Self(self.0.saturating_mul(times))
    }
}

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, tenth) = (self.0.abs() / 10, self.0.abs() % 10);
        if tenth == 0 {
            write!(f, "{sign}{whole}")
        } else {
            write!(f, "{sign}{whole}.{tenth}")
        }
    }
}

/// How wide a text is at most, in the fonts that a page may have: rather too wide than too narrow,
/// since a label that is left out is better than one that covers its neighbour.
pub(super) fn text_width(text: &str, font_size: Px) -> Px {
    let thousandths: i64 = text
        .chars()
        .map(|symbol| match symbol {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 350,
            ' ' | 'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' => 430,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' | '…' => 1000,
            '0'..='9' | 'a'..='z' => 650,
            'A'..='Z' => 750,
            symbol if symbol.is_ascii() => 850,
            _ => 1050,
        })
        .sum();
    Px(font_size.0 * thousandths / 1000)
}

/// `text`, cut until it is no wider than `room`, the cut shown.
pub(super) fn shorten(text: &str, font_size: Px, room: Px) -> String {
    if text_width(text, font_size) <= room {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while cut.pop().is_some() {
        let shown = format!("{}…", cut.trim_end());
        if text_width(&shown, font_size) <= room {
            return shown;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::{Px, px, shorten, text_width};

    #[test]
    fn lengths_have_one_decimal_at_most() {
        assert_eq!(px(12).to_string(), "12");
        assert_eq!(Px(125).to_string(), "12.5");
        assert_eq!(Px(-5).to_string(), "-0.5");
        assert_eq!(px(100).share(1, 3).to_string(), "33.3");
        assert_eq!(px(100).share(u64::MAX, u64::MAX), px(100));
    }

    #[test]
    fn text_is_cut_to_its_room() {
        let size = px(12);
        assert_eq!(shorten("worker 1", size, px(80)), "worker 1");
        let cut = shorten("a worker with a long name", size, px(80));
        assert!(
            cut.ends_with('…') && text_width(&cut, size) <= px(80),
            "{cut}"
        );
        assert_eq!(shorten("worker", size, px(3)), "");
    }
}
