//! The refusals of AWS Organizations, each worded in one place.
//!
//! F-ORGS-ERR-1: codes and reasons are the model's. A text that was seen in public recordings of AWS stands as it was
//! recorded; the others are *assumed* from the API reference's description of the exception.

use super::model::{
    AWSOrganizationsNotInUseException, AccessDeniedException, AccountAlreadyClosedException,
    AccountAlreadyRegisteredException, AccountNotFoundException, AccountNotRegisteredException,
    AlreadyInOrganizationException, ChildNotFoundException, ConcurrentModificationException,
    ConstraintViolationException, ConstraintViolationExceptionReason as Constraint,
    CreateAccountStatusNotFoundException, DestinationParentNotFoundException, DuplicateAccountException,
    DuplicateHandshakeException, DuplicateOrganizationalUnitException, DuplicatePolicyAttachmentException,
    DuplicatePolicyException, EffectivePolicyNotFoundException, Error, HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    HandshakeConstraintViolationExceptionReason as HandshakeConstraint, HandshakeNotFoundException,
    InvalidHandshakeTransitionException, InvalidInputException, InvalidInputExceptionReason as InvalidInput,
    MalformedPolicyDocumentException, MasterCannotLeaveOrganizationException, OrganizationNotEmptyException,
    OrganizationalUnitNotEmptyException, OrganizationalUnitNotFoundException, ParentNotFoundException,
    PolicyInUseException, PolicyNotAttachedException, PolicyNotFoundException,
    PolicyTypeAlreadyEnabledException, PolicyTypeNotAvailableForOrganizationException,
    PolicyTypeNotEnabledException, ResourcePolicyNotFoundException, RootNotFoundException,
    SourceParentNotFoundException, TargetNotFoundException, TooManyRequestsException,
};

/// Declares functions that give one refusal each.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident => $exception:ident, $text:expr;)+) => {
        $($(#[$doc])* pub(super) fn $name() -> Error {
            $exception { message: Some($text.to_owned()) }.into()
        })+
    };
}

refusals! {
    /// Recorded.
    not_in_use => AWSOrganizationsNotInUseException, "Your account is not a member of an organization.";
    /// Recorded.
    access_denied => AccessDeniedException, "You don't have permissions to access this resource.";
    /// Recorded, also for a MoveAccount whose source is not the account's parent.
    account_not_found => AccountNotFoundException, "You specified an account that doesn't exist.";
    account_already_closed => AccountAlreadyClosedException, "The provided account is already closed.";
    /// Recorded.
    account_already_registered => AccountAlreadyRegisteredException,
        "The provided account is already a delegated administrator for your organization.";
    account_not_registered => AccountNotRegisteredException,
        "The provided account is not a registered delegated administrator for your organization.";
    /// Recorded.
    already_in_organization => AlreadyInOrganizationException,
        "The AWS account is already a member of an organization.";
    child_not_found => ChildNotFoundException, "You specified a child that doesn't exist.";
    /// Recorded.
    concurrent_modification => ConcurrentModificationException,
        "AWS Organizations can't complete your request because it conflicts with another attempt to modify the same \
         entity. Try again later.";
    create_account_status_not_found => CreateAccountStatusNotFoundException,
        "You specified an account creation request that doesn't exist.";
    source_parent_not_found => SourceParentNotFoundException, "You specified a source parent that doesn't exist.";
    destination_parent_not_found => DestinationParentNotFoundException,
        "You specified a destination parent that doesn't exist.";
    duplicate_account => DuplicateAccountException,
        "The account is already present in the specified destination.";
    /// Recorded.
    duplicate_handshake => DuplicateHandshakeException,
        "A handshake with the specified type and parameters already exists for the given parties.";
    /// Recorded.
    duplicate_unit => DuplicateOrganizationalUnitException, "An OU with the same name already exists.";
    /// Recorded: AWS says of an attachment what it says of a policy.
    duplicate_attachment => DuplicatePolicyAttachmentException,
        "A policy with the specified name and type already exists.";
    duplicate_policy => DuplicatePolicyException,
        "A policy with the specified name and type already exists.";
    /// Recorded.
    effective_policy_not_found => EffectivePolicyNotFoundException,
        "The specified policy type is not enabled. Enable that policy type on your organization root and then retry.";
    /// Recorded.
    handshake_already_in_state => HandshakeAlreadyInStateException,
        "The handshake is already in the requested state.";
    /// Recorded.
    handshake_not_found => HandshakeNotFoundException, "You specified a handshake that doesn't exist.";
    /// Recorded.
    invalid_handshake_transition => InvalidHandshakeTransitionException,
        "You cannot perform this operation on a handshake in its current state, such as attempting to cancel a handshake \
         that was previously accepted or attempting to accept a handshake that was declined.";
    master_cannot_leave => MasterCannotLeaveOrganizationException,
        "You can't remove a management account from an organization. If you want the management account to become a \
         member account in another organization, you must first delete the current organization of the management \
         account.";
    organization_not_empty => OrganizationNotEmptyException,
        "To delete an organization you must first remove all member accounts (except the management account).";
    unit_not_empty => OrganizationalUnitNotEmptyException,
        "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and \
         try the operation again.";
    unit_not_found => OrganizationalUnitNotFoundException,
        "You specified an organizational unit that doesn't exist.";
    parent_not_found => ParentNotFoundException, "You specified a parent that doesn't exist.";
    /// Recorded.
    policy_in_use => PolicyInUseException, "The specified policy is in use and cannot be deleted.";
    policy_not_attached => PolicyNotAttachedException,
        "The policy isn't attached to the specified target in the specified root.";
    /// Recorded.
    policy_not_found => PolicyNotFoundException, "You specified a policy that doesn't exist.";
    policy_type_already_enabled => PolicyTypeAlreadyEnabledException,
        "The specified policy type is already enabled.";
    policy_type_not_available => PolicyTypeNotAvailableForOrganizationException,
        "You can't use the specified policy type with the feature set currently enabled for your organization.";
    /// Recorded.
    policy_type_not_enabled => PolicyTypeNotEnabledException,
        "This operation can be performed only for enabled policy types.";
    /// Recorded.
    resource_policy_not_found => ResourcePolicyNotFoundException, "No resource-based policy found.";
    root_not_found => RootNotFoundException, "You specified a root that doesn't exist.";
    /// Recorded.
    target_not_found => TargetNotFoundException, "You specified a target that doesn't exist.";
    /// Recorded.
    malformed_policy => MalformedPolicyDocumentException,
        "The provided policy document does not meet the requirements of the specified policy type.";
}

