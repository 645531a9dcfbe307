use super::Terminal;
use crate::course::Slug;
use crate::progress::PutBack;

/// What putting the exercise back as shipped came to.
pub fn reset(slug: &Slug, came_to: &PutBack, terminal: &Terminal) -> String {
    let mark = terminal.yes();
    let file = format!("exercises/src/{slug}.rs");
    match came_to {
        PutBack::Already => format!("{mark} {file} is as it was shipped; nothing to do.\n"),
        PutBack::Done { kept: None } => format!("{mark} {file} is as it was shipped.\n"),
        PutBack::Done { kept: Some(kept) } => format!(
            "{mark} {file} is as it was shipped. Yours is kept:\n  {}\n  \
             cargo checker reset {slug} --undo   brings it back\n",
            kept.display()
        ),
    }
}

/// What putting back the copy that was kept last came to.
pub fn undone(slug: &Slug, came_to: &PutBack, terminal: &Terminal) -> String {
    let mark = terminal.yes();
    let file = format!("exercises/src/{slug}.rs");
    match came_to {
        PutBack::Already => format!("{mark} {file} is what was kept last; nothing to do.\n"),
        PutBack::Done { kept: None } => format!("{mark} {file} is as it was before the reset.\n"),
        PutBack::Done { kept: Some(kept) } => format!(
            "{mark} {file} is as it was before the reset. What stood there is in {}.\n",
            kept.display()
        ),
    }
}

/// What is about to happen to all exercises that were changed.
pub fn reset_all(changed: &[Slug], terminal: &Terminal) -> String {
    let names: Vec<_> = changed.iter().map(Slug::as_str).collect();
    let files = match names.len() {
        1 => "1 exercise has".to_owned(),
        many => format!("{many} exercises have"),
    };
    let dash = terminal.either("–", "-");
    format!(
        "{files} been changed {dash} {} {dash} and will be as shipped. Copies are kept.",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_said() {
        let slug = "pool".parse().expect("a slug");
        let done = PutBack::Done {
            kept: Some(".checker/kept/pool-1.rs".into()),
        };
        assert_eq!(
            reset(&slug, &done, &Terminal::plain()),
            "+ exercises/src/pool.rs is as it was shipped. Yours is kept:\n  .checker/kept/pool-1.rs\n  \
             cargo checker reset pool --undo   brings it back\n"
        );
    }
}
