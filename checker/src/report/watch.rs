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

/// What `watch` is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    /// The lesson's tests run.
    Runs,
    /// Nothing has been saved since they did.
    Waits,
}

/// How `watch` is told what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// By keys.
    Keys,
    /// By signals alone: nobody types.
    Signals,
}

/// What stands below everything that `watch` shows.
pub fn watch_footer(
    lesson: &Slug,
    watching: Watching,
    control: Control,
    terminal: &Terminal,
) -> String {
    let dots = terminal.either("…", "...");
    let state = match watching {
        Watching::Runs => format!("Checking {lesson} {dots} A save begins anew."),
        Watching::Waits => {
            format!("Watching {lesson}: save a file of the exercises to check it again.")
        }
    };
    let lines = match control {
        Control::Keys => wrapped(&KEYS, terminal.either(" · ", " | "), terminal.style.width),
        Control::Signals => "Ctrl-C ends.".to_owned(),
    };
    let state = terminal.wrap(&state, "");
    format!("{}\n{}", terminal.dim(&state), terminal.dim(&lines))
}

/// What is said of tests that take a while.
pub fn slow(lesson: &Slug, terminal: &Terminal) -> String {
    terminal.wrap(&format!("the tests of {lesson} are still running"), "")
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
        let footer = |watching, control| watch_footer(&slug, watching, control, &Terminal::plain());
        let none = footer(Watching::Waits, Control::Signals);
        assert!(none.ends_with("Ctrl-C ends."));
        let runs = footer(Watching::Runs, Control::Keys);
        assert!(runs.starts_with("Checking worker_pool ... A save begins anew.\n"));
        let footer = footer(Watching::Waits, Control::Keys);
        assert!(footer.lines().all(|line| line.len() <= 80), "{footer}");
        assert!(footer.contains("v verdict | l list\nz quiz | q quit"));
    }
}
