//! The services that are answered, one row each, and one operation of any of them.
//!
//! A service is a folder of this crate with a generated `model`, whose `Operation` implements [`Rules`], and a row here.

mod dispatch;
mod profile;
mod rates;
mod rules;

use std::borrow::Cow;

use aws::authorization::Denial;
use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{OperationShape, ServiceShape};
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::authority::issuers::IssuerKeys;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::world::World;
use dispatch::services;
pub use profile::Profile;
pub use rates::{Bucket, Payer, Rates};
pub use rules::{Endpoint, Rules, TargetRecord, keep_to, needed, shown_parameters};

services! {
    /// AWS Account Management.
    Account: account,
    /// AWS CloudTrail.
    CloudTrail: cloudtrail,
    /// Amazon EC2.
    Ec2: ec2,
    /// AWS Identity and Access Management.
    Iam: iam,
    /// AWS Organizations.
    Organizations: organizations,
    /// Service Quotas.
    ServiceQuotas: service_quotas,
    /// AWS Security Token Service.
    Sts: sts,
    /// AWS Resource Groups Tagging API.
    Tagging: resourcegroupstaggingapi,
}

impl Service {
    /// What the model says of the service.
    pub fn shape(self) -> &'static ServiceShape {
        self.profile().shape
    }

    /// The name in a signature's scope.
    pub fn signing_name(self) -> &'static str {
        self.shape().signing_name
    }

    /// The first service with this signing name.
    pub fn from_signing_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.signing_name() == name)
    }

    /// The service that `X-Amz-Target` names by what stands before the dot.
    pub fn from_target_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| {
            let profile = service.profile();
            let is_of_model = !prefix.is_empty() && profile.shape.target_prefix == prefix;
            is_of_model || profile.further_target_prefixes.contains(&prefix)
        })
    }

    /// The service that can be called by an `Action` of this version.
    pub fn from_query_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| {
            let profile = service.profile();
            profile.has_query_api && profile.shape.version == version
        })
    }

    /// The names of all operations of the model, answered or not, in order.
    pub fn operation_names(self) -> Vec<&'static str> {
        let answered = Operation::supported(self).into_iter().map(Operation::name);
        let mut names: Vec<&str> = answered.chain(self.not_supported().iter().copied()).collect();
        names.sort_unstable();
        names
    }

    /// F-EVENT-7: whether one endpoint, which is in us-east-1, serves all Regions.
    pub fn is_global(self) -> bool {
        self.profile().is_global
    }

    /// How CloudTrail names the service.
    pub fn event_source(self) -> &'static str {
        self.profile().event_source
    }
}

impl Operation {
    /// IAM's refusal, in the service's form.
    pub fn access_denied(self, message: &str) -> Refusal {
        self.service().profile().access_denied(message)
    }

    /// The refusal of a call that came too fast, in the service's form.
    pub fn too_many_requests(self) -> Refusal {
        let (code, status, text) = self.service().profile().too_many_requests;
        Refusal::new(code, status, text)
    }
}

/// F-NOSUP-1: an operation of a model that accountd does not answer says so, naming itself. F-NOSUP-2: so does any
/// action of EC2 but DescribeRegions, since the model here holds no other.
pub fn refuse_not_supported(service: Service, name: &str) -> Refusal {
    let profile = service.profile();
    let text = format!("accountd does not answer {}:{name}.", profile.action_prefix);
    Refusal::new(profile.not_supported, 400, text)
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
