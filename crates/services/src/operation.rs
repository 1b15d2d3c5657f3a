//! One operation of one of the services, whichever it is: the table of contents of this crate.

use std::borrow::Cow;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::protocol;
use aws::refusal::Refusal;
use aws::smithy::{self, Constraint, OperationShape, Patterns, ServiceShape, Violation};
use aws::throttle::Rate;
use aws::trail::small_first_letters;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::world::World;
use crate::{account, cloudtrail, ec2, iam, organizations, sts};

/// The services that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum Service {
    Account,
    CloudTrail,
    Ec2,
    Iam,
    Organizations,
    Sts,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Account, Self::CloudTrail, Self::Ec2, Self::Iam, Self::Organizations, Self::Sts];

    /// The name in a signature's scope, in IAM actions and in endpoints.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::CloudTrail => "cloudtrail",
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }

    /// The service with this signing name.
    pub fn from_signing_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.signing_name() == name)
    }

    /// What the model says of the service.
    pub fn shape(self) -> &'static ServiceShape {
        match self {
            Self::Account => &account::model::SERVICE,
            Self::CloudTrail => &cloudtrail::model::SERVICE,
            Self::Ec2 => &ec2::model::SERVICE,
            Self::Iam => &iam::model::SERVICE,
            Self::Organizations => &organizations::model::SERVICE,
            Self::Sts => &sts::model::SERVICE,
        }
    }

    /// How CloudTrail names the service.
    pub fn event_source(self) -> &'static str {
        match self {
            Self::Account => account::EVENT_SOURCE,
            Self::CloudTrail => cloudtrail::EVENT_SOURCE,
            Self::Ec2 => ec2::EVENT_SOURCE,
            Self::Iam => iam::EVENT_SOURCE,
            Self::Organizations => organizations::EVENT_SOURCE,
            Self::Sts => sts::EVENT_SOURCE,
        }
    }

    /// F-EVENT-7: whether one endpoint, which is in us-east-1, serves all Regions.
    pub fn is_global(self) -> bool {
        match self {
            Self::Account | Self::Iam | Self::Organizations => true,
            Self::CloudTrail | Self::Ec2 | Self::Sts => false,
        }
    }

    /// The `errorCode` under which CloudTrail records a refusal.
    pub fn recorded_error_code(self, refusal: &Refusal) -> Cow<'_, str> {
        match (self, refusal.code.as_ref()) {
            (Self::Ec2, _) => ec2::record::error_code(refusal).into(),
            // F-EVENT-11: their modeled errors have one name in the model and another one in answers.
            (Self::Iam, code) => iam::model::Error::name_of(code).unwrap_or(code).into(),
            (Self::Sts, code) => sts::model::Error::name_of(code).unwrap_or(code).into(),
            // F-EVENT-9: a refusal of authorization has one name in all records.
            (_, "AccessDeniedException") => "AccessDenied".into(),
            (Self::Account | Self::CloudTrail | Self::Organizations, code) => code.into(),
        }
    }
}

/// What the log of another account than the caller's shows of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetRecord {
    /// The same as the caller's own.
    Same,
    /// F-EVENT-8: the same, but of the caller no more than whose it is.
    CallerUnnamed,
}

/// An operation that a model names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// AWS Account Management.
    Account(account::model::Operation),
    /// AWS CloudTrail.
    CloudTrail(cloudtrail::model::Operation),
    /// Amazon EC2.
    Ec2(ec2::model::Operation),
    /// AWS Identity and Access Management.
    Iam(iam::model::Operation),
    /// AWS Organizations.
    Organizations(organizations::model::Operation),
    /// AWS Security Token Service.
    Sts(sts::model::Operation),
    /// Known from a model, but answered with the service's "not supported".
    NotSupported(Service, &'static str),
}

impl Operation {
    /// The operation of `service` with this name.
    pub fn from_name(service: Service, name: &str) -> Option<Self> {
        let supported = match service {
            Service::Account => account::model::Operation::from_name(name).map(Self::Account),
            Service::CloudTrail => cloudtrail::model::Operation::from_name(name).map(Self::CloudTrail),
            Service::Iam => iam::model::Operation::from_name(name).map(Self::Iam),
            Service::Sts => sts::model::Operation::from_name(name).map(Self::Sts),
            Service::Ec2 => ec2::model::Operation::from_name(name).map(Self::Ec2),
            Service::Organizations => {
                organizations::model::Operation::from_name(name).map(Self::Organizations)
            }
        };
        supported.or_else(|| {
            let known = not_supported(service).iter().find(|known| **known == name)?;
            Some(Self::NotSupported(service, known))
        })
    }

