//! The worked example of the chapter on timeouts and deadlines: a checkout calls three services, and
//! the shopper does not wait for ever.
//!
//! ```text
//! cargo run -p worked --example timeouts_and_deadlines
//! ```
//!
//! Tasks, timeouts and tokens are real. The clock is tokio's, paused: when every task waits, it jumps
//! to the next one's time.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use instruments::recorder::Recorder;
use instruments::timeline::Timeline;
use tokio::sync::mpsc;
use tokio::time::{self, Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

// Warm-up: change this number, say what the second picture will look like, and run the example.
// ANCHOR: warm_up
const BANK_TAKES: Duration = Duration::from_millis(45);
// ANCHOR_END: warm_up

const STOCK_TAKES: Duration = Duration::from_millis(45);
const COURIER_TAKES: Duration = Duration::from_millis(45);
const CHECK_TAKES: Duration = Duration::from_millis(130);
const RELEASE_TAKES: Duration = Duration::from_millis(15);
const LABEL_TAKES: Duration = Duration::from_millis(30);

// ANCHOR: budgets
/// What one service may take.
const HOP: Duration = Duration::from_millis(60);
/// How long the shopper waits.
const PATIENCE: Duration = Duration::from_millis(100);
// ANCHOR_END: budgets

/// When the shop takes no more orders.
const CLOSES: Duration = Duration::from_millis(20);

/// What tidying up may take.
const TIDYING: Duration = Duration::from_millis(30);

/// The services that a checkout calls.
#[derive(Clone)]
struct Shop {
    recorder: Recorder,
}

impl Shop {
    fn hold(&self) -> impl Future<Output = ()> + use<> {
        self.call("stock", "hold", STOCK_TAKES)
    }

    fn charge(&self) -> impl Future<Output = ()> + use<> {
        self.call("bank", "charge", BANK_TAKES)
    }

    fn book(&self) -> impl Future<Output = ()> + use<> {
        self.call("courier", "book", COURIER_TAKES)
    }

    fn check_fraud(&self) -> impl Future<Output = ()> + use<> {
        self.call("fraud check", "check", CHECK_TAKES)
    }

    fn release(&self) -> impl Future<Output = ()> + use<> {
        self.call("stock", "release", RELEASE_TAKES)
    }

    fn print_label(&self, order: &str) -> impl Future<Output = ()> + use<> {
        self.call("printer", order, LABEL_TAKES)
    }

    fn call(
        &self,
        service: &str,
        label: &str,
        takes: Duration,
    ) -> impl Future<Output = ()> + use<> {
        self.recorder.task(service, label, time::sleep(takes))
    }
}

// ANCHOR: a_timeout_each
async fn checkout_with_a_timeout_each(shop: &Shop) -> Result<()> {
    timeout(HOP, shop.hold()).await.context("stock")?;
    timeout(HOP, shop.charge()).await.context("bank")?;
    timeout(HOP, shop.book()).await.context("courier")?;
    Ok(())
}
// ANCHOR_END: a_timeout_each

// ANCHOR: one_deadline
async fn order(shop: &Shop) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    checkout(shop, deadline).await
}

async fn checkout(shop: &Shop, deadline: Instant) -> Result<()> {
    timeout_at(deadline, shop.hold()).await.context("stock")?;
    timeout_at(deadline, shop.charge()).await.context("bank")?;
    timeout_at(deadline, shop.book()).await.context("courier")?;
    Ok(())
}
// ANCHOR_END: one_deadline

// ANCHOR: tidies_up
async fn cancellable_checkout(
    shop: &Shop,
    deadline: Instant,
    token: &CancellationToken,
) -> Result<()> {
    let failure = match token.run_until_cancelled(checkout(shop, deadline)).await {
        Some(Ok(())) => return Ok(()),
        Some(Err(late)) => late,
        None => anyhow!("cancelled"),
    };
    // The order's time may be up, and its token cancelled.
    // Tidying up has time of its own.
    timeout(TIDYING, shop.release())
        .await
        .context("the stock is still held")?;
    Err(failure)
}
// ANCHOR_END: tidies_up

// ANCHOR: input_closed
async fn print_queued(shop: &Shop, mut orders: mpsc::Receiver<&str>) {
    while let Some(order) = orders.recv().await {
        shop.print_label(order).await;
    }
}
// ANCHOR_END: input_closed

// ANCHOR: spawned
async fn checked_checkout(shop: &Shop) -> Result<()> {
    let check = tokio::spawn(shop.check_fraud());
    shop.hold().await;
    shop.charge().await;
    check.await.context("fraud check")
}
// ANCHOR_END: spawned

// ANCHOR: guarded
async fn guarded_checkout(shop: &Shop, order: &CancellationToken) -> Result<()> {
    let token = order.child_token();
    let _stops_the_check = token.clone().drop_guard();
    let check = tokio::spawn(token.run_until_cancelled_owned(shop.check_fraud()));
    shop.hold().await;
    shop.charge().await;
    check.await.context("fraud check")?.context("cancelled")
}
// ANCHOR_END: guarded

fn print(_label: &str) {}

