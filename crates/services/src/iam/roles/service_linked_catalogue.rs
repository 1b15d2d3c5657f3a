//! Which service-linked roles there are: for each service the name of its role and the policy on it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>

use super::service_linked_role::PATH_PREFIX;
use crate::authority::managed::AWS_MANAGED_PREFIX;

/// A service and its role.
#[derive(Clone, Copy)]
pub struct Linked {
    /// The service principal.
    pub service: &'static str,
    name: &'static str,
    policy: &'static str,
    /// Whether an account may have several of these roles, which a suffix tells apart.
    pub takes_suffix: bool,
}

impl Linked {
    /// The name of the role without a suffix.
    pub fn role_name(self) -> String {
        format!("AWSServiceRoleFor{}", self.name)
    }

    /// The path of the role.
    pub fn path(self) -> String {
        format!("{PATH_PREFIX}{}/", self.service)
    }

    /// The ARN of the policy on the role.
    pub fn policy_arn(self) -> String {
        format!("{AWS_MANAGED_PREFIX}aws-service-role/{}", self.policy)
    }

    /// What the role is for, where AWS says so by itself (recorded).
    pub fn description(self) -> &'static str {
        match self.service {
            "rds.amazonaws.com" => "Allows Amazon RDS to manage AWS resources on your behalf",
            "ssm.amazonaws.com" => "Provides access to AWS Resources managed or used by Amazon SSM.",
            "sso.amazonaws.com" => {
                "Service-linked role used by AWS SSO to manage AWS resources, including IAM roles, policies and SAML \
                 IdP on your behalf."
            }
            _ => "",
        }
    }
}

/// F-IAMAPI-SLR-6: a line a service, in the order of services: the service, what follows `AWSServiceRoleFor` in the name of
/// its role, the policy on it, and `suffix` where one is taken. Those of 71 services were recorded; the others follow AWS's
/// guides, and whether they take a suffix is *assumed*.
const LINKED: &str = include_str!("service-linked-roles.txt");

/// The role of a service.
pub fn find(service: &str) -> Option<Linked> {
    all().find(|linked| linked.service == service)
}

fn all() -> impl Iterator<Item = Linked> {
    LINKED.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (service, name, policy) = (words.next()?, words.next()?, words.next()?);
        Some(Linked { service, name, policy, takes_suffix: words.next() == Some("suffix") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::managed::AwsManaged;

    /// F-IAMAPI-SLR-6
    #[test]
    fn every_service_is_found_and_its_policy_is_there() {
        assert!(all().is_sorted_by(|one, next| one.service < next.service));
        assert_eq!(all().count(), LINKED.lines().count());
        for linked in all() {
            let service = linked.service;
            assert!(find(service).is_some_and(|found| found.role_name() == linked.role_name()));
            // The policy of Lex is one that AWS no longer publishes.
            let is_there = AwsManaged::find(&linked.policy_arn()).is_some();
            assert!(is_there || service == "lex.amazonaws.com", "{service}");
        }
        assert!(find("autoscaling.amazonaws.com").is_some_and(|linked| linked.takes_suffix));
        assert!(find("example.amazonaws.com").is_none());
    }
}
