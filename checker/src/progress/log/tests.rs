use proptest::prelude::*;

use super::*;
use crate::progress::{ExerciseOutcome, ExerciseTry, Fingerprint, Time, What};
use crate::verdict::Rungs;

fn event(time: u64) -> Event {
    Event {
        time: Time(time),
        lesson: "worker_pool".parse().expect("a slug"),
        what: What::Exercise(ExerciseTry {
            outcome: ExerciseOutcome::Failed,
            rungs: Rungs::default(),
            source: Fingerprint::of_text("source"),
            tests: Fingerprint::of_text("tests"),
            built_with: None,
        }),
    }
}

fn times(history: &History) -> Vec<u64> {
    history.events.iter().map(|event| event.time.0).collect()
}

/// A log in a folder that goes when the test ends, and the log's path.
fn log() -> (tempfile::TempDir, Log) {
    let folder = tempfile::tempdir().expect("a folder");
    let course = Course::from_summary(folder.path(), "# Summary\n").expect("a course");
    (folder, Log::of(&course))
}

fn append_raw(log: &Log, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .open(&log.path)
        .expect("the log exists");
    file.write_all(text.as_bytes()).expect("written");
}

#[test]
fn events_come_back_in_order_and_the_first_line_says_the_version() {
    let (_folder, log) = log();
    assert_eq!(log.read().expect("no log is no events"), History::default());
    log.append(&event(1)).expect("written");
    log.append(&event(2)).expect("written");
    assert_eq!(times(&log.read().expect("read")), [1, 2]);
    let text = fs::read_to_string(&log.path).expect("read");
    assert!(text.starts_with("{\"progress_version\":1}\n"), "{text}");
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn a_torn_line_is_set_aside_and_what_follows_it_is_kept() {
    let (_folder, log) = log();
    log.append(&event(1)).expect("written");
    append_raw(&log, "{\"time\":2,\"les");
    log.append(&event(3)).expect("written");
    let history = log.read().expect("read");
    assert_eq!(times(&history), [1, 3]);
    let set_aside = history.set_aside.expect("a line was torn");
    assert_eq!(set_aside.lines, 1);
    let rejected = fs::read_to_string(&set_aside.into).expect("it is there");
    assert_eq!(rejected, "{\"time\":2,\"les\n");
    let again = log.read().expect("read");
    assert_eq!(times(&again), [1, 3]);
    assert_eq!(again.set_aside, None, "a line is set aside once");
}

#[test]
fn a_log_that_is_a_link_stays_one_when_lines_are_set_aside() {
    let (folder, log) = log();
    let elsewhere = folder.path().join("synchronised.jsonl");
    log.append(&event(1)).expect("written");
    fs::rename(&log.path, &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, &log.path).expect("linked");
    append_raw(&log, "<<<<<<< ours\n");
    let history = log.read().expect("read");
    assert!(history.set_aside.is_some());
    assert!(log.path.is_symlink());
    let text = fs::read_to_string(elsewhere).expect("there");
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn a_merge_conflict_and_windows_line_ends_lose_no_event() {
    let (_folder, log) = log();
    log.append(&event(1)).expect("written");
    let text = fs::read_to_string(&log.path).expect("read");
    let (header, one) = text.split_once('\n').expect("two lines");
    let two = json(&event(2));
    let merged = format!("{header}\r\n<<<<<<< ours\r\n{one}=======\r\n{header}\r\n{two}\r\n");
    fs::write(&log.path, merged).expect("written");
    let history = log.read().expect("read");
    assert_eq!(times(&history), [1, 2]);
    assert_eq!(history.set_aside.expect("the marks").lines, 2);
}

#[test]
fn a_last_line_without_an_end_is_an_event_if_it_is_whole() {
    let (_folder, log) = log();
    log.append(&event(1)).expect("written");
    append_raw(&log, &json(&event(2)));
    log.append(&event(3)).expect("written");
    let history = log.read().expect("read");
    assert_eq!(times(&history), [1, 2, 3]);
    assert_eq!(history.set_aside, None);
}

#[test]
fn a_newer_log_is_left_alone() {
    let (_folder, log) = log();
    log.append(&event(1)).expect("written");
    let newer = "{\"progress_version\":2}\n{\"unheard\":\"of\"}\n";
    fs::write(&log.path, newer).expect("written");
    for error in [log.append(&event(2)).unwrap_err(), log.read().unwrap_err()] {
        assert!(error.to_string().contains("has version 2"), "{error}");
    }
    assert_eq!(fs::read_to_string(&log.path).expect("read"), newer);
}

#[test]
fn checkers_that_write_at_once_lose_nothing() {
    let (_folder, log) = log();
    let writers: u64 = 4;
    let each: u64 = 10;
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let log = &log;
            scope.spawn(move || {
                for n in 0..each {
                    log.append(&event(writer * each + n)).expect("written");
                    append_raw(log, "foreign\n");
                    log.read().expect("read");
                }
            });
        }
    });
    let mut times = times(&log.read().expect("read"));
    times.sort_unstable();
    assert_eq!(times, (0..writers * each).collect::<Vec<_>>());
}

