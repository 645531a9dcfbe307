//! How a file of the course that is gone comes back.

use std::path::Path;

/// A sentence for the file at `path`: what brings it back as it was shipped. An exercise needs no git.
pub fn brings_back(path: &Path) -> String {
    let root = path
        .ancestors()
        .find(|folder| folder.join("book.toml").is_file());
    let relative = root
        .and_then(|root| path.strip_prefix(root).ok())
        .unwrap_or(path);
    let exercise = relative.strip_prefix("exercises/src").ok();
    let slug = exercise
        .filter(|file| file.components().count() == 1)
        .and_then(|file| file.to_str()?.strip_suffix(".rs"));
    match slug {
        Some("lib") | None => format!(
            "`git checkout {}`, in the course's folder, brings it back",
            quoted(relative)
        ),
        Some(slug) => format!("`cargo checker reset {slug}` brings it back"),
    }
}

/// As a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_exercise_is_reset_and_the_rest_is_named_from_the_courses_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("my course");
        fs::create_dir(&root).expect("made");
        fs::write(root.join("book.toml"), "").expect("written");
        for (path, says) in [
            (
                "exercises/src/worker_pool.rs",
                "`cargo checker reset worker_pool` brings it back",
            ),
            (
                "exercises/src/lib.rs",
                "`git checkout exercises/src/lib.rs`, in the course's folder, brings it back",
            ),
            (
                "exercises/tests/worker_pool.rs",
                "`git checkout exercises/tests/worker_pool.rs`, in the course's folder, brings it back",
            ),
        ] {
            assert_eq!(brings_back(&root.join(path)), says);
        }
        assert_eq!(
            brings_back(Path::new("it's/a.toml")),
            r"`git checkout 'it'\''s/a.toml'`, in the course's folder, brings it back"
        );
    }
}
