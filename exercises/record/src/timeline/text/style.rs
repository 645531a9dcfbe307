//! How wide, with which characters, in which colours.

/// How a timeline is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// No line is longer than this. Below [`Style::NARROWEST`] it counts as that.
    pub width: usize,
    /// Which characters may be used.
    pub symbols: Symbols,
    /// Whether the lines carry escape sequences.
    pub colour: Colour,
}

/// Which characters a picture may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// Blocks and lines.
    Unicode,
    /// Only what every terminal and log can show.
    Ascii,
}

/// Whether a picture is coloured. Shapes tell the same without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// No escape sequences.
    Plain,
    /// Red for the rule broken, and quieter colours for the rest.
    Ansi,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 80,
            symbols: Symbols::Unicode,
            colour: Colour::Plain,
        }
    }
}

impl Style {
    /// Narrower than this nothing can be read.
    pub const NARROWEST: usize = 24;
    /// Wider than this the eye loses the lane.
    pub const WIDEST: usize = 120;

    /// Reads `COLUMNS`, `NO_COLOR`, `TERM`, `LC_ALL`, `LC_CTYPE` and `LANG` through `lookup`.
    /// `terminal` says whether the picture goes to one: files and pipes get no colour.
    ///
    /// A locale that is not set counts as UTF-8, since containers seldom set one.
    ///
    /// ```
    /// use record::timeline::text::{Colour, Style, Symbols};
    ///
    /// let style = Style::from_environment(
    ///     |name| (name == "LANG").then(|| "C".to_owned()),
    ///     true,
    /// );
    /// assert_eq!(style.symbols, Symbols::Ascii);
    /// assert_eq!(style.colour, Colour::Ansi);
    /// assert_eq!(style.width, 80);
    /// ```
    pub fn from_environment(lookup: impl Fn(&str) -> Option<String>, terminal: bool) -> Self {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let default = Self::default();
        let width = set("COLUMNS")
            .and_then(|columns| columns.trim().parse().ok())
            .map_or(default.width, |columns: usize| {
                columns.clamp(Self::NARROWEST, Self::WIDEST)
            });
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let symbols = match locale {
            Some(locale) if !is_utf8(&locale) => Symbols::Ascii,
            _ => Symbols::Unicode,
        };
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let colour = if terminal && !dumb && set("NO_COLOR").is_none() {
            Colour::Ansi
        } else {
            Colour::Plain
        };
        Self {
            width,
            symbols,
            colour,
        }
    }
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::{Colour, Style, Symbols};

    fn style(environment: &[(&str, &str)], terminal: bool) -> Style {
        Style::from_environment(
            |name| {
                let set = environment.iter().find(|(key, _)| *key == name)?;
                Some(set.1.to_owned())
            },
            terminal,
        )
    }

    #[test]
    fn an_empty_environment_gives_the_default_and_a_terminal_gets_colour() {
        assert_eq!(style(&[], false), Style::default());
        assert_eq!(style(&[], true).colour, Colour::Ansi);
        assert_eq!(style(&[("TERM", "dumb")], true).colour, Colour::Plain);
    }

    #[test]
    fn no_color_counts_only_when_it_is_not_empty() {
        assert_eq!(style(&[("NO_COLOR", "1")], true).colour, Colour::Plain);
        assert_eq!(style(&[("NO_COLOR", "")], true).colour, Colour::Ansi);
    }

    #[test]
    fn columns_are_taken_as_far_as_they_can_be_read() {
        assert_eq!(style(&[("COLUMNS", "40")], false).width, 40);
        assert_eq!(style(&[("COLUMNS", "7")], false).width, Style::NARROWEST);
        assert_eq!(style(&[("COLUMNS", "400")], false).width, Style::WIDEST);
        assert_eq!(style(&[("COLUMNS", "wide")], false).width, 80);
    }

    #[test]
    fn the_strongest_locale_decides_on_the_symbols() {
        let symbols = |environment| style(environment, false).symbols;
        assert_eq!(symbols(&[("LANG", "en_GB.UTF-8")]), Symbols::Unicode);
        assert_eq!(symbols(&[("LANG", "C.utf8")]), Symbols::Unicode);
        assert_eq!(
            symbols(&[("LC_ALL", "POSIX"), ("LANG", "en_GB.UTF-8")]),
            Symbols::Ascii
        );
        assert_eq!(
            symbols(&[("LC_ALL", ""), ("LANG", "en_GB.UTF-8")]),
            Symbols::Unicode
        );
    }
}
