//! Who is asked about the buckets that trails name. A rule that wants to know says so ([`Wanted::Bucket`]); then S3 is
//! asked here, and the request is run again.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws::arn::Arn;
use serde_json::Value;
use services::bucket::{BucketState, TrailBucket};
use services::cloudtrail::model::Operation as CloudTrail;
use services::context::Context;
use services::service::Operation;
use services::world::{Fault, Wanted};

use crate::delivery::s3::{Object, S3};
use crate::delivery::window;
use crate::store::StoreError;

/// Who knows buckets.
#[derive(Clone)]
pub enum TrailBuckets {
    /// Nobody: each is taken to be there and to let CloudTrail in (F-TRAILS-BUCKET-2).
    Taken,
    /// S3.
    S3(Arc<S3>),
    /// These and no others are there.
    These(Arc<BTreeMap<String, BucketState>>),
}

impl TrailBuckets {
    /// What a request is told before anybody is asked.
    pub(super) fn before_asking(&self) -> TrailBucket {
        match self {
            Self::Taken => TrailBucket::Taken,
            Self::S3(_) | Self::These(_) => TrailBucket::Asked(Arc::new(OnceLock::new())),
        }
    }

    /// Asks about the bucket that a run wanted to know of, if that is why it failed, and tells the answer in the context
    /// of the next run.
    pub(super) async fn was_asked<T>(&self, outcome: &Result<T, StoreError>, context: &Context) -> bool {
        let Err(StoreError::Fault(Fault::Wanted(wanted))) = outcome else { return false };
        let Wanted::Bucket(name) = &**wanted else { return false };
        let state = match self {
            Self::Taken => return false,
            Self::S3(s3) => match s3.policy(name).await {
                Ok(state) => state,
                Err(reason) => {
                    tracing::error!(reason, "S3 could not be asked about the bucket of a trail");
                    return false;
                }
            },
            Self::These(known) => known.get(name).cloned().unwrap_or(BucketState::Absent),
        };
        context.trail_bucket.told(name.clone(), state);
        true
    }

    /// Whether the bucket of a trail is to be marked after an operation.
    pub(super) fn marks(&self, operation: Operation) -> bool {
        let sets_up = [CloudTrail::CreateTrail, CloudTrail::UpdateTrail].map(Operation::CloudTrail);
        matches!(self, Self::S3(_)) && sets_up.contains(&operation)
    }

    /// Marks the folders of a trail in its bucket, after such an operation was answered. F-S3-4
    pub(super) async fn mark(&self, answer: &Value) {
        let Self::S3(s3) = self else { return };
        let text = |member: &str| answer[member].as_str();
        let account = text("TrailARN").and_then(Arn::parse).and_then(|arn| arn.account.parse().ok());
        let (Some(account), Some(bucket)) = (account, text("S3BucketName")) else { return };
        let folder = window::folder(text("S3KeyPrefix"), None, account);
        let has_digests = answer["LogFileValidationEnabled"] == true;
        let folders = [Some("CloudTrail"), has_digests.then_some("CloudTrail-Digest")];
        for part in folders.into_iter().flatten() {
            if let Err(not_put) = s3.put(bucket, &Object::marker(format!("{folder}/{part}/"))).await {
                let (code, reason) = (not_put.code, not_put.reason);
                tracing::warn!(code, reason, "a trail's folder was not marked in its bucket");
                return;
            }
        }
    }
}
