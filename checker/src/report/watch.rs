use super::Terminal;
use crate::course::Slug;

const KEYS: [&str; 8] = [
    "n next lesson",
    "r run again",
    "h hints",
    "1-9 more of a hint",
    "v verdict",
    "l list",
    "z quiz",
    "q quit",
];

/// What stands below everything that `watch` shows.
pub fn watch_footer(lesson: &Slug, keys: bool, terminal: &Terminal) -> String {
    let waits = format!("Watching {lesson}: save a file of the exercises to check it again.");
    let lines = if keys {
        wrapped(&KEYS, terminal.either(" · ", " | "), terminal.style.width)
    } else {
        "Ctrl-C ends.".to_owned()
    };
    let waits = terminal.wrap(&waits, "");
    format!("{}\n{}", terminal.dim(&waits), terminal.dim(&lines))
}

/// What is said of tests that take a while.
pub fn slow(lesson: &Slug, first: bool, terminal: &Terminal) -> String {
    let why = if first {
        "; this first run also compiles what must not compile, which takes longer"
    } else {
        ""
    };
    terminal.wrap(&format!("the tests of {lesson} are still running{why}"), "")
}

/// The items in lines of at most `width` columns; none is torn.
fn wrapped(items: &[&str], between: &str, width: usize) -> String {
    let columns = |text: &str| text.chars().count();
    let mut lines = vec![String::new()];
    for item in items {
        let line = lines.last_mut().expect("it begins with one");
        if line.is_empty() {
            line.push_str(item);
        } else if columns(line) + columns(between) + columns(item) <= width {
            line.push_str(between);
            line.push_str(item);
        } else {
            lines.push((*item).to_owned());
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
        assert!(footer.contains("v verdict | l list\nz quiz | q quit"));
        let none = watch_footer(&slug, false, &Terminal::plain());
        assert!(none.ends_with("Ctrl-C ends."));
    }
}
