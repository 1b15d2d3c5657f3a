//! The service: requests in, answers out. Draws time, ids and seeds, keeps what the path of a request remembers, and
//! runs that path ([`services::front`]) against the store.

mod acting;
mod buckets;
mod in_step;
mod issuers;
mod judge;
mod opened_sessions;
mod signing_keys;
mod token_keys;
mod trail_buckets;

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use aws::refusal::Refusal;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use services::context::{Context, Delays, TokenKey, Validation};
use services::explain::{self, Answer, NotExplained, Question, Situation};
use services::front::identify::AcceptedKeys;
use services::front::ports::Ports;
use services::front::{self, Call, words};
use services::iam::model::Operation as IamOperation;
use services::quotas::Quotas;
use services::service::Operation;
use services::world::{self, ReadsAndWrites, Snapshot};

use crate::admin::faults::{Fault, Faults};
use crate::clock::Clock;
use crate::configuration::{RootCredential, SecureTransport, Signatures, Throttle};
use crate::entropy;
use crate::store::{Decided, Store, StoreError};
use buckets::{Buckets, Paid, PaidOnce};
use in_step::{Begun, Seen};
use issuers::Issuers;
use listener::{HangUp, OverTls, Unread};
use opened_sessions::OpenedSessions;
use signing_keys::SigningKeys;

pub use acting::{Act, Done};
pub use judge::Judgement;
pub use services::front::words::{Answered, Summary};
pub use trail_buckets::TrailBuckets;

/// What the rules of a running server are, beyond the state.
pub struct Settings {
    /// How strictly signatures are judged.
    pub signatures: Signatures,
    /// What policies see as `aws:SecureTransport`.
    pub secure_transport: SecureTransport,
    /// Whether the well-known credentials are taken.
    pub well_known_credentials: bool,
    /// Root credentials that were configured.
    pub root_credentials: Vec<RootCredential>,
    /// How strictly patterns are applied.
    pub validation: Validation,
    /// How long background work takes.
    pub delays: Delays,
    /// The quotas of Organizations.
    pub quotas: Quotas,
    /// Whether published rates are applied.
    pub throttle: Throttle,
    /// The key of page tokens.
    pub token_key: TokenKey,
    /// Who knows the buckets that trails name.
    pub trail_buckets: TrailBuckets,
}

/// Answers every request for an AWS service.
pub struct Service {
    store: Arc<Store>,
    clock: Arc<Clock>,
    kept: Arc<Kept>,
    secure_transport: SecureTransport,
    validation: Validation,
    delays: Delays,
    quotas: Quotas,
    token_key: TokenKey,
    trail_buckets: TrailBuckets,
    faults: Arc<Faults>,
    agreed: Seen,
}

/// What is kept from one request to the next.
struct Kept {
    keys: AcceptedKeys,
    signing_keys: SigningKeys,
    sessions: OpenedSessions,
    buckets: Buckets,
    issuers: Issuers,
}

/// One request, and what it paid. Drawn once, so that a request that is run again is the same.
struct BegunCall {
    call: Call,
    paid: Arc<Paid>,
}

impl BegunCall {
    fn new(call: Call) -> Arc<Self> {
        Arc::new(Self { call, paid: Arc::default() })
    }
}

impl Begun for BegunCall {
    fn paid(&self) -> &Paid {
        &self.paid
    }

    fn at(&self, now: Timestamp) -> Self {
        Self { call: self.call.at(now), paid: Arc::clone(&self.paid) }
    }
}

