//! The worked example of the chapter on ordered results: a print shop prints an atlas. Pages are
//! rasterised on several threads, and the press takes them in their order.
//!
//! ```text
//! cargo run -p worked --example ordered_results
//! ```
//!
//! The threads are real. Only the clock is simulated, and the channels with it, so that the pictures
//! come out the same everywhere: the channels may have several receivers, like crossbeam's, and are
//! std's in everything else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvError;

use instruments::simulation::turns::{JoinHandle, Receiver, Sender, Turns};
use instruments::timeline::{Level, Timeline};
use worked::{Explore, Knob};

const PAGES: usize = 12;
const WORKERS: usize = 3;

const WINDOW: usize = 6;

static SHOP: Turns = Turns::new();

/// A page as text, lines and curves. Page 1 has a map of the Alps.
struct Page {
    number: usize,
    milliseconds: u64,
}

/// A page as dots, 500 MB of them.
struct Sheet {
    name: String,
}

impl Page {
    /// 10 ms of a core, 50 for the map.
    fn rasterised(self) -> Sheet {
        let name = format!("page {}", self.number);
        SHOP.work("worker", &name, self.milliseconds);
        Sheet { name }
    }
}

/// How many pages were read and are not printed yet, and how many it were at most.
#[derive(Clone, Default)]
struct UnderWay {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

/// The pages of the book, one after another.
struct Book {
    pages: std::ops::Range<usize>,
    pace: fn(usize) -> u64,
    under_way: UnderWay,
}

impl Iterator for Book {
    type Item = Page;

    fn next(&mut self) -> Option<Page> {
        let number = self.pages.next()?;
        let now = self.under_way.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.under_way.most.fetch_max(now, Ordering::SeqCst);
        Some(Page {
            number,
            milliseconds: (self.pace)(number),
        })
    }
}

/// All pages alike, but for the map.
fn tidy(number: usize) -> u64 {
    if number == 1 { 50 } else { 10 }
}

/// No two pages alike, as on a machine that has other work too: between 7 and 13 ms, from a seed.
fn uneven(number: usize) -> u64 {
    let mut seed = 17_u64;
    for _ in 0..=number {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
    }
    7 + (seed >> 33) % 7
}

/// Prints one sheet after another. What is printed is off the memory.
#[derive(Default)]
struct Press {
    printed: Vec<String>,
    under_way: UnderWay,
}

impl Press {
    /// 4 ms.
    fn print(&mut self, sheet: Sheet) {
        SHOP.work("press", &sheet.name, 4);
        self.printed.push(sheet.name);
        // A book that the press does not know is not counted.
        let one_less = |now: usize| now.checked_sub(1);
        let now = &self.under_way.now;
        let _ = now.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
    }
}

fn book() -> Book {
    Book {
        pages: 0..PAGES,
        pace: tidy,
        under_way: UnderWay::default(),
    }
}

/// The press, and a book that it counts.
fn press_and_book() -> (Press, Book) {
    let press = Press::default();
    let book = Book {
        under_way: press.under_way.clone(),
        ..book()
    };
    (press, book)
}

fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    SHOP.channel()
}

fn bounded<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    SHOP.sync_channel(room)
}

/// Looks like std's module, so that the code reads as if the clock were real.
mod thread {
    use super::{JoinHandle, SHOP};

    pub fn spawn(work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
        SHOP.spawn(work)
    }
}

// ANCHOR: loop
fn one_after_another(book: Book, press: &mut Press) {
    for page in book {
        press.print(page.rasterised());
    }
}
// ANCHOR_END: loop

// ANCHOR: work
fn work(pages: Receiver<(usize, Page)>, done: &Sender<(usize, Sheet)>) {
    for (number, page) in pages {
        if done.send((number, page.rasterised())).is_err() {
            return; // the press is gone
        }
    }
}
// ANCHOR_END: work

// ANCHOR: start
/// Starts the workers. They end when there is no page left.
fn start_workers(pages: &Receiver<(usize, Page)>, done: &Sender<(usize, Sheet)>) {
    for _ in 0..WORKERS {
        let (pages, done) = (pages.clone(), done.clone());
        thread::spawn(move || work(pages, &done));
    }
}
// ANCHOR_END: start

fn start(book: Book) -> Receiver<(usize, Sheet)> {
    let (queue, pages) = unbounded();
    let (done, finished) = unbounded();
    start_workers(&pages, &done);
    for (number, page) in book.enumerate() {
        queue
            .send((number, page))
            .expect("the workers wait for pages");
    }
    finished
}

// ANCHOR: arrival
fn as_they_finish(finished: Receiver<(usize, Sheet)>, press: &mut Press) {
    for (_, sheet) in finished {
        press.print(sheet);
    }
}
// ANCHOR_END: arrival

// ANCHOR: batch
fn as_a_batch(finished: Receiver<(usize, Sheet)>, press: &mut Press) {
    let mut sheets: Vec<(usize, Sheet)> = finished.into_iter().collect();
    sheets.sort_unstable_by_key(|(number, _)| *number);
    for (_, sheet) in sheets {
        press.print(sheet);
    }
}
// ANCHOR_END: batch

