//! The file's shape, kind by kind.

use serde::de::IntoDeserializer as _;
use serde::{Deserialize, de::DeserializeOwned};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// A question of any kind, still in the file's words.
pub enum RawQuestion {
    MultipleChoice(Fields<ChoicePrompt, ChoiceAnswer>),
    ShortAnswer(Fields<TextPrompt, TextAnswer>),
    Tracing(Fields<ProgramPrompt, ProgramAnswer>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields<P, A> {
    pub id: String,
    pub prompt: P,
    pub answer: A,
    pub context: String,
}

/// Why a table is no question: in toml's words, or in ours.
pub enum NoQuestion {
    Toml(Error),
    Type(String),
}

impl RawQuestion {
    /// An enum that serde tags by `type` would forget where in the file each key stands.
    pub fn read(mut table: Spanned<DeTable<'_>>) -> Result<Self, NoQuestion> {
        let kind = table.get_mut().remove("type");
        let kind = kind.as_ref().map(Spanned::get_ref);
        match kind.and_then(DeValue::as_str) {
            Some("MultipleChoice") => fields(table).map(Self::MultipleChoice),
            Some("ShortAnswer") => fields(table).map(Self::ShortAnswer),
            Some("Tracing") => fields(table).map(Self::Tracing),
            Some(other) => Err(NoQuestion::Type(format!(
                "there is no type `{other}`; expected `MultipleChoice`, `ShortAnswer` or `Tracing`"
            ))),
            None => Err(NoQuestion::Type(
                "the question has no `type`; expected `MultipleChoice`, `ShortAnswer` or `Tracing`"
                    .to_owned(),
            )),
        }
    }
}

fn fields<P, A>(table: Spanned<DeTable<'_>>) -> Result<Fields<P, A>, NoQuestion>
where
    P: DeserializeOwned,
    A: DeserializeOwned,
{
    Fields::deserialize(table.into_deserializer()).map_err(NoQuestion::Toml)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoicePrompt {
    pub prompt: String,
    pub distractors: Vec<String>,
    /// One for each distractor, in their order.
    pub feedback: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceAnswer {
    pub answer: OneOrMany,
    /// One for each right choice, in their order.
    pub feedback: OneOrMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextPrompt {
    pub prompt: String,
    pub feedback: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextAnswer {
    pub answer: String,
    #[serde(default)]
    pub alternatives: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramPrompt {
    pub program: String,
    pub feedback: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProgramAnswer {
    pub does_compile: bool,
    pub stdout: Option<String>,
    pub line_number: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or a list of texts")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}