/// F-ORGS-CREATE-4: a sixth account creation while five are in progress.
pub(super) fn too_many_creations() -> Error {
    let message = "You have exceeded the number of accounts that you can create at a time. Try again later.";
    TooManyRequestsException { r#type: None, message: Some(message.to_owned()) }.into()
}

/// A limit that the call would break.
pub(super) fn constraint(reason: Constraint) -> Error {
    ConstraintViolationException { message: Some(constraint_text(reason).to_owned()), reason: Some(reason) }
        .into()
}

fn constraint_text(reason: Constraint) -> &'static str {
    use Constraint as R;
    match reason {
        R::AccountNumberLimitExceeded => "You have exceeded the allowed number of AWS accounts.",
        R::OuNumberLimitExceeded => "You have exceeded the allowed number of organizational units.",
        // Recorded.
        R::OuDepthLimitExceeded => {
            "You cannot add an organizational unit to the specified parent because it would exceed the max depth \
             allowed."
        }
        R::PolicyNumberLimitExceeded => "You have exceeded the allowed number of policies.",
        // Recorded, as are the two that follow.
        R::PolicyContentLimitExceeded => "You have exceeded the maximum policy size.",
        R::MaxPolicyTypeAttachmentLimitExceeded => {
            "You have attached the maximum number of policies to the specified target."
        }
        R::MinPolicyTypeAttachmentLimitExceeded => {
            "You cannot remove the last policy attached to the specified target. You must have at least one \
             attached at all times."
        }
        R::MasterAccountNotGovcloudEnabled => {
            "To complete this operation, the management account must have an associated account in the AWS GovCloud \
             (US) Region."
        }
        R::OrganizationNotInAllFeaturesMode => {
            "This operation can be performed only in an organization with all features enabled."
        }
        // Recorded, with two blanks.
        R::WaitPeriodActive => "This operation requires a wait period.  Try again later.",
        // Recorded.
        R::UpdateExistingResourcePolicyWithTagsNotSupported => {
            "Adding tags on updating an existing resource-based policy is not supported."
        }
        R::MaxTagLimitExceeded => "You have exceeded the number of tags allowed on this resource.",
        // Recorded.
        R::CannotRegisterMasterAsDelegatedAdministrator => {
            "You cannot register management account/yourself as delegated administrator for your organization."
        }
        R::CannotRemoveDelegatedAdministratorFromOrg => {
            "You attempted to remove an account that is registered as a delegated administrator for a service \
             integrated with your organization."
        }
        R::DelegatedAdministratorExistsForThisService => {
            "A delegated administrator is already registered for this service."
        }
        R::CannotRegisterSuspendedAccountAsDelegatedAdministrator => {
            "You cannot register a suspended account as a delegated administrator."
        }
        R::CannotCloseManagementAccount => "You can't close the management account.",
        R::CloseAccountQuotaExceeded => "You have exceeded close account quota for the past 30 days.",
        R::CloseAccountRequestsLimitExceeded => {
            "You have exceeded the number of accounts that you can close at a time."
        }
        R::ServiceAccessNotEnabled => {
            "You must enable service access before you can complete this operation. Call the EnableAWSServiceAccess \
             API first."
        }
        R::PolicyTypeEnabledForThisService => {
            "You must disable the policy type before you can disable service access."
        }
        R::AccountCannotLeaveOrganization => "The account cannot leave the organization.",
        _ => "The operation violates a limit of the organization.",
    }
}

