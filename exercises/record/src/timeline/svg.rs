//! Timelines as SVG, for a page: a `<figure>` that begins an HTML block of Markdown.
//!
//! There are no colours in here. Every part has a class, and the course's stylesheet gives it the
//! theme's colours. What a span came to is told by its shape as well, and every span can be
//! focused and says in words what it is.

mod frame;
mod lane;
mod layout;
mod picture;
mod px;
mod words;

use layout::{Axis, Layout, WIDTH};
use picture::Picture;
use words::escape;

use super::Timeline;

/// How a picture fits into its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Begins every id in the picture, so that a page can hold several: `worker_pool-three_workers`.
    pub id: String,
    /// Where the time axis ends, for pictures that are compared; its own end if `None`.
    pub axis_end: Option<u64>,
    /// The top of the step line's scale, for pictures that are compared; its own top if `None`.
    pub at_once_max: Option<usize>,
    /// The top of the level's scale, likewise.
    pub level_max: Option<u64>,
}

/// Draws the picture. The same timeline always gives the same text, and no line of it is blank.
///
/// A label that fits neither into its bar nor behind it is left out; the words that a screen reader
/// reads and a pointer shows still have it.
pub fn render(timeline: &Timeline, options: &Options) -> String {
    let axis = Axis::new(timeline, options);
    let moments = frame::place_moments(&timeline.moments, &axis);
    let moment_rows = moments.iter().map(|moment| moment.row + 1).max();
    let note_below: Vec<bool> = timeline
        .lanes
        .iter()
        .map(|lane| lane::has_note_below(lane, &timeline.moments, &axis))
        .collect();
    let layout = Layout::new(timeline, moment_rows.unwrap_or(0), &note_below);

    let mut svg = Picture::default();
    begin(&mut svg, timeline, options, &layout);
    frame::axis(&mut svg, timeline, &axis, &layout);
    frame::moments(&mut svg, &moments, &layout);
    for (lane, row) in timeline.lanes.iter().zip(&layout.lanes) {
        lane::draw(&mut svg, timeline, lane, &axis, *row);
    }
    frame::hand_overs(&mut svg, timeline, &axis, &layout);
    frame::at_once(&mut svg, timeline, options, &axis, &layout);
    frame::level(&mut svg, timeline, options, &axis, &layout);
    svg.raw("</svg></div>");
    let caption = escape(&timeline.proves);
    svg.raw(&format!("<figcaption>{caption}</figcaption>"));
    svg.raw("</figure>");
    svg.finish()
}

fn begin(svg: &mut Picture, timeline: &Timeline, options: &Options, layout: &Layout) {
    let id = escape(&options.id);
    let title = match timeline.title.as_str() {
        "" => "Timeline",
        title => title,
    };
    // A picture that is too wide scrolls, its caption does not.
    svg.raw("<figure class=\"timeline\"><div class=\"scroll\">");
    // Not an image: its spans can be focused, which an image's parts cannot.
    svg.raw(&format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"group\" aria-labelledby=\"{id}-title\" \
         aria-describedby=\"{id}-desc\">",
        layout.height
    ));
    svg.raw(&format!(
        "<title id=\"{id}-title\">{}</title>",
        escape(title)
    ));
    let words = escape(&words::picture(timeline));
    svg.raw(&format!("<desc id=\"{id}-desc\">{words}</desc>"));
}
