//! Authentication: is the signature right, and whom does the access key stand for?

use std::collections::BTreeMap;
use std::sync::Arc;

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::sigv2;
use aws::sigv4::{Claim, Options, SignatureError, SignedRequest, SigningKey};
use http::header;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use services::authority::caller::{NotIdentified, identify, is_token_session};
use services::failure::Failure;
use services::operation::Service;
use services::regions;
use services::state::account::{Account, AccountState, EmailOwner};
use services::state::identity::Credential;
use services::state::organization::Membership;
use services::world::World;

use super::opened_sessions::OpenedSessions;
use super::route::{Form, Route};
use super::{Call, Rules};
use crate::configuration::{RootCredential, Secret, Signatures};

/// The secret of every well-known access key.
const WELL_KNOWN_SECRET: &str = "test";
/// The well-known access key of the account `000000000000`.
const WELL_KNOWN_KEY: &str = "test";
/// IAM's `accessKeyIdType` has no fewer characters, and a seed file is held to it: nothing shorter was ever
/// issued, so nobody looks for it among what is stored.
const SHORTEST_ISSUED_KEY: usize = 16;
/// How many derived signing keys are remembered: one for each access key, day, Region and service in use. Deriving
/// one costs as much as the rest of a request, so 10,000 accounts in use must fit; each takes about 250 bytes.
const SIGNING_KEYS_REMEMBERED: usize = 50_000;

/// Which access keys are taken, and how strictly signatures are judged.
pub struct Authentication {
    signatures: Signatures,
    well_known: bool,
    root_credentials: BTreeMap<String, RootCredential>,
    signing_keys: Cache<String, Arc<RememberedKey>>,
    sessions: OpenedSessions,
}

/// A derived signing key with the secret it was derived from, since a secret may be another one after a
/// reset.
struct RememberedKey {
    secret: Secret,
    key: SigningKey,
}

/// An access key that was found.
enum Found {
    /// Issued here.
    Issued(Arc<Credential>),
    /// The root user of an account that comes into being on first use.
    Root(AccountId, Secret),
}

impl Found {
    fn secret(&self) -> &str {
        match self {
            Self::Issued(credential) => &credential.secret_access_key,
            Self::Root(_, secret) => secret.expose(),
        }
    }
}

impl Authentication {
    /// Takes issued access keys, the given root credentials, and the well-known ones if `well_known`.
    pub fn new(signatures: Signatures, well_known: bool, root_credentials: Vec<RootCredential>) -> Self {
        let by_id = root_credentials.into_iter().map(|root| (root.access_key_id.clone(), root)).collect();
        Self {
            signatures,
            well_known,
            root_credentials: by_id,
            signing_keys: Cache::new(SIGNING_KEYS_REMEMBERED),
            sessions: OpenedSessions::new(),
        }
    }

    fn find(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        world: &World<'_>,
    ) -> Result<Option<Found>, Failure> {
        if let Some(token) = session_token
            && let Some(credential) = self.sessions.find(access_key_id, token, world)?
        {
            return Ok(Some(Found::Issued(credential)));
        }
        if access_key_id.len() >= SHORTEST_ISSUED_KEY
            && let Some(credential) = world.get::<Credential>(access_key_id)?
        {
            return Ok(Some(Found::Issued(credential)));
        }
        if let Some(root) = self.root_credentials.get(access_key_id) {
            return Ok(Some(Found::Root(root.account_id, root.secret_access_key.clone())));
        }
        let account = match access_key_id {
            WELL_KNOWN_KEY => Some(AccountId::from_number(0)),
            digits => digits.parse().ok(),
        };
        let account = account.filter(|_| self.well_known);
        Ok(account.map(|account| Found::Root(account, Secret::new(WELL_KNOWN_SECRET.to_owned()))))
    }

    fn signing_key(&self, claim: &Claim<'_>, secret: &str) -> Arc<RememberedKey> {
        if let Some(remembered) = self.signing_keys.get(claim.credential())
            && remembered.secret.expose() == secret
        {
            return remembered;
        }
        let key = SigningKey::derive(secret, claim.date(), claim.region(), claim.service());
        let remembered = Arc::new(RememberedKey { secret: Secret::new(secret.to_owned()), key });
        self.signing_keys.insert(claim.credential().to_owned(), Arc::clone(&remembered));
        remembered
    }
}

/// What a request claims about its signer, before it is believed.
pub struct Claimed {
    /// The access key id.
    pub access_key_id: String,
    /// The Region in the signature's scope.
    pub region: String,
    session_token: Option<String>,
}

