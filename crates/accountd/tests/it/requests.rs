//! For every operation of the services beside Account Management one request that breaks no constraint of the model.
//!
//! The members are those the model requires, and whom an operation is about; the values are known by the
//! members' names, so that a new operation mostly has its request already.

use serde_json::{Map, Value, json};
use services::service::Operation;

use crate::cast::*;
use testing::certificates;

/// The name of the user, group, role and policy that requests are about.
pub const SUBJECT: &str = "subject";

/// What stands in members that the model calls sensitive.
pub const PLANTED: &str = "Zanzibar";
pub const PLANTED_EMAIL: &str = "zanzibar@secret.example";
const PLANTED_PASSWORD: &str = "Zanzibar-Passw0rd!";

/// Allows to list users.
pub const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}"#;

/// Lets the delegated administrator describe the organization.
const DELEGATION: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},"Action":"organizations:DescribeOrganization","Resource":"*"}]}"#;

/// Members that are optional and yet say whom an operation is about.
const ABOUT: &[&str] = &["UserName", "TargetId", "Password", "TrailName", "EventSelectors"];

/// The request of an operation, made by somebody of `account`.
pub fn members(operation: Operation, account: &str) -> Value {
    let shape = operation.shape().expect("a supported operation");
    let mut members = Map::new();
    for member in shape.input_schema().members() {
        if member.required || ABOUT.contains(&member.name) {
            members.insert(member.name.to_owned(), value(operation, member.name, account));
        }
    }
    Value::Object(members)
}

