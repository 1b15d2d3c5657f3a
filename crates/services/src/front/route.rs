//! Routing: which service and which operation a request is for, and in which protocol it speaks.
//!
//! A request names its operation in one of three ways: by its path (restJson1), by `X-Amz-Target`, or by an
//! `Action` parameter (the Query API). Which service is meant follows from the target's prefix, the API version or the
//! scope of the signature.

use aws::protocol::cbor;
use aws::protocol::foreign::ForeignClient;
use aws::protocol::query::Parameters;
use aws::protocol::query_json;
use aws::protocol::{Protocol, header_text};
use aws::refusal::Refusal;
use aws::sigv4::Family;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};

use super::elsewhere::{self, Elsewhere, Wanted};
use crate::service::{Operation, Service, refuse_not_supported};

/// How a request names its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By its path.
    Path,
    /// By its path, with members in CBOR.
    Cbor,
    /// By `X-Amz-Target`.
    Target,
    /// By an `Action` parameter.
    Action,
}

/// Where a request leads.
pub struct Route {
    /// The service, as far as it can be told.
    pub service: Option<Service>,
    /// The operation, or why there is none.
    pub operation: Result<Operation, Refusal>,
    /// The protocol that the answer is written in.
    pub protocol: Protocol,
    /// Whether the answer is written in JSON although the protocol writes XML (F-WIRE-36).
    pub in_json: bool,
    /// How the operation was named.
    pub form: Form,
    /// The decoded parameters of a Query request.
    pub parameters: Parameters,
    /// What is asked for, where it is not answered: a service that is not here, an operation that is not.
    pub wanted: Option<Wanted>,
    /// Whose client asks, where it is one of a service that is not here.
    pub foreign_client: Option<ForeignClient>,
}

impl Route {
    /// Finds the route of a request.
    pub fn find(request: &Request<Bytes>) -> Self {
        let mut route = Self::among_services(request);
        if let Ok(operation @ Operation::NotSupported(..)) = &route.operation {
            let service = operation.service().signing_name().to_owned();
            route.wanted = Some(Wanted { service, operation: Some(operation.name().to_owned()) });
        }
        route
    }

    /// F-FWD-1: the route of a request that is for somebody else, as its signature's scope says.
    pub(super) fn to_elsewhere(request: &Request<Bytes>) -> Self {
        let found = if let Some(target) = request.headers().get("x-amz-target").and_then(header_text) {
            Elsewhere::by_target(request, target).map(|found| (found, Form::Target))
        } else if let Ok(parameters) = parameters(request)
            && let Some(action) = parameters.get("Action")
        {
            Elsewhere::by_action(request, action).map(|found| (found, Form::Action))
        } else {
            Elsewhere::by_path(request).map(|found| (found, Form::Path))
        };
        match found {
            Some((elsewhere, form)) => Self::elsewhere(elsewhere, form),
            None => Self::unknown(None, None),
        }
    }

    fn among_services(request: &Request<Bytes>) -> Self {
        if let Some(target) = request.headers().get("x-amz-target").and_then(header_text) {
            return Self::by_target(request, target);
        }
        let path = request.uri().path();
        if request.method() == Method::POST
            && let Some(operation) = Operation::from_path(path).or_else(|| behind_prefix(request))
        {
            return Self {
                service: Some(operation.service()),
                operation: Ok(operation),
                protocol: Protocol::RestJson,
                in_json: false,
                form: Form::Path,
                parameters: Parameters::default(),
                wanted: None,
                foreign_client: None,
            };
        }
        if let Some(route) = Self::by_cbor(request) {
            return route;
        }
        let parameters = parameters(request);
        let scope = signing_scope(request).and_then(|scope| Service::from_signing_name(&scope));
        match parameters {
            Ok(parameters) if parameters.get("Action").is_some() => {
                let route = Self::by_action(request, parameters, scope);
                let may_be_json = route.service.is_some_and(|service| service.profile().answers_in_json);
                Self { in_json: may_be_json && query_json::is_wanted(request.headers()), ..route }
            }
            Ok(_) => match Elsewhere::by_path(request).filter(|_| scope.is_none()) {
                Some(elsewhere) => Self::elsewhere(elsewhere, Form::Path),
                None => Self::unknown(scope, None),
            },
            Err(refusal) => Self::unknown(scope, Some(refusal)),
        }
    }

