//! The identities of an account as documents: policy names resolved to ARNs, credentials to their owners.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::{AccountId, Arn, PARTITION};
use jiff::{SignedDuration, Timestamp};

use super::Summary;
use super::account::AccountDraft;
use super::identity::{IdentityDraft, KeyDraft, RoleDraft, SessionDraft, UserDraft};
use super::ids;
use super::item::Given;
use super::{providers, sign_in};
use crate::authority::managed::AwsManaged;
use crate::iam::directory;
use crate::iam::users::group;
use crate::organizations::membership::roles::{self, ACCESS_ROLE};
use crate::state::identity::{
    Credential, CredentialOwner, Group, GroupId, ManagedPolicy, Role, RoleSession, User, UserId,
};
use crate::world::World;

/// Why reading while seeding cannot fail.
const NOTHING_FAILS: &str = "INVARIANT: there is nothing below a seed's world that could fail";

/// Writes the identities of one account after another, and sees to what is unique over all of them.
#[derive(Default)]
pub(super) struct Principals {
    /// Access key ids and the paths of the values that use them.
    access_keys: BTreeMap<String, String>,
    identity_ids: BTreeSet<String>,
}

/// One account while its identities are written.
struct Scope<'a, 'n> {
    account: &'a AccountDraft<'n>,
    /// Names of customer-managed policies, and their ARNs.
    policies: BTreeMap<&'a str, String>,
    now: Timestamp,
}

impl Scope<'_, '_> {
    fn id(&self) -> AccountId {
        self.account.id.value
    }

    /// When an identity was created: with its account, where nothing else is said.
    fn created(&self, identity: &IdentityDraft<'_>) -> Timestamp {
        identity.created.unwrap_or(self.account.created_at)
    }

    /// The ARN that a name or an ARN stands for.
    fn arn(&self, reference: &Given<'_, String>) -> String {
        let text = reference.value.as_str();
        if let Some(arn) = Arn::parse(text) {
            // One that accountd does not have would bind nobody, which a seed's author should hear of.
            let managed = AwsManaged::find(text).is_some();
            let known = managed || self.policies.values().any(|own| own == text);
            if arn.service != "iam" || arn.partition != PARTITION || !known {
                reference.item.report(format!(
                    "`{text}` is no managed policy of this account, and none of AWS's that is here"
                ));
            }
            return text.to_owned();
        }
        if let Some(arn) = self.policies.get(text) {
            return arn.clone();
        }
        if let Some(managed) = AwsManaged::named(text) {
            return managed.arn();
        }
        reference
            .item
            .report(format!("no policy of this account, and none of AWS's that is here, is named `{text}`"));
        format!("arn:{PARTITION}:iam::aws:policy/{text}")
    }

    fn arns(&self, references: &[Given<'_, String>]) -> BTreeSet<String> {
        references.iter().map(|reference| self.arn(reference)).collect()
    }
}

impl Principals {
    /// Writes users, roles, policies and credentials of `account`. `management_account` is that of the
    /// account's organization, if it is a member that has the access role.
    pub fn write(
        &mut self,
        account: &AccountDraft<'_>,
        management_account: Option<AccountId>,
        now: Timestamp,
        world: &mut World<'_>,
        summary: &mut Summary,
    ) {
        let iam = &account.iam;
        let arn =
            |path: &str, name: &str| format!("arn:{PARTITION}:iam::{}:policy{path}{name}", account.id.value);
        let policies =
            iam.policies.iter().map(|policy| (policy.name.as_str(), arn(&policy.path, &policy.name)));
        let scope = Scope { account, policies: policies.collect(), now };
        self.write_policies(&scope, world);
        self.write_groups(&scope, world);
        self.write_users(&scope, world);
        for role in &iam.roles {
            self.write_role(&scope, role, world);
        }
        for key in &iam.root_access_keys {
            self.write_credential(&scope, key, CredentialOwner::Root, account.created_at, world);
        }
        if !iam.root_access_keys.is_empty() {
            let ids = iam.root_access_keys.iter().map(|key| key.id.value.clone()).collect();
            directory::change_account(account.id.value, world, |kept| kept.root_access_keys = ids)
                .expect(NOTHING_FAILS);
        }
        let at = (account.id.value, account.created_at);
        if !iam.root_mfa.is_empty() {
            sign_in::write_devices(at, None, &iam.root_mfa, world);
        }
        if let Some(policy) = &iam.password_policy {
            sign_in::change(account.id.value, world, |kept| kept.password_policy = Some(policy.clone()));
        }
        if !iam.oidc_providers.is_empty() {
            providers::write_oidc(at, &iam.oidc_providers, world);
        }
        if !iam.saml_providers.is_empty() {
            providers::write_saml(at, &iam.saml_providers, world);
        }
        summary.policies += iam.policies.len();
        summary.users += iam.users.len();
        summary.roles += iam.roles.len();
        let sessions: usize = iam.roles.iter().map(|role| role.sessions.len()).sum();
        let user_keys: usize = iam.users.iter().map(|user| user.access_keys.len()).sum();
        summary.access_keys += iam.root_access_keys.len() + user_keys + sessions;
        let named = iam.roles.iter().any(|role| role.identity.name.eq_ignore_ascii_case(ACCESS_ROLE));
        if let Some(management_account) = management_account.filter(|_| !named) {
            let role = access_role(&scope, management_account);
            directory::save(role, world).expect(NOTHING_FAILS);
            summary.roles += 1;
        }
    }