/// Verifies the signature and says who called.
///
/// # Errors
/// F-SIG-…: in the words of the route's protocol.
pub fn authenticate(
    rules: &Rules,
    call: &Call,
    claimed: &mut Option<Claimed>,
    world: &mut World<'_>,
) -> Result<Caller, Failure> {
    let family = call.route.signature_family();
    let refuse = |error: SignatureError| Failure::from(error.refusal(family));
    let verified = verify(rules, call, claimed, world);
    let found = match (verified, rules.authentication.signatures) {
        (Ok(found), _) => found,
        (Err(NotVerified::Failure(failure)), _) => return Err(failure),
        (Err(NotVerified::Signature(error)), Signatures::Strict) => return Err(refuse(error)),
        // Lenient: the request is taken for the key it claims, or for the well-known one if it claims none.
        (Err(NotVerified::Signature(error)), Signatures::Lenient) => {
            let (access_key_id, token) = claimed.as_ref().map_or((WELL_KNOWN_KEY, None), |claimed| {
                (claimed.access_key_id.as_str(), claimed.session_token.as_deref())
            });
            rules.authentication.find(access_key_id, token, world)?.ok_or_else(|| refuse(error))?
        }
    };
    let session_token = claimed.as_ref().and_then(|claimed| claimed.session_token.as_deref());
    let caller = match found {
        Found::Issued(credential) => identify(&credential, session_token, call.context.real_now, world)?
            .map_err(|why| {
                refuse(match why {
                    NotIdentified::Invalid => SignatureError::InvalidSessionToken,
                    NotIdentified::Expired => SignatureError::ExpiredSessionToken,
                })
            })?,
        Found::Root(account, _) => {
            let access_key_id = claimed
                .as_ref()
                .map_or_else(|| WELL_KNOWN_KEY.to_owned(), |claimed| claimed.access_key_id.clone());
            come_into_being(account, call.context.now, world)?;
            Caller { principal: Principal::Root { account }, access_key_id, session: None }
        }
    };
    refuse_token_session(call, &caller)?;
    refuse_absent_account(call, &caller, world)?;
    refuse_disabled_region(call, &caller, claimed.as_ref(), world)?;
    Ok(caller)
}

enum NotVerified {
    Signature(SignatureError),
    Failure(Failure),
}

impl From<SignatureError> for NotVerified {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error)
    }
}

fn verify(
    rules: &Rules,
    call: &Call,
    claimed: &mut Option<Claimed>,
    world: &World<'_>,
) -> Result<Found, NotVerified> {
    let request = &call.request;
    let signed = SignedRequest {
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or(""),
        headers: request.headers(),
        authority: request.uri().authority().map(http::uri::Authority::as_str),
        body: request.body(),
    };
    if is_signature_version_2(&call.route, request) {
        return verify_version_2(rules, call, &signed, claimed, world);
    }
    let claim = Claim::find(&signed)?.ok_or(SignatureError::MissingAuthentication)?;
    *claimed = Some(Claimed {
        access_key_id: claim.access_key_id().to_owned(),
        region: claim.region().to_owned(),
        session_token: claim.session_token().map(str::to_owned),
    });
    let names = call.route.service.map(|service| [service.signing_name()]);
    let options = Options::for_services(names.as_ref().map_or(&[][..], |names| names));
    claim.check(call.context.real_now, &options)?;
    let found = find(rules, claim.access_key_id(), claim.session_token(), world)?;
    let key = rules.authentication.signing_key(&claim, found.secret());
    claim.verify(&signed, &key.key, call.context.real_now, &options)?;
    Ok(found)
}

/// An access key that nobody has is unknown; where a session token came with it, it is the token that is wrong.
fn find(
    rules: &Rules,
    access_key_id: &str,
    session_token: Option<&str>,
    world: &World<'_>,
) -> Result<Found, NotVerified> {
    let found = rules.authentication.find(access_key_id, session_token, world);
    found.map_err(NotVerified::Failure)?.ok_or(NotVerified::Signature(match session_token {
        None => SignatureError::UnknownAccessKey,
        Some(_) => SignatureError::InvalidSessionToken,
    }))
}

/// Only the Query API takes Signature Version 2, and only without a Version 4 signature.
fn is_signature_version_2(route: &Route, request: &http::Request<bytes::Bytes>) -> bool {
    route.form == Form::Action
        && !request.headers().contains_key(header::AUTHORIZATION)
        && (route.parameters.get("AWSAccessKeyId").is_some()
            || route.parameters.get("SignatureVersion").is_some())
}

