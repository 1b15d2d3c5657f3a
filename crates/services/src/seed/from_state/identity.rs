//! The `iam` of an account: users, groups, roles with their open sessions, policies, keys and devices.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Members, State, policy};
use crate::authority::issuers::is_loopback_url;
use crate::state::identity::MfaDevice;

/// The sessions of roles that a seed file could have opened, by account and role.
pub(super) struct Sessions<'s>(BTreeMap<(&'s str, String), Vec<&'s Value>>);

impl<'s> Sessions<'s> {
    pub(super) fn of(state: &State<'s>) -> Self {
        let mut sessions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (_, credential) in state.below("credential/") {
            let (account, role) = (&credential["account"], &credential["owner"]["role_session"]["role"]);
            if let (Some(account), Some(role)) = (account.as_str(), role.as_str()) {
                sessions.entry((account, role.to_lowercase())).or_default().push(credential);
            }
        }
        Self(sessions)
    }
}

/// One account, while its identities are told.
struct Told<'a, 's> {
    id: &'a str,
    /// What IAM keeps once for it.
    kept: &'s Value,
    state: &'a State<'s>,
}

pub(super) fn iam(id: &str, sessions: &Sessions<'_>, state: &State<'_>) -> Value {
    let told = Told { id, kept: state.get(&format!("iam-account/{id}")), state };
    let each = |kind: &str, tell: &dyn Fn(&Value) -> Value| -> Value {
        state.below(&format!("{kind}/{id}/")).map(|(_, document)| tell(document)).collect()
    };
    let mut members = Members::default();
    members.put("policies", each("managed-policy", &managed_policy));
    members.put("groups", each("group", &|group| told.identity(group).into()));
    members.put("users", each("user", &|user| told.user(user)));
    members.put("roles", each("role", &|role| told.role(role, sessions)));
    members.put("root_access_keys", told.access_keys(&told.kept["root_access_keys"]));
    members.put("root_mfa", told.devices(&told.kept["root_mfa_devices"]));
    members.put("password_policy", password_policy(&told.kept["password_policy"]));
    members.put("oidc_providers", each("oidc-provider", &provider));
    members.into()
}

fn managed_policy(stored: &Value) -> Value {
    let mut members = Members::default();
    members.copy(stored, &[("name", "name"), ("id", "id")]);
    members.put("path", path(&stored["path"]));
    members.put("document", policy(&stored["document"]));
    members.into()
}

