//! OpenID Connect providers, for example of GitHub Actions or of a Kubernetes cluster.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>

use aws::arn::{AccountId, Arn};
use aws::refusal::Refusal;
use sha2::{Digest, Sha256};

use super::identity_center;
use crate::authority::issuers::{is_on_loopback, name_of_issuer};
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal, tag};
use crate::model::iam::{
    AddClientIDToOpenIDConnectProviderRequest, ClientIDType, CreateOpenIDConnectProviderRequest,
    CreateOpenIDConnectProviderResponse, DeleteOpenIDConnectProviderRequest, GetOpenIDConnectProviderRequest,
    GetOpenIDConnectProviderResponse, ListOpenIDConnectProviderTagsRequest,
    ListOpenIDConnectProviderTagsResponse, ListOpenIDConnectProvidersResponse,
    RemoveClientIDFromOpenIDConnectProviderRequest, TagOpenIDConnectProviderRequest, ThumbprintType,
    UntagOpenIDConnectProviderRequest, UpdateOpenIDConnectProviderRequest,
    UpdateOpenIDConnectProviderThumbprintRequest,
};
use crate::quotas::number;
use crate::service_quotas::OIDC_PROVIDERS;
use crate::state::identity::{OpenIdConnectProvider, OpenIdConnectProviderId};
use crate::world::World;

const MOST_CLIENT_IDS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;

/// What the resource of a provider's ARN begins with.
const RESOURCE: &str = "oidc-provider/";

/// The ARN of the provider with this URL.
pub fn arn(account: AccountId, url: &str) -> String {
    names::arn(account, "oidc-provider", "/", url)
}

/// The URL in a provider's ARN.
///
/// # Errors
/// F-IAMAPI-OIDC-4: `InvalidInput` for an ARN that names no provider.
fn url_in(on: &On<'_>, arn: &str) -> Result<Option<String>, Refusal> {
    let parts = Arn::parse(arn).filter(|parts| parts.service == "iam");
    let url = parts.as_ref().and_then(|parts| parts.resource.strip_prefix(RESOURCE));
    let url = url.ok_or_else(|| refusal::not_a_policy_arn(arn))?;
    let is_own = parts.is_some_and(|parts| parts.account == on.account.as_str());
    Ok(is_own.then(|| url.to_owned()))
}

