//! IAM policy documents. (Placeholder until the evaluator lands.)

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A policy document with its source text.
#[derive(Clone, Debug)]
pub struct Policy {
    source: String,
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(source: &str) -> Result<Self, String> {
        serde_json::from_str::<serde_json::Value>(source).map_err(|error| error.to_string())?;
        Ok(Self { source: source.to_owned() })
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        Self::parse(&source).map_err(serde::de::Error::custom)
    }
}
