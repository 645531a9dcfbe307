//! Design: locks that know no poison, from parking_lot, and once_cell, whose `get_or_try_init` is stable.
//! Crates: once_cell = "1.21"
//! Crates: parking_lot = "0.12"

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;

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
    rules: OnceCell<Rules>,
    read_rules: ReadRules,
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: Mutex::new(accounts),
            rules: OnceCell::new(),
            read_rules,
        }
    }

    pub fn rules(&self) -> Result<&Rules, Unreadable> {
        self.rules.get_or_try_init(&self.read_rules)
    }

    pub fn look<R>(&self, look: impl FnOnce(&Accounts) -> R) -> R {
        look(&self.accounts.lock())
    }

    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: u64,
        approve: impl FnOnce(u64) -> bool,
    ) -> Result<(), Refused> {
        let balance = covering(&self.accounts.lock(), from, to, amount)?;
        let rules = self.rules().map_err(Refused::NoRules)?;
        if amount > rules.ask_above && !approve(balance) {
            return Err(Refused::NotApproved);
        }

        let mut accounts = self.accounts.lock();
        covering(&accounts, from, to, amount)?;
        *accounts.get_mut(from).expect("it covers the amount") -= amount;
        *accounts.get_mut(to).expect("no account is ever closed") += amount;
        Ok(())
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
