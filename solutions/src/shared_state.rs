//! # Shared state
//!
//! Two kinds of state, and two kinds of lock. The accounts change all the time, and two of them
//! change together: they are one value behind one `Mutex`. The rules are written once: a `OnceLock`
//! hands out a plain `&Rules`, without a guard and without a wait.
//!
//! *What runs under a lock?* Only code of this file, and `look`, which promises to be brief. The clerk
//! and the head office are the caller's code and may take minutes, so they run while the lock of the
//! accounts is free.
//!
//! *What is a check worth after its lock was released?* Nothing. So `transfer` checks twice: first to
//! spare the clerk, and then under the lock that also covers the move. Only the second check counts.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What each account holds, by its owner's name.
pub type Accounts = BTreeMap<String, u64>;

/// The bank's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A transfer of more than this needs a clerk's approval.
    pub ask_above: u64,
}

/// Reads the rules from the head office. It may take a while, fail, or panic.
pub type ReadRules = Box<dyn Fn() -> Result<Rules, Unreadable> + Send + Sync>;

/// The rules could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Why a transfer was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// One of the two has no account.
    NoSuchAccount,
    /// The account holds less than the amount.
    NotCovered,
    /// There are no rules to judge it by.
    NoRules(Unreadable),
    /// The clerk said no.
    NotApproved,
}

/// Some accounts, and the rules for them.
pub struct Ledger {
    accounts: Mutex<Accounts>,
    rules: OnceLock<Rules>,
    /// Held by the thread that reads the rules, so that one reads at a time. `OnceLock::get_or_init`
    /// alone would do for a closure that cannot fail; `get_or_try_init` is not stable yet.
    reading: Mutex<()>,
    read_rules: ReadRules,
}

impl Ledger {
    /// A ledger that holds these accounts.
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: Mutex::new(accounts),
            rules: OnceLock::new(),
            reading: Mutex::new(()),
            read_rules,
        }
    }

    /// The rules, read by the first caller that wants them.
    ///
    /// # Errors
    /// If they cannot be read. The next caller that wants them reads again.
    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        // If reading has panicked, this lock is poisoned. It protects no data, so none is half changed.
        let _turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have read them while this one waited for its turn.
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let rules = (self.read_rules)()?;
        Ok(self.rules.get_or_init(|| rules))
    }

    /// Shows all accounts to `look`, as they are at one moment, and returns what it makes of them.
    ///
    /// `FnOnce(&Accounts) -> R` is short for a promise to take a reference of *any* lifetime, however
    /// brief. `R` is one type for all of them, so it cannot hold the reference.
    pub fn look<R>(&self, look: impl FnOnce(&Accounts) -> R) -> R {
        look(&self.accounts())
    }

    /// Moves `amount` from one account to another, if the account covers it and the rules, or a
    /// clerk, allow it.
    ///
    /// # Errors
    /// Says why it was not made.
    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: u64,
        approve: impl FnOnce(u64) -> bool,
    ) -> Result<(), Refused> {
        // The guard is a temporary of this statement, so the lock is free again at the semicolon.
        let balance = covering(&self.accounts(), from, to, amount)?;
        let rules = self.rules().map_err(Refused::NoRules)?;
        if amount > rules.ask_above && !approve(balance) {
            return Err(Refused::NotApproved);
        }

        // From here to the end no other thread changes anything, so this time the answer holds.
        let mut accounts = self.accounts();
        covering(&accounts, from, to, amount)?;
        // One after the other, in place, so that a transfer from an account to itself changes nothing.
        *accounts.get_mut(from).expect("it covers the amount") -= amount;
        *accounts.get_mut(to).expect("no account is ever closed") += amount;
        Ok(())
    }

    /// Poison says that a thread panicked while it held the lock. Here that can only be a `look`, which
    /// has changed nothing, so the accounts are whole.
    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The balance of `from`, if it covers the transfer.
fn covering(accounts: &Accounts, from: &str, to: &str, amount: u64) -> Result<u64, Refused> {
    let (Some(&balance), true) = (accounts.get(from), accounts.contains_key(to)) else {
        return Err(Refused::NoSuchAccount);
    };
    if balance < amount {
        return Err(Refused::NotCovered);
    }
    Ok(balance)
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(why) = self;
        write!(f, "the rules cannot be read: {why}")
    }
}

impl Error for Unreadable {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchAccount => write!(f, "there is no such account"),
            Self::NotCovered => write!(f, "the account holds less than that"),
            Self::NoRules(why) => write!(f, "{why}"),
            Self::NotApproved => write!(f, "the clerk said no"),
        }
    }
}

impl Error for Refused {}
