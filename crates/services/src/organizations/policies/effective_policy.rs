//! Effective policies: what an account inherits of the management policies, and whether that is of any use.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::inheritance::Inherited;
use super::kept;
use super::policy_validation::{Contribution, errors};
use super::tag_policy;
use crate::authority::ancestry::Ancestry;
use crate::failure::Failure;
use crate::model::organizations::{
    DescribeEffectivePolicyRequest, DescribeEffectivePolicyResponse, EffectivePolicy, EffectivePolicyType,
    EffectivePolicyValidationError, InvalidInputExceptionReason,
    ListAccountsWithInvalidEffectivePolicyRequest, ListAccountsWithInvalidEffectivePolicyResponse,
    ListEffectivePolicyValidationErrorsRequest, ListEffectivePolicyValidationErrorsResponse, PolicyType,
};
use crate::organizations::index;
use crate::organizations::listing::{Entry, Listing};
use crate::organizations::standing::{Member, Standing};
use crate::organizations::tree::account;
use crate::organizations::tree::root_and_units;
use crate::organizations::{Call, refusal};
use crate::state::organization::{OrganizationEntityId, OrganizationPolicy, PolicyId};
use crate::world::{Fault, World};

/// What reaches an account of the policies of one type.
pub(super) struct Effective {
    /// The merged policy; `None` where nothing has a value.
    pub content: Option<Value>,
    /// When the youngest of the policies was created or changed. Schedules are judged as of then, so that an effective
    /// policy does not become another one by time passing.
    pub updated_at: Timestamp,
    /// The policies, from the root down.
    contributions: Vec<Contribution>,
}

impl Effective {
    /// What reaches an account at its place.
    pub(super) fn of(
        ancestry: &Ancestry,
        kind: EffectivePolicyType,
        world: &World<'_>,
    ) -> Result<Self, Fault> {
        let mut inherited = Inherited::default();
        let mut updated_at = ancestry.organization.created_at;
        let mut contributions = Vec::new();
        for level in ancestry.attached() {
            let of_level = contributions.len();
            for id in level {
                let Some(policy) = world.get::<OrganizationPolicy>(PolicyId(id))? else { continue };
                if policy.kind.as_str() == kind.as_str() {
                    let document = serde_json::from_str(policy.document.source())
                        .map_err(|_| Fault::Broken("a policy's document is no JSON".into()))?;
                    contributions.push(Contribution { policy_id: id.clone(), document });
                    updated_at = updated_at.max(policy.updated_at.unwrap_or(updated_at));
                }
            }
            inherited.add_level(contributions[of_level..].iter().map(|policy| &policy.document));
        }
        let content = match kind {
            EffectivePolicyType::TagPolicy => tag_policy::effective(&inherited),
            _ => inherited.effective(),
        };
        Ok(Self { content, updated_at, contributions })
    }

    fn of_member(member: &Member, kind: EffectivePolicyType, world: &World<'_>) -> Result<Self, Fault> {
        let ancestry = Ancestry::of(member.account.id, world)?
            .ok_or_else(|| Fault::Broken("a member is in no organization".into()))?;
        Self::of(&ancestry, kind, world)
    }

    /// What is wrong with it.
    fn errors(&self, kind: EffectivePolicyType) -> Vec<EffectivePolicyValidationError> {
        let content = self.content.as_ref();
        content.map_or_else(Vec::new, |content| errors(kind, content, self.updated_at, &self.contributions))
    }

    /// Whether nothing is wrong with it.
    pub(super) fn is_valid(&self, kind: EffectivePolicyType) -> bool {
        self.errors(kind).is_empty()
    }
}

/// The effective tag policy of an account at its place; `None` while the type is not enabled, or where nothing has a value.
pub(crate) fn tag_policy(ancestry: &Ancestry, world: &World<'_>) -> Result<Option<Value>, Fault> {
    if !ancestry.organization.enabled_policy_types.contains(&PolicyType::TagPolicy) {
        return Ok(None);
    }
    Ok(Effective::of(ancestry, EffectivePolicyType::TagPolicy, world)?.content)
}

/// # Errors
/// F-ORGS-EFF-3: `EffectivePolicyNotFoundException` while the type is not enabled.
fn check_enabled(standing: &Standing, kind: EffectivePolicyType) -> Result<(), Failure> {
    let mut enabled = standing.organization.enabled_policy_types.iter();
    if !enabled.any(|enabled| enabled.as_str() == kind.as_str()) {
        return Err(refusal::effective_policy_not_found().into());
    }
    Ok(())
}

