//! GetAccessKeyInfo: whose access key is this?
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>

use super::credentials::account_of;
use super::model::{GetAccessKeyInfoRequest, GetAccessKeyInfoResponse};
use super::validation_error;
use crate::failure::Failure;
use crate::state::identity::{AccessKeyId, Credential};
use crate::world::World;

/// The account of an access key, of any account and also of one that is inactive or gone: the key tells it.
///
/// # Errors
/// F-STSAPI-17 (*assumed*): `ValidationError` for an id that tells no account.
pub fn get(input: &GetAccessKeyInfoRequest, world: &World<'_>) -> Result<GetAccessKeyInfoResponse, Failure> {
    let id = input.access_key_id.as_str();
    let stored = world.get::<Credential>(AccessKeyId(id))?.map(|credential| credential.account);
    match stored.or_else(|| account_of(id)) {
        Some(account) => Ok(GetAccessKeyInfoResponse { account: Some(account.as_str().into()) }),
        None => Err(validation_error("The access key ID is not valid.").into()),
    }
}
