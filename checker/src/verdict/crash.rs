use record::report::Rung;

use super::{Alone, ladder::rung_and_name};
use crate::process::End;

/// A test that ends its process instead of reporting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// How far up the ladder it stands.
    pub rung: Rung,
    /// Its name.
    pub test: String,
    /// How its process ended.
    pub end: End,
    /// The panics that its process told of, in their order.
    pub panics: Vec<Words>,
    /// All that its process printed.
    pub output: String,
}

/// What a panic said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// `file:line`
    pub place: String,
    /// Its message.
    pub message: String,
}

impl Crash {
    /// `None` if the test came to an end as libtest ends.
    pub(super) fn of(alone: &Alone) -> Option<Self> {
        if matches!(alone.end, End::Exited(101)) {
            return None;
        }
        let (rung, test) = rung_and_name(&alone.path);
        Some(Self {
            rung,
            test,
            end: alone.end,
            panics: panics(&alone.output),
            output: alone.output.clone(),
        })
    }

    /// The last panic of somebody's own code: after it, the standard library only says that it
    /// gives up.
    pub fn last_panic(&self) -> Option<&Words> {
        self.own_panics().next_back()
    }

    /// All panics but what the standard library says of itself.
    pub fn own_panics(&self) -> impl DoubleEndedIterator<Item = &Words> {
        let panics = self.panics.iter();
        panics.filter(|panic| !panic.place.contains("library/core/"))
    }
}

/// Reads off the panics that the standard library's hook has printed, or the instruments' in its
/// place, without the column:
///
/// ```text
/// thread 'worker 1' (1234) panicked at exercises/src/pool.rs:7:9:
/// the message
/// note: run with `RUST_BACKTRACE=1` …
/// ```
fn panics(output: &str) -> Vec<Words> {
    let mut panics = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(place) = line
            .strip_prefix("thread ")
            .and_then(|line| line.split_once(" panicked at "))
            .and_then(|(_, place)| place.strip_suffix(':'))
        else {
            continue;
        };
        let place = without_column(place);
        let is_message = |line: &&str| {
            !line.is_empty()
                && !["thread ", "note: ", "stack backtrace:"]
                    .iter()
                    .any(|start| line.starts_with(start))
        };
        let mut message = String::new();
        while let Some(line) = lines.next_if(is_message) {
            if !message.is_empty() {
                message.push('\n');
            }
            message.push_str(line);
        }
        panics.push(Words {
            place: place.to_owned(),
            message,
        });
    }
    panics
}

/// `pool.rs:7` of `pool.rs:7:9`.
fn without_column(place: &str) -> &str {
    let is_number = |text: &str| text.parse::<u32>().is_ok();
    match place.rsplit_once(':') {
        Some((before, column)) if is_number(column) => match before.rsplit_once(':') {
            Some((_, line)) if is_number(line) => before,
            _ => place,
        },
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Rust 1.95 prints it.
    const ABORTED: &str = "\
running 1 test

thread 'core::a' (1234) panicked at exercises/tests/pool.rs:9:
7 jobs were lost
thread 'core::a' (1234) panicked at exercises/src/pool.rs:61:34:
called `Result::unwrap()` on an `Err` value: Any { .. }
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

thread 'core::a' (1234) panicked at library/core/src/panicking.rs:233:5:
panic in a destructor during cleanup
thread caused non-unwinding panic. aborting.
";

    fn crash(end: End, output: &str) -> Option<Crash> {
        Crash::of(&Alone {
            path: "pattern::a".to_owned(),
            end,
            output: output.to_owned(),
        })
    }

    #[test]
    fn the_panics_of_a_process_that_aborts_are_read_in_their_order() {
        let crash = crash(End::Signalled(6), ABORTED).expect("it crashed");
        assert_eq!((crash.rung, crash.test.as_str()), (Rung::Pattern, "a"));
        let last = crash.last_panic().expect("it panicked");
        assert_eq!(last.place, "exercises/src/pool.rs:61");
        assert_eq!(
            last.message,
            "called `Result::unwrap()` on an `Err` value: Any { .. }"
        );
        let places: Vec<_> = crash.own_panics().map(|panic| &*panic.place).collect();
        assert_eq!(
            places,
            ["exercises/tests/pool.rs:9", "exercises/src/pool.rs:61"]
        );
    }

    #[test]
    fn who_ends_as_tests_end_has_not_crashed() {
        assert_eq!(crash(End::Exited(101), ABORTED), None);
        let exited = crash(End::Exited(0), "").expect("it left without a record");
        assert_eq!(exited.last_panic(), None);
    }
}
