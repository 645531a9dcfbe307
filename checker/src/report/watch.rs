use super::Terminal;
use crate::course::Slug;

/// What stands below everything that `watch` shows.
pub fn watch_footer(lesson: &Slug, keys: bool, terminal: &Terminal) -> String {
    let waits = format!("Watching {lesson}: save a file of the exercises to check it again.");
    let keys = if keys {
        "n next lesson · r run again · h hints · 1-9 more of a hint · v verdict · l list · z quiz · q quit"
    } else {
        "Ctrl-C ends."
    };
    let keys = keys.replace('·', terminal.either("·", "|"));
    let lines = wrapped(&keys, terminal.style.width);
    format!("{}\n{}", terminal.dim(&waits), terminal.dim(&lines))
}

/// What is said of tests that take a while.
pub fn slow(lesson: &Slug, first: bool) -> String {
    let why = if first {
        "; this first run also compiles what must not compile, which takes longer"
    } else {
        ""
    };
    format!("the tests of {lesson} are still running{why}")
}

fn wrapped(words: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let line = lines.last_mut().expect("it begins with one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_fit_the_terminal() {
        let slug = "worker_pool".parse().expect("a slug");
        let footer = watch_footer(&slug, true, &Terminal::plain());
        assert!(footer.lines().all(|line| line.len() <= 80), "{footer}");
        assert!(footer.contains("l list | z quiz") && footer.ends_with("q quit"));
        let none = watch_footer(&slug, false, &Terminal::plain());
        assert!(none.ends_with("Ctrl-C ends."));
    }
}
