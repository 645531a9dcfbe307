//! Design: answers of one enum in a `JoinSet`, the wall in an `ArcSwapOption`, the background in a `JoinSet` of one.
//! Crates: arc-swap = "1"

use std::panic;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinSet};
use tokio::time;
use tokio_util::task::TaskTracker;

pub trait Services: Send + Sync + 'static {
    fn orders(&self) -> impl Future<Output = u32> + Send;
    fn ovens(&self) -> impl Future<Output = Vec<u16>> + Send;
    fn flour(&self) -> impl Future<Output = u32> + Send;
    fn vans(&self) -> impl Future<Output = Vec<String>> + Send;
    fn till(&self) -> impl Future<Output = u64> + Send;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    pub orders: u32,
    pub ovens: Vec<u16>,
    pub flour: u32,
    pub vans: Vec<String>,
    pub till: u64,
}

pub struct Panel<S> {
    services: Arc<S>,
    turn: Arc<Mutex<()>>,
    latest: ArcSwapOption<Dashboard>,
}

/// Tasks of one set return one type.
enum Answer {
    Orders(u32),
    Ovens(Vec<u16>),
    Flour(u32),
    Vans(Vec<String>),
    Till(u64),
}

impl<S: Services> Panel<S> {
    pub fn new(services: S) -> Self {
        Self {
            services: Arc::new(services),
            turn: Arc::default(),
            latest: ArcSwapOption::empty(),
        }
    }

    pub async fn refresh(&self) -> Dashboard {
        self.refresh_counted(&TaskTracker::new()).await
    }

    /// Refreshes, with every request in `requests` for as long as it lives.
    async fn refresh_counted(&self, requests: &TaskTracker) -> Dashboard {
        // Each request has a share in the turn. A set that is dropped tells its tasks to end, which takes a
        // moment, and only then may the next refresh ask the same service.
        let turn = Arc::new(Arc::clone(&self.turn).lock_owned().await);
        let mut asking = JoinSet::new();
        let mut ask = |question: BoxFuture<'static, Answer>| {
            let turn = Arc::clone(&turn);
            asking.spawn(requests.track_future(async move {
                let _turn = turn;
                question.await
            }));
        };
        let services = || Arc::clone(&self.services);
        let s = services();
        ask(async move { Answer::Orders(s.orders().await) }.boxed());
        let s = services();
        ask(async move { Answer::Ovens(s.ovens().await) }.boxed());
        let s = services();
        ask(async move { Answer::Flour(s.flour().await) }.boxed());
        let s = services();
        ask(async move { Answer::Vans(s.vans().await) }.boxed());
        let s = services();
        ask(async move { Answer::Till(s.till().await) }.boxed());
        let mut dashboard = Dashboard {
            orders: 0,
            ovens: Vec::new(),
            flour: 0,
            vans: Vec::new(),
            till: 0,
        };
        while let Some(ended) = asking.join_next().await {
            match ended {
                Ok(Answer::Orders(orders)) => dashboard.orders = orders,
                Ok(Answer::Ovens(ovens)) => dashboard.ovens = ovens,
                Ok(Answer::Flour(flour)) => dashboard.flour = flour,
                Ok(Answer::Vans(vans)) => dashboard.vans = vans,
                Ok(Answer::Till(till)) => dashboard.till = till,
                Err(error) => panic::resume_unwind(error.into_panic()),
            }
        }
        self.latest.store(Some(Arc::new(dashboard.clone())));
        dashboard
    }

    pub fn latest(&self) -> Option<Dashboard> {
        self.latest.load_full().map(Arc::unwrap_or_clone)
    }
}

pub fn keep_fresh<S: Services>(panel: Arc<Panel<S>>, rest: Duration) -> Refresher {
    let (mut task, requests) = (JoinSet::new(), TaskTracker::new());
    let counted = requests.clone();
    task.spawn(async move {
        loop {
            panel.refresh_counted(&counted).await;
            time::sleep(rest).await;
        }
    });
    Refresher { task, requests }
}

/// A set aborts its tasks when it is dropped.
#[must_use = "the panel is kept fresh only as long as this lives"]
pub struct Refresher {
    task: JoinSet<()>,
    requests: TaskTracker,
}

impl Refresher {
    pub async fn stop(mut self) -> Result<(), JoinError> {
        self.task.abort_all();
        let mut came = Ok(());
        while let Some(ended) = self.task.join_next().await {
            match ended {
                Err(panicked) if panicked.is_panic() => came = Err(panicked),
                _ => {}
            }
        }
        // The task has told its requests to end on its way out. They are gone a moment later.
        self.requests.close();
        self.requests.wait().await;
        came
    }
}
