//! The identity providers of an account: those of OpenID Connect, and those of SAML.

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::AccountId;
use jiff::Timestamp;
use serde_json::Value;

use super::constraints::Shape;
use super::ids;
use super::item::{Given, Item};
use super::sign_in::change;
use crate::authority::issuers::name_of_issuer;
use crate::iam::providers::saml;
use crate::iam::providers::saml_metadata::Metadata;
use crate::iam::tag::Keys;
use crate::state::identity::{OpenIdConnectProvider, SamlProvider};
use crate::world::World;

/// An OpenID Connect provider.
pub(super) struct OidcDraft<'n> {
    url: Given<'n, String>,
    client_ids: BTreeSet<String>,
    thumbprints: Vec<String>,
    key_set: Option<Value>,
    created: Option<Timestamp>,
    tags: BTreeMap<String, String>,
}

/// A SAML provider.
pub(super) struct SamlDraft<'n> {
    name: Given<'n, String>,
    id: Option<String>,
    metadata: String,
    valid_until: Option<Timestamp>,
    requires_encryption: bool,
    created: Option<Timestamp>,
    tags: BTreeMap<String, String>,
}

/// An OpenID Connect provider. `jwks` are its keys, for machines without a network.
pub(super) fn read_oidc(item: Item<'_>) -> Option<OidcDraft<'_>> {
    let fields = item.fields(&["url", "client_ids", "thumbprints", "jwks", "created", "tags"])?;
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
    let created = fields.optional("created", |created| created.timestamp());
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    Some(OidcDraft {
        url: url?,
        client_ids: client_ids?.into_iter().collect(),
        thumbprints: thumbprints?,
        key_set: key_set?,
        created: created?,
        tags: tags?.unwrap_or_default(),
    })
}

/// A SAML provider: its name and its metadata document.
pub(super) fn read_saml(item: Item<'_>) -> Option<SamlDraft<'_>> {
    let fields = item.fields(&["name", "id", "metadata", "requires_encryption", "created", "tags"])?;
    let name = fields.required("name")?.given(|name| name.checked(Shape::SamlProviderName));
    let id = fields.optional_text("id", Shape::SamlProviderId);
    let metadata = fields.required("metadata").and_then(|item| {
        let text = item.checked(Shape::SamlMetadata)?;
        match Metadata::read(&text) {
            Ok(metadata) => Some((text, metadata.valid_until)),
            Err(_) => {
                item.report("is no metadata document of a SAML identity provider");
                None
            }
        }
    });
    let requires_encryption = fields.optional("requires_encryption", |flag| flag.flag());
    let created = fields.optional("created", |created| created.timestamp());
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    let (metadata, valid_until) = metadata?;
    Some(SamlDraft {
        name: name?,
        id: id?,
        metadata,
        valid_until,
        requires_encryption: requires_encryption?.unwrap_or(false),
        created: created?,
        tags: tags?.unwrap_or_default(),
    })
}

/// Writes the OpenID Connect providers of an account.
pub(super) fn write_oidc(
    (account, created_at): (AccountId, Timestamp),
    providers: &[OidcDraft<'_>],
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
            created_at: draft.created.unwrap_or(created_at),
            identity_center: Default::default(),
            tags: draft.tags.clone(),
        });
    }
    let count = u32::try_from(urls.len()).unwrap_or(u32::MAX);
    change(account, world, |kept| kept.oidc_providers += count);
}

/// Writes the SAML providers of an account.
pub(super) fn write_saml(
    (account, created_at): (AccountId, Timestamp),
    providers: &[SamlDraft<'_>],
    world: &mut World<'_>,
) {
    let mut names = BTreeSet::new();
    for draft in providers {
        let name = draft.name.value.clone();
        if !names.insert(name.to_lowercase()) {
            draft.name.item.report(format!("a SAML provider named `{name}` is in this account already"));
        }
        if names.len() > saml::MOST as usize {
            draft
                .name
                .item
                .report(format!("is one of more than {} SAML providers of an account", saml::MOST));
            break;
        }
        let created_at = draft.created.unwrap_or(created_at);
        let id = draft.id.clone().unwrap_or_else(|| ids::identity("", account.as_str(), &name));
        world.save(SamlProvider {
            account,
            name,
            id,
            metadata: draft.metadata.clone(),
            valid_until: saml::valid_until(draft.valid_until, created_at),
            created_at,
            requires_encryption: draft.requires_encryption,
            private_keys: Default::default(),
            identity_center: Default::default(),
            tags: draft.tags.clone(),
        });
    }
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    change(account, world, |kept| kept.saml_providers += count);
}
