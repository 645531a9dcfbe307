//! The worked example of the chapter on fan-out and fan-in: a city archive makes the cards of its
//! census of 1900 searchable. A card is loaded, its handwriting is read, and it goes into the index.
//!
//! ```text
//! cargo run -p worked --example fan_out_fan_in
//! ```
//!
//! The threads are real. The clock is simulated, and what the threads wait at with it, so that the
//! pictures come out the same everywhere; in everything else channels and mutex are std's. The tasks
//! that wait do so on tokio's clock, paused.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::simulation::Simulation;
use instruments::simulation::turns::{JoinHandle, Mutex, Receiver, SyncSender, Turns};
use instruments::timeline::{Level, Timeline};
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, ParallelBridge, ParallelIterator,
};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;

const CARDS: usize = 9;
const ROOM: usize = 1;

// Warm-up: change this number, say what the pictures will look like, and run the example.
// ANCHOR: warm_up
const READERS: usize = 3;
// ANCHOR_END: warm_up

static ARCHIVE: Turns = Turns::new();

/// A card of the census as it was photographed.
struct Card {
    name: String,
}

/// What is written on a card.
struct Entry {
    of: String,
}

impl Card {
    /// Reads the handwriting: 30 ms of a core, and 90 for the card with the ink blot.
    fn read(self) -> Entry {
        ARCHIVE.work("read", &self.name, self.effort());
        Entry { of: self.name }
    }

    fn effort(&self) -> u64 {
        if self.name == "card 1" { 90 } else { 30 }
    }
}

/// What is still in the box. Each `next` loads a card: 10 ms.
struct Cards {
    left: std::ops::Range<usize>,
}

impl Iterator for Cards {
    type Item = Card;

    fn next(&mut self) -> Option<Card> {
        let name = format!("card {}", self.left.next()?);
        ARCHIVE.work("load", &name, 10);
        Some(Card { name })
    }
}

/// The index of the census: a set, so the order in which entries come does not matter to it.
#[derive(Default)]
struct Index {
    entries: BTreeSet<String>,
}

impl Index {
    /// Enters what is on a card: 10 ms.
    fn enter(&mut self, entry: Entry) {
        ARCHIVE.work("enter", &entry.of, 10);
        self.entries.insert(entry.of);
    }
}

fn cards() -> Cards {
    Cards { left: 0..CARDS }
}

fn sync_channel<T>(room: usize) -> (SyncSender<T>, Receiver<T>) {
    ARCHIVE.sync_channel(room)
}

/// What is called `thread::spawn`, `Mutex::new` elsewhere.
mod thread {
    pub fn spawn(work: impl FnOnce() + Send + 'static) -> super::JoinHandle<()> {
        super::ARCHIVE.spawn(work)
    }
}

fn mutex<T>(value: T) -> Mutex<T> {
    ARCHIVE.mutex(value)
}

// ANCHOR: load
fn load(cards: Cards, loaded: &SyncSender<Card>) {
    for card in cards {
        if loaded.send(card).is_err() {
            return; // nobody reads any more
        }
    }
}
// ANCHOR_END: load

/// The pipeline with a thread for each stage.
fn one_reader(cards: Cards) -> Index {
    let (to_read, loaded) = sync_channel(ROOM);
    let (to_enter, entries) = sync_channel(ROOM);
    let stages = [
        thread::spawn(move || load(cards, &to_read)),
        thread::spawn(move || read_all(loaded, &to_enter)),
    ];
    collect(entries, stages)
}

// ANCHOR: read_all
fn read_all(loaded: Receiver<Card>, read: &SyncSender<Entry>) {
    for card in loaded {
        if read.send(card.read()).is_err() {
            return; // nobody wants entries any more
        }
    }
}
// ANCHOR_END: read_all

fn collect(entries: Receiver<Entry>, threads: impl IntoIterator<Item = JoinHandle<()>>) -> Index {
    let mut index = Index::default();
    for entry in entries {
        index.enter(entry);
    }
    for thread in threads {
        thread.join().expect("nobody panics");
    }
    index
}

// ANCHOR: take_turns
fn take_turns(loaded: &Mutex<Receiver<Card>>, read: &SyncSender<Entry>) {
    loop {
        let next = loaded.lock().expect("nobody panics here").recv();
        let Ok(card) = next else {
            return; // the box is empty
        };
        if read.send(card.read()).is_err() {
            return; // nobody wants entries any more
        }
    }
}
// ANCHOR_END: take_turns

