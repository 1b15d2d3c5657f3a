//! X.509 certificates: of servers, which IAM keeps for load balancers, and of users, who sign requests of old services with
//! them.

pub(crate) mod certificate;
pub(crate) mod private_key;
pub(crate) mod server_certificate;
pub(crate) mod signing_certificate;
