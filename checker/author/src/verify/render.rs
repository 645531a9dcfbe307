//! What `verify` says, as text.

use clap::ValueEnum;

use super::{Check, Checked};

/// The one line on a check: name, judgement, how much it looked at, seconds.
pub fn line(checked: &Checked) -> String {
    let (judgement, looked_at) = match &checked.report {
        Ok(report) if report.findings.is_empty() => ("ok".to_owned(), report.looked_at.as_str()),
        Ok(report) => {
            let count = report.findings.len();
            let plural = if count == 1 { "" } else { "s" };
            (
                format!("{count} finding{plural}"),
                report.looked_at.as_str(),
            )
        }
        Err(_) => ("could not run".to_owned(), ""),
    };
    format!(
        "{:<14} {judgement:<13} {looked_at:<28} {:>6.1} s",
        checked.check.name(),
        checked.took.as_secs_f32()
    )
}

/// Everything that follows the lines: what was rewritten, notes, findings, the counts.
pub fn summary(all: &[Checked]) -> String {
    let mut lines = Vec::new();
    for checked in all {
        let name = checked.check.name();
        match &checked.report {
            Ok(report) => {
                let blessed = report.blessed.iter();
                lines.extend(blessed.map(|path| format!("{name}: wrote {}", path.display())));
                lines.extend(report.notes.iter().cloned());
                let mut findings = report.findings.clone();
                findings.sort();
                lines.extend(findings.iter().map(ToString::to_string));
            }
            Err(error) => lines.push(format!("{name}: could not run: {error:#}")),
        }
    }
    let passed = all.iter().filter(|checked| checked.passed()).count();
    lines.push(format!(
        "verify: {passed} passed, {} failed",
        all.len() - passed
    ));
    lines.join("\n")
}

/// The names of all checks with what each looks for.
pub fn describe() -> String {
    let lines: Vec<_> = Check::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| {
            let help = value
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!("{:<14} {help}", value.get_name())
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anyhow::anyhow;
    use checker::course::Finding;

    use super::*;
    use crate::verify::Report;

    fn checked(report: anyhow::Result<Report>) -> Checked {
        Checked {
            check: Check::QuizPrograms,
            report,
            took: Duration::from_millis(1_240),
        }
    }

    #[test]
    fn a_check_is_one_line() {
        let clean = checked(Ok(Report::on(1, "program", vec![])));
        assert_eq!(
            line(&clean),
            "quiz_programs  ok            1 program                       1.2 s"
        );
    }

    #[test]
    fn findings_are_sorted_indented_and_counted() {
        let all = [
            checked(Ok(Report::on(
                2,
                "program",
                vec![
                    Finding::on_line("quiz/b.toml", 3, "it prints\n2"),
                    Finding::of_file("quiz/a.toml", "is missing"),
                ],
            ))),
            checked(Err(anyhow!("no cargo"))),
        ];
        assert_eq!(
            summary(&all),
            "quiz/a.toml: is missing\nquiz/b.toml:3: it prints\n    2\n\
             quiz_programs: could not run: no cargo\nverify: 0 passed, 2 failed"
        );
    }

    #[test]
    fn every_check_is_described() {
        let text = describe();
        assert_eq!(text.lines().count(), Check::value_variants().len());
        assert!(text.contains("solutions      Every right solution passes"));
    }
}
