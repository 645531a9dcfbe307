use super::Slug;

/// How alike two names must be to be offered, from 0 to 1: `pool` still finds `worker_pool`.
const ALIKE: f64 = 0.5;

/// The slugs most like `wanted`, the nearest first, three at most.
pub fn nearest<'a>(wanted: &str, slugs: impl Iterator<Item = &'a Slug>) -> Vec<Slug> {
    let wanted = wanted.to_lowercase().replace(['-', ' '], "_");
    let mut scored: Vec<(f64, &Slug)> = slugs
        .map(|slug| {
            let part = !wanted.is_empty() && slug.as_str().contains(&wanted);
            let likeness = strsim::normalized_damerau_levenshtein(&wanted, slug.as_str());
            (if part { 1.0 } else { likeness }, slug)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored
        .into_iter()
        .take(3)
        .map(|(_, slug)| slug.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wanted: &str) -> Vec<String> {
        let slugs: Vec<Slug> = ["worker_pool", "pipeline", "token_bucket"]
            .map(|slug| slug.parse().expect("a slug"))
            .into();
        nearest(wanted, slugs.iter())
            .into_iter()
            .map(String::from)
            .collect()
    }

    #[test]
    fn typos_parts_and_other_spellings_find_the_lesson() {
        assert_eq!(found("worker-pol"), ["worker_pool"]);
        assert_eq!(found("pool"), ["worker_pool"]);
        assert_eq!(found("Pipelines"), ["pipeline"]);
    }

    #[test]
    fn nothing_is_offered_for_what_is_like_nothing() {
        assert!(found("xyzzy").is_empty());
        assert!(found("").is_empty());
    }
}
