//! SAML providers, whose assertions roles may trust.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html>

use aws::arn::Arn;
use aws::refusal::Refusal;
use jiff::{SignedDuration, Timestamp};

use super::identity_center;
use super::saml_metadata::Metadata;
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal, tag};
use crate::model::iam::{
    AssertionEncryptionModeType, CreateSAMLProviderRequest, CreateSAMLProviderResponse,
    DeleteSAMLProviderRequest, GetSAMLProviderRequest, GetSAMLProviderResponse, ListSAMLProviderTagsRequest,
    ListSAMLProviderTagsResponse, ListSAMLProvidersResponse, TagSAMLProviderRequest,
    UntagSAMLProviderRequest, UpdateSAMLProviderRequest, UpdateSAMLProviderResponse,
};
use crate::state::identity::{SamlProvider, SamlProviderId};
use crate::world::World;

/// F-IAMAPI-SAML-4: the most providers of an account (text *assumed*), and the most private keys of one.
pub const MOST: u32 = 100;
const MOST_PRIVATE_KEYS: usize = 2;
/// F-IAMAPI-SAML-3 (*assumed*): how long metadata is good that does not say so.
const GOOD_FOR_HOURS: i64 = 100 * 365 * 24;
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn arn(provider: &SamlProvider) -> String {
    names::arn(provider.account, "saml-provider", "/", &provider.name)
}

/// F-IAMAPI-SAML-1: the provider with this ARN, to be changed.
fn open(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<SamlProvider, Failure> {
    let parts = Arn::parse(arn).filter(|parts| parts.service == "iam");
    let name = parts.as_ref().and_then(|parts| parts.resource.strip_prefix("saml-provider/"));
    let name = name.ok_or_else(|| refusal::not_a_policy_arn(arn))?;
    let is_own = parts.is_some_and(|parts| parts.account == on.account.as_str());
    let found = match is_own {
        true => world.get::<SamlProvider>(SamlProviderId::new(on.account, name))?,
        false => None,
    };
    let missing = || refusal::no_such_entity(format!("Manifest not found for arn {arn}"));
    Ok(SamlProvider::clone(&*found.ok_or_else(missing)?))
}

/// Until when metadata is good, by what it says itself.
pub fn valid_until(said: Option<Timestamp>, created_at: Timestamp) -> Timestamp {
    let default = created_at.saturating_add(SignedDuration::from_hours(GOOD_FOR_HOURS));
    said.unwrap_or(default.unwrap_or(Timestamp::MAX))
}

/// CreateSAMLProvider.
///
/// # Errors
/// `InvalidInput`, `EntityAlreadyExists` (text *assumed*), `LimitExceeded`.
pub fn create(
    on: &On<'_>,
    input: CreateSAMLProviderRequest,
    world: &mut World<'_>,
) -> Result<CreateSAMLProviderResponse, Failure> {
    let metadata = Metadata::read(input.saml_metadata_document.as_str())?;
    let name = input.name.into_string();
    if world.get::<SamlProvider>(SamlProviderId::new(on.account, &name))?.is_some() {
        return Err(refusal::already_exists(format!("Provider with name {name} already exists.")).into());
    }
    let count = directory::account(on.account, world)?.saml_providers;
    if count >= MOST {
        return Err(refusal::quota("SAMLProvidersPerAccount", MOST as usize).into());
    }
    let mut provider = SamlProvider {
        account: on.account,
        name,
        id: on.context.seed.text("saml provider", LETTERS, 26),
        metadata: input.saml_metadata_document.into_string(),
        valid_until: valid_until(metadata.valid_until, on.context.now),
        created_at: on.context.now,
        requires_encryption: input.assertion_encryption_mode == Some(AssertionEncryptionModeType::Required),
        private_keys: Default::default(),
        identity_center: identity_center::of_new(
            input.context_provider.as_ref(),
            input.identity_center_instance_arn,
        ),
        tags: tag::of_new(input.tags, tag::Keys::CaseSensitive)?,
    };
    if input.add_private_key.is_some() {
        add_private_key(on, &mut provider)?;
    }
    directory::change_account(on.account, world, |account| account.saml_providers = count + 1)?;
    let (arn, tags) = (arn(&provider), tag::shown(&provider.tags));
    world.save(provider);
    Ok(CreateSAMLProviderResponse { saml_provider_arn: Some(arn.into()), tags })
}

fn add_private_key(on: &On<'_>, provider: &mut SamlProvider) -> Result<(), Refusal> {
    if provider.private_keys.len() >= MOST_PRIVATE_KEYS {
        return Err(refusal::quota("PrivateKeysPerSAMLProvider", MOST_PRIVATE_KEYS));
    }
    let id = on.context.seed.text("saml private key", LETTERS, 26);
    provider.private_keys.insert(id, on.context.now);
    Ok(())
}

/// GetSAMLProvider.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn get(
    on: &On<'_>,
    input: &GetSAMLProviderRequest,
    world: &World<'_>,
) -> Result<GetSAMLProviderResponse, Failure> {
    let provider = open(on, input.saml_provider_arn.as_str(), world)?;
    let key = |(id, added_at): (&String, &Timestamp)| model::SAMLPrivateKey {
        key_id: Some(id.as_str().into()),
        timestamp: Some(*added_at),
    };
    Ok(GetSAMLProviderResponse {
        private_key_list: Some(provider.private_keys.iter().map(key).collect()),
        create_date: Some(provider.created_at),
        valid_until: Some(provider.valid_until),
        tags: Some(tag::all(&provider.tags)),
        assertion_encryption_mode: Some(match provider.requires_encryption {
            true => AssertionEncryptionModeType::Required,
            false => AssertionEncryptionModeType::Allowed,
        }),
        context_provider: identity_center::context(&provider.identity_center),
        identity_center_instance_arn: provider.identity_center.identity_center_instance.map(Into::into),
        identity_store_arn: None,
        saml_key_hashes: None,
        saml_provider_uuid: Some(provider.id.into()),
        saml_metadata_document: Some(provider.metadata.into()),
    })
}

