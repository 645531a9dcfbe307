//! The checker as its users meet it: the program, run on a small course.

mod check;
mod completions;
mod fixture;
mod grade;
mod hand_out;
mod no_exercise;
mod progress;
mod quiz_and_status;
mod record;
mod report;
mod reset;
mod serve;
mod solutions;
mod watch;