fn find(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<Option<OpenIdConnectProvider>, Failure> {
    let Some(url) = url_in(on, arn)? else { return Ok(None) };
    let id = OpenIdConnectProviderId { account: on.account, url: &url };
    Ok(world.get::<OpenIdConnectProvider>(id)?.map(|provider| OpenIdConnectProvider::clone(&provider)))
}

/// The provider with this ARN, to be changed. F-IAMAPI-OIDC-2: DeleteOpenIDConnectProvider has words of its own.
fn open(on: &On<'_>, arn: &str, world: &World<'_>) -> Result<OpenIdConnectProvider, Failure> {
    let missing = || refusal::no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"));
    Ok(find(on, arn, world)?.ok_or_else(missing)?)
}

/// CreateOpenIDConnectProvider.
///
/// # Errors
/// F-IAMAPI-OIDC-1: `ValidationError` for what is no `https://` URL; `EntityAlreadyExists`, `LimitExceeded`,
/// `InvalidInput`.
pub fn create(
    on: &On<'_>,
    input: CreateOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<CreateOpenIDConnectProviderResponse, Failure> {
    let given = input.url.as_str();
    // F-WEB-5 (*own*): an issuer on loopback may do without TLS, and may have a port.
    let of_loopback = name_of_issuer(given).filter(|_| is_on_loopback(given) && !given.contains(['?', '#']));
    let url = given.strip_prefix("https://").filter(|url| is_host_and_path(url)).or(of_loopback);
    let url = url.ok_or_else(|| refusal::validation("Invalid Open ID Connect Provider URL"))?.to_owned();
    let thumbprints = match input.thumbprint_list {
        Some(given) => thumbprints(given)?,
        None => vec![made_up_thumbprint(&url)],
    };
    let client_ids = input.client_id_list.unwrap_or_default();
    if client_ids.len() > MOST_CLIENT_IDS {
        return Err(too_many_client_ids().into());
    }
    let id = OpenIdConnectProviderId { account: on.account, url: &url };
    if world.get::<OpenIdConnectProvider>(id)?.is_some() {
        return Err(refusal::already_exists(format!("Provider with url {given} already exists.")).into());
    }
    let count = directory::account(on.account, world)?.oidc_providers;
    let now = on.context.now;
    if let Some(limit) = OIDC_PROVIDERS.limit_reached(number(count), on.account, now, world)? {
        return Err(refusal::quota("OpenIdConnectProvidersPerAccount", limit).into());
    }
    let provider = OpenIdConnectProvider {
        account: on.account,
        client_ids: client_ids.into_iter().map(ClientIDType::into_string).collect(),
        thumbprints,
        key_set: None,
        created_at: on.context.now,
        identity_center: identity_center::of_new(
            input.context_provider.as_ref(),
            input.identity_center_instance_arn,
        ),
        tags: tag::of_new(input.tags, tag::Keys::CaseSensitive)?,
        url,
    };
    directory::change_account(on.account, world, |account| account.oidc_providers = count + 1)?;
    let (arn, tags) = (arn(on.account, &provider.url), tag::shown(&provider.tags));
    world.save(provider);
    Ok(CreateOpenIDConnectProviderResponse { open_id_connect_provider_arn: Some(arn.into()), tags })
}

/// F-IAMAPI-OIDC-1: a host and maybe a path; neither a port, a user nor anything behind the path.
fn is_host_and_path(url: &str) -> bool {
    let host = url.split('/').next().unwrap_or_default();
    let is_host = !host.is_empty()
        && !host.starts_with('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    is_host
        && !url.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || "?#@\\".contains(letter)
        })
}

fn thumbprints(given: Vec<ThumbprintType>) -> Result<Vec<String>, Refusal> {
    if given.len() > MOST_THUMBPRINTS {
        return Err(refusal::invalid_input("Thumbprint list must contain fewer than 5 entries."));
    }
    Ok(given.into_iter().map(ThumbprintType::into_string).collect())
}

/// F-IAMAPI-OIDC-5 (*assumed*): AWS asks the provider for its certificate; nothing is asked here, so the thumbprint is made
/// of the name of the host.
fn made_up_thumbprint(url: &str) -> String {
    let host = url.split('/').next().unwrap_or_default();
    Sha256::digest(host).iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

fn too_many_client_ids() -> Refusal {
    refusal::quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENT_IDS)
}

/// GetOpenIDConnectProvider: the URL is shown without `https://`.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn get(
    on: &On<'_>,
    input: &GetOpenIDConnectProviderRequest,
    world: &World<'_>,
) -> Result<GetOpenIDConnectProviderResponse, Failure> {
    let provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    let texts = |texts: &mut dyn Iterator<Item = &String>| texts.cloned().collect::<Vec<_>>();
    Ok(GetOpenIDConnectProviderResponse {
        client_id_list: Some(texts(&mut provider.client_ids.iter()).into_iter().map(Into::into).collect()),
        thumbprint_list: Some(texts(&mut provider.thumbprints.iter()).into_iter().map(Into::into).collect()),
        create_date: Some(provider.created_at),
        tags: Some(tag::all(&provider.tags)),
        context_provider: identity_center::context(&provider.identity_center),
        identity_center_instance_arn: provider.identity_center.identity_center_instance.map(Into::into),
        identity_store_arn: None,
        url: Some(provider.url.into()),
    })
}

