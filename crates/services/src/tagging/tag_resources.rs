//! Tags set on several resources at once, and taken away: each resource's own service does it, and what it refuses is
//! told of that resource alone.

use std::collections::BTreeMap;

use aws::arn::{AccountId, Arn};
use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;
use serde_json::{Value, json};

use super::model::{
    FailureInfo, TagResourcesInput, TagResourcesOutput, UntagResourcesInput, UntagResourcesOutput,
};
use super::resources::{Resource, Resources};
use super::{Call, invalid};
use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::model::{iam, organizations};
use crate::service::Rules;
use crate::world::World;

/// F-TAG-3: recorded, without a text, of a resource that is not there. Services that are not here have none.
fn absent() -> Refusal {
    Refusal { message: None, ..Refusal::new("InvalidResourceId", 400, "") }
}

/// F-TAG-1 (*assumed*): of a resource that stands in another Region.
const ELSEWHERE: &str = "Resources of global services can be tagged in us-east-1 only.";

/// What is done to the tags of a resource.
pub(super) enum Change<'c> {
    /// These are set.
    Set(Vec<(&'c str, &'c str)>),
    /// These keys go.
    Remove(Vec<&'c str>),
}

/// A change as the resource's own service is asked for it.
pub(super) enum Native {
    Iam(iam::Operation, Value),
    Organizations(organizations::Operation, Value),
}

impl Native {
    fn new(resource: &Resource, change: &Change<'_>) -> Self {
        use iam::Operation as Iam;
        let sets = matches!(change, Change::Set(_));
        let (name, of_iam) = match resource.kind {
            "iam:instance-profile" => {
                ("InstanceProfileName", Some((Iam::TagInstanceProfile, Iam::UntagInstanceProfile)))
            }
            "iam:oidc-provider" => (
                "OpenIDConnectProviderArn",
                Some((Iam::TagOpenIDConnectProvider, Iam::UntagOpenIDConnectProvider)),
            ),
            "iam:policy" => ("PolicyArn", Some((Iam::TagPolicy, Iam::UntagPolicy))),
            "iam:saml-provider" => ("SAMLProviderArn", Some((Iam::TagSAMLProvider, Iam::UntagSAMLProvider))),
            "iam:mfa" => ("SerialNumber", Some((Iam::TagMFADevice, Iam::UntagMFADevice))),
            "iam:server-certificate" => {
                ("ServerCertificateName", Some((Iam::TagServerCertificate, Iam::UntagServerCertificate)))
            }
            _ => ("ResourceId", None),
        };
        let mut members = json!({ name: resource.native });
        match change {
            Change::Set(tags) => {
                let tags = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
                members["Tags"] = tags.collect();
            }
            Change::Remove(keys) => members["TagKeys"] = json!(keys),
        }
        match of_iam {
            Some((tag, untag)) => Self::Iam(if sets { tag } else { untag }, members),
            None => {
                let (tag, untag) =
                    (organizations::Operation::TagResource, organizations::Operation::UntagResource);
                Self::Organizations(if sets { tag } else { untag }, members)
            }
        }
    }

    /// What it asks for.
    pub(super) fn access(
        &self,
        caller: &Caller,
        validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        match self {
            Self::Iam(operation, members) => Rules::access(*operation, members, caller, validation, world),
            Self::Organizations(operation, members) => {
                Rules::access(*operation, members, caller, validation, world)
            }
        }
    }

    fn denied(&self, denial: &Denial, caller: &Caller, context: &Context) -> Refusal {
        match self {
            Self::Iam(operation, _) => Rules::denied(*operation, denial, caller, context),
            Self::Organizations(operation, _) => Rules::denied(*operation, denial, caller, context),
        }
    }

