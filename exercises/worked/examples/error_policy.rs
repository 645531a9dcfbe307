//! The worked example of the chapter on error policies: a release goes to five mirrors, and one of
//! them refuses it.
//!
//! ```text
//! cargo run -p worked --example error_policy
//! ```
//!
//! Tasks, errors and cancellation are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next one's time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use instruments::recorder::Recorder;
use instruments::timeline::Timeline;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time;
use worked::{Explore, Knob};

const LIMA_FAILS_AFTER: u64 = 12;

/// A release travels in so many parts.
const PARTS: u64 = 3;

/// A server that the release goes to.
#[derive(Clone)]
struct Mirror {
    name: &'static str,
    /// How long it takes until it has the release, or refuses it.
    milliseconds: u64,
    refuses: bool,
    /// The parts of the release that it has.
    parts: Arc<AtomicUsize>,
    recorder: Recorder,
}

fn mirrors(recorder: &Recorder) -> Vec<Mirror> {
    mirrors_of(LIMA_FAILS_AFTER, recorder)
}

fn mirrors_of(lima_fails_after: u64, recorder: &Recorder) -> Vec<Mirror> {
    let mirror = |name, milliseconds, refuses| Mirror {
        name,
        milliseconds,
        refuses,
        parts: Arc::default(),
        recorder: recorder.clone(),
    };
    vec![
        mirror("oslo", 50, false),
        mirror("lima", lima_fails_after, true),
        mirror("cairo", 30, false),
        mirror("perth", 60, false),
        mirror("quito", 40, false),
    ]
}

/// Sends the release to one mirror.
async fn upload(mirror: Mirror) -> Result<()> {
    let sending = async {
        let end = time::Instant::now() + Duration::from_millis(mirror.milliseconds);
        let part = Duration::from_millis(mirror.milliseconds / PARTS);
        for _ in 1..PARTS {
            time::sleep(part).await;
            mirror.parts.fetch_add(1, Ordering::Relaxed);
        }
        time::sleep_until(end).await;
        if mirror.refuses {
            bail!("connection refused");
        }
        mirror.parts.fetch_add(1, Ordering::Relaxed);
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

// ANCHOR: take_back
async fn release_or_take_back(mirrors: Vec<Mirror>) -> Result<()> {
    let released = release(mirrors.clone()).await;
    if released.is_err() {
        // No upload runs any more that could put a part back.
        for mirror in &mirrors {
            remove_parts(mirror).await;
        }
    }
    released
}
// ANCHOR_END: take_back

async fn remove_parts(mirror: &Mirror) {
    time::sleep(Duration::from_millis(1)).await;
    mirror.parts.store(0, Ordering::Relaxed);
}

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
                // Fails if the receiver is gone; then there is no one to tell.
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
enum Part {
    Accepted,
    Refused,
    Poisonous,
}

// ANCHOR: threads
/// A thread that panics stops the others too.
struct StopsOthers<'a>(&'a AtomicBool);

impl Drop for StopsOthers<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

fn upload_in_parts(parts: &[Part], stop: &AtomicBool) -> Result<()> {
    let _stops_others = StopsOthers(stop);
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
        // Join them all before the first error is looked at: a handle that is dropped with its panic
        // unseen makes the scope panic.
        let joined: Vec<_> = uploads.into_iter().map(ScopedJoinHandle::join).collect();
        let panicked = |_| anyhow!("an upload panicked");
        let ended = joined
            .into_iter()
            .map(|ended| ended.map_err(panicked).flatten());
        ended.collect()
    })
}
// ANCHOR_END: threads

fn send(part: &Part) -> Result<()> {
    match part {
        Part::Accepted => Ok(()),
        Part::Refused => bail!("connection refused"),
        Part::Poisonous => instruments::panic_on_purpose("a part that cannot be read"),
    }
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
        "Fail fast: the group returns at {} ms, and no task is left.",
        returned_at(&fail_fast),
    );

    let recorder = Recorder::on_tokios_clock();
    let aborted = mirrors(&recorder);
    assert!(release(aborted.clone()).await.is_err());
    let parts = |mirrors: &[Mirror]| -> Vec<usize> {
        let parts = mirrors
            .iter()
            .map(|mirror| mirror.parts.load(Ordering::Relaxed));
        parts.collect()
    };
    assert!(parts(&aborted) == [0, 2, 1, 0, 0], "{:?}", parts(&aborted));
    assert!(release_or_take_back(aborted.clone()).await.is_err());
    assert!(parts(&aborted) == [0; 5], "{:?}", parts(&aborted));

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

    let (fails_after, runs) = (
        Knob {
            one: "ms until lima fails",
            several: "ms until lima fails",
            values: &[6, 12, 25, 35, 45, 55],
            default: LIMA_FAILS_AFTER,
        },
        runs().await,
    );
    Explore::new("lima", fails_after, |fails_after| {
        runs[&fails_after].clone()
    })
    .show("error_policy")?;
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
    use Part::{Accepted, Poisonous, Refused};
    let said =
        |mirrors: &[Vec<Part>]| release_on_threads(mirrors).map_err(|error| error.to_string());
    assert!(said(&[vec![Accepted], vec![Accepted]]).is_ok());
    let refused = said(&[vec![Accepted], vec![Refused]]);
    assert!(
        refused == Err("connection refused".to_owned()),
        "{refused:?}"
    );
    // An error before a panic, and a panic alone.
    let both = said(&[vec![Refused], vec![Poisonous]]);
    assert!(both.is_err(), "{both:?}");
    let panicked = said(&[vec![Accepted], vec![Poisonous]]);
    assert!(
        panicked == Err("an upload panicked".to_owned()),
        "{panicked:?}"
    );
}

/// Fail fast and collect all, by the moment at which lima fails.
async fn runs() -> BTreeMap<u64, Vec<Timeline>> {
    let mut runs = BTreeMap::new();
    for fails_after in [6, 12, 25, 35, 45, 55] {
        let recorder = Recorder::on_tokios_clock();
        let mirrors = mirrors_of(fails_after, &recorder);
        assert!(release(mirrors.clone()).await.is_err());
        recorder.moment("the group returns");
        let mut fast = timeline(&recorder);
        let whole = |mirror: &&Mirror| mirror.parts.load(Ordering::Relaxed) == 3;
        let have_it = mirrors.iter().filter(whole).count();
        fast.proves = format!(
            "Fail fast: it returns at {} ms. Mirrors with the release: {have_it}, cancelled uploads: {}.",
            returned_at(&fast),
            mirrors.len() - 1 - have_it,
        );

        let recorder = Recorder::on_tokios_clock();
        release_where_possible(mirrors_of(fails_after, &recorder)).await;
        recorder.moment("the group returns");
        let mut all = timeline(&recorder);
        all.proves = format!("Collect all: {} ms.", returned_at(&all));
        runs.insert(fails_after, vec![fast, all]);
    }
    runs
}