/// A limit of handshakes that the call would break.
pub(super) fn handshake_constraint(reason: HandshakeConstraint) -> Error {
    use HandshakeConstraint as R;
    let message = match reason {
        R::AccountNumberLimitExceeded => "You have exceeded the allowed number of AWS accounts.",
        // Recorded, as is the one that follows.
        R::AlreadyInAnOrganization => "The AWS account is already a member of an organization.",
        R::OrganizationAlreadyHasAllFeatures => "All features are already enabled on this organization.",
        R::OrganizationIsAlreadyPendingAllFeaturesMigration => {
            "The organization has already started the process to enable all features."
        }
        R::HandshakeRateLimitExceeded => {
            "You have exceeded the number of handshakes that you can send in one day."
        }
        R::InviteDisabledDuringEnableAllFeatures => {
            "Invitations are disabled while the organization is in the process of enabling all features."
        }
        _ => "The handshake violates a limit of the organization.",
    };
    HandshakeConstraintViolationException { message: Some(message.to_owned()), reason: Some(reason) }.into()
}

/// RegisterDelegatedAdministrator of a service without trusted access, in the words that were recorded of it.
pub(super) fn service_access_needed_to_delegate() -> Error {
    let text = "You must enable service access before you delegate an administrator for this service. Call the AWS API \
                EnableAWSServiceAccess first.";
    let reason = Some(Constraint::ServiceAccessNotEnabled);
    ConstraintViolationException { message: Some(text.to_owned()), reason }.into()
}

/// F-ORGS-RP-3: an action that a delegation policy cannot delegate. Recorded.
pub(super) fn unsupported_action(action: &str) -> Error {
    let text = format!("{action} is not a supported action for this resource-based policy.");
    let reason = Some(InvalidInput::UnsupportedActionInResourcePolicy);
    InvalidInputException { message: Some(text), reason }.into()
}

/// An input that is of no use.
pub(super) fn invalid_input(reason: InvalidInput) -> Error {
    InvalidInputException { message: Some(invalid_input_text(reason).to_owned()), reason: Some(reason) }
        .into()
}

fn invalid_input_text(reason: InvalidInput) -> &'static str {
    use InvalidInput as R;
    match reason {
        // Recorded: all up to the next remark.
        R::InvalidPattern | R::InvalidPatternTargetId => {
            "You provided a value that does not match the required pattern."
        }
        R::InvalidEnum => "You specified an invalid value.",
        R::InvalidEnumPolicyType => "You specified an invalid policy type.",
        R::InvalidPartyTypeTarget => "You specified an invalid party type as the target parameter.",
        R::MaxLengthExceeded => "You provided a string that exceeds that maximum length.",
        R::MaxValueExceeded => "You provided a value that exceeds the maximum allowed.",
        R::MinValueExceeded => "You provided a value that is below the minimum allowed.",
        R::InputRequired => "You must provide a value for the parameter.",
        R::InvalidNextToken => {
            "You specified an invalid value for nextToken. You must get the value from the response to a previous call \
             to the API."
        }
        R::UnrecognizedServicePrincipal => "You specified an unrecognized service principal.",
        R::MaxLimitExceededFilter => "You specified too many filter parameters.",
        R::InvalidEmailAddressTarget => {
            "You specified an invalid email address for the invited account owner."
        }
        R::DuplicateTagKey => "Your request includes duplicate tag keys.",
        R::TargetNotSupported => "You specified a target that is not currently supported.",
        R::InvalidResourcePolicyJson => "This resource-based policy contains invalid JSON.",
        // Assumed: all that follow.
        R::MinLengthExceeded => "You provided a string that is below the minimum length.",
        R::ImmutablePolicy => "You specified a policy that is managed by AWS and can't be modified.",
        R::InvalidListMember => {
            "You provided a list to a parameter that contains at least one invalid value."
        }
        R::InvalidRoleName => {
            "You provided a role name that is not valid. A role name can't start with the reserved prefix \
             'AWSServiceRoleFor'."
        }
        R::InvalidSystemTagsParameter => {
            "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys because \
             they're reserved for AWS use."
        }
        R::NonDetachablePolicy => "You can't detach this AWS managed policy.",
        _ => "You specified an invalid value.",
    }
}