// ANCHOR: fan
fn several_readers(cards: Cards) -> Index {
    let (to_read, loaded) = sync_channel(ROOM);
    let (to_enter, entries) = sync_channel(ROOM);
    let mut threads = vec![thread::spawn(move || load(cards, &to_read))];

    // Out: one receiver, and readers that take turns at it.
    let loaded = Arc::new(mutex(loaded));
    for _ in 0..READERS {
        let loaded = Arc::clone(&loaded);
        // In: a sender for each reader.
        let to_enter = to_enter.clone();
        threads.push(thread::spawn(move || take_turns(&loaded, &to_enter)));
    }
    // Only readers may hold them, or the channels outlive the readers.
    drop((loaded, to_enter));

    let mut index = Index::default();
    for entry in entries {
        index.enter(entry);
    }
    for thread in threads {
        thread.join().expect("nobody panics");
    }
    index
}
// ANCHOR_END: fan

// ANCHOR: deal
fn deal(cards: Cards, to_readers: &[SyncSender<Card>]) {
    for (card, to_reader) in cards.zip(to_readers.iter().cycle()) {
        if to_reader.send(card).is_err() {
            return;
        }
    }
}
// ANCHOR_END: deal

/// Each reader has a queue of its own.
fn dealt_in_turn(cards: Cards) -> Index {
    let (to_enter, entries) = sync_channel(ROOM);
    let mut to_readers = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..READERS {
        let (to_reader, loaded) = sync_channel(ROOM);
        let to_enter = to_enter.clone();
        to_readers.push(to_reader);
        threads.push(thread::spawn(move || read_all(loaded, &to_enter)));
    }
    drop(to_enter);
    threads.push(thread::spawn(move || deal(cards, &to_readers)));
    collect(entries, threads)
}

/// Reading alone, with what is loaded and with room for all entries, on a machine on which as many
/// cards are read at once as there are readers.
struct Desk {
    machine: Simulation,
}

impl Desk {
    fn new() -> Self {
        Self {
            machine: Simulation::new(READERS, CARDS),
        }
    }

    fn read(&self, card: Card) -> Entry {
        self.machine.work(&card.name, card.effort());
        Entry { of: card.name }
    }

    fn picture(&self) -> Timeline {
        self.machine.by_thread("read", "", Some(READERS))
    }
}

fn box_of_cards() -> impl Iterator<Item = Card> {
    (0..CARDS).map(|n| Card {
        name: format!("card {n}"),
    })
}

/// The readers from above at a desk.
fn threads_at_a_desk(desk: &Desk) -> Vec<Entry> {
    let (to_read, loaded) = std::sync::mpsc::sync_channel(ROOM);
    let (to_enter, entries) = std::sync::mpsc::sync_channel(CARDS);
    let loaded = std::sync::Mutex::new(loaded);
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            let (loaded, to_enter) = (&loaded, to_enter.clone());
            scope.spawn(move || {
                loop {
                    let next = loaded.lock().expect("nobody panics here").recv();
                    let Ok(card) = next else {
                        return;
                    };
                    to_enter.send(desk.read(card)).expect("there is room");
                }
            });
        }
        for card in box_of_cards() {
            to_read.send(card).expect("the readers are here");
        }
        drop((to_read, to_enter));
    });
    entries.into_iter().collect()
}

fn readers() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(READERS)
        .build()
        .expect("the system has room for the threads")
}

// ANCHOR: bridge
fn take_turns_on_rayon(
    cards: impl Iterator<Item = Card> + Send,
    desk: &Desk,
    read: &std::sync::mpsc::SyncSender<Entry>,
) {
    // Stops at the first entry that nobody wants.
    let _ = cards
        .par_bridge()
        .try_for_each(|card| read.send(desk.read(card)));
}
// ANCHOR_END: bridge

fn rayon_at_a_desk(desk: &Desk) -> Vec<Entry> {
    let (to_enter, entries) = std::sync::mpsc::sync_channel(CARDS);
    readers().install(|| take_turns_on_rayon(box_of_cards(), desk, &to_enter));
    drop(to_enter);
    entries.into_iter().collect()
}

// ANCHOR: blocking
async fn read_on_tokio(cards: Vec<Card>, desk: &Arc<Desk>) -> Vec<Entry> {
    let mut reading = JoinSet::new();
    for card in cards {
        let desk = Arc::clone(desk);
        reading.spawn_blocking(move || desk.read(card));
    }
    reading.join_all().await
}
// ANCHOR_END: blocking

fn tokio_at_a_desk(desk: &Arc<Desk>) -> Vec<Entry> {
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(READERS)
        .build()
        .expect("the system has room for a runtime");
    runtime.block_on(read_on_tokio(box_of_cards().collect(), desk))
}

/// An archive far away that reads handwriting for others. It takes as long as we do, and whoever asks
/// has nothing to do meanwhile.
#[derive(Clone)]
struct Service {
    requests: Recorder,
}

impl Service {
    async fn read(self, card: Card) -> Entry {
        let answer = sleep(Duration::from_millis(card.effort()));
        self.requests.task(&card.name, "ask", answer).await;
        Entry { of: card.name }
    }
}

