//! Design: a `RwLock`, so that looks run at the same time; a mutex and a condition variable say whose turn it is to read the rules.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

pub type Accounts = BTreeMap<String, u64>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub ask_above: u64,
}

pub type ReadRules = Box<dyn Fn() -> Result<Rules, Unreadable> + Send + Sync>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    NoSuchAccount,
    NotCovered,
    NoRules(Unreadable),
    NotApproved,
}

pub struct Ledger {
    accounts: RwLock<Accounts>,
    rules: OnceLock<Rules>,
    /// Whether somebody reads the rules, and the bell that he rings at the end.
    somebody_reads: Mutex<bool>,
    has_read: Condvar,
    read_rules: ReadRules,
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: RwLock::new(accounts),
            rules: OnceLock::new(),
            somebody_reads: Mutex::new(false),
            has_read: Condvar::new(),
            read_rules,
        }
    }

    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        {
            let reads = self
                .somebody_reads
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let mut reads = self
                .has_read
                .wait_while(reads, |reads| *reads)
                .unwrap_or_else(PoisonError::into_inner);
            // Under the lock: whoever has read sets them before he says that he is done.
            if let Some(rules) = self.rules.get() {
                return Ok(rules);
            }
            *reads = true;
        }
        // Rings the bell however reading ends, and no lock is held meanwhile that it could poison.
        let _turn = Turn(self);
        let rules = (self.read_rules)()?;
        Ok(self.rules.get_or_init(|| rules))
    }

    pub fn look<R>(&self, look: impl FnOnce(&Accounts) -> R) -> R {
        // A panic under a read lock does not poison it.
        look(&self.accounts())
    }

    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: u64,
        approve: impl FnOnce(u64) -> bool,
    ) -> Result<(), Refused> {
        let balance = covering(&self.accounts(), from, to, amount)?;
        let rules = self.rules().map_err(Refused::NoRules)?;
        if amount > rules.ask_above && !approve(balance) {
            return Err(Refused::NotApproved);
        }

        // A read lock cannot become a write lock, so what was checked under the one is checked again.
        let mut accounts = self
            .accounts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        covering(&accounts, from, to, amount)?;
        *accounts.get_mut(from).expect("it covers the amount") -= amount;
        *accounts.get_mut(to).expect("no account is ever closed") += amount;
        Ok(())
    }

    fn accounts(&self) -> RwLockReadGuard<'_, Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's turn to read the rules.
struct Turn<'a>(&'a Ledger);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let reads = self.0.somebody_reads.lock();
        *reads.unwrap_or_else(PoisonError::into_inner) = false;
        self.0.has_read.notify_all();
    }
}

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