    fn carry_out(
        &self,
        permitted: &Permitted,
        caller: &Caller,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<(), Failure> {
        let permitted = Some(permitted);
        match self {
            Self::Iam(operation, members) => {
                Rules::validate(*operation, members, context.validation)?;
                Rules::execute(*operation, permitted, caller, members, context, world)?;
            }
            Self::Organizations(operation, members) => {
                Rules::validate(*operation, members, context.validation)?;
                Rules::execute(*operation, permitted, caller, members, context, world)?;
            }
        }
        Ok(())
    }
}

/// TagResources.
///
/// # Errors
/// F-TAG-4: `InvalidParameterException` for what is no ARN; nothing is changed then.
pub(super) fn tag(
    call: &Call<'_>,
    input: TagResourcesInput,
    world: &mut Guarded<'_>,
) -> Result<TagResourcesOutput, Failure> {
    let tags = input.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let arns: Vec<&str> = input.resource_arn_list.iter().map(|arn| arn.as_str()).collect();
    let failed = change(call, &arns, &Change::Set(tags), world)?;
    Ok(TagResourcesOutput { failed_resources_map: Some(failed) })
}

/// UntagResources.
///
/// # Errors
/// As [`tag`].
pub(super) fn untag(
    call: &Call<'_>,
    input: UntagResourcesInput,
    world: &mut Guarded<'_>,
) -> Result<UntagResourcesOutput, Failure> {
    let keys = input.tag_keys.iter().map(|key| key.as_str()).collect();
    let arns: Vec<&str> = input.resource_arn_list.iter().map(|arn| arn.as_str()).collect();
    let failed = change(call, &arns, &Change::Remove(keys), world)?;
    Ok(UntagResourcesOutput { failed_resources_map: Some(failed) })
}

/// F-TAG-4
pub(super) fn refuse_malformed<'a>(arns: impl IntoIterator<Item = &'a str>) -> Result<(), Refusal> {
    for arn in arns {
        if Arn::parse(arn).is_none() {
            return Err(invalid(format!("{arn} is not a valid AmazonResourceName (ARN)")));
        }
    }
    Ok(())
}

/// The changes of those resources that are there, in the order in which they are named.
pub(super) fn planned(
    account: AccountId,
    arns: &[&str],
    change: &Change<'_>,
    world: &World<'_>,
) -> Result<Vec<Option<Native>>, Failure> {
    // Whether a member is seen now, its own service says.
    let resources = Resources::of(account, None, world)?;
    let mut planned = Vec::with_capacity(arns.len());
    for arn in arns {
        planned.push(resources.find(arn)?.map(|resource| Native::new(&resource, change)));
    }
    Ok(planned)
}

/// Carries the changes out, and gives what came of those that were refused. F-TAG-3
fn change(
    call: &Call<'_>,
    arns: &[&str],
    change: &Change<'_>,
    world: &mut Guarded<'_>,
) -> Result<BTreeMap<String, FailureInfo>, Failure> {
    refuse_malformed(arns.iter().copied())?;
    let account = call.caller.account();
    let planned = planned(account, arns, change, world)?;
    let mut failed = BTreeMap::new();
    let mut place = 0;
    for (arn, native) in arns.iter().zip(planned) {
        let refused = match native {
            None => Some(absent()),
            Some(_) if !call.is_where_resources_stand() => Some(invalid(ELSEWHERE)),
            Some(native) => {
                let refused = one(call, &native, place, world)?;
                place += 1;
                refused
            }
        };
        if let Some(refusal) = refused {
            failed.insert((*arn).to_owned(), told(refusal));
        }
    }
    Ok(failed)
}

/// One change; the inner value is the refusal.
fn one(
    call: &Call<'_>,
    native: &Native,
    place: usize,
    world: &mut Guarded<'_>,
) -> Result<Option<Refusal>, Failure> {
    match call.permitted.one_by_one(place) {
        Err(Some(denial)) => return Ok(Some(native.denied(denial, call.caller, call.context))),
        Err(None) => return Ok(Some(Refusal::new("AccessDeniedException", 403, "Access denied."))),
        Ok(()) => {}
    }
    match native.carry_out(call.permitted, call.caller, call.context, world) {
        Ok(()) => Ok(None),
        Err(Failure::Refused(refusal)) => Ok(Some(*refusal)),
        Err(other) => Err(other),
    }
}

fn told(refusal: Refusal) -> FailureInfo {
    FailureInfo {
        status_code: Some(refusal.status.into()),
        error_code: Some(refusal.code.into_owned()),
        error_message: refusal.message,
    }
}
