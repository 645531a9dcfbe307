//! # Shared state
//!
//! A bank keeps its accounts in one ledger, and all its counters use it at once. Small transfers are
//! made at the counter. For a large one, the counter asks a clerk, who may think about it for minutes.
//! The bank's rules say which amount is large. They are read from the head office when a caller first
//! wants them. Build the ledger.
//!
//! What follows **Stretch:** below is asked by the stretch tests alone; all else completes the exercise.
//!
//! The chapter is `src/shared_state.md`; check your work with
//!
//! ```text
//! cargo test -p exercises --test shared_state
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

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
///
/// A ledger is shared: many threads call it at once, through a `&` or an `Arc`.
///
/// All the money is in the accounts at any moment: no caller ever sees an amount that has left one
/// account and not arrived at the other.
///
/// **Stretch:** If a `look`, a clerk or the reading of the rules panics, its caller gets that same
/// panic, with its own payload.
pub struct Ledger {
    // What changes together, and what is written once?
}

impl Ledger {
    /// A ledger that holds these accounts; no account is ever added or closed. All balances together
    /// fit into a `u64`. Nothing is read yet.
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        let _ = (accounts, read_rules);
        todo!("Ledger::new")
    }

    /// The rules. The first caller that wants them, here or for a [transfer](Self::transfer), reads
    /// them. Once they have been read, they are never read again.
    ///
    /// While one caller reads, another that wants the rules sleeps until the first has finished.
    /// Callers that do not want the rules are not held up: meanwhile they can [`look`](Self::look).
    ///
    /// # Errors
    /// If the rules cannot be read, the caller that read gets the error. It is not kept: the next
    /// caller that wants the rules reads again. Of the callers that slept meanwhile, one after the
    /// other reads, until one succeeds.
    ///
    /// # Panics
    /// If reading panics, in the caller that read. The others go on as after an error.
    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        todo!("Ledger::rules")
    }

    /// Shows all accounts to `look`, as they are at one moment, and returns what it makes of them.
    ///
    /// `look` is brief and does not call the ledger, so it may run under a lock. It changes nothing,
    /// so if it panics, its caller gets the panic, and the ledger goes on for all other callers.
    ///
    /// What `look` returns may be kept, but the accounts that it was shown must not leave it. As it
    /// is shipped, this signature lets them; yours must not.
    pub fn look<'a, R>(&'a self, look: impl FnOnce(&'a Accounts) -> R) -> R {
        let _ = look;
        todo!("Ledger::look")
    }

    /// Moves `amount` from one account to another, as a whole or not at all.
    ///
    /// If the [rules](Self::rules) ask for it, a clerk has to `approve`: she is shown the balance of
    /// `from`, once, and says whether the transfer may be made. For a small transfer, and for one that
    /// cannot be made as things stand, she is not asked.
    ///
    /// She may take her time. Until she has decided nothing is moved, and no other caller waits for her:
    /// others look, make transfers from and to the same accounts, and have their clerks decide. She
    /// may use the ledger herself. So what she was shown may have changed when she says yes. An
    /// account that no longer covers the transfer does not pay for it; one that still covers it does,
    /// whatever else has changed. If she panics, her caller gets the panic, nothing is moved, and the ledger goes on.
    ///
    /// A transfer from an account to itself is like any other, but moves nothing.
    ///
    /// # Errors
    /// Says why nothing was moved. If there are several reasons, it is the first in the order of
    /// [`Refused`]. A clerk's no is final: nothing is checked after it.
    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: u64,
        approve: impl FnOnce(u64) -> bool,
    ) -> Result<(), Refused> {
        let _ = approve;
        todo!("Ledger::transfer from {from} to {to}: {amount}")
    }
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
