//! Signature Version 4: verifying what a request claims about its signer.
//!
//! The scheme is described at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>. This module is the
//! service's half of it, and in [`outgoing`] the client's of what we send; pure: time and secret are arguments. The caller works in this order:
//!
//! 1. [`Claim::find`] reads the claim, in the `Authorization` header or the query string;
//! 2. [`Claim::check`] judges clock and scope, before anybody looks for the access key;
//! 3. the caller finds the key, and answers [`SignatureError::UnknownAccessKey`] where there is none;
//! 4. [`Claim::verify`] checks all of it again together with the signature.
//!
//! The order in which faults win is F-SIG-1; `tests/sigv4_precedence.rs` pins it.

mod canonical;
mod chunks;
mod claim;
pub(crate) mod encode;
mod error;
mod key;
pub mod outgoing;
mod parts;
pub(crate) mod time;

use http::HeaderMap;

pub use chunks::{Chunks, WrongChunk};
pub use claim::{Claim, Place};
pub use error::{ExpiresFault, Family, ScopeFaults, SignatureError};
pub use key::SigningKey;

/// The one algorithm that is accepted. SigV4a (`AWS4-ECDSA-P256-SHA256`) signs for services that
/// are reached through several Regions at once; none of ours is one.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a signature covers, as it came over the wire.
///
/// Path and query are text and not an `http::Uri`, because a signature covers exactly what was
/// sent, and a URI type may refuse or change that.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as sent, still percent-encoded; empty counts as `/`.
    pub path: &'a str,
    /// The query as sent, without the question mark.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The authority of an HTTP/2 request, which stands in for an absent `host` header.
    pub authority: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// How a service comes to the hash of the body that a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadHash {
    /// It hashes the body that it got, which must be the announced one (every service but S3).
    OfBody,
    /// What `x-amz-content-sha256` announces is taken at its word, as the body is still on its way: whoever reads the body
    /// compares. Where nothing is announced the body is hashed.
    Announced,
    /// The same; where nothing is announced the body is not signed, as in presigned requests to S3 (F-FWD-4).
    AnnouncedOrUnsigned,
}

/// What a service accepts, and how it builds the canonical request.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The service names a credential may be scoped to. The first one is named in the refusal.
    /// Empty: any.
    pub services: &'a [&'a str],
    /// The Regions a credential may be scoped to. Empty: any.
    pub regions: &'a [&'a str],
    /// Whether dot segments and doubled slashes are removed from the path (every service but S3).
    pub normalize_path: bool,
    /// Whether the path as sent is percent-encoded once more (every service but S3).
    pub double_encode_path: bool,
    /// Where the hash of the body comes from.
    pub payload: PayloadHash,
    /// How far the request's clock may be off, either way, in minutes.
    pub window_minutes: i64,
    /// Whether a presigned request is good for that time too, whatever `X-Amz-Expires` says.
    pub presigned_within_window: bool,
}

impl<'a> Options<'a> {
    /// What every service but S3 does, for a service that answers to these names: the window is
    /// five minutes, as AWS's own refusals say (F-SIG-5).
    pub fn for_services(services: &'a [&'a str]) -> Self {
        Self {
            services,
            regions: &[],
            normalize_path: true,
            double_encode_path: true,
            payload: PayloadHash::OfBody,
            window_minutes: 5,
            presigned_within_window: false,
        }
    }

    /// What S3 does: the path is signed as it is, the body may be signed in chunks or not at all, and the window is 15
    /// minutes (F-FWD-4).
    pub fn for_s3(services: &'a [&'a str]) -> Self {
        Self {
            normalize_path: false,
            double_encode_path: false,
            payload: PayloadHash::AnnouncedOrUnsigned,
            window_minutes: 15,
            ..Self::for_services(services)
        }
    }
}
