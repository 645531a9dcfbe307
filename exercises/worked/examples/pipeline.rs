//! The worked example of the chapter on pipelines: a film archive digitises a reel. A scanner, a
//! program that takes out scratches, and an encoder each handle one frame at a time.
//!
//! ```text
//! cargo run -p worked --example pipeline
//! ```
//!
//! The threads are real. The clocks are simulated, and the channels with them, so that the pictures
//! come out the same everywhere; in everything else they are std's.

use std::thread;

use instruments::simulation::line::{Line, Receiver, SyncSender};
use instruments::timeline::{Level, Moment, Timeline};
use worked::{Explore, Knob};

const FRAMES: usize = 7;

const ROOM: usize = 1;

static STUDIO: Line = Line::new();

/// One picture of the film, 50 MB of it.
struct Frame {
    name: String,
}

impl Frame {
    /// Without its scratches: 30 ms of a core.
    fn repaired(self) -> Self {
        STUDIO.work("repair", &self.name, 30);
        self
    }
}

/// What is still on the reel. Each `next` moves it on by a frame and scans it: 10 ms.
struct Reel {
    frames: std::ops::Range<usize>,
}

impl Iterator for Reel {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let name = format!("frame {}", self.frames.next()?);
        STUDIO.work("scan", &name, 10);
        Some(Frame { name })
    }
}

/// The digital copy.
#[derive(Default)]
struct Film {
    frames: Vec<String>,
}

impl Film {
    /// Appends a frame: 20 ms of the encoder.
    fn encode(&mut self, frame: Frame) {
        STUDIO.work("encode", &frame.name, 20);
        self.frames.push(frame.name);
    }
}

fn reel() -> Reel {
    Reel { frames: 0..FRAMES }
}

fn sync_channel<T>(room: usize) -> (SyncSender<T>, Receiver<T>) {
    STUDIO.sync_channel(room)
}

fn channel<T>() -> (SyncSender<T>, Receiver<T>) {
    STUDIO.channel()
}

// ANCHOR: loop
fn one_after_another(reel: Reel) -> Film {
    let mut film = Film::default();
    for frame in reel {
        film.encode(frame.repaired());
    }
    film
}
// ANCHOR_END: loop

// ANCHOR: scan
fn scan(reel: Reel, scanned: &SyncSender<Frame>) {
    for frame in reel {
        if scanned.send(frame).is_err() {
            return; // the repair stage is gone
        }
    }
}
// ANCHOR_END: scan

// ANCHOR: repair
fn repair(scanned: Receiver<Frame>, repaired: &SyncSender<Frame>) {
    for frame in scanned {
        if repaired.send(frame.repaired()).is_err() {
            return;
        }
    }
}
// ANCHOR_END: repair

// ANCHOR: pipeline
fn a_pipeline(reel: Reel, room: usize) -> Film {
    let (to_repair, scanned) = sync_channel(room);
    let (to_encode, repaired) = sync_channel(room);
    let stages = [
        thread::spawn(move || scan(reel, &to_repair)),
        thread::spawn(move || repair(scanned, &to_encode)),
    ];

    let mut film = Film::default();
    for frame in repaired {
        film.encode(frame);
    }
    // The loop has dropped `repaired`. Only now it is safe to wait.
    for stage in stages {
        stage.join().expect("no stage panics");
    }
    film
}
// ANCHOR_END: pipeline

/// How long the repair of each frame takes when some have more scratches than others: between 4 and
/// 56 ms, from a seed.
fn uneven_pace() -> impl Iterator<Item = u64> {
    let mut seed = 5_198_u64;
    std::iter::from_fn(move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some(4 + (seed >> 33) % 53)
    })
}

/// The same pipeline for a reel whose frames are not all scratched alike.
fn an_uneven_reel(reel: Reel, room: usize) -> Film {
    let (to_repair, scanned) = sync_channel(room);
    let (to_encode, repaired) = sync_channel(room);
    let stages = [
        thread::spawn(move || scan(reel, &to_repair)),
        thread::spawn(move || {
            for (frame, pace) in scanned.into_iter().zip(uneven_pace()) {
                STUDIO.work("repair", &frame.name, pace);
                if to_encode.send(frame).is_err() {
                    return;
                }
            }
        }),
    ];
    let mut film = Film::default();
    for frame in repaired {
        film.encode(frame);
    }
    for stage in stages {
        stage.join().expect("no stage panics");
    }
    film
}

// ANCHOR: unbounded
fn without_a_bound(reel: Reel) -> Film {
    let (to_repair, scanned) = channel();
    let (to_encode, repaired) = channel();
    let scan = thread::spawn(move || {
        for frame in reel {
            to_repair.send(frame).expect("the repair stage takes all");
        }
    });
    let repair = thread::spawn(move || {
        for frame in scanned {
            to_encode.send(frame.repaired()).expect("we take all");
        }
    });
    let mut film = Film::default();
    for frame in repaired {
        film.encode(frame);
    }
    scan.join().expect("no stage panics");
    repair.join().expect("no stage panics");
    film
}
// ANCHOR_END: unbounded

