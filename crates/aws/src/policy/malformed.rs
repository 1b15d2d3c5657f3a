//! What is wrong with a policy document, in IAM's words.
//!
//! The texts were recorded from IAM's `MalformedPolicyDocument` answers by the test suites of public
//! projects; where no recording is known the ledger says *assumed*.

use std::borrow::Cow;
use std::fmt;

/// A fault that a document can have.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not JSON, or not the shape of a policy.
    Syntax,
    /// A managed policy without version 2012-10-17.
    OldVersion,
    /// An effect in the wrong case, or a value that its operator cannot read.
    Legacy,
    DoubledSid,
    SidNotAlphanumeric,
    NoActions,
    NoResources,
    PrincipalNotAllowed,
    MissingField(&'static str),
    ProhibitedField(&'static str),
    /// Kind and text of the entry.
    InvalidPrincipal(String, String),
    NoVendor,
    InvalidVendor(String),
    ManyColons,
    NotAnArn(String),
    /// Partition, and the ARN filled up with `*`.
    InvalidPartition(String, String),
    NoResourceVendor,
    /// A resource of IAM whose path is none of IAM's.
    IamPath,
    /// A resource of IAM, which has no Regions, in one.
    IamInRegion(String),
    /// A resource without Regions in one.
    InRegion(String),
    VendorWildcard,
    /// A trust policy that is no JSON.
    TrustIsNoJson,
    /// A trust policy with `NotPrincipal`.
    NotPrincipal,
    /// A trust policy whose `Principal` names nobody.
    EmptyPrincipal,
    /// A provider of identities that is none.
    Federated,
    /// Amazon Cognito, trusted without a condition.
    CognitoWithoutCondition,
    /// A trust policy with an action that assumes no role.
    NotAssumeRole,
    /// What AWS Organizations answers, whatever is wrong.
    NotOfItsType,
}

/// A policy document that is refused.
///
/// [`MalformedPolicy::message`] is what AWS answers and may echo a part of the document, as AWS does.
/// `Display` and `Debug` never do: they say the kind of fault and the place.
#[derive(Clone, PartialEq, Eq)]
pub struct MalformedPolicy {
    fault: Fault,
    line_and_column: Option<(usize, usize)>,
    place: Option<String>,
}

impl MalformedPolicy {
    /// A fault without a place.
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault, line_and_column: None, place: None }
    }

    /// The fault of a text that is no JSON.
    pub(super) fn at_line(line: usize, column: usize) -> Self {
        Self { fault: Fault::Syntax, line_and_column: Some((line, column)), place: None }
    }

    /// The same of a trust policy, where IAM has other words for it (F-IAM-02).
    #[must_use]
    pub(super) fn of_trust(mut self) -> Self {
        self.fault = Fault::TrustIsNoJson;
        self
    }

    /// The same with the place, which is made of element names and positions only.
    #[must_use]
    pub(super) fn at(mut self, place: impl Into<String>) -> Self {
        self.place.get_or_insert_with(|| place.into());
        self
    }

    /// The same refusal as AWS Organizations words it.
    #[must_use]
    pub(super) fn of_organizations(mut self) -> Self {
        self.fault = Fault::NotOfItsType;
        self
    }

    /// The line and the column, both counted from 1, where the text stops being JSON.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.line_and_column
    }

    /// Where in the document the fault lies, for example `Statement[1].Condition`.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The message of AWS's answer. It may echo a resource, principal or action of the document.
    pub fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match &self.fault {
            Fault::InvalidPrincipal(kind, text) => {
                return Cow::Owned(format!("Invalid principal in policy: \"{kind}\":\"{text}\""));
            }
            Fault::InvalidVendor(vendor) => return Cow::Owned(format!("Vendor {vendor} is not valid")),
            Fault::NotAnArn(text) => {
                return Cow::Owned(format!("Resource {text} must be in ARN format or \"*\"."));
            }
            Fault::InvalidPartition(partition, arn) => {
                return Cow::Owned(format!("Partition \"{partition}\" is not valid for resource \"{arn}\"."));
            }
            Fault::IamInRegion(arn) => {
                return Cow::Owned(format!("IAM resource {arn} cannot contain region information."));
            }
            Fault::InRegion(arn) => {
                return Cow::Owned(format!("Resource {arn} can not contain region information."));
            }
            Fault::MissingField(field) => return Cow::Owned(format!("Missing required field {field}")),
            Fault::ProhibitedField(field) => return Cow::Owned(format!("Has prohibited field {field}")),
            other => other.kind(),
        })
    }
}

impl Fault {
    /// A text that holds nothing of the document.
    fn kind(&self) -> &'static str {
        match self {
            Self::Syntax => "Syntax errors in policy.",
            Self::OldVersion => "Policy document must be version 2012-10-17 or greater.",
            Self::Legacy => "The policy failed legacy parsing",
            Self::DoubledSid => "Statement IDs (SID) in a single policy must be unique.",
            Self::SidNotAlphanumeric => {
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                 expression [0-9A-Za-z]*"
            }
            Self::NoActions => "Policy statement must contain actions.",
            Self::NoResources => "Policy statement must contain resources.",
            Self::PrincipalNotAllowed => "Policy document should not specify a principal.",
            Self::MissingField(_) => "a required field is missing",
            Self::ProhibitedField(_) => "a field is not allowed here",
            Self::InvalidPrincipal(..) => "Invalid principal in policy",
            Self::NoVendor => "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            Self::InvalidVendor(_) => "the vendor of an action is not valid",
            Self::ManyColons => "Actions/Condition can contain only one colon.",
            Self::NotAnArn(_) => "a resource must be in ARN format or \"*\"",
            Self::InvalidPartition(..) => "the partition of a resource is not valid",
            Self::NoResourceVendor => "Resource vendor must be fully qualified and cannot contain regexes.",
            Self::IamPath => {
                "IAM resource path must either be \"*\", root, or start with user/, federated-user/, role/, group/, \
                 instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, \
                 report/, access-report/."
            }
            Self::IamInRegion(_) | Self::InRegion(_) => "a resource names a Region and has none",
            Self::VendorWildcard => "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
            Self::TrustIsNoJson => "This policy contains invalid Json",
            Self::NotPrincipal => "AssumeRole policy must not contain NotPrincipal field.",
            Self::EmptyPrincipal => "Missing required field Principal cannot be empty!",
            Self::Federated => "Federated principals must be valid domain names or SAML metadata ARNs",
            Self::CognitoWithoutCondition => "A condition block must be present for the Cognito provider",
            Self::NotAssumeRole => "AssumeRole policy may only specify STS AssumeRole actions.",
            Self::NotOfItsType => {
                "The provided policy document does not meet the requirements of the specified policy type."
            }
        }
    }
}

impl fmt::Display for MalformedPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.fault.kind().trim_end_matches('.'))?;
        if let Some(place) = &self.place {
            write!(formatter, " at {place}")?;
        }
        if let Some((line, column)) = self.line_and_column {
            write!(formatter, " at line {line} column {column}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MalformedPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MalformedPolicy({self})")
    }
}

impl std::error::Error for MalformedPolicy {}
