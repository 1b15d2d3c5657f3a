//! The AWS-managed policies that accountd knows, given as AWS publishes them.

use std::sync::LazyLock;

use aws::policy::Policy;

/// An AWS-managed policy.
pub struct AwsManaged {
    /// The last part of `arn:aws:iam::aws:policy/…`.
    pub name: &'static str,
    /// The version in force, for example `v1`.
    pub version: &'static str,
    /// When that version was published.
    pub published_at: &'static str,
    /// The document.
    pub document: &'static str,
}

/// F-IAMMAN-1: the two policies of Account Management (aws-behaviour.md §7.5) and AdministratorAccess.
pub const AWS_MANAGED: [AwsManaged; 3] = [
    AwsManaged {
        name: "AdministratorAccess",
        version: "v1",
        published_at: "2015-02-06T18:39:46Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSAccountManagementFullAccess",
        version: "v1",
        published_at: "2021-09-30T23:20:37Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"account:*","Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSAccountManagementReadOnlyAccess",
        version: "v1",
        published_at: "2021-09-30T23:29:53Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["account:Get*","account:List*"],"Resource":"*"}]}"#,
    },
];

/// The ARN prefix of AWS-managed policies.
pub const AWS_MANAGED_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// The document of `FullAWSAccess`, which AWS Organizations attaches everywhere at first.
pub static FULL_AWS_ACCESS: LazyLock<Policy> = LazyLock::new(|| {
    parsed(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)
});

static PARSED: LazyLock<Vec<Policy>> =
    LazyLock::new(|| AWS_MANAGED.iter().map(|managed| parsed(managed.document)).collect());

fn parsed(document: &str) -> Policy {
    Policy::parse(document).expect("INVARIANT: the built-in policies are valid, which a test checks")
}

/// The AWS-managed policy with this ARN.
pub fn aws_managed(arn: &str) -> Option<Policy> {
    let name = arn.strip_prefix(AWS_MANAGED_PREFIX)?;
    let place = AWS_MANAGED.iter().position(|managed| managed.name == name)?;
    PARSED.get(place).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_policy_is_valid() {
        for managed in &AWS_MANAGED {
            assert!(
                aws_managed(&format!("{AWS_MANAGED_PREFIX}{}", managed.name)).is_some(),
                "{}",
                managed.name
            );
        }
        assert!(FULL_AWS_ACCESS.source().contains("Allow"));
        assert!(aws_managed("arn:aws:iam::aws:policy/None").is_none());
    }
}