/// A path, where it is not the usual one.
fn path(stored: &Value) -> Value {
    if stored == "/" { Value::Null } else { stored.clone() }
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl Told<'_, '_> {
    /// What users, roles and groups have in common.
    fn identity(&self, stored: &Value) -> Members {
        let mut members = Members::default();
        members.copy(stored, &[("name", "name"), ("id", "id")]);
        members.put("path", path(&stored["path"]));
        let inline = stored["inline_policies"].as_object().into_iter().flatten();
        let inline = inline.map(|(name, document)| (name.clone(), policy(document)));
        members.put("inline_policies", Value::Object(inline.collect()));
        members.copy(
            stored,
            &[
                ("attached_policies", "attached_policies"),
                ("permissions_boundary", "permissions_boundary"),
                ("tags", "tags"),
            ],
        );
        members
    }

    fn user(&self, stored: &Value) -> Value {
        let mut members = self.identity(stored);
        members.put("created", stored["created_at"].clone());
        let groups = texts(&stored["groups"]).map(|group| {
            let document = self.state.get(&format!("group/{}/{group}", self.id));
            Value::from(document["name"].as_str().unwrap_or(group))
        });
        members.put("groups", groups.collect());
        members.put("access_keys", self.access_keys(&stored["access_keys"]));
        members.put("mfa", self.devices(&stored["mfa_devices"]));
        if let login @ Value::Object(_) = &stored["login_profile"] {
            let mut profile = Members::default();
            profile.copy(
                login,
                &[
                    ("created", "created_at"),
                    ("changed", "changed_at"),
                    ("last_used", "last_used_at"),
                    ("reset_required", "reset_required"),
                ],
            );
            members.put("login_profile", profile.into());
        }
        members.into()
    }

    fn role(&self, stored: &Value, sessions: &Sessions<'_>) -> Value {
        let mut members = self.identity(stored);
        members.put("created", stored["created_at"].clone());
        members.put("trust_policy", policy(&stored["trust_policy"]));
        members.copy(stored, &[("max_session_duration_seconds", "max_session_duration_seconds")]);
        let name = stored["name"].as_str().unwrap_or_default().to_lowercase();
        let open = sessions.0.get(&(self.id, name)).into_iter().flatten();
        members.put("sessions", open.map(|credential| session(credential)).collect());
        members.into()
    }

    /// Keys by their ids, with their secrets.
    fn access_keys(&self, ids: &Value) -> Value {
        let keys = texts(ids).map(|id| {
            let stored = self.state.get(&format!("credential/{id}"));
            let mut members = Members::default();
            members.put("id", Value::from(id));
            members.put("secret", stored["secret_access_key"].clone());
            if stored["active"] == false {
                members.put("status", json!("Inactive"));
            }
            members.put("created", stored["created_at"].clone());
            members.put("last_used", self.kept["key_uses"][id].clone());
            Value::from(members)
        });
        keys.collect()
    }

    /// MFA devices by their places, with their secrets.
    fn devices(&self, places: &Value) -> Value {
        let devices = texts(places).map(|place| {
            let stored = self.state.get(&format!("mfa-device/{}/{}", self.id, place.to_lowercase()));
            let (path, name) = place.rsplit_once('/').map_or(("", place), |(path, name)| (path, name));
            let mut members = Members::default();
            match MfaDevice::serial_at(place) {
                Some(serial) => members.put("serial", Value::from(serial)),
                None => members.put("name", Value::from(name)),
            }
            if !path.is_empty() {
                members.put("path", Value::from(format!("/{path}/")));
            }
            members.put("seed", stored["seed"].clone());
            members.put("enabled", stored["assignment"]["enabled_at"].clone());
            Value::from(members)
        });
        devices.collect()
    }
}

fn session(credential: &Value) -> Value {
    let owner = &credential["owner"]["role_session"];
    let mut members = Members::default();
    members.copy(owner, &[("session_name", "session_name")]);
    members
        .copy(credential, &[("access_key_id", "access_key_id"), ("secret_access_key", "secret_access_key")]);
    members.copy(owner, &[("session_token", "session_token"), ("expires_at", "expires_at")]);
    members.put("policy", policy(&owner["policy"]));
    members.copy(
        owner,
        &[("policy_arns", "policy_arns"), ("tags", "tags"), ("source_identity", "source_identity")],
    );
    members.into()
}

fn password_policy(stored: &Value) -> Value {
    let mut members = Members::default();
    members.copy(
        stored,
        &[
            ("MinimumPasswordLength", "minimum_length"),
            ("RequireSymbols", "requires_symbols"),
            ("RequireNumbers", "requires_numbers"),
            ("RequireUppercaseCharacters", "requires_uppercase"),
            ("RequireLowercaseCharacters", "requires_lowercase"),
            ("AllowUsersToChangePassword", "users_may_change"),
            ("MaxPasswordAge", "longest_age_days"),
            ("PasswordReusePrevention", "remembered"),
            ("HardExpiry", "hard_expiry"),
        ],
    );
    members.into()
}

/// Providers are kept by their URL without its scheme; one on loopback is asked without TLS.
fn provider(stored: &Value) -> Value {
    let name = stored["url"].as_str().unwrap_or_default();
    let plain = format!("http://{name}");
    let mut members = Members::default();
    members.put("url", Value::from(if is_loopback_url(&plain) { plain } else { format!("https://{name}") }));
    members.copy(
        stored,
        &[
            ("client_ids", "client_ids"),
            ("thumbprints", "thumbprints"),
            ("jwks", "key_set"),
            ("tags", "tags"),
        ],
    );
    members.into()
}
