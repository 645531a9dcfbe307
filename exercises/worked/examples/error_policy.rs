//! The worked example of the chapter on error policies: a release goes to five mirrors, and one of
//! them refuses it.
//!
//! ```text
//! cargo run -p worked --example error_policy
//! ```
//!
//! Tasks, errors and cancellation are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next one's time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use instruments::recorder::Recorder;
use instruments::timeline::Timeline;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time;

// Warm-up: change this number, say what the second picture will look like, and run the example.
// ANCHOR: warm_up
const LIMA_FAILS_AFTER: u64 = 12;
// ANCHOR_END: warm_up

/// A server that the release goes to.
#[derive(Clone)]
struct Mirror {
    name: &'static str,
    /// How long it takes until it has the release, or refuses it.
    milliseconds: u64,
    refuses: bool,
    recorder: Recorder,
}

fn mirrors(recorder: &Recorder) -> Vec<Mirror> {
    let mirror = |name, milliseconds, refuses| Mirror {
        name,
        milliseconds,
        refuses,
        recorder: recorder.clone(),
    };
    vec![
        mirror("oslo", 50, false),
        mirror("lima", LIMA_FAILS_AFTER, true),
        mirror("cairo", 30, false),
        mirror("perth", 60, false),
        mirror("quito", 40, false),
    ]
}

/// Sends the release to one mirror.
async fn upload(mirror: Mirror) -> Result<()> {
    let sending = async {
        time::sleep(Duration::from_millis(mirror.milliseconds)).await;
        if mirror.refuses {
            bail!("connection refused");
        }
        Ok(())
    };
    mirror
        .recorder
        .try_task(mirror.name, "upload", sending)
        .await
}

// ANCHOR: in_order
async fn release_in_order(mirrors: Vec<Mirror>) -> Result<()> {
    let uploads: Vec<_> = mirrors
        .into_iter()
        .map(|mirror| tokio::spawn(upload(mirror)))
        .collect();
    for upload in uploads {
        upload.await??;
    }
    Ok(())
}
// ANCHOR_END: in_order

// ANCHOR: start
fn start(mirrors: Vec<Mirror>) -> JoinSet<Result<()>> {
    let mut uploads = JoinSet::new();
    for mirror in mirrors {
        uploads.spawn(async move {
            let name = mirror.name;
            upload(mirror)
                .await
                .with_context(|| format!("uploading to {name}"))
        });
    }
    uploads
}
// ANCHOR_END: start

// ANCHOR: fail_fast
async fn release(mirrors: Vec<Mirror>) -> Result<()> {
    let mut uploads = start(mirrors);
    while let Some(ended) = uploads.join_next().await {
        if let Err(error) = ended.map_err(Error::from).flatten() {
            uploads.shutdown().await;
            return Err(error);
        }
    }
    Ok(())
}
// ANCHOR_END: fail_fast

// ANCHOR: collect_all
async fn release_where_possible(mirrors: Vec<Mirror>) -> Vec<Error> {
    let mut uploads = start(mirrors);
    let mut failures = Vec::new();
    while let Some(ended) = uploads.join_next().await {
        failures.extend(ended.map_err(Error::from).flatten().err());
    }
    failures
}
// ANCHOR_END: collect_all

// ANCHOR: error_channel
fn keep_up_to_date(mirrors: Vec<Mirror>, failures: &mpsc::Sender<Error>) -> JoinSet<()> {
    let mut uploads = JoinSet::new();
    for mirror in mirrors {
        let failures = failures.clone();
        uploads.spawn(async move {
            let name = mirror.name;
            if let Err(error) = upload(mirror).await {
                // If nobody listens any more, nobody wants to know.
                let _ = failures.send(error.context(name)).await;
            }
        });
    }
    uploads
}
// ANCHOR_END: error_channel

// ANCHOR: outer_only
async fn release_looking_at_the_join(mirrors: Vec<Mirror>) -> Result<()> {
    let mut uploads = start(mirrors);
    while let Some(ended) = uploads.join_next().await {
        if let Err(error) = ended {
            uploads.shutdown().await;
            return Err(error.into());
        }
    }
    Ok(())
}
// ANCHOR_END: outer_only

/// What a thread sends before it asks whether to go on.
struct Part {
    refused: bool,
}

