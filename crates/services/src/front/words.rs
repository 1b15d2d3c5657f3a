//! Answers: a result or a refusal, written in the protocol of the request, and what the gateway answers by itself.

use std::borrow::Cow;

use aws::arn::AccountId;
use aws::protocol::{cbor, query_json};
use aws::refusal::Refusal;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::Value;

use super::route::Form;
use super::{Call, Progress, Wanted};
use crate::service::{Operation, Service};

/// F-WIRE-32: what a caller is told of a fault of our own. The reason goes to the log only.
const INTERNAL: &str = "The request processing has failed because of an unknown error, exception or failure.";

/// F-STORE-33: what a caller is told where the store is away. The reason goes to the log only.
const AWAY: &str = "The store of accountd cannot be reached now. Nothing was changed; try again later.";

/// F-STORE-33: the same where a change was under way.
const NOT_KNOWN: &str = "The store of accountd cannot be reached now. Whether the change was kept is not known; look before you \
    try again.";

/// F-COST-12: the headers that clients in a browser send. A `*` would not cover `Authorization`.
const SIGNED_HEADERS: &str = "authorization, content-type, date, x-amz-content-sha256, x-amz-date, \
    x-amz-security-token, x-amz-target, x-amz-user-agent, amz-sdk-invocation-id, amz-sdk-request";

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
    /// The id of the call's record; empty where there is none.
    pub event_id: String,
    /// The service's signing name, or `-`.
    pub service: &'static str,
    /// The operation, or `-`.
    pub operation: &'static str,
    /// The caller's ARN.
    pub caller: Option<String>,
    /// The account that was acted on.
    pub target: Option<AccountId>,
    /// The error's code.
    pub error: Option<Cow<'static, str>>,
    /// Whether a message went to the outbox.
    pub sent_message: bool,
    /// What was asked for, where it is not here.
    pub unanswered: Option<Unanswered>,
    /// What was asked for, where somebody else answers it.
    pub handed_over: Option<Wanted>,
}

/// F-NOSUP-3: what somebody asked for and accountd does not answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unanswered {
    /// The service, by the scope of the signature.
    pub service: String,
    /// The operation, or `-` where it cannot be told.
    pub operation: String,
    /// What the client calls itself, cut.
    pub user_agent: String,
}

/// The most characters of a client's name for itself that are kept.
const LONGEST_USER_AGENT: usize = 200;

impl Call {
    /// Writes the outcome in the protocol of the request.
    pub(super) fn respond(&self, progress: &Progress, outcome: Result<Value, Refusal>) -> Answered {
        let request_id = &self.context.request_id;
        let mut summary = self.summary(progress);
        let mut response = match (&self.route.operation, outcome) {
            (_, Err(refusal)) => {
                summary.error = Some(refusal.code.clone());
                self.refuse(&refusal)
            }
            (operation, Ok(output)) => {
                let shape = operation.as_ref().ok().and_then(|operation| operation.shape());
                let shape = shape.expect("INVARIANT: only an operation with a shape has a result");
                match (self.route.in_json, self.route.form) {
                    (true, _) => query_json::answer(shape, &output, request_id),
                    (false, Form::Cbor) => cbor::answer(shape, &output, request_id),
                    (false, _) => self.route.protocol.answer(shape, &output, request_id),
                }
            }
        };
        if self.request.method() == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        Answered { response, summary }
    }

    /// A refusal in the protocol of the request.
    pub fn refuse(&self, refusal: &Refusal) -> Response<Bytes> {
        if self.route.in_json {
            return query_json::refuse(refusal, &self.context.request_id);
        }
        if let Some(client) = self.route.foreign_client {
            return client.refuse(refusal, &self.context.request_id);
        }
        let service = self.route.service.map(Service::shape);
        if self.route.form == Form::Cbor {
            return cbor::refuse(service, refusal, &self.context.request_id);
        }
        self.route.protocol.refuse(service, refusal, &self.context.request_id)
    }

