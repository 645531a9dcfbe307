//! The worked example of the chapter on fan-out and fan-in: a city archive makes the cards of its
//! census of 1900 searchable. A card is loaded, its handwriting is read, and it goes into the index.
//!
//! ```text
//! cargo run -p worked --example fan_out_fan_in
//! ```
//!
//! The threads are real. The clock is simulated, and what the threads wait at with it, so that the
//! pictures come out the same everywhere; in everything else channels and mutex are std's. The tasks
//! that wait do so on tokio's clock, paused. No two cards of the run with jitter take equally long, and
//! its durations come from a seed.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use instruments::recorder::Recorder;
use instruments::simulation::Simulation;
use instruments::simulation::turns::{self, JoinHandle, Receiver, SyncSender, Turns};
use instruments::timeline::{Level, Timeline};
use rayon::iter::{ParallelBridge, ParallelIterator};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::sleep;
use worked::{Explore, Knob};

const CARDS: usize = 9;
const HOUSES: usize = 4;
const ROOM: usize = 1;
const READERS: usize = 3;

static ARCHIVE: Turns = Turns::new();

/// A card of the census as it was photographed.
struct Card {
    name: String,
    house: String,
    takes: Takes,
}

/// What is written on a card.
struct Entry {
    of: String,
    house: String,
    takes: Takes,
}

/// How many milliseconds the steps of a card take.
#[derive(Clone, Copy)]
struct Takes {
    load: u64,
    read: u64,
    enter: u64,
}

impl Takes {
    /// 10, 30 and 10 ms, and 90 to read the card with the ink blot.
    fn of_card(number: usize) -> Self {
        Self {
            load: 10,
            read: if number == 1 { 90 } else { 30 },
            enter: 10,
        }
    }

    /// Around the same durations, as a seed has it.
    fn with_jitter(number: usize) -> Self {
        let random = |salt: u64, from: u64, below: u64| {
            let mut bits = (number as u64 + 1) * 3 + salt;
            // The end of splitmix64: neighbouring numbers come out far apart.
            bits = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            from + (bits ^ (bits >> 31)) % (below - from)
        };
        Self {
            load: random(0, 5, 16),
            read: random(1, 15, 76),
            enter: random(2, 5, 16),
        }
    }
}

impl Card {
    fn new(number: usize, takes: Takes) -> Self {
        Self {
            name: format!("card {number}"),
            house: format!("house {}", number % HOUSES),
            takes,
        }
    }

    /// Reads the handwriting, which keeps a core busy.
    fn read(self) -> Entry {
        ARCHIVE.work("read", &self.name, self.takes.read);
        self.into_entry()
    }

    fn into_entry(self) -> Entry {
        Entry {
            of: self.name,
            house: self.house,
            takes: self.takes,
        }
    }
}

/// What is still in the box. Each `next` loads a card.
struct Cards {
    left: std::ops::Range<usize>,
    takes: fn(usize) -> Takes,
}

impl Iterator for Cards {
    type Item = Card;

    fn next(&mut self) -> Option<Card> {
        let number = self.left.next()?;
        let card = Card::new(number, (self.takes)(number));
        ARCHIVE.work("load", &card.name, card.takes.load);
        Some(card)
    }
}

/// The index of the census. It keeps its entries in the order in which they came.
#[derive(Default)]
struct Index {
    entries: Vec<Entry>,
}

impl Index {
    fn enter(&mut self, entry: Entry) {
        ARCHIVE.work("enter", &entry.of, entry.takes.enter);
        self.entries.push(entry);
    }

    /// The cards in the order of their entries, of one house or of all.
    fn order(&self, house: Option<&str>) -> Vec<&str> {
        let entries = self.entries.iter();
        let entries = entries.filter(|entry| house.is_none_or(|house| entry.house == house));
        entries.map(|entry| entry.of.as_str()).collect()
    }
}

fn cards() -> Cards {
    Cards {
        left: 0..CARDS,
        takes: Takes::of_card,
    }
}

fn sync_channel<T>(room: usize) -> (SyncSender<T>, Receiver<T>) {
    ARCHIVE.sync_channel(room)
}

mod thread {
    pub fn spawn(work: impl FnOnce() + Send + 'static) -> super::JoinHandle<()> {
        super::ARCHIVE.spawn(work)
    }
}

/// Std's mutex on the picture's clock.
struct Mutex<T: 'static>(turns::Mutex<T>);

impl<T> Mutex<T> {
    fn new(value: T) -> Self {
        Self(ARCHIVE.mutex(value))
    }

    fn lock(&self) -> Result<turns::Guard<'_, T>, std::convert::Infallible> {
        self.0.lock()
    }
}

