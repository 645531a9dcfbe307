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

use instruments::simulation::turns::{JoinHandle, Receiver, Sender, Turns};
use instruments::timeline::{Level, Timeline};

const PAGES: usize = 12;
const WORKERS: usize = 3;

// Warm-up: change this number, say what the last picture will look like, and run the example.
// ANCHOR: warm_up
const WINDOW: usize = 6;
// ANCHOR_END: warm_up

static SHOP: Turns = Turns::new();

/// A page as text, lines and curves. Page 1 has a map of the Alps.
struct Page {
    number: usize,
}

/// A page as dots, 500 MB of them.
struct Sheet {
    name: String,
}

impl Page {
    /// 10 ms of a core, 50 for a map.
    fn rasterised(self) -> Sheet {
        let name = format!("page {}", self.number);
        let milliseconds = if self.number == 1 { 50 } else { 10 };
        SHOP.work("worker", &name, milliseconds);
        Sheet { name }
    }
}

/// The pages of the book, one after another.
struct Book {
    pages: std::ops::Range<usize>,
}

impl Iterator for Book {
    type Item = Page;

    fn next(&mut self) -> Option<Page> {
        let number = self.pages.next()?;
        Some(Page { number })
    }
}

/// Prints one sheet after another. What is printed is off the memory.
#[derive(Default)]
struct Press {
    printed: Vec<String>,
}

impl Press {
    /// 4 ms.
    fn print(&mut self, sheet: Sheet) {
        SHOP.work("press", &sheet.name, 4);
        self.printed.push(sheet.name);
    }
}

fn book() -> Book {
    Book { pages: 0..PAGES }
}

fn channel<T>() -> (Sender<T>, Receiver<T>) {
    SHOP.channel()
}

fn sync_channel<T>(room: usize) -> (Sender<T>, Receiver<T>) {
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
            return; // nobody prints any more
        }
    }
}
// ANCHOR_END: work

/// Starts the workers, who end when there is no page left.
fn start_workers(pages: &Receiver<(usize, Page)>, done: &Sender<(usize, Sheet)>) {
    for _ in 0..WORKERS {
        let (pages, done) = (pages.clone(), done.clone());
        thread::spawn(move || work(pages, &done));
    }
}

fn start(book: Book) -> Receiver<(usize, Sheet)> {
    let (queue, pages) = channel();
    let (done, finished) = channel();
    start_workers(&pages, &done);
    for (number, page) in book.enumerate() {
        queue
            .send((number, page))
            .expect("the workers wait for pages");
    }
    finished
}

fn as_they_finish(book: Book, press: &mut Press) {
    let finished = start(book);
    // ANCHOR: arrival
    for (_, sheet) in finished {
        press.print(sheet);
    }
    // ANCHOR_END: arrival
}

fn as_a_batch(book: Book, press: &mut Press) {
    let finished = start(book);
    // ANCHOR: batch
    let mut sheets: Vec<(usize, Sheet)> = finished.into_iter().collect();
    sheets.sort_unstable_by_key(|(number, _)| *number);
    // ANCHOR_END: batch
    for (_, sheet) in sheets {
        press.print(sheet);
    }
}

// ANCHOR: reorder
struct ReorderBuffer<T> {
    turn: usize,
    early: BTreeMap<usize, T>,
}

