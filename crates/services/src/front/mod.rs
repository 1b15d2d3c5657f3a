//! The path of a request, top to bottom. The order of the steps decides which error wins
//! (F-ORDER-2).
//!
//! A request that arrives is [identified](identify), decoded and carried out: [`decide`]. An operation of somebody who is
//! known already skips what only a signed request needs and goes the rest of the way: [`decide_for`], or
//! [`decide_as`](acting::decide_as), which asks the gates and rates as well.

pub mod acting;
pub mod credentials;
pub mod hand_over;
pub mod identify;
pub mod ports;
pub mod words;

mod decode;
mod elsewhere;
mod foreign_actions;
mod gates;
mod record;
mod route;

use std::net::IpAddr;

use aws::arn::AccountId;
use aws::principal::Caller;
use aws::protocol::header_text;
use aws::refusal::Refusal;
use bytes::Bytes;
use http::{Request, header};
use jiff::Timestamp;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::authority::policies::{self, RequestOrigin};
use crate::context::Context;
use crate::decided::Decided;
use crate::failure::Failure;
use crate::service::{Operation, Service};
use crate::state::message::Message;
use crate::sts;
use crate::world::{Fault, Snapshot, is_of_kind};
use identify::Claimed;
use ports::Ports;
use route::Route;
use words::Answered;

pub use elsewhere::Wanted;

/// How long it takes to verify and decode a byte of a body, in steps of policies.
const STEPS_FOR_A_BYTE: u64 = 3;

/// A body of more bytes is read, verified and decoded where nobody else waits for it. F-COST-1
pub const LARGE_BODY_BYTES: usize = 16 * 1024;

/// One request with everything that is known before any state is read.
pub struct Call {
    request: Request<Bytes>,
    route: Route,
    context: Context,
    source_ip: IpAddr,
    secure_transport: bool,
    event_id: String,
    /// Whether it is for somebody else, and is judged only.
    is_for_elsewhere: bool,
}

impl Call {
    /// A request from `source_ip`, which counts as one over TLS. `event_id` is drawn by the caller, so that a request
    /// that is run again leaves one record.
    pub fn new(request: Request<Bytes>, source_ip: IpAddr, context: Context, event_id: String) -> Self {
        let route = Route::find(&request);
        let secure_transport = true;
        let mut call =
            Self { request, route, context, source_ip, secure_transport, event_id, is_for_elsewhere: false };
        call.context.at_global_endpoint =
            call.route.service == Some(Service::Sts) && call.host().is_some_and(sts::is_global_endpoint);
        call
    }

    /// The same request, which is for a service that somebody else answers (F-FWD-1).
    #[must_use]
    pub fn for_elsewhere(self) -> Self {
        Self { route: Route::to_elsewhere(&self.request), is_for_elsewhere: true, ..self }
    }

    /// The same request, of which policies see whether it came over TLS (F-IAM-82).
    #[must_use]
    pub fn with_secure_transport(self, secure_transport: bool) -> Self {
        Self { secure_transport, ..self }
    }

    /// The same request at another service time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let request = self.request.clone();
        let find = if self.is_for_elsewhere { Route::to_elsewhere } else { Route::find };
        Self {
            route: find(&request),
            request,
            context: Context { now, ..self.context.clone() },
            source_ip: self.source_ip,
            secure_transport: self.secure_transport,
            event_id: self.event_id.clone(),
            is_for_elsewhere: self.is_for_elsewhere,
        }
    }

    /// The service, as far as it can be told.
    pub fn service(&self) -> Option<Service> {
        self.route.service
    }

    /// The operation, where the request names one.
    pub fn operation(&self) -> Option<Operation> {
        self.route.operation.as_ref().ok().copied()
    }

    /// The operation, where it takes no signature and is answered.
    fn unsigned_operation(&self) -> Option<Operation> {
        self.operation().filter(|operation| operation.is_unsigned() && operation.shape().is_some())
    }

    /// The operation's refusal, where the request is for a service that is not here.
    fn refuse_elsewhere(&self) -> Result<(), Refusal> {
        match (self.route.foreign_client, &self.route.operation) {
            (Some(_), Err(refusal)) => Err(refusal.clone()),
            _ => Ok(()),
        }
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.context.request_id
    }

    /// What the rules are told.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What the client calls itself.
    fn user_agent(&self) -> Option<&str> {
        self.request.headers().get(header::USER_AGENT).and_then(header_text)
    }

    /// The endpoint as the client names it.
    fn host(&self) -> Option<&str> {
        let authority = self.request.uri().authority().map(http::uri::Authority::as_str);
        authority.or_else(|| header_text(self.request.headers().get(header::HOST)?))
    }

    fn circumstances<'a>(&'a self, claimed: Option<&'a Claimed>) -> Circumstances<'a> {
        Circumstances {
            context: &self.context,
            event_id: &self.event_id,
            source_ip: self.source_ip,
            user_agent: self.user_agent(),
            secure_transport: self.secure_transport,
            host: self.host(),
            region: serving_region(self.route.service, claimed.map(|claimed| claimed.region.as_str())),
        }
    }
}