impl Service {
    /// A service over a store.
    pub fn new(store: Arc<Store>, clock: Arc<Clock>, settings: Settings) -> Self {
        let keys = AcceptedKeys::new(
            settings.signatures,
            settings.well_known_credentials,
            settings.root_credentials,
        );
        let kept = Kept {
            keys,
            signing_keys: SigningKeys::new(),
            sessions: OpenedSessions::new(),
            buckets: Buckets::new(settings.throttle, store.is_shared()),
            issuers: Issuers::new(),
        };
        Self {
            store,
            clock,
            kept: Arc::new(kept),
            secure_transport: settings.secure_transport,
            validation: settings.validation,
            delays: settings.delays,
            quotas: settings.quotas,
            token_key: settings.token_key,
            trail_buckets: settings.trail_buckets,
            faults: Arc::default(),
            agreed: Seen::default(),
        }
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
    ///
    /// The request is taken apart at once: what a call waits in is moved about, and holds only a pointer.
    pub fn answer(&self, request: Request<Bytes>, peer: IpAddr) -> impl Future<Output = Answered> + Send {
        let begun = match request.body().len() {
            // Finding the operation among the parameters of a form takes as long as the form is.
            length if length > front::LARGE_BODY_BYTES => Err(Box::pin(self.begin_apart(request, peer))),
            _ => Ok(BegunCall::new(self.begin(request, peer))),
        };
        async move {
            let begun = match begun {
                Ok(begun) => begun,
                Err(apart) => match apart.await {
                    Ok(call) => BegunCall::new(call),
                    Err(answered) => return answered,
                },
            };
            self.answer_begun(&begun).await
        }
    }

    async fn answer_begun(&self, begun: &Arc<BegunCall>) -> Answered {
        let call = &begun.call;
        if let Some(answered) = call.preflight() {
            return answered;
        }
        let has_looked = self.has_faults();
        if has_looked {
            match Box::pin(self.ordered_fault(call)).await {
                Ok(None) => {}
                Ok(Some(answered)) => return answered,
                Err(error) => return internal_failure(call, &error),
            }
        }
        // F-IAMAPI-KEY-3: the last use of a key is read from the log, too.
        let reads_log = matches!(
            call.operation(),
            Some(Operation::CloudTrail(_) | Operation::Iam(IamOperation::GetAccessKeyLastUsed))
        );
        if reads_log && let Err(error) = Box::pin(self.store.flush()).await {
            return internal_failure(call, &error);
        }
        let again = match self.decide(begun, has_looked).await {
            Ok(Some(answered)) => return answered,
            outcome => Box::pin(self.answer_again(begun, outcome)),
        };
        again.await
    }

    /// Goes on where nothing was decided at first: faults turned out to be ordered, or something has to be fetched.
    async fn answer_again(
        &self,
        begun: &Arc<BegunCall>,
        outcome: Result<Option<Answered>, StoreError>,
    ) -> Answered {
        let call = &begun.call;
        let outcome = match outcome {
            Ok(None) => match self.ordered_fault(call).await {
                Ok(None) => self.decide(begun, true).await,
                outcome => outcome,
            },
            outcome => outcome,
        };
        let mut decided = outcome.and_then(decided_at_last);
        if decided.is_err() && self.was_fetched(&decided, call.context()).await {
            decided = self.decide(begun, true).await.and_then(decided_at_last);
        }
        let answered = decided.unwrap_or_else(|error| internal_failure(call, &error));
        // Calls that mark buckets come here, and not only past: their bucket was to be asked first (F-TRAILS-BUCKET-3).
        if call.operation().is_some_and(|operation| self.trail_buckets.marks(operation))
            && answered.response.status().is_success()
        {
            let answer = serde_json::from_slice(answered.response.body()).unwrap_or_default();
            self.trail_buckets.mark(&answer).await;
        }
        answered
    }

    async fn decide(&self, begun: &Arc<BegunCall>, has_looked: bool) -> Result<Option<Answered>, StoreError> {
        if self.store.is_shared() {
            return self.transact(begun, decide_or_fail, has_looked).await;
        }
        let (kept, begun) = (Arc::clone(&self.kept), Arc::clone(begun));
        self.store.transact(move |snapshot| decide_or_fail(&kept, &begun, snapshot)).await.map(Some)
    }

    /// Brings what a run failed for want of, if that is why: a bucket's policy, an issuer's keys, keys of our own.
    async fn was_fetched<T>(&self, outcome: &Result<T, StoreError>, context: &Context) -> bool {
        self.trail_buckets.was_asked(outcome, context).await
            || self.kept.issuers.was_asked(outcome).await
            || token_keys::were_drawn(outcome, &self.store).await
    }

    /// What a person ordered to happen to such a request, before anything else does.
    async fn ordered_fault(&self, call: &Call) -> Result<Option<Answered>, StoreError> {
        match self.fault_for(call.service_name(), call.operation_name()).await? {
            Some(fault) => Ok(answer_as_ordered(call, fault).await),
            None => Ok(None),
        }
    }

    /// A refusal of a request of which nothing was looked at but its route.
    pub fn refuse_unseen(&self, request: Request<Bytes>, peer: IpAddr, refusal: &Refusal) -> Answered {
        let (head, _) = request.into_parts();
        self.begin(Request::from_parts(head, Bytes::new()), peer).refuse_unseen(refusal)
    }

    /// F-EDGE-5: the answer to a request whose body was not read.
    pub fn refuse_unread(&self, head: &http::request::Parts, why: Unread) -> Response<Bytes> {
        let request = Request::from_parts(head.clone(), Bytes::new());
        let call = self.begin(request, IpAddr::from([0, 0, 0, 0]));
        call.refuse(&refusal_of_unread(why))
    }

    /// Explains why a call is allowed or refused. That is nobody's call: it changes nothing and leaves no record.
    ///
    /// # Errors
    /// See [`StoreError`]; the inner result says why there is no answer.
    pub async fn explain(&self, question: Question) -> Result<Result<Answer, NotExplained>, StoreError> {
        if question.event.is_some() {
            self.store.flush().await?;
        }
        self.follow().await?;
        let (context, secure_transport) = (self.context(), self.secure_transport.is_seen());
        let run = move |snapshot: &dyn Snapshot| {
            let situation = Situation { context: &context, secure_transport };
            let value = explain::answer(&question, &situation, snapshot)?;
            Ok(Decided { value, changes: ReadsAndWrites::default(), events: Vec::new() })
        };
        self.store.transact_boxed(run).await
    }

    fn begin(&self, request: Request<Bytes>, peer: IpAddr) -> Call {
        let is_secure = self.sees_secure_transport(&request);
        let context = self.context();
        let event_id = entropy::event_id(context.now, &context.token_key);
        Call::new(request, peer, context, event_id).with_secure_transport(is_secure)
    }

    /// The same beside the threads that answer everybody.
    async fn begin_apart(&self, request: Request<Bytes>, peer: IpAddr) -> Result<Call, Answered> {
        let is_secure = self.sees_secure_transport(&request);
        let (head, body) = request.into_parts();
        let kept = head.clone();
        let context = self.context();
        let begin = move || {
            let event_id = entropy::event_id(context.now, &context.token_key);
            let call = Call::new(Request::from_parts(head, body), peer, context, event_id);
            call.with_secure_transport(is_secure)
        };
        self.store.compute(begin).await.map_err(|error| {
            let call = self.begin(Request::from_parts(kept, Bytes::new()), peer);
            internal_failure(&call, &error)
        })
    }

    /// F-IAM-82: what policies see of how a request came.
    fn sees_secure_transport(&self, request: &Request<Bytes>) -> bool {
        self.secure_transport.is_seen() || request.extensions().get::<OverTls>().is_some()
    }

    /// Time, ids and seed are drawn here and nowhere else.
    pub(crate) fn context(&self) -> Context {
        Context {
            now: self.clock.now(),
            real_now: self.clock.real_now(),
            request_id: entropy::request_id(),
            delays: self.delays,
            quotas: self.quotas,
            validation: self.validation,
            seed: entropy::seed(),
            token_key: self.token_key.clone(),
            trail_bucket: self.trail_buckets.before_asking(),
        }
    }
}

fn decide_or_fail(
    kept: &Kept,
    begun: &BegunCall,
    snapshot: &dyn Snapshot,
) -> Result<Decided<Answered>, world::Fault> {
    rule_or_fail(kept, begun, |ports| front::decide(ports, &begun.call, snapshot))
}

/// Asks a rule, and turns its panic into a fault: the caller hears of an internal error, nothing was changed, and the
/// connection lives on.
fn rule_or_fail<T>(
    kept: &Kept,
    begun: &BegunCall,
    rule: impl FnOnce(&Ports<'_>) -> Result<Decided<T>, world::Fault>,
) -> Result<Decided<T>, world::Fault> {
    let ports = Ports {
        keys: &kept.keys,
        signing_keys: &kept.signing_keys,
        sessions: &kept.sessions,
        buckets: &PaidOnce { buckets: &kept.buckets, paid: &begun.paid },
        issuers: &kept.issuers,
    };
    // What a rule may have left half done is the world of this run, which is dropped.
    let run = AssertUnwindSafe(|| rule(&ports));
    catch_unwind(run).unwrap_or_else(|_| Err(world::Fault::Broken("a rule panicked".to_owned())))
}

/// F-EDGE-5: what is said of a request whose body was not read.
pub(crate) fn refusal_of_unread(why: Unread) -> Refusal {
    match why {
        Unread::TooLarge => words::body_too_large(),
        Unread::TooSlow => words::body_too_slow(),
        Unread::Malformed => words::body_malformed(),
        Unread::Crowded => words::too_many_connections(),
    }
}

/// What was decided after it was looked for faults.
fn decided_at_last<T>(decided: Option<T>) -> Result<T, StoreError> {
    decided.ok_or_else(|| StoreError::NotCommitted("faults were looked for twice".to_owned()))
}

/// A fault of our own, or a store that is away. Its reason is logged under the request's id, never shown.
fn internal_failure(call: &Call, error: &StoreError) -> Answered {
    if *error == StoreError::Overtaken {
        tracing::warn!(request_id = %call.request_id(), "{error}");
        return call.overtaken();
    }
    tracing::error!(request_id = %call.request_id(), reason = %error, "a request failed inside");
    match error.is_away() {
        Some(is_known) => call.store_is_away(is_known),
        None => call.internal_failure(),
    }
}

/// What a person ordered to happen to such a request, before anything else does.
async fn answer_as_ordered(call: &Call, fault: Fault) -> Option<Answered> {
    match fault {
        Fault::Delay(time) => {
            tokio::time::sleep(time).await;
            None
        }
        Fault::Fail(failure) => {
            Some(call.refuse_unseen(&Refusal::new(failure.code, failure.status, failure.message)))
        }
        Fault::Disconnect => Some(hang_up(call)),
    }
}

/// No answer at all, as a person ordered.
fn hang_up(call: &Call) -> Answered {
    let mut answered = call.refuse_unseen(&Refusal::new("Disconnected", 500, ""));
    answered.response = Response::new(Bytes::new());
    answered.response.extensions_mut().insert(HangUp);
    answered
}
