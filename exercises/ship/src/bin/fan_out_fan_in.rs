//! Adds up changes of accounts, lines like `anna -30`, on several threads: the changes of one
//! account in their order, those of different accounts side by side.
//!
//! Crates: anyhow, crossbeam-channel

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead, Write as _, stdin, stdout};
use std::{panic, thread};

use anyhow::{Context as _, Result, anyhow, ensure};
use crossbeam_channel::{Receiver, Sender, bounded};

/// Your work goes here: from the state of a key and an item of that key to the next state.
fn apply(balance: i64, change: &str) -> Result<i64> {
    let change: i64 = change.trim().parse().context(format!("{change:?}"))?;
    let balance = balance.checked_add(change).context("too much money")?;
    ensure!(balance >= 0, "overdrawn by {}", balance.unsigned_abs());
    Ok(balance)
}

/// Has the keys of one queue to itself, so their states need no lock.
fn work(lines: &Receiver<String>, done: &Sender<(String, Result<i64>)>) {
    let mut balances: HashMap<String, i64> = HashMap::new();
    for line in lines {
        let (account, change) = line.split_once(' ').unwrap_or((&line, ""));
        let balance = balances.get(account).copied().unwrap_or_default();
        // An error or a panic costs this item, and leaves the state as it was.
        let result = panic::catch_unwind(|| apply(balance, change))
            .unwrap_or_else(|_| Err(anyhow!("the work panicked")));
        if let Ok(balance) = result {
            balances.insert(account.to_owned(), balance);
        }
        if done.send((account.to_owned(), result)).is_err() {
            return; // the results are no longer read
        }
    }
}

/// Sends the lines of one key to one queue: its number is the key's hash.
fn deal(input: impl BufRead, queues: &[Sender<String>]) -> Result<()> {
    let hashes = RandomState::new();
    for line in input.lines() {
        let line = line.context("standard input")?;
        let key = line.split(' ').next();
        let number = usize::try_from(hashes.hash_one(key) % queues.len() as u64)?;
        if queues[number].send(line).is_err() {
            break; // the workers have stopped, because the results are no longer read
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let (done, results) = bounded(64);
    thread::scope(|scope| {
        let mut queues = Vec::new();
        for _ in 0..thread::available_parallelism()?.get() {
            let (queue, lines) = bounded(64);
            let done = done.clone();
            scope.spawn(move || work(&lines, &done));
            queues.push(queue);
        }
        drop(done); // from here on only the workers hold it: `results` ends with the last worker
        let dealer = scope.spawn(move || deal(stdin().lock(), &queues));

        let mut failed = 0;
        for (account, result) in results {
            match result {
                Ok(balance) => writeln!(stdout(), "{account} {balance}")?,
                Err(error) => {
                    eprintln!("{account}: {error:#}");
                    failed += 1;
                }
            }
        }
        dealer
            .join()
            .map_err(|_| anyhow!("the dealer panicked"))??;
        ensure!(failed == 0, "{failed} of the changes failed");
        Ok(())
    })
}
