//! The AWS-managed policies that accountd knows, given as AWS publishes them.

use std::sync::LazyLock;

use aws::policy::Policy;
use jiff::Timestamp;

/// An AWS-managed policy.
pub struct AwsManaged {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// `ANPA…`
    pub id: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The version in force, for example `v1`.
    pub version: &'static str,
    /// When the policy was created.
    pub created_at: &'static str,
    /// When the version in force was published.
    pub published_at: &'static str,
    /// The document.
    pub document: &'static str,
}

impl AwsManaged {
    /// The ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }

    /// The document, read.
    pub fn policy(&self) -> Policy {
        let place = AWS_MANAGED.iter().position(|known| known.name == self.name);
        let policy = place.and_then(|place| PARSED.get(place));
        policy.cloned().expect("INVARIANT: there is a read document for each of the built-in policies")
    }

    /// When the policy was created, and when the version in force was published.
    pub fn times(&self) -> (Timestamp, Timestamp) {
        let read =
            |text: &str| text.parse().expect("INVARIANT: a test reads the times of all built-in policies");
        (read(self.created_at), read(self.published_at))
    }
}

/// F-IAMMAN-1: the policies that tools of account management name and whose documents are known whole
/// (F-IAMMAN-1; the AWS Managed Policy Reference). The large job and audit policies
/// (ReadOnlyAccess, SecurityAudit, …) change every few days and are left out rather than given in part.
///
/// F-IAMMAN-2 (*assumed*): ids that no public record shows are made up in AWS's form, and so are creation
/// times before the documented version's. In the order of names, which lists rely on.
pub static AWS_MANAGED: [AwsManaged; 17] = [
    AwsManaged {
        name: "AWSAccountManagementFullAccess",
        path: "/",
        id: "ANPAZKAPJZG4ACCTFULLA",
        description: "Provides access to manage AWS Account settings",
        version: "v1",
        created_at: "2021-09-30T23:20:37Z",
        published_at: "2021-09-30T23:20:37Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"account:*","Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSAccountManagementReadOnlyAccess",
        path: "/",
        id: "ANPAZKAPJZG4ACCTREADO",
        description: "Provides read only access to AWS Account settings",
        version: "v1",
        created_at: "2021-09-30T23:29:53Z",
        published_at: "2021-09-30T23:29:53Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["account:Get*","account:List*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSCloudTrail_ReadOnlyAccess",
        path: "/",
        id: "ANPAZKAPJZG4CTRREADOA",
        description: "Provides read only access to AWS CloudTrail.",
        version: "v1",
        created_at: "2022-06-14T17:19:05Z",
        published_at: "2022-06-14T17:19:05Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudtrail:Get*","cloudtrail:Describe*","cloudtrail:List*","cloudtrail:LookupEvents"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSDenyAll",
        path: "/",
        id: "ANPAZKAPJZG4DENYALLAW",
        description: "Deny all access.",
        version: "v2",
        created_at: "2019-05-01T22:36:00Z",
        published_at: "2023-12-18T16:42:05Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSOrganizationsFullAccess",
        path: "/",
        id: "ANPAJZXBNRCJKNLQHSB5M",
        description: "Provides full access to AWS Organizations.",
        version: "v9",
        created_at: "2018-11-06T20:31:57Z",
        published_at: "2026-02-12T17:59:00Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"AWSOrganizationsFullAccess","Effect":"Allow","Action":"organizations:*","Resource":"*"},{"Sid":"AWSOrganizationsFullAccessAccount","Effect":"Allow","Action":["account:PutAlternateContact","account:DeleteAlternateContact","account:GetAlternateContact","account:GetContactInformation","account:PutContactInformation","account:ListRegions","account:EnableRegion","account:DisableRegion","account:PutAccountName","account:GetAccountInformation"],"Resource":"*"},{"Sid":"AWSOrganizationsFullAccessCreateSLR","Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":"organizations.amazonaws.com"}}}]}"#,
    },
    AwsManaged {
        name: "AWSOrganizationsReadOnlyAccess",
        path: "/",
        id: "ANPAJY5RQATUV77PEPVOM",
        description: "Provides read-only access to AWS Organizations.",
        version: "v6",
        created_at: "2018-11-06T20:32:38Z",
        published_at: "2024-06-07T21:32:16Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"AWSOrganizationsReadOnly","Effect":"Allow","Action":["organizations:Describe*","organizations:List*"],"Resource":"*"},{"Sid":"AWSOrganizationsReadOnlyAccount","Effect":"Allow","Action":["account:GetAlternateContact","account:GetContactInformation","account:ListRegions","account:GetRegionOptStatus","account:GetPrimaryEmail"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AWSOrganizationsServiceTrustPolicy",
        path: "/aws-service-role/",
        id: "ANPAIQH6ROMVVECFVRJPK",
        description: "A policy to allow AWS Organizations to share trust with other approved AWS Services for the purpose of simplifying customer configuration.",
        version: "v2",
        created_at: "2017-10-10T23:04:07Z",
        published_at: "2017-11-01T06:01:18Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"AllowDeletionOfServiceLinkedRoleForOrganizations","Effect":"Allow","Action":["iam:DeleteRole"],"Resource":["arn:aws:iam::*:role/aws-service-role/organizations.amazonaws.com/*"]},{"Sid":"AllowCreationOfServiceLinkedRoles","Effect":"Allow","Action":["iam:CreateServiceLinkedRole"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "AdministratorAccess",
        path: "/",
        id: "ANPAIWMBCKSKIEE64ZLYK",
        description: "Provides full access to AWS services and resources.",
        version: "v1",
        created_at: "2015-02-06T18:39:46Z",
        published_at: "2015-02-06T18:39:46Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "IAMAuditRootUserCredentials",
        path: "/root-task/",
        id: "ANPAZKAPJZG4RTAUDITRA",
        description: "Provides access required to check the presence of root user credentials such as root user password and root user access keys using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
        version: "v1",
        created_at: "2024-11-06T22:27:58Z",
        published_at: "2024-11-06T22:27:58Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetAccountSummary","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},{"Sid":"DenyAuditingCredentialsOnNonRootUserResource","Effect":"Deny","Action":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}"#,
    },
    AwsManaged {
        name: "IAMCreateRootUserPassword",
        path: "/root-task/",
        id: "ANPAZKAPJZG4RTCREATEP",
        description: "Provides access required to create a root user password using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
        version: "v1",
        created_at: "2024-11-06T22:32:59Z",
        published_at: "2024-11-06T22:32:59Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["iam:CreateLoginProfile","iam:GetLoginProfile"],"Resource":"*"},{"Sid":"DenyCreatingPasswordOnNonRootUserResource","Effect":"Deny","Action":["iam:CreateLoginProfile","iam:GetLoginProfile"],"NotResource":"arn:aws:iam::*:root"}]}"#,
    },
    AwsManaged {
        name: "IAMDeleteRootUserCredentials",
        path: "/root-task/",
        id: "ANPAZKAPJZG4RTDELETEC",
        description: "Provides access required to delete all root user credentials such as root password and root access keys using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action.",
        version: "v1",
        created_at: "2024-11-06T22:47:58Z",
        published_at: "2024-11-06T22:47:58Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile","iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},{"Sid":"DenyDeletingRootUserCredentialsOnNonRootUserResource","Effect":"Deny","Action":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile","iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}"#,
    },
    AwsManaged {
        name: "IAMFullAccess",
        path: "/",
        id: "ANPAI7XKCFMBPM3QQRRVQ",
        description: "Provides full access to IAM via the AWS Management Console.",
        version: "v2",
        created_at: "2015-02-06T18:40:38Z",
        published_at: "2019-06-21T19:40:00Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "IAMReadOnlyAccess",
        path: "/",
        id: "ANPAJKSO7NDY4T57MWDSQ",
        description: "Provides read only access to IAM via the AWS Management Console.",
        version: "v4",
        created_at: "2015-02-06T18:40:39Z",
        published_at: "2018-01-25T19:11:27Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "IAMUserChangePassword",
        path: "/",
        id: "ANPAJ4L4MM2A7QIEB56MS",
        description: "Provides the ability for an IAM user to change their own password.",
        version: "v3",
        created_at: "2016-11-15T00:25:16Z",
        published_at: "2025-05-29T21:52:00Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword"],"Resource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/*/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}]}"#,
    },
    AwsManaged {
        name: "PowerUserAccess",
        path: "/",
        id: "ANPAJYRXTHIB4FOVS3ZXS",
        description: "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
        version: "v12",
        created_at: "2015-02-06T18:39:47Z",
        published_at: "2026-02-12T17:59:14Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"NotAction":["iam:*","organizations:*","account:*"],"Resource":"*","Effect":"Allow"},{"Action":["account:GetAccountInformation","account:GetGovCloudAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resource":"*","Effect":"Allow"}]}"#,
    },
    AwsManaged {
        name: "S3UnlockBucketPolicy",
        path: "/root-task/",
        id: "ANPAZKAPJZG4RTUNLOCKB",
        description: "Provides access required to delete a misconfigured bucket policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
        version: "v1",
        created_at: "2024-11-06T21:55:56Z",
        published_at: "2024-11-06T21:55:56Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["s3:DeleteBucketPolicy","s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*"},{"Sid":"DenyManagingBucketPolicyForNonRootCallers","Effect":"Deny","Action":["s3:DeleteBucketPolicy","s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
    },
    AwsManaged {
        name: "SQSUnlockQueuePolicy",
        path: "/root-task/",
        id: "ANPAZKAPJZG4RTUNLOCKQ",
        description: "Provides access required to delete a misconfigured queue policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
        version: "v1",
        created_at: "2024-11-06T21:51:02Z",
        published_at: "2024-11-06T21:51:02Z",
        document: r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["sqs:SetQueueAttributes","sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*"},{"Sid":"DenyGettingQueueAttributesOnNonOwnQueue","Effect":"Deny","Action":["sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:*:*:*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceAccount":["${aws:PrincipalAccount}"]}}},{"Sid":"DenyActionsForNonRootUser","Effect":"Deny","Action":["sqs:SetQueueAttributes","sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}"#,
    },
];

