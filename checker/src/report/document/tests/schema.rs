//! As much of JSON Schema as the report's schema uses. A validator from elsewhere brings forty
//! crates, and features with which every other crate is compiled once more.

use serde_json::{Map, Value};

/// Says where `value` is not as `schema` says.
///
/// # Panics
/// If the schema uses a word that is not known here: it would go unchecked.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    Validator { root: schema }.faults(schema, value, "")
}

struct Validator<'a> {
    root: &'a Value,
}

impl Validator<'_> {
    fn faults(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let schema = schema.as_object().expect("a schema is an object");
        let mut faults = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{at}: {what}, not {value}"));
            }
        };
        let mut within = Vec::new();
        for (word, says) in schema {
            match word.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" => {}
                "const" => expect(says == value, &says.to_string()),
                "enum" => expect(array(says).contains(value), &says.to_string()),
                "type" => expect(is_of(says, value), &says.to_string()),
                "minimum" => expect(
                    value
                        .as_i64()
                        .is_none_or(|value| Some(value) >= says.as_i64()),
                    &format!("at least {says}"),
                ),
                "pattern" => {
                    assert_eq!(says, "^[a-z][a-z0-9_]*$", "the only pattern known here");
                    let slug = value.as_str().map(str::parse::<crate::course::Slug>);
                    expect(slug.is_none_or(|slug| slug.is_ok()), "a slug");
                }
                "required" => {
                    for name in array(says) {
                        let there = value
                            .as_object()
                            .is_none_or(|object| object.contains_key(text(name)));
                        expect(there, &format!("an object with {name}"));
                    }
                }
                "additionalProperties" => {
                    assert_eq!(*says, false);
                    let known = properties(schema);
                    for name in value.as_object().into_iter().flat_map(Map::keys) {
                        expect(
                            known.contains_key(name),
                            &format!("nothing known as {name}"),
                        );
                    }
                }
                "properties" => {
                    for (name, schema) in properties(schema) {
                        if let Some(value) = value.get(name) {
                            within.extend(self.faults(schema, value, &format!("{at}/{name}")));
                        }
                    }
                }
                "items" => {
                    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                        within.extend(self.faults(says, value, &format!("{at}/{index}")));
                    }
                }
                "oneOf" => {
                    let fits = |schema: &&Value| self.faults(schema, value, at).is_empty();
                    expect(
                        array(says).iter().filter(fits).count() == 1,
                        "one of its kinds",
                    );
                }
                "$ref" => {
                    let pointer = text(says).strip_prefix('#').expect("a place in this file");
                    let schema = self.root.pointer(pointer).expect("it is defined");
                    within.extend(self.faults(schema, value, at));
                }
                unknown => panic!("`{unknown}` is not known here"),
            }
        }
        faults.extend(within);
        faults
    }
}

fn properties(schema: &Map<String, Value>) -> &Map<String, Value> {
    schema["properties"]
        .as_object()
        .expect("properties have names")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match text(kind) {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        unknown => panic!("no kind `{unknown}` is known here"),
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}
