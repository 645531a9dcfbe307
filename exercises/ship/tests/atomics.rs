//! The program of the chapter on atomics, run as its users run it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_atomics"))
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_line_of_every_file_is_counted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<_> = (0..100)
        .map(|n| folder.path().join(n.to_string()))
        .collect();
    for name in &names {
        fs::write(name, "two\nlines\n").expect("writable");
    }
    let output = program().args(&names).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(said(&output).0, "200 lines in 100 of 100 files\n");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_others_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("good");
    fs::write(&good, "one\n").expect("writable");
    let files = [folder.path().join("missing"), good];
    let output = program().args(&files).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let (counted, named) = said(&output);
    assert_eq!(counted, "1 lines in 1 of 2 files\n");
    assert!(named.contains("missing: No such file"), "{named}");
}

#[test]
fn a_signal_lets_each_worker_finish_its_file_and_begin_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (child, mut open) = busy(folder.path());
    terminate(&child);
    for pipe in &mut open {
        pipe.write_all(b"at\nlast\n").expect("it is read");
    }
    let workers = open.len();
    drop(open);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let (counted, why) = said(&output);
    let (lines, files) = (2 * workers, workers + 1);
    assert_eq!(
        counted,
        format!("{lines} lines in {workers} of {files} files\n")
    );
    assert!(why.contains("stopped by a signal"), "{why}");
}

#[test]
fn a_second_signal_ends_the_program_in_the_middle_of_its_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let (child, open) = busy(folder.path());
    terminate(&child);
    kill(&child);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), (String::new(), String::new()));
    drop(open);
}

/// The program with a worker at each of some pipes, and a file for later. A pipe has no end before its
/// writer has closed it, so the workers are busy until the test says so.
fn busy(folder: &Path) -> (Child, Vec<File>) {
    let workers = thread::available_parallelism().expect("a number").get();
    let pipes: Vec<_> = (0..workers).map(|n| folder.join(n.to_string())).collect();
    let made = Command::new("mkfifo").args(&pipes).status();
    assert!(made.expect("mkfifo is there").success());
    let later = folder.join("later");
    fs::write(&later, "never\nread\n").expect("writable");
    let child = program()
        .args(&pipes)
        .arg(&later)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Opening a pipe waits for its reader, so in the end every worker has its file.
    let open = pipes.iter().map(|pipe| opened(pipe)).collect();
    (child, open)
}

fn opened(pipe: &Path) -> File {
    let open = File::options().write(true).open(pipe);
    open.expect("it is a pipe")
}

fn kill(child: &Child) {
    let kill = format!("kill -TERM {}", child.id());
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("there is a shell").success());
}

/// Sends the signal, and waits until its handler has run: until the signal is pending no more, and then
/// every thread sleeps at a pipe or a join again, as no handler does.
fn terminate(child: &Child) {
    kill(child);
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    while field(&process, "ShdPnd:") != "0000000000000000"
        || threads(&process).any(|thread| is_awake(&thread))
    {
        thread::yield_now();
    }
}

fn threads(process: &Path) -> impl Iterator<Item = PathBuf> {
    let threads = fs::read_dir(process.join("task")).expect("the process runs");
    threads.map(|thread| thread.expect("a thread").path())
}

fn is_awake(thread: &Path) -> bool {
    field(thread, "State:") != "S"
}

/// The first word behind `name` in the status of a process or a thread.
fn field(of: &Path, name: &str) -> String {
    let status = fs::read_to_string(of.join("status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.expect("Linux says it").to_owned()
}
