// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: card
struct Card;
struct Entry;

impl Card {
    fn read(self) -> Entry {
        Entry
    }
}
// ANCHOR_END: card

// ANCHOR: cards
/// An iterator that loads the next card whenever it is asked for one.
type Cards = std::vec::IntoIter<Card>;
// ANCHOR_END: cards

// ANCHOR: index
#[derive(Default)]
struct Index;

impl Index {
    fn enter(&mut self, _: Entry) {}
}
// ANCHOR_END: index

// ANCHOR: house
struct Card {
    house: String,
}

/// An iterator that loads the next card whenever it is asked for one.
type Cards = std::vec::IntoIter<Card>;
// ANCHOR_END: house

// ANCHOR: service
struct Card;
struct Entry;

#[derive(Clone)]
struct Service;

impl Service {
    async fn read(self, _: Card) -> Entry {
        Entry
    }
}
// ANCHOR_END: service