// ANCHOR: threads
fn upload_in_parts(parts: &[Part], stop: &AtomicBool) -> Result<()> {
    for part in parts {
        if stop.load(Ordering::Relaxed) {
            return Ok(()); // told to stop: another has failed, and says so
        }
        if let Err(error) = send(part) {
            stop.store(true, Ordering::Relaxed);
            return Err(error);
        }
    }
    Ok(())
}

fn release_on_threads(mirrors: &[Vec<Part>]) -> Result<()> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let uploads: Vec<_> = mirrors
            .iter()
            .map(|parts| scope.spawn(|| upload_in_parts(parts, &stop)))
            .collect();
        let ended = uploads.into_iter().map(|upload| {
            let panicked = |_| anyhow!("an upload panicked");
            upload.join().map_err(panicked).flatten()
        });
        ended.collect()
    })
}
// ANCHOR_END: threads

fn send(part: &Part) -> Result<()> {
    if part.refused {
        bail!("connection refused");
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> std::io::Result<()> {
    let recorder = Recorder::on_tokios_clock();
    let result = release_in_order(mirrors(&recorder)).await;
    assert!(result.is_err());
    recorder.moment("the group returns");
    // What it left behind goes on.
    time::sleep(Duration::from_millis(100)).await;
    let mut in_order = timeline(&recorder);
    let perth = &mut in_order.lanes[3].spans[0];
    perth.broken_rule = Some("still running when the group returned".to_owned());
    in_order.proves = format!(
        "Awaited in order: lima fails at {LIMA_FAILS_AFTER} ms, the group returns at {} ms, and perth is \
         still uploading.",
        returned_at(&in_order),
    );

    let recorder = Recorder::on_tokios_clock();
    let result = release(mirrors(&recorder)).await;
    let error = result.expect_err("lima refuses the release");
    assert!(format!("{error:#}") == "uploading to lima: connection refused");
    recorder.moment("the group returns");
    let mut fail_fast = timeline(&recorder);
    fail_fast.proves = format!(
        "Fail fast: the group returns at {} ms, and nobody is left.",
        returned_at(&fail_fast),
    );

    let recorder = Recorder::on_tokios_clock();
    let failures = release_where_possible(mirrors(&recorder)).await;
    assert!(failures.len() == 1);
    recorder.moment("the group returns");
    let mut collect_all = timeline(&recorder);
    collect_all.proves = format!(
        "Collect all: four mirrors have the release, and the group returns at {} ms with one failure.",
        returned_at(&collect_all),
    );

    let recorder = Recorder::on_tokios_clock();
    let result = release_looking_at_the_join(mirrors(&recorder)).await;
    assert!(result.is_ok());
    recorder.moment("the group returns: Ok");
    let mut outer_only = timeline(&recorder);
    outer_only.proves = format!(
        "Only the join is looked at: lima fails at {LIMA_FAILS_AFTER} ms, and the group returns Ok at {} ms.",
        returned_at(&outer_only),
    );

    failures_are_heard_while_the_others_run().await;
    threads_stop_between_two_parts();

    worked::show(
        "error_policy",
        &[
            ("in_order", in_order),
            ("fail_fast", fail_fast),
            ("collect_all", collect_all),
            ("outer_only", outer_only),
        ],
    )
}

fn timeline(recorder: &Recorder) -> Timeline {
    recorder.timeline("", "")
}

fn returned_at(timeline: &Timeline) -> u64 {
    timeline.moments[0].at
}

async fn failures_are_heard_while_the_others_run() {
    let began = time::Instant::now();
    let (failures, mut heard) = mpsc::channel(1);
    let mut uploads = keep_up_to_date(mirrors(&Recorder::new()), &failures);
    drop(failures);
    let error = heard.recv().await.expect("lima refuses the release");
    assert!(format!("{error:#}") == "lima: connection refused");
    assert!(began.elapsed() == Duration::from_millis(LIMA_FAILS_AFTER));
    assert!(uploads.len() == 5);
    while uploads.join_next().await.is_some() {}
    assert!(heard.recv().await.is_none());
}

fn threads_stop_between_two_parts() {
    let mirror = |refused| vec![Part { refused }];
    assert!(release_on_threads(&[mirror(false), mirror(false)]).is_ok());
    assert!(release_on_threads(&[mirror(false), mirror(true)]).is_err());
}
