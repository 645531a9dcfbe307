//! The server behind `cargo checker serve`: the built book, live reload, and the page's way into the
//! progress log. Loopback only, unless it is told otherwise; see [`guard`](Guard) for who may ask.

mod api;
mod guard;
mod host;
mod live;
mod standing;
mod verdict;

use std::io;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use guard::{Guard, Token};
use guard::{Refusal, Spelling};
pub use host::HostName;
use live::EVENTS;
pub use live::{Live, Shown};

use super::script::shipped;
use super::site::{File, Pages, Site};
use crate::course::Slug;

/// The script that reloads the page; only a served page has it.
const LIVE_SCRIPT: &str = include_str!("../assets/live.js");

/// What all requests share.
pub struct Shared {
    guard: Guard,
    /// Of the course, whose `SUMMARY.md` may change while it is served.
    root: PathBuf,
    shown: tokio::sync::watch::Sender<Shown>,
}

impl Shared {
    /// Serves `site` first, the book of the course at `root`.
    pub fn new(guard: Guard, root: PathBuf, site: Site) -> Arc<Self> {
        let (shown, _) = tokio::sync::watch::channel(Shown::first(site, guard.token()));
        Arc::new(Self { guard, root, shown })
    }

    /// Shows `site` from now on; open pages that differ in it reload.
    pub fn rebuilt(&self, site: Site) {
        self.shown.send_modify(|shown| shown.rebuilt(site));
    }

    /// Shows `pages` in the place of the old ones; whoever has one of them open sees the new one.
    pub fn page_rebuilt(&self, pages: Pages) {
        self.shown.send_modify(|shown| shown.site.replace(pages));
    }

    /// Keeps the last good pages, with `error` above them.
    pub fn broken(&self, error: &str) {
        self.shown
            .send_modify(|shown| shown.error = Some(error.to_owned()));
    }

    /// Makes open pages ask how far the learner is.
    pub fn progress_changed(&self) {
        self.shown.send_modify(|shown| shown.progress += 1);
    }

    /// Shows on a lesson's page how its exercise is doing.
    pub fn exercise(&self, lesson: Slug, live: Live) {
        self.shown.send_modify(|shown| {
            shown.exercises.insert(lesson, live);
            shown.progress += 1;
        });
    }
}

/// Takes `port` of the interface that has `address`, or the next that is free; 0 leaves the choice to the
/// system.
///
/// # Errors
/// If none of the next twenty is free, or the system refuses.
pub fn listen(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    let mut last = None;
    for candidate in port..=port.saturating_add(20) {
        match TcpListener::bind((address, candidate)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// How long the server waits for a client that is slow, or only pretends to be one.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the head of a request, from the moment at which the connection is free for it.
    pub head: Duration,
    /// For a whole request to the API, its body included.
    pub request: Duration,
    /// So many connections are open at once; others wait to be accepted.
    pub connections: usize,
}

impl Default for Patience {
    /// A browser on the same machine needs milliseconds and six connections a tab at most.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            request: Duration::from_secs(10),
            connections: 256,
        }
    }
}

/// Serves until the returned future is dropped. Open live connections do not delay that.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    patience: Patience,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = router(shared, patience);
    let free = Arc::new(Semaphore::new(patience.connections));
    // Dropped with this future, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        let permit = Arc::clone(&free).acquire_owned().await;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if is_of_the_client(&error) => continue,
            // Too many open files, for one: that passes.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.head)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(router.clone()),
            );
        connections.spawn(async move {
            let _permit = permit;
            // What goes wrong on a connection is its client's affair.
            let _ = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

fn router(shared: Arc<Shared>, patience: Patience) -> Router {
    let api = Router::new()
        .route("/quiz/{slug}", post(api::record_quiz))
        .route("/missed/{slug}", get(api::missed).post(api::record_review))
        .route("/status", get(api::status))
        .layer(DefaultBodyLimit::max(api::LARGEST_BODY))
        .layer(middleware::from_fn_with_state(patience.request, within))
        .layer(middleware::from_fn_with_state(shared.clone(), check_api));
    Router::new()
        .nest("/__api", api)
        .route(&format!("{EVENTS}/"), get(live::events))
        .route(&format!("{EVENTS}/{{*page}}"), get(live::events))
        .route("/__live.js", get(live_script))
        .fallback(page)
        .layer(middleware::from_fn_with_state(shared.clone(), check_host))
        .with_state(shared)
}

async fn check_host(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let unknown = || {
        let (guard, named) = (&shared.guard, Guard::unknown_name(request.headers()));
        (StatusCode::FORBIDDEN, by_another_name(guard, named)).into_response()
    };
    let mut response = match shared.guard.host(request.headers(), request.uri()) {
        Ok(Spelling::Served) => next.run(request).await,
        Ok(Spelling::Alias) if request.method() == Method::GET => {
            let path = request.uri().path();
            Redirect::temporary(&format!("{}{path}", shared.guard.origin())).into_response()
        }
        Ok(Spelling::Alias) | Err(_) => unknown(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry("x-frame-options")
        .or_insert(HeaderValue::from_static("DENY"));
    response
}

/// An answer whose body never ends must not hold its place.
async fn within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => api::refused(
            StatusCode::REQUEST_TIMEOUT,
            "the request did not end in time",
        ),
    }
}

/// A name is repeated only where it is one: what a browser was made to send is nothing to copy.
fn by_another_name(guard: &Guard, named: Option<HostName>) -> String {
    let name = named.map_or("<name>".to_owned(), |name| name.to_string());
    format!(
        "This server is {}/ and goes by no other name.\n\
         If you forward its port, or it runs in a container, start it as\n\
         `cargo checker serve --host {name}`, and it answers to that name as well.\n",
        guard.origin()
    )
}

async fn check_api(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match shared.guard.api(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refuse(refusal),
    }
}

fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Host => api::refused(StatusCode::FORBIDDEN, "this server has another name"),
        Refusal::Origin => api::refused(
            StatusCode::FORBIDDEN,
            "only this server's own pages may ask that",
        ),
        Refusal::Token => api::refused(
            StatusCode::FORBIDDEN,
            "the server was started again since this page was loaded; reload the page",
        ),
        Refusal::NotJson => api::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body must be application/json",
        ),
    }
}

async fn live_script() -> impl IntoResponse {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], shipped(LIVE_SCRIPT))
}

async fn page(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    // Another site may link to a page, but not pull a script or a style into its own.
    if !is_navigation(&headers)
        && let Err(refusal) = Guard::same_site(&headers)
    {
        return refuse(refusal);
    }
    let shown = shared.shown.borrow();
    match shown.site.get(uri.path()) {
        Some(file) => answer(StatusCode::OK, uri.path(), file, &shown, &shared.guard),
        None => match shown.site.get("/404.html") {
            Some(file) => answer(
                StatusCode::NOT_FOUND,
                uri.path(),
                file,
                &shown,
                &shared.guard,
            ),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

fn is_navigation(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-mode")
        .is_none_or(|mode| mode == "navigate")
}

fn answer(status: StatusCode, path: &str, file: &File, shown: &Shown, guard: &Guard) -> Response {
    let kind = [(header::CONTENT_TYPE, file.content_type)];
    let Some(policy) = &file.page else {
        return (status, kind, file.bytes.clone()).into_response();
    };
    let mut response = (
        status,
        kind,
        shown.with_live_script(path, &file.bytes, guard),
    )
        .into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_str(&policy.content_security).expect("made of hashes and keywords"),
    );
    headers.insert(
        header::X_FRAME_OPTIONS,
        HeaderValue::from_static(policy.frame_options),
    );
    response
}