// ANCHOR: reorder
struct ReorderBuffer<T> {
    turn: usize,
    early: BTreeMap<usize, T>,
}

impl<T> ReorderBuffer<T> {
    fn new() -> Self {
        let (turn, early) = (0, BTreeMap::new());
        Self { turn, early }
    }

    fn put(&mut self, number: usize, item: T) {
        self.early.insert(number, item);
    }

    /// The item whose turn it is, if it has come.
    fn take(&mut self) -> Option<T> {
        let item = self.early.remove(&self.turn)?;
        self.turn += 1;
        Some(item)
    }
}
// ANCHOR_END: reorder

// ANCHOR: unbounded
fn without_a_window(finished: Receiver<(usize, Sheet)>, press: &mut Press) {
    let mut buffer = ReorderBuffer::new();
    for (number, sheet) in finished {
        buffer.put(number, sheet);
        while let Some(sheet) = buffer.take() {
            press.print(sheet);
        }
    }
}
// ANCHOR_END: unbounded

// ANCHOR: feed
fn feed(mut book: Book, permits: &Receiver<()>, queue: &Sender<(usize, Page)>) {
    for number in 0.. {
        // First the permit, then the page.
        if permits.recv().is_err() {
            return;
        }
        let Some(page) = book.next() else { return };
        if queue.send((number, page)).is_err() {
            return;
        }
    }
}
// ANCHOR_END: feed

// ANCHOR: window
fn with_a_window(window: usize, book: Book, press: &mut Press) {
    let (permit, permits) = unbounded();
    let (queue, pages) = unbounded();
    let (done, finished) = unbounded();
    for _ in 0..window {
        permit.send(()).expect("its receiver is here");
    }
    thread::spawn(move || feed(book, &permits, &queue));
    start_workers(&pages, &done);
    drop((pages, done)); // from here on, only the workers keep them open

    let mut buffer = ReorderBuffer::new();
    for (number, sheet) in finished {
        buffer.put(number, sheet);
        while let Some(sheet) = buffer.take() {
            press.print(sheet);
            let _ = permit.send(()); // the book may be at its end
        }
    }
    assert!(buffer.early.is_empty(), "page {} is missing", buffer.turn);
}
// ANCHOR_END: window

// ANCHOR: wrong_bound
fn with_bounded_channels(book: Book, press: &mut Press) {
    let (queue, pages) = bounded(1);
    let (done, finished) = bounded(1);
    thread::spawn(move || {
        for (number, page) in book.enumerate() {
            if queue.send((number, page)).is_err() {
                return;
            }
        }
    });
    start_workers(&pages, &done);
    drop((pages, done));
    without_a_window(finished, press);
}
// ANCHOR_END: wrong_bound

// ANCHOR: take
/// A worker's page, and where to leave its sheet.
type Job = (Page, Sender<Option<Sheet>>);

fn draw(book: &mut Book, tickets: &Sender<Receiver<Option<Sheet>>>) -> Option<Job> {
    let (fill, ticket) = bounded(1);
    tickets.send(ticket).ok()?; // waits for room in the window
    let page = book.next();
    if page.is_none() {
        let _ = fill.send(None); // the end of the book, said aloud
    }
    Some((page?, fill))
}
// ANCHOR_END: take

/// The same order, kept in a queue of tickets.
fn with_tickets(mut book: Book, press: &mut Press) {
    let (tickets, in_order) = bounded(WINDOW - 1);
    let (queue, jobs) = unbounded::<Job>();
    thread::spawn(move || {
        while let Some(job) = draw(&mut book, &tickets) {
            if queue.send(job).is_err() {
                return;
            }
        }
    });
    for _ in 0..WORKERS {
        let jobs = jobs.clone();
        thread::spawn(move || {
            for (page, fill) in jobs {
                let _ = fill.send(Some(page.rasterised()));
            }
        });
    }
    drop(jobs);
    let printed = print_in_order(in_order, press);
    assert!(printed.is_ok(), "every ticket is filled");
}

// ANCHOR: tickets
fn print_in_order(
    in_order: Receiver<Receiver<Option<Sheet>>>,
    press: &mut Press,
) -> Result<(), RecvError> {
    for ticket in in_order {
        // An error here is a hole: the worker is gone, and has left nothing.
        let Some(sheet) = ticket.recv()? else { break };
        press.print(sheet);
    }
    Ok(())
}
// ANCHOR_END: tickets

/// The run with such a window.
fn run_with_window(window: usize) -> Timeline {
    let (mut press, book) = press_and_book();
    with_a_window(window, book, &mut press);
    assert_in_order(&press);
    let read = press.under_way.most.load(Ordering::SeqCst);
    assert!(
        read <= window,
        "{read} pages were read, not {window} at most"
    );
    let mut picture = picture(Some(window as u64));
    picture.proves = format!(
        "In order, with a window of {window}: {} ms, at most {} in memory. While the window is \
         full, the workers wait.",
        picture.end(),
        sheets(&picture),
    );
    picture
}

