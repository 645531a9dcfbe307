//! What is shown at the moment, and the events that tell open pages of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Guard, Shared, Site, Token, refuse};
use crate::course::Slug;
use crate::report::OnPage;

/// An exercise that was saved while the server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// Its tests run.
    Checking,
    /// What they came to.
    Checked(OnPage),
}

/// The last good build and what has happened since.
pub struct Shown {
    pub(super) site: Site,
    /// Tells this server from the one that ran here before.
    run: String,
    pub(super) error: Option<String>,
    /// Counts changes of the learner's progress.
    pub(super) progress: u64,
    pub(super) exercises: BTreeMap<Slug, Live>,
}

impl Shown {
    pub(super) fn first(site: Site, token: &Token) -> Self {
        // Events can be read by whoever may load a page; the token itself stays in the page.
        let digest = Sha256::digest(token.as_str());
        Self {
            site,
            run: format!("{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2]),
            error: None,
            progress: 0,
            exercises: BTreeMap::new(),
        }
    }

    pub(super) fn rebuilt(&mut self, site: Site) {
        self.site = site;
        self.error = None;
    }

    /// Tells the page at `path` from earlier ones, of this server and of the one that ran here before:
    /// its token is of no use any more.
    fn version(&self, path: &str) -> String {
        format!("{}-{}", self.run, self.site.version(path))
    }

    fn event(&self, path: &str) -> Event {
        let state = json!({
            "version": self.version(path),
            "error": self.error,
            "progress": self.progress,
        });
        Event::default().data(state.to_string())
    }

    /// The page at `path` with the token, its version, and the script that waits for the next.
    pub(super) fn with_live_script(&self, path: &str, html: &[u8], guard: &Guard) -> Vec<u8> {
        let head = format!(
            "<head><meta name=\"course-token\" content=\"{}\">\
             <meta name=\"course-version\" content=\"{}\">\
             <script src=\"/__live.js\" defer></script>",
            guard.token().as_str(),
            self.version(path)
        );
        String::from_utf8_lossy(html)
            .replacen("<head>", &head, 1)
            .into_bytes()
    }
}

/// Followed by the path of the page that asks.
pub(super) const EVENTS: &str = "/__live";

/// The state now, and again whenever it changes, for an open page.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = Guard::same_site(&headers) {
        return refuse(refusal);
    }
    let mut receiver = shared.shown.subscribe();
    receiver.mark_changed();
    let page = uri.path().trim_start_matches(EVENTS).to_owned();
    let events = stream::unfold((receiver, page), |(mut receiver, page)| async {
        receiver.changed().await.ok()?;
        let event = receiver.borrow_and_update().event(&page);
        Some((Ok::<_, Infallible>(event), (receiver, page)))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}
