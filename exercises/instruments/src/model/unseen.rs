//! What the code under test takes from `std::sync`, where the model cannot see it: the order that is
//! drawn then lacks the steps that matter.

use std::collections::BTreeSet;

use super::names;
use super::tape::Tape;
use crate::identity::Identity;

/// The parts of `std::sync` that order threads.
const ORDERING: [&str; 6] = ["Atomic", "Mutex", "RwLock", "Condvar", "Once", "fence"];

/// What the files of `tape`'s atomics take from there, in one sentence.
pub(super) fn by(tape: &Tape) -> Option<String> {
    let files: BTreeSet<&str> = tape.cells.iter().map(|cell| cell.created.file()).collect();
    files.into_iter().find_map(in_file)
}

/// What the exercise of a lesson takes from there: at most one sentence.
pub(super) fn of_lesson(identity: &Identity) -> Vec<String> {
    let file = format!("exercises/src/{}.rs", identity.lesson);
    in_file(&file).into_iter().collect()
}

fn in_file(file: &str) -> Option<String> {
    let taken = taken(&names::find(file)?)?;
    Some(format!(
        "{file} takes `{taken}` from `std::sync`, and the model does not see it."
    ))
}

/// The first name in `source` that stands behind `std::sync::` and orders threads.
fn taken(source: &str) -> Option<String> {
    let code: Vec<&str> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    code.split("std::sync::").skip(1).find_map(|behind| {
        let path = |c: char| c.is_alphanumeric() || " \n_:{},*".contains(c);
        let path = behind.split(|c| !path(c)).next().unwrap_or_default();
        let mut words = path.split(|c: char| !c.is_alphanumeric() && c != '_');
        words
            .find(|word| ORDERING.iter().any(|part| word.starts_with(part)))
            .map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::taken;

    #[test]
    fn what_orders_threads_is_found_in_every_kind_of_path() {
        for (source, found) in [
            ("use std::sync::atomic::AtomicBool;", Some("AtomicBool")),
            (
                "use std::sync::{\n    Arc,\n    atomic::{self, AtomicU64},\n};",
                Some("AtomicU64"),
            ),
            ("ready: std::sync::OnceLock<u64>,", Some("OnceLock")),
            ("use std::sync::Arc;\nuse sync::Mutex;", None),
            (
                "use std::sync::atomic::Ordering;\nuse sync::atomic::AtomicBool;",
                None,
            ),
            ("// not std::sync::Mutex\nuse sync::Mutex;", None),
        ] {
            assert_eq!(taken(source).as_deref(), found, "{source}");
        }
    }
}
