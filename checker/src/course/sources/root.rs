/// The learner's `lib.rs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    pub text: String,
    /// Whether it is nothing but a list of modules.
    pub is_plain: bool,
}

impl Root {
    pub fn parse(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            is_plain: text.lines().all(|line| {
                let line = line.trim();
                line.is_empty() || line.starts_with("//") || declared(line).is_some()
            }),
        }
    }

    pub fn declares(&self, module: &str) -> bool {
        self.text
            .lines()
            .filter_map(declared)
            .any(|it| it == module)
    }

    /// Without the modules that are not `used`; an empty line stands for each.
    pub fn reduced_to(&self, used: &[String]) -> Self {
        let mut reduced: Vec<&str> = Vec::new();
        for line in self.text.lines() {
            if declared(line).is_none_or(|module| used.iter().any(|it| it == module)) {
                reduced.push(line);
                continue;
            }
            // An attribute or a comment of the module's own would be the next one's.
            for above in reduced.iter_mut().rev() {
                if !above.starts_with("#[") && !above.starts_with("///") {
                    break;
                }
                *above = "";
            }
            reduced.push("");
        }
        let mut text = reduced.join("\n");
        text.push('\n');
        Self {
            text,
            is_plain: self.is_plain,
        }
    }
}

/// The module that this line declares, whose text is in a file of its own.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim().strip_suffix(';')?.trim_end();
    let (visibility, name) = match line.strip_prefix("mod ") {
        Some(name) => ("", name),
        None => line.split_once(" mod ")?,
    };
    let is_visibility = visibility.is_empty()
        || visibility == "pub"
        || (visibility.starts_with("pub(") && visibility.ends_with(')'));
    is_visibility.then_some(name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "\
//! Exercises.

/// Ten lines that I need everywhere.
#[macro_use]
mod util;
pub mod channels;
pub(crate) mod pool;
";

    #[test]
    fn what_is_not_used_goes_and_lines_keep_their_numbers() {
        let root = Root::parse(LIB);
        let reduced = root.reduced_to(&["pool".to_owned()]);
        assert_eq!(
            reduced.text,
            "//! Exercises.\n\n\n\n\n\npub(crate) mod pool;\n"
        );
        assert!(!reduced.is_plain, "an attribute may do anything");
    }

    #[test]
    fn a_list_of_modules_is_plain_and_anything_else_is_not() {
        assert!(Root::parse("//! Docs.\n\npub mod a;\nmod b ;\n").is_plain);
        for more in ["pub use a::A;", "mod inline {", "#![allow(unused)]"] {
            assert!(!Root::parse(more).is_plain, "{more}");
        }
    }
}