    fn identity_id(&mut self, scope: &Scope<'_, '_>, prefix: &str, identity: &IdentityDraft<'_>) -> String {
        let derive = || ids::identity(prefix, scope.id().as_str(), &identity.name);
        let id = identity.id.clone().unwrap_or_else(derive);
        if !self.identity_ids.insert(id.clone()) {
            identity.item.report(format!("the id `{id}` is in use already"));
        }
        id
    }

    fn write_policies(&mut self, scope: &Scope<'_, '_>, world: &mut World<'_>) {
        for policy in &scope.account.iam.policies {
            let derive = || ids::identity("ANPA", scope.id().as_str(), &policy.name);
            let id = policy.id.clone().unwrap_or_else(derive);
            if !self.identity_ids.insert(id.clone()) {
                policy.item.report(format!("the id `{id}` is in use already"));
            }
            let (name, created_at) = (policy.name.clone(), scope.account.created_at);
            let document = ManagedPolicy {
                path: policy.path.clone(),
                ..ManagedPolicy::new(scope.id(), name, id, created_at, policy.document.clone())
            };
            directory::save_policy(document, world).expect(NOTHING_FAILS);
        }
    }

    fn write_groups(&mut self, scope: &Scope<'_, '_>, world: &mut World<'_>) {
        for group in &scope.account.iam.groups {
            let derive = || ids::identity("AGPA", scope.id().as_str(), &group.name);
            let id = group.id.clone().unwrap_or_else(derive);
            if !self.identity_ids.insert(id.clone()) {
                group.item.report(format!("the id `{id}` is in use already"));
            }
            let document = Group {
                account: scope.id(),
                name: group.name.clone(),
                id,
                path: group.path.clone(),
                created_at: scope.account.created_at,
                inline_policies: group.inline_policies.clone(),
                attached_policies: scope.arns(&group.attached_policies),
                members: 0,
            };
            directory::save(document, world).expect(NOTHING_FAILS);
        }
    }

    fn write_users(&mut self, scope: &Scope<'_, '_>, world: &mut World<'_>) {
        for user in &scope.account.iam.users {
            let identity = &user.identity;
            let id = self.identity_id(scope, "AIDA", identity);
            let document = User {
                path: identity.path.clone(),
                inline_policies: identity.inline_policies.clone(),
                attached_policies: scope.arns(&identity.attached_policies),
                permissions_boundary: identity.permissions_boundary.as_ref().map(|arn| scope.arn(arn)),
                tags: identity.tags.clone(),
                access_keys: user.access_keys.iter().map(|key| key.id.value.clone()).collect(),
                ..User::new(scope.id(), identity.name.clone(), id, scope.created(identity))
            };
            let document = sign_in::complete_user(document, user.login_profile.as_ref(), &user.mfa, world);
            directory::save(document, world).expect(NOTHING_FAILS);
            join_groups(scope, user, world);
            for key in &user.access_keys {
                let owner = CredentialOwner::User(identity.name.clone());
                self.write_credential(scope, key, owner, scope.created(identity), world);
            }
        }
    }

