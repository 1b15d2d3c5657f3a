//! The path of a request, top to bottom. The order of the steps decides which error wins
//! (F-ORDER-2).

mod answer;
mod authentication;
mod opened_sessions;
mod record;
pub mod route;
mod throttle;

use std::borrow::Cow;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use aws::principal::Caller;
use aws::protocol;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;
use services::authority::access::Permitted;
use services::authority::policies;
use services::context::{Context, Delays, TokenKey, Validation};
use services::failure::Failure;
use services::operation::Operation;
use services::state::message::Message;
use services::world::{self, ReadsAndWrites, Snapshot, World, is_of_kind};

use crate::admin::faults::{Fault, Faults};
use crate::clock::Clock;
use crate::configuration::{RootCredential, Signatures, Throttle};
use crate::entropy;
use crate::listener::Unread;
use crate::store::{Decided, Store};
use authentication::{Authentication, Claimed, authenticate};
use route::{Form, Route};

/// What the rules of a running server are, beyond the state.
pub struct Settings {
    /// How strictly signatures are judged.
    pub signatures: Signatures,
    /// Whether the well-known credentials are taken.
    pub well_known_credentials: bool,
    /// Root credentials that were configured.
    pub root_credentials: Vec<RootCredential>,
    /// How strictly patterns are applied.
    pub validation: Validation,
    /// How long background work takes.
    pub delays: Delays,
    /// Whether published rates are applied.
    pub throttle: Throttle,
    /// The key of page tokens.
    pub token_key: TokenKey,
}

/// The service: requests in, answers out, everything in between decided here.
pub struct Service {
    store: Arc<Store>,
    clock: Arc<Clock>,
    rules: Arc<Rules>,
    faults: Arc<Faults>,
}

/// What every request is judged by.
pub struct Rules {
    authentication: Authentication,
    throttle: throttle::Buckets,
    validation: Validation,
    delays: Delays,
    token_key: TokenKey,
}

/// One request with everything that is known before any state is read.
pub struct Call {
    request: Request<Bytes>,
    route: Route,
    context: Context,
    peer: IpAddr,
    /// Drawn once, so that a request that is run again leaves one record.
    event_id: String,
    /// Whether a token was taken for this request; one that is run again does not pay twice.
    paid: throttle::Paid,
}

/// What is known of a call for its record and its log line, as far as it came.
#[derive(Default)]
struct Progress {
    claimed: Option<Claimed>,
    caller: Option<Caller>,
    members: Option<Value>,
    target: Option<aws::arn::AccountId>,
}

/// An answer together with what is said of it in the log and the metrics.
pub struct Answered {
    /// The answer itself.
    pub response: Response<Bytes>,
    /// What is said of it.
    pub summary: Summary,
}

/// What the log and the metrics say of a call. No text of it comes from the request's body.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The request's id.
    pub request_id: String,
    /// The service's signing name, or `-`.
    pub service: &'static str,
    /// The operation, or `-`.
    pub operation: &'static str,
    /// The caller's ARN.
    pub caller: Option<String>,
    /// The account that was acted on.
    pub target: Option<aws::arn::AccountId>,
    /// The error's code.
    pub error: Option<Cow<'static, str>>,
    /// Whether a message went to the outbox.
    pub sent_message: bool,
}

impl Service {
    /// A service over a store.
    pub fn new(store: Arc<Store>, clock: Arc<Clock>, settings: Settings) -> Self {
        let rules = Rules {
            authentication: Authentication::new(
                settings.signatures,
                settings.well_known_credentials,
                settings.root_credentials,
            ),
            throttle: throttle::Buckets::new(settings.throttle),
            validation: settings.validation,
            delays: settings.delays,
            token_key: settings.token_key,
        };
        Self { store, clock, rules: Arc::new(rules), faults: Arc::default() }
    }

    /// The same service with faults that a person may order.
    #[must_use]
    pub fn with_faults(self, faults: Arc<Faults>) -> Self {
        Self { faults, ..self }
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request<Bytes>, peer: IpAddr) -> Response<Bytes> {
        self.answer(request, peer).await.response
    }

    /// Answers a request and says what there is to say about it.
    pub async fn answer(&self, request: Request<Bytes>, peer: IpAddr) -> Answered {
        let call = Arc::new(self.begin(request, peer));
        if call.request.method() == Method::OPTIONS {
            return call.options();
        }
        if let Some(answered) = self.ordered_fault(&call).await {
            return answered;
        }
        let reads_log = matches!(call.route.operation, Ok(Operation::CloudTrail(_)));
        if reads_log && let Err(error) = self.store.flush().await {
            return call.internal_failure(&error);
        }
        let (rules, shared) = (Arc::clone(&self.rules), Arc::clone(&call));
        let decided = self.store.transact(move |snapshot| decide_or_fail(&rules, &shared, snapshot)).await;
        decided.unwrap_or_else(|error| call.internal_failure(&error))
    }

