//! The gate: every right solution passes the lesson's tests, every wrong one fails by the test and
//! in the words that its head names.
//!
//! The k-th candidates of all lessons are built together as one crate, so that the number of
//! builds is that of the lesson with the most candidates.

mod candidates;
mod changes;
mod judge;
mod load;
mod rounds;
mod table;

use std::collections::BTreeMap;

use anyhow::Result;
use checker::course::{Course, Finding, Slug};
use checker::run;
use checker::workshop::{Program, Scratch, Workshop};
use rayon::prelude::*;
use record::report::Record;

use super::Report;
use candidates::Candidate;
use load::Load;
use rounds::Round;

pub use changes::check as check_changes;

/// Which solutions the gate runs, and how hard it tries to find a verdict that changes from run to
/// run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soak {
    /// The lessons whose solutions run; all of them if it is empty.
    pub lessons: Vec<Slug>,
    /// How often every solution runs; at least once.
    pub repeat: u32,
    /// Whether every core is kept busy meanwhile.
    pub busy: bool,
}

/// One solution to run: where its tests lie built, and what it is.
struct Job<'a> {
    round: &'a Round,
    program: &'a Program,
    slug: &'a Slug,
    candidate: &'a Candidate,
}

/// How often one solution came out in which way.
#[derive(Debug, Default)]
struct Tally {
    as_expected: u32,
    findings: BTreeMap<Finding, u32>,
}

/// Where some rounds are built, and what they are called.
#[derive(Debug, Clone, Copy)]
struct Batch {
    /// The scratch workspace.
    folder: &'static str,
    /// `round` of `round_1`.
    round: &'static str,
}

const BATCH: Batch = Batch {
    folder: "solutions",
    round: "round",
};

pub(super) fn check(course: &Course, workshop: &Workshop, soak: &Soak) -> Result<Report> {
    let (candidates, mut findings) = candidates::gather(course, &soak.lessons)?;
    let count: usize = candidates.values().map(Vec::len).sum();
    let (rounds, clashes) = rounds::plan(candidates, BATCH.round);
    findings.extend(clashes);
    let (rounds, programs) = BATCH.build(course, workshop, rounds, &mut findings)?;
    let jobs = jobs(&rounds, &programs);
    workshop.say(&format!(
        "solutions: running {} solutions, {} each",
        jobs.len(),
        if soak.repeat == 1 {
            "once".to_owned()
        } else {
            format!("{} times", soak.repeat)
        }
    ));
    let load = soak.busy.then(Load::begin);
    let tallies = run::pool()?.install(|| {
        jobs.par_iter()
            .map(|job| job.run(course, workshop, &BATCH, soak.repeat))
            .collect::<Result<Vec<_>>>()
    })?;
    drop(load);

    let notes = if soak.repeat == 1 {
        Vec::new()
    } else {
        let counts = jobs.iter().zip(&tallies);
        table::table(
            soak.repeat,
            counts.map(|(job, tally)| (job.slug, &job.candidate.expected, tally.as_expected)),
        )
    };
    findings.extend(
        tallies
            .into_iter()
            .flat_map(|tally| judge::with_counts(tally.findings, soak.repeat)),
    );
    Ok(Report {
        notes,
        ..Report::on(count, "solution", findings)
    })
}

/// What there is to run of `rounds`.
fn jobs<'a>(rounds: &'a [Round], programs: &'a BTreeMap<String, Program>) -> Vec<Job<'a>> {
    rounds
        .iter()
        .filter_map(|round| Some((round, programs.get(&round.name)?)))
        .flat_map(|(round, program)| {
            round.candidates.iter().map(move |(slug, candidate)| Job {
                round,
                program,
                slug,
                candidate,
            })
        })
        .collect()
}

impl Job<'_> {
    fn run(
        &self,
        course: &Course,
        workshop: &Workshop,
        batch: &Batch,
        times: u32,
    ) -> Result<Tally> {
        let suite = self.round.suite(course);
        let folder = workshop.folder(batch.folder);
        let mut tally = Tally::default();
        for _ in 0..times {
            let enough = |record: &Record| judge::settles(self.candidate, record);
            let tried = suite.run(self.program, workshop, &folder, self.slug, enough)?;
            let findings = judge::judge(self.candidate, &tried);
            tally.as_expected += u32::from(findings.is_empty());
            for finding in findings {
                *tally.findings.entry(finding).or_default() += 1;
            }
        }
        if times > 1 {
            workshop.say(&format!(
                "solutions: {} of {times} as expected  {}",
                tally.as_expected,
                self.candidate.path.display()
            ));
        }
        Ok(tally)
    }
}

impl Batch {
    /// Builds all rounds. What does not compile is found, taken out, and the rest built again: one bad
    /// file must not hide what is wrong with the others.
    fn build(
        &self,
        course: &Course,
        workshop: &Workshop,
        mut rounds: Vec<Round>,
        findings: &mut Vec<Finding>,
    ) -> Result<(Vec<Round>, BTreeMap<String, Program>)> {
        loop {
            workshop.say(&format!(
                "{}: building {} rounds",
                self.folder,
                rounds.len()
            ));
            let mut scratch = Scratch::new(workshop, self.folder);
            for round in &rounds {
                round.suite(course).write(&mut scratch, course, workshop)?;
            }
            if rounds.is_empty() {
                return Ok((rounds, BTreeMap::new()));
            }
            let built = scratch.build(&["--workspace", "--tests", "--examples"])?;
            let bad = rounds::take_out_what_failed(course, &mut rounds, &built);
            if bad.is_empty() {
                let mut programs = BTreeMap::new();
                for round in &rounds {
                    if let Some(program) = round.suite(course).program(course, &built)? {
                        programs.insert(round.name.clone(), program);
                    }
                }
                return Ok((rounds, programs));
            }
            findings.extend(bad);
        }
    }
}
