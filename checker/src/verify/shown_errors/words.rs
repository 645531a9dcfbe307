//! What the compiler says, without what differs between machines.

/// An error as rustc prints it, without the folder of `file_name`, the places inside the standard
/// library and other crates, and the margin that only such places need.
pub(super) fn normalised(rendered: &str, file_name: &str) -> String {
    let mut blocks = Blocks::default();
    for line in rendered.trim_end().lines() {
        blocks.take(line, file_name);
    }
    let lines = blocks.kept;
    let needed = lines
        .iter()
        .filter_map(|line| number(line))
        .max()
        .unwrap_or(1)
        .to_string()
        .len();
    let there = lines
        .iter()
        .find_map(|line| line.find("-->"))
        .unwrap_or(needed);
    let surplus = there.saturating_sub(needed);
    let mut text = String::new();
    for line in lines {
        text += narrowed(&line, surplus).trim_end();
        text.push('\n');
    }
    text
}

#[derive(Default)]
struct Blocks {
    kept: Vec<String>,
    /// Inside the excerpt of a file that is not shown.
    foreign: bool,
}

impl Blocks {
    fn take(&mut self, line: &str, file_name: &str) {
        let arrow = ["--> ", "::: "].iter().find_map(|arrow| {
            line.split_once(arrow)
                .map(|(margin, place)| (margin, *arrow, place))
        });
        if let Some((margin, arrow, place)) = arrow.filter(|(margin, ..)| margin.trim().is_empty())
        {
            let (path, position) = split_place(place);
            self.foreign =
                !path.replace('\\', "/").contains("/examples/") && !path.starts_with("examples/");
            if !self.foreign {
                self.kept
                    .push(format!("{margin}{arrow}{file_name}{position}"));
            }
            return;
        }
        let excerpt = line
            .trim_start_matches([' ', '.'])
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
            .starts_with('|')
            || line.trim() == "...";
        if self.foreign && excerpt {
            return;
        }
        self.foreign = false;
        self.kept.push(line.to_owned());
    }
}

/// `a/b.rs:3:5` as `a/b.rs` and `:3:5`.
fn split_place(place: &str) -> (&str, &str) {
    let end = place
        .rmatch_indices(':')
        .nth(1)
        .map_or(place.len(), |(index, _)| index);
    place.split_at(end)
}

/// The number in the margin of an excerpt's line.
fn number(line: &str) -> Option<usize> {
    line.split_once(" |")?.0.trim().parse().ok()
}

/// The line with a margin that is `surplus` columns narrower.
fn narrowed(line: &str, surplus: usize) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let spaces = line[digits..]
        .bytes()
        .take_while(|byte| *byte == b' ')
        .count();
    let in_margin = line[digits + spaces..].starts_with(['|', '-', ':', '=']);
    if !in_margin || spaces < surplus {
        return line.to_owned();
    }
    format!("{}{}", &line[..digits], &line[digits + surplus..])
}

#[cfg(test)]
mod tests {
    use super::*;

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
            normalised(RENDERED, "x.rs"),
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
note: required by a bound in `spawn`
help: consider this
  |
5 |     thread::spawn(move || drop(other));
  |
"
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
        assert_eq!(normalised(&without, "x.rs"), normalised(RENDERED, "x.rs"));
    }
}
