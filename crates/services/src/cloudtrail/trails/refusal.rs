//! The refusals of operations on trails. Each text is here once; where AWS's own is not known it says *assumed* and stands
//! so in F-TRAILS-ERR-1.

use aws::arn::AccountId;
use aws::refusal::Refusal;

/// A refusal with status 400, as all of CloudTrail's are.
pub(super) fn refusal(code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal::new(code, 400, &*text.into())
}

/// F-TRAILS-ERR-2: recorded. `named` is what was sent, or the name alone where only reading was asked for.
pub(super) fn unknown_trail(named: &str, account: AccountId) -> Refusal {
    refusal("TrailNotFoundException", format!("Unknown trail: {named} for the user: {account}"))
}

pub(super) fn already_exists(name: &str, account: AccountId) -> Refusal {
    refusal("TrailAlreadyExistsException", format!("Trail {name} already exists for customer: {account}"))
}

pub(super) fn too_many_trails(account: AccountId, most: usize, region: &str) -> Refusal {
    let text = format!("User: {account} already has {most} trails in {region}.");
    refusal("MaximumNumberOfTrailsExceededException", text)
}

pub(super) fn invalid_name(text: impl Into<String>) -> Refusal {
    refusal("InvalidTrailNameException", text)
}

pub(super) fn invalid_arn(arn: &str) -> Refusal {
    refusal("CloudTrailARNInvalidException", format!("The trail ARN {arn} is not valid."))
}

pub(super) fn other_home(arn: &str, home: &str) -> Refusal {
    let text = format!("The trail {arn} can only be changed in its home region, {home}.");
    refusal("InvalidHomeRegionException", text)
}

pub(super) fn invalid_bucket_name(text: impl Into<String>) -> Refusal {
    refusal("InvalidS3BucketNameException", text)
}

pub(super) fn no_bucket(name: &str) -> Refusal {
    refusal("S3BucketDoesNotExistException", format!("S3 bucket {name} does not exist!"))
}

/// F-TRAILS-BUCKET-1: recorded.
pub(super) fn bucket_policy(name: &str) -> Refusal {
    let text = format!("Incorrect S3 bucket policy is detected for bucket: {name}");
    refusal("InsufficientS3BucketPolicyException", text)
}

pub(super) fn combination(text: &'static str) -> Refusal {
    refusal("InvalidParameterCombinationException", text)
}

pub(super) fn invalid_parameter(text: impl Into<String>) -> Refusal {
    refusal("InvalidParameterException", text)
}

/// F-TRAILS-SEL-1: most of the texts are recorded.
pub(super) fn invalid_selectors(text: impl Into<String>) -> Refusal {
    refusal("InvalidEventSelectorsException", text)
}

pub(super) fn not_management() -> Refusal {
    let text = "The request could not be completed because the account is not the management account or a delegated \
        administrator account of the organization.";
    refusal("NotOrganizationMasterAccountException", text)
}

/// The same of the operations that only the management account itself may call.
pub(super) fn not_management_itself() -> Refusal {
    let text = "The request could not be completed because the account is not the management account of the organization.";
    refusal("NotOrganizationManagementAccountException", text)
}

pub(super) fn no_organization() -> Refusal {
    let text = "The request could not be completed because your account is not part of an AWS Organizations organization.";
    refusal("OrganizationsNotInUseException", text)
}

pub(super) fn not_all_features() -> Refusal {
    let text =
        "The request could not be completed because all features are not enabled in your organization.";
    refusal("OrganizationNotInAllFeaturesModeException", text)
}

pub(super) fn no_trusted_access() -> Refusal {
    let text = "Trusted access for CloudTrail is not enabled in your organization.";
    refusal("CloudTrailAccessNotEnabledException", text)
}

pub(super) fn no_service_linked_role() -> Refusal {
    let text = "The management account does not have the service-linked role AWSServiceRoleForCloudTrail.";
    refusal("NoManagementAccountSLRExistsException", text)
}

pub(super) fn unsupported_resource(arn: &str) -> Refusal {
    refusal("ResourceTypeNotSupportedException", format!("The resource {arn} is of a type that has no tags."))
}

pub(super) fn too_many_tags(most: usize) -> Refusal {
    refusal("TagsLimitExceededException", format!("A trail can have up to {most} tags."))
}

pub(super) fn invalid_tag(text: &'static str) -> Refusal {
    refusal("InvalidTagParameterException", text)
}
