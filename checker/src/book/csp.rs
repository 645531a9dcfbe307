//! The content security policy of a page: nothing but what the build wrote runs or is fetched.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Who may show the page in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Nobody.
    Never,
    /// The book itself: without JavaScript, mdBook shows the contents in a frame.
    ByTheBook,
}

/// The policy for `html` as built. mdBook's template has inline scripts, one of which depends on the
/// page's depth, and a style attribute; a table's alignment is one too. Each is allowed by its hash.
pub(super) fn policy(html: &str, framing: Framing) -> String {
    let scripts = sources(inline_scripts(html));
    let styles = sources(style_attributes(html));
    let ancestors = match framing {
        Framing::Never => "'none'",
        Framing::ByTheBook => "'self'",
    };
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-hashes'{styles}; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
         base-uri 'self'; form-action 'none'; frame-ancestors {ancestors}"
    )
}

fn sources<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let sources: BTreeSet<_> = texts
        .map(|text| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(text))))
        .collect();
    sources.into_iter().collect()
}

/// What stands between `<script>` and `</script>`. The build is well-formed: mdBook wrote it.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</script>").map(|(script, _)| script))
}

fn style_attributes(html: &str) -> impl Iterator<Item = &str> {
    html.split(" style=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(style, _)| style))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_inline_script_and_style_is_allowed_by_its_hash_alone() {
        let html =
            "<script src=\"a.js\"></script><script>let a;</script><div style=\"x: y\"></div>";
        let policy = policy(html, Framing::Never);
        // printf 'let a;' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains(
                "script-src 'self' 'sha256-81WALLbUROF1pWdYjuQYKuIcGgY/+TqVJr8UsV6Tkvo=';"
            ),
            "{policy}"
        );
        assert!(
            policy.contains("style-src 'self' 'unsafe-hashes' 'sha256-Ty8ktLb+oj66V1J6i//3sAviKe4EI9jzAUusAsolCKQ=';"),
            "{policy}"
        );
        assert!(policy.ends_with("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe-inline"));
    }
}
