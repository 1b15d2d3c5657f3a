//! Operations of somebody whom the console names: the same path as a signed request's from where its caller is known,
//! with the faults that a person ordered, the rates and the records.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use aws::refusal::Refusal;
use jiff::Timestamp;
use serde_json::Value;
use services::context::Context;
use services::front::acting::{Acted, Actor, decide_as};
use services::front::words::{Summary, store_is_away};
use services::front::{Circumstances, serving_region};
use services::service::Operation;
use services::world::{self, Snapshot};

use super::in_step::Begun;
use super::{Kept, Paid, PaidOnce, Service, decided_at_last};
use crate::admin::faults::Fault;
use crate::entropy;
use crate::store::{Decided, StoreError};

/// What records call the client.
const USER_AGENT: &str = "accountd-console";

/// One operation that somebody has asked for.
pub struct Act {
    /// Who acts.
    pub actor: Actor,
    /// What is done.
    pub operation: Operation,
    /// The operation's input.
    pub members: Value,
    /// Where it is asked from.
    pub peer: IpAddr,
}

/// What came of it.
pub struct Done {
    /// The output's members, or the refusal.
    pub outcome: Result<Value, Refusal>,
    /// The id of its record; `None` where a fault was ordered, which leaves no record.
    pub event_id: Option<String>,
    /// What the log and the metrics say of it.
    pub summary: Summary,
}

/// One operation with all that is drawn for it, so that it is the same when it is run again.
struct BegunAct {
    act: Arc<Act>,
    context: Context,
    event_id: String,
    secure_transport: bool,
    paid: Arc<Paid>,
}

impl Begun for BegunAct {
    fn paid(&self) -> &Paid {
        &self.paid
    }

    fn at(&self, now: Timestamp) -> Self {
        Self {
            act: Arc::clone(&self.act),
            context: Context { now, ..self.context.clone() },
            event_id: self.event_id.clone(),
            secure_transport: self.secure_transport,
            paid: Arc::clone(&self.paid),
        }
    }
}

impl Service {
    async fn decide_act(&self, begun: &Arc<BegunAct>) -> Result<Acted, StoreError> {
        // The fault of an act was looked for before it.
        self.transact(begun, decide_or_fail, true).await.and_then(decided_at_last)
    }

    /// Carries an operation out for somebody who is named and not proved.
    pub async fn act(&self, act: Act) -> Done {
        let context = self.context();
        let mut summary = Summary {
            request_id: context.request_id.clone(),
            service: act.operation.service().signing_name(),
            operation: act.operation.name(),
            ..Summary::default()
        };
        // Where that fails, the operation itself says so.
        let _ = self.follow().await;
        if let Some(refusal) = self.fault_of(act.operation).await {
            summary.error = Some(refusal.code.clone());
            return Done { outcome: Err(refusal), event_id: None, summary };
        }
        let event_id = entropy::event_id(context.now, &context.token_key);
        let secure_transport = self.secure_transport.is_seen();
        let begun = Arc::new(BegunAct {
            act: Arc::new(act),
            context,
            event_id: event_id.clone(),
            secure_transport,
            paid: Arc::default(),
        });
        let mut acted = self.decide_act(&begun).await;
        if self.trail_buckets.was_asked(&acted, &begun.context).await {
            acted = self.decide_act(&begun).await;
        }
        match acted {
            Ok(acted) => {
                if let Ok(answer) = &acted.outcome
                    && self.trail_buckets.marks(begun.act.operation)
                {
                    self.trail_buckets.mark(answer).await;
                }
                summary.event_id.clone_from(&event_id);
                summary.caller = acted.caller;
                summary.target = acted.target;
                summary.sent_message = acted.sent_message;
                summary.error = acted.outcome.as_ref().err().map(|refusal| refusal.code.clone());
                Done { outcome: acted.outcome, event_id: Some(event_id), summary }
            }
            Err(StoreError::Overtaken) => {
                let refusal = begun.act.operation.too_many_requests();
                summary.error = Some(refusal.code.clone());
                Done { outcome: Err(refusal), event_id: None, summary }
            }
            Err(error) => {
                tracing::error!(request_id = %summary.request_id, reason = %error, "a request failed inside");
                let profile = begun.act.operation.service().profile();
                let text = "The request failed inside accountd; the log says why.";
                let refusal = match error.is_away() {
                    Some(is_known) => store_is_away(profile.unavailable(), is_known),
                    None => Refusal::new(profile.internal_failure, 500, text),
                };
                summary.error = Some(refusal.code.clone());
                Done { outcome: Err(refusal), event_id: None, summary }
            }
        }
    }

    /// What a person ordered to happen to such an operation.
    async fn fault_of(&self, operation: Operation) -> Option<Refusal> {
        // Where the store fails, the operation itself says so.
        let fault = self.fault_for(operation.service().signing_name(), operation.name()).await.ok()??;
        match fault {
            Fault::Delay(time) => {
                tokio::time::sleep(time).await;
                None
            }
            Fault::Fail(failure) => Some(Refusal::new(failure.code, failure.status, failure.message)),
            Fault::Disconnect => {
                Some(Refusal::new("Disconnected", 500, "A fault that was ordered closed the connection."))
            }
        }
    }
}

fn decide_or_fail(
    kept: &Kept,
    begun: &BegunAct,
    snapshot: &dyn Snapshot,
) -> Result<Decided<Acted>, world::Fault> {
    let Act { actor, operation, members, peer } = &*begun.act;
    let circumstances = Circumstances {
        context: &begun.context,
        event_id: &begun.event_id,
        source_ip: *peer,
        user_agent: Some(USER_AGENT),
        host: None,
        secure_transport: begun.secure_transport,
        region: serving_region(Some(operation.service()), None),
    };
    let buckets = PaidOnce { buckets: &kept.buckets, paid: &begun.paid };
    // What a rule may have left half done is the world of this run, which is dropped.
    let run = AssertUnwindSafe(|| decide_as(actor, &buckets, *operation, members, &circumstances, snapshot));
    catch_unwind(run).unwrap_or_else(|_| Err(world::Fault::Broken("a rule panicked".to_owned())))
}