    /// What a person ordered to happen to such a request, before anything else does.
    async fn ordered_fault(&self, call: &Call) -> Option<Answered> {
        match self.faults.decide(call.service_name(), call.operation_name())? {
            Fault::Delay(time) => {
                tokio::time::sleep(time).await;
                None
            }
            Fault::Fail(failure) => Some(call.fail(failure)),
            Fault::Disconnect => Some(call.hang_up()),
        }
    }

    /// The answer to a request whose body was not read.
    pub fn refuse_unread(&self, head: &http::request::Parts, why: Unread) -> Response<Bytes> {
        let request = Request::from_parts(head.clone(), Bytes::new());
        let call = self.begin(request, IpAddr::from([0, 0, 0, 0]));
        call.refuse_unread(why)
    }

    /// Time, request id and seed are drawn here and nowhere else.
    fn begin(&self, request: Request<Bytes>, peer: IpAddr) -> Call {
        let route = Route::find(&request);
        let context = Context {
            now: self.clock.now(),
            real_now: self.clock.real_now(),
            request_id: entropy::request_id(),
            delays: self.rules.delays,
            validation: self.rules.validation,
            seed: entropy::seed(),
            token_key: self.rules.token_key.clone(),
        };
        let event_id = entropy::request_id();
        Call { request, route, context, peer, event_id, paid: throttle::Paid::default() }
    }
}

/// Decides, and turns a panic of a rule into a fault: the caller hears of an internal error, nothing was
/// changed, and the connection lives on.
fn decide_or_fail(
    rules: &Rules,
    call: &Call,
    snapshot: &dyn Snapshot,
) -> Result<Decided<Answered>, world::Fault> {
    // What a rule may have left half done is the world of this run, which is dropped.
    let run = AssertUnwindSafe(|| decide(rules, call, snapshot));
    catch_unwind(run).unwrap_or_else(|_| Err(world::Fault::Broken("a rule panicked".to_owned())))
}

/// The pure function: one request against one state. It may be run again when the state has moved on.
fn decide(rules: &Rules, call: &Call, snapshot: &dyn Snapshot) -> Result<Decided<Answered>, world::Fault> {
    let mut world = World::new(snapshot);
    let mut progress = Progress::default();
    let outcome = match outcome(rules, call, &mut progress, &mut world) {
        Ok(output) => Ok(output),
        Err(Failure::Refused(refusal)) => {
            // A refused request changes nothing but the log.
            world.discard_changes();
            Err(*refusal)
        }
        Err(Failure::Fault(fault)) => return Err(fault),
    };
    let mut events = record::records(call, &progress, &outcome);
    events.extend(record::announced(call, world.take_announced()));
    let mut answered = call.respond(&progress, outcome);
    let changes: ReadsAndWrites = world.into_reads_and_writes();
    answered.summary.sent_message = changes.writes.keys().any(|key| is_of_kind::<Message>(key));
    Ok(Decided { value: answered, changes, events })
}

/// Read it aloud: this is the path of a request.
fn outcome(
    rules: &Rules,
    call: &Call,
    progress: &mut Progress,
    world: &mut World<'_>,
) -> Result<Value, Failure> {
    let caller = authenticate(rules, call, &mut progress.claimed, world)?;
    let caller = &*progress.caller.insert(caller);
    let operation = call.route.operation.clone()?;
    rules.throttle.take(operation, caller.account(), call)?;
    let members = decode(call, operation)?;
    let members = &*progress.members.insert(members);
    let access = operation.access(members, caller, rules.validation, world)?;
    progress.target = access.as_ref().map(|access| access.target);
    let origin = call.origin(progress.claimed.as_ref());
    let permitted: Option<Permitted> = match access {
        None => None,
        Some(access) => {
            let decision = policies::authorize(access, caller, &origin, world)?;
            Some(decision.map_err(|denial| operation.denied(&denial, caller, &call.context))?)
        }
    };
    operation.validate(members, rules.validation)?;
    operation.execute(permitted.as_ref(), caller, members, &call.context, world)
}

/// The request's members, whichever way they travelled.
fn decode(call: &Call, operation: Operation) -> Result<Value, Failure> {
    let Some(shape) = operation.shape() else { return Ok(Value::Null) };
    let mut members = match call.route.form {
        Form::Path | Form::Target => protocol::rest_json::decode(call.request.body())?,
        Form::Action => {
            protocol::query::decode(&call.route.parameters, shape.input_schema(), call.route.protocol)?
        }
    };
    if call.route.form != Form::Path && matches!(operation, Operation::Account(_)) {
        services::account::read_sample_spelling(&mut members);
    }
    operation.refuse_wrong_types(&members)?;
    Ok(members)
}
