//! Identity providers outside AWS: whose tokens and assertions roles of an account may trust.

mod identity_center;
pub(crate) mod open_id_connect;
pub(crate) mod saml;
pub(crate) mod saml_metadata;
