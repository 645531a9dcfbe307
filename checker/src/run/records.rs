//! The records that a test program leaves, within bounds: what a learner's code says in a panic
//! can be of any length.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use record::report::{Failure, Outcome, Record};

use crate::course::Slug;

/// How much of the file is read. What a test says it also prints, and who prints that much is
/// stopped.
const MOST: u64 = 32 << 20;

/// How many characters of a sentence are kept.
const LONGEST: usize = 1000;

/// How many further lines of a failure are kept.
const MOST_DETAILS: usize = 200;

/// Reads the records of the lesson `slug`; none if there is no such file. A torn record is none:
/// its test then counts as one that never reported.
pub(super) fn read(path: &Path, slug: &Slug) -> io::Result<Vec<Record>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MOST).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let records = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok());
    Ok(records
        .filter(|record: &Record| record.lesson == slug.as_str())
        .map(shortened)
        .collect())
}

fn shortened(mut record: Record) -> Record {
    if let Outcome::NotWritten(failure)
    | Outcome::Failed(failure)
    | Outcome::Deadlocked(failure)
    | Outcome::TimedOut(failure)
    | Outcome::RejectedForTheWrongReason(failure)
    | Outcome::NotJudged(failure) = &mut record.outcome
    {
        shorten(failure);
    }
    record
}

fn shorten(failure: &mut Failure) {
    cut(&mut failure.sentence);
    failure.details.truncate(MOST_DETAILS);
    failure.details.iter_mut().for_each(cut);
}

fn cut(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        let left_out = text[end..].chars().count();
        text.truncate(end);
        // Writing to a `String` cannot fail.
        let _ = write!(text, " [{left_out} characters left out]");
    }
}

#[cfg(test)]
mod tests {
    use record::report::{Rung, SCHEMA};

    use super::*;

    #[test]
    fn a_sentence_of_any_length_is_kept_within_bounds() {
        let record = Record {
            schema: SCHEMA,
            lesson: "pool".to_owned(),
            rung: Rung::Core,
            test: "a".to_owned(),
            line: 1,
            outcome: Outcome::Failed(Failure {
                sentence: "ü".repeat(5_000_000),
                place: None,
                details: vec!["x".repeat(LONGEST); 3 * MOST_DETAILS],
                timeline: None,
            }),
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("records");
        let line = serde_json::to_string(&record).expect("JSON");
        std::fs::write(&path, format!("{line}\n{{\"torn")).expect("written");
        let records = read(&path, &"pool".parse().expect("a slug")).expect("read");
        let [record] = records.as_slice() else {
            panic!("one record, not {}", records.len());
        };
        let failure = record.outcome.failure().expect("it failed");
        assert!(failure.sentence.starts_with("üü"));
        assert!(
            failure
                .sentence
                .ends_with("ü [4999000 characters left out]")
        );
        assert_eq!(failure.details.len(), MOST_DETAILS);
        assert_eq!(failure.details[0].len(), LONGEST, "it is short enough");
    }
}
