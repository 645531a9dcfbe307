use exercises::shared_state::{Accounts, Ledger, Rules};

fn main() {
    let ledger = Ledger::new(
        Accounts::from([("ada".to_owned(), 100), ("bob".to_owned(), 0)]),
        Box::new(|| Ok(Rules { ask_above: 50 })),
    );
    let mut kept = None;
    ledger.look(|accounts| kept = Some(accounts));
    let _ = ledger.transfer("ada", "bob", 30, |_| true);
    println!("{kept:?}");
}
