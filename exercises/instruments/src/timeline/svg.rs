//! Timelines as SVG.
