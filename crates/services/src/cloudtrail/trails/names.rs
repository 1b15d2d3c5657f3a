//! What the names of trails, buckets and prefixes must look like.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html>

use aws::refusal::Refusal;

use super::refusal;

/// F-TRAILS-NAME-1: 3 to 128 letters, digits, `.`, `_` and `-`, a letter or digit at both ends, no two signs side by side,
/// and no IP address (documented; that of an address, and of two signs: text *assumed*).
///
/// # Errors
/// `InvalidTrailNameException`.
pub(super) fn check_trail(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    let is_sign = |byte: u8| matches!(byte, b'.' | b'_' | b'-');
    let problem = if length < 3 {
        format!(
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: {length} characters."
        )
    } else if length > 128 {
        format!(
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: {length} characters."
        )
    } else if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        "Trail name must starts with a letter or number.".to_owned()
    } else if !name.ends_with(|last: char| last.is_ascii_alphanumeric()) {
        "Trail name must ends with a letter or number.".to_owned()
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte)) {
        "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and \
         underscores (_)."
            .to_owned()
    } else if name.as_bytes().windows(2).any(|pair| is_sign(pair[0]) && is_sign(pair[1])) {
        "Trail name cannot have adjacent periods, underscores or hyphens.".to_owned()
    } else if is_ip_address(name) {
        "Trail name cannot be formatted as an IP address.".to_owned()
    } else {
        return Ok(());
    };
    Err(refusal::invalid_name(problem))
}

fn is_ip_address(name: &str) -> bool {
    name.parse::<std::net::Ipv4Addr>().is_ok()
}

/// F-TRAILS-NAME-2: the naming rules of S3 for buckets (texts *assumed*).
///
/// # Errors
/// `InvalidS3BucketNameException`.
pub(super) fn check_bucket(name: &str) -> Result<(), Refusal> {
    let is_known =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let is_end =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    let problem = if bytes.len() < 3 {
        "Bucket name must be at least 3 characters long."
    } else if bytes.len() > 63 {
        "Bucket name must be at most 63 characters long."
    } else if !bytes.iter().all(|byte| is_known(*byte)) {
        "Bucket name can only contain lowercase letters, numbers, periods (.) and hyphens (-)."
    } else if !is_end(bytes.first()) || !is_end(bytes.last()) {
        "Bucket name must start and end with a lowercase letter or number."
    } else if name.contains("..") {
        "Bucket name must not contain two adjacent periods."
    } else if is_ip_address(name) {
        "Bucket name must not be formatted as an IP address."
    } else {
        return Ok(());
    };
    Err(refusal::invalid_bucket_name(problem))
}

/// F-TRAILS-NAME-3: a prefix has 200 characters at the most (documented; text *assumed*).
///
/// # Errors
/// `InvalidS3PrefixException`.
pub(super) fn check_prefix(prefix: &str) -> Result<(), Refusal> {
    if prefix.chars().count() > 200 {
        return Err(refusal::refusal("InvalidS3PrefixException", "S3 prefix is longer than maximum length."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-TRAILS-NAME-1, F-TRAILS-NAME-2, F-TRAILS-NAME-3.
    #[test]
    fn names_are_held_to_their_rules_f_trails_name_1() {
        for name in ["abc", "a.b", "Main-1_x", "1.2.3", &"a".repeat(128)] {
            assert_eq!(check_trail(name), Ok(()), "{name}");
        }
        for name in
            ["", "ab", "-main", "main-", "ma..in", "a-_b", "192.168.5.4", "m*n", "mäin", &"a".repeat(129)]
        {
            assert_eq!(check_trail(name).expect_err(name).code, "InvalidTrailNameException", "{name}");
        }
        for name in ["abc", "a.b-c", "trail-logs", &"a".repeat(63)] {
            assert_eq!(check_bucket(name), Ok(()), "{name}");
        }
        for name in ["", "ab", "Abc", "a_b", "-abc", "abc.", "a..b", "10.0.0.1", &"a".repeat(64)] {
            assert_eq!(check_bucket(name).expect_err(name).code, "InvalidS3BucketNameException", "{name}");
        }
        assert!(check_prefix(&"p".repeat(200)).is_ok() && check_prefix(&"p".repeat(201)).is_err());
    }
}