    /// Every operation of `service` that is carried out.
    pub fn supported(service: Service) -> Vec<Self> {
        fn each<O: Copy>(all: &[O], of: fn(O) -> Operation) -> Vec<Operation> {
            all.iter().copied().map(of).collect()
        }
        match service {
            Service::Account => each(account::model::Operation::ALL, Self::Account),
            Service::CloudTrail => each(cloudtrail::model::Operation::ALL, Self::CloudTrail),
            Service::Ec2 => each(ec2::model::Operation::ALL, Self::Ec2),
            Service::Iam => each(iam::model::Operation::ALL, Self::Iam),
            Service::Organizations => each(organizations::model::Operation::ALL, Self::Organizations),
            Service::Sts => each(sts::model::Operation::ALL, Self::Sts),
        }
    }

    /// The service.
    pub fn service(self) -> Service {
        match self {
            Self::Account(_) => Service::Account,
            Self::CloudTrail(_) => Service::CloudTrail,
            Self::Ec2(_) => Service::Ec2,
            Self::Iam(_) => Service::Iam,
            Self::Organizations(_) => Service::Organizations,
            Self::Sts(_) => Service::Sts,
            Self::NotSupported(service, _) => service,
        }
    }

    /// The operation's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account(operation) => operation.name(),
            Self::CloudTrail(operation) => operation.name(),
            Self::Ec2(operation) => operation.name(),
            Self::Iam(operation) => operation.name(),
            Self::Organizations(operation) => operation.name(),
            Self::Sts(operation) => operation.name(),
            Self::NotSupported(_, name) => name,
        }
    }

    /// What the model says of the operation; `None` where it is not supported.
    pub fn shape(self) -> Option<&'static OperationShape> {
        match self {
            Self::Account(operation) => Some(operation.shape()),
            Self::CloudTrail(operation) => Some(operation.shape()),
            Self::Ec2(operation) => Some(operation.shape()),
            Self::Iam(operation) => Some(operation.shape()),
            Self::Organizations(operation) => Some(operation.shape()),
            Self::Sts(operation) => Some(operation.shape()),
            Self::NotSupported(..) => None,
        }
    }

    /// Whether the operation only reads. Those that are not supported change nothing either.
    pub fn is_read_only(self) -> bool {
        match self {
            Self::Account(operation) => operation.shape().read_only,
            Self::CloudTrail(_) | Self::Ec2(_) | Self::NotSupported(..) => true,
            Self::Sts(operation) => sts::record::is_read_only(operation),
            Self::Iam(operation) => iam::is_read_only(operation),
            Self::Organizations(operation) => organizations::is_read_only(operation),
        }
    }

    /// The published rate, where there is one that `--throttle aws` applies.
    pub fn rate(self) -> Option<Rate> {
        match self {
            Self::Account(operation) => Some(account::quotas::rate(operation)),
            Self::CloudTrail(_) => Some(cloudtrail::LOOKUP_RATE),
            Self::Ec2(_) | Self::Iam(_) | Self::Organizations(_) | Self::Sts(_) | Self::NotSupported(..) => {
                None
            }
        }
    }

    /// What the call asks to do; `None` for an operation that needs no permission.
    ///
    /// # Errors
    /// What the service refuses before policies are asked, and operations that are not supported.
    pub fn access(
        self,
        members: &Value,
        caller: &Caller,
        validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        match self {
            Self::Account(operation) => {
                account::access::access(operation, members, caller, validation, world).map(Some)
            }
            Self::CloudTrail(operation) => Ok(Some(cloudtrail::access(operation, caller))),
            Self::Ec2(operation) => Ok(Some(ec2::access(operation, caller))),
            Self::Iam(operation) => Ok(Some(iam::access::access(operation, members, caller, world)?)),
            Self::Sts(operation) => sts::access(operation, members, caller, world),
            Self::Organizations(operation) => {
                Ok(Some(organizations::access::access(operation, members, caller, world)?))
            }
            Self::NotSupported(service, name) => Err(refuse_not_supported(service, name).into()),
        }
    }

    /// The refusal of a denied call, in the service's form.
    pub fn denied(self, denial: &Denial, caller: &Caller, context: &Context) -> Refusal {
        match self {
            Self::Ec2(_) => ec2::denied(denial, caller, context),
            Self::Iam(operation) => {
                let resource = iam::access::shown(operation, &denial.resource);
                self.access_denied(&denial.message_on(Some(resource.as_ref())))
            }
            // F-IAM-72: Organizations shows the resource of an action that knows none, too.
            Self::Organizations(_) => self.access_denied(&denial.message_on(Some(denial.resource.as_str()))),
            Self::Sts(_) => sts::denied(denial),
            Self::Account(_) | Self::CloudTrail(_) | Self::NotSupported(..) => {
                self.access_denied(&denial.message())
            }
        }
    }

    /// What the event log shows of a request. F-EVENT-5: names as on the wire, sensitive members hidden, `null`
    /// where there are no parameters.
    pub fn request_parameters(self, members: &Value, caller: Option<&Caller>) -> Value {
        let shown = || match (self.shape(), members.as_object()) {
            (Some(shape), Some(object)) if !object.is_empty() => {
                smithy::redact(shape.input_schema(), members)
            }
            _ => Value::Null,
        };
        match self {
            Self::Ec2(_) => ec2::record::request_parameters(members),
            Self::Organizations(operation) => organizations::record::request_parameters(operation, members),
            // F-STSAPI-34, F-TRAIL-13: parameters of these services begin with a small letter in records.
            Self::CloudTrail(_) | Self::Iam(_) => small_first_letters(shown()),
            Self::Sts(operation) => {
                let mut shown = small_first_letters(shown());
                if let (true, Some(caller)) = (shown.is_object(), caller) {
                    sts::record::inherited_parameters(operation, &mut shown, caller);
                }
                shown
            }
            Self::Account(_) | Self::NotSupported(..) => shown(),
        }
    }

    /// What the event log shows of an answer; most services show nothing of theirs.
    pub fn response_elements(self, output: &Value) -> Value {
        match self {
            Self::Iam(operation) => iam::record::response_elements(operation, output),
            Self::Organizations(operation) => organizations::record::response_elements(operation, output),
            Self::Sts(operation) => sts::record::response_elements(operation, output),
            _ => Value::Null,
        }
    }

    /// The resources that the event log names; `Null` where it names none.
    pub fn resources(self, members: &Value) -> Value {
        match self {
            Self::Sts(operation) => sts::record::resources(operation, members),
            _ => Value::Null,
        }
    }

    /// How the log of the account that a call acts on tells of it, where the caller is of another account; `None` where
    /// only the caller's log does.
    pub fn target_record(self) -> Option<TargetRecord> {
        match self {
            Self::Account(operation) => {
                account::is_recorded_in_target(operation).then_some(TargetRecord::Same)
            }
            Self::Sts(operation) => {
                sts::record::is_recorded_in_target(operation).then_some(TargetRecord::CallerUnnamed)
            }
            Self::CloudTrail(_)
            | Self::Ec2(_)
            | Self::Iam(_)
            | Self::Organizations(_)
            | Self::NotSupported(..) => None,
        }
    }

    /// IAM's refusal, in the service's form.
    pub fn access_denied(self, message: &str) -> Refusal {
        let (code, status) = match self.service() {
            Service::Account => ("AccessDeniedException", 403),
            Service::CloudTrail | Service::Organizations => ("AccessDeniedException", 400),
            Service::Iam | Service::Sts => ("AccessDenied", 403),
            Service::Ec2 => ("UnauthorizedOperation", 403),
        };
        Refusal::new(code, status, message)
    }

    /// The refusal of a call that came too fast, in the service's form.
    pub fn too_many_requests(self) -> Refusal {
        match self.service() {
            Service::Account => Refusal::new("TooManyRequestsException", 429, "Too Many Requests"),
            Service::Ec2 => Refusal::new("RequestLimitExceeded", 503, "Request limit exceeded."),
            Service::CloudTrail | Service::Organizations => {
                Refusal::new("ThrottlingException", 400, "Rate exceeded")
            }
            Service::Iam | Service::Sts => Refusal::new("Throttling", 400, "Rate exceeded"),
        }
    }

    /// Refuses members whose JSON types are not the model's, before anybody asks who may.
    ///
    /// # Errors
    /// F-ORDER-3: `SerializationException` of Organizations and CloudTrail. Account Management's validator tells types
    /// among its violations; the Query protocols know types when they read parameters.
    pub fn refuse_wrong_types(self, members: &Value) -> Result<(), Refusal> {
        let shape = match self {
            Self::Organizations(operation) => operation.shape(),
            Self::CloudTrail(operation) => operation.shape(),
            _ => return Ok(()),
        };
        let violations = smithy::check(shape.input_schema(), members, Patterns::Ignored);
        let is_of_another_type =
            |violation: &Violation<'_>| matches!(violation.constraint, Constraint::Type(_));
        if violations.iter().any(is_of_another_type) { Err(protocol::not_deserializable()) } else { Ok(()) }
    }

    /// Checks the members against the model's constraints.
    ///
    /// # Errors
    /// The service's refusal, which names every violation.
    pub fn validate(self, members: &Value, validation: Validation) -> Result<(), Refusal> {
        match self {
            Self::Account(operation) => account::validate(operation, members, validation),
            Self::CloudTrail(operation) => cloudtrail::validate(operation, members),
            // STS's constraints come before its permissions; EC2's model has none.
            Self::Ec2(_) | Self::Sts(_) | Self::NotSupported(..) => Ok(()),
            Self::Iam(operation) => iam::validate(operation, members, validation),
            Self::Organizations(operation) => organizations::validate(operation, members, validation),
        }
    }

    /// Carries the operation out and gives its output's members.
    ///
    /// # Errors
    /// What the operation refuses.
    pub fn execute(
        self,
        permitted: Option<&Permitted>,
        caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut World<'_>,
    ) -> Result<Value, Failure> {
        match (self, permitted) {
            (Self::Account(operation), Some(permitted)) => {
                let input = account::model::Input::parse(operation, members)?;
                Ok(account::execute(permitted, caller, input, context, world)?.to_value())
            }
            (Self::CloudTrail(operation), Some(permitted)) => {
                let input = cloudtrail::model::Input::parse(operation, members)?;
                Ok(cloudtrail::execute(permitted, input, context, world)?.to_value())
            }
            (Self::Ec2(operation), Some(permitted)) => {
                let input = ec2::model::Input::parse(operation, members)?;
                Ok(ec2::execute(permitted, input, context, world)?.to_value())
            }
            (Self::Iam(operation), Some(permitted)) => {
                let input = iam::model::Input::parse(operation, members)?;
                Ok(iam::execute(permitted, caller, input, context, world)?.to_value())
            }
            (Self::Organizations(operation), Some(_)) => {
                Ok(organizations::execute(operation, caller, members, context, world)?.to_value())
            }
            (Self::Sts(operation), permitted) => {
                let input = sts::model::Input::parse(operation, members)?;
                Ok(sts::execute(permitted, caller, input, context, world)?.to_value())
            }
            (Self::NotSupported(service, name), _) => Err(refuse_not_supported(service, name).into()),
            (
                Self::Account(_) | Self::CloudTrail(_) | Self::Ec2(_) | Self::Iam(_) | Self::Organizations(_),
                None,
            ) => {
                unreachable!("INVARIANT: `access` asks for a permission for these services")
            }
        }
    }
}

