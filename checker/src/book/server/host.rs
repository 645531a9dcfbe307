//! The names by which a browser may reach the server, besides the one that it prints.

use std::fmt;
use std::str::FromStr;

use axum::http::uri::Authority;
use thiserror::Error;

/// A name that the user has given leave to: `devbox`, `devbox:8000`, `*.app.github.dev`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName {
    name: Name,
    /// Any, unless one is named: whoever forwards a port may choose another.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// In lower case.
    Exactly(String),
    /// All names of one label more: `.app.github.dev`.
    Below(String),
}

/// Why a text names no host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "write the name as it stands in the browser's address, without `http://`: `devbox`, \
     `devbox:8000`, or `*.app.github.dev` for all names below that"
)]
pub struct NoHostName;

impl FromStr for HostName {
    type Err = NoHostName;

    fn from_str(text: &str) -> Result<Self, NoHostName> {
        let (name, port) = name_and_port(text).ok_or(NoHostName)?;
        let name = match name.strip_prefix('*') {
            None => Name::Exactly(name),
            // `*.dev` would let in every name that somebody registers there.
            Some(below) if below.starts_with('.') && below[1..].contains('.') => {
                Name::Below(below.to_owned())
            }
            Some(_) => return Err(NoHostName),
        };
        let text = match &name {
            Name::Exactly(text) | Name::Below(text) => text,
        };
        if text.contains('*') || text.split('.').skip(1).any(str::is_empty) {
            return Err(NoHostName);
        }
        Ok(Self { name, port })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Exactly(name) => f.write_str(name)?,
            Name::Below(name) => write!(f, "*{name}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl HostName {
    /// Whether a `Host` header says this name.
    pub(super) fn is(&self, header: &str) -> bool {
        let Some((name, port)) = name_and_port(header) else {
            return false;
        };
        let named = match &self.name {
            Name::Exactly(own) => name == *own,
            Name::Below(own) => name
                .strip_suffix(own.as_str())
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
        };
        named && (self.port.is_none() || self.port == port)
    }
}

/// A name in lower case, and the port behind it; nothing where a name and password stand before it.
fn name_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    let whole = match authority.port() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    let port_is_one = authority.port().is_none() || authority.port_u16().is_some();
    (whole == text && port_is_one && is_a_name(authority.host()))
        .then(|| (authority.host().to_lowercase(), authority.port_u16()))
}

/// The rules of URLs let more in than any name has, dollars and quotes among it.
fn is_a_name(host: &str) -> bool {
    let (text, more) = match host.strip_prefix('[') {
        Some(address) => (address.trim_end_matches(']'), ":."),
        None => (host, "-_.*"),
    };
    let known = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    !text.is_empty() && text.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn host(text: &str) -> HostName {
        text.parse().expect("a name")
    }

    #[test]
    fn a_name_without_a_port_stands_for_all_its_ports() {
        let any = host("DevBox");
        for header in ["devbox", "devbox:3000", "DEVBOX:8000"] {
            assert!(any.is(header), "{header}");
        }
        let one = host("devbox:8000");
        assert!(one.is("devbox:8000"));
        for header in [
            "devbox",
            "devbox:80",
            "devbox:8000.evil.example",
            "x@devbox:8000",
        ] {
            assert!(!one.is(header), "{header}");
        }
        for header in [
            "devbox.evil.example",
            "evil@devbox",
            "devbox:",
            "devbox:99999",
            "",
            "devbox.",
        ] {
            assert!(!any.is(header), "{header}");
        }
        assert!(host("[::1]").is("[::1]:3000"));
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let below = host("*.app.github.dev");
        assert!(below.is("silver-fish-3000.app.github.dev"));
        for header in [
            "app.github.dev",
            ".app.github.dev",
            "a.b.app.github.dev",
            "evilapp.github.dev",
        ] {
            assert!(!below.is(header), "{header}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "http://devbox",
            "devbox/",
            "a b",
            "*",
            "*.",
            "*.dev",
            "a.*.dev",
            "*a.b.dev",
            "*..b",
            "a..b",
            "me@devbox",
            "devbox:",
            "devbox:x",
            "devbox:99999",
            "$(id)",
            "a'b",
        ] {
            assert_eq!(text.parse::<HostName>(), Err(NoHostName), "{text}");
        }
        for text in ["devbox", "devbox:8000", "*.app.github.dev"] {
            assert_eq!(host(text).to_string(), text);
        }
    }
}
