//! The program of the chapter on ordered results, run as its users run it.

use std::fs;
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ordered_results"))
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn results_come_in_the_order_of_the_names_although_the_first_takes_longest() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<_> = (0..200)
        .map(|n| folder.path().join(format!("{n:03}")))
        .collect();
    for name in &names {
        fs::write(name, "two words").expect("writable");
    }
    fs::write(&names[0], "word ".repeat(500_000)).expect("writable");
    let output = program().args(&names).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let expected: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| format!("{}  {}", if n == 0 { 500_000 } else { 2 }, name.display()))
        .collect();
    assert_eq!(lines(&output), expected);
}

#[test]
fn a_file_that_cannot_be_read_leaves_no_hole() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good");
    fs::write(&good, "one").expect("writable");
    let missing = folder.path().join("missing");
    let output = program()
        .args([&good, &missing, &good])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let line = format!("1  {}", good.display());
    assert_eq!(lines(&output), [line.clone(), line]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("missing: No such file"), "{said}");
    assert!(said.contains("1 of the jobs failed"), "{said}");
}

#[test]
fn it_ends_when_its_output_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "word").expect("writable");
    let mut child = program()
        .args(vec![&file; 10_000])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Broken pipe"), "{said}");
}
