//! What new documents begin as.

use aws::arn::AccountId;

/// A policy that lets somebody look.
pub const FIRST_POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["account:Get*", "account:List*"],
      "Resource": "*"
    }
  ]
}"#;

/// A trust policy that lets the account's own principals in.
pub fn first_trust(account: AccountId) -> String {
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {{\n      \"Effect\": \"Allow\",\n      \
         \"Principal\": {{ \"AWS\": \"arn:aws:iam::{account}:root\" }},\n      \"Action\": \"sts:AssumeRole\"\n    }}\n  ]\n}}"
    )
}
