//! The worked example of the chapter on semaphores: a museum has its audio guide spoken by a speech
//! service, and the licence allows three voices at once.
//!
//! ```text
//! cargo run -p worked --example semaphore
//! ```
//!
//! Tasks, permits and refusals are real. The clock is tokio's, paused: when every task waits, it
//! jumps to the next one's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use futures::future::join_all;
use futures::{StreamExt, stream};
use instruments::recorder::Recorder;
use instruments::timeline::{Outcome, Timeline};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use worked::{Explore, Knob};

// ANCHOR: voices
const VOICES: usize = 3;
// ANCHOR_END: voices

/// What the licence allows at once; not ours to change.
const LICENSED: usize = 3;

/// How long the service speaks one sentence, in milliseconds.
const SENTENCE: u64 = 10;

/// How long the mixing of one track takes, in milliseconds.
const MIXING: u64 = 20;

/// What is told in one room.
#[derive(Clone)]
struct Text {
    room: &'static str,
    sentences: u64,
    service: Service,
}

/// A text, spoken.
#[derive(Debug)]
struct Track;

/// The speech service. It counts who speaks, and refuses a voice that the licence does not cover.
#[derive(Clone)]
struct Service {
    speaking: Arc<AtomicUsize>,
    recorder: Recorder,
}

/// One voice in use.
struct Voice(Arc<AtomicUsize>);

