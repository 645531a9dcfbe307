//! What is shown: text for a terminal, JSON, and parts of a page. All of it is pure.

mod check;
mod check_all;
mod document;
mod failure;
mod hint;
mod markdown;
mod on_page;
mod onward;
mod quiz;
mod reset;
mod solutions;
mod status;
mod terminal;
mod watch;

pub use check::{Below, Recorded, Reference, check};
pub use check_all::{Checked, check_all, check_line, running};
pub use document::{
    Document, Entry, Exercise, JSON_SCHEMA, RefusedReceipt, SCHEMA as REPORT_SCHEMA, SCHEMA,
    report_json, report_junit, report_markdown,
};
pub use hint::{hint, hint_topics};
pub use markdown::{markdown, program};
pub use on_page::{Comparison, OnPage, on_page};
pub use onward::{By, Onward, Step, quiz_has_passed};
pub use quiz::{choices, feedback, graded, not_passed_again, questions, result};
pub use reset::{reset, reset_all, undone};
pub use solutions::{above_solution, below_solution, mistake, mistakes, would_spoil};
pub use status::{status, status_json};
pub use terminal::Terminal;
pub use watch::{Control, Watching, slow, watch_footer};
