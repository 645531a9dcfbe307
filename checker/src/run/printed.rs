//! What a test program printed, without what libtest says of its own.

/// What the tests of a program have printed. `listed` are its tests, by path.
pub(super) fn by_tests(output: &str, listed: &[String]) -> String {
    let lines = output
        .lines()
        .filter_map(|line| without_libtest(line, listed));
    let lines: Vec<&str> = lines.collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// `None` if libtest wrote the line.
fn without_libtest<'a>(line: &'a str, listed: &[String]) -> Option<&'a str> {
    let is_heading = line == "failures:"
        || line.starts_with("test result: ")
        || (line.starts_with("running ") && line.trim_end_matches('s').ends_with(" test"));
    let names_a_test = |name: &str| listed.iter().any(|path| path == name);
    if is_heading || line.strip_prefix("    ").is_some_and(names_a_test) {
        return None;
    }
    // What was printed without a line's end stands before it.
    for end in [" ... ok", " ... FAILED", " ... ignored"] {
        if let Some((before, name)) = line
            .strip_suffix(end)
            .and_then(|line| line.rsplit_once("test "))
            && names_a_test(name)
        {
            return (!before.is_empty()).then_some(before);
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As libtest prints it, with `--nocapture`.
    const OUTPUT: &str = "
running 2 tests
[src/pool.rs:3:5] jobs = 4
test core::b ... ok
no end of linetest core::a ... FAILED

failures:

failures:
    core::a

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

";

    #[test]
    fn what_tests_print_is_told_from_what_libtest_prints() {
        let listed = ["core::a".to_owned(), "core::b".to_owned()];
        let printed = by_tests(OUTPUT, &listed);
        assert_eq!(printed, "[src/pool.rs:3:5] jobs = 4\nno end of line");
        let silent = OUTPUT
            .replace("[src/pool.rs:3:5] jobs = 4\n", "")
            .replace("no end of line", "");
        assert_eq!(by_tests(&silent, &listed), "");
    }
}
