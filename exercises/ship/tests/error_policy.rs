//! The program of the chapter on error policies, run as its users run it.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_error_policy"))
        .args(arguments)
        .output()
        .expect("it starts")
}

fn said(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn when_all_succeed_nothing_is_said() {
    let output = run(&["true", "exit 0"]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// The other command would never end by itself.
#[cfg(target_os = "linux")]
#[test]
fn the_first_failure_stops_the_others_and_is_named() {
    use std::time::Duration;
    use std::{fs, thread};

    let folder = tempfile::tempdir().expect("a folder");
    let pid = folder.path().join("pid");
    let waits = format!("echo $$ > {}; exec sleep 1000000", pid.display());
    let fails = format!("until [ -s {} ]; do :; done; exit 3", pid.display());
    let output = run(&[&waits, &fails]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), [format!("{fails}: exit status: 3")]);
    let pid = fs::read_to_string(pid).expect("it wrote its number");
    // It was killed before the program ended. When the system gets round to it is not ours to say.
    let stat = format!("/proc/{}/stat", pid.trim());
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn with_keep_going_all_run_to_their_end_and_each_failure_is_named() {
    let output = run(&["--keep-going", "exit 1", "true", "exit 2"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said(&output),
        ["exit 1: exit status: 1", "exit 2: exit status: 2"]
    );
}

#[test]
fn a_mistyped_option_runs_nothing() {
    let output = run(&["--keep-on", "echo ran"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
