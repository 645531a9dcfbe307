//! Which test is this? Read off the path of its body, since libtest tells nobody.

use std::any::type_name;

use crate::report::Rung;

/// Where a test stands: `worker_pool::core::every_job_hands_back_its_result`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub lesson: String,
    pub rung: Rung,
    pub test: String,
}

impl Identity {
    /// The identity of the test whose body has type `F`. Its path ends in
    /// `<lesson>::<rung>::<test>::{{closure}}`; a test outside such modules counts as core.
    pub fn of<F>() -> Self {
        Self::from_path(type_name::<F>())
    }

    fn from_path(path: &str) -> Self {
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
        }
    }
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
            let identity = Identity::from_path(path);
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
