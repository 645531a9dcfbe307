//! Timelines as SVG.
use super::Timeline;
/// x
pub struct Options {
    /// x
    pub id: String,
    /// x
    pub axis_end: Option<u64>,
    /// x
    pub at_once_max: Option<usize>,
}
/// x
pub fn render(_: &Timeline, _: &Options) -> String {
    String::new()
}
