//! JSON objects with their numbers left as text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::number;
use crate::domain::number::Price;

/// An object's fields in their order, values unread.
#[derive(Clone, Debug)]
pub struct Fields<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// A value that should be a number and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl<'a> Fields<'a> {
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The text of a field that is there and not `null`.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.get()).filter(|text| *text != "null")
    }

    pub fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    pub fn whole(&self, name: &str) -> Option<u64> {
        number::whole(unquoted(self.get(name)?))
    }

    /// Dollars per token, given as a number or as a string of one.
    pub fn dollars_per_mtok(&self, name: &str) -> Result<Option<Price>, NotANumber> {
        self.get(name).map(dollars_per_mtok).transpose()
    }
}

/// # Errors
/// [`NotANumber`].
pub fn dollars_per_mtok(raw: &str) -> Result<Price, NotANumber> {
    number::dollars_per_mtok(unquoted(raw)).ok_or(NotANumber)
}

fn unquoted(raw: &str) -> &str {
    raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw)
}
