use std::env;
use std::fs;
use std::path::PathBuf;
use std::thread;

use super::*;

fn sh(script: &str, limits: Limits, outputs: Outputs) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    run(command, limits, outputs, &Stop::never(), &mut ()).expect("sh runs")
}

const GENEROUS: Limits = Limits {
    time: Duration::from_mins(1),
    output: 1 << 20,
};

#[test]
fn a_program_that_ends_tells_its_code_and_what_it_printed() {
    let script = "echo out; echo err >&2; exit 3";
    let ran = sh(script, GENEROUS, Outputs::Merged);
    assert_eq!(ran.end, End::Exited(3));
    assert_eq!(ran.stdout, "out\nerr\n");
    let ran = sh(script, GENEROUS, Outputs::Apart);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("out\n", "err\n")
    );
}

#[test]
fn a_signal_is_told_from_a_code() {
    let ran = sh("kill -ABRT $$", GENEROUS, Outputs::Merged);
    assert_eq!(ran.end, End::Signalled(6));
}

#[test]
fn at_the_limit_the_whole_group_is_killed() {
    let limits = Limits {
        time: Duration::from_millis(200),
        ..GENEROUS
    };
    let script = "sh -c 'echo $$; exec sleep 1000' & echo $!; wait";
    let ran = sh(script, limits, Outputs::Apart);
    assert_eq!(ran.end, End::OutOfTime);
    nobody_is_left(&ran.stdout);
}

#[test]
fn a_child_that_outlives_the_program_is_killed() {
    for outputs in [Outputs::Merged, Outputs::Apart] {
        let ran = sh("sleep 1000 & echo $!", GENEROUS, outputs);
        assert_eq!(ran.end, End::Exited(0));
        nobody_is_left(&ran.stdout);
    }
}

#[test]
fn endless_output_is_stopped_on_either_stream() {
    for script in ["yes", "yes >&2"] {
        let ran = sh(script, GENEROUS, Outputs::Apart);
        assert_eq!(ran.end, End::TooMuchOutput);
        assert!(ran.stdout.len() + ran.stderr.len() < 70 * 1024);
    }
}

#[test]
fn output_within_its_limit_never_stops_the_writer() {
    let limits = Limits {
        output: 16 << 20,
        ..GENEROUS
    };
    let ran = sh("head -c 10000000 /dev/zero", limits, Outputs::Apart);
    assert_eq!(ran.end, End::Exited(0));
    assert!(ran.stdout.len() < 70 * 1024);
}

#[test]
fn who_is_asked_to_stop_takes_the_program_along() {
    struct Told {
        heard: String,
        stopper: Stopper,
    }

    impl Observer for Told {
        fn stdout(&mut self, bytes: &[u8]) {
            self.heard += &String::from_utf8_lossy(bytes);
            self.stopper.stop();
        }
    }

    let mut told = Told {
        heard: String::new(),
        stopper: Stopper::default(),
    };
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$; exec sleep 1000"]);
    let stop = told.stopper.handle();
    let error = run(command, GENEROUS, Outputs::Merged, &stop, &mut told).expect_err("stopped");
    assert_eq!(error.kind(), io::ErrorKind::Interrupted);
    nobody_is_left(&told.heard);
}

/// Plays three roles, in three processes: the test, a checker, and a program that the checker runs.
#[test]
fn a_checker_killed_by_sigkill_leaves_no_program_behind() {
    const NAME: &str = "process::tests::a_checker_killed_by_sigkill_leaves_no_program_behind";
    const ROLE: &str = "ROLE";
    const IDS: &str = "IDS";
    let myself_as = |role: &str, ids: &str| {
        let mut command = Command::new(env::current_exe().expect("it has a path"));
        command.args(["--exact", NAME, "--nocapture"]);
        command.env(ROLE, role).env(IDS, ids);
        command
    };
    let ids = env::var(IDS).unwrap_or_default();
    match env::var(ROLE).as_deref() {
        Ok("checker") => {
            let ran = run(
                myself_as("program", &ids),
                GENEROUS,
                Outputs::Merged,
                &Stop::never(),
                &mut (),
            );
            panic!("outlived by its checker: {ran:?}");
        }
        Ok("program") => instruments::test(move |_run| {
            let mut child = Command::new("sleep")
                .arg("1000")
                .spawn()
                .expect("it starts");
            let both = format!("{}\n{}\n", std::process::id(), child.id());
            let half = PathBuf::from(&ids).with_extension("half");
            fs::write(&half, both).expect("written");
            fs::rename(half, &ids).expect("renamed");
            let _ = child.wait();
        }),
        _ => {
            let folder = tempfile::tempdir().expect("a folder");
            let ids = folder.path().join("ids");
            let mut checker = myself_as("checker", &ids.to_string_lossy())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            while !ids.exists() {
                assert!(checker.try_wait().expect("watched").is_none(), "it ended");
                thread::sleep(Duration::from_millis(2));
            }
            checker.kill().expect("it runs");
            checker.wait().expect("it ends");
            nobody_is_left(&fs::read_to_string(ids).expect("they are there"));
        }
    }
}

/// Whoever's ids were printed is gone, or dead and waits for init to notice.
fn nobody_is_left(ids: &str) {
    assert!(!ids.trim().is_empty());
    for id in ids.lines() {
        // A killed process that still ends counts as gone: its state is read, not its absence.
        let alive = || {
            let status = fs::read_to_string(format!("/proc/{id}/stat"));
            status.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
        };
        let gone = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(2));
            !alive()
        });
        assert!(gone, "process {id} still runs");
    }
}
