//! Mistake: a lock for each account, the payer's first: two threads that lock in different orders wait for
//! each other.
//! Rejected by: pattern::money_on_its_way_is_never_seen
//! Learner sees: several threads used the ledger, and one never came back

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

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
    accounts: BTreeMap<String, Mutex<u64>>,
    rules: OnceLock<Rules>,
    reading: Mutex<()>,
    read_rules: ReadRules,
}

impl Ledger {
    pub fn new(accounts: Accounts, read_rules: ReadRules) -> Self {
        Self {
            accounts: accounts
                .into_iter()
                .map(|(name, balance)| (name, Mutex::new(balance)))
                .collect(),
            rules: OnceLock::new(),
            reading: Mutex::new(()),
            read_rules,
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
        let held: Vec<_> = self
            .accounts
            .iter()
            .map(|(n, b)| (n.clone(), b.lock().unwrap_or_else(PoisonError::into_inner)))
            .collect();
        let seen = held.iter().map(|(n, b)| (n.clone(), **b)).collect();
        look(&seen)
    }

    pub fn transfer(
        &self,
        from: &str,
        to: &str,
        amount: u64,
        approve: impl FnOnce(u64) -> bool,
    ) -> Result<(), Refused> {
        let balance = self.look(|a| covering(a, from, to, amount))?;
        let rules = self.rules().map_err(Refused::NoRules)?;
        if amount > rules.ask_above && !approve(balance) {
            return Err(Refused::NotApproved);
        }

        let mut payer = self.accounts[from]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *payer < amount {
            return Err(Refused::NotCovered);
        }
        if from == to {
            return Ok(());
        }
        let mut payee = self.accounts[to]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *payer -= amount;
        *payee += amount;
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
