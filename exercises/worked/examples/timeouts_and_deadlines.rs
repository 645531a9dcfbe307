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
use futures::future::join_all;
use instruments::recorder::Recorder;
use instruments::timeline::Timeline;
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::{self, Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use worked::{Explore, Knob};

/// How long the bank takes, in milliseconds.
const BANK_TAKES: u64 = 45;

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

// ANCHOR: tidying
/// What tidying up may take.
const TIDYING: Duration = Duration::from_millis(30);
// ANCHOR_END: tidying

/// The services that a checkout calls.
#[derive(Clone)]
struct Shop {
    recorder: Recorder,
    bank_takes: Duration,
}

impl Shop {
    fn hold(&self) -> impl Future<Output = Result<()>> + use<> {
        self.call("stock", "hold", STOCK_TAKES)
    }

    fn charge(&self) -> impl Future<Output = Result<()>> + use<> {
        self.call("bank", "charge", self.bank_takes)
    }

    fn book(&self) -> impl Future<Output = Result<()>> + use<> {
        self.call("courier", "book", COURIER_TAKES)
    }

    fn check_fraud(&self) -> impl Future<Output = Result<()>> + use<> {
        self.call("fraud check", "check", CHECK_TAKES)
    }

    fn release(&self) -> impl Future<Output = Result<()>> + use<> {
        self.call("stock", "release", RELEASE_TAKES)
    }

    fn print_label(&self, order: &str) -> impl Future<Output = Result<()>> + use<> {
        self.call("printer", order, LABEL_TAKES)
    }

    fn call(
        &self,
        service: &str,
        label: &str,
        takes: Duration,
    ) -> impl Future<Output = Result<()>> + use<> {
        let answers = async move {
            time::sleep(takes).await;
            Ok(())
        };
        self.recorder.task(service, label, answers)
    }
}

// ANCHOR: a_timeout_each
async fn checkout_with_a_timeout_each(shop: &Shop) -> Result<()> {
    timeout(HOP, shop.hold()).await.context("stock")??;
    timeout(HOP, shop.charge()).await.context("bank")??;
    timeout(HOP, shop.book()).await.context("courier")??;
    Ok(())
}
// ANCHOR_END: a_timeout_each

// ANCHOR: one_limit
async fn order(shop: &Shop) -> Result<()> {
    timeout(PATIENCE, place(shop)).await.context("too slow")??;
    Ok(())
}

async fn place(shop: &Shop) -> Result<()> {
    shop.hold().await.context("stock")?;
    shop.charge().await.context("bank")?;
    shop.book().await.context("courier")
}
// ANCHOR_END: one_limit

// ANCHOR: one_deadline
async fn checkout(shop: &Shop, deadline: Instant) -> Result<()> {
    timeout_at(deadline, shop.hold()).await.context("stock")??;
    timeout_at(deadline, shop.charge())
        .await
        .context("bank")??;
    timeout_at(deadline, shop.book())
        .await
        .context("courier")??;
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
        Some(Err(failed_or_late)) => failed_or_late,
        None => anyhow!("cancelled"),
    };
    match timeout(TIDYING, shop.release()).await {
        Ok(Ok(())) => Err(failure),
        // Still says why the order failed: `{:#}` prints both.
        _ => Err(failure.context("the stock is still held")),
    }
}
// ANCHOR_END: tidies_up

// ANCHOR: input_closed
async fn print_queued(shop: &Shop, mut orders: mpsc::Receiver<&str>) {
    while let Some(order) = orders.recv().await {
        if let Err(error) = shop.print_label(order).await {
            eprintln!("{order}: {error:#}");
        }
    }
}
// ANCHOR_END: input_closed

// ANCHOR: spawned
async fn checked_checkout(shop: &Shop) -> Result<()> {
    let check = tokio::spawn(shop.check_fraud());
    shop.hold().await?;
    shop.charge().await?;
    check.await.context("the fraud check panicked")?
}
// ANCHOR_END: spawned

