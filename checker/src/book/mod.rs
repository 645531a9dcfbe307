//! The book: its preprocessor, its build, and the server that shows it while one learns.

mod build;
mod csp;
mod markdown;
mod preprocessor;
mod rebuild;
mod script;
pub mod server;
mod site;
mod watch;
mod widget;

pub use build::{Built, Leftover, build, folder};
pub use preprocessor::{CoursePreprocessor, DirectiveError, NAME};
pub use rebuild::{Change, Rebuilds};
pub use site::{File, PagePolicy, Site};
