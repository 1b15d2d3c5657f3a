//! Identification: is the signature right, and whom does the access key stand for?
//!
//! A request says who sent it in one of several [schemes](SCHEMES). Each looks at the request and finds that it was *not
//! requested*, that the sender is *known*, or that what was sent is *refused*; the first that was requested decides. An
//! operation whose model says that it takes no signature goes a way of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::protocol::foreign::ForeignClient;
use aws::secret::Secret;
use aws::sigv2;
use aws::sigv4::{Claim, Options, PayloadHash, SignatureError, SignedRequest, SigningKey};
use http::header;
use serde::Deserialize;

use super::ports::Ports;
use super::route::Form;
use super::{Call, gates};
use crate::account::first_use;
use crate::authority::caller::{self, NotIdentified};
use crate::authority::guarded::{Guarded, Unpermitted};
use crate::failure::Failure;
use crate::iam::users::administrator;
use crate::service::{Operation, Service, refuse_not_supported};
use crate::state::identity::{AccessKeyId, Credential};
use crate::sts::session_token;
use crate::world::{Fault, World};

/// The secret of every well-known access key.
const WELL_KNOWN_SECRET: &str = "test";
/// The well-known access key of the root user of account `000000000000`.
const WELL_KNOWN_KEY: &str = "test";
/// F-EDGE-13: the well-known access key of an administrator of account `000000000000`; with 12 digits behind it that of
/// another account's.
const ADMINISTRATOR_KEY: &str = "admin";
/// IAM's `accessKeyIdType` has no fewer characters, and a seed file is held to it: nothing shorter was ever
/// issued, so nobody looks for it among what is stored.
const SHORTEST_ISSUED_KEY: usize = 16;

/// How strictly signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// In full.
    Strict,
    /// Unsigned and wrongly signed requests pass as the key they claim, and with a key that nobody has as the root user
    /// of account `000000000000`.
    Lenient,
}

/// One access key of one account's root user.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootCredential {
    /// The account whose root user it is. The account comes into being if it is not there.
    pub account_id: AccountId,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Secret,
}

/// Which access keys are taken besides those that were issued, and how strictly signatures are judged.
pub struct AcceptedKeys {
    signatures: Signatures,
    well_known: bool,
    root_credentials: BTreeMap<String, RootCredential>,
}

impl AcceptedKeys {
    /// Takes the given root credentials, and the well-known ones if `well_known`.
    pub fn new(signatures: Signatures, well_known: bool, root_credentials: Vec<RootCredential>) -> Self {
        let by_id = root_credentials.into_iter().map(|root| (root.access_key_id.clone(), root)).collect();
        Self { signatures, well_known, root_credentials: by_id }
    }

    /// F-STSAPI-36: whether a session token spoils this key, which is a long-term one that a person configured.
    fn is_spoilt_by_token(&self, access_key_id: &str) -> bool {
        self.signatures == Signatures::Strict && self.root_credentials.contains_key(access_key_id)
    }

    /// F-STSAPI-36: the session token that counts: with a long-term key lenient signatures overlook a left-over one.
    fn counted<'t>(&self, token: Option<&'t str>, credential: &Credential) -> Option<&'t str> {
        token.filter(|_| self.signatures == Signatures::Strict || credential.owner.session_token().is_some())
    }

    /// Whose key works without having been issued.
    fn never_issued(&self, access_key_id: &str) -> Option<Found<'_>> {
        if let Some(root) = self.root_credentials.get(access_key_id) {
            return Some(Found::Root(root.account_id, root.secret_access_key.expose()));
        }
        let account = |digits: &str, none: &str| match digits {
            digits if digits == none => Some(AccountId::from_number(0)),
            digits => digits.parse().ok(),
        };
        let found = match access_key_id.strip_prefix(ADMINISTRATOR_KEY) {
            Some(digits) => account(digits, "").map(Found::Administrator),
            None => account(access_key_id, WELL_KNOWN_KEY).map(|id| Found::Root(id, WELL_KNOWN_SECRET)),
        };
        found.filter(|_| self.well_known)
    }
}

/// An access key that was found.
enum Found<'a> {
    /// Issued here.
    Issued(Arc<Credential>),
    /// The root user of an account that comes into being on first use, with its secret.
    Root(AccountId, &'a str),
    /// The well-known administrator of such an account.
    Administrator(AccountId),
}

impl Found<'_> {
    fn secret(&self) -> &str {
        match self {
            Self::Issued(credential) => &credential.secret_access_key,
            Self::Root(_, secret) => secret,
            Self::Administrator(_) => WELL_KNOWN_SECRET,
        }
    }
}

/// What a request claims about its signer, before it is believed.
pub(super) struct Claimed {
    /// The access key id.
    pub(super) access_key_id: String,
    /// The Region in the signature's scope.
    pub(super) region: String,
    session_token: Option<String>,
}

