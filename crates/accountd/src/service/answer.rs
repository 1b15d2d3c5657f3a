//! Answers: a result or a refusal, written in the protocol of the request.

use aws::refusal::Refusal;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::Value;
use services::authority::policies::RequestOrigin;
use services::operation::{Operation, Service};

use super::{Answered, Call, Claimed, Progress, Summary};
use crate::admin::faults::Failure;
use crate::listener::{HangUp, Unread};
use crate::store::StoreError;

/// F-WIRE-32: what a caller is told of a fault of our own. The reason goes to the log only.
const INTERNAL: &str = "The request processing has failed because of an unknown error, exception or failure.";

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
                self.route.protocol.answer(shape, &output, request_id)
            }
        };
        if self.request.method() == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        Answered { response, summary }
    }

    fn refuse(&self, refusal: &Refusal) -> Response<Bytes> {
        let service = self.route.service.map(Service::shape);
        self.route.protocol.refuse(service, refusal, &self.context.request_id)
    }

    /// A fault of our own. Its reason is logged under the request's id, never shown.
    pub(super) fn internal_failure(&self, error: &StoreError) -> Answered {
        tracing::error!(request_id = %self.context.request_id, reason = %error, "a request failed inside");
        let code = match self.route.service {
            Some(Service::Account) | None => "InternalServerException",
            Some(_) => "InternalFailure",
        };
        let mut summary = self.summary(&Progress::default());
        summary.error = Some(code.into());
        Answered { response: self.refuse(&Refusal::new(code, 500, INTERNAL)), summary }
    }

    /// OPTIONS is a browser's question, which the gateway answers without a signature.
    pub(super) fn options(&self) -> Answered {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        let all = [
            (header::ALLOW, "GET, HEAD, OPTIONS, POST"),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        ];
        for (name, value) in all {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Answered { response, summary: self.summary(&Progress::default()) }
    }

    /// The service's signing name, or `-`.
    pub(super) fn service_name(&self) -> &'static str {
        self.route.service.map_or("-", Service::signing_name)
    }

    /// The operation's name, or `-`.
    pub(super) fn operation_name(&self) -> &'static str {
        self.route.operation.as_ref().map_or("-", |operation: &Operation| operation.name())
    }

    /// An error that a person ordered.
    pub(super) fn fail(&self, failure: Failure) -> Answered {
        let refusal = Refusal::new(failure.code, failure.status, failure.message);
        let mut summary = self.summary(&Progress::default());
        summary.error = Some(refusal.code.clone());
        Answered { response: self.refuse(&refusal), summary }
    }

    /// No answer at all, as a person ordered.
    pub(super) fn hang_up(&self) -> Answered {
        let mut response = Response::new(Bytes::new());
        response.extensions_mut().insert(HangUp);
        let mut summary = self.summary(&Progress::default());
        summary.error = Some("Disconnected".into());
        Answered { response, summary }
    }

    /// F-EDGE-5: a body that was not read is refused as the gateway would.
    pub(super) fn refuse_unread(&self, why: Unread) -> Response<Bytes> {
        let refusal = match why {
            Unread::TooLarge => Refusal::new(
                "RequestEntityTooLargeException",
                413,
                "HTTP content length exceeded 10485760 bytes",
            ),
            Unread::TooSlow => Refusal::new("RequestTimeoutException", 408, "Request Timeout"),
            Unread::Malformed => Refusal::new("MalformedHttpRequestException", 400, "Bad Request"),
        };
        self.refuse(&refusal)
    }

    fn summary(&self, progress: &Progress) -> Summary {
        Summary {
            request_id: self.context.request_id.clone(),
            service: self.service_name(),
            operation: self.operation_name(),
            caller: progress.caller.as_ref().map(|caller| caller.principal.arn()),
            target: progress.target,
            error: None,
            sent_message: false,
        }
    }

    /// What the global condition keys say of the request.
    pub(super) fn origin<'a>(&'a self, claimed: Option<&'a Claimed>) -> RequestOrigin<'a> {
        let signed_for = claimed.map(|claimed| claimed.region.as_str());
        RequestOrigin {
            now: self.context.now,
            // Account Management has one endpoint, which is in us-east-1 whatever Region signed.
            region: match self.route.service {
                Some(Service::Account | Service::Organizations | Service::Iam) | None => "us-east-1",
                Some(_) => signed_for.unwrap_or("us-east-1"),
            },
            source_ip: self.peer,
            user_agent: self.user_agent(),
        }
    }
}
