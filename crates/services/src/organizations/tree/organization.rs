//! The organization itself.
//!
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html>

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;

use crate::failure::Failure;
use crate::model::organizations::{
    AccountJoinedMethod, CreateOrganizationRequest, CreateOrganizationResponse, DescribeOrganizationResponse,
    Organization as Shown, PolicyType, PolicyTypeStatus, PolicyTypeSummary,
};
use crate::organizations::ids::new_id;
use crate::organizations::membership::{handshake, roles};
use crate::organizations::policies::kept;
use crate::organizations::standing::Standing;
use crate::organizations::{Call, arn, index, refusal};
use crate::state::account::Account;
use crate::state::organization::{
    AccountCreationId, AttachedPolicies, Attachment, Child, FeatureSet, HandshakeOfId, Membership,
    MembershipChanges, Organization, OrganizationCounts, OrganizationEntity, OrganizationEntityId,
    OrganizationId, OrganizationPolicy, OrganizationResourcePolicy, OrganizationalUnit, PolicyId, PolicyName,
    UnitId, UnitNameId,
};
use crate::world::key::Prefix;
use crate::world::{Fault, World};

/// CreateOrganization: the caller's account becomes the management account.
///
/// F-ORGS-ORG-1: no policy type is enabled by it: clients that enable SERVICE_CONTROL_POLICY right after it succeed,
/// where the reference has it enabled already.
///
/// # Errors
/// F-ORGS-ORG-2: `AlreadyInOrganizationException`.
pub(crate) fn create(
    input: CreateOrganizationRequest,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<CreateOrganizationResponse, Failure> {
    let account = call.caller.account();
    if Standing::of(account, call, world)?.is_some() {
        return Err(refusal::already_in_organization().into());
    }
    let organization = Organization {
        id: new_id(call.context, "o-", 10),
        management_account: account,
        feature_set: input.feature_set.unwrap_or(FeatureSet::All),
        root_id: new_id(call.context, "r-", 4),
        trusted_services: BTreeMap::new(),
        delegated_administrators: BTreeMap::new(),
        enabled_policy_types: BTreeSet::new(),
        root_features: BTreeSet::new(),
        created_at: call.context.now,
        account_quota: None,
    };
    let root = OrganizationalUnit {
        id: organization.root_id.clone(),
        organization_id: organization.id.clone(),
        parent_id: None,
        name: "Root".to_owned(),
        policies: AttachedPolicies::default(),
        tags: BTreeMap::new(),
    };
    index::put_unit(root, world);
    // AWS lists the management account as invited; it was there before its organization.
    let membership = Membership {
        organization_id: organization.id.clone(),
        parent_id: organization.root_id.clone(),
        joined_at: call.context.now,
        joined_method: AccountJoinedMethod::Invited,
        policies: AttachedPolicies::default(),
        tags: BTreeMap::new(),
        closure: None,
    };
    index::put_member(account, membership, world);
    if organization.feature_set == FeatureSet::All {
        roles::ensure_service_linked(account, call.context.now, call.context, world)?;
    }
    let shown = show(&organization, call, world)?;
    world.save(organization);
    Ok(CreateOrganizationResponse { organization: Some(shown) })
}

/// The address of an account's root user.
pub(crate) fn email_of(account: AccountId, call: &Call<'_>, world: &World<'_>) -> Result<String, Fault> {
    let account = world
        .get::<Account>(account)?
        .ok_or_else(|| Fault::Broken("an organization refers to an absent account".into()))?;
    Ok(account.email_at(call.context.now).to_owned())
}

fn show(organization: &Organization, call: &Call<'_>, world: &World<'_>) -> Result<Shown, Fault> {
    let management_account = organization.management_account;
    // F-ORGS-ORG-3: the reference calls this member incomplete; AWS fills it with the one type it began with.
    let available = PolicyTypeSummary {
        r#type: Some(PolicyType::ServiceControlPolicy),
        status: Some(PolicyTypeStatus::Enabled),
    };
    let available = match organization.feature_set {
        FeatureSet::All => vec![available],
        FeatureSet::ConsolidatedBilling => Vec::new(),
    };
    Ok(Shown {
        id: Some(organization.id.as_str().into()),
        arn: Some(arn::organization(organization).into()),
        feature_set: Some(organization.feature_set),
        master_account_arn: Some(arn::account(organization, management_account).into()),
        master_account_id: Some(management_account.as_str().into()),
        master_account_email: Some(email_of(management_account, call, world)?.into()),
        available_policy_types: Some(available),
    })
}

/// DescribeOrganization.
pub(crate) fn describe(
    standing: &Standing,
    call: &Call<'_>,
    world: &World<'_>,
) -> Result<DescribeOrganizationResponse, Failure> {
    let organization = show(&standing.organization, call, world)?;
    Ok(DescribeOrganizationResponse { organization: Some(organization) })
}

/// DeleteOrganization: units, policies and all that was kept of the organization go with it.
///
/// # Errors
/// F-ORGS-ORG-4: `OrganizationNotEmptyException` while another account is in it, or being created in it.
pub(crate) fn delete(standing: &Standing, call: &Call<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    let id = standing.organization.id.as_str();
    // Read, so that a member that joins at the same time is not lost.
    world.get::<MembershipChanges>(OrganizationId(id))?;
    for entity in index::all(&OrganizationEntityId::within(id), world)? {
        let entry = entity.id()?;
        delete_entity(entry.entity, standing, call, world)?;
        world.delete::<OrganizationEntity>(entry);
    }
    index::delete_all::<Attachment>(&Prefix::within(id), world)?;
    index::delete_all(&AccountCreationId::within(id), world)?;
    for key in index::all::<PolicyName>(&Prefix::within(id), world)? {
        let name = key.id()?;
        if let Some(named) = world.get::<PolicyName>(name)? {
            world.delete::<OrganizationPolicy>(PolicyId(&named.policy_id));
        }
        world.delete::<PolicyName>(name);
    }
    for handshake in index::all(&HandshakeOfId::within(id), world)? {
        // An open handshake of an organization that is gone can no longer be accepted.
        handshake::cancel_open(handshake.id()?.handshake, call, world)?;
    }
    world.delete::<OrganizationResourcePolicy>(OrganizationId(id));
    world.delete::<OrganizationCounts>(OrganizationId(id));
    world.delete::<MembershipChanges>(OrganizationId(id));
    world.delete::<Organization>(OrganizationId(id));
    Ok(())
}

fn delete_entity(
    entity: &str,
    standing: &Standing,
    call: &Call<'_>,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let Ok(account) = entity.parse::<AccountId>() else {
        index::delete_all::<Child>(&Prefix::within(entity), world)?;
        index::delete_all(&UnitNameId::within(entity), world)?;
        world.get::<OrganizationalUnit>(UnitId(entity))?;
        world.delete::<OrganizationalUnit>(UnitId(entity));
        return Ok(());
    };
    let closed_for_good = world
        .get::<Membership>(account)?
        .and_then(|membership| membership.closure)
        .is_some_and(|closure| closure.final_at <= call.context.now);
    if account != standing.organization.management_account && !closed_for_good {
        return Err(refusal::organization_not_empty().into());
    }
    kept::forget(&standing.organization.id, account, world)?;
    world.delete::<Membership>(account);
    Ok(())
}