// ANCHOR: guarded
async fn guarded_checkout(shop: &Shop, order: &CancellationToken) -> Result<()> {
    let token = order.child_token();
    let _stops_the_check = token.clone().drop_guard();
    let check = tokio::spawn(token.run_until_cancelled_owned(shop.check_fraud()));
    shop.hold().await?;
    shop.charge().await?;
    let checked = check.await.context("the fraud check panicked")?;
    checked.context("cancelled")?
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

fn main() -> std::io::Result<()> {
    let bank = Knob {
        one: "ms for the bank",
        several: "ms for the bank",
        values: &[5, 25, 45, 54, 57, 70],
        default: BANK_TAKES,
    };
    Explore::new("bank", bank, one_deadline_alone).show("timeouts_and_deadlines")?;
    pictures()
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn pictures() -> std::io::Result<()> {
    let shop = open();
    let (result, ()) = tokio::join!(checkout_with_a_timeout_each(&shop), shopper_leaves(&shop));
    assert!(result.is_ok());
    let mut a_timeout_each = timeline(&shop);
    let ended = a_timeout_each.end();
    let courier = &mut a_timeout_each.lanes[2].spans[0];
    courier.broken_rule = Some("for nobody".to_owned());
    a_timeout_each.proves = format!(
        "A timeout for each call: none fires, the shopper leaves at {} ms, and the order is placed at \
         {ended} ms.",
        PATIENCE.as_millis(),
    );

    let shop = open();
    let error = order(&shop)
        .await
        .expect_err("three services are too slow together");
    assert!(format!("{error:#}") == "too slow: deadline has elapsed");
    let one_limit = timeline(&shop);
    let with_a_deadline = one_deadline(BANK_TAKES).await;
    assert!(one_limit.lanes == with_a_deadline.lanes);

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
    let all_three = timeline(&shop).end();
    assert!(all_three == 90, "the last label was done at {all_three} ms");

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
            ("an_evening", an_evening(1).await),
            ("tidies_up", tidies_up),
            ("spawned", spawned),
            ("guarded", guarded),
        ],
    )
}

fn open() -> Shop {
    Shop {
        recorder: Recorder::on_tokios_clock(),
        bank_takes: Duration::from_millis(BANK_TAKES),
    }
}

/// One order with a deadline, when the bank takes so many milliseconds.
async fn one_deadline(bank_takes: u64) -> Timeline {
    let shop = Shop {
        bank_takes: Duration::from_millis(bank_takes),
        ..open()
    };
    let ended = checkout(&shop, Instant::now() + PATIENCE).await;
    let mut picture = timeline(&shop);
    let at = picture.end();
    let how = match ended {
        Ok(()) => format!("the order is placed at {at} ms"),
        Err(late) => format!("at {at} ms the shopper reads “{late:#}”"),
    };
    let calls = picture.lanes.len();
    picture.proves =
        format!("The bank takes {bank_takes} ms: {calls} services are called, and {how}.");
    picture
}

/// Orders on an evening on which each call takes 10 to 50 ms, as the seed has it.
async fn an_evening(seed: u64) -> Timeline {
    let recorder = Recorder::on_tokios_clock();
    let (mut placed, mut took) = (0, 0);
    let orders = 8;
    let calls = (0..orders).map(|order| {
        let calls = [0, 1, 2].map(|call| 10 + scattered(seed * 100 + order * 3 + call) % 41);
        took += calls.iter().sum::<u64>();
        let services = async move {
            for milliseconds in calls {
                time::sleep(Duration::from_millis(milliseconds)).await;
            }
        };
        let lane = format!("order {}", order + 1);
        recorder.try_task(&lane, "place", timeout(PATIENCE, services))
    });
    for order in join_all(calls).await {
        placed += u64::from(order.is_ok());
    }
    let mut picture = recorder.timeline("", "");
    picture.proves = format!(
        "Calls of 10 to 50 ms, as chance has it: on average the three take {} ms together, and {} of \
         {orders} orders miss the limit of {} ms.",
        took / orders,
        orders - placed,
        PATIENCE.as_millis(),
    );
    picture
}

/// The end of splitmix64: neighbouring numbers come out far apart.
const fn scattered(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// [`one_deadline`], from outside of any runtime.
fn one_deadline_alone(bank_takes: u64) -> Vec<Timeline> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("the system has room for a runtime");
    vec![runtime.block_on(one_deadline(bank_takes))]
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
