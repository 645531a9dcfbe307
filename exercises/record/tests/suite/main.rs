//! The pictures of many timelines, as text and as SVG.

mod samples;
mod timeline_svg;
mod timeline_text;