/// UpdateSAMLProvider: what is not given stays.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn update(
    on: &On<'_>,
    input: UpdateSAMLProviderRequest,
    world: &mut World<'_>,
) -> Result<UpdateSAMLProviderResponse, Failure> {
    let mut provider = open(on, input.saml_provider_arn.as_str(), world)?;
    if let Some(document) = input.saml_metadata_document {
        let metadata = Metadata::read(document.as_str())?;
        provider.valid_until = valid_until(metadata.valid_until, provider.created_at);
        provider.metadata = document.into_string();
    }
    if let Some(mode) = input.assertion_encryption_mode {
        provider.requires_encryption = mode == AssertionEncryptionModeType::Required;
    }
    if let Some(id) = input.remove_private_key
        && provider.private_keys.remove(id.as_str()).is_none()
    {
        let text = format!("The private key with id {} cannot be found.", id.as_str());
        return Err(refusal::no_such_entity(text).into());
    }
    if input.add_private_key.is_some() {
        add_private_key(on, &mut provider)?;
    }
    let tie = &mut provider.identity_center;
    identity_center::set(tie, input.context_provider.as_ref(), input.identity_center_instance_arn);
    identity_center::remove(tie, input.remove_context_provider, input.remove_identity_center_instance);
    let arn = arn(&provider);
    world.save(provider);
    Ok(UpdateSAMLProviderResponse { saml_provider_arn: Some(arn.into()) })
}

/// DeleteSAMLProvider.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn delete(on: &On<'_>, input: &DeleteSAMLProviderRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let provider = open(on, input.saml_provider_arn.as_str(), world)?;
    directory::change_account(on.account, world, |account| {
        account.saml_providers = account.saml_providers.saturating_sub(1);
    })?;
    world.delete::<SamlProvider>(SamlProviderId::new(on.account, &provider.name));
    Ok(())
}

/// ListSAMLProviders, in the order of names: all of them, which an account has not many of.
///
/// # Errors
/// None of its own.
pub fn list(on: &On<'_>, world: &World<'_>) -> Result<ListSAMLProvidersResponse, Failure> {
    let mut listed = Vec::new();
    for key in world.keys(&SamlProviderId::within(on.account), None, MOST as usize)? {
        let Some(provider) = world.get::<SamlProvider>(key.id()?)? else { continue };
        listed.push(model::SAMLProviderListEntry {
            arn: Some(arn(&provider).into()),
            valid_until: Some(provider.valid_until),
            create_date: Some(provider.created_at),
            is_trusted_identity_propagation_enabled: None,
        });
    }
    Ok(ListSAMLProvidersResponse { saml_provider_list: Some(listed) })
}

/// TagSAMLProvider.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_tags(on: &On<'_>, input: TagSAMLProviderRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut provider = open(on, input.saml_provider_arn.as_str(), world)?;
    tag::add(&mut provider.tags, input.tags, tag::Keys::CaseSensitive)?;
    world.save(provider);
    Ok(())
}

/// UntagSAMLProvider.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn remove_tags(
    on: &On<'_>,
    input: &UntagSAMLProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.saml_provider_arn.as_str(), world)?;
    tag::remove(&mut provider.tags, &input.tag_keys, tag::Keys::CaseSensitive);
    world.save(provider);
    Ok(())
}

/// ListSAMLProviderTags.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `ValidationError` for a foreign marker.
pub fn list_tags(
    on: &On<'_>,
    input: ListSAMLProviderTagsRequest,
    world: &World<'_>,
) -> Result<ListSAMLProviderTagsResponse, Failure> {
    let arn = input.saml_provider_arn.as_str();
    let provider = open(on, arn, world)?;
    let pages = Pages::new("ListSAMLProviderTags", on, [arn], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(tag::listed(&provider.tags));
    Ok(ListSAMLProviderTagsResponse { tags: items, is_truncated, marker })
}