fn verify_version_2(
    rules: &Rules,
    call: &Call,
    signed: &SignedRequest<'_>,
    claimed: &mut Option<Claimed>,
    world: &World<'_>,
) -> Result<Found, NotVerified> {
    let claim = sigv2::Claim::find(signed)?.ok_or(SignatureError::MissingAuthentication)?;
    *claimed = Some(Claimed {
        access_key_id: claim.access_key_id().to_owned(),
        // Version 2 has no scope.
        region: "us-east-1".to_owned(),
        session_token: claim.session_token().map(str::to_owned),
    });
    let found = find(rules, claim.access_key_id(), claim.session_token(), world)?;
    claim.verify(signed, found.secret(), call.context.real_now)?;
    Ok(found)
}

/// Makes the account of a root user whose key works without having been issued, if it is not there yet.
fn come_into_being(account: AccountId, now: Timestamp, world: &mut World<'_>) -> Result<(), Failure> {
    if world.get::<Account>(account.as_str())?.is_some() {
        return Ok(());
    }
    let email = format!("root+{account}@accountd.invalid");
    world.put(&email, EmailOwner { account });
    let new = Account {
        id: account,
        name: format!("account-{account}"),
        email,
        created_at: now,
        state: AccountState::Active,
        contact: None,
        alternate_contacts: BTreeMap::new(),
        regions: BTreeMap::new(),
        email_update: None,
        email_update_starts: Vec::new(),
        phone_verification: None,
        verified_phone_number: None,
        gov_cloud: None,
    };
    world.put(account.as_str(), new);
    Ok(())
}

/// F-STSAPI-35: IAM knows nobody by credentials of GetFederationToken, nor by those of GetSessionToken
/// without a second factor.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
fn refuse_token_session(call: &Call, caller: &Caller) -> Result<(), Failure> {
    let has_second_factor = caller.session.as_ref().is_some_and(|session| session.mfa_authenticated);
    if call.route.service == Some(Service::Iam) && is_token_session(caller) && !has_second_factor {
        return Err(SignatureError::InvalidSessionToken.refusal(call.route.signature_family()).into());
    }
    Ok(())
}

/// F-ORGS-CLOSE-7 (*assumed*): nobody of a closed or suspended account can sign in, its root user no more than its roles.
/// F-ORGS-CREATE-8: neither can anybody of an account that is still being created.
fn refuse_absent_account(call: &Call, caller: &Caller, world: &World<'_>) -> Result<(), Failure> {
    let now = call.context.now;
    let Some(account) = world.get::<Account>(caller.account().as_str())? else { return Ok(()) };
    if account.state.is_out_of_use_at(now) || is_being_created(&account, now, world)? {
        return Err(SignatureError::UnknownAccessKey.refusal(call.route.signature_family()).into());
    }
    Ok(())
}

fn is_being_created(account: &Account, now: Timestamp, world: &World<'_>) -> Result<bool, Failure> {
    if account.created_at <= now {
        return Ok(false);
    }
    let membership = world.get::<Membership>(account.id.as_str())?;
    Ok(membership
        .is_some_and(|membership| membership.joined_method == "CREATED" && membership.joined_at > now))
}

/// F-STS-1: STS in a Region that is DISABLED or ENABLING for the account knows nobody; DISABLING still works.
/// EC2 is *assumed* to do the same (F-EC2-10).
fn refuse_disabled_region(
    call: &Call,
    caller: &Caller,
    claimed: Option<&Claimed>,
    world: &World<'_>,
) -> Result<(), Failure> {
    use services::account::model::RegionOptStatus::{Disabled, Enabling};
    if !matches!(call.route.service, Some(Service::Sts | Service::Ec2)) {
        return Ok(());
    }
    let Some(region) =
        claimed.map(|claimed| claimed.region.as_str()).filter(|region| regions::is_opt_in(region))
    else {
        return Ok(());
    };
    let Some(account) = world.get::<Account>(caller.account().as_str())? else { return Ok(()) };
    match services::account::region::status(&account, region, call.context.now) {
        Some(Disabled | Enabling) => {
            // The text that was observed here has no full stop, unlike that of an unknown key.
            Err(SignatureError::InvalidSessionToken.refusal(call.route.signature_family()).into())
        }
        _ => Ok(()),
    }
}
