//! Mistake: sets the amount aside while the clerk decides, so that other transfers find too little.
//! Rejected by: pattern::what_a_clerk_decides_on_is_not_set_aside
//! Learner sees: 50 from ada to cem should come to Ok(()), but came to Err(NotCovered)

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
    reading: Mutex<()>,
    read_rules: ReadRules,
    held: Mutex<Accounts>,
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: Mutex::new(accounts),
            rules: OnceLock::new(),
            reading: Mutex::new(()),
            read_rules,
            held: Mutex::default(),
        }
    }

    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules);
        }
        let _turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
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
        let set_aside = |add: bool| {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let h = held.entry(from.to_owned()).or_default();
            if add { *h += amount } else { *h -= amount }
        };
        if balance
            < amount
                + self
                    .held
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(from)
                    .copied()
                    .unwrap_or(0)
        {
            return Err(Refused::NotCovered);
        }
        let rules = self.rules().map_err(Refused::NoRules)?;
        if amount > rules.ask_above {
            set_aside(true);
            let outcome =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| approve(balance)));
            set_aside(false);
            match outcome {
                Ok(true) => {}
                Ok(false) => return Err(Refused::NotApproved),
                Err(p) => std::panic::resume_unwind(p),
            }
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
