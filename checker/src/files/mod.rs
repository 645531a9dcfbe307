//! Files that change while the checker looks, and files that it writes for the user.

mod save;
mod watched;

pub use save::save;
pub use watched::{Stamps, Watched};
