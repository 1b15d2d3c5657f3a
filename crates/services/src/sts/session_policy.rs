//! Session policies: what the one who opens a session takes away from it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>

use std::collections::{BTreeMap, BTreeSet};

use aws::arn::{AccountId, Arn};
use aws::policy::{Policy, PolicyKind};

use super::model::{MalformedPolicyDocumentException, PackedPolicyTooLargeException, PolicyDescriptorType};
use super::validation_error;
use crate::authority::policies::managed;
use crate::failure::Failure;
use crate::world::World;

/// F-STSAPI-22: the plaintext of an inline session policy, in characters.
pub const LONGEST_POLICY: usize = 2_048;
/// F-STSAPI-23: managed session policies of one session.
pub const MOST_POLICY_ARNS: usize = 10;
/// F-STSAPI-24 (*assumed*): how many bytes of policies and tags make 100 percent. AWS packs them in a form of
/// its own.
const ALLOTTED_BYTES: usize = 4_096;

/// The session policies of a new session.
pub struct SessionPolicies {
    /// The inline one.
    pub policy: Option<Policy>,
    /// ARNs of managed ones.
    pub policy_arns: BTreeSet<String>,
}

impl SessionPolicies {
    /// Reads what a call gives.
    ///
    /// # Errors
    /// F-STSAPI-22 to F-STSAPI-25: too long, too many, malformed, absent, too large together with the tags. F-STSAPI-41:
    /// managed policies of another account than the session's are as absent ones.
    pub fn read(
        account: AccountId,
        policy: Option<&str>,
        arns: Option<&[PolicyDescriptorType]>,
        tags: &BTreeMap<String, String>,
        world: &World<'_>,
    ) -> Result<Self, Failure> {
        let arns: Vec<&str> =
            arns.unwrap_or_default().iter().filter_map(|entry| Some(entry.arn.as_ref()?.as_str())).collect();
        check_sizes(policy, arns.len())?;
        let compiled = policy.map(|text| Policy::parse_as(text, PolicyKind::Session)).transpose().map_err(
            |malformed| MalformedPolicyDocumentException { message: Some(malformed.message().into_owned()) },
        )?;
        for arn in &arns {
            let is_elsewhere = Arn::parse(arn)
                .and_then(|parts| parts.account.parse::<AccountId>().ok())
                .is_some_and(|owner| owner != account);
            if is_elsewhere || managed(arn, world)?.is_none() {
                let message = format!("Policy {arn} does not exist or is not attachable.");
                return Err(MalformedPolicyDocumentException { message: Some(message) }.into());
            }
        }
        refuse_too_large(policy, &arns, tags)?;
        let policy_arns = arns.into_iter().map(str::to_owned).collect();
        Ok(Self { policy: compiled, policy_arns })
    }
}

fn check_sizes(policy: Option<&str>, arns: usize) -> Result<(), Failure> {
    let too_long = |value: &str, member: &str, limit: usize| {
        validation_error(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
             Member must have length less than or equal to {limit}"
        ))
    };
    if let Some(policy) = policy.filter(|policy| policy.chars().count() > LONGEST_POLICY) {
        return Err(too_long(policy, "policy", LONGEST_POLICY).into());
    }
    if arns > MOST_POLICY_ARNS {
        return Err(too_long(&format!("{arns} policies"), "policyArns", MOST_POLICY_ARNS).into());
    }
    Ok(())
}

/// F-STSAPI-24: the texts are recorded, how much space a policy takes is *assumed*.
fn refuse_too_large(
    policy: Option<&str>,
    arns: &[&str],
    tags: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let percent = |bytes: usize| (bytes * 100).div_ceil(ALLOTTED_BYTES);
    let too_large = |message: String| PackedPolicyTooLargeException { message: Some(message) }.into();
    let tag_bytes: usize = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    if percent(tag_bytes) > 100 {
        let used = percent(tag_bytes);
        return Err(too_large(format!("Packed size of session tags consumes {used}% of allotted space.")));
    }
    let inline = policy.map_or(0, |policy| policy.split_ascii_whitespace().map(str::len).sum());
    let bytes = inline + arns.iter().map(|arn| arn.len()).sum::<usize>() + tag_bytes;
    let used = percent(bytes);
    if used > 100 {
        return Err(too_large(format!(
            "Packed policy consumes {used}% of allotted space, please use smaller policy."
        )));
    }
    Ok(())
}
