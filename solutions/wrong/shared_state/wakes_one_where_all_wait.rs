//! Mistake: `notify_one` when the rules have been read: of several threads that wait for them, one goes on.
//! Rejected by: pattern::of_four_who_want_the_rules_one_reads_them
//! Learner sees: the rules were read, but one of 4 threads that wanted them waits for ever

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

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
    accounts: Mutex<Accounts>,
    rules: OnceLock<Rules>,
    reading: Mutex<bool>,
    bell: std::sync::Condvar,
    read_rules: ReadRules,
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: Mutex::new(accounts),
            rules: OnceLock::new(),
            reading: Mutex::new(false),
            bell: std::sync::Condvar::new(),
            read_rules,
        }
    }

    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        while *reading {
            reading = self
                .bell
                .wait(reading)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        *reading = true;
        drop(reading);
        let outcome = (self.read_rules)();
        if let Ok(rules) = &outcome {
            let _ = self.rules.set(*rules);
        }
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = false;
        match outcome {
            Ok(_) => {
                self.bell.notify_one();
                Ok(self.rules.get().expect("set"))
            }
            Err(why) => {
                self.bell.notify_one();
                Err(why)
            }
        }
    }

    pub fn look<R>(&self, look: impl FnOnce(&Accounts) -> R) -> R {
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

        let mut accounts = self.accounts();
        covering(&accounts, from, to, amount)?;
        *accounts.get_mut(from).expect("it covers the amount") -= amount;
        *accounts.get_mut(to).expect("no account is ever closed") += amount;
        Ok(())
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
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
