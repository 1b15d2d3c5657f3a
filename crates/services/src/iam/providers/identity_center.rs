//! What ties a provider of either kind to IAM Identity Center: F-IAMAPI-OIDC-6, kept and shown, and nothing here asks for it.

use aws::smithy::Shape;

use crate::model::iam::{ContextProvider, IdentityCenterInstanceArnType};
use crate::state::identity::IdentityCenterTie;

/// The tie of a new provider.
pub(super) fn of_new(
    context: Option<&ContextProvider>,
    instance: Option<IdentityCenterInstanceArnType>,
) -> IdentityCenterTie {
    let mut tie = IdentityCenterTie::default();
    set(&mut tie, context, instance);
    tie
}

/// Puts what is given in the place of what was; what is not given stays.
pub(super) fn set(
    tie: &mut IdentityCenterTie,
    context: Option<&ContextProvider>,
    instance: Option<IdentityCenterInstanceArnType>,
) {
    if let Some(given) = context {
        tie.context_provider = Some(ContextProvider::to_value(given));
    }
    if let Some(given) = instance {
        tie.identity_center_instance = Some(given.into_string());
    }
}

/// Takes away what a request names.
pub(super) fn remove(tie: &mut IdentityCenterTie, context: Option<bool>, instance: Option<bool>) {
    if context == Some(true) {
        tie.context_provider = None;
    }
    if instance == Some(true) {
        tie.identity_center_instance = None;
    }
}

/// The context provider as answers show it.
pub(super) fn context(tie: &IdentityCenterTie) -> Option<ContextProvider> {
    tie.context_provider.as_ref().and_then(|stored| ContextProvider::from_value(stored).ok())
}