fn value(operation: Operation, member: &str, account: &str) -> Value {
    let in_account = |rest: &str| json!(format!("arn:aws:iam::{account}:{rest}"));
    match (operation, member) {
        (Operation::Iam(_), _) => match member {
            "UserName" | "GroupName" | "RoleName" | "PolicyName" => json!(SUBJECT),
            "InstanceProfileName" | "ServerCertificateName" | "Name" => json!(SUBJECT),
            "VirtualMFADeviceName" => json!(SUBJECT),
            "SerialNumber" => in_account("mfa/subject"),
            "AuthenticationCode1" | "AuthenticationCode2" => json!("000000"),
            "OpenIDConnectProviderArn" => in_account("oidc-provider/issuer.example/subject"),
            "SAMLProviderArn" => in_account("saml-provider/subject"),
            "SAMLMetadataDocument" => json!(certificates::SAML_METADATA),
            "Url" => json!("https://issuer.example/subject"),
            "ClientID" => json!("sts.amazonaws.com"),
            "ThumbprintList" => json!(["0123456789abcdef0123456789abcdef01234567"]),
            "CertificateBody" => json!(certificates::SERVER),
            "PrivateKey" => json!(certificates::SERVER_KEY),
            "CertificateId" => json!("CERTIFICATEOFSUBJECT000000"),
            "SSHPublicKeyBody" => json!(certificates::SSH_KEY),
            "SSHPublicKeyId" => json!("APKASUBJECT0000000000"),
            "Encoding" => json!("SSH"),
            "ServiceName" => json!("codecommit.amazonaws.com"),
            "ServiceSpecificCredentialId" => json!("ACCASUBJECT0000000000"),
            "GlobalEndpointTokenVersion" => json!("v2Token"),
            "PolicyArn" => in_account("policy/subject"),
            "PolicySourceArn" => in_account("user/subject"),
            "AssumeRolePolicyDocument" => trust(account),
            // The same member holds a trust policy here.
            "PolicyDocument" if operation.name() == "UpdateAssumeRolePolicy" => trust(account),
            "PolicyDocument" => json!(DOCUMENT),
            "PolicyInputList" => json!([DOCUMENT]),
            "PermissionsBoundary" => json!("arn:aws:iam::aws:policy/PowerUserAccess"),
            "AccountAlias" => json!(format!("subject-{account}")),
            "AWSServiceName" => json!("organizations.amazonaws.com"),
            "AccessKeyId" => json!("AKIASUBJECT000000000"),
            "ActionNames" => json!(["iam:GetUser"]),
            "DeletionTaskId" => json!(
                "task/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations/\
                 00000000-0000-0000-0000-000000000000"
            ),
            "VersionId" => json!("v2"),
            "Status" => json!("Inactive"),
            "Password" | "OldPassword" | "NewPassword" => json!(PLANTED_PASSWORD),
            "Description" => json!("described"),
            "TemplateArn" => json!(
                "arn:aws:iam::aws:role-template/backup.amazonaws.com/AWSBackupDefaultServiceRoleTemplate:1"
            ),
            "Properties" => json!({ "RoleManager/Enabled": "true" }),
            "Arn" => in_account("user/subject"),
            "JobId" => json!("00000000-0000-4000-8000-000000000000"),
            "ServiceNamespace" => json!("iam"),
            "ServiceNamespaces" => json!(["iam"]),
            "EntityPath" => json!("o-exampleorg/r-root"),
            _ => of_any(member),
        },
        (Operation::Organizations(_), _) => match member {
            "AccountId" | "ChildId" | "ResourceId" | "TargetId" => json!(MEMBER),
            "HandshakeId" => json!("h-examplehandshake"),
            "PolicyId" => json!("p-locked00"),
            "PolicyType" if operation.name().contains("EffectivePolicy") => json!("TAG_POLICY"),
            "PolicyType" | "Type" | "Filter" => json!("SERVICE_CONTROL_POLICY"),
            "ParentId" | "RootId" | "DestinationParentId" => json!("r-root"),
            "SourceParentId" | "OrganizationalUnitId" => json!("ou-root-workload"),
            "Email" => json!(PLANTED_EMAIL),
            "AccountName" => json!(PLANTED),
            "Name" => json!(SUBJECT),
            "Content" if operation.name() == "PutResourcePolicy" => json!(DELEGATION),
            "Content" => json!(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#
            ),
            "Description" => json!("described"),
            "ServicePrincipal" => json!("account.amazonaws.com"),
            "CreateAccountRequestId" => json!("car-examplecreation"),
            "ChildType" => json!("ACCOUNT"),
            "Target" => json!({ "Id": STANDALONE, "Type": "ACCOUNT" }),
            _ => of_any(member),
        },
        (Operation::Sts(_), _) => match member {
            "RoleArn" => json!(format!("arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole")),
            "Audience" => json!(["https://relying.example"]),
            "SigningAlgorithm" => json!("RS256"),
            "WebIdentityToken" => json!(PLANTED),
            "RoleSessionName" | "Name" => json!(SUBJECT),
            "TargetPrincipal" => json!(MEMBER),
            "TaskPolicyArn" => {
                json!({ "arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials" })
            }
            "AccessKeyId" => json!("AKIASUBJECT000000000"),
            "EncodedMessage" => json!("none"),
            _ => of_any(member),
        },
        (Operation::Tagging(_), "ResourceARNList") => json!([in_account("policy/subject")]),
        (Operation::Tagging(_), "Tags") => json!({ "team": "blue" }),
        (Operation::Tagging(_), "Key") => json!("team"),
        (Operation::ServiceQuotas(_), _) => match member {
            "ServiceCode" => json!("iam"),
            "QuotaCode" => json!("L-FE177D64"),
            "DesiredValue" => json!(2000.0),
            "RequestId" => json!("0123456789abcdef0123456789abcdefSubject0"),
            _ => of_any(member),
        },
        (Operation::CloudTrail(_), _) => match member {
            "Name" | "TrailName" => json!(SUBJECT),
            "S3BucketName" => json!("trail-logs"),
            "ResourceId" => trail_arn(account),
            "ResourceIdList" => json!([trail_arn(account)]),
            "TagsList" => json!([{ "Key": "team", "Value": "blue" }]),
            "InsightSelectors" => json!([{ "InsightType": "ApiCallRateInsight" }]),
            "EventSelectors" => json!([{ "ReadWriteType": "WriteOnly" }]),
            "MemberAccountId" | "DelegatedAdminAccountId" => json!(MEMBER),
            _ => of_any(member),
        },
        _ => of_any(member),
    }
}

fn trail_arn(account: &str) -> Value {
    json!(format!("arn:aws:cloudtrail:us-east-1:{account}:trail/{SUBJECT}"))
}

/// Lets whoever is of the account assume the role.
fn trust(account: &str) -> Value {
    let document = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": account }, "Action": "sts:AssumeRole"
    }] });
    json!(document.to_string())
}

fn of_any(member: &str) -> Value {
    match member {
        "Tags" => json!([{ "Key": "team", "Value": "blue" }]),
        "TagKeys" => json!(["team"]),
        other => panic!("a value for the member {other} is missing in requests.rs"),
    }
}
