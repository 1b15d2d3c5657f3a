//! SSH public keys of users, for CodeCommit.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html>

use aws::refusal::Refusal;

use super::rsa_public_key::RsaPublicKey;
use super::user::owner_of_list;
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{
    DeleteSSHPublicKeyRequest, EncodingType, GetSSHPublicKeyRequest, GetSSHPublicKeyResponse,
    ListSSHPublicKeysRequest, ListSSHPublicKeysResponse, PublicKeyIdType, StatusType,
    UpdateSSHPublicKeyRequest, UploadSSHPublicKeyRequest, UploadSSHPublicKeyResponse, UserNameType,
};
use crate::state::identity::{SshPublicKey, User};
use crate::world::World;

/// F-IAMAPI-SSH-2: the most keys of a user.
const MOST: usize = 5;

fn status(active: bool) -> StatusType {
    if active { StatusType::Active } else { StatusType::Inactive }
}

fn shown(user: &User, key: &SshPublicKey, body: String) -> model::SSHPublicKey {
    model::SSHPublicKey {
        user_name: user.name.as_str().into(),
        ssh_public_key_id: key.id.as_str().into(),
        fingerprint: key.fingerprint.as_str().into(),
        ssh_public_key_body: body.into(),
        status: status(key.active),
        upload_date: Some(key.uploaded_at),
    }
}

fn missing(id: &PublicKeyIdType) -> Refusal {
    refusal::no_such_entity(format!("The Public Key with id {} cannot be found.", id.as_str()))
}

/// UploadSSHPublicKey.
///
/// # Errors
/// `NoSuchEntity`, F-IAMAPI-SSH-1: `InvalidPublicKey`, `DuplicateSSHPublicKey` (texts *assumed*), `LimitExceeded`.
pub fn upload(
    on: &On<'_>,
    input: UploadSSHPublicKeyRequest,
    world: &mut World<'_>,
) -> Result<UploadSSHPublicKeyResponse, Failure> {
    let mut user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    let body = input.ssh_public_key_body.into_string();
    let invalid = || Refusal::new("InvalidPublicKey", 400, "The specified public key is invalid.");
    let fingerprint = RsaPublicKey::read(&body).ok_or_else(invalid)?.fingerprint();
    if user.ssh_public_keys.iter().any(|known| known.fingerprint == fingerprint) {
        let text = "The specified public key is already associated with the user.";
        return Err(Refusal::new("DuplicateSSHPublicKey", 400, text).into());
    }
    if user.ssh_public_keys.len() >= MOST {
        return Err(refusal::quota("SSHPublicKeysPerUser", MOST).into());
    }
    let key = SshPublicKey {
        id: names::unique_id("APKA", &on.context.seed),
        body,
        fingerprint,
        active: true,
        uploaded_at: on.context.now,
    };
    let answer = shown(&user, &key, key.body.clone());
    user.ssh_public_keys.push(key);
    directory::save(user, world)?;
    Ok(UploadSSHPublicKeyResponse { ssh_public_key: Some(answer) })
}

/// GetSSHPublicKey. F-IAMAPI-SSH-3: in the encoding it was uploaded in the key comes as it was.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(
    on: &On<'_>,
    input: &GetSSHPublicKeyRequest,
    world: &World<'_>,
) -> Result<GetSSHPublicKeyResponse, Failure> {
    let user = directory::find::<User>(on.account, input.user_name.as_str(), world)?;
    let id = &input.ssh_public_key_id;
    let key = user.ssh_public_keys.iter().find(|known| known.id == id.as_str());
    let key = key.ok_or_else(|| missing(id))?;
    let is_pem = key.body.trim_start().starts_with("-----BEGIN");
    let body = match (input.encoding, is_pem) {
        (EncodingType::Ssh, true) => RsaPublicKey::read(&key.body).map(|key| key.to_ssh()),
        (EncodingType::Pem, false) => RsaPublicKey::read(&key.body).and_then(|key| key.to_pem()),
        _ => None,
    };
    let body = body.unwrap_or_else(|| key.body.clone());
    Ok(GetSSHPublicKeyResponse { ssh_public_key: Some(shown(&user, key, body)) })
}

/// ListSSHPublicKeys, in the order of ids.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn list(
    on: &On<'_>,
    input: ListSSHPublicKeysRequest,
    world: &World<'_>,
) -> Result<ListSSHPublicKeysResponse, Failure> {
    let user = owner_of_list(on, input.user_name.as_ref().map(UserNameType::as_str), world)?;
    let mut all = Vec::new();
    for (user, key) in user.iter().flat_map(|user| user.ssh_public_keys.iter().map(move |key| (user, key))) {
        let listed = model::SSHPublicKeyMetadata {
            user_name: user.name.as_str().into(),
            ssh_public_key_id: key.id.as_str().into(),
            status: status(key.active),
            upload_date: key.uploaded_at,
        };
        all.push((key.id.clone(), listed));
    }
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let name = user.as_ref().map_or("", |user| &user.name);
    let pages = Pages::new("ListSSHPublicKeys", on, [name], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(all);
    Ok(ListSSHPublicKeysResponse { ssh_public_keys: Some(items), is_truncated, marker })
}

/// UpdateSSHPublicKey.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn update(on: &On<'_>, input: &UpdateSSHPublicKeyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    let id = &input.ssh_public_key_id;
    let found = user.ssh_public_keys.iter_mut().find(|known| known.id == id.as_str());
    found.ok_or_else(|| missing(id))?.active = refusal::is_active(input.status)?;
    Ok(directory::save(user, world)?)
}

/// DeleteSSHPublicKey.
///
/// # Errors
/// `NoSuchEntity`.
pub fn delete(on: &On<'_>, input: &DeleteSSHPublicKeyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let mut user = directory::open::<User>(on.account, input.user_name.as_str(), world)?;
    let id = &input.ssh_public_key_id;
    let place = user.ssh_public_keys.iter().position(|known| known.id == id.as_str());
    user.ssh_public_keys.remove(place.ok_or_else(|| missing(id))?);
    Ok(directory::save(user, world)?)
}
