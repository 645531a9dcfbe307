//! What the compiler says, without what differs between machines.

/// An error as rustc prints it for the program at `path`, which is called `file_name` instead,
/// without the places inside the standard library and other crates, and without the margin that
/// only such places need.
pub(super) fn normalised(rendered: &str, path: &str, file_name: &str) -> String {
    let rendered = rendered.replace(path, file_name);
    let lines = without_foreign_places(&rendered, file_name);
    let numbers = lines.iter().filter_map(|line| number(line));
    let needed = numbers.max().unwrap_or(1).to_string().len();
    let mut arrows = lines.iter().filter_map(|line| place(line));
    let there = arrows.next().map_or(needed, |(margin, _)| margin);
    let surplus = there.saturating_sub(needed);
    let mut text = String::new();
    for line in lines {
        text += narrowed(line, surplus).trim_end();
        text.push('\n');
    }
    text
}

fn without_foreign_places<'t>(rendered: &'t str, file_name: &str) -> Vec<&'t str> {
    let mut in_foreign = false;
    rendered
        .trim_end()
        .lines()
        .filter(|line| {
            in_foreign = match place(line) {
                Some((_, path)) => !path.starts_with(&format!("{file_name}:")),
                None => in_foreign && is_excerpt(line),
            };
            !in_foreign
        })
        .collect()
}

/// The width of the margin and the place, if the line is `  --> place`.
fn place(line: &str) -> Option<(usize, &str)> {
    let place = line.trim_start();
    let margin = line.len() - place.len();
    let place = place
        .strip_prefix("--> ")
        .or_else(|| place.strip_prefix("::: "))?;
    Some((margin, place))
}

/// Whether the line belongs to the excerpt of a file: `12 |     code`, `...`.
fn is_excerpt(line: &str) -> bool {
    let rest = line.trim_start();
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.trim_start().starts_with('|') || rest.trim() == "..."
}

/// The number in the margin of an excerpt's line.
fn number(line: &str) -> Option<usize> {
    line.split_once(" |")?.0.trim().parse().ok()
}

/// The line with a margin that is `surplus` columns narrower, wherever in it the number stands:
/// rustc writes it on the right, and wrote it on the left before.
fn narrowed(line: &str, surplus: usize) -> String {
    let rest = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    let (margin, rest) = line.split_at(line.len() - rest.len());
    let number = margin.trim();
    let spaces = margin.len() - number.len();
    if !rest.starts_with(['|', '-', ':', '=']) || spaces < surplus {
        return line.to_owned();
    }
    let before = margin.len() - margin.trim_start().len();
    let (before, after) = match before.checked_sub(surplus) {
        Some(before) => (before, spaces - surplus - before),
        None => (0, spaces - surplus),
    };
    format!("{:before$}{number}{:after$}{rest}", "", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "shown_errors/examples/a-x.rs";
    const RENDERED: &str = "\
error[E0277]: `Rc<i32>` cannot be sent between threads safely
   --> shown_errors/examples/a-x.rs:5:19
    |
5   |     thread::spawn(move || drop(shared));
    |     ------------- ^^^^^^^^^^^^^^^^^^^^ cannot be sent
    |     |
    |     required by a bound introduced by this call
    |
    = help: within this closure, `Send` is not implemented for `Rc<i32>`
    = note: within `{closure@shown_errors/examples/a-x.rs:5:19: 5:26}`
note: required by a bound in `spawn`
   --> /rustc/0123/library/std/src/thread/functions.rs:125:8
    |
122 | pub fn spawn<F, T>(f: F) -> JoinHandle<T>
    |        ----- required by a bound in this function
...
125 |     F: Send + 'static,
    |        ^^^^ required by this bound in `spawn`
help: consider this
    |
5   |     thread::spawn(move || drop(other));
    |

";

    #[test]
    fn foreign_places_and_their_margin_go() {
        assert_eq!(
            normalised(RENDERED, PATH, "x.rs"),
            "\
error[E0277]: `Rc<i32>` cannot be sent between threads safely
 --> x.rs:5:19
  |
5 |     thread::spawn(move || drop(shared));
  |     ------------- ^^^^^^^^^^^^^^^^^^^^ cannot be sent
  |     |
  |     required by a bound introduced by this call
  |
  = help: within this closure, `Send` is not implemented for `Rc<i32>`
  = note: within `{closure@x.rs:5:19: 5:26}`
note: required by a bound in `spawn`
help: consider this
  |
5 |     thread::spawn(move || drop(other));
  |
"
        );
    }

    #[test]
    fn a_number_on_the_right_of_the_margin_moves_with_it() {
        let right = RENDERED.replace("5   |", "  5 |");
        assert_eq!(
            normalised(&right, PATH, "x.rs"),
            normalised(RENDERED, PATH, "x.rs")
        );
    }

    #[test]
    fn what_is_there_without_the_library_s_source_comes_out_the_same() {
        let of_the_library = ["122 |", "|        -----", "...", "125 |", "|        ^^^^"];
        let lines: Vec<_> = RENDERED
            .lines()
            .filter(|line| {
                !of_the_library
                    .iter()
                    .any(|start| line.trim_start().starts_with(start))
            })
            .collect();
        assert_eq!(lines.len(), RENDERED.lines().count() - of_the_library.len());
        let without = lines.join("\n");
        assert_eq!(
            normalised(&without, PATH, "x.rs"),
            normalised(RENDERED, PATH, "x.rs")
        );
    }
}
