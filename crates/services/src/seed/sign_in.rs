//! What people and pipelines of an account sign in with besides access keys, and when they did last: passwords and what is
//! asked of them, MFA devices, OpenID Connect providers.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;
use serde_json::Value;

use super::constraints::Shape;
use super::item::{Fields, Given, Item};
use crate::authority::issuers::name_of_issuer;
use crate::iam::directory;
use crate::iam::mfa::assignment::MOST_OF_USER;
use crate::iam::passwords::password_policy;
use crate::iam::tag::Keys;
use crate::state::identity::{
    IamAccount, KeyUse, LoginProfile, MfaAssignment, MfaDevice, OpenIdConnectProvider, PasswordDigest,
    PasswordPolicy, User,
};
use crate::world::World;

/// Why reading while seeding cannot fail.
const NOTHING_FAILS: &str = "INVARIANT: there is nothing below a seed's world that could fail";

/// An MFA device that is enabled.
pub(super) struct DeviceDraft<'n> {
    place: Given<'n, String>,
    seed: String,
    enabled: Option<Timestamp>,
}

/// A password for the console.
pub(super) struct LoginDraft {
    password: Option<String>,
    created: Option<Timestamp>,
    changed: Option<Timestamp>,
    last_used: Option<Timestamp>,
    reset_required: bool,
}

/// An OpenID Connect provider.
pub(super) struct ProviderDraft<'n> {
    url: Given<'n, String>,
    client_ids: BTreeSet<String>,
    thumbprints: Vec<String>,
    key_set: Option<Value>,
    tags: BTreeMap<String, String>,
}

/// The devices under `key`: `name` and optionally `path`, or the `serial` of a hardware device; `seed` in base 32, and
/// optionally `enabled`. F-MFA-14
pub(super) fn read_devices<'n>(fields: &Fields<'n>, key: &str) -> Option<Vec<DeviceDraft<'n>>> {
    let devices = fields.each(key, |item| {
        let fields = item.fields(&["name", "path", "serial", "seed", "enabled"])?;
        let place = match fields.get("serial") {
            Some(serial) => hardware_place(&fields, serial),
            None => virtual_place(&fields),
        };
        let seed = fields.required_text("seed", Shape::MfaSeed);
        let enabled = fields.optional("enabled", |at| at.timestamp());
        Some(DeviceDraft { place: place?, seed: seed?, enabled: enabled? })
    })?;
    if devices.len() > MOST_OF_USER {
        fields.get(key)?.report(format!("has more than {MOST_OF_USER} MFA devices"));
    }
    Some(devices)
}

fn virtual_place<'n>(fields: &Fields<'n>) -> Option<Given<'n, String>> {
    let name = fields.required("name")?.given(|name| name.checked(Shape::MfaDeviceName));
    let path = fields.optional_text("path", Shape::IamPath);
    let (name, path) = (name?, path?.unwrap_or_else(|| "/".to_owned()));
    Some(Given { item: name.item, value: format!("{}{}", &path[1..], name.value) })
}

fn hardware_place<'n>(fields: &Fields<'n>, serial: Item<'n>) -> Option<Given<'n, String>> {
    for named in ["name", "path"].iter().filter_map(|key| fields.get(key)) {
        named.report("is of a virtual device: one of hardware has its `serial` instead");
    }
    let serial = serial.given(|serial| serial.checked(Shape::MfaSerialNumber))?;
    Some(Given { item: serial.item, value: MfaDevice::hardware_place(&serial.value) })
}

/// A login profile. Without a `password` nobody knows it.
pub(super) fn read_login(item: Item<'_>) -> Option<LoginDraft> {
    let fields = item.fields(&["password", "created", "changed", "last_used", "reset_required"])?;
    let password = fields.optional_text("password", Shape::Password);
    let at = |key| fields.optional(key, |at| at.timestamp());
    let (created, changed, last_used) = (at("created"), at("changed"), at("last_used"));
    let reset_required = fields.optional("reset_required", |flag| flag.flag());
    Some(LoginDraft {
        password: password?,
        created: created?,
        changed: changed?,
        last_used: last_used?,
        reset_required: reset_required?.unwrap_or(false),
    })
}

/// When an access key was used: an instant, or `at`, `service` and `region`.
pub(super) fn read_use(item: Item<'_>) -> Option<KeyUse> {
    if item.is_mapping() {
        let fields = item.fields(&["at", "service", "region"])?;
        let at = fields.required("at").and_then(|at| at.timestamp());
        let text = |key| fields.optional(key, |item| item.text().map(str::to_owned));
        let (service, region) = (text("service"), text("region"));
        return Some(used(at?, service?, region?));
    }
    Some(used(item.timestamp()?, None, None))
}

fn used(at: Timestamp, service: Option<String>, region: Option<String>) -> KeyUse {
    let service = service.unwrap_or_else(|| "sts".to_owned());
    KeyUse { at, service, region: region.unwrap_or_else(|| "us-east-1".to_owned()) }
}