/// What is known of a call besides who makes it and what for.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// Time, request id, seed and settings.
    pub context: &'a Context,
    /// The id of the call's record.
    pub event_id: &'a str,
    /// Where the call comes from.
    pub source_ip: IpAddr,
    /// What the client calls itself.
    pub user_agent: Option<&'a str>,
    /// Whether policies see a call over TLS.
    pub secure_transport: bool,
    /// The name of the endpoint that was called, where it is known.
    pub host: Option<&'a str>,
    /// The Region that serves the call: see [`serving_region`].
    pub region: &'a str,
}

impl Circumstances<'_> {
    /// What the global condition keys say of the request.
    fn origin(&self) -> RequestOrigin<'_> {
        RequestOrigin {
            now: self.context.now,
            region: self.region,
            source_ip: self.source_ip,
            user_agent: self.user_agent,
            secure_transport: self.secure_transport,
        }
    }
}

/// The Region that serves a call which was signed for `signed_for`, as condition keys and records name it: a global
/// service has its one endpoint in us-east-1 (F-EVENT-7).
pub fn serving_region(service: Option<Service>, signed_for: Option<&str>) -> &str {
    let regional = service.is_some_and(|service| !service.is_global());
    signed_for.filter(|_| regional).unwrap_or("us-east-1")
}

/// What is known of a call for its record and its log line, as far as it came.
#[derive(Default)]
struct Progress {
    claimed: Option<Claimed>,
    caller: Option<Caller>,
    members: Option<Value>,
    target: Option<AccountId>,
}

/// The pure function: one request against one state. It may be run again when the state has moved on.
///
/// # Errors
/// See [`Fault`]; a refusal is an answer like any other.
pub fn decide(ports: &Ports<'_>, call: &Call, snapshot: &dyn Snapshot) -> Result<Decided<Answered>, Fault> {
    let mut world = Guarded::new(snapshot);
    let body = call.request.body().len();
    if body > LARGE_BODY_BYTES {
        world.take_steps(body as u64 * STEPS_FOR_A_BYTE)?;
    }
    let mut progress = Progress::default();
    let outcome = outcome(ports, call, &mut progress, &mut world);
    let outcome = settled(outcome, &mut world)?;
    let circumstances = call.circumstances(progress.claimed.as_ref());
    let events = record::events(call.operation(), &circumstances, &progress, &outcome, &mut world);
    let mut answered = call.respond(&progress, outcome);
    let changes = world.into_reads_and_writes();
    answered.summary.sent_message = changes.writes.keys().any(|key| is_of_kind::<Message>(key));
    Ok(Decided { value: answered, changes, events })
}

