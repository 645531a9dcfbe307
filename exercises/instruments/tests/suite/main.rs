//! The instruments as the tests of a lesson meet them. One program, so that tests which wait do so
//! side by side.

mod aborts;
mod guard;
mod model;
mod paused;
