/// How long a lesson takes, as its chapter says at its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    /// To read: `15`.
    pub read: String,
    /// To solve, where there is something to: `60 to 90`.
    pub solve: Option<String>,
}

impl Minutes {
    /// What the head of `chapter` says: `To read: 15 minutes. To solve: 60 to 90 minutes.`
    pub fn of(chapter: &str) -> Option<Self> {
        let head = chapter.split("\n## ").next()?;
        let head: Vec<_> = head.split_whitespace().collect();
        let head = head.join(" ");
        Some(Self {
            read: after(&head, "To read: ")?,
            solve: after(&head, "To solve: "),
        })
    }
}

fn after(head: &str, label: &str) -> Option<String> {
    let (_, rest) = head.split_once(label)?;
    let (minutes, _) = rest.split_once(" minutes")?;
    let fits = |word: &str| word == "to" || word.parse::<u16>().is_ok();
    let found = minutes.split(' ').all(fits);
    found.then(|| minutes.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_how_long_the_lesson_takes() {
        let chapter = "# A\n\n*To read: 15\nminutes. To solve: 60 to\n90 minutes. Builds on b.*\n";
        let minutes = Minutes::of(chapter).expect("says it");
        assert_eq!(minutes.read, "15");
        assert_eq!(minutes.solve.as_deref(), Some("60 to 90"));
    }

    #[test]
    fn what_is_said_elsewhere_or_otherwise_does_not_count() {
        assert_eq!(Minutes::of("# A\n\n## B\n\nTo read: 15 minutes.\n"), None);
        assert_eq!(Minutes::of("# A\n\nTo read: some minutes.\n"), None);
        let unsolved = Minutes::of("# A\n\nTo read: 5 minutes.\n").expect("says it");
        assert_eq!(unsolved.solve, None);
    }
}
