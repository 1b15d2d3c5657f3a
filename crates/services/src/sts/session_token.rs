//! Session tokens: each one holds its credentials, sealed with a key that is part of the state.
//!
//! So issuing credentials stores nothing, nothing is left of those that expired, and an export of the state
//! takes the sessions with it. Whether the role or user behind a session is still there, and what it may do, is
//! asked of the state with every call. See `docs/decisions/007-session-tokens.md`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::context::Context;
use crate::sealed::{OVERHEAD_BYTES, Seal};
use crate::state::identity::{Credential, SealingKey, SessionKey};
use crate::world::key::Current;
use crate::world::{Document, Fault, World};

/// What every token of this form begins with; those in a seed file have any other form.
const PREFIX: &str = "acd1";

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

fn seal_of(key: &SealingKey, access_key_id: &str) -> Seal {
    Seal::derive(key.as_bytes(), "session token", access_key_id)
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
    let mut text = credential.encode();
    // Four characters hold three bytes. White space after the document means nothing.
    let least = (minimum_length.saturating_sub(PREFIX.len()) / 4 * 3).saturating_sub(OVERHEAD_BYTES);
    text.extend(std::iter::repeat_n(' ', least.saturating_sub(text.len())));
    let sealed = seal_of(&key, &credential.access_key_id).seal(&text, context.seed.nonce("session token"));
    let mut token = PREFIX.to_owned();
    STANDARD.encode_string(sealed, &mut token);
    Ok(token)
}

/// The credentials that `token` holds; `None` where it was not sealed with `key` for this access key id.
pub fn open(key: &SealingKey, access_key_id: &str, token: &str) -> Option<Credential> {
    let sealed = STANDARD.decode(token.strip_prefix(PREFIX)?).ok()?;
    let text = seal_of(key, access_key_id).open(&sealed)?;
    let mut credential = Credential::decode(&text).ok()?;
    credential.owner.set_session_token(token);
    Some(credential)
}
