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

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use instruments::simulation::line::{self, Line, RingSender, SyncSender};
use instruments::timeline::{Between, Level, Point, Timeline};
use worked::{Explore, Knob};

const PICTURES: usize = 8;

const ROOM: usize = 1;

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

/// How long the screen needs when another program keeps it from its core now and then: between 20 and
/// 50 ms, from a seed.
fn uneven_pace() -> impl Iterator<Item = u64> {
    let mut seed = 7_u64;
    std::iter::from_fn(move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some(20 + (seed >> 33) % 31)
    })
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

// ANCHOR: bounded
fn with_a_bound(room: usize) {
    let (to_screen, pictures) = sync_channel(room);
    let flight = thread::spawn(move || {
        for picture in camera() {
            if to_screen.send(picture).is_err() {
                return; // the screen is gone, and `send` has handed the picture back
            }
        }
        // `to_screen`, the last sender, is dropped here: the loop below ends.
    });
    for picture in pictures {
        show(&picture);
    }
    flight.join().expect("the camera does not panic");
}
// ANCHOR_END: bounded

fn through_a_ring() {
    let (to_screen, pictures) = ring(1);
    let flight = thread::spawn(move || {
        for picture in camera() {
            if to_screen.send(picture).is_err() {
                return;
            }
        }
    });
    for (picture, pace) in pictures.into_iter().zip(uneven_pace()) {
        FLIGHT.work("screen", &picture.name, pace);
    }
    flight.join().expect("the camera does not panic");
}

// ANCHOR: try_send
fn fly(to_screen: &SyncSender<Picture>) {
    for picture in camera() {
        // The camera must not wait. If there is no room, drop a picture.
        let _ = to_screen.try_send(picture);
    }
}
// ANCHOR_END: try_send

fn if_there_is_room() {
    let (to_screen, pictures) = sync_channel(1);
    let flight = thread::spawn(move || fly(&to_screen));
    for picture in pictures {
        show(&picture);
    }
    flight.join().expect("the camera does not panic");
}

// ANCHOR: drop_oldest
/// Sends `item`, and says how many older ones it dropped. Both ends are those of one channel.
fn send_dropping_oldest<T>(sender: &Sender<T>, receiver: &Receiver<T>, mut item: T) -> usize {
    let mut dropped = 0;
    loop {
        match sender.try_send(item) {
            Ok(()) => return dropped,
            Err(TrySendError::Full(back)) => {
                item = back;
                dropped += usize::from(receiver.try_recv().is_ok());
            }
            Err(TrySendError::Disconnected(_)) => unreachable!("`receiver` keeps it connected"),
        }
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

/// A flight with room for so many pictures.
fn flight_with_room(room: u64) -> Timeline {
    with_a_bound(usize::try_from(room).expect("a small number"));
    let (mut flight, oldest) = timeline("");
    flight.hand_overs.clear(); // the pictures above show them, and this one is to stay small
    let waits = &flight.lanes[0].waits;
    let waited: u64 = waits
        .iter()
        .filter_map(|wait| Some(wait.end? - wait.start))
        .sum();
    let ages = flight.level.iter().flat_map(|level| &level.points);
    let last = ages.last().map_or(0, |point| point.value);
    assert!(last == oldest, "the last picture is not the oldest");
    let waits = match waited {
        0 => "the camera never waits".to_owned(),
        _ => format!("the camera waits {waited} ms in all"),
    };
    flight.proves = format!(
        "Room for {room}: the last picture is {last} ms old when it is shown, as old as any, and {waits}."
    );
    flight
}

fn main() -> std::io::Result<()> {
    without_a_bound();
    let (unbounded, _) = timeline(
        "Without a bound: the camera is done after 80 ms, and the last picture is {oldest} ms old \
         when the screen begins to show it.",
    );

    with_a_bound(ROOM);
    let (bounded_flight, oldest) = timeline(&format!(
        "Room for {ROOM}: no picture is older than {{oldest}} ms, because the camera waits."
    ));
    // One screen time for each place, and less than one in the camera's hands.
    assert!(oldest <= 35 * (ROOM as u64 + 1));

    with_a_bound(0);
    let (rendezvous, _) = timeline(
        "Room for none: the camera hands each picture to the screen, and none is older than \
         {oldest} ms.",
    );

    through_a_ring();
    let (mut through_ring, oldest) = timeline("");
    let shown = &through_ring.lanes[1].spans;
    let lost = PICTURES - shown.len();
    let landed = through_ring.lanes[0].spans.last().and_then(|last| last.end);
    let ages = through_ring.level.iter().flat_map(|level| &level.points);
    let in_flight = ages.filter(|age| Some(age.at) < landed);
    let in_flight = in_flight.map(|age| age.value).max().unwrap_or_default();
    assert!(
        in_flight <= 10,
        "older than the camera's period: {in_flight} ms"
    );
    through_ring.proves = format!(
        "A ring for one, and a screen of uneven pace: the camera never waits, {lost} of {PICTURES} \
         pictures are dropped, no picture shown during the flight is older than {in_flight} ms, \
         and the last one is {oldest} ms old."
    );

    if_there_is_room();
    let (tried, _) = timeline(
        "The newest is dropped: the camera never waits, but the screen gets the picture that waited \
         longest, up to {oldest} ms old.",
    );

    let (sender, receiver) = bounded(2);
    let dropped: usize = (0..5)
        .map(|n| send_dropping_oldest(&sender, &receiver, n))
        .sum();
    assert!(dropped == 3, "it counts what it drops");
    assert!(receiver.try_iter().eq([3, 4]), "the newest two are left");

    let room = Knob {
        one: "place",
        several: "places",
        values: &[0, 1, 2, 3, 4, 8],
        default: ROOM as u64,
    };
    Explore::new("room", room, |room| vec![flight_with_room(room)]).show("channels")?;
    worked::show(
        "channels",
        &[
            ("without_a_bound", unbounded),
            ("room_for_one", bounded_flight),
            ("from_hand_to_hand", rendezvous),
            ("a_ring", through_ring),
            ("drops_the_newest", tried),
        ],
    )
}