// ANCHOR: threads
fn print_labels(labels: &[&str], token: &CancellationToken) -> Result<()> {
    for label in labels {
        if token.is_cancelled() {
            bail!("cancelled before {label}");
        }
        print(label);
    }
    Ok(())
}
// ANCHOR_END: threads

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> std::io::Result<()> {
    let shop = open();
    let (result, ()) = tokio::join!(checkout_with_a_timeout_each(&shop), shopper_leaves(&shop));
    assert!(result.is_ok());
    let mut a_timeout_each = timeline(&shop);
    let ended = a_timeout_each.end();
    let courier = &mut a_timeout_each.lanes[2].spans[0];
    courier.broken_rule = Some("for nobody".to_owned());
    a_timeout_each.proves = format!(
        "A timeout for each call: none is met, the shopper leaves at {} ms, and the order is placed at \
         {ended} ms.",
        PATIENCE.as_millis(),
    );

    let shop = open();
    let error = order(&shop)
        .await
        .expect_err("three services are too slow together");
    assert!(format!("{error:#}") == format!("{error}: deadline has elapsed"));
    shop.recorder.moment(format!("error: {error}"));
    let mut one_deadline = timeline(&shop);
    one_deadline.proves = format!(
        "One deadline for the whole call: the {error} is cancelled at {} ms, and the shopper reads why.",
        one_deadline.end(),
    );

    let shop = open();
    let (token, deadline) = (CancellationToken::new(), Instant::now() + PATIENCE);
    let (result, ()) = tokio::join!(
        cancellable_checkout(&shop, deadline, &token),
        shopper_cancels(&shop, &token)
    );
    assert!(result.is_err_and(|error| error.to_string() == "cancelled"));
    let mut tidies_up = timeline(&shop);
    tidies_up.proves = format!(
        "The shopper cancels while the bank is being asked; the stock is released by {} ms.",
        tidies_up.end(),
    );

    let shop = open();
    let (sender, orders) = mpsc::channel(3);
    tokio::join!(print_queued(&shop, orders), shop_closes(&shop, sender));
    let mut input_closed = timeline(&shop);
    let closed = CLOSES.as_millis();
    input_closed.proves = format!(
        "The input is closed at {closed} ms, while the first of three labels is being printed. The other two are \
         still printed, by {} ms.",
        input_closed.end(),
    );

    let shop = open();
    let result = timeout(PATIENCE, checked_checkout(&shop)).await;
    assert!(result.is_err());
    shop.recorder.moment("deadline");
    // What it left behind goes on.
    time::sleep(CHECK_TAKES).await;
    let mut spawned = timeline(&shop);
    spawned.proves = format!(
        "The deadline drops the checkout at {} ms, and the task that it spawned goes on until {} ms.",
        PATIENCE.as_millis(),
        spawned.end(),
    );
    let check = spawned
        .lanes
        .iter_mut()
        .find(|lane| lane.name == "fraud check");
    check.expect("it was started").spans[0].broken_rule = Some("goes on".to_owned());

    let shop = open();
    let order = CancellationToken::new();
    let result = timeout(PATIENCE, guarded_checkout(&shop, &order)).await;
    assert!(result.is_err());
    assert!(!order.is_cancelled());
    shop.recorder.moment("deadline");
    time::sleep(CHECK_TAKES).await;
    let mut guarded = timeline(&shop);
    guarded.proves = format!(
        "The deadline drops the checkout at {} ms, with it the guard, and the check is cancelled.",
        guarded.end(),
    );

    cancelling_goes_down();
    threads_ask_between_two_labels();

    worked::show(
        "timeouts_and_deadlines",
        &[
            ("a_timeout_each", a_timeout_each),
            ("one_deadline", one_deadline),
            ("tidies_up", tidies_up),
            ("input_closed", input_closed),
            ("spawned", spawned),
            ("guarded", guarded),
        ],
    )
}

fn open() -> Shop {
    Shop {
        recorder: Recorder::on_tokios_clock(),
    }
}

fn timeline(shop: &Shop) -> Timeline {
    shop.recorder.timeline("", "")
}

async fn shopper_leaves(shop: &Shop) {
    time::sleep(PATIENCE).await;
    shop.recorder.moment("shopper leaves");
}

async fn shopper_cancels(shop: &Shop, token: &CancellationToken) {
    time::sleep(HOP).await;
    shop.recorder.moment("shopper cancels");
    token.cancel();
}

async fn shop_closes(shop: &Shop, orders: mpsc::Sender<&str>) {
    for order in ["label A", "label B", "label C"] {
        orders.send(order).await.expect("the printer is there");
    }
    time::sleep(CLOSES).await;
    shop.recorder.moment("input closed");
    drop(orders);
}

// ANCHOR: tree
fn cancelling_goes_down() {
    let shop = CancellationToken::new();
    let order = shop.child_token();
    let fraud_check = order.child_token();

    order.cancel();
    assert!(fraud_check.is_cancelled());
    assert!(!shop.is_cancelled());
}
// ANCHOR_END: tree

fn threads_ask_between_two_labels() {
    let token = CancellationToken::new();
    assert!(print_labels(&["a", "b"], &token).is_ok());
    token.cancel();
    assert!(print_labels(&["a", "b"], &token).is_err());
}
