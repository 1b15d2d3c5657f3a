//! Session tokens: each one holds its credentials, sealed with a key that is part of the state.
//!
//! So issuing credentials stores nothing, nothing is left of those that expired, and an export of the state
//! takes the sessions with it. Whether the role or user behind a session is still there, and what it may do, is
//! asked of the state with every call. See `docs/decisions/007-session-tokens.md`.

use aws::arn::AccountId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::context::Context;
use crate::regions;
use crate::sealed::{OVERHEAD_BYTES, Seal};
use crate::state::identity::{Credential, IamAccount, SealingKey, SessionKey};
use crate::world::key::Current;
use crate::world::{Document, Fault, World};

/// Where a token is good, which it says by what it begins with; those in a seed file have any other form. The seal depends on it, so
/// that a token cannot be made one of the other version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Version 1: in the Regions that are there by default (F-STSAPI-43).
    DefaultRegions,
    /// Version 2.
    AllRegions,
}

impl Version {
    /// All tokens of a version have prefixes of this length.
    const PREFIX_LENGTH: usize = 4;

    fn prefix(self) -> &'static str {
        match self {
            Self::DefaultRegions => "acdd",
            Self::AllRegions => "acd1",
        }
    }

    fn purpose(self) -> &'static str {
        match self {
            Self::DefaultRegions => "session token for default Regions",
            Self::AllRegions => "session token",
        }
    }

    fn of(token: &str) -> Option<Self> {
        [Self::DefaultRegions, Self::AllRegions]
            .into_iter()
            .find(|version| token.starts_with(version.prefix()))
    }

    /// Of a token that is given out now. F-STSAPI-43 (*assumed*): the account it is for decides.
    fn to_issue(account: AccountId, context: &Context, world: &World<'_>) -> Result<Self, Fault> {
        let is_good_everywhere = !context.at_global_endpoint
            || world.get::<IamAccount>(account)?.is_some_and(|kept| kept.global_tokens_good_everywhere);
        Ok(if is_good_everywhere { Self::AllRegions } else { Self::DefaultRegions })
    }
}

/// Whether a token that was issued here is not good in a Region.
pub fn is_refused_in(region: &str, token: &str) -> bool {
    regions::is_opt_in(region) && Version::of(token) == Some(Version::DefaultRegions)
}

/// The key of this state's session tokens; `None` where none was ever issued.
///
/// # Errors
/// See [`Fault`].
pub fn key(world: &World<'_>) -> Result<Option<SealingKey>, Fault> {
    Ok(world.get::<SessionKey>(Current)?.map(|stored| stored.key.clone()))
}

/// The same; the first session of a state draws its key.
fn key_or_new(context: &Context, world: &mut World<'_>) -> Result<SealingKey, Fault> {
    if let Some(key) = key(world)? {
        return Ok(key);
    }
    let key = SealingKey::new(context.seed.bytes("session key"));
    world.put(Current, SessionKey { key: key.clone(), created_at: context.now });
    Ok(key)
}

fn seal_of(key: &SealingKey, version: Version, access_key_id: &str) -> Seal {
    Seal::derive(key.as_bytes(), version.purpose(), access_key_id)
}

/// The token of `credential`, at least `minimum_length` characters long.
///
/// # Errors
/// See [`Fault`].
pub(super) fn seal(
    credential: &Credential,
    minimum_length: usize,
    context: &Context,
    world: &mut World<'_>,
) -> Result<String, Fault> {
    let key = key_or_new(context, world)?;
    let version = Version::to_issue(credential.account, context, world)?;
    let mut text = credential.encode();
    // Four characters hold three bytes. White space after the document means nothing.
    let least =
        (minimum_length.saturating_sub(Version::PREFIX_LENGTH) / 4 * 3).saturating_sub(OVERHEAD_BYTES);
    text.extend(std::iter::repeat_n(' ', least.saturating_sub(text.len())));
    let sealed =
        seal_of(&key, version, &credential.access_key_id).seal(&text, context.seed.nonce("session token"));
    let mut token = version.prefix().to_owned();
    STANDARD.encode_string(sealed, &mut token);
    Ok(token)
}

/// The credentials that `token` holds; `None` where it was not sealed with `key` for this access key id.
pub fn open(key: &SealingKey, access_key_id: &str, token: &str) -> Option<Credential> {
    let version = Version::of(token)?;
    let sealed = STANDARD.decode(token.strip_prefix(version.prefix())?).ok()?;
    let text = seal_of(key, version, access_key_id).open(&sealed)?;
    let mut credential = Credential::decode(&text).ok()?;
    credential.owner.set_session_token(token);
    Some(credential)
}