    fn write_role(&mut self, scope: &Scope<'_, '_>, role: &RoleDraft<'_>, world: &mut World<'_>) {
        let identity = &role.identity;
        let id = self.identity_id(scope, "AROA", identity);
        let (name, created_at) = (identity.name.clone(), scope.created(identity));
        let document = Role {
            path: identity.path.clone(),
            max_session_duration_seconds: role.max_session_duration_seconds,
            inline_policies: identity.inline_policies.clone(),
            attached_policies: scope.arns(&identity.attached_policies),
            permissions_boundary: identity.permissions_boundary.as_ref().map(|arn| scope.arn(arn)),
            tags: identity.tags.clone(),
            last_used: role.last_used.clone(),
            ..Role::new(scope.id(), name, id.clone(), created_at, role.trust_policy.clone())
        };
        directory::save(document, world).expect(NOTHING_FAILS);
        for session in &role.sessions {
            let owner = session_owner(scope, role, &id, session);
            let issued_at = owner.issued_at;
            self.write_credential(scope, &session.key, CredentialOwner::RoleSession(owner), issued_at, world);
        }
    }

    fn write_credential(
        &mut self,
        scope: &Scope<'_, '_>,
        key: &KeyDraft<'_>,
        owner: CredentialOwner,
        created_at: Timestamp,
        world: &mut World<'_>,
    ) {
        let id = &key.id.value;
        if let Some(first) = self.access_keys.insert(id.clone(), key.id.item.path.clone()) {
            key.id.item.report(format!("is the same access key id as {first}"));
        }
        let document = Credential {
            access_key_id: id.clone(),
            secret_access_key: key.secret.clone(),
            account: scope.id(),
            owner,
            active: key.active,
            created_at: key.created.unwrap_or(created_at),
        };
        world.save(document);
        if let Some(used) = &key.last_used {
            sign_in::change(scope.id(), world, |kept| {
                kept.key_uses.insert(id.clone(), used.clone());
            });
        }
    }
}

/// Puts a user into its groups; each must be one of the account's.
fn join_groups(scope: &Scope<'_, '_>, user: &UserDraft<'_>, world: &mut World<'_>) {
    for name in &user.groups {
        let group = world.get::<Group>(GroupId::new(scope.id(), &name.value)).expect(NOTHING_FAILS);
        let member = world.get::<User>(UserId::new(scope.id(), &user.identity.name)).expect(NOTHING_FAILS);
        match (group, member) {
            (Some(group), Some(member)) if !member.groups.contains(&group.name.to_lowercase()) => {
                group::join(Group::clone(&group), User::clone(&member), world).expect(NOTHING_FAILS);
            }
            (Some(_), _) => {}
            (None, _) => name.item.report(format!("no group of this account is named `{}`", name.value)),
        }
    }
}

/// A session without an end lasts as long as its role allows, counted from now.
fn session_owner(
    scope: &Scope<'_, '_>,
    role: &RoleDraft<'_>,
    role_id: &str,
    session: &SessionDraft<'_>,
) -> RoleSession {
    let longest = SignedDuration::from_secs(i64::from(role.max_session_duration_seconds));
    let expires_at = session.expires_at.unwrap_or(scope.now + longest);
    RoleSession {
        role: role.identity.name.clone(),
        role_id: role_id.to_owned(),
        session_name: session.name.clone(),
        session_token: session.token.clone(),
        issued_at: scope.now.min(expires_at),
        expires_at,
        policy: session.policy.clone(),
        policy_arns: scope.arns(&session.policy_arns),
        tags: session.tags.clone(),
        transitive_tag_keys: BTreeSet::new(),
        source_identity: session.source_identity.clone(),
        mfa_authenticated_at: None,
        federated_provider: None,
    }
}

/// F-SEED-5: the role that Organizations leaves in an account it creates.
fn access_role(scope: &Scope<'_, '_>, management_account: AccountId) -> Role {
    let account = scope.id();
    let id = ids::identity("AROA", account.as_str(), ACCESS_ROLE);
    roles::access_role(account, management_account, ACCESS_ROLE, id, scope.account.created_at)
}