/// The ARN prefix of AWS-managed policies.
pub const AWS_MANAGED_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// A policy that allows nothing and denies nothing. It stands in for one that is named but cannot be found.
pub static NOTHING: LazyLock<Policy> = LazyLock::new(|| {
    parsed(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"*","Resource":"*"}]}"#)
});

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
pub fn find_aws_managed(arn: &str) -> Option<&'static AwsManaged> {
    let rest = arn.strip_prefix(AWS_MANAGED_PREFIX)?;
    AWS_MANAGED
        .iter()
        .find(|managed| rest.strip_suffix(managed.name).is_some_and(|path| *path == managed.path[1..]))
}

/// The document of the AWS-managed policy with this ARN.
pub fn aws_managed(arn: &str) -> Option<Policy> {
    find_aws_managed(arn).map(AwsManaged::policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_policy_is_valid() {
        for managed in &AWS_MANAGED {
            let policy = aws_managed(&managed.arn()).expect(managed.name);
            assert_eq!(policy.source(), managed.document, "{}", managed.name);
            assert!(managed.times().0 <= managed.times().1, "{}", managed.name);
            assert_eq!(managed.id.len(), 21, "{}", managed.name);
        }
        assert!(AWS_MANAGED.is_sorted_by_key(|managed| managed.name));
        assert!(FULL_AWS_ACCESS.source().contains("Allow"));
        assert!(aws_managed("arn:aws:iam::aws:policy/None").is_none());
    }
}