/// The password policy, its members named as in the API.
pub(super) fn read_password_policy(item: Item<'_>) -> Option<PasswordPolicy> {
    let fields = item.fields(&[
        "MinimumPasswordLength",
        "RequireSymbols",
        "RequireNumbers",
        "RequireUppercaseCharacters",
        "RequireLowercaseCharacters",
        "AllowUsersToChangePassword",
        "MaxPasswordAge",
        "PasswordReusePrevention",
        "HardExpiry",
    ])?;
    let flag = |key| fields.optional(key, |flag| flag.flag());
    let number = |key, least, most| fields.optional(key, |number| number.whole_number(least, most));
    let length = number("MinimumPasswordLength", PasswordPolicy::DEFAULT_LENGTH, 128);
    let (symbols, numbers) = (flag("RequireSymbols"), flag("RequireNumbers"));
    let (upper, lower) = (flag("RequireUppercaseCharacters"), flag("RequireLowercaseCharacters"));
    let (change, hard) = (flag("AllowUsersToChangePassword"), flag("HardExpiry"));
    let (age, remembered) = (number("MaxPasswordAge", 1, 1095), number("PasswordReusePrevention", 1, 24));
    Some(PasswordPolicy {
        minimum_length: length?.unwrap_or(PasswordPolicy::DEFAULT_LENGTH),
        requires_symbols: symbols?.unwrap_or(false),
        requires_numbers: numbers?.unwrap_or(false),
        requires_uppercase: upper?.unwrap_or(false),
        requires_lowercase: lower?.unwrap_or(false),
        users_may_change: change?.unwrap_or(false),
        longest_age_days: age?,
        remembered: remembered?,
        hard_expiry: hard?,
    })
}

/// An OpenID Connect provider. `jwks` are its keys, for machines without a network.
pub(super) fn read_provider(item: Item<'_>) -> Option<ProviderDraft<'_>> {
    let fields = item.fields(&["url", "client_ids", "thumbprints", "jwks", "tags"])?;
    let url = fields.required("url")?.given(|url| {
        let text = url.checked(Shape::ProviderUrl)?;
        let name = name_of_issuer(&text).map(str::to_owned);
        if name.is_none() {
            url.report("must begin with https://, or with http:// on loopback");
        }
        name
    });
    let client_ids = fields.each("client_ids", |id| id.checked(Shape::ClientId));
    let thumbprints = fields.each("thumbprints", |print| print.checked(Shape::Thumbprint));
    let key_set = fields.optional("jwks", |keys| keys.key_set());
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    Some(ProviderDraft {
        url: url?,
        client_ids: client_ids?.into_iter().collect(),
        thumbprints: thumbprints?,
        key_set: key_set?,
        tags: tags?.unwrap_or_default(),
    })
}

impl LoginDraft {
    /// The password of a user that was created at `created_at`.
    pub(super) fn profile(&self, account: AccountId, user: &str, created_at: Timestamp) -> LoginProfile {
        let created_at = self.created.unwrap_or(created_at);
        // A seed draws nothing: the salt follows from whose password it is.
        let salt = super::ids::identity("", account.as_str(), user).to_lowercase();
        let password = match &self.password {
            Some(password) => password_policy::digest(password, salt),
            None => PasswordDigest { salt, digest: String::new() },
        };
        LoginProfile {
            created_at,
            reset_required: self.reset_required,
            max_signin_session_duration_seconds: None,
            password,
            changed_at: self.changed.unwrap_or(created_at),
            earlier: Vec::new(),
            last_used_at: self.last_used,
        }
    }
}

/// Writes the devices of a user, or of the root user, and gives their places.
pub(super) fn write_devices(
    (account, created_at): (AccountId, Timestamp),
    user: Option<&str>,
    devices: &[DeviceDraft<'_>],
    world: &mut World<'_>,
) -> Vec<String> {
    let mut places = Vec::new();
    for draft in devices {
        let place = draft.place.value.clone();
        let id = crate::state::identity::MfaDeviceId::new(account, &place);
        if world.get::<MfaDevice>(id).expect(NOTHING_FAILS).is_some() {
            draft.place.item.report(format!("an MFA device named `{place}` is in this account already"));
            continue;
        }
        let enabled_at = draft.enabled.unwrap_or(created_at);
        let assignment = Some(MfaAssignment { user: user.map(str::to_owned), enabled_at });
        let device = MfaDevice::new(account, place.clone(), draft.seed.clone(), enabled_at);
        world.save(MfaDevice { assignment, ..device });
        places.push(place);
    }
    let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
    change(account, world, |kept| {
        kept.mfa_devices += count;
        kept.mfa_devices_in_use += count;
        if user.is_none() {
            kept.root_mfa_devices.clone_from(&places);
        }
    });
    places
}

/// Gives a user what it signs in with.
pub(super) fn complete_user(
    user: User,
    login: Option<&LoginDraft>,
    devices: &[DeviceDraft<'_>],
    world: &mut World<'_>,
) -> User {
    let at = (user.account, user.created_at);
    let mfa_devices = match devices {
        [] => Vec::new(),
        devices => write_devices(at, Some(&user.name), devices, world),
    };
    let login_profile = login.map(|login| login.profile(user.account, &user.name, user.created_at));
    User { mfa_devices, login_profile, ..user }
}

/// Writes the providers of an account.
pub(super) fn write_providers(
    (account, created_at): (AccountId, Timestamp),
    providers: &[ProviderDraft<'_>],
    world: &mut World<'_>,
) {
    let mut urls = BTreeSet::new();
    for draft in providers {
        if !urls.insert(&draft.url.value) {
            draft.url.item.report("a provider with this URL is in this account already");
        }
        world.save(OpenIdConnectProvider {
            account,
            url: draft.url.value.clone(),
            client_ids: draft.client_ids.clone(),
            thumbprints: draft.thumbprints.clone(),
            key_set: draft.key_set.clone(),
            created_at,
            identity_center: Default::default(),
            tags: draft.tags.clone(),
        });
    }
    let count = u32::try_from(urls.len()).unwrap_or(u32::MAX);
    change(account, world, |kept| kept.oidc_providers += count);
}

/// Changes what IAM keeps once for an account, if there is anything to change.
pub(super) fn change(account: AccountId, world: &mut World<'_>, change: impl FnOnce(&mut IamAccount)) {
    directory::change_account(account, world, change).expect(NOTHING_FAILS);
}