impl Service {
    fn voice(&self) -> Option<Voice> {
        let voice = Voice(Arc::clone(&self.speaking));
        let others = self.speaking.fetch_add(1, Ordering::Relaxed);
        (others < LICENSED).then_some(voice)
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn texts(recorder: &Recorder) -> Vec<Text> {
    let service = Service {
        speaking: Arc::default(),
        recorder: recorder.clone(),
    };
    let lengths = [
        ("foyer", 4),
        ("maps", 1),
        ("masks", 2),
        ("coins", 6),
        ("looms", 2),
        ("ships", 1),
        ("clocks", 3),
        ("bells", 2),
        ("garden", 1),
    ];
    let text = |(room, sentences)| Text {
        room,
        sentences,
        service: service.clone(),
    };
    lengths.into_iter().map(text).collect()
}

/// Has one text spoken, sentence by sentence.
async fn speak(text: Text) -> Result<Track> {
    let speaking = async {
        let Some(_voice) = text.service.voice() else {
            sleep(Duration::from_millis(5)).await;
            bail!("all {LICENSED} voices of the licence are in use");
        };
        for _ in 0..text.sentences {
            sleep(Duration::from_millis(SENTENCE)).await;
        }
        Ok(Track)
    };
    let recorder = &text.service.recorder;
    recorder.try_task(text.room, "speak", speaking).await
}

/// Where music is put under the tracks, one at a time.
struct Desk(Recorder);

/// Puts music under one track.
async fn mix(_track: Track, desk: &Desk) {
    let mixing = desk.0.span_on("desk", "mix");
    sleep(Duration::from_millis(MIXING)).await;
    mixing.end(Outcome::Done);
}

// ANCHOR: all_at_once
async fn record_all(texts: Vec<Text>) -> Vec<Result<Track>> {
    join_all(texts.into_iter().map(speak)).await
}
// ANCHOR_END: all_at_once

// ANCHOR: batches
async fn record_in_batches(texts: Vec<Text>) -> Vec<Result<Track>> {
    let mut tracks = Vec::new();
    for batch in texts.chunks(VOICES) {
        tracks.extend(join_all(batch.iter().cloned().map(speak)).await);
    }
    tracks
}
// ANCHOR_END: batches

// ANCHOR: permit
async fn speak_when_permitted(voices: &Semaphore, text: Text) -> Result<Track> {
    let _permit = voices.acquire().await?;
    speak(text).await
}
// ANCHOR_END: permit

// ANCHOR: semaphore
async fn record_with_permits(permits: usize, texts: Vec<Text>) -> Vec<Result<Track>> {
    let voices = Semaphore::new(permits);
    let tracks = texts
        .into_iter()
        .map(|text| speak_when_permitted(&voices, text));
    join_all(tracks).await
}
// ANCHOR_END: semaphore

// ANCHOR: tasks
async fn record_in_tasks(
    texts: impl IntoIterator<Item = Text>,
    mut tell: impl FnMut(Result<Track>),
) {
    let voices = Arc::new(Semaphore::new(VOICES));
    let mut tracks = JoinSet::new();
    for text in texts {
        let permit = Arc::clone(&voices).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        tracks.spawn(async move {
            let _permit = permit;
            speak(text).await
        });
        while let Some(track) = tracks.try_join_next() {
            tell(track.expect("speaking does not panic"));
        }
    }
    for track in tracks.join_all().await {
        tell(track);
    }
}
// ANCHOR_END: tasks

async fn record_all_waiting_inside(texts: Vec<Text>) -> Vec<Result<Track>> {
    let voices = Arc::new(Semaphore::new(VOICES));
    let mut tracks = JoinSet::new();
    for text in texts {
        // ANCHOR: inside
        let voices = Arc::clone(&voices);
        tracks.spawn(async move {
            let _permit = voices.acquire().await?;
            speak(text).await
        });
        // ANCHOR_END: inside
    }
    tracks.join_all().await
}

// ANCHOR: buffered
async fn record_buffered(texts: Vec<Text>) -> Vec<Result<Track>> {
    stream::iter(texts)
        .map(speak)
        .buffer_unordered(VOICES)
        .collect()
        .await
}
// ANCHOR_END: buffered

// ANCHOR: underscore
async fn speak_unpermitted(voices: &Semaphore, text: Text) -> Result<Track> {
    let _ = voices.acquire().await?;
    speak(text).await
}
// ANCHOR_END: underscore

async fn record_with_dropped_permits(texts: Vec<Text>) -> Vec<Result<Track>> {
    let voices = Semaphore::new(VOICES);
    let tracks = texts
        .into_iter()
        .map(|text| speak_unpermitted(&voices, text));
    join_all(tracks).await
}

// ANCHOR: frozen
async fn record_and_mix(texts: Vec<Text>, desk: &Desk) -> Result<()> {
    let mut tracks = stream::iter(texts).map(speak).buffer_unordered(VOICES);
    while let Some(track) = tracks.next().await {
        mix(track?, desk).await;
    }
    Ok(())
}
// ANCHOR_END: frozen

// ANCHOR: spawned
async fn record_spawned_and_mix(texts: Vec<Text>, desk: &Desk) -> Result<()> {
    let mut tracks = stream::iter(texts)
        .map(|text| tokio::spawn(speak(text)))
        .buffer_unordered(VOICES);
    while let Some(track) = tracks.next().await {
        mix(track??, desk).await;
    }
    Ok(())
}
// ANCHOR_END: spawned

fn on_a_paused_clock<T>(run: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    Ok(runtime.block_on(run))
}

/// Has all texts spoken, and draws it.
fn picture<F>(record: impl Fn(Vec<Text>) -> F) -> std::io::Result<(Timeline, usize)>
where
    F: Future<Output = Vec<Result<Track>>>,
{
    on_a_paused_clock(async {
        let recorder = Recorder::on_tokios_clock();
        recorder.show_at_once(Some(LICENSED));
        let tracks = record(texts(&recorder)).await;
        let refused = tracks.iter().filter(|track| track.is_err()).count();
        let mut timeline = recorder.timeline("", "");
        mark_what_was_refused(&mut timeline);
        Ok((timeline, refused))
    })?
}

fn mark_what_was_refused(timeline: &mut Timeline) {
    let spans = timeline.lanes.iter_mut().flat_map(|lane| &mut lane.spans);
    let mut refused = spans.filter(|span| span.outcome == Outcome::Failed);
    if let Some(first) = refused.next() {
        first.broken_rule = Some("a fourth voice: refused".to_owned());
    }
}

/// Has all texts spoken and mixed, and draws it.
fn mixed(record: &impl AsyncFn(Vec<Text>, &Desk) -> Result<()>) -> std::io::Result<Timeline> {
    on_a_paused_clock(async {
        let recorder = Recorder::on_tokios_clock();
        let mixed = record(texts(&recorder), &Desk(recorder.clone())).await;
        mixed.expect("no more voices are used than are licensed");
        let mut timeline = recorder.timeline("", "");
        timeline.lanes.sort_by_key(|lane| lane.name == "desk");
        timeline
    })
}

/// How long a room's text was under way.
fn took(timeline: &Timeline, room: &str) -> u64 {
    let lane = timeline.lanes.iter().find(|lane| lane.name == room);
    let span = lane.and_then(|lane| lane.spans.first());
    span.and_then(|span| Some(span.end? - span.start))
        .unwrap_or_default()
}

/// The run with so many permits.
fn with_permits(permits: usize) -> std::io::Result<Timeline> {
    let (mut timeline, refused) = picture(|texts| record_with_permits(permits, texts))?;
    timeline.proves = format!(
        "{permits} {}: {}, and the last text is over at {} ms.",
        if permits == 1 { "permit" } else { "permits" },
        in_words(refused),
        timeline.end()
    );
    Ok(timeline)
}

fn in_words(refused: usize) -> String {
    match refused {
        0 => "nothing is refused".to_owned(),
        1 => "one text is refused".to_owned(),
        several => format!("{several} texts are refused"),
    }
}

fn main() -> std::io::Result<()> {
    let (mut all_at_once, refused) = picture(record_all)?;
    all_at_once.proves = format!(
        "All at once: nine texts, {LICENSED} voices, and {refused} of the rooms stay silent."
    );

    let (mut batches, refused) = picture(record_in_batches)?;
    batches.proves = format!(
        "Batches of {VOICES}: {}, and the last text is over at {} ms.",
        in_words(refused),
        batches.end()
    );

    let semaphore = with_permits(VOICES)?;
    let in_tasks = async |texts| {
        let mut tracks = Vec::new();
        record_in_tasks(texts, |track| tracks.push(track)).await;
        tracks
    };
    assert!(picture(in_tasks)?.0.end() == semaphore.end());
    assert!(picture(record_all_waiting_inside)?.0.end() == semaphore.end());
    assert!(picture(record_buffered)?.0.end() == semaphore.end());

    let (mut underscore, refused) = picture(record_with_dropped_permits)?;
    underscore.proves = format!(
        "The permit is dropped at once: {refused} of nine texts are refused, as without a semaphore."
    );

    let mut frozen = mixed(&record_and_mix)?;
    let spawned = mixed(&record_spawned_and_mix)?;
    frozen.proves = format!(
        "Mixed in the loop that polls the stream: coins takes {} ms and the whole {}. With a task for \
         each text, {} and {}.",
        took(&frozen, "coins"),
        frozen.end(),
        took(&spawned, "coins"),
        spawned.end()
    );

    let permits = Knob {
        one: "permit",
        several: "permits",
        values: &[1, 2, 3, 4, 5, 9],
        default: VOICES as u64,
    };
    Explore::new("permits", permits, |permits| {
        let permits = usize::try_from(permits).expect("a small number");
        vec![with_permits(permits).expect("the system has room for a runtime")]
    })
    .show("semaphore")?;
    worked::show(
        "semaphore",
        &[
            ("all_at_once", all_at_once),
            ("batches", batches),
            ("underscore", underscore),
            ("frozen", frozen),
        ],
    )
}
