//! What is known of the bucket that a trail is to deliver to. No rule asks S3: whoever runs a request does, when the rule
//! says that it wants to know, and runs it again.

use std::sync::{Arc, OnceLock};

use crate::world::{Fault, Wanted};

/// What a request knows of the bucket that it names.
#[derive(Debug, Clone, Default)]
pub enum TrailBucket {
    /// F-TRAILS-BUCKET-2: no S3 is there to be asked, so every bucket is taken to be there and to let CloudTrail in.
    #[default]
    Taken,
    /// There is one: the name of the bucket that the request is about and what S3 said of it, once it was asked.
    Asked(Arc<OnceLock<(String, BucketState)>>),
}

/// What S3 says of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketState {
    /// It is not there.
    Absent,
    /// It is there; its policy, where it has one.
    Present {
        /// The policy.
        policy: Option<String>,
    },
    /// It is there, and this S3 knows no policies.
    WithoutPolicies,
}

impl TrailBucket {
    /// What is known of the bucket `name`; `None` where nobody can be asked.
    ///
    /// # Errors
    /// [`Wanted::Bucket`]: S3 is to be asked first.
    pub fn about(&self, name: &str) -> Result<Option<&BucketState>, Fault> {
        match self {
            Self::Taken => Ok(None),
            Self::Asked(asked) => match asked.get() {
                Some((known, state)) if known == name => Ok(Some(state)),
                _ => Err(Wanted::Bucket(name.to_owned()).into()),
            },
        }
    }

    /// Keeps what S3 said of the bucket that a run wanted to know of.
    pub fn told(&self, name: String, state: BucketState) {
        if let Self::Asked(asked) = self {
            // A request is about one bucket. Should it ever be about a second, that stays unknown.
            let _ = asked.set((name, state));
        }
    }
}
