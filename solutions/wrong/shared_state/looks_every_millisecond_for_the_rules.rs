//! Mistake: a flag says that somebody reads, and everybody else looks every millisecond whether he still does.
//! Rejected by: pattern::who_waits_for_the_rules_sleeps
//! Learner sees: one thread reads the rules, and another that wants them stays awake to look for them

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

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
    reading: AtomicBool,
    read_rules: ReadRules,
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: Mutex::new(accounts),
            rules: OnceLock::new(),
            reading: AtomicBool::new(false),
            read_rules,
        }
    }

    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        struct Turn<'a>(&'a AtomicBool);
        impl Drop for Turn<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        loop {
            if let Some(rules) = self.rules.get() {
                return Ok(rules);
            }
            if !self.reading.swap(true, Ordering::Acquire) {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let _turn = Turn(&self.reading);
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let rules = (self.read_rules)()?;
        Ok(self.rules.get_or_init(|| rules))
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
