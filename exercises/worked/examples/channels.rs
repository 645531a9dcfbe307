//! The worked example of the chapter on channels: a fire brigade flies a drone through a burning hall.
//! Its camera takes a picture every 10 ms, and the pilot's screen needs 35 ms to show one.
//!
//! ```text
//! cargo run -p worked --example channels
//! ```
//!
//! The threads are real. The clocks are simulated, and the channels with them, so that the pictures
//! come out the same everywhere; in everything else they are std's. The ring is simulated too.

use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use instruments::simulation::line::{self, Line, RingSender, SyncSender};
use instruments::timeline::{Between, Level, Point, Timeline};

const PICTURES: usize = 8;

// Warm-up: change this number, say how old the pictures will get, and run the example.
// ANCHOR: warm_up
const ROOM: usize = 1;
// ANCHOR_END: warm_up

static FLIGHT: Line = Line::new();

/// What the drone saw at one moment.
struct Picture {
    name: String,
}

/// The camera, until the drone lands. Each `next` takes a picture: 10 ms.
struct Camera {
    pictures: std::ops::Range<usize>,
}

impl Iterator for Camera {
    type Item = Picture;

    fn next(&mut self) -> Option<Picture> {
        let name = format!("picture {}", self.pictures.next()?);
        FLIGHT.work("camera", &name, 10);
        Some(Picture { name })
    }
}

/// Shows a picture to the pilot: 35 ms.
fn show(picture: &Picture) {
    FLIGHT.work("screen", &picture.name, 35);
}

fn camera() -> Camera {
    Camera {
        pictures: 0..PICTURES,
    }
}

fn sync_channel<T>(room: usize) -> (SyncSender<T>, line::Receiver<T>) {
    FLIGHT.sync_channel(room)
}

fn channel<T>() -> (SyncSender<T>, line::Receiver<T>) {
    FLIGHT.channel()
}

fn ring<T>(room: usize) -> (RingSender<T>, line::Receiver<T>) {
    FLIGHT.ring(room)
}

// ANCHOR: unbounded
fn without_a_bound() {
    let (to_screen, pictures) = channel();
    let flight = thread::spawn(move || {
        for picture in camera() {
            if to_screen.send(picture).is_err() {
                return; // the screen is gone
            }
        }
    });
    for picture in pictures {
        show(&picture);
    }
    flight.join().expect("the camera does not panic");
}
// ANCHOR_END: unbounded

fn with_a_bound(room: usize) {
    // ANCHOR: bounded
    let (to_screen, pictures) = sync_channel(room);
    // ANCHOR_END: bounded
    let flight = thread::spawn(move || {
        for picture in camera() {
            if to_screen.send(picture).is_err() {
                return;
            }
        }
    });
    for picture in pictures {
        show(&picture);
    }
    flight.join().expect("the camera does not panic");
}

fn through_a_ring() {
    let (to_screen, pictures) = ring(1);
    let flight = thread::spawn(move || {
        for picture in camera() {
            if to_screen.send(picture).is_err() {
                return;
            }
        }
    });
    for picture in pictures {
        show(&picture);
    }
    flight.join().expect("the camera does not panic");
}

fn if_there_is_room() {
    let (to_screen, pictures) = sync_channel(1);
    let flight = thread::spawn(move || {
        // ANCHOR: try_send
        for picture in camera() {
            // The camera must not wait. If there is no room, drop a picture.
            let _ = to_screen.try_send(picture);
        }
        // ANCHOR_END: try_send
    });
    for picture in pictures {
        show(&picture);
    }
    flight.join().expect("the camera does not panic");
}

/// Sends into a channel of crossbeam's, and drops the oldest while it is full.
// ANCHOR: drop_oldest
fn send_dropping_oldest<T>(sender: &Sender<T>, receiver: &Receiver<T>, mut item: T) {
    while let Err(TrySendError::Full(back)) = sender.try_send(item) {
        item = back;
        let _oldest = receiver.try_recv();
    }
}
// ANCHOR_END: drop_oldest

/// The picture of a flight, and below it how old what the screen shows was when it came there.
fn timeline(what: &str) -> (Timeline, u64) {
    let mut timeline = FLIGHT.picture("");
    let camera = &timeline.lanes[0];
    let ages: Vec<Point> = timeline.lanes[1]
        .spans
        .iter()
        .map(|shown| {
            let taken = camera.spans.iter().find(|taken| taken.label == shown.label);
            let taken_at = taken.and_then(|taken| taken.end);
            Point {
                at: shown.start,
                value: shown.start - taken_at.expect("the camera took it"),
            }
        })
        .collect();
    let level = Level {
        name: "ms old".to_owned(),
        points: ages,
        between: Between::Step,
        cap: None,
    };
    let oldest = level.most();
    timeline.level = Some(level);
    timeline.proves = what.replace("{oldest}", &oldest.to_string());
    (timeline, oldest)
}

fn main() -> std::io::Result<()> {
    without_a_bound();
    let (unbounded, _) = timeline(
        "Without a bound: the camera is done after 80 ms, and the last picture is {oldest} ms old \
         when the screen begins to show it.",
    );

    with_a_bound(ROOM);
    let (bounded, _) = timeline(&format!(
        "Room for {ROOM}: nothing is older than {{oldest}} ms, because the camera waits."
    ));

    with_a_bound(0);
    let (rendezvous, _) = timeline(
        "Room for none: each picture goes from hand to hand, and nothing is older than {oldest} ms.",
    );

    through_a_ring();
    let (through_ring, _) = timeline(
        "A ring for one: the camera never waits, five of eight pictures are dropped, and nothing is \
         older than {oldest} ms.",
    );
    assert!(through_ring.lanes[1].spans.len() == 3);

    if_there_is_room();
    let (tried, _) = timeline(
        "The newest is dropped: the camera never waits, but the screen gets what waited longest, up \
         to {oldest} ms old.",
    );

    let (sender, receiver) = crossbeam_channel::bounded(2);
    for n in 0..5 {
        send_dropping_oldest(&sender, &receiver, n);
    }
    assert!(receiver.try_iter().eq([3, 4]), "the newest two are left");

    worked::show(
        "channels",
        &[
            ("without_a_bound", unbounded),
            ("room_for_one", bounded),
            ("from_hand_to_hand", rendezvous),
            ("a_ring", through_ring),
            ("drops_the_newest", tried),
        ],
    )
}
