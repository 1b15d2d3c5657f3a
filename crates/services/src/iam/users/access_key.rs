//! Long-term access keys of users, and of the root user.

use aws::principal::Principal;
use aws::refusal::Refusal;

use super::user::named_or_self;
use crate::failure::Failure;
use crate::iam::directory::page::Pages;
use crate::iam::directory::{last_used, names};
use crate::iam::{On, directory, refusal};
use crate::model::iam::{
    AccessKey, AccessKeyIdType, AccessKeyMetadata, CreateAccessKeyRequest, CreateAccessKeyResponse,
    DeleteAccessKeyRequest, ExistingUserNameType, GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse,
    ListAccessKeysRequest, ListAccessKeysResponse, StatusType, UpdateAccessKeyRequest,
};
use crate::state::identity::{AccessKeyId, Credential, CredentialOwner, User};
use crate::world::{Fault, World};

/// F-IAMAPI-LIM-8: the most access keys of a user, and of the root user.
pub const MOST: usize = 2;

/// Whose keys are meant.
enum Owner {
    /// The root user's; IAM names it by no user name.
    Root,
    /// This user's.
    User(Box<User>),
}

impl Owner {
    /// F-IAMAPI-KEY-1: without a name the caller's own keys are meant, also the root user's.
    fn find(on: &On<'_>, name: Option<&ExistingUserNameType>, world: &World<'_>) -> Result<Self, Failure> {
        if let (None, Principal::Root { .. }) = (name, &on.caller.principal) {
            return Ok(Self::Root);
        }
        let name = named_or_self(on, name.map(ExistingUserNameType::as_str))?;
        Ok(Self::User(Box::new(directory::open::<User>(on.account, name, world)?)))
    }

    /// The user's name; F-IAMAPI-USR-2: the root user has none.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Root => None,
            Self::User(user) => Some(&user.name),
        }
    }

    fn keys(&self, on: &On<'_>, world: &World<'_>) -> Result<Vec<String>, Fault> {
        match self {
            Self::Root => Ok(directory::account(on.account, world)?.root_access_keys),
            Self::User(user) => Ok(user.access_keys.clone()),
        }
    }

    fn save_keys(self, on: &On<'_>, keys: Vec<String>, world: &mut World<'_>) -> Result<(), Fault> {
        match self {
            Self::Root => {
                directory::change_account(on.account, world, |account| account.root_access_keys = keys)
            }
            Self::User(user) => directory::save(User { access_keys: keys, ..*user }, world),
        }
    }

    /// The key with this id, if it is one of the owner's.
    fn key(&self, on: &On<'_>, id: &AccessKeyIdType, world: &World<'_>) -> Result<Credential, Failure> {
        let is_own = self.keys(on, world)?.iter().any(|own| own == id.as_str());
        let credential = if is_own { world.get::<Credential>(AccessKeyId(id.as_str()))? } else { None };
        Ok(Credential::clone(&*credential.ok_or_else(|| missing(id))?))
    }
}

fn missing(id: &AccessKeyIdType) -> Failure {
    refusal::no_such_entity(format!("The Access Key with id {} cannot be found.", id.as_str())).into()
}

fn status(credential: &Credential) -> StatusType {
    if credential.active { StatusType::Active } else { StatusType::Inactive }
}

/// CreateAccessKey: the only answer that ever shows the secret.
///
/// # Errors
/// `NoSuchEntity`, F-IAMAPI-LIM-8: `LimitExceeded`, `ValidationError`.
pub fn create(
    on: &On<'_>,
    input: &CreateAccessKeyRequest,
    world: &mut World<'_>,
) -> Result<CreateAccessKeyResponse, Failure> {
    let owner = Owner::find(on, input.user_name.as_ref(), world)?;
    let mut keys = owner.keys(on, world)?;
    if keys.len() >= MOST {
        return Err(refusal::quota("AccessKeysPerUser", MOST).into());
    }
    let id = names::access_key_id(&on.context.seed);
    if world.get::<Credential>(AccessKeyId(&id))?.is_some() {
        return Err(Fault::Broken("a fresh access key id is in use".into()).into());
    }
    let credential = Credential {
        access_key_id: id.clone(),
        secret_access_key: names::secret_access_key(&on.context.seed),
        account: on.account,
        owner: match &owner {
            Owner::Root => CredentialOwner::Root,
            Owner::User(user) => CredentialOwner::User(user.name.clone()),
        },
        active: true,
        created_at: on.context.now,
    };
    let access_key = AccessKey {
        user_name: owner.name().map(Into::into),
        access_key_id: id.as_str().into(),
        status: StatusType::Active,
        secret_access_key: credential.secret_access_key.as_str().into(),
        create_date: Some(credential.created_at),
    };
    world.save(credential);
    keys.push(id);
    owner.save_keys(on, keys, world)?;
    Ok(CreateAccessKeyResponse { access_key })
}

