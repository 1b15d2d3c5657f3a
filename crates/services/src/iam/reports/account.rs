//! What IAM keeps once for an account: the alias, the counts, and what no account here has.

use std::collections::BTreeMap;

use aws::arn::AccountId;

use crate::failure::Failure;
use crate::iam::certificates::signing_certificate;
use crate::iam::directory::entity::EntityKind;
use crate::iam::directory::page::Pages;
use crate::iam::passwords::root;
use crate::iam::policies::policy_version;
use crate::iam::users::{access_key, group};
use crate::iam::{On, directory, refusal};
use crate::model::iam::{
    CreateAccountAliasRequest, DeleteAccountAliasRequest, GetAccountSummaryResponse,
    GlobalEndpointTokenVersion, ListAccountAliasesRequest, ListAccountAliasesResponse,
    SetSecurityTokenServicePreferencesRequest, SummaryKeyType,
};
use crate::service_quotas::{self, Quota};
use crate::state::identity::{AccountAlias, AccountAliasId, PolicyUseId};
use crate::world::World;

/// CreateAccountAlias. F-IAMAPI-ALIAS-1: an account has one alias; a new one takes the place of the old one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html>
///
/// # Errors
/// `EntityAlreadyExists` for an alias that any account has; F-IAMAPI-ALIAS-2: `InvalidInput` for twelve
/// digits (code and text *assumed*).
pub fn create_alias(
    on: &On<'_>,
    input: CreateAccountAliasRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let alias = input.account_alias.into_string();
    if alias.parse::<AccountId>().is_ok() {
        return Err(refusal::invalid_input("The account alias must not be an account ID.").into());
    }
    if world.get::<AccountAlias>(AccountAliasId(&alias))?.is_some() {
        return Err(refusal::already_exists(format!("The account alias {alias} already exists.")).into());
    }
    world.put(AccountAliasId(&alias), AccountAlias { account: on.account });
    let old = directory::change_account(on.account, world, |account| account.alias.replace(alias))?;
    if let Some(old) = old {
        world.delete::<AccountAlias>(AccountAliasId(&old));
    }
    Ok(())
}

/// DeleteAccountAlias.
///
/// # Errors
/// `NoSuchEntity` for any but the account's own alias.
pub fn delete_alias(
    on: &On<'_>,
    input: &DeleteAccountAliasRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let alias = input.account_alias.as_str();
    if directory::account(on.account, world)?.alias.as_deref() != Some(alias) {
        return Err(refusal::no_such_entity(format!("The account alias {alias} cannot be found.")).into());
    }
    directory::change_account(on.account, world, |account| account.alias = None)?;
    world.delete::<AccountAlias>(AccountAliasId(alias));
    Ok(())
}

/// ListAccountAliases: one or none.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list_aliases(
    on: &On<'_>,
    input: ListAccountAliasesRequest,
    world: &World<'_>,
) -> Result<ListAccountAliasesResponse, Failure> {
    let alias = directory::account(on.account, world)?.alias;
    let pages = Pages::new("ListAccountAliases", on, [], input.marker, input.max_items)?;
    let page = pages.of_list(alias.map(|alias| (alias.clone(), alias.into())));
    Ok(ListAccountAliasesResponse {
        account_aliases: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// SetSecurityTokenServicePreferences. F-IAMAPI-STSPREF-1: kept and shown by GetAccountSummary.
///
/// # Errors
/// None of its own.
pub fn set_token_version(
    on: &On<'_>,
    input: &SetSecurityTokenServicePreferencesRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let everywhere = input.global_endpoint_token_version == GlobalEndpointTokenVersion::V2Token;
    directory::change_account(on.account, world, |account| {
        account.global_tokens_good_everywhere = everywhere;
    })?;
    Ok(())
}

/// GetAccountSummary: what is there, and the quotas, under the recorded names (F-IAMAPI-SUM-3). F-IAMAPI-SUM-1:
/// what cannot be created here counts 0: certificates of the root user.
///
/// # Errors
/// None of its own.
pub fn summary(on: &On<'_>, world: &World<'_>) -> Result<GetAccountSummaryResponse, Failure> {
    use SummaryKeyType as Key;
    let account = directory::account(on.account, world)?;
    let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let size = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let quota = |quota: &Quota| quota.applied(on.account, on.context.now, world).map(count);
    let in_use = world.keys(&PolicyUseId::within(on.account), None, directory::POLICIES_IN_USE)?.len();
    let counts = [
        (Key::Users, count(account.users)),
        (Key::UsersQuota, quota(&service_quotas::USERS)?),
        (Key::Groups, count(account.groups)),
        (Key::GroupsQuota, quota(&service_quotas::GROUPS)?),
        (Key::Roles, count(account.roles)),
        (Key::RolesQuota, quota(&service_quotas::ROLES)?),
        (Key::Policies, count(account.policies)),
        (Key::PoliciesQuota, quota(&service_quotas::POLICIES)?),
        (Key::PolicyVersionsInUse, size(in_use)),
        (Key::PolicyVersionsInUseQuota, size(directory::POLICIES_IN_USE)),
        (Key::VersionsPerPolicyQuota, size(policy_version::MOST)),
        (Key::PolicySizeQuota, 6144),
        (Key::UserPolicySizeQuota, size(EntityKind::User.inline_policy_size())),
        (Key::GroupPolicySizeQuota, size(EntityKind::Group.inline_policy_size())),
        (Key::RolePolicySizeQuota, size(EntityKind::Role.inline_policy_size())),
        (Key::AssumeRolePolicySizeQuota, quota(&service_quotas::TRUST_POLICY_LENGTH)?),
        (Key::AttachedPoliciesPerUserQuota, quota(&service_quotas::POLICIES_PER_USER)?),
        (Key::AttachedPoliciesPerGroupQuota, quota(&service_quotas::POLICIES_PER_GROUP)?),
        (Key::AttachedPoliciesPerRoleQuota, quota(&service_quotas::POLICIES_PER_ROLE)?),
        (Key::GroupsPerUserQuota, size(group::MOST_PER_USER)),
        (Key::AccessKeysPerUserQuota, size(access_key::MOST)),
        (Key::AccountAccessKeysPresent, i32::from(!account.root_access_keys.is_empty())),
        (Key::AccountMfaEnabled, i32::from(!account.root_mfa_devices.is_empty())),
        (Key::AccountPasswordPresent, i32::from(root::since(on.account, world)?.is_some())),
        (Key::AccountSigningCertificatesPresent, 0),
        (Key::SigningCertificatesPerUserQuota, size(signing_certificate::MOST)),
        (Key::MfaDevices, count(account.mfa_devices)),
        (Key::MfaDevicesInUse, count(account.mfa_devices_in_use)),
        (Key::Providers, count(account.oidc_providers + account.saml_providers)),
        (Key::InstanceProfiles, count(account.instance_profiles)),
        (Key::InstanceProfilesQuota, quota(&service_quotas::INSTANCE_PROFILES)?),
        (Key::ServerCertificates, count(account.server_certificates)),
        (Key::ServerCertificatesQuota, quota(&service_quotas::SERVER_CERTIFICATES)?),
        (Key::GlobalEndpointTokenVersion, if account.global_tokens_good_everywhere { 2 } else { 1 }),
    ];
    let summary: BTreeMap<String, i32> =
        counts.into_iter().map(|(key, value)| (key.as_str().to_owned(), value)).collect();
    Ok(GetAccountSummaryResponse { summary_map: Some(summary) })
}