/// Verifies the signature and says who called.
///
/// # Errors
/// F-SIG-…: in the words of the route's protocol.
pub(super) fn identify(
    ports: &Ports<'_>,
    call: &Call,
    claimed: &mut Option<Claimed>,
    world: &mut Guarded<'_>,
) -> Result<Caller, Failure> {
    // F-SIG-15: clients send these without a signature. Those that are answered have gone their own way before.
    if let Some(Operation::NotSupported(service, name)) = call.operation()
        && service.unsigned().contains(&name)
        && !is_signed(call)
    {
        return Err(refuse_not_supported(service, name).into());
    }
    let admitted = known(ports, call, claimed, world).and_then(|caller| {
        let region = claimed.as_ref().map(|claimed| claimed.region.as_str());
        gates::admit(&caller, call.route.service, region, call.context.now, world)??;
        Ok(caller)
    });
    admitted.map_err(|refused| match refused {
        Refused::Signature(error) => error.refusal(call.route.signature_family()).into(),
        Refused::Fault(fault) => fault.into(),
    })
}

/// Whether a request says in any way who sent it.
fn is_signed(call: &Call) -> bool {
    let parameters = &call.route.parameters;
    let names = ["X-Amz-Algorithm", "AWSAccessKeyId", "SignatureVersion"];
    call.request.headers().contains_key(header::AUTHORIZATION)
        || names.iter().any(|name| parameters.get(name).is_some())
}

/// Why nobody is known by a request.
enum Refused {
    Signature(SignatureError),
    Fault(Fault),
}

impl From<SignatureError> for Refused {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn known(
    ports: &Ports<'_>,
    call: &Call,
    claimed: &mut Option<Claimed>,
    world: &mut Guarded<'_>,
) -> Result<Caller, Refused> {
    let attempt = Attempt { ports, call, world };
    let found = match (attempt.verify(claimed), ports.keys.signatures) {
        (Err(Refused::Signature(_)), Signatures::Lenient) => attempt.lenient(claimed.as_ref())?,
        (verified, _) => verified?,
    };
    let claimed = claimed.as_ref();
    match found {
        Found::Issued(credential) => {
            let session_token = claimed.and_then(|claimed| claimed.session_token.as_deref());
            let session_token = ports.keys.counted(session_token, &credential);
            let caller = caller::identify(&credential, session_token, call.context.real_now, world)?;
            Ok(caller.map_err(|why| match why {
                NotIdentified::Invalid => SignatureError::InvalidSessionToken,
                NotIdentified::Expired => SignatureError::ExpiredSessionToken,
            })?)
        }
        Found::Root(account, _) => {
            if let Some(Claimed { access_key_id, session_token: Some(_), .. }) = claimed
                && ports.keys.is_spoilt_by_token(access_key_id)
            {
                return Err(SignatureError::InvalidSessionToken.into());
            }
            let access_key_id = claimed.map_or(WELL_KNOWN_KEY, |claimed| &claimed.access_key_id).to_owned();
            let world = world.change_without_permit(Unpermitted::AccountOnFirstUse);
            first_use::come_into_being(account, call.context.now, world)?;
            Ok(Caller { principal: Principal::Root { account }, access_key_id, session: None })
        }
        Found::Administrator(account) => {
            let access_key_id =
                claimed.map_or(ADMINISTRATOR_KEY, |claimed| &claimed.access_key_id).to_owned();
            let world = world.change_without_permit(Unpermitted::AccountOnFirstUse);
            first_use::come_into_being(account, call.context.now, world)?;
            let principal = administrator::on_first_use(account, &call.context, world)?;
            Ok(Caller { principal, access_key_id, session: None })
        }
    }
}

/// One request before it is known whose it is.
struct Attempt<'a, 'w> {
    ports: &'a Ports<'a>,
    call: &'a Call,
    world: &'w World<'w>,
}

/// What a scheme makes of a request: nothing where it was not requested, or else the key that the sender has proved to
/// hold. What the request claims is noted before it is checked.
type Scheme = for<'a> fn(
    &Attempt<'a, '_>,
    &SignedRequest<'_>,
    &mut Option<Claimed>,
) -> Result<Option<Found<'a>>, Refused>;

/// Tried in this order.
const SCHEMES: [Scheme; 2] = [signature_version_2, signature_version_4];

