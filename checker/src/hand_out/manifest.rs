//! `Cargo.toml` for fewer packages. Lines are taken out, so that the comments stay.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use toml::{Table, Value};

/// The workspace's manifest without the members whose folders are `gone`.
///
/// # Errors
/// If the manifest is not TOML, or still names one of them elsewhere.
pub fn without_members(manifest: &str, gone: &[&str]) -> Result<String> {
    let names_one = |line: &&str| {
        let line = line.trim();
        gone.iter().any(|folder| {
            line == format!("\"{folder}\",") || line.ends_with(&format!("path = \"{folder}\" }}"))
        })
    };
    let kept: String = manifest
        .split_inclusive('\n')
        .filter(|line| !names_one(line))
        .collect();
    let table: Table = kept.parse().context("Cargo.toml is not TOML")?;
    if let Some(folder) = named(&Value::Table(table), gone) {
        bail!(
            "Cargo.toml names {folder} in a place that is not known here; write it on a line of its own"
        );
    }
    Ok(kept)
}

/// A text anywhere in `value` that is one of `folders`, or lies in it.
fn named(value: &Value, folders: &[&str]) -> Option<String> {
    match value {
        Value::String(text) => {
            let path = Path::new(text);
            let within = folders.iter().any(|folder| path.starts_with(folder));
            within.then(|| text.clone())
        }
        Value::Array(values) => values.iter().find_map(|value| named(value, folders)),
        Value::Table(table) => table.values().find_map(|value| named(value, folders)),
        _ => None,
    }
}

/// A package's manifest without its `[[bench]]` tables: their files are not handed out.
pub fn without_benches(manifest: &str) -> String {
    without_tables(manifest, |header| header == "[[bench]]")
}

/// The workspace's manifest without the profiles of the packages called `gone`, of which cargo would warn.
pub fn without_profiles(manifest: &str, gone: &[&str]) -> String {
    let is_of_one = |header: &str| {
        let of = |name: &&str| header == format!("[profile.dev.package.{name}]");
        gone.iter().any(of)
    };
    without_tables(manifest, is_of_one)
}

fn without_tables(manifest: &str, is_gone: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut in_one = false;
    for line in manifest.split_inclusive('\n') {
        if line.starts_with('[') {
            in_one = is_gone(line.trim());
        }
        if !in_one {
            kept.push_str(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "\
[workspace]
members = [
    \"checker\",
    \"solutions\",
    \"solutions/verify\",
]
# All of them.
default-members = [
    \"checker\",
    \"solutions\",
]

[workspace.dependencies]
checker = { path = \"checker\" }
solutions = { path = \"solutions\" }
";

    #[test]
    fn the_profile_of_a_package_that_is_gone_goes_with_it() {
        let manifest = "[profile.dev.package.author]\nincremental = false\n\n\
                        [profile.dev.package.checker]\nincremental = false\n";
        assert_eq!(
            without_profiles(manifest, &["author"]),
            "[profile.dev.package.checker]\nincremental = false\n"
        );
    }

    #[test]
    fn members_go_and_comments_stay() {
        assert_eq!(
            without_members(ROOT, &["solutions", "solutions/verify"]).expect("in order"),
            "\
[workspace]
members = [
    \"checker\",
]
# All of them.
default-members = [
    \"checker\",
]

[workspace.dependencies]
checker = { path = \"checker\" }
"
        );
    }

    #[test]
    fn a_member_named_where_it_is_not_looked_for_is_told() {
        let text = "[workspace]\nmembers = [\"checker\", \"solutions/verify\"]\n";
        let error = without_members(text, &["solutions"]).expect_err("it stays");
        assert!(
            error.to_string().contains("names solutions/verify"),
            "{error}"
        );
    }

    #[test]
    fn the_courses_own_manifests_can_be_handed_out() {
        let root = include_str!("../../../Cargo.toml");
        without_members(root, &super::super::GONE).expect("in order");
        let benches = "[[bench]]\nname = \"b\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(without_benches(benches), "[lints]\nworkspace = true\n");
    }
}