impl<T> ReorderBuffer<T> {
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

impl<T> ReorderBuffer<T> {
    fn new() -> Self {
        Self {
            turn: 0,
            early: BTreeMap::new(),
        }
    }
}

fn without_a_window(book: Book, press: &mut Press) {
    let finished = start(book);
    let mut buffer = ReorderBuffer::new();
    // ANCHOR: unbounded
    for (number, sheet) in finished {
        buffer.put(number, sheet);
        while let Some(sheet) = buffer.take() {
            press.print(sheet);
        }
    }
    // ANCHOR_END: unbounded
}

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
fn with_a_window(book: Book, press: &mut Press) {
    let (permit, permits) = channel();
    let (queue, pages) = channel();
    let (done, finished) = channel();
    for _ in 0..WINDOW {
        permit.send(()).expect("its receiver is here");
    }
    thread::spawn(move || feed(book, &permits, &queue));
    start_workers(&pages, &done);
    drop((pages, done)); // from here on, the workers alone keep them open

    let mut buffer = ReorderBuffer::new();
    for (number, sheet) in finished {
        buffer.put(number, sheet);
        while let Some(sheet) = buffer.take() {
            press.print(sheet);
            let _ = permit.send(()); // the book may be at its end
        }
    }
}
// ANCHOR_END: window

// ANCHOR: wrong_bound
fn with_bounded_channels(book: Book, press: &mut Press) {
    let (queue, pages) = sync_channel(1);
    let (done, finished) = sync_channel(1);
    // ANCHOR_END: wrong_bound
    thread::spawn(move || {
        for (number, page) in book.enumerate() {
            if queue.send((number, page)).is_err() {
                return;
            }
        }
    });
    start_workers(&pages, &done);
    drop((pages, done));
    let mut buffer = ReorderBuffer::new();
    for (number, sheet) in finished {
        buffer.put(number, sheet);
        while let Some(sheet) = buffer.take() {
            press.print(sheet);
        }
    }
}

// ANCHOR: take
/// A worker's page, and where to leave its sheet.
type Job = (Page, Sender<Sheet>);

fn draw(book: &mut Book, tickets: &Sender<Receiver<Sheet>>) -> Option<Job> {
    let (fill, ticket) = sync_channel(1);
    tickets.send(ticket).ok()?; // waits for room in the window
    Some((book.next()?, fill))
}
// ANCHOR_END: take

/// The same order, kept in a queue of tickets.
fn with_tickets(mut book: Book, press: &mut Press) {
    let (tickets, in_order) = sync_channel(WINDOW - 1);
    let (queue, jobs) = channel::<Job>();
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
                let _ = fill.send(page.rasterised());
            }
        });
    }
    drop(jobs);
    // ANCHOR: tickets
    for ticket in in_order {
        let Ok(sheet) = ticket.recv() else { break };
        press.print(sheet);
    }
    // ANCHOR_END: tickets
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
    as_they_finish(book(), &mut press);
    let mut arrival = picture(None);
    arrival.proves = format!(
        "Three workers, printed as they finish: {} ms, but page 2 is printed when it is the turn \
         of page 1, which comes after page 8.",
        arrival.end()
    );
    mark_the_first_out_of_order(&mut arrival);

    let mut press = Press::default();
    as_a_batch(book(), &mut press);
    assert_in_order(&press);
    picture(None);

    let mut press = Press::default();
    without_a_window(book(), &mut press);
    assert_in_order(&press);
    let mut unbounded = picture(None);
    unbounded.proves = format!(
        "In order, with a buffer that has no bound: {} ms, but {} pages are in memory while the map \
         is rasterised, and in a longer book it would be more.",
        unbounded.end(),
        most(&unbounded),
    );

    let mut press = Press::default();
    with_a_window(book(), &mut press);
    assert_in_order(&press);
    let mut window = picture(Some(WINDOW as u64));
    window.proves = format!(
        "In order, with a window of {WINDOW}: {} ms, never more than {} pages in memory. While the \
         window is full, the workers wait.",
        window.end(),
        most(&window),
    );

    let mut press = Press::default();
    with_bounded_channels(book(), &mut press);
    assert_in_order(&press);
    let mut wrong = picture(None);
    wrong.proves = format!(
        "In order, with room for one in each channel: {} ms, and {} pages in memory all the same. \
         The buffer between the channels has no bound.",
        wrong.end(),
        most(&wrong),
    );

    let mut press = Press::default();
    with_tickets(book(), &mut press);
    assert_in_order(&press);
    let tickets = picture(Some(WINDOW as u64));
    assert!(
        most(&tickets) <= WINDOW as u64,
        "the queue of tickets bounds the window"
    );

    worked::show(
        "ordered_results",
        &[
            ("one_thread", one),
            ("as_they_finish", arrival),
            ("without_a_window", unbounded),
            ("with_a_window", window),
            ("bounded_channels", wrong),
        ],
    )
}

/// What has happened, and how many pages were in memory. Who handed what to whom is in the labels.
fn picture(window: Option<u64>) -> Timeline {
    let mut picture = SHOP.picture("");
    picture.hand_overs.clear();
    picture.level = Some(picture.under_way(window));
    picture
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
