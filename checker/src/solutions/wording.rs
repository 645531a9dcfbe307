//! Sentences with gaps: `only … of 4 jobs ran`.

use std::fmt::{self, Display, Formatter};

/// A sentence in which `…` stands for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording(String);

impl Wording {
    /// The sentence `text`, whose gaps are written `…`.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether `sentence` says the same, whatever stands in the gaps.
    pub fn matches(&self, sentence: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('…') else {
            return self.0 == sentence;
        };
        let Some(mut left) = sentence.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = rest.split('…').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let Some((_, after)) = left.split_once(part) else {
                return false;
            };
            left = after;
        }
        left.ends_with(last)
    }
}

impl Display for Wording {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_stand_for_anything_and_nothing_else_does() {
        let wording = Wording::new("… of 4 jobs ran on … threads");
        assert!(wording.matches("only 3 of 4 jobs ran on 12 threads"));
        assert!(!wording.matches("only 3 of 4 jobs ran on 12 threads at least"));
        assert!(!wording.matches("only 3 of 5 jobs ran on 12 threads"));
        assert!(!Wording::new("7 jobs").matches("7 jobs ran"));
        assert!(!Wording::new("a…a").matches("a"));
    }
}
