//! Names and passwords of users for single services.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html>

use aws::refusal::Refusal;
use jiff::SignedDuration;

use super::user::{named_or_self, owner_of_list};
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{
    CreateServiceSpecificCredentialRequest, CreateServiceSpecificCredentialResponse,
    DeleteServiceSpecificCredentialRequest, ListServiceSpecificCredentialsRequest,
    ListServiceSpecificCredentialsResponse, ResetServiceSpecificCredentialRequest,
    ResetServiceSpecificCredentialResponse, ServiceSpecificCredentialId, ServiceSpecificCredentialMetadata,
    StatusType, UpdateServiceSpecificCredentialRequest, UserNameType,
};
use crate::state::identity::{ServiceSpecificCredential, User, UserId};
use crate::world::World;

/// F-IAMAPI-SVC-1: the services that have such credentials.
const SERVICES: [&str; 3] = ["bedrock.amazonaws.com", BY_NAME[0], BY_NAME[1]];
/// Those of them whose credential is a name and a password; the other one has an alias and a secret.
const BY_NAME: [&str; 2] = ["cassandra.amazonaws.com", "codecommit.amazonaws.com"];
/// F-IAMAPI-SVC-3: the most credentials of a user for one service.
const MOST: usize = 2;
/// How many users are looked at together.
const BATCH: usize = 100;

fn refuse_unknown(service: &str) -> Result<(), Refusal> {
    if SERVICES.contains(&service) {
        return Ok(());
    }
    let text = format!("No such service {service} is supported for Service Specific Credentials");
    Err(refusal::no_such_entity(text))
}

fn missing(id: &ServiceSpecificCredentialId) -> Refusal {
    refusal::no_such_entity(format!("No such credential {} exists", id.as_str()))
}

/// The credential with what is shown of it once. F-IAMAPI-SVC-2: for Bedrock alias and secret stand in the places of name
/// and password (their forms are *assumed*).
fn with_secret(
    on: &On<'_>,
    user: &User,
    credential: &ServiceSpecificCredential,
) -> model::ServiceSpecificCredential {
    let secret = on.context.seed.text("service password", SECRET_LETTERS, 44);
    let is_by_name = BY_NAME.contains(&credential.service.as_str());
    let name = || credential.service_user_name.as_str();
    model::ServiceSpecificCredential {
        create_date: credential.created_at,
        expiration_date: credential.expires_at,
        service_name: credential.service.as_str().into(),
        service_user_name: is_by_name.then(|| name().into()),
        service_password: is_by_name.then(|| secret.as_str().into()),
        service_credential_alias: (!is_by_name).then(|| name().into()),
        service_credential_secret: (!is_by_name).then(|| secret.as_str().into()),
        service_specific_credential_id: credential.id.as_str().into(),
        user_name: user.name.as_str().into(),
        status: status(credential),
    }
}

const SECRET_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn status(credential: &ServiceSpecificCredential) -> StatusType {
    if credential.active { StatusType::Active } else { StatusType::Inactive }
}

/// The credential as lists show it, under its id.
fn listed(
    user: &User,
    credential: &ServiceSpecificCredential,
) -> (String, ServiceSpecificCredentialMetadata) {
    let is_by_name = BY_NAME.contains(&credential.service.as_str());
    let name = || credential.service_user_name.as_str();
    let metadata = ServiceSpecificCredentialMetadata {
        user_name: user.name.as_str().into(),
        status: status(credential),
        service_user_name: is_by_name.then(|| name().into()),
        service_credential_alias: (!is_by_name).then(|| name().into()),
        create_date: credential.created_at,
        expiration_date: credential.expires_at,
        service_specific_credential_id: credential.id.as_str().into(),
        service_name: credential.service.as_str().into(),
    };
    (credential.id.clone(), metadata)
}

/// CreateServiceSpecificCredential: the only answer, with that of the reset, that shows the password.
///
/// # Errors
/// `NoSuchEntity` for the user, then for the service; `LimitExceeded` (name of the quota *assumed*).
pub fn create(
    on: &On<'_>,
    input: &CreateServiceSpecificCredentialRequest,
    world: &mut World<'_>,
) -> Result<CreateServiceSpecificCredentialResponse, Failure> {
    let mut user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    let service = input.service_name.as_str();
    refuse_unknown(service)?;
    let of_service = user.service_specific_credentials.iter().filter(|known| known.service == service);
    let names: Vec<_> = of_service.map(|known| known.service_user_name.clone()).collect();
    if names.len() >= MOST {
        return Err(refusal::quota("ServiceSpecificCredentialsPerUser", MOST).into());
    }
    let free =
        (0..=MOST).map(|number| service_user_name(on, &user, number)).find(|name| !names.contains(name));
    let age = input.credential_age_days.map(|days| SignedDuration::from_hours(i64::from(days) * 24));
    let credential = ServiceSpecificCredential {
        id: names::unique_id("ACCA", &on.context.seed),
        service: service.to_owned(),
        service_user_name: free.unwrap_or_default(),
        active: true,
        created_at: on.context.now,
        expires_at: age.and_then(|age| on.context.now.checked_add(age).ok()),
    };
    let answer = with_secret(on, &user, &credential);
    user.service_specific_credentials.push(credential);
    directory::save(user, world)?;
    Ok(CreateServiceSpecificCredentialResponse { service_specific_credential: Some(answer) })
}

/// `ann-at-111122223333`, and `ann+1-at-111122223333` for the second one.
fn service_user_name(on: &On<'_>, user: &User, number: usize) -> String {
    let number = if number == 0 { String::new() } else { format!("+{number}") };
    format!("{}{number}-at-{}", user.name, on.account)
}