/// The run that the reader moves.
fn moved(window: u64) -> Vec<Timeline> {
    let mut picture = run_with_window(usize::try_from(window).expect("a small number"));
    picture.proves = format!(
        "Window of {window}: {} ms, at most {} in memory.",
        picture.end(),
        sheets(&picture),
    );
    vec![picture]
}

fn sheets(picture: &Timeline) -> String {
    match most(picture) {
        1 => "1 sheet".to_owned(),
        most => format!("{most} sheets"),
    }
}

fn main() -> std::io::Result<()> {
    let mut press = Press::default();
    one_after_another(book(), &mut press);
    assert_in_order(&press);
    let mut one = picture(None);
    one.proves = format!(
        "One thread: twelve pages take {} ms, and 50 of them go to the map on page 1.",
        one.end()
    );

    let mut press = Press::default();
    as_they_finish(start(book()), &mut press);
    let mut arrival = picture(None);
    arrival.proves = format!(
        "Three workers, printed as they finish: {} ms, but page 2 is printed when it is the turn \
         of page 1, which comes after page 8.",
        arrival.end()
    );
    mark_the_first_out_of_order(&mut arrival);

    let mut press = Press::default();
    let no_map = Book {
        pace: uneven,
        ..book()
    };
    as_they_finish(start(no_map), &mut press);
    let mut no_map = picture(None);
    let early = (1..PAGES).filter(|n| number(&press.printed[*n]) < number(&press.printed[*n - 1]));
    no_map.proves = format!(
        "No map, but pages that take 7 to 13 ms: {} of twelve pages are printed after one that \
         belongs behind them.",
        early.count()
    );
    mark_the_first_out_of_order(&mut no_map);

    let mut press = Press::default();
    as_a_batch(start(book()), &mut press);
    assert_in_order(&press);
    picture(None);

    let mut press = Press::default();
    without_a_window(start(book()), &mut press);
    assert_in_order(&press);
    let mut unbounded = picture(None);
    unbounded.proves = format!(
        "In order, with a buffer that has no bound: {} ms, but {} are in memory while the map is \
         rasterised, and in a longer book it would be more.",
        unbounded.end(),
        sheets(&unbounded),
    );

    let window = run_with_window(WINDOW);

    let mut press = Press::default();
    with_bounded_channels(book(), &mut press);
    assert_in_order(&press);
    let mut wrong = picture(None);
    wrong.proves = format!(
        "In order, with room for one in each channel: {} ms, and {} in memory all the same. The \
         buffer between the channels has no bound.",
        wrong.end(),
        sheets(&wrong),
    );

    let (mut press, book) = press_and_book();
    with_tickets(book, &mut press);
    assert_in_order(&press);
    picture(None);
    assert!(
        press.under_way.most.load(Ordering::SeqCst) <= WINDOW,
        "the queue of tickets bounds the window"
    );

    let knob = Knob {
        one: "page in the window",
        several: "pages in the window",
        values: &[1, 2, 3, 4, 6, 9, 12],
        default: WINDOW as u64,
    };
    Explore::new("window", knob, moved).show("ordered_results")?;

    worked::show(
        "ordered_results",
        &[
            ("one_thread", one),
            ("as_they_finish", arrival),
            ("without_a_map", no_map),
            ("without_a_window", unbounded),
            ("with_a_window", window),
            ("bounded_channels", wrong),
        ],
    )
}

/// What has happened, and how many sheets were in memory: from when a page begins to be rasterised
/// until it is printed. Which thread handed what to which is in the labels.
fn picture(window: Option<u64>) -> Timeline {
    let mut picture = SHOP.picture("");
    picture.hand_overs.clear();
    let sheets = picture.under_way(window);
    picture.level = Some(Level {
        name: "sheets".to_owned(),
        ..sheets
    });
    picture
}

/// The number of `page 7`.
fn number(page: &str) -> usize {
    let number = page.trim_start_matches("page ").parse();
    number.expect("every page has a number")
}

fn most(picture: &Timeline) -> u64 {
    picture.level.as_ref().map_or(0, Level::most)
}

fn mark_the_first_out_of_order(picture: &mut Timeline) {
    let press = picture.lanes.last_mut().expect("the press has printed");
    let wrong = press.spans.iter_mut().enumerate();
    let wrong = wrong
        .map(|(number, span)| (format!("page {number}"), span))
        .find(|(name, span)| *name != span.label);
    let (missing, span) = wrong.expect("the map is late");
    span.broken_rule = Some(format!("it is the turn of {missing}"));
}

fn assert_in_order(press: &Press) {
    let expected: Vec<String> = (0..PAGES).map(|n| format!("page {n}")).collect();
    assert!(
        press.printed == expected,
        "expected every page in order, got {:?}",
        press.printed
    );
}
