//! The instruments as the tests of a lesson meet them. One program, so that tests which wait do so
//! side by side.

mod aborts;
mod guard;
mod model;
mod paused;
mod samples;
mod timeline_svg;
mod timeline_text;
