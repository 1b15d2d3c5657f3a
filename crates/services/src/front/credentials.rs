//! Credentials for the person who runs accountd: of an administrator, a user or a role whom they name, without anybody's
//! signature and without a record, as it is nobody's call.

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::account::first_use;
use crate::context::Context;
use crate::iam::directory::{self, names};
use crate::iam::users::{access_key, administrator};
use crate::state::identity::{
    AccessKeyId, Credential, CredentialOwner, Role, RoleId, RoleSession, User, UserId,
};
use crate::sts::credentials::Drawn;
use crate::world::{Fault, World};

/// How long a session of a role lasts; what is wanted for longer is asked for again.
const SESSION_SECONDS: u32 = 3_600;

/// The name of a role's session.
const SESSION_NAME: &str = "accountd";

/// Who will hold the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The administrator of an account (F-EDGE-13), both of which come into being where they are not there.
    Administrator(AccountId),
    /// The user of an account with this name.
    User(AccountId, String),
    /// The role of an account with this name. Its trust policy is not asked.
    Role(AccountId, String),
}

/// Credentials that were given out.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The session token of temporary ones, and when they stop working.
    pub session: Option<(String, Timestamp)>,
}

/// Why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotGiven {
    /// There is no such user or role.
    NoSuchHolder(String),
    /// The user has as many access keys as there may be, and none of them is active.
    KeysInactive(String),
}

impl NotGiven {
    /// One sentence.
    pub fn message(&self) -> &str {
        match self {
            Self::NoSuchHolder(message) | Self::KeysInactive(message) => message,
        }
    }
}

/// F-EDGE-29: a user's active access key, which is made where there is none, or a session of a role.
///
/// # Errors
/// See [`Fault`]; the inner result says why there are none.
pub fn give(
    holder: &Holder,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Result<Given, NotGiven>, Fault> {
    match holder {
        Holder::Administrator(account) => {
            first_use::come_into_being(*account, context.now, world)?;
            administrator::on_first_use(*account, context, world)?;
            of_user(*account, administrator::NAME, context, world)
        }
        Holder::User(account, name) => of_user(*account, name, context, world),
        Holder::Role(account, name) => of_role(*account, name, context, world),
    }
}

fn of_user(
    account: AccountId,
    name: &str,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Result<Given, NotGiven>, Fault> {
    let Some(user) = world.get::<User>(UserId::new(account, name))? else {
        return Ok(Err(NotGiven::NoSuchHolder(format!("Account {account} has no user {name}."))));
    };
    for id in &user.access_keys {
        if let Some(credential) = world.get::<Credential>(AccessKeyId(id))?
            && credential.active
        {
            return Ok(Ok(long_term(&credential)));
        }
    }
    if user.access_keys.len() >= access_key::MOST {
        let message = format!("The access keys of user {name} in account {account} are inactive.");
        return Ok(Err(NotGiven::KeysInactive(message)));
    }
    let credential = Credential {
        access_key_id: names::access_key_id(&context.seed),
        secret_access_key: names::secret_access_key(&context.seed),
        account,
        owner: CredentialOwner::User(user.name.clone()),
        active: true,
        created_at: context.now,
    };
    let given = long_term(&credential);
    let mut user = User::clone(&user);
    user.access_keys.push(credential.access_key_id.clone());
    world.save(credential);
    directory::save(user, world)?;
    Ok(Ok(given))
}

fn long_term(credential: &Credential) -> Given {
    Given {
        access_key_id: credential.access_key_id.clone(),
        secret_access_key: credential.secret_access_key.clone(),
        session: None,
    }
}

fn of_role(
    account: AccountId,
    name: &str,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Result<Given, NotGiven>, Fault> {
    let Some(role) = world.get::<Role>(RoleId::new(account, name))? else {
        return Ok(Err(NotGiven::NoSuchHolder(format!("Account {account} has no role {name}."))));
    };
    let drawn = Drawn::draw(account, SESSION_SECONDS, context);
    let owner = CredentialOwner::RoleSession(RoleSession::new(
        &role,
        SESSION_NAME.to_owned(),
        drawn.issued_at,
        drawn.expires_at,
    ));
    let issued = drawn.issue(account, owner, None, context, world)?.credentials;
    Ok(Ok(Given {
        access_key_id: issued.access_key_id.as_str().to_owned(),
        secret_access_key: issued.secret_access_key.as_str().to_owned(),
        session: Some((issued.session_token, issued.expiration)),
    }))
}
