use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::Slug;

/// Lessons that had another name once. Progress and receipts of that time still count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Renamed(BTreeMap<String, Slug>);

impl Renamed {
    /// Reads the list at `path`; a course need not have one.
    pub fn read(path: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let renamed = toml::from_str(text).map(Self);
        renamed.map_err(|error| error.message().to_owned())
    }

    /// The name of today, if `old` is one of another time.
    pub fn today(&self, old: &str) -> Option<&Slug> {
        let mut name = self.0.get(old)?;
        // A name that leads in a circle leads nowhere; it cannot be longer than the list.
        for _ in 0..self.0.len() {
            match self.0.get(name.as_str()) {
                Some(next) => name = next,
                None => return Some(name),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_that_of_today() {
        let renamed = Renamed::parse("pool = \"workers\"\nworkers = \"worker_pool\"\n");
        let renamed = renamed.expect("a list");
        let today = |old| renamed.today(old).map(Slug::as_str);
        assert_eq!(today("pool"), Some("worker_pool"));
        assert_eq!(today("workers"), Some("worker_pool"));
        assert_eq!(today("worker_pool"), None);
        let circle = Renamed::parse("a = \"b\"\nb = \"a\"\n").expect("a list");
        assert_eq!(circle.today("a"), None);
        let wrong = Renamed::parse("a = \"No Slug\"\n").expect_err("no slug");
        assert!(
            wrong.contains("`No Slug` is not a lesson's name"),
            "{wrong}"
        );
    }
}
