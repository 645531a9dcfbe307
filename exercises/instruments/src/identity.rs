//! Which test is this? Read off the path of its body, since libtest tells nobody.

use std::any::type_name;
use std::panic::Location;

use crate::report::Rung;

/// Where a test stands: `worker_pool::core::every_job_hands_back_its_result`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub lesson: String,
    pub rung: Rung,
    pub test: String,
    pub line: u32,
    pub place: String,
}

impl Identity {
    /// The identity of the test whose body has type `F`. Its path ends in
    /// `<lesson>::<rung>::<test>::{{closure}}`; a test outside such modules counts as core.
    #[track_caller]
    pub fn of<F>() -> Self {
        Self::new(type_name::<F>(), Location::caller())
    }

    fn new(path: &str, at: &Location<'_>) -> Self {
        let mut segments = path
            .rsplit("::")
            .filter(|segment| !segment.starts_with("{{"));
        let test = segments.next().unwrap_or("test").to_owned();
        let mut next = segments.next();
        let rung = match next {
            Some("pattern") => Rung::Pattern,
            Some("stretch") => Rung::Stretch,
            _ => Rung::Core,
        };
        if matches!(next, Some("core" | "pattern" | "stretch")) {
            next = segments.next();
        }
        Self {
            lesson: next.unwrap_or("lesson").to_owned(),
            rung,
            test,
            line: at.line(),
            place: place(at),
        }
    }
}

/// `file:line`, without the way that led to a file through another package.
pub(crate) fn place(at: &Location<'_>) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in at.file().split('/') {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("{}:{}", parts.join("/"), at.line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesson_rung_and_name_come_from_the_path() {
        for path in [
            "worker_pool::pattern::drop_waits::{{closure}}",
            "solutions::worker_pool::pattern::drop_waits::{{closure}}",
        ] {
            let identity = Identity::new(path, Location::caller());
            assert_eq!(identity.lesson, "worker_pool");
            assert_eq!(identity.rung, Rung::Pattern);
            assert_eq!(identity.test, "drop_waits");
        }
    }

    #[test]
    fn a_body_tells_its_own_path() {
        fn identity<F: FnOnce()>(_body: F) -> Identity {
            Identity::of::<F>()
        }
        let identity = identity(|| {});
        assert_eq!(identity.test, "a_body_tells_its_own_path");
    }
}