// ANCHOR: service
async fn ask(cards: Vec<Card>, service: &Service) -> Vec<Entry> {
    let mut requests = JoinSet::new();
    for card in cards {
        requests.spawn(service.clone().read(card));
    }
    requests.join_all().await
}
// ANCHOR_END: service

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn tasks_at_a_service() -> Timeline {
    let requests = Recorder::on_tokios_clock();
    requests.show_at_once(None);
    let service = Service {
        requests: requests.clone(),
    };
    let entries = ask(box_of_cards().collect(), &service).await;
    assert_eq!(entries.len(), CARDS);
    let mut picture = requests.timeline("", "");
    picture.proves = format!(
        "A service reads, and tasks wait for it: {} answers are awaited at once, on one thread, and \
         the last is there after {} ms.",
        picture.most_at_once(),
        picture.end(),
    );
    picture
}

/// Loads all, reads all, enters all: three pictures, one after the other.
fn rayon_collects() -> (Index, Timeline) {
    let cards: Vec<Card> = cards().collect();
    let mut picture = ARCHIVE.picture("");
    let loaded = picture.end();

    let desk = Desk::new();
    let entries: Vec<Entry> = readers().install(|| {
        // Each card is a job of its own, or rayon gives a thread several and one may be idle.
        cards
            .into_par_iter()
            .with_max_len(1)
            .map(|card| {
                desk.machine.work(&card.name, 30);
                Entry { of: card.name }
            })
            .collect()
    });
    let mut reading = desk.picture();
    let read = loaded + reading.end();
    for lane in &mut reading.lanes {
        for span in &mut lane.spans {
            // Which thread takes which card is rayon's choice, and differs from run to run.
            "a card".clone_into(&mut span.label);
            span.start += loaded;
            span.end = span.end.map(|end| end + loaded);
        }
    }
    picture.lanes.append(&mut reading.lanes);

    let mut index = Index::default();
    for entry in entries {
        index.enter(entry);
    }
    let mut entering = ARCHIVE.picture("");
    for span in entering.lanes.iter_mut().flat_map(|lane| &mut lane.spans) {
        span.start += read;
        span.end = span.end.map(|end| end + read);
    }
    picture.lanes.append(&mut entering.lanes);
    picture.level = None;
    (index, picture)
}

fn main() -> std::io::Result<()> {
    assert_whole(&one_reader(cards()));
    let one = ARCHIVE.picture(
        "One reader: it never rests, and loading and entering wait for it. Nine cards take 350 ms.",
    );

    assert_whole(&several_readers(cards()));
    let mut several = ARCHIVE.picture("");
    several.proves = format!(
        "{READERS} readers at one queue: {} ms, never more than {} cards under way. Card 1, with the \
         ink blot, holds up one reader and nobody else.",
        several.end(),
        several.level.as_ref().map_or(0, Level::most),
    );

    assert_whole(&dealt_in_turn(cards()));
    let mut dealt = ARCHIVE.picture("");
    dealt.proves = format!(
        "{READERS} queues, dealt in turn: {} ms. The cards dealt to the reader with the blotted one \
         wait for it, although the other readers are idle.",
        dealt.end(),
    );

    let (threads, rayon, tokio) = (Desk::new(), Desk::new(), Arc::new(Desk::new()));
    assert_eq!(threads_at_a_desk(&threads).len(), CARDS);
    assert_eq!(rayon_at_a_desk(&rayon).len(), CARDS);
    assert_eq!(tokio_at_a_desk(&tokio).len(), CARDS);
    let (threads, mut bridge, tokio) = (threads.picture(), rayon.picture(), tokio.picture());
    assert!(threads == bridge, "rayon's threads took other cards");
    assert!(threads == tokio, "tokio's threads took other cards");
    bridge.proves = format!(
        "rayon's threads under par_bridge, reading alone: {} ms, card for card what our own threads \
         and the blocking ones of tokio do.",
        bridge.end(),
    );

    let (index, mut collects) = rayon_collects();
    assert_whole(&index);
    collects.proves = format!(
        "rayon's collect: three readers, but loading, reading and entering never overlap, and \
         without a blotted card it takes {} ms.",
        collects.end(),
    );

    worked::show(
        "fan_out_fan_in",
        &[
            ("one_reader", one),
            ("several_readers", several),
            ("dealt_in_turn", dealt),
            ("rayon_collects", collects),
        ],
    )?;
    worked::show(
        "fan_out_fan_in",
        &[
            ("rayon_takes_turns", bridge),
            ("tasks_wait", tasks_at_a_service()),
        ],
    )
}

fn assert_whole(index: &Index) {
    let expected: BTreeSet<String> = (0..CARDS).map(|n| format!("card {n}")).collect();
    assert!(
        index.entries == expected,
        "expected every card once, got {:?}",
        index.entries
    );
}
