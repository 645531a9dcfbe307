//! Timelines as text.
use super::Timeline;
/// x
pub struct Style {
    /// x
    pub width: usize,
    /// x
    pub symbols: Symbols,
    /// x
    pub colour: Colour,
}
/// x
pub enum Symbols {
    /// x
    Unicode,
    /// x
    Ascii,
}
/// x
pub enum Colour {
    /// x
    Plain,
    /// x
    Ansi,
}
impl Style {
    /// x
    pub fn from_environment(_: impl Fn(&str) -> Option<String>) -> Self {
        Style {
            width: 80,
            symbols: Symbols::Unicode,
            colour: Colour::Plain,
        }
    }
}
/// x
pub fn render(t: &Timeline, _: &Style) -> String {
    format!("{t:?}\n")
}