/// DeleteOpenIDConnectProvider.
///
/// # Errors
/// F-IAMAPI-OIDC-2: `NoSuchEntity`; `InvalidInput`.
pub fn delete(
    on: &On<'_>,
    input: &DeleteOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let arn = input.open_id_connect_provider_arn.as_str();
    let provider = find(on, arn, world)?
        .ok_or_else(|| refusal::no_such_entity(format!("OpenId connect Provider {arn} cannot be found.")))?;
    directory::change_account(on.account, world, |account| {
        account.oidc_providers = account.oidc_providers.saturating_sub(1);
    })?;
    let id = OpenIdConnectProviderId { account: on.account, url: &provider.url };
    world.delete::<OpenIdConnectProvider>(id);
    Ok(())
}

/// ListOpenIDConnectProviders, in the order of URLs: all of them, which an account has not many of.
///
/// # Errors
/// None of its own.
pub fn list(on: &On<'_>, world: &World<'_>) -> Result<ListOpenIDConnectProvidersResponse, Failure> {
    let within = OpenIdConnectProviderId::within(on.account);
    let mut listed = Vec::new();
    for key in world.keys(&within, None, number(OIDC_PROVIDERS.most))? {
        let arn = arn(on.account, key.place(&within)).into();
        listed.push(model::OpenIDConnectProviderListEntry {
            arn: Some(arn),
            is_trusted_identity_propagation_enabled: None,
        });
    }
    Ok(ListOpenIDConnectProvidersResponse { open_id_connect_provider_list: Some(listed) })
}

/// AddClientIDToOpenIDConnectProvider: one that is there already stays.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_client_id(
    on: &On<'_>,
    input: AddClientIDToOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    provider.client_ids.insert(input.client_id.into_string());
    if provider.client_ids.len() > MOST_CLIENT_IDS {
        return Err(too_many_client_ids().into());
    }
    world.save(provider);
    Ok(())
}

/// RemoveClientIDFromOpenIDConnectProvider: one that is not there is no error.
///
/// # Errors
/// `NoSuchEntity` for the provider, `InvalidInput`.
pub fn remove_client_id(
    on: &On<'_>,
    input: &RemoveClientIDFromOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    provider.client_ids.remove(input.client_id.as_str());
    world.save(provider);
    Ok(())
}

/// UpdateOpenIDConnectProviderThumbprint: the whole list anew.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn update_thumbprint(
    on: &On<'_>,
    input: UpdateOpenIDConnectProviderThumbprintRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    provider.thumbprints = thumbprints(input.thumbprint_list)?;
    world.save(provider);
    Ok(())
}

/// UpdateOpenIDConnectProvider: how its users are those of IAM Identity Center. F-IAMAPI-OIDC-6: kept and shown; nothing
/// here asks for it.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn update(
    on: &On<'_>,
    input: UpdateOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    let tie = &mut provider.identity_center;
    identity_center::set(tie, input.context_provider.as_ref(), input.identity_center_instance_arn);
    identity_center::remove(tie, input.remove_context_provider, input.remove_identity_center_instance);
    world.save(provider);
    Ok(())
}

/// TagOpenIDConnectProvider.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_tags(
    on: &On<'_>,
    input: TagOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    tag::add(&mut provider.tags, input.tags, tag::Keys::CaseSensitive)?;
    world.save(provider);
    Ok(())
}

/// UntagOpenIDConnectProvider.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn remove_tags(
    on: &On<'_>,
    input: &UntagOpenIDConnectProviderRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut provider = open(on, input.open_id_connect_provider_arn.as_str(), world)?;
    tag::remove(&mut provider.tags, &input.tag_keys, tag::Keys::CaseSensitive);
    world.save(provider);
    Ok(())
}

/// ListOpenIDConnectProviderTags.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `ValidationError` for a foreign marker.
pub fn list_tags(
    on: &On<'_>,
    input: ListOpenIDConnectProviderTagsRequest,
    world: &World<'_>,
) -> Result<ListOpenIDConnectProviderTagsResponse, Failure> {
    let arn = input.open_id_connect_provider_arn.as_str();
    let provider = open(on, arn, world)?;
    let pages = Pages::new("ListOpenIDConnectProviderTags", on, [arn], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(tag::listed(&provider.tags));
    Ok(ListOpenIDConnectProviderTagsResponse { tags: items, is_truncated, marker })
}