fn not_supported(service: Service) -> &'static [&'static str] {
    match service {
        Service::Account => account::model::NOT_SUPPORTED,
        Service::CloudTrail => cloudtrail::model::NOT_SUPPORTED,
        Service::Sts => sts::model::NOT_SUPPORTED,
        Service::Ec2 => ec2::model::NOT_SUPPORTED,
        Service::Iam => iam::model::NOT_SUPPORTED,
        Service::Organizations => organizations::model::NOT_SUPPORTED,
    }
}

/// F-NOSUP-1: an operation of a model that accountd does not answer says so, naming itself. F-NOSUP-2: so does any
/// action of EC2 but DescribeRegions, since the model here holds no other.
pub fn refuse_not_supported(service: Service, name: &str) -> Refusal {
    let code = match service {
        Service::Organizations => "UnsupportedAPIEndpointException",
        Service::Ec2 => "UnsupportedOperation",
        Service::Account | Service::CloudTrail | Service::Iam | Service::Sts => {
            "UnsupportedOperationException"
        }
    };
    let text = format!("The operation {}:{name} is not supported by accountd.", service.signing_name());
    Refusal::new(code, 400, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modeled_errors_are_recorded_by_their_names_f_event_11() {
        for (service, answered, recorded) in [
            (Service::Iam, "NoSuchEntity", "NoSuchEntityException"),
            (Service::Iam, "DeleteConflict", "DeleteConflictException"),
            (Service::Iam, "ReportNotPresent", "CredentialReportNotPresentException"),
            (Service::Iam, "AccessDenied", "AccessDenied"),
            (Service::Iam, "ValidationError", "ValidationError"),
            (Service::Sts, "MalformedPolicyDocument", "MalformedPolicyDocumentException"),
            (Service::Sts, "InvalidClientTokenId", "InvalidClientTokenId"),
            (Service::Organizations, "AccessDeniedException", "AccessDenied"),
            (Service::Organizations, "TooManyRequestsException", "TooManyRequestsException"),
        ] {
            assert_eq!(service.recorded_error_code(&Refusal::new(answered, 400, "")), recorded);
        }
    }
}
