mod saves;

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Exit;
use super::build::edition;
use crate::book::server::{self, Guard, HostName, Patience, Shared, Token};
use crate::book::{Change, Rebuilds};
use crate::course::Course;
use crate::process;
use saves::Saves;

/// How often the files are looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// How long an answer that is being recorded may take after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Builds the book and serves it: pages reload when a file changes, quizzes count, and saved
/// exercises are checked.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen on this machine; if it is in use, the next free port is taken
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// A further name that the browser may use: `devbox`, `localhost:8000`, `*.app.github.dev`.
    /// Without a port it holds for all; repeat the option for several names
    #[arg(long, value_name = "NAME", env = "COURSE_HOST", value_delimiter = ',')]
    host: Vec<HostName>,
    /// The interface to listen on: 0.0.0.0 for all, as a container with a published port needs.
    /// Everyone who reaches it can then read the book and answer quizzes in your place
    #[arg(long, value_name = "IP", default_value_t = LOOPBACK)]
    address: IpAddr,
    /// With the agendas and the notes for trainers
    #[arg(long)]
    notes: bool,
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub fn run(args: &Args, course: &Course) -> Result<Exit> {
    println!("Building the book …");
    let started = Instant::now();
    let (rebuilds, site) = Rebuilds::start(course, edition(args.notes))?;
    println!(
        "Built {} chapters in {:.1} s.",
        course.chapters().len(),
        started.elapsed().as_secs_f64()
    );

    let listener = server::listen(args.address, args.port).with_context(|| {
        let (address, port) = (args.address, args.port);
        format!("cannot listen on port {port} of {address}")
    })?;
    let port = listener.local_addr()?.port();
    if args.port != 0 && port != args.port {
        println!("Port {} is in use; {port} is taken instead.", args.port);
    }
    let guard = Guard::new(port, args.host.clone(), Token::random()?);
    let origin = guard.origin();
    let shared = Shared::new(guard, course.root().to_owned(), site);

    let watching = Arc::clone(&shared);
    // Ends with the process; a build under way is not worth waiting for.
    std::thread::Builder::new()
        .name("rebuild".to_owned())
        .spawn(move || keep_up(rebuilds, &watching))?;

    let mut interrupt = process::on_interrupt()?;
    let saves = Saves::start(course, Arc::clone(&shared))?;
    // Whoever reads this may save at once, and that must not go unseen.
    println!(
        "\n  Open {origin}/{}\n\n\
         Pages reload when you change a chapter, a quiz or a worked example.\n\
         Quizzes you answer there count; `cargo checker status` shows them.\n\
         Save a file of the exercises, and its lesson's page shows what the tests say.\n\
         Ctrl-C stops the server.",
        other_names(args)
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        tokio::select! {
            served = server::serve(listener, shared, Patience::default()) => served,
            () = interrupt.wanted() => Ok(()),
        }
    });
    runtime.shutdown_timeout(LAST_WORDS);
    served?;
    saves.join();
    println!("\nStopped.");
    Ok(Exit::Passed)
}

/// What is different from a server that only this machine reaches.
fn other_names(args: &Args) -> String {
    let mut shown = String::new();
    if !args.host.is_empty() {
        let names: Vec<_> = args.host.iter().map(HostName::to_string).collect();
        let _ = write!(shown, "\n  It also answers to {}.", names.join(", "));
    }
    if !args.address.is_loopback() {
        let _ = write!(
            shown,
            "\n  It listens on {}: who reaches that can answer quizzes in your place.",
            args.address
        );
    }
    shown
}

fn keep_up(mut rebuilds: Rebuilds, shared: &Shared) {
    loop {
        std::thread::sleep(GLANCE);
        let started = Instant::now();
        match rebuilds.look() {
            None => {}
            Some(Change::Page { file, pages }) => {
                shared.page_rebuilt(pages);
                println!(
                    "{} changed; its page is new after {:.2} s.",
                    file.display(),
                    started.elapsed().as_secs_f64()
                );
            }
            Some(Change::Followed(site)) => shared.rebuilt(site),
            Some(Change::Rebuilt { file, site }) => {
                shared.rebuilt(site);
                println!(
                    "{} changed; rebuilt in {:.2} s.",
                    file.display(),
                    started.elapsed().as_secs_f64()
                );
            }
            Some(Change::Broken { file, error }) => {
                shared.broken(&format!("{error:#}"));
                eprintln!(
                    "{} changed, and the book cannot be built:\n  {error:#}\n\
                     The page shows the last good build.",
                    file.display()
                );
            }
            Some(Change::Progress) => shared.progress_changed(),
        }
    }
}
