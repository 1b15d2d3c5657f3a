//! Tags of roots, units, accounts, policies and the resource policy.

use std::collections::BTreeMap;

use aws::arn::AccountId;

use crate::failure::Failure;
use crate::model::organizations::{
    ConstraintViolationExceptionReason, InvalidInputExceptionReason, ListTagsForResourceRequest,
    ListTagsForResourceResponse, Tag, TagResourceRequest, UntagResourceRequest,
};
use crate::organizations::listing::Listing;
use crate::organizations::standing::Standing;
use crate::organizations::{Call, refusal};
use crate::quotas::number;
use crate::state::organization::{
    Membership, OrganizationId, OrganizationPolicy, OrganizationResourcePolicy, OrganizationalUnit, PolicyId,
};
use crate::world::World;

/// The stored tags.
type Tags = BTreeMap<String, String>;

/// Reads the tags of an input.
///
/// # Errors
/// F-ORGS-TAG-1, F-ORGS-TAG-2: DUPLICATE_TAG_KEY, INVALID_SYSTEM_TAGS_PARAMETER.
pub(crate) fn read(tags: Option<Vec<Tag>>, call: &Call<'_>) -> Result<Tags, Failure> {
    let mut read = Tags::new();
    for tag in tags.unwrap_or_default() {
        let key = tag.key.into_string();
        refuse_system_key(&key)?;
        if read.insert(key, tag.value.into_string()).is_some() {
            return Err(refusal::invalid_input(InvalidInputExceptionReason::DuplicateTagKey).into());
        }
    }
    refuse_too_many(&read, call)?;
    Ok(read)
}

fn refuse_system_key(key: &str) -> Result<(), Failure> {
    match key.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("aws:") => {
            Err(refusal::invalid_input(InvalidInputExceptionReason::InvalidSystemTagsParameter).into())
        }
        _ => Ok(()),
    }
}

fn refuse_too_many(tags: &Tags, call: &Call<'_>) -> Result<(), Failure> {
    if tags.len() > number(call.context.quotas.tags) {
        return Err(refusal::constraint(ConstraintViolationExceptionReason::MaxTagLimitExceeded).into());
    }
    Ok(())
}

/// Something with tags, on loan from the world.
enum Tagged {
    Member(AccountId, Membership),
    Unit(OrganizationalUnit),
    Policy(OrganizationPolicy),
    ResourcePolicy(OrganizationResourcePolicy),
}

impl Tagged {
    /// # Errors
    /// `TargetNotFoundException`, for AWS-managed policies too.
    fn find(standing: &Standing, id: &str, call: &Call<'_>, world: &World<'_>) -> Result<Self, Failure> {
        let found = if id.starts_with("rp-") {
            let policy =
                world.get::<OrganizationResourcePolicy>(OrganizationId(&standing.organization.id))?;
            policy.filter(|policy| policy.id == id).map(|policy| Self::ResourcePolicy((*policy).clone()))
        } else if id.starts_with("p-") {
            let policy = world.get::<OrganizationPolicy>(PolicyId(id))?;
            let policy = policy.filter(|policy| policy.organization_id == standing.organization.id);
            policy.map(|policy| Self::Policy((*policy).clone()))
        } else if let Some(member) = standing.member(id, call, world)? {
            Some(Self::Member(member.account.id, (*member.membership).clone()))
        } else {
            standing.unit(id, world)?.map(|unit| Self::Unit((*unit).clone()))
        };
        found.ok_or_else(|| refusal::target_not_found().into())
    }

    fn tags(&mut self) -> &mut Tags {
        match self {
            Self::Member(_, membership) => &mut membership.tags,
            Self::Unit(unit) => &mut unit.tags,
            Self::Policy(policy) => &mut policy.tags,
            Self::ResourcePolicy(policy) => &mut policy.tags,
        }
    }

    fn save(self, standing: &Standing, world: &mut World<'_>) {
        match self {
            Self::Member(account, membership) => world.put(account, membership),
            Self::Unit(unit) => world.save(unit),
            Self::Policy(policy) => world.save(policy),
            Self::ResourcePolicy(policy) => world.put(OrganizationId(&standing.organization.id), policy),
        }
    }
}

/// TagResource: adds tags, or gives others their new value.
pub(crate) fn tag(
    standing: &Standing,
    input: TagResourceRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let id = input.resource_id.as_str();
    let mut tagged = Tagged::find(standing, id, call, world)?;
    let tags = read(Some(input.tags), call)?;
    tagged.tags().extend(tags);
    refuse_too_many(tagged.tags(), call)?;
    tagged.save(standing, world);
    Ok(())
}

/// UntagResource: removes tags; one that is not there is passed over.
pub(crate) fn untag(
    standing: &Standing,
    input: UntagResourceRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let id = input.resource_id.as_str();
    let mut tagged = Tagged::find(standing, id, call, world)?;
    for key in &input.tag_keys {
        refuse_system_key(key.as_str())?;
        tagged.tags().remove(key.as_str());
    }
    tagged.save(standing, world);
    Ok(())
}

/// ListTagsForResource, in order of keys.
pub(crate) fn list(
    standing: &Standing,
    input: ListTagsForResourceRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListTagsForResourceResponse, Failure> {
    let id = input.resource_id.as_str();
    let mut tagged = Tagged::find(standing, id, call, world)?;
    let all = i32::try_from(tagged.tags().len().max(1)).ok();
    let listing = Listing::open(call, &[id], input.next_token.as_ref(), all)?;
    let shown = std::mem::take(tagged.tags()).into_iter().map(|(key, value)| {
        let tag = Tag { key: key.as_str().into(), value: value.into() };
        (key, tag)
    });
    let (tags, next_token) = listing.of(shown);
    Ok(ListTagsForResourceResponse { tags: Some(tags), next_token })
}
