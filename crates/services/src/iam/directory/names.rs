//! Names as IAM writes them: keys, unique ids, ARNs, and documents as answers carry them.

use aws::arn::{AccountId, Arn, PARTITION};

use crate::authority::managed::AWS_MANAGED_PREFIX;
use crate::context::Seed;
use crate::model::iam as model;

/// The alphabet of unique ids and access key ids.
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The alphabet of secret access keys.
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// F-IAMAPI-ID-2: a unique id: `AIDA`, `AROA`, `AGPA` or `ANPA` and 17 letters or digits.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
pub fn unique_id(prefix: &str, seed: &Seed) -> String {
    unique_id_for(prefix, "", seed)
}

/// The same, for a request that makes several entities: `purpose` tells them apart.
pub fn unique_id_for(prefix: &str, purpose: &str, seed: &Seed) -> String {
    format!("{prefix}{}", seed.text(&format!("{prefix}{purpose}"), BASE32, 17))
}

/// The id of a long-term access key: `AKIA` and 16 letters or digits.
pub fn access_key_id(seed: &Seed) -> String {
    format!("AKIA{}", seed.text("AKIA", BASE32, 16))
}

/// A secret access key: 40 characters.
pub fn secret_access_key(seed: &Seed) -> String {
    seed.text("secret access key", BASE64, 40)
}

/// The ARN of something of IAM that has a path: its kind, its path, its name.
pub fn arn(account: AccountId, kind: &str, path: &str, name: &str) -> String {
    format!("arn:{PARTITION}:iam::{account}:{kind}{path}{name}")
}

/// The ARN of a customer-managed policy.
pub fn policy_arn(account: AccountId, path: &str, name: &str) -> String {
    arn(account, "policy", path, name)
}

/// The last part of an ARN with a path, which is the friendly name.
pub fn last_part(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, name)| name)
}

/// The path in the ARN of a managed policy: from the first slash to the last one.
pub fn path_of_policy(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or("", |parts| parts.resource);
    match (resource.find('/'), resource.rfind('/')) {
        (Some(first), Some(last)) => &resource[first..=last],
        _ => "/",
    }
}

/// The part of index keys that names a managed policy: its name is unique among AWS's, and in its account.
pub fn policy_key(arn: &str) -> String {
    match arn.strip_prefix(AWS_MANAGED_PREFIX) {
        Some(_) => format!("aws:{}", last_part(arn)),
        None => format!("own:{}", last_part(arn).to_lowercase()),
    }
}

/// Where a managed policy stands in lists: AWS's come first (F-IAMAPI-POL-8).
pub fn place_of_policy(arn: &str) -> String {
    format!("{}{arn}", if arn.starts_with(AWS_MANAGED_PREFIX) { "aws " } else { "own " })
}

/// An attached managed policy as answers show it.
pub fn attached_policy(arn: &str) -> model::AttachedPolicy {
    model::AttachedPolicy { policy_name: Some(last_part(arn).into()), policy_arn: Some(arn.into()) }
}

/// A permissions boundary as answers show it.
pub fn attached_boundary(arn: &str) -> model::AttachedPermissionsBoundary {
    model::AttachedPermissionsBoundary {
        permissions_boundary_type: Some(model::PermissionsBoundaryAttachmentType::Policy),
        permissions_boundary_arn: Some(arn.into()),
    }
}

/// F-IAMAPI-DOC-1: policy documents in answers are URL-encoded compliant with RFC 3986.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>
pub fn url_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_encoded_as_rfc_3986_says() {
        assert_eq!(url_encoded("{\"a b\": \"*~é\"}\n"), "%7B%22a%20b%22%3A%20%22%2A~%C3%A9%22%7D%0A");
    }

    #[test]
    fn a_policy_arn_has_a_path_and_a_key() {
        let own = "arn:aws:iam::111122223333:policy/Team/Blue/Read";
        assert_eq!((path_of_policy(own), policy_key(own).as_str()), ("/Team/Blue/", "own:read"));
        let aws = "arn:aws:iam::aws:policy/job-function/Billing";
        assert_eq!((path_of_policy(aws), policy_key(aws).as_str()), ("/job-function/", "aws:Billing"));
    }

    #[test]
    fn ids_have_the_forms_of_aws() {
        let seed = Seed::new([3; 32]);
        assert_eq!(unique_id("AROA", &seed).len(), 21);
        assert_eq!(access_key_id(&seed).len(), 20);
        assert_eq!(secret_access_key(&seed).len(), 40);
    }
}
