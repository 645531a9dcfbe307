//! The tests of a run, on the ladder's three rungs.

use record::report::{Outcome, Record, Rung, SCHEMA};
use serde::{Deserialize, Serialize};

use super::{Crash, Ran};

/// The tests of a run, one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// By rung, then in the order of the file.
    pub records: Vec<Record>,
    /// Tests that left no record, by rung and name.
    pub unreported: Vec<(Rung, String)>,
    /// Those of them that ended their process, each run in one of its own.
    pub crashes: Vec<Crash>,
    /// How many tests were run in a process of their own.
    pub alone: usize,
    /// What was printed, by anybody.
    pub output: String,
    /// What the first failure's test printed when it ran alone; empty if that is nothing.
    pub printed: String,
}

impl Report {
    pub(super) fn new(ran: Ran) -> Self {
        let mut records: Vec<Record> = Vec::new();
        for record in ran.records {
            let twin = |other: &&mut Record| other.rung == record.rung && other.test == record.test;
            match records.iter_mut().find(twin) {
                _ if record.schema != SCHEMA => {}
                // A test that both passed and failed has failed.
                Some(twin) if twin.outcome == Outcome::Passed => *twin = record,
                Some(_) => {}
                None => records.push(record),
            }
        }
        records.sort_by(|a, b| (a.rung, a.line, &a.test).cmp(&(b.rung, b.line, &b.test)));
        let has_record = |(rung, test): &(Rung, String)| {
            records
                .iter()
                .any(|record| record.rung == *rung && record.test == *test)
        };
        let mut unreported: Vec<_> = ran.listed.iter().map(|path| rung_and_name(path)).collect();
        unreported.retain(|test| !has_record(test));
        unreported.sort();
        let mut crashes: Vec<_> = ran.alone.iter().filter_map(Crash::of).collect();
        crashes.retain(|crash| !has_record(&(crash.rung, crash.test.clone())));
        crashes.sort_by(|a, b| (a.rung, &a.test).cmp(&(b.rung, &b.test)));
        Self {
            records,
            unreported,
            crashes,
            alone: ran.alone.len(),
            output: ran.output,
            printed: ran.printed,
        }
    }

    /// How many tests passed, rung by rung. A test without a record has not.
    pub fn rungs(&self) -> Rungs {
        let mut rungs = Rungs::default();
        let reported = self
            .records
            .iter()
            .map(|record| (record.rung, record.outcome == Outcome::Passed));
        let unreported = self.unreported.iter().map(|(rung, _)| (*rung, false));
        for (rung, passed) in reported.chain(unreported) {
            let tally = rungs.tally_mut(rung);
            tally.of += 1;
            tally.passed += usize::from(passed);
        }
        rungs
    }

    /// The first failure of the lowest rung.
    pub fn first_failure(&self) -> Option<&Record> {
        self.records
            .iter()
            .find(|record| record.outcome != Outcome::Passed)
    }

    pub(super) fn core_is_unwritten(&self) -> bool {
        let mut core = self
            .records
            .iter()
            .filter(|record| record.rung == Rung::Core);
        core.all(|record| matches!(record.outcome, Outcome::NotWritten(_)))
    }
}

/// As the instruments read it off the same path.
pub(super) fn rung_and_name(path: &str) -> (Rung, String) {
    let mut segments = path.rsplit("::");
    let name = segments.next().unwrap_or(path).to_owned();
    let rung = match segments.next() {
        Some("pattern") => Rung::Pattern,
        Some("stretch") => Rung::Stretch,
        _ => Rung::Core,
    };
    (rung, name)
}

/// How many tests of each rung passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rungs {
    /// The result, the bound.
    pub core: Tally,
    /// What makes it this pattern.
    pub pattern: Tally,
    /// Panics, cancellation, pressure.
    pub stretch: Tally,
}

/// How many tests passed out of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that there are.
    pub of: usize,
}

impl Rungs {
    /// The tally of one rung.
    pub fn tally(&self, rung: Rung) -> Tally {
        match rung {
            Rung::Core => self.core,
            Rung::Pattern => self.pattern,
            Rung::Stretch => self.stretch,
        }
    }

    fn tally_mut(&mut self, rung: Rung) -> &mut Tally {
        match rung {
            Rung::Core => &mut self.core,
            Rung::Pattern => &mut self.pattern,
            Rung::Stretch => &mut self.stretch,
        }
    }

    /// Whether the rungs that complete an exercise are full.
    pub fn complete(&self) -> bool {
        self.core.is_full() && self.pattern.is_full()
    }

    /// Whether there is a stretch rung, and all of it passed.
    pub fn stretch_passed(&self) -> bool {
        self.stretch.of > 0 && self.stretch.is_full()
    }
}

impl Tally {
    /// Whether no test is left.
    pub fn is_full(self) -> bool {
        self.passed == self.of
    }
}