    /// A refusal that comes of no state: nothing of the request was looked at but its route.
    pub fn refuse_unseen(&self, refusal: &Refusal) -> Answered {
        let mut summary = self.summary(&Progress::default());
        summary.error = Some(refusal.code.clone());
        Answered { response: self.refuse(refusal), summary }
    }

    /// A fault of our own, in words that say nothing of it.
    pub fn internal_failure(&self) -> Answered {
        let profile = self.route.service.map(Service::profile);
        let code = profile.map_or("InternalServerException", |profile| profile.internal_failure);
        self.refuse_unseen(&Refusal::new(code, 500, INTERNAL))
    }

    /// F-STORE-33: the store is away, or has no room. A change either `is_known` not to have been kept, or may have been.
    pub fn store_is_away(&self, is_known: bool) -> Answered {
        let profile = self.route.service.map(Service::profile);
        let code = profile.map_or("ServiceUnavailableException", |profile| profile.unavailable());
        self.refuse_unseen(&store_is_away(code, is_known))
    }

    /// F-STORE-38: others change what the call depends on, and it takes long to decide it each time.
    pub fn overtaken(&self) -> Answered {
        match self.operation() {
            Some(operation) => self.refuse_unseen(&operation.too_many_requests()),
            None => self.internal_failure(),
        }
    }

    /// OPTIONS is a browser's question, which the gateway answers without a signature; `None` for any other method.
    pub fn preflight(&self) -> Option<Answered> {
        if self.request.method() != Method::OPTIONS {
            return None;
        }
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        let all = [
            (header::ALLOW, "GET, HEAD, OPTIONS, POST"),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, SIGNED_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        for (name, value) in all {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Some(Answered { response, summary: self.summary(&Progress::default()) })
    }

    /// The service's signing name, or `-`.
    pub fn service_name(&self) -> &'static str {
        self.route.service.map_or("-", Service::signing_name)
    }

    /// The operation's name, or `-`.
    pub fn operation_name(&self) -> &'static str {
        self.operation().map_or("-", Operation::name)
    }

    pub(super) fn summary(&self, progress: &Progress) -> Summary {
        Summary {
            request_id: self.context.request_id.clone(),
            event_id: self.event_id.clone(),
            service: self.service_name(),
            operation: self.operation_name(),
            caller: progress.caller.as_ref().map(|caller| caller.principal.arn()),
            target: progress.target,
            error: None,
            sent_message: false,
            unanswered: self.unanswered().filter(|_| !self.is_for_elsewhere),
            handed_over: self.route.wanted.clone().filter(|_| self.is_for_elsewhere),
        }
    }

    fn unanswered(&self) -> Option<Unanswered> {
        let wanted = self.route.wanted.as_ref()?;
        let agent = self.user_agent().unwrap_or("-").chars().take(LONGEST_USER_AGENT);
        Some(Unanswered {
            service: wanted.service.clone(),
            operation: wanted.operation.clone().unwrap_or_else(|| "-".to_owned()),
            user_agent: agent.collect(),
        })
    }
}

/// F-STORE-33: the refusal of whoever needs the store where it is away.
pub fn store_is_away(code: &'static str, is_known: bool) -> Refusal {
    Refusal::new(code, 503, if is_known { AWAY } else { NOT_KNOWN })
}

/// F-EDGE-5: a body that is too large, as the gateway refuses it.
pub fn body_too_large() -> Refusal {
    Refusal::new("RequestEntityTooLargeException", 413, "HTTP content length exceeded 10485760 bytes")
}

/// F-EDGE-5: a body that did not come in time.
pub fn body_too_slow() -> Refusal {
    Refusal::new("RequestTimeoutException", 408, "Request Timeout")
}

/// F-COST-9: a connection too many.
pub fn too_many_connections() -> Refusal {
    Refusal::new("ServiceUnavailableException", 503, "There are too many connections. Try again later.")
}

/// F-EDGE-5: a body that cannot be read.
pub fn body_malformed() -> Refusal {
    Refusal::new("MalformedHttpRequestException", 400, "Bad Request")
}
