//! What accountd remembers, as documents.
//!
//! Every kind is written as JSON with a version member `"v"`, so that a newer accountd can open what an
//! older one wrote. None of these types prints itself: they hold contact values, codes and secrets.

pub mod account;
pub mod identity;
pub mod installation;
mod kinds;
pub mod leads;
pub mod message;
pub mod organization;
pub mod quota;
pub mod region;
pub mod ties;
pub mod trail;

pub use kinds::{KINDS, Kind};

/// The version that every document of this release is written with.
pub const DOCUMENT_VERSION: u32 = 1;

#[derive(serde::Serialize)]
struct VersionedRef<'a, T> {
    v: u32,
    #[serde(flatten)]
    document: &'a T,
}

#[derive(serde::Deserialize)]
struct Version {
    v: u32,
}

fn encode_versioned<T: serde::Serialize>(document: &T) -> String {
    serde_json::to_string(&VersionedRef { v: DOCUMENT_VERSION, document })
        .expect("INVARIANT: documents have string keys and no failing serializer")
}

fn decode_versioned<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let place = |error: serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    let version: Version = serde_json::from_str(text).map_err(place)?;
    if version.v > DOCUMENT_VERSION {
        return Err(format!(
            "it was written by a newer accountd (document version {}, this one reads up to {DOCUMENT_VERSION})",
            version.v
        ));
    }
    serde_json::from_str(text).map_err(place)
}
