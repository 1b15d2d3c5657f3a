//! Outbound identity federation: whether an account's principals may have tokens for services outside of AWS. The tokens are
//! STS's.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>

use aws::refusal::Refusal;

use super::{On, directory};
use crate::failure::Failure;
use crate::model::iam::{
    EnableOutboundWebIdentityFederationResponse, GetOutboundWebIdentityFederationInfoResponse,
};
use crate::state::identity::{OutboundFederation, OutboundIssuer, OutboundIssuerId};
use crate::world::World;

/// F-OUT-1
fn disabled(on: &On<'_>) -> Failure {
    let text = format!("Outbound identity federation is disabled for account {}", on.account);
    Refusal::new("FeatureDisabled", 404, text).into()
}

/// EnableOutboundWebIdentityFederation. F-OUT-1: the issuer is the same each time.
///
/// # Errors
/// `FeatureEnabled`.
pub fn enable(
    on: &On<'_>,
    world: &mut World<'_>,
) -> Result<EnableOutboundWebIdentityFederationResponse, Failure> {
    let known = directory::account(on.account, world)?.outbound_federation;
    if known.as_ref().is_some_and(|known| known.enabled) {
        let text = format!("Outbound identity federation is already enabled for account {}", on.account);
        return Err(Refusal::new("FeatureEnabled", 409, text).into());
    }
    let issuer_id = known.map_or_else(|| on.context.seed.id("outbound issuer"), |known| known.issuer_id);
    world.put(OutboundIssuerId(&issuer_id), OutboundIssuer { account: on.account });
    let federation = OutboundFederation { issuer_id, enabled: true };
    let issuer_identifier = Some(federation.issuer());
    directory::change_account(on.account, world, |account| account.outbound_federation = Some(federation))?;
    Ok(EnableOutboundWebIdentityFederationResponse { issuer_identifier })
}

/// DisableOutboundWebIdentityFederation: tokens that were given out stay good.
///
/// # Errors
/// `FeatureDisabled`.
pub fn disable(on: &On<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    let known = directory::account(on.account, world)?.outbound_federation.filter(|known| known.enabled);
    let federation = OutboundFederation { enabled: false, ..known.ok_or_else(|| disabled(on))? };
    directory::change_account(on.account, world, |account| account.outbound_federation = Some(federation))?;
    Ok(())
}

/// GetOutboundWebIdentityFederationInfo.
///
/// # Errors
/// `FeatureDisabled`.
pub fn get(on: &On<'_>, world: &World<'_>) -> Result<GetOutboundWebIdentityFederationInfoResponse, Failure> {
    let known = directory::account(on.account, world)?.outbound_federation.filter(|known| known.enabled);
    let federation = known.ok_or_else(|| disabled(on))?;
    Ok(GetOutboundWebIdentityFederationInfoResponse {
        issuer_identifier: Some(federation.issuer()),
        jwt_vending_enabled: Some(true),
    })
}