// ANCHOR: collects
fn repair_and_report(scanned: Receiver<Frame>, repaired: &SyncSender<Frame>) {
    let frames: Vec<Frame> = scanned.into_iter().map(Frame::repaired).collect();
    eprintln!("{} frames repaired", frames.len());
    for frame in frames {
        if repaired.send(frame).is_err() {
            return;
        }
    }
}
// ANCHOR_END: collects

fn with_a_report(reel: Reel) -> Film {
    let (to_repair, scanned) = sync_channel(ROOM);
    let (to_encode, repaired) = sync_channel(ROOM);
    let stages = [
        thread::spawn(move || scan(reel, &to_repair)),
        thread::spawn(move || repair_and_report(scanned, &to_encode)),
    ];
    let mut film = Film::default();
    for frame in repaired {
        film.encode(frame);
    }
    for stage in stages {
        stage.join().expect("no stage panics");
    }
    film
}

// ANCHOR: preview
fn preview(repaired: Receiver<Frame>) -> Film {
    let mut film = Film::default();
    for frame in repaired.into_iter().take(2) {
        film.encode(frame);
    }
    film // `repaired` is dropped by now
}
// ANCHOR_END: preview

/// A viewer who has seen enough after two frames.
fn a_preview(reel: Reel) -> Film {
    let (to_repair, scanned) = sync_channel(ROOM);
    let (to_encode, repaired) = sync_channel(ROOM);
    let stages = [
        thread::spawn(move || scan(reel, &to_repair)),
        thread::spawn(move || repair(scanned, &to_encode)),
    ];
    let film = preview(repaired);
    for stage in stages {
        stage.join().expect("no stage panics");
    }
    film
}

fn most(picture: &Timeline) -> usize {
    let most = picture.level.as_ref().map_or(0, Level::most);
    usize::try_from(most).expect("a small number")
}

/// A reel's run, and its end and most frames under way in words.
fn measured(run: fn(Reel, usize) -> Film, room: usize) -> (Timeline, String) {
    assert_whole(&run(reel(), room));
    let mut picture = STUDIO.picture("");
    let most = most(&picture);
    let bound = 2 * room + 3;
    assert!(
        most <= bound,
        "{most} frames under way, not {bound} at most"
    );
    // The pictures above show who hands what to whom; this one is to stay small.
    picture.hand_overs.clear();
    let words = format!("{} ms, at most {most} frames under way", picture.end());
    (picture, words)
}

/// Both reels with so much room in each queue. The picture is the uneven one's.
fn with_room(room: u64) -> Vec<Timeline> {
    let room = usize::try_from(room).expect("a small number");
    let (_, even) = measured(a_pipeline, room);
    let (mut picture, uneven) = measured(an_uneven_reel, room);
    picture.proves = format!("Uneven reel: {uneven}. Even reel: {even}.");
    vec![picture]
}

fn main() -> std::io::Result<()> {
    assert_whole(&one_after_another(reel()));
    let one = STUDIO.picture(
        "One thread: each machine waits while the other two work, and seven frames take 420 ms.",
    );

    assert_whole(&without_a_bound(reel()));
    let unbounded = STUDIO.picture(
        "Three threads, queues without a bound: 240 ms, but frames pile up in front of the slow \
         stage, and the pile grows as long as the reel runs.",
    );

    assert_whole(&a_pipeline(reel(), ROOM));
    let mut bounded = STUDIO.picture("");
    bounded.proves = format!(
        "Three threads, queues with room for {ROOM}: {} ms, and at most {} frames are under way. \
         When its queue is full, the scanner waits.",
        bounded.end(),
        most(&bounded),
    );

    assert_whole(&with_a_report(reel()));
    let collects = STUDIO.picture(
        "A stage that collects: three threads, but the encoder gets its first frame when the last \
         is repaired, after 220 ms, and all seven are under way.",
    );

    let preview = a_preview(reel());
    assert!(preview.frames == ["frame 0", "frame 1"]);
    let mut preview = STUDIO.picture(
        "The encoder has hung up after two frames: the repair stage learns it from its next send, \
         the scanner from its own, and nothing scans the rest of the reel.",
    );
    preview.level = None;
    let encoded = preview.lanes.last().and_then(|encode| encode.spans.last());
    preview.moments.push(Moment {
        label: "the viewer leaves".to_owned(),
        at: encoded.and_then(|frame| frame.end).unwrap_or_default(),
    });

    let room = Knob {
        one: "place",
        several: "places",
        values: &[0, 1, 2, 3, 4, 8],
        default: ROOM as u64,
    };
    Explore::new("room", room, with_room).show("pipeline")?;
    worked::show(
        "pipeline",
        &[
            ("one_thread", one),
            ("without_a_bound", unbounded),
            ("room_for_one", bounded),
            ("a_stage_collects", collects),
        ],
    )?;
    // Not compared with the others, so on an axis of its own.
    worked::show("pipeline", &[("the_viewer_leaves", preview)])
}

fn assert_whole(film: &Film) {
    let expected: Vec<String> = (0..FRAMES).map(|n| format!("frame {n}")).collect();
    assert!(
        film.frames == expected,
        "expected every frame in order, got {:?}",
        film.frames
    );
}
