//! A call that is for another emulator, judged as every other: by the same path up to the decision, against the same store,
//! with a record.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use services::front::hand_over::{self, Judged};
use services::front::words::Answered;
use services::front::{self, Call};
use services::world::{self, Snapshot};

use super::{BegunCall, Kept, Service, decided_at_last, internal_failure, rule_or_fail};
use crate::store::Decided;

/// A call that was judged.
pub struct Judgement {
    begun: Arc<BegunCall>,
    judged: Judged,
}

impl Judgement {
    /// What came of it.
    pub fn judged(&self) -> &Judged {
        &self.judged
    }

    /// The call, to refuse it in its words.
    pub fn call(&self) -> &Call {
        &self.begun.call
    }

    /// The refusal; of a call that may pass an answer whose summary alone is of use.
    pub fn into_answered(self) -> Answered {
        match self.judged {
            Judged::Refused(answered) => *answered,
            Judged::Pass(_, summary, _) => {
                Answered { response: http::Response::default(), summary: *summary }
            }
        }
    }
}

impl Service {
    /// Judges a call for a service that somebody else answers; its body may be left out where its head announces it.
    ///
    /// # Errors
    /// The answer to a call that could not be judged.
    pub async fn judge(&self, request: Request<Bytes>, peer: IpAddr) -> Result<Judgement, Answered> {
        let call = match request.body().len() {
            length if length > front::LARGE_BODY_BYTES => self.begin_apart(request, peer).await?,
            _ => self.begin(request, peer),
        };
        let begun = BegunCall::new(call.for_elsewhere());
        // F-FWD-14
        let mut outcome = match self.has_faults() {
            true => Ok(None),
            false => self.transact(&begun, judge_or_fail, false).await,
        };
        if let Ok(None) = outcome {
            outcome = match self.ordered_fault(&begun.call).await {
                Ok(None) => self.transact(&begun, judge_or_fail, true).await,
                Ok(Some(answered)) => return Err(answered),
                Err(error) => Err(error),
            };
        }
        match outcome.and_then(decided_at_last) {
            Ok(judged) => Ok(Judgement { begun, judged }),
            Err(error) => Err(internal_failure(&begun.call, &error)),
        }
    }
}

fn judge_or_fail(
    kept: &Kept,
    begun: &BegunCall,
    snapshot: &dyn Snapshot,
) -> Result<Decided<Judged>, world::Fault> {
    rule_or_fail(kept, begun, |ports| hand_over::judge(ports, &begun.call, snapshot))
}
