//! Who may ask the server for what. Unless it is told otherwise it listens on the loopback interface
//! alone, but every page that is open in the learner's browser can reach that.

use axum::http::{HeaderMap, Method, Uri, header};

use super::HostName;

/// The header that carries the token.
pub(super) const TOKEN_HEADER: &str = "x-course-token";

/// A secret of this run, which only pages of this server know.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn random() -> anyhow::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// The token as text, for the page.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Judges requests by their heads.
#[derive(Debug, Clone)]
pub struct Guard {
    host: String,
    alias: String,
    /// Names that the user has given leave to.
    others: Vec<HostName>,
    token: Token,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another name leads here: DNS rebinding, or a proxy.
    Host,
    /// The request comes from another site's page.
    Origin,
    /// It does not know this run's token; the page may be older than the server.
    Token,
    /// A body that is not JSON: the kinds that a plain form can send.
    NotJson,
}

/// How the address was spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As the server prints it, or as the user has named it.
    Served,
    /// `localhost`: the same machine, but a browser keeps its data apart.
    Alias,
}

impl Guard {
    /// For a server on `port` of the loopback interface that answers to `others` as well. A name that
    /// is not among them may be one that another site's owner has pointed here.
    pub fn new(port: u16, others: Vec<HostName>, token: Token) -> Self {
        // Browsers leave out the scheme's own port.
        let suffix = match port {
            80 => String::new(),
            _ => format!(":{port}"),
        };
        Self {
            host: format!("127.0.0.1{suffix}"),
            alias: format!("localhost{suffix}"),
            others,
            token,
        }
    }

    /// The one address of the server: `http://127.0.0.1:3000`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    pub(super) fn token(&self) -> &Token {
        &self.token
    }

    /// Whether the request names this server, exactly and once.
    pub(super) fn host(&self, headers: &HeaderMap, uri: &Uri) -> Result<Spelling, Refusal> {
        let host = only(headers, header::HOST.as_str()).ok_or(Refusal::Host)?;
        if uri.authority().is_some_and(|named| named.as_str() != host) {
            return Err(Refusal::Host);
        }
        if host == self.host || self.is_another(host) {
            Ok(Spelling::Served)
        } else if host == self.alias {
            Ok(Spelling::Alias)
        } else {
            Err(Refusal::Host)
        }
    }

    fn is_another(&self, host: &str) -> bool {
        self.others.iter().any(|other| other.is(host))
    }

    /// Whether a page of this server has this origin. What stands between, under a name that the user
    /// has given leave to, may speak HTTPS.
    fn is_own(&self, origin: &str) -> bool {
        origin == self.origin()
            || ["http://", "https://"]
                .iter()
                .filter_map(|scheme| origin.strip_prefix(scheme))
                .any(|host| self.is_another(host))
    }

    /// What may have named the server otherwise, as the option that gives leave to it takes it.
    pub(super) fn unknown_name(headers: &HeaderMap) -> Option<HostName> {
        only(headers, header::HOST.as_str())?.parse().ok()
    }

    /// Whether a page of this server sends the request. Browsers that know `Sec-Fetch-Site` cannot be
    /// made to leave it out; older ones send none.
    pub(super) fn same_site(headers: &HeaderMap) -> Result<(), Refusal> {
        match headers.get("sec-fetch-site") {
            Some(_) if only(headers, "sec-fetch-site") != Some("same-origin") => {
                Err(Refusal::Origin)
            }
            _ => Ok(()),
        }
    }

    /// Whether a request to the API comes from a page of this run. A browser names the origin of
    /// every POST, but not of a GET to the page's own server.
    pub(super) fn api(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        Self::same_site(headers)?;
        let origin_needed = *method != Method::GET;
        let origin_given = headers.contains_key(header::ORIGIN);
        if (origin_needed || origin_given)
            && !only(headers, header::ORIGIN.as_str()).is_some_and(|origin| self.is_own(origin))
        {
            return Err(Refusal::Origin);
        }
        if only(headers, TOKEN_HEADER) != Some(self.token.as_str()) {
            return Err(Refusal::Token);
        }
        if *method != Method::GET
            && only(headers, header::CONTENT_TYPE.as_str()) != Some("application/json")
        {
            return Err(Refusal::NotJson);
        }
        Ok(())
    }
}