// ANCHOR: load
fn load(cards: Cards, loaded: &SyncSender<Card>) {
    for card in cards {
        if loaded.send(card).is_err() {
            return; // every reader is gone
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
            return; // the index takes no more entries
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
        thread.join().expect("no stage panics");
    }
    index
}

// ANCHOR: take_turns
fn take_turns(loaded: &Mutex<Receiver<Card>>, read: &SyncSender<Entry>) {
    loop {
        let next = loaded.lock().expect("no reader panics with it").recv();
        let Ok(card) = next else {
            return; // all cards are taken
        };
        if read.send(card.read()).is_err() {
            return; // the index takes no more entries
        }
    }
}
// ANCHOR_END: take_turns

// ANCHOR: fan
fn several_readers(readers: usize, cards: Cards) -> Index {
    let (to_read, loaded) = sync_channel(ROOM);
    let (to_enter, entries) = sync_channel(ROOM);
    let mut threads = vec![thread::spawn(move || load(cards, &to_read))];

    // Out: one receiver, and readers that take turns at it.
    let loaded = Arc::new(Mutex::new(loaded));
    for _ in 0..readers {
        let loaded = Arc::clone(&loaded);
        // In: a sender for each reader.
        let to_enter = to_enter.clone();
        threads.push(thread::spawn(move || take_turns(&loaded, &to_enter)));
    }
    // From here on only the readers hold these ends: `entries` ends with the last reader.
    drop((loaded, to_enter));

    let mut index = Index::default();
    for entry in entries {
        index.enter(entry);
    }
    for thread in threads {
        thread.join().expect("no stage panics");
    }
    index
}
// ANCHOR_END: fan

// ANCHOR: deal
fn deal(cards: Cards, to_readers: &[SyncSender<Card>]) {
    for (card, to_reader) in cards.zip(to_readers.iter().cycle()) {
        if to_reader.send(card).is_err() {
            return; // this reader is gone
        }
    }
}
// ANCHOR_END: deal

// ANCHOR: deal_by_house
fn deal_by_house(cards: Cards, to_readers: &[SyncSender<Card>]) {
    let hashes = RandomState::new();
    for card in cards {
        // Cards of one house go to one reader, and that reader takes them in their order.
        let number = hashes.hash_one(&card.house) % to_readers.len() as u64;
        let number = usize::try_from(number).expect("less than the number of readers");
        if to_readers[number].send(card).is_err() {
            return; // this reader is gone
        }
    }
}
// ANCHOR_END: deal_by_house

/// How the loader chooses among the readers' queues.
type Deal = fn(Cards, &[SyncSender<Card>]);

/// Each reader has its own queue.
fn dealt(deal: Deal, cards: Cards) -> Index {
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
        self.machine.work(&card.name, card.takes.read);
        card.into_entry()
    }

    fn picture(&self) -> Timeline {
        self.machine.by_thread("read", "", Some(READERS))
    }
}

fn box_of_cards() -> impl Iterator<Item = Card> {
    (0..CARDS).map(|number| Card::new(number, Takes::of_card(number)))
}

