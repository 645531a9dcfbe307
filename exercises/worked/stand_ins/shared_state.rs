// What the chapter's listings need besides what they show, for readers who copy one.
// ANCHOR: printer
struct Ticket {
    seat: u32,
}

fn print_ticket(seat: u32) -> Ticket {
    Ticket { seat }
}
// ANCHOR_END: printer

// ANCHOR: guest
struct Guest;

impl Guest {
    fn likes(&self, seat: u32) -> bool {
        seat > 0
    }
}
// ANCHOR_END: guest

// ANCHOR: hall
struct Hall {
    free: BTreeSet<u32>,
    sold: u32,
}

impl Hall {
    fn first_free(&self) -> Option<u32> {
        self.free.first().copied()
    }

    fn take_seat(&mut self) -> Option<u32> {
        let seat = self.free.pop_first()?;
        self.sold += 1;
        Some(seat)
    }

    fn give_back(&mut self, seat: u32) {
        self.free.insert(seat);
        self.sold -= 1;
    }
}
// ANCHOR_END: hall

// ANCHOR: price_list
fn read_price_list() -> BTreeMap<u32, u32> {
    (1..=40).map(|seat| (seat, 2800)).collect()
}
// ANCHOR_END: price_list