#[test]
fn zero_bytes_after_a_lost_power_supply_lose_nothing_else() {
    let (_folder, log) = log();
    log.append(&event(1)).expect("written");
    append_raw(&log, &"\0".repeat(4096));
    log.append(&event(2)).expect("written");
    let history = log.read().expect("read");
    assert_eq!(times(&history), [1, 2]);
    assert_eq!(history.set_aside.expect("zeros").lines, 1);
}

#[test]
fn what_cannot_be_written_says_what_to_do() {
    let (folder, log) = log();
    fs::write(folder.path().join(".checker"), "").expect("written");
    let error = log.append(&event(1)).expect_err("a file is no folder");
    assert!(error.to_string().contains("move that away"), "{error}");
    for (kind, words) in [
        (io::ErrorKind::StorageFull, "free some space"),
        (
            io::ErrorKind::ReadOnlyFilesystem,
            "make its folder writable",
        ),
    ] {
        let error = log.error("written", kind.into()).to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// What may happen to a log between two looks at it.
#[derive(Debug, Clone)]
enum Mishap {
    /// Somebody else wrote there, or half of a line is all that was written.
    Bytes(Vec<u8>),
    /// An editor or git changed the ends of the lines.
    Crlf,
    /// A merge brought the header in again.
    Header,
    /// A look at it, which sets aside what is foreign.
    Look,
}

fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Mishap::Bytes),
        "[{}\":a-z0-9\r\n]{0,30}".prop_map(|text| Mishap::Bytes(text.into())),
        Just(Mishap::Crlf),
        Just(Mishap::Header),
        Just(Mishap::Look),
    ]
}

proptest! {
    // Each case writes to the disk, with fsync.
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_what_was_acknowledged_is_kept(
        mishaps in proptest::collection::vec(mishap(), 0..8),
    ) {
        let (_folder, log) = log();
        let mut acknowledged = Vec::new();
        for (time, mishap) in (0..).zip(mishaps) {
            log.append(&event(time)).expect("written");
            acknowledged.push(time);
            let text = fs::read(&log.path).expect("read");
            let changed = match mishap {
                Mishap::Bytes(bytes) => [text, bytes].concat(),
                Mishap::Crlf => text
                    .split_inclusive(|byte| *byte == b'\n')
                    .flat_map(|line| match line.strip_suffix(b"\n") {
                        Some(line) => [line, b"\r\n"].concat(),
                        None => line.to_vec(),
                    })
                    .collect(),
                Mishap::Header => [text, header().into_bytes()].concat(),
                Mishap::Look => {
                    log.read().expect("read");
                    continue;
                }
            };
            fs::write(&log.path, changed).expect("written");
        }
        let mut kept = times(&log.read().expect("read"));
        // What was torn may by chance be an event of its own, at another time.
        kept.retain(|time| acknowledged.contains(time));
        prop_assert_eq!(&kept, &acknowledged);
        let history = log.read().expect("read");
        prop_assert_eq!(history.set_aside, None);
    }
}
