//! Why a rule gave no result: it refused, or the world could not go on.

use aws::refusal::Refusal;

use crate::world::Fault;

/// A refusal of the service, or a fault of ours.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The service says no, in AWS's words.
    Refused(Box<Refusal>),
    /// The service says no, and what it did until then stays all the same. AWS was recorded to do so once (F-ORGS-INVITE-3).
    RefusedAfterChange(Box<Refusal>),
    /// The store cannot answer; the caller learns nothing but that it was an internal error.
    Fault(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<aws::smithy::Mismatch> for Failure {
    /// Members that passed the model's constraints fit its types, so this is a fault of our own.
    fn from(mismatch: aws::smithy::Mismatch) -> Self {
        Self::Fault(Fault::Broken(format!("checked input does not fit its shape: {mismatch:?}")))
    }
}

macro_rules! from_exception {
    ($($exception:path),* $(,)?) => {
        $(impl From<$exception> for Failure {
            fn from(exception: $exception) -> Self {
                aws::smithy::ErrorShape::refusal(&exception).into()
            }
        })*
    };
}
from_exception!(
    crate::model::sts::InvalidAuthorizationMessageException,
    crate::model::sts::MalformedPolicyDocumentException,
    crate::model::sts::PackedPolicyTooLargeException,
);