/// ListServiceSpecificCredentials: of a user, or of all.
///
/// # Errors
/// `NoSuchEntity`, also for a service that has none; `ValidationError`.
pub fn list(
    on: &On<'_>,
    input: ListServiceSpecificCredentialsRequest,
    world: &World<'_>,
) -> Result<ListServiceSpecificCredentialsResponse, Failure> {
    let service = input.service_name.as_deref();
    let is_wanted =
        |known: &&ServiceSpecificCredential| service.is_none_or(|service| known.service == service);
    let name = input.user_name.as_ref().map(UserNameType::as_str);
    let of_all = input.all_users.unwrap_or(false);
    let owner = if of_all { None } else { owner_of_list(on, name, world)? };
    if let Some(service) = service {
        refuse_unknown(service)?;
    }
    let filter = [
        owner.as_ref().map_or("", |user| &user.name),
        service.unwrap_or_default(),
        if of_all { "all" } else { "" },
    ];
    let pages = Pages::new("ListServiceSpecificCredentials", on, filter, input.marker, input.max_items)?;
    let page = match (of_all, &owner) {
        (true, _) => of_all_users(on, &pages, is_wanted, world)?,
        (false, owner) => {
            let mut all: Vec<_> = Vec::new();
            if let Some(user) = owner {
                all.extend(
                    user.service_specific_credentials
                        .iter()
                        .filter(is_wanted)
                        .map(|known| listed(user, known)),
                );
            }
            all.sort_by(|(one, _), (other, _)| one.cmp(other));
            pages.of_list(all)
        }
    };
    let Page { items, is_truncated, marker } = page;
    Ok(ListServiceSpecificCredentialsResponse {
        service_specific_credentials: Some(items),
        marker,
        is_truncated,
    })
}

/// The credentials of all users, user by user. A place in the list is the user's name in lower case and the credential's id.
fn of_all_users(
    on: &On<'_>,
    pages: &Pages<'_>,
    is_wanted: impl Fn(&&ServiceSpecificCredential) -> bool,
    world: &World<'_>,
) -> Result<Page<ServiceSpecificCredentialMetadata>, Failure> {
    let within = UserId::within(on.account);
    let mut filling = pages.filling();
    let begun = pages.after().and_then(|place| place.split_once('/'));
    // The user whose credentials the page before ended with is looked at once more.
    let mut after = begun.map(|(user, _)| before(user));
    for _ in 0..crate::iam::directory::page::LOOKED_AT / BATCH {
        let keys = world.keys(&within, after.as_deref(), BATCH)?;
        for key in &keys {
            let Some(user) = world.get::<User>(key.id()?)? else { continue };
            let mut all: Vec<_> = user
                .service_specific_credentials
                .iter()
                .filter(&is_wanted)
                .map(|known| listed(&user, known))
                .collect();
            all.sort_by(|(one, _), (other, _)| one.cmp(other));
            for (id, metadata) in all {
                let place = format!("{}/{id}", key.place(&within));
                if pages.after().is_none_or(|after| place.as_str() > after)
                    && !filling.add(place, || metadata)
                {
                    return Ok(filling.page());
                }
            }
        }
        if keys.len() < BATCH {
            return Ok(filling.page());
        }
        after = keys.last().map(|key| key.place(&within).to_owned());
    }
    filling.continue_after(after.map(|user| format!("{user}/~")));
    Ok(filling.page())
}

/// A text that stands before `name` and after every name that does.
fn before(name: &str) -> String {
    let mut shorter = name.to_owned();
    match shorter.pop() {
        Some(last) if last > '!' => {
            let lower = char::from_u32(u32::from(last) - 1).unwrap_or('!');
            format!("{shorter}{lower}\u{10ffff}")
        }
        _ => shorter,
    }
}

/// UpdateServiceSpecificCredential.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn update(
    on: &On<'_>,
    input: &UpdateServiceSpecificCredentialRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let name = named_or_self(on, input.user_name.as_ref().map(UserNameType::as_str))?;
    let mut user = directory::open::<User>(on.account, name, world)?;
    find(&mut user, &input.service_specific_credential_id)?.active = refusal::is_active(input.status)?;
    Ok(directory::save(user, world)?)
}

fn find<'u>(
    user: &'u mut User,
    id: &ServiceSpecificCredentialId,
) -> Result<&'u mut ServiceSpecificCredential, Refusal> {
    let found = user.service_specific_credentials.iter_mut().find(|known| known.id == id.as_str());
    found.ok_or_else(|| missing(id))
}

/// ResetServiceSpecificCredential: another password, which replaces the old one at once.
///
/// # Errors
/// `NoSuchEntity`.
pub fn reset(
    on: &On<'_>,
    input: &ResetServiceSpecificCredentialRequest,
    world: &mut World<'_>,
) -> Result<ResetServiceSpecificCredentialResponse, Failure> {
    let name = named_or_self(on, input.user_name.as_ref().map(UserNameType::as_str))?;
    let mut user = directory::open::<User>(on.account, name, world)?;
    let credential = find(&mut user, &input.service_specific_credential_id)?.clone();
    let answer = with_secret(on, &user, &credential);
    Ok(ResetServiceSpecificCredentialResponse { service_specific_credential: Some(answer) })
}

/// DeleteServiceSpecificCredential.
///
/// # Errors
/// `NoSuchEntity`.
pub fn delete(
    on: &On<'_>,
    input: &DeleteServiceSpecificCredentialRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let name = named_or_self(on, input.user_name.as_ref().map(UserNameType::as_str))?;
    let mut user = directory::open::<User>(on.account, name, world)?;
    let id = &input.service_specific_credential_id;
    find(&mut user, id)?;
    user.service_specific_credentials.retain(|known| known.id != id.as_str());
    Ok(directory::save(user, world)?)
}
