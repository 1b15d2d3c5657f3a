//! Calls that are handed to somebody else, who answers the services that are not here: who calls, whether policies allow
//! it, and the record of it. What is sent and what comes back is the business of whoever hands it over.

use aws::arn::AccountId;
use aws::authorization::Denial;
use aws::protocol::foreign::ForeignClient;
use aws::refusal::Refusal;
use aws::sigv4::{Chunks, SignatureError};
use bytes::Bytes;
use http::{HeaderMap, Request, Uri};
use serde_json::Value;

use super::ports::Ports;
use super::route::Route;
use super::words::{Answered, Summary};
use super::{Call, Circumstances, Progress, elsewhere, foreign_actions, gates, identify, record, settled};
use crate::authority::guarded::Guarded;
use crate::authority::policies;
use crate::decided::Decided;
use crate::failure::Failure;
use crate::service::Service;
use crate::world::{Fault, Snapshot};

/// What came of the judgement.
pub enum Judged {
    /// It may pass, for this account; of a body in signed chunks whoever sends it on sees to these (F-FWD-16).
    Pass(AccountId, Box<Summary>, Option<Box<Chunks>>),
    /// It may not, and is answered here.
    Refused(Box<Answered>),
}

/// Whose call a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum For {
    /// For a service that is not here, by its signing name.
    Elsewhere(String),
    /// F-FWD-9: for EC2, of which only some operations are here. The parameters tell which it is.
    PerhapsElsewhere(String),
}

impl For {
    /// The service's signing name.
    pub fn service(&self) -> &str {
        match self {
            Self::Elsewhere(service) | Self::PerhapsElsewhere(service) => service,
        }
    }
}

/// For whom a request is, by the scope of its signature; `None` where it is for a service that is here, or for none.
pub fn whose(headers: &HeaderMap, uri: &Uri) -> Option<For> {
    let service = elsewhere::scope_of(headers, uri)?;
    match Service::from_signing_name(&service) {
        None => Some(For::Elsewhere(service)),
        Some(Service::Ec2) => Some(For::PerhapsElsewhere(service)),
        Some(_) => None,
    }
}

/// Whether a service of this signing name is answered here, all of it.
pub fn is_here(service: &str) -> bool {
    Service::from_signing_name(service).is_some_and(|service| service != Service::Ec2)
}

/// Whether the operation of a whole request is answered here.
pub fn is_answered_here(request: &Request<Bytes>) -> bool {
    Route::find(request).operation.is_ok_and(|operation| operation.shape().is_some())
}

/// The pure function: whether a call may be handed over, by the same signature, identity and policies as every other.
///
/// # Errors
/// See [`Fault`]; a refusal is a judgement like any other.
pub fn judge(ports: &Ports<'_>, call: &Call, snapshot: &dyn Snapshot) -> Result<Decided<Judged>, Fault> {
    let mut world = Guarded::new(snapshot);
    let mut progress = Progress::default();
    let outcome = outcome(ports, call, &mut progress, &mut world);
    let outcome = settled(outcome.map(|()| Value::Null), &mut world)?;
    let circumstances = circumstances(call, progress.claimed.as_ref());
    let events = record::of_handed_over(call, &circumstances, &progress, &outcome);
    let chunks = progress.claimed.as_mut().and_then(|claimed| claimed.chunks.take());
    let value = match (outcome, &progress.caller) {
        (Ok(_), Some(caller)) => Judged::Pass(caller.account(), Box::new(call.summary(&progress)), chunks),
        (Ok(_), None) => return Err(Fault::Broken("nobody is known to call".to_owned())),
        (Err(refusal), _) => Judged::Refused(Box::new(call.respond(&progress, Err(refusal)))),
    };
    Ok(Decided { value, changes: world.into_reads_and_writes(), events })
}

/// F-FWD-2: the path of a call that is handed over.
fn outcome(
    ports: &Ports<'_>,
    call: &Call,
    progress: &mut Progress,
    world: &mut Guarded<'_>,
) -> Result<(), Failure> {
    let (Some(wanted), Some(client)) = (&call.route.wanted, call.route.foreign_client) else {
        return call.route.operation.clone().map(drop).map_err(Failure::from);
    };
    let caller = identify::identify(ports, call, &mut progress.claimed, world);
    let caller = caller.map_err(|failure| in_words_of(client, failure))?;
    let caller = &*progress.caller.insert(caller);
    gates::throttle_elsewhere(ports.buckets, client, caller, &call.context)?;
    let access = foreign_actions::access(&call.request, wanted, caller.account());
    progress.target = Some(access.target);
    let circumstances = circumstances(call, progress.claimed.as_ref());
    let decision = policies::authorize(access, caller, &circumstances.origin(), world)?;
    decision.map(drop).map_err(|denial| denied(client, &denial).into())
}

/// What is known of the call besides. It is served where it was signed for.
fn circumstances<'a>(call: &'a Call, claimed: Option<&'a identify::Claimed>) -> Circumstances<'a> {
    let region = claimed.map_or("us-east-1", |claimed| claimed.region.as_str());
    Circumstances { region, ..call.circumstances(claimed) }
}

/// F-FWD-7: S3 has a code of its own for an access key that it does not know.
fn in_words_of(client: ForeignClient, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(mut refusal) if client == ForeignClient::S3 => {
            if refusal.code == "InvalidClientTokenId" {
                refusal.code = "InvalidAccessKeyId".into();
            }
            Failure::Refused(refusal)
        }
        failure => failure,
    }
}

/// F-FWD-7: the refusal of a call that policies do not allow, in the form of the protocol.
fn denied(client: ForeignClient, denial: &Denial) -> Refusal {
    let (code, status) = match client {
        ForeignClient::S3 | ForeignClient::Query => ("AccessDenied", 403),
        ForeignClient::RestJson => ("AccessDeniedException", 403),
        ForeignClient::AwsJson10 | ForeignClient::AwsJson11 | ForeignClient::Cbor => {
            ("AccessDeniedException", 400)
        }
        ForeignClient::Ec2Query => ("UnauthorizedOperation", 403),
    };
    let message = match client {
        // S3 quotes it, also where it is everything.
        ForeignClient::S3 => denial.message_on(Some(&format!("\"{}\"", denial.resource))),
        ForeignClient::Ec2Query => {
            format!("You are not authorized to perform this operation. {}.", denial.message())
        }
        _ => denial.message(),
    };
    Refusal::new(code, status, message)
}

impl Call {
    /// F-FWD-8: the refusal of a body that is not the one which was signed.
    pub fn refuse_payload(&self) -> Answered {
        let refusal = match self.route.foreign_client {
            Some(ForeignClient::S3) => Refusal::new(
                "XAmzContentSHA256Mismatch",
                400,
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            _ => SignatureError::Mismatch.refusal(self.route.signature_family()),
        };
        self.refuse_unseen(&refusal)
    }

    /// F-FWD-16: the refusal of a body of which a chunk is not the one that was signed.
    pub fn refuse_chunk(&self) -> Answered {
        self.refuse_unseen(&SignatureError::Mismatch.refusal(self.route.signature_family()))
    }

    /// F-FWD-10: the refusal of a call that could not be handed over: whoever answers it is away, or has too much to do.
    pub fn refuse_away(&self, message: String) -> Answered {
        let code = match self.route.foreign_client {
            Some(ForeignClient::S3 | ForeignClient::Query) => "ServiceUnavailable",
            Some(ForeignClient::Ec2Query) => "Unavailable",
            _ => "ServiceUnavailableException",
        };
        self.refuse_unseen(&Refusal::new(code, 503, message))
    }
}