    fn by_target(request: &Request<Bytes>, target: &str) -> Self {
        let (prefix, name) = target.rsplit_once('.').unwrap_or((target, ""));
        let service = Service::from_target_prefix(prefix);
        let is_ours =
            || signing_scope(request).is_some_and(|scope| Service::from_signing_name(&scope).is_some());
        if service.is_none()
            && !is_ours()
            && let Some(elsewhere) = Elsewhere::by_target(request, target)
        {
            return Self::elsewhere(elsewhere, Form::Target);
        }
        let operation = service
            .and_then(|service| Operation::from_name(service, name))
            .ok_or_else(|| unknown_operation(service));
        let protocol = service.map_or(Protocol::AwsJson11, |service| service.shape().protocol);
        let wanted = wanted_of(service, name, operation.is_err());
        let parameters = Parameters::default();
        Self {
            service,
            operation,
            protocol,
            in_json: false,
            form: Form::Target,
            parameters,
            wanted,
            foreign_client: None,
        }
    }

    /// F-WIRE-37: a service whose clients may speak CBOR. What else speaks it is not here.
    fn by_cbor(request: &Request<Bytes>) -> Option<Self> {
        if !cbor::is_spoken(request.headers()) {
            return None;
        }
        let (prefix, name) = cbor::named_in(request.uri().path())?;
        let service = Service::from_target_prefix(prefix).filter(|it| it.profile().answers_in_cbor)?;
        let operation = Operation::from_name(service, name).ok_or_else(|| unknown_operation(Some(service)));
        let wanted = wanted_of(Some(service), name, operation.is_err());
        Some(Self {
            service: Some(service),
            operation,
            protocol: service.shape().protocol,
            in_json: false,
            form: Form::Cbor,
            parameters: Parameters::default(),
            wanted,
            foreign_client: None,
        })
    }

    fn by_action(request: &Request<Bytes>, parameters: Parameters, scope: Option<Service>) -> Self {
        let value = |wanted: &str| parameters.get(wanted).unwrap_or("");
        let (action, version) = (value("Action"), value("Version"));
        let service = match Service::from_query_version(version) {
            // F-EC2-11: EC2 answers its older versions too.
            None if version.is_empty() || scope == Some(Service::Ec2) => scope,
            found => found,
        };
        if service.is_none()
            && scope.is_none()
            && let Some(elsewhere) = Elsewhere::by_action(request, action)
        {
            return Self::elsewhere(elsewhere, Form::Action);
        }
        let operation =
            service.and_then(|service| Operation::from_name(service, action)).ok_or_else(|| match service {
                Some(Service::Ec2) => refuse_not_supported(Service::Ec2, action),
                _ => invalid_action(action, version),
            });
        let protocol = match service.map(|service| service.shape().protocol) {
            Some(Protocol::Ec2Query) => Protocol::Ec2Query,
            _ => Protocol::Query,
        };
        let wanted = wanted_of(service.or(scope), action, operation.is_err());
        Self {
            service,
            operation,
            protocol,
            in_json: false,
            form: Form::Action,
            parameters,
            wanted,
            foreign_client: None,
        }
    }

    /// F-NOSUP-3: a service that is not here. Nobody asks who calls.
    fn elsewhere(elsewhere: Elsewhere, form: Form) -> Self {
        Self {
            service: None,
            operation: Err(elsewhere.refusal),
            protocol: Protocol::RestJson,
            in_json: false,
            form,
            parameters: Parameters::default(),
            wanted: Some(elsewhere.wanted),
            foreign_client: Some(elsewhere.client),
        }
    }