/// DescribeEffectivePolicy: of the caller's own account, or of the one that is named.
///
/// # Errors
/// F-ORGS-EFF-3: TARGET_NOT_SUPPORTED for a root or unit; `TargetNotFoundException`; `AccessDeniedException` where a plain
/// member names another account; `EffectivePolicyNotFoundException` while the type is not enabled.
pub(crate) fn describe(
    standing: &Standing,
    input: DescribeEffectivePolicyRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<DescribeEffectivePolicyResponse, Failure> {
    let organization = &standing.organization;
    let target = input.target_id.as_ref().map_or(standing.account.as_str(), |target| target.as_str());
    if target != standing.account.as_str()
        && !standing.is_management()
        && !organization.delegated_administrators.contains_key(&standing.account)
    {
        return Err(refusal::access_denied().into());
    }
    if target.starts_with("r-") || target.starts_with("ou-") {
        return Err(refusal::invalid_input(InvalidInputExceptionReason::TargetNotSupported).into());
    }
    let member = standing.member(target, call, world)?.ok_or_else(refusal::target_not_found)?;
    check_enabled(standing, input.policy_type)?;
    let (content, updated_at) = in_force(&member, input.policy_type, world)?;
    Ok(DescribeEffectivePolicyResponse {
        effective_policy: Some(EffectivePolicy {
            policy_content: Some(content.unwrap_or_else(|| "{}".to_owned()).into()),
            last_updated_timestamp: Some(updated_at),
            target_id: Some(target.into()),
            policy_type: Some(input.policy_type),
        }),
    })
}

/// The effective policy of a member as a text, if there is one, and since when it is so. F-ORGS-EFF-7: a backup policy
/// that is not valid is not in force; what was before it is.
fn in_force(
    member: &Member,
    kind: EffectivePolicyType,
    world: &World<'_>,
) -> Result<(Option<String>, Timestamp), Fault> {
    let effective = Effective::of_member(member, kind, world)?;
    if kind != EffectivePolicyType::BackupPolicy || effective.is_valid(kind) {
        return Ok((effective.content.map(|content| content.to_string()), effective.updated_at));
    }
    let kept = kept::of(&member.membership.organization_id, member.account.id, world)?;
    Ok(kept.map_or((None, effective.updated_at), |(content, since)| (Some(content), since)))
}

/// ListAccountsWithInvalidEffectivePolicy, in order of ids.
///
/// # Errors
/// F-ORGS-EFF-3: `EffectivePolicyNotFoundException` while the type is not enabled.
pub(crate) fn list_accounts_with_invalid(
    standing: &Standing,
    input: ListAccountsWithInvalidEffectivePolicyRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListAccountsWithInvalidEffectivePolicyResponse, Failure> {
    let kind = input.policy_type;
    check_enabled(standing, kind)?;
    let listing = Listing::open(call, &[kind.as_str()], input.next_token.as_ref(), input.max_results)?;
    let prefix = OrganizationEntityId::within(&standing.organization.id);
    let (accounts, next_token) = listing.over(&prefix, world, |id| {
        if !index::is_account(id.entity) {
            return Ok(Entry::End);
        }
        let Some(member) = standing.member(id.entity, call, world)? else { return Ok(Entry::Hidden) };
        if Effective::of_member(&member, kind, world)?.is_valid(kind) {
            return Ok(Entry::Hidden);
        }
        Ok(Entry::Shown(account::show(standing, &member, call, world)?))
    })?;
    Ok(ListAccountsWithInvalidEffectivePolicyResponse {
        accounts: Some(accounts),
        policy_type: Some(kind),
        next_token,
    })
}

/// ListEffectivePolicyValidationErrors, in order of paths. Where there is none, path and time are not said.
///
/// # Errors
/// `AccountNotFoundException`; F-ORGS-EFF-3: `EffectivePolicyNotFoundException` while the type is not enabled.
pub(crate) fn list_errors(
    standing: &Standing,
    input: ListEffectivePolicyValidationErrorsRequest,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<ListEffectivePolicyValidationErrorsResponse, Failure> {
    let kind = input.policy_type;
    let id = input.account_id.as_str();
    let member = account::member(standing, id, call, world)?;
    check_enabled(standing, kind)?;
    let listing = Listing::open(call, &[id, kind.as_str()], input.next_token.as_ref(), input.max_results)?;
    let effective = Effective::of_member(&member, kind, world)?;
    let found: BTreeMap<String, _> = effective
        .errors(kind)
        .into_iter()
        .map(|error| {
            let parts = [&error.path_to_error, &error.error_code, &error.error_message];
            (parts.map(|part| part.as_deref().unwrap_or_default()).join("\n"), error)
        })
        .collect();
    let is_valid = found.is_empty();
    let path = if is_valid { None } else { Some(root_and_units::path_of_member(standing, &member, world)?) };
    let (errors, next_token) = listing.of(found);
    Ok(ListEffectivePolicyValidationErrorsResponse {
        account_id: Some(id.into()),
        policy_type: Some(kind),
        path: path.map(Into::into),
        evaluation_timestamp: (!is_valid).then_some(effective.updated_at),
        next_token,
        effective_policy_validation_errors: Some(errors),
    })
}
