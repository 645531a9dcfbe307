//! The book: its preprocessor, its build, and the server that shows it while one learns.

mod build;
mod callouts;
mod csp;
mod decision;
mod explore;
mod glossary;
mod hidden;
mod map;
mod markdown;
mod needs;
mod notes;
mod parts;
mod preprocessor;
mod rebuild;
mod renderer;
mod script;
mod search;
pub mod server;
mod ship;
mod site;
mod takeaways;
mod watch;
mod widget;
mod worksheet;

pub use build::{Built, Leftover, build, folder};
pub use callouts::WRONG;
pub use notes::Edition;
pub use preprocessor::{CoursePreprocessor, DirectiveError, NAME};
pub use rebuild::{Change, Rebuilds};
pub use ship::{Ship, ShipError};
pub use site::{File, PagePolicy, Pages, Site};
