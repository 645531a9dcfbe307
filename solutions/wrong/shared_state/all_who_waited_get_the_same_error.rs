//! Mistake: those who wait while one thread reads get its error too and do not read again, as with Go's
//! singleflight.
//! Rejected by: pattern::who_waited_while_reading_failed_reads_next
//! Learner sees: reading the rules failed once and would work now, but the thread that had waited for its turn came back with the error of the first: the line is dead

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

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
    flight: Mutex<Flight>,
    landed: Condvar,
    read_rules: ReadRules,
}

#[derive(Default)]
struct Flight {
    reading: bool,
    number: usize,
    error: Option<Unreadable>,
}

struct Landing<'a>(&'a Ledger, Option<Unreadable>);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut flight = self.0.flight.lock().unwrap_or_else(PoisonError::into_inner);
        flight.reading = false;
        flight.number += 1;
        flight.error = self.1.take();
        self.0.landed.notify_all();
    }
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: Mutex::new(accounts),
            rules: OnceLock::new(),
            flight: Mutex::default(),
            landed: Condvar::new(),
            read_rules,
        }
    }

    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if flight.reading {
            let mine = flight.number;
            while flight.reading && flight.number == mine {
                flight = self
                    .landed
                    .wait(flight)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if let Some(error) = &flight.error
                && self.rules.get().is_none()
            {
                return Err(error.clone());
            }
            drop(flight);
            return self.rules();
        }
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        flight.reading = true;
        flight.error = None;
        drop(flight);
        let landing = Landing(self, None);
        let rules = (self.read_rules)();
        let mut landing = landing;
        match rules {
            Ok(rules) => Ok(self.rules.get_or_init(|| rules)),
            Err(error) => {
                landing.1 = Some(error.clone());
                Err(error)
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
