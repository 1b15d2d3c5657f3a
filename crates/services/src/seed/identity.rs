//! The `iam` part of an account: reading users, roles, policies and access keys.

use std::collections::{BTreeMap, BTreeSet};

use aws::policy::{Policy, PolicyKind};
use jiff::Timestamp;

use super::constraints::Shape;
use super::item::{Fields, Given, Item};
use super::providers::{self, OidcDraft, SamlDraft};
use super::sign_in::{self, DeviceDraft, LoginDraft};
use crate::iam::tag::Keys;
use crate::state::identity::{DEFAULT_SESSION_SECONDS, KeyUse, PasswordPolicy, RoleUse};

/// Everything under an account's `iam`.
#[derive(Default)]
pub(super) struct Iam<'n> {
    pub users: Vec<UserDraft<'n>>,
    pub groups: Vec<GroupDraft<'n>>,
    pub roles: Vec<RoleDraft<'n>>,
    pub policies: Vec<PolicyDraft<'n>>,
    pub root_access_keys: Vec<KeyDraft<'n>>,
    pub root_mfa: Vec<DeviceDraft<'n>>,
    pub password_policy: Option<PasswordPolicy>,
    pub oidc_providers: Vec<OidcDraft<'n>>,
    pub saml_providers: Vec<SamlDraft<'n>>,
}

/// What users and roles have in common.
pub(super) struct IdentityDraft<'n> {
    pub item: Item<'n>,
    pub name: String,
    pub path: String,
    pub id: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub inline_policies: BTreeMap<String, Policy>,
    /// Names or ARNs, as written.
    pub attached_policies: Vec<Given<'n, String>>,
    /// A name or an ARN, as written.
    pub permissions_boundary: Option<Given<'n, String>>,
    pub created: Option<Timestamp>,
}

/// A user.
pub(super) struct UserDraft<'n> {
    pub identity: IdentityDraft<'n>,
    /// Names of groups of the account.
    pub groups: Vec<Given<'n, String>>,
    pub access_keys: Vec<KeyDraft<'n>>,
    pub login_profile: Option<LoginDraft>,
    pub mfa: Vec<DeviceDraft<'n>>,
}

/// A group.
pub(super) struct GroupDraft<'n> {
    pub item: Item<'n>,
    pub name: String,
    pub path: String,
    pub id: Option<String>,
    pub inline_policies: BTreeMap<String, Policy>,
    pub attached_policies: Vec<Given<'n, String>>,
}

/// A role.
pub(super) struct RoleDraft<'n> {
    pub identity: IdentityDraft<'n>,
    pub trust_policy: Policy,
    pub max_session_duration_seconds: u32,
    pub sessions: Vec<SessionDraft<'n>>,
    pub last_used: Option<RoleUse>,
}

/// A session of a role that is open when the store begins.
pub(super) struct SessionDraft<'n> {
    pub key: KeyDraft<'n>,
    pub name: String,
    pub token: String,
    pub expires_at: Option<Timestamp>,
    pub policy: Option<Policy>,
    pub policy_arns: Vec<Given<'n, String>>,
    pub tags: BTreeMap<String, String>,
    pub source_identity: Option<String>,
}

/// A customer-managed policy.
pub(super) struct PolicyDraft<'n> {
    pub item: Item<'n>,
    pub name: String,
    pub path: String,
    pub id: Option<String>,
    pub document: Policy,
}

/// An access key.
pub(super) struct KeyDraft<'n> {
    pub id: Given<'n, String>,
    pub secret: String,
    pub active: bool,
    pub created: Option<Timestamp>,
    pub last_used: Option<KeyUse>,
}

/// F-SEED-10: IAM's quota of access keys for a user, and for the root user (IAM guide, "IAM and AWS STS
/// quotas").
const MAX_ACCESS_KEYS: usize = 2;