/// The value of a header that stands in the request exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(3000, Vec::new(), Token("secret".to_owned()))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a header's value"));
        }
        headers
    }

    const GOOD: &[(&str, &str)] = &[
        ("origin", "http://127.0.0.1:3000"),
        ("sec-fetch-site", "same-origin"),
        ("x-course-token", "secret"),
        ("content-type", "application/json"),
    ];

    #[test]
    fn only_its_own_name_with_port_is_the_server() {
        let guard = guard();
        let uri = Uri::from_static("/");
        let judged = |host: &str| guard.host(&headers(&[("host", host)]), &uri);
        assert_eq!(judged("127.0.0.1:3000"), Ok(Spelling::Served));
        assert_eq!(judged("localhost:3000"), Ok(Spelling::Alias));
        for host in [
            "127.0.0.1",
            "127.0.0.1:3001",
            "evil.example:3000",
            "127.0.0.1:3000.evil.example",
            "LOCALHOST:3000",
            "[::1]:3000",
        ] {
            assert_eq!(judged(host), Err(Refusal::Host), "{host}");
        }
        assert_eq!(guard.host(&HeaderMap::new(), &uri), Err(Refusal::Host));
        let twice = headers(&[("host", "127.0.0.1:3000"), ("host", "evil.example")]);
        assert_eq!(guard.host(&twice, &uri), Err(Refusal::Host));
        let absolute = Uri::from_static("http://evil.example/");
        let host = headers(&[("host", "127.0.0.1:3000")]);
        assert_eq!(guard.host(&host, &absolute), Err(Refusal::Host));
    }

    #[test]
    fn names_that_the_user_has_given_leave_to_are_served_and_no_others() {
        let others = ["localhost", "*.app.github.dev"].map(|name| name.parse().expect("a name"));
        let guard = Guard::new(3000, others.into(), Token("secret".to_owned()));
        let uri = Uri::from_static("/");
        let judged = |host: &str| guard.host(&headers(&[("host", host)]), &uri);
        for host in ["127.0.0.1:3000", "localhost:8000", "a-3000.app.github.dev"] {
            assert_eq!(judged(host), Ok(Spelling::Served), "{host}");
        }
        for host in ["127.0.0.1:8000", "evil.example", "localhost.evil.example"] {
            assert_eq!(judged(host), Err(Refusal::Host), "{host}");
        }
        let posted = |origin: &str| {
            let mut post = headers(GOOD);
            post.insert("origin", origin.parse().expect("a header's value"));
            guard.api(&Method::POST, &post)
        };
        for origin in ["http://localhost:8000", "https://a-3000.app.github.dev"] {
            assert_eq!(posted(origin), Ok(()), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "https://127.0.0.1:3000",
            "localhost:8000",
            "file://localhost",
            "https://localhost@evil.example",
        ] {
            assert_eq!(posted(origin), Err(Refusal::Origin), "{origin}");
        }
    }

    #[test]
    fn a_request_of_the_page_is_let_in() {
        let guard = guard();
        assert_eq!(guard.api(&Method::POST, &headers(GOOD)), Ok(()));
        let read = headers(&[("x-course-token", "secret")]);
        assert_eq!(guard.api(&Method::GET, &read), Ok(()));
    }

    #[test]
    fn each_flaw_alone_keeps_a_request_out() {
        let guard = guard();
        for (name, values, refusal) in [
            (
                "origin",
                &[
                    "http://evil.example",
                    "null",
                    "http://localhost:3000",
                    "https://127.0.0.1:3000",
                ][..],
                Refusal::Origin,
            ),
            (
                "sec-fetch-site",
                &["cross-site", "same-site", "none"],
                Refusal::Origin,
            ),
            ("x-course-token", &["", "Secret", "secret2"], Refusal::Token),
            (
                "content-type",
                &[
                    "text/plain",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data",
                ],
                Refusal::NotJson,
            ),
        ] {
            for value in values {
                let mut flawed = headers(GOOD);
                flawed.insert(name, value.parse().expect("a header's value"));
                assert_eq!(
                    guard.api(&Method::POST, &flawed),
                    Err(refusal),
                    "{name}: {value}"
                );
            }
            let mut doubled = headers(GOOD);
            let first = doubled[name].clone();
            doubled.append(name, first);
            assert_eq!(
                guard.api(&Method::POST, &doubled),
                Err(refusal),
                "{name} twice"
            );
            if name != "sec-fetch-site" {
                let mut missing = headers(GOOD);
                missing.remove(name);
                assert_eq!(
                    guard.api(&Method::POST, &missing),
                    Err(refusal),
                    "no {name}"
                );
            }
        }
    }

    #[test]
    fn two_runs_have_two_tokens_and_none_is_printed() {
        let token = Token::random().expect("random numbers");
        assert_ne!(token, Token::random().expect("random numbers"));
        assert_eq!(token.as_str().len(), 32);
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