/// The readers from above at a desk.
fn threads_at_a_desk(desk: &Desk) -> Vec<Entry> {
    let (to_read, loaded) = mpsc::sync_channel(ROOM);
    let (to_enter, entries) = mpsc::sync_channel(CARDS);
    let loaded = std::sync::Mutex::new(loaded);
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            let (loaded, to_enter) = (&loaded, to_enter.clone());
            scope.spawn(move || {
                loop {
                    let next = loaded.lock().expect("no reader panics").recv();
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
    read: impl Fn(Card) -> Entry + Sync,
    to_enter: &mpsc::SyncSender<Entry>,
) {
    let sent = cards
        .par_bridge()
        .try_for_each(|card| to_enter.send(read(card)));
    if sent.is_err() {
        eprintln!("the index takes no more entries");
    }
}
// ANCHOR_END: bridge

fn rayon_at_a_desk(desk: &Desk) -> Vec<Entry> {
    let (to_enter, entries) = mpsc::sync_channel(CARDS);
    readers().install(|| take_turns_on_rayon(box_of_cards(), |card| desk.read(card), &to_enter));
    drop(to_enter);
    entries.into_iter().collect()
}

// ANCHOR: blocking
async fn read_on_tokio<R>(cards: Vec<Card>, read: R) -> Vec<Entry>
where
    R: Fn(Card) -> Entry + Clone + Send + 'static,
{
    let mut reading = JoinSet::new();
    for card in cards {
        let read = read.clone();
        reading.spawn_blocking(move || read(card));
    }
    reading.join_all().await
}
// ANCHOR_END: blocking

fn tokio_at_a_desk(desk: &Arc<Desk>) -> Vec<Entry> {
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(READERS)
        .build()
        .expect("the system has room for a runtime");
    let desk = Arc::clone(desk);
    let read = move |card| desk.read(card);
    runtime.block_on(read_on_tokio(box_of_cards().collect(), read))
}

/// An archive far away that reads handwriting for others. It takes as long as we do, and the task that
/// asks has nothing to do meanwhile.
#[derive(Clone)]
struct Service {
    requests: Recorder,
}

impl Service {
    async fn read(self, card: Card) -> Entry {
        let answer = sleep(Duration::from_millis(card.takes.read));
        self.requests.task(&card.name, "ask", answer).await;
        card.into_entry()
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

/// The run of so many readers at one queue.
fn with_readers(readers: usize) -> Timeline {
    assert_whole(&several_readers(readers, cards()));
    let mut picture = ARCHIVE.picture("");
    let most = most_under_way(&picture, readers);
    picture.proves = format!(
        "{}: {} ms, at most {most} cards under way.",
        match readers {
            1 => "1 reader".to_owned(),
            _ => format!("{readers} readers"),
        },
        picture.end(),
    );
    picture
}

/// Checks the bound: a card with each thread, and what has room in the two queues.
fn most_under_way(picture: &Timeline, readers: usize) -> u64 {
    let most = picture.level.as_ref().map_or(0, Level::most);
    let bound = 1 + ROOM + readers + ROOM + 1;
    assert!(
        most <= bound as u64,
        "{most} cards were under way, not {bound} at most"
    );
    most
}

/// Three readers at one queue, and no two cards that take equally long.
fn with_jitter() -> Timeline {
    let cards = Cards {
        left: 0..CARDS,
        takes: Takes::with_jitter,
    };
    let index = several_readers(READERS, cards);
    assert_whole(&index);
    let order: Vec<&str> = index
        .order(None)
        .iter()
        .map(|card| card.trim_start_matches("card "))
        .collect();
    let mut picture = ARCHIVE.picture("");
    let most = most_under_way(&picture, READERS);
    picture.proves = format!(
        "{READERS} readers, and no two cards take equally long: {} ms, at most {most} cards under \
         way, and entries in the order {}.",
        picture.end(),
        order.join(", "),
    );
    picture
}

fn assert_each_house_in_order(index: &Index) {
    for house in (0..HOUSES).map(|house| format!("house {house}")) {
        let order = index.order(Some(&house));
        assert!(order.is_sorted(), "cards of {house} came as {order:?}");
    }
}

fn main() -> std::io::Result<()> {
    assert_whole(&one_reader(cards()));
    let one = ARCHIVE.picture(
        "One reader: it never rests, and loading and entering wait for it. Nine cards take 350 ms.",
    );

    assert_whole(&several_readers(READERS, cards()));
    let mut several = ARCHIVE.picture("");
    several.proves = format!(
        "{READERS} readers at one queue: {} ms, never more than {} cards under way. Card 1, with the \
         ink blot, holds up one reader and no other.",
        several.end(),
        several.level.as_ref().map_or(0, Level::most),
    );

    let by_house = dealt(deal_by_house, cards());
    assert_whole(&by_house);
    assert_each_house_in_order(&by_house);
    // How many readers the hash keeps busy differs from run to run, so there is no picture of it.
    let _ = ARCHIVE.picture("");

    assert_whole(&dealt(deal, cards()));
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
    let (threads, rayon, tokio) = (threads.picture(), rayon.picture(), tokio.picture());
    assert!(threads == rayon, "rayon's threads took other cards");
    assert!(threads == tokio, "tokio's threads took other cards");
    assert_eq!(threads.end(), 120);

    let readers = Knob {
        one: "reader",
        several: "readers",
        values: &[1, 2, 3, 4, 6, 9],
        default: READERS as u64,
    };
    Explore::new("readers", readers, |readers| {
        let readers = usize::try_from(readers).expect("a small number");
        vec![with_readers(readers)]
    })
    .show("fan_out_fan_in")?;
    worked::show(
        "fan_out_fan_in",
        &[
            ("one_reader", one),
            ("several_readers", several),
            ("with_jitter", with_jitter()),
            ("dealt_in_turn", dealt),
        ],
    )?;
    worked::show("fan_out_fan_in", &[("tasks_wait", tasks_at_a_service())])
}

fn assert_whole(index: &Index) {
    let mut entries = index.order(None);
    entries.sort_unstable();
    let expected: Vec<String> = (0..CARDS).map(|n| format!("card {n}")).collect();
    assert!(
        entries == expected,
        "expected every card once, got {entries:?}"
    );
}
