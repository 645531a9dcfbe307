//! What is shown at the moment, and the events that tell open pages of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
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
    /// Tells this server's builds from those of the server that ran here before.
    run: String,
    build: u64,
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
            build: 1,
            error: None,
            progress: 0,
            exercises: BTreeMap::new(),
        }
    }

    pub(super) fn rebuilt(&mut self, site: Site) {
        self.site = site;
        self.build += 1;
        self.error = None;
    }

    fn build_id(&self) -> String {
        format!("{}-{}", self.run, self.build)
    }

    fn event(&self) -> Event {
        let state = json!({
            "build": self.build_id(),
            "error": self.error,
            "progress": self.progress,
        });
        Event::default().data(state.to_string())
    }

    /// The page with the token, the build that it belongs to, and the script that waits for the next.
    pub(super) fn with_live_script(&self, html: &[u8], guard: &Guard) -> Vec<u8> {
        let head = format!(
            "<head><meta name=\"course-token\" content=\"{}\">\
             <meta name=\"course-build\" content=\"{}\">\
             <script src=\"/__live.js\" defer></script>",
            guard.token().as_str(),
            self.build_id()
        );
        String::from_utf8_lossy(html)
            .replacen("<head>", &head, 1)
            .into_bytes()
    }
}

/// The state now, and again whenever it changes.
pub(super) async fn events(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = Guard::same_site(&headers) {
        return refuse(refusal, &shared.guard);
    }
    let mut receiver = shared.shown.subscribe();
    receiver.mark_changed();
    let events = stream::unfold(receiver, |mut receiver| async {
        receiver.changed().await.ok()?;
        let event = receiver.borrow_and_update().event();
        Some((Ok::<_, Infallible>(event), receiver))
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}