/// ListAccessKeys, in the order of ids.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn list(
    on: &On<'_>,
    input: ListAccessKeysRequest,
    world: &World<'_>,
) -> Result<ListAccessKeysResponse, Failure> {
    let owner = Owner::find(on, input.user_name.as_ref(), world)?;
    let mut keys = owner.keys(on, world)?;
    keys.sort_unstable();
    let mut found = Vec::with_capacity(keys.len());
    for id in keys {
        let Some(credential) = world.get::<Credential>(AccessKeyId(&id))? else { continue };
        let metadata = AccessKeyMetadata {
            user_name: owner.name().map(Into::into),
            access_key_id: Some(id.as_str().into()),
            status: Some(status(&credential)),
            create_date: Some(credential.created_at),
        };
        found.push((id, metadata));
    }
    let pages =
        Pages::new("ListAccessKeys", on, [owner.name().unwrap_or_default()], input.marker, input.max_items)?;
    let page = pages.of_list(found);
    Ok(ListAccessKeysResponse {
        access_key_metadata: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// UpdateAccessKey: an inactive key is refused like an unknown one from the next request on.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`; F-IAMAPI-KEY-2: `Expired` cannot be set (text *assumed*).
pub fn update(on: &On<'_>, input: &UpdateAccessKeyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let owner = Owner::find(on, input.user_name.as_ref(), world)?;
    let credential = owner.key(on, &input.access_key_id, world)?;
    let active = refusal::is_active(input.status)?;
    world.save(Credential { active, ..credential });
    Ok(())
}

/// DeleteAccessKey: it works no longer from the next request on.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn delete(on: &On<'_>, input: &DeleteAccessKeyRequest, world: &mut World<'_>) -> Result<(), Failure> {
    let owner = Owner::find(on, input.user_name.as_ref(), world)?;
    let credential = owner.key(on, &input.access_key_id, world)?;
    let mut keys = owner.keys(on, world)?;
    keys.retain(|id| *id != credential.access_key_id);
    world.delete::<Credential>(AccessKeyId(&credential.access_key_id));
    Ok(owner.save_keys(on, keys, world)?)
}

/// GetAccessKeyLastUsed. F-IAMAPI-KEY-3: a key that the newest records do not know is shown as never used.
///
/// # Errors
/// F-IAMAPI-KEY-4: `AccessDenied` for a key that is nobody's, and for one of another account.
pub fn last_used(
    on: &On<'_>,
    input: &GetAccessKeyLastUsedRequest,
    world: &World<'_>,
) -> Result<GetAccessKeyLastUsedResponse, Failure> {
    let id = input.access_key_id.as_str();
    let credential = world.get::<Credential>(AccessKeyId(id))?;
    let credential = credential.filter(|credential| credential.account == on.account);
    let user_name = match credential.as_ref().map(|credential| &credential.owner) {
        Some(CredentialOwner::User(name)) => Some(name.as_str().into()),
        Some(CredentialOwner::Root) => None,
        _ => {
            let caller = on.caller.principal.arn();
            let text = format!(
                "User: {caller} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}"
            );
            return Err(Refusal::new("AccessDenied", 403, text).into());
        }
    };
    let used = last_used::of_key(on.account, id, world)?;
    Ok(GetAccessKeyLastUsedResponse { user_name, access_key_last_used: Some(used) })
}