/// The same for somebody who is known without a signature: an operation's members in, its output's members out, with
/// the same decision, changes and records as those of a signed request.
///
/// Whoever calls this has made sure of who `caller` is, and that the account is in use. No request rate applies.
///
/// # Errors
/// See [`Fault`]; the decided value is the service's answer or its refusal.
pub fn decide_for(
    caller: Caller,
    operation: Operation,
    members: Value,
    circumstances: &Circumstances<'_>,
    snapshot: &dyn Snapshot,
) -> Result<Decided<Result<Value, Refusal>>, Fault> {
    let mut world = Guarded::new(snapshot);
    let mut target = None;
    let (outcome, members) = match operation.refuse_wrong_types(&members) {
        Ok(()) => {
            let outcome = carry_out(&caller, operation, &members, circumstances, &mut target, &mut world);
            (outcome, Some(members))
        }
        Err(refusal) => (Err(refusal.into()), None),
    };
    let outcome = settled(outcome, &mut world)?;
    let progress = Progress { claimed: None, caller: Some(caller), members, target };
    let events = record::events(Some(operation), circumstances, &progress, &outcome, &mut world);
    Ok(Decided { value: outcome, changes: world.into_reads_and_writes(), events })
}

/// A refused request changes nothing but the log, save where the rule itself says that its changes stay.
fn settled(
    outcome: Result<Value, Failure>,
    world: &mut Guarded<'_>,
) -> Result<Result<Value, Refusal>, Fault> {
    match outcome {
        Ok(output) => Ok(Ok(output)),
        Err(Failure::Refused(refusal)) => {
            world.discard_changes();
            Ok(Err(*refusal))
        }
        Err(Failure::RefusedAfterChange(refusal)) => Ok(Err(*refusal)),
        Err(Failure::Fault(fault)) => Err(fault),
    }
}

/// Read it aloud: this is the path of a request.
fn outcome(
    ports: &Ports<'_>,
    call: &Call,
    progress: &mut Progress,
    world: &mut Guarded<'_>,
) -> Result<Value, Failure> {
    call.refuse_elsewhere()?;
    if let Some(operation) = call.unsigned_operation() {
        return outcome_of_unsigned(ports, (call, operation), progress, world);
    }
    let caller = identify::identify(ports, call, &mut progress.claimed, world)?;
    let caller = &*progress.caller.insert(caller);
    let operation = call.route.operation.clone()?;
    gates::throttle(ports.buckets, operation, caller, &call.context, world)?;
    let members = decode::decode(call, operation)?;
    let members = &*progress.members.insert(members);
    let circumstances = call.circumstances(progress.claimed.as_ref());
    carry_out(caller, operation, members, &circumstances, &mut progress.target, world)
}

/// The same for an operation that takes no signature: who calls is told by its members, and whatever signature came all the
/// same is not looked at.
fn outcome_of_unsigned(
    ports: &Ports<'_>,
    (call, operation): (&Call, Operation),
    progress: &mut Progress,
    world: &mut Guarded<'_>,
) -> Result<Value, Failure> {
    let members = decode::decode(call, operation)?;
    let members = &*progress.members.insert(members);
    let caller = operation.caller_in(members, &call.context, ports.issuers, world)?;
    let caller = &*progress.caller.insert(caller);
    gates::throttle(ports.buckets, operation, caller, &call.context, world)?;
    let circumstances = call.circumstances(None);
    carry_out(caller, operation, members, &circumstances, &mut progress.target, world)
}

/// From the caller and the members to the output: what is asked, whether it is allowed, whether the input is good, and the
/// rule itself. `target` becomes the account that is acted on.
fn carry_out(
    caller: &Caller,
    operation: Operation,
    members: &Value,
    circumstances: &Circumstances<'_>,
    target: &mut Option<AccountId>,
    world: &mut Guarded<'_>,
) -> Result<Value, Failure> {
    let context = circumstances.context;
    world.serve_in(circumstances.region);
    let access = operation.access(members, caller, context.validation, world)?;
    *target = access.as_ref().map(|access| access.target);
    let has_second_factor = operation.second_factor(members, caller, context, world)?;
    let access = if has_second_factor { access.map(Access::with_second_factor) } else { access };
    let permitted: Option<Permitted> = match access {
        None => None,
        Some(access) => {
            let decision = policies::authorize(access, caller, &circumstances.origin(), world)?;
            Some(decision.map_err(|denial| operation.denied(&denial, caller, context))?)
        }
    };
    operation.validate(members, context.validation)?;
    operation.execute(permitted.as_ref(), caller, members, context, world)
}