    /// F-ROUTE-1: a path that leads nowhere gets the gateway's answer, which is that of a missing signature.
    fn unknown(scope: Option<Service>, refusal: Option<Refusal>) -> Self {
        let protocol = scope.map_or(Protocol::RestJson, |service| service.shape().protocol);
        let (form, usual) = match protocol {
            Protocol::Query | Protocol::Ec2Query => (Form::Action, missing_action()),
            Protocol::AwsJson11 => (Form::Target, unknown_operation(scope)),
            Protocol::RestJson => (Form::Path, no_such_path()),
        };
        let operation = Err(refusal.unwrap_or(usual));
        let parameters = Parameters::default();
        Self {
            service: scope,
            operation,
            protocol,
            in_json: false,
            form,
            parameters,
            wanted: None,
            foreign_client: None,
        }
    }

    /// In which words a faulty signature is refused on this route.
    pub fn signature_family(&self) -> Family {
        match self.foreign_client {
            None => signature_family(self.protocol),
            Some(ForeignClient::RestJson) => Family::Gateway,
            Some(ForeignClient::AwsJson10 | ForeignClient::AwsJson11 | ForeignClient::Cbor) => Family::Json,
            Some(ForeignClient::Query | ForeignClient::S3) => Family::Query,
            Some(ForeignClient::Ec2Query) => Family::Ec2,
        }
    }
}

/// In which words a faulty signature is refused in a protocol.
pub fn signature_family(protocol: Protocol) -> Family {
    match protocol {
        Protocol::RestJson => Family::Gateway,
        Protocol::AwsJson11 => Family::Json,
        Protocol::Query => Family::Query,
        Protocol::Ec2Query => Family::Ec2,
    }
}

/// F-ROUTE-4: the operation at the end of a path, where an endpoint with a path was given to a client of a service whose
/// operations have paths. A client of any other service sends its requests to that path alone, and it does not matter.
fn behind_prefix(request: &Request<Bytes>) -> Option<Operation> {
    let (prefix, _) = request.uri().path().rsplit_once('/')?;
    let operation = Operation::from_path(&request.uri().path()[prefix.len()..])?;
    let scope = signing_scope(request)?;
    (!prefix.is_empty() && operation.service().signing_name() == scope).then_some(operation)
}

/// What a request asks of a service that is here and has no such operation, under the name that the request gives it.
fn wanted_of(service: Option<Service>, operation: &str, is_unknown: bool) -> Option<Wanted> {
    let service = service.filter(|_| is_unknown)?;
    Some(Wanted { service: service.signing_name().to_owned(), operation: elsewhere::name(operation) })
}

/// F-ROUTE-1: API Gateway's answer where path or method lead nowhere.
pub fn no_such_path() -> Refusal {
    Refusal::new("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
}

/// F-ROUTE-2 (*assumed*): a target that names no operation; 404 for Account Management, whose reference lists it so.
fn unknown_operation(service: Option<Service>) -> Refusal {
    let has_paths = service.is_some_and(|service| service.shape().protocol == Protocol::RestJson);
    let status = if has_paths { 404 } else { 400 };
    Refusal { message: None, ..Refusal::new("UnknownOperationException", status, "") }
}

/// F-ROUTE-3: an action that the API version does not have.
fn invalid_action(action: &str, version: &str) -> Refusal {
    let text = format!("Could not find operation {action} for version {version}");
    Refusal::new("InvalidAction", 400, text)
}

fn missing_action() -> Refusal {
    Refusal::new("MissingAction", 400, "The request must contain the parameter Action")
}

/// The parameters of a Query request: those of a form in the body, then those of the query string.
fn parameters(request: &Request<Bytes>) -> Result<Parameters, Refusal> {
    let in_query = Parameters::parse(request.uri().query().unwrap_or("").as_bytes())?;
    if request.body().is_empty() || !is_form(request.headers()) {
        return Ok(in_query);
    }
    let mut parameters = Parameters::parse(request.body())?;
    parameters.extend(in_query);
    Ok(parameters)
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&[][..], |value| value.as_bytes());
    kind.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
}

/// The service in the scope of the signature, before anything of it was checked.
fn signing_scope(request: &Request<Bytes>) -> Option<String> {
    let credential = elsewhere::credential(request.headers(), request.uri())?;
    let mut parts = credential.rsplit('/');
    parts.next()?;
    parts.next().map(str::to_owned)
}