impl<'a> Attempt<'a, '_> {
    fn verify(&self, claimed: &mut Option<Claimed>) -> Result<Found<'a>, Refused> {
        let request = &self.call.request;
        let signed = SignedRequest {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or(""),
            headers: request.headers(),
            authority: request.uri().authority().map(http::uri::Authority::as_str),
            body: request.body(),
        };
        for scheme in SCHEMES {
            if let Some(found) = scheme(self, &signed, claimed)? {
                return Ok(found);
            }
        }
        Err(SignatureError::MissingAuthentication.into())
    }

    /// Lenient: a refused request is taken for the key it claims, or for the well-known one if it claims none or one
    /// that nobody has.
    fn lenient(&self, claimed: Option<&Claimed>) -> Result<Found<'a>, Fault> {
        let (access_key_id, token) = claimed.map_or((WELL_KNOWN_KEY, None), |claimed| {
            (claimed.access_key_id.as_str(), claimed.session_token.as_deref())
        });
        let anybody = Found::Root(AccountId::from_number(0), WELL_KNOWN_SECRET);
        Ok(self.find(access_key_id, token)?.unwrap_or(anybody))
    }

    fn find(&self, access_key_id: &str, session_token: Option<&str>) -> Result<Option<Found<'a>>, Fault> {
        if let Some(token) = session_token
            && let Some(credential) = self.session(access_key_id, token)?
        {
            return Ok(Some(Found::Issued(credential)));
        }
        if access_key_id.len() >= SHORTEST_ISSUED_KEY
            && let Some(credential) = self.world.get::<Credential>(AccessKeyId(access_key_id))?
        {
            return Ok(Some(Found::Issued(credential)));
        }
        Ok(self.ports.keys.never_issued(access_key_id))
    }

    /// An access key that nobody has is unknown; where a session token came with it, it is the token that is wrong.
    fn find_claimed(&self, access_key_id: &str, session_token: Option<&str>) -> Result<Found<'a>, Refused> {
        let unknown = match session_token {
            None => SignatureError::UnknownAccessKey,
            Some(_) => SignatureError::InvalidSessionToken,
        };
        self.find(access_key_id, session_token)?.ok_or(Refused::Signature(unknown))
    }

    /// The credentials that `token` holds for this access key id; `None` where it was not issued here.
    ///
    /// A token opens to the same credentials whenever its key is the same, so one that was opened is remembered;
    /// whether they still stand for somebody is asked of the state each time.
    fn session(&self, access_key_id: &str, token: &str) -> Result<Option<Arc<Credential>>, Fault> {
        let Some(key) = session_token::key(self.world)? else { return Ok(None) };
        if let Some(credential) = self.ports.sessions.remembered(access_key_id, token, &key) {
            return Ok(Some(credential));
        }
        let Some(credential) = session_token::open(&key, access_key_id, token) else { return Ok(None) };
        let credential = Arc::new(credential);
        self.ports.sessions.remember(key, &credential);
        Ok(Some(credential))
    }
}

fn signature_version_4<'a>(
    attempt: &Attempt<'a, '_>,
    signed: &SignedRequest<'_>,
    claimed: &mut Option<Claimed>,
) -> Result<Option<Found<'a>>, Refused> {
    let call = attempt.call;
    let Some(claim) = Claim::find(signed)? else { return Ok(None) };
    *claimed = Some(Claimed {
        access_key_id: claim.access_key_id().to_owned(),
        region: claim.region().to_owned(),
        session_token: claim.session_token().map(str::to_owned),
    });
    let names = call.route.service.map(|service| [service.signing_name()]);
    let names = names.as_ref().map_or(&[][..], |names| names);
    let mut options = match call.route.foreign_client {
        None => Options::for_services(names),
        Some(ForeignClient::S3) => Options::for_s3(names),
        // Its scope has said which service it is; the body may still be on its way.
        Some(_) => Options { payload: PayloadHash::Announced, ..Options::for_services(names) },
    };
    if let Some(profile) = call.route.service.map(Service::profile) {
        options.window_minutes = profile.clock_window_minutes;
        options.presigned_within_window = profile.presigned_within_window;
    }
    claim.check(call.context.real_now, &options)?;
    let found = attempt.find_claimed(claim.access_key_id(), claim.session_token())?;
    let keys = attempt.ports.signing_keys;
    let remembered = keys.remembered(&claim, found.secret());
    let is_new = remembered.is_none();
    let key = remembered.unwrap_or_else(|| {
        Arc::new(SigningKey::derive(found.secret(), claim.date(), claim.region(), claim.service()))
    });
    claim.verify(signed, &key, call.context.real_now, &options)?;
    if is_new {
        keys.remember(&claim, found.secret(), &key);
    }
    Ok(Some(found))
}

/// Only the Query API takes Signature Version 2, and only without a Version 4 signature.
fn signature_version_2<'a>(
    attempt: &Attempt<'a, '_>,
    signed: &SignedRequest<'_>,
    claimed: &mut Option<Claimed>,
) -> Result<Option<Found<'a>>, Refused> {
    let route = &attempt.call.route;
    let is_requested = route.form == Form::Action
        && !signed.headers.contains_key(header::AUTHORIZATION)
        && (route.parameters.get("AWSAccessKeyId").is_some()
            || route.parameters.get("SignatureVersion").is_some());
    if !is_requested {
        return Ok(None);
    }
    let claim = sigv2::Claim::find(signed)?.ok_or(SignatureError::MissingAuthentication)?;
    *claimed = Some(Claimed {
        access_key_id: claim.access_key_id().to_owned(),
        // Version 2 has no scope.
        region: "us-east-1".to_owned(),
        session_token: claim.session_token().map(str::to_owned),
    });
    let found = attempt.find_claimed(claim.access_key_id(), claim.session_token())?;
    claim.verify(signed, found.secret(), attempt.call.context.real_now)?;
    Ok(Some(found))
}
