//! The worked example of the chapter on fork–join: an observatory looks for the stars on an exposure
//! of the night sky, on a machine with four cores.
//!
//! ```text
//! cargo run -p worked --example fork_join
//! ```
//!
//! The threads are real. Only the clock is simulated, so that the pictures come out the same
//! everywhere: looking through a row of the sky takes 10 ms of a core, and 50 ms where the Milky Way
//! is.

use std::num::NonZeroUsize;
use std::thread::{self, ScopedJoinHandle};

use instruments::simulation::Simulation;
use instruments::timeline::Timeline;
use worked::{Explore, Knob};

const ROWS: usize = 8;
const CORES: usize = 4;

const PARTS: usize = 4;

/// A row of the exposure: the brightness of each pixel.
struct Row<'a> {
    number: usize,
    pixels: Vec<u16>,
    /// How long it takes to look through, in milliseconds of a core.
    takes: u64,
    machine: &'a Simulation,
}

/// Where a star is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Star {
    row: usize,
    column: usize,
}

impl Row<'_> {
    /// Looks for pixels that are brighter than their neighbours and than the night.
    fn stars(&self) -> Vec<Star> {
        self.machine
            .work(&format!("row {}", self.number), self.takes);
        let peaks = self.pixels.windows(3).enumerate();
        peaks
            .filter(|(_, near)| near[1] > 100 && near[1] > near[0] && near[1] > near[2])
            .map(|(left, _)| Star {
                row: self.number,
                column: left + 1,
            })
            .collect()
    }
}

/// An exposure on which row n has a star in column n + 1; its rows take as long as they take.
fn exposure(machine: &Simulation, takes: impl Fn(usize) -> u64) -> Vec<Row<'_>> {
    (0..ROWS)
        .map(|number| Row {
            number,
            pixels: (0..ROWS + 2)
                .map(|column| if column == number + 1 { 900 } else { 20 })
                .collect(),
            takes: takes(number),
            machine,
        })
        .collect()
}

// ANCHOR: loop
fn find_stars(sky: &[Row]) -> Vec<Star> {
    sky.iter().flat_map(Row::stars).collect()
}
// ANCHOR_END: loop

// ANCHOR: size
/// How many rows a part has, so that there are at most so many parts.
fn part_size(rows: usize, parts: NonZeroUsize) -> usize {
    rows.div_ceil(parts.get()).max(1)
}
// ANCHOR_END: size

// ANCHOR: fork_join
fn find_stars_in_parts(sky: &[Row], parts: NonZeroUsize) -> Vec<Star> {
    thread::scope(|scope| {
        // Fork: a thread for each part.
        let threads: Vec<ScopedJoinHandle<Vec<Star>>> = sky
            .chunks(part_size(sky.len(), parts))
            .map(|part| scope.spawn(|| find_stars(part)))
            .collect();
        // Join: in the order of the parts, whichever ends first.
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("looking for stars does not panic"))
            .collect()
    })
}
// ANCHOR_END: fork_join

// ANCHOR: lazy
fn find_stars_lazily(sky: &[Row], parts: NonZeroUsize) -> Vec<Star> {
    thread::scope(|scope| {
        sky.chunks(part_size(sky.len(), parts))
            .map(|part| scope.spawn(|| find_stars(part)))
            .flat_map(|thread| thread.join().expect("looking for stars does not panic"))
            .collect()
    })
}
// ANCHOR_END: lazy

// ANCHOR: darken
/// Takes the glow of the city off every pixel, in place.
fn darken(sky: &mut [Row], glow: u16, parts: NonZeroUsize) {
    let size = part_size(sky.len(), parts);
    thread::scope(|scope| {
        for part in sky.chunks_mut(size) {
            scope.spawn(|| {
                for pixel in part.iter_mut().flat_map(|row| &mut row.pixels) {
                    *pixel = pixel.saturating_sub(glow);
                }
            });
        }
    });
}
// ANCHOR_END: darken

fn main() -> std::io::Result<()> {
    let parts = NonZeroUsize::new(PARTS).expect("an exposure has one part at least");
    // How many threads there are for so many parts: 8 rows in 5 parts are 4 times 2.
    let threads = ROWS.div_ceil(part_size(ROWS, parts));
    let machine = |at_once| Simulation::new(at_once, ROWS).on_cores(CORES);

    let one = machine(1);
    assert_every_star(&find_stars(&exposure(&one, |_| 10)));
    let one = one.by_thread(
        "main",
        "One thread: eight rows take 80 ms, and three of the four cores do nothing.",
        None,
    );

    let forked = machine(threads);
    let mut sky = exposure(&forked, |_| 10);
    darken(&mut sky, 15, parts);
    assert!(sky.iter().all(|row| row.pixels[0] == 5));
    assert_every_star(&find_stars_in_parts(&sky, parts));
    let mut forked = forked.by_thread("thread", "", Some(CORES));
    forked.proves = format!(
        "{PARTS} parts asked for, {} threads: {} ms, never more than {} rows at once.",
        forked.lanes.len(),
        forked.end(),
        forked.most_at_once(),
    );

    let lazy = machine(1);
    assert_every_star(&find_stars_lazily(&exposure(&lazy, |_| 10), parts));
    let lazy = lazy.by_thread(
        "thread",
        "The same threads, each joined before the next is spawned: 80 ms, one row at a time.",
        Some(CORES),
    );

    let four = NonZeroUsize::new(4).expect("four is not zero");
    let uneven = machine(4);
    let milky_way = |row| if row == ROWS - 1 { 50 } else { 10 };
    assert_every_star(&find_stars_in_parts(&exposure(&uneven, milky_way), four));
    let uneven = uneven.by_thread(
        "thread",
        "The Milky Way is in the last row: three threads are done after 20 ms, and the join waits \
         until 60 ms.",
        Some(CORES),
    );

    let parts = Knob {
        one: "part",
        several: "parts",
        values: &[1, 2, 3, 4, 5, 8],
        default: PARTS as u64,
    };
    Explore::new("parts", parts, |parts| {
        let parts = usize::try_from(parts).expect("a small number");
        vec![
            in_parts("Even rows", parts, |_| 10),
            in_parts("The Milky Way", parts, milky_way),
        ]
    })
    .show("fork_join")?;
    worked::show(
        "fork_join",
        &[
            ("one_thread", one),
            ("four_parts", forked),
            ("joined_one_by_one", lazy),
            ("the_milky_way", uneven),
        ],
    )
}

/// The picture of an exposure in so many parts.
fn in_parts(what: &str, parts: usize, takes: impl Fn(usize) -> u64) -> Timeline {
    let parts = NonZeroUsize::new(parts).expect("there is one part at least");
    let threads = ROWS.div_ceil(part_size(ROWS, parts));
    let machine = Simulation::new(threads, ROWS).on_cores(CORES);
    assert_every_star(&find_stars_in_parts(&exposure(&machine, takes), parts));
    let mut picture = machine.by_thread("thread", "", Some(CORES));
    let threads = match threads {
        1 => "1 thread".to_owned(),
        several => format!("{several} threads"),
    };
    picture.proves = format!("{what}: {threads}, {} ms.", picture.end());
    picture
}

fn assert_every_star(stars: &[Star]) {
    let expected: Vec<Star> = (0..ROWS)
        .map(|row| Star {
            row,
            column: row + 1,
        })
        .collect();
    assert!(
        stars == expected,
        "expected a star in every row, from the first to the last, got {stars:?}"
    );
}