/// Reads an account's `iam`.
pub(super) fn read_iam<'n>(item: &Item<'n>) -> Option<Iam<'n>> {
    let fields = item.fields(&[
        "users",
        "groups",
        "roles",
        "policies",
        "root_access_keys",
        "root_mfa",
        "password_policy",
        "oidc_providers",
        "saml_providers",
    ])?;
    let users = fields.each("users", read_user);
    let groups = fields.each("groups", read_group);
    let roles = fields.each("roles", read_role);
    let policies = fields.each("policies", read_policy);
    let root_access_keys = read_access_keys(&fields, "root_access_keys");
    let root_mfa = sign_in::read_devices(&fields, "root_mfa");
    let password_policy = fields.optional("password_policy", sign_in::read_password_policy);
    let oidc_providers = fields.each("oidc_providers", providers::read_oidc);
    let saml_providers = fields.each("saml_providers", providers::read_saml);
    let iam = Iam {
        root_mfa: root_mfa?,
        password_policy: password_policy?,
        oidc_providers: oidc_providers?,
        saml_providers: saml_providers?,
        users: users?,
        groups: groups?,
        roles: roles?,
        policies: policies?,
        root_access_keys: root_access_keys?,
    };
    let users = iam.users.iter().map(|user| (&user.identity.item, &user.identity.name));
    let roles = iam.roles.iter().map(|role| (&role.identity.item, &role.identity.name));
    let policies = iam.policies.iter().map(|policy| (&policy.item, &policy.name));
    let groups = iam.groups.iter().map(|group| (&group.item, &group.name));
    refuse_equal_names("user", users);
    refuse_equal_names("group", groups);
    refuse_equal_names("role", roles);
    refuse_equal_names("policy", policies);
    Some(iam)
}

/// F-SEED-9: IAM's names are unique in an account without regard to case (IAM guide, "IAM identifiers").
fn refuse_equal_names<'a, 'n: 'a>(kind: &str, named: impl Iterator<Item = (&'a Item<'n>, &'a String)>) {
    let mut seen = BTreeSet::new();
    for (item, name) in named {
        if !seen.insert(name.to_lowercase()) {
            item.report(format!("a {kind} named `{name}` is in this account already; case does not count"));
        }
    }
}

const IDENTITY_KEYS: [&str; 8] =
    ["name", "path", "id", "tags", "inline_policies", "attached_policies", "permissions_boundary", "created"];

fn read_identity<'n>(fields: &Fields<'n>, name: Shape, id: Shape) -> Option<IdentityDraft<'n>> {
    let name = fields.required_text("name", name);
    let path = fields.optional_text("path", Shape::IamPath);
    let id = fields.optional_text("id", id);
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseInsensitive));
    let inline_policies = fields.optional("inline_policies", read_inline_policies);
    let attached_policies = fields.each("attached_policies", reference);
    let permissions_boundary = fields.optional("permissions_boundary", reference);
    let created = fields.optional("created", |created| created.timestamp());
    Some(IdentityDraft {
        item: fields.item().clone(),
        name: name?,
        path: path?.unwrap_or_else(|| "/".to_owned()),
        id: id?,
        tags: tags?.unwrap_or_default(),
        inline_policies: inline_policies?.unwrap_or_default(),
        attached_policies: attached_policies?,
        permissions_boundary: permissions_boundary?,
        created: created?,
    })
}

fn reference(item: Item<'_>) -> Option<Given<'_, String>> {
    item.given(|item| item.text().map(str::to_owned))
}

fn read_inline_policies(item: Item<'_>) -> Option<BTreeMap<String, Policy>> {
    let read = |entry: super::item::Entry<'_>| {
        let name = entry.name(Shape::IamPolicyName);
        let policy = entry.item.policy(PolicyKind::Inline);
        Some((name?, policy?))
    };
    let policies: Vec<_> = item.entries()?.into_iter().map(read).collect();
    policies.into_iter().collect()
}

