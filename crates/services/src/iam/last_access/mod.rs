//! What happened: which services somebody may use, and when one was used last, told by policies and by the event log.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html>

pub(crate) mod details;
mod granted;
mod holders;
mod namespaces;
pub(crate) mod organizations_report;
pub(crate) mod policies_granting;
mod uses;

use std::sync::Arc;

use aws::smithy::Value;
use jiff::Timestamp;

use super::{On, refusal};
use crate::failure::Failure;
use crate::state::identity::{AccessJob, AccessJobs};
use crate::world::{Fault, World};

/// Entries of a page, unless the caller says otherwise (reference).
const PAGE: usize = 100;

/// Begins a job and gives its id. F-IAMAPI-LASTACC-1: it is complete at once; what it tells is worked out when it is read.
fn begin(
    on: &On<'_>,
    about: crate::state::identity::AccessJobAbout,
    world: &mut World<'_>,
) -> Result<String, Fault> {
    let jobs = world.get::<AccessJobs>(on.account)?;
    let mut jobs = jobs.map_or_else(AccessJobs::default, Arc::unwrap_or_clone);
    let id = on.context.seed.id("access job");
    jobs.add(AccessJob { id: id.clone(), about, created_at: on.context.now });
    world.put(on.account, jobs);
    Ok(id)
}

/// The job with this id.
///
/// # Errors
/// F-IAMAPI-LASTACC-1: `NoSuchEntity`, for a job of another kind and one that is no longer kept too.
fn job<T>(
    on: &On<'_>,
    id: &str,
    of_kind: impl Fn(&AccessJob) -> Option<T>,
    world: &World<'_>,
) -> Result<(T, Timestamp), Failure> {
    let jobs = world.get::<AccessJobs>(on.account)?;
    let found = jobs.as_ref().and_then(|jobs| jobs.jobs.iter().find(|job| job.id == id));
    let found = found.and_then(|job| Some((of_kind(job)?, job.created_at)));
    found.ok_or_else(|| refusal::no_such_entity(format!("The job with id {id} cannot be found.")).into())
}

/// F-IAMAPI-LASTACC-2: the times of a job have milliseconds, as no other time of IAM does.
pub(super) fn tell_milliseconds(output: &mut Value) {
    for name in ["JobCreationDate", "JobCompletionDate"] {
        let Some(value) = output.get_mut(name) else { continue };
        let Some(milliseconds) = value.as_f64().map(|seconds| (seconds * 1000.0).round()) else { continue };
        // Times that a clock may have fit by far.
        #[expect(clippy::cast_possible_truncation, reason = "see above")]
        let time = Timestamp::from_millisecond(milliseconds as i64);
        if let Ok(time) = time {
            *value = format!("{time:.3}").into();
        }
    }
}