fn keys_with(more: &[&'static str]) -> Vec<&'static str> {
    [&IDENTITY_KEYS, more].concat()
}

fn read_user(item: Item<'_>) -> Option<UserDraft<'_>> {
    let fields = item.fields(&keys_with(&["access_keys", "groups", "login_profile", "mfa"]))?;
    let identity = read_identity(&fields, Shape::UserName, Shape::UserId);
    let groups = fields.each("groups", reference);
    let access_keys = read_access_keys(&fields, "access_keys");
    let login_profile = fields.optional("login_profile", sign_in::read_login);
    let mfa = sign_in::read_devices(&fields, "mfa");
    Some(UserDraft {
        identity: identity?,
        groups: groups?,
        access_keys: access_keys?,
        login_profile: login_profile?,
        mfa: mfa?,
    })
}

fn read_group(item: Item<'_>) -> Option<GroupDraft<'_>> {
    let fields = item.fields(&["name", "path", "id", "inline_policies", "attached_policies"])?;
    let name = fields.required_text("name", Shape::GroupName);
    let path = fields.optional_text("path", Shape::IamPath);
    let id = fields.optional_text("id", Shape::GroupId);
    let inline_policies = fields.optional("inline_policies", read_inline_policies);
    let attached_policies = fields.each("attached_policies", reference);
    let path = path?.unwrap_or_else(|| "/".to_owned());
    let inline_policies = inline_policies?.unwrap_or_default();
    let attached_policies = attached_policies?;
    Some(GroupDraft { name: name?, path, id: id?, inline_policies, attached_policies, item })
}

fn read_role(item: Item<'_>) -> Option<RoleDraft<'_>> {
    let fields =
        item.fields(&keys_with(&["trust_policy", "max_session_duration_seconds", "sessions", "last_used"]))?;
    let identity = read_identity(&fields, Shape::RoleName, Shape::RoleId);
    let trust_policy =
        fields.required("trust_policy").and_then(|policy| policy.policy(PolicyKind::RoleTrust));
    let longest =
        fields.optional("max_session_duration_seconds", |longest| longest.whole_number(3600, 43_200));
    let sessions = fields.each("sessions", |session| read_session(&session));
    let last_used = fields.optional("last_used", sign_in::read_role_use);
    Some(RoleDraft {
        identity: identity?,
        trust_policy: trust_policy?,
        max_session_duration_seconds: longest?.unwrap_or(DEFAULT_SESSION_SECONDS),
        sessions: sessions?,
        last_used: last_used?,
    })
}

fn read_policy(item: Item<'_>) -> Option<PolicyDraft<'_>> {
    let fields = item.fields(&["name", "path", "id", "document"])?;
    let name = fields.required_text("name", Shape::IamPolicyName);
    let path = fields.optional_text("path", Shape::IamPolicyPath);
    let id = fields.optional_text("id", Shape::ManagedPolicyId);
    let document = fields.required("document").and_then(|document| document.policy(PolicyKind::Managed));
    let path = path?.unwrap_or_else(|| "/".to_owned());
    Some(PolicyDraft { name: name?, path, id: id?, document: document?, item })
}

fn read_access_keys<'n>(fields: &Fields<'n>, key: &str) -> Option<Vec<KeyDraft<'n>>> {
    let keys = fields.each(key, read_access_key)?;
    if keys.len() > MAX_ACCESS_KEYS {
        fields.get(key)?.report(format!("has more than {MAX_ACCESS_KEYS} access keys"));
    }
    Some(keys)
}

fn read_access_key(item: Item<'_>) -> Option<KeyDraft<'_>> {
    let fields = item.fields(&["id", "secret", "status", "created", "last_used"])?;
    let id = read_key_id(&fields, "id");
    let secret = fields.required_text("secret", Shape::SecretAccessKey);
    let active = fields.optional("status", |it| it.choice(&[("Active", true), ("Inactive", false)]));
    let created = fields.optional("created", |created| created.timestamp());
    let last_used = fields.optional("last_used", sign_in::read_use);
    Some(KeyDraft {
        id: id?,
        secret: secret?,
        active: active?.unwrap_or(true),
        created: created?,
        last_used: last_used?,
    })
}

fn read_key_id<'n>(fields: &Fields<'n>, key: &str) -> Option<Given<'n, String>> {
    fields.required(key)?.given(|id| id.checked(Shape::AccessKeyId))
}

fn read_session<'n>(item: &Item<'n>) -> Option<SessionDraft<'n>> {
    let fields = item.fields(&[
        "session_name",
        "access_key_id",
        "secret_access_key",
        "session_token",
        "expires_at",
        "policy",
        "policy_arns",
        "tags",
        "source_identity",
    ])?;
    let name = fields.required_text("session_name", Shape::SessionName);
    let id = read_key_id(&fields, "access_key_id");
    let secret = fields.required_text("secret_access_key", Shape::SecretAccessKey);
    let token = fields.required_text("session_token", Shape::SessionToken);
    let expires_at = fields.optional("expires_at", |at| at.timestamp());
    let policy = fields.optional("policy", |policy| policy.policy(PolicyKind::Session));
    let policy_arns = fields.each("policy_arns", reference);
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseInsensitive));
    let source_identity = fields.optional_text("source_identity", Shape::SourceIdentity);
    Some(SessionDraft {
        key: KeyDraft { id: id?, secret: secret?, active: true, created: None, last_used: None },
        name: name?,
        token: token?,
        expires_at: expires_at?,
        policy: policy?,
        policy_arns: policy_arns?,
        tags: tags?.unwrap_or_default(),
        source_identity: source_identity?,
    })
}
