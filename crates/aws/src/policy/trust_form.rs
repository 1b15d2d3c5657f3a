//! What IAM asks of the principals and actions of a trust policy, beyond what every policy must be.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::effort::Effort;
use super::malformed::Fault;
use super::wildcard::{Dialect, Pattern, Symbol};
use crate::arn::Arn;

/// The actions that a trust policy is asked for (F-IAM-90).
const ACTIONS: [&str; 6] = [
    "assumerole",
    "assumerolewithsaml",
    "assumerolewithwebidentity",
    "setcontext",
    "setsourceidentity",
    "tagsession",
];

/// How names of services end (F-IAM-90, *assumed*: AWS has a list of them).
const SERVICE_SUFFIXES: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal"];

/// Whose sessions need a condition, since anybody can have one.
const COGNITO: &str = "cognito-identity.amazonaws.com";

/// What is wrong with the principals, each a kind and a text. F-IAM-90
pub(super) fn fault_of_principals(
    negated: bool,
    entries: &[(String, String)],
    has_conditions: bool,
) -> Option<Fault> {
    if negated {
        return Some(Fault::NotPrincipal);
    }
    if entries.is_empty() {
        return Some(Fault::EmptyPrincipal);
    }
    entries.iter().find_map(|(kind, text)| match kind.as_str() {
        "Service" if !is_service(text) => Some(Fault::InvalidPrincipal("SERVICE".to_owned(), text.clone())),
        "Federated" if !is_provider(text) => Some(Fault::Federated),
        "Federated" if text == COGNITO && !has_conditions => Some(Fault::CognitoWithoutCondition),
        _ => None,
    })
}

fn is_service(text: &str) -> bool {
    is_domain(text) && SERVICE_SUFFIXES.iter().any(|suffix| text.ends_with(suffix))
}

/// A provider of IAM by its ARN, or one that needs none by its domain.
fn is_provider(text: &str) -> bool {
    if !text.starts_with("arn:") {
        return is_domain(text);
    }
    Arn::parse(text).is_some_and(|arn| {
        let kinds = ["saml-provider/", "oidc-provider/"];
        arn.service == "iam" && kinds.iter().any(|kind| arn.resource.starts_with(kind))
    })
}

/// Labels of letters, digits and hyphens with dots between them, two at least.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// Whether an action is one of STS's that assume a role; `*` and `sts:*`, of which some are, pass (*assumed*). F-IAM-90
pub(super) fn is_of_assuming(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let Some(name) = action.strip_prefix("sts:") else { return action == "*" };
    let symbols: Vec<Symbol> = name.chars().map(|letter| (letter, true)).collect();
    let pattern = Pattern::new(&symbols, Dialect::Everywhere);
    ACTIONS.iter().any(|known| pattern.matches(known, &Effort::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_actions_that_assume_a_role_pass_f_iam_90() {
        for good in ["sts:AssumeRole", "STS:assumerole*", "sts:TagSession", "sts:SetContext", "sts:*", "*"] {
            assert!(is_of_assuming(good), "{good}");
        }
        for wrong in ["sts:TagSessions", "sts:GetCallerIdentity", "s3:GetObject", "sts:", "s*:AssumeRole"] {
            assert!(!is_of_assuming(wrong), "{wrong}");
        }
    }

    #[test]
    fn principals_of_a_trust_policy_have_forms_f_iam_90() {
        let fault = |kind: &str, text: &str, has_conditions| {
            fault_of_principals(false, &[(kind.to_owned(), text.to_owned())], has_conditions)
        };
        for (kind, text) in [
            ("*", "*"),
            ("AWS", "*"),
            ("Service", "ec2.amazonaws.com"),
            ("Service", "states.eu-west-1.amazonaws.com"),
            ("Federated", "accounts.google.com"),
            ("Federated", "arn:aws:iam::111122223333:saml-provider/Okta"),
            ("Federated", "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"),
        ] {
            assert!(fault(kind, text, false).is_none(), "{kind} {text}");
        }
        assert!(fault("Federated", COGNITO, true).is_none());
        assert!(fault("Federated", COGNITO, false) == Some(Fault::CognitoWithoutCondition));
        for text in ["ec2", "ec2.example.com", "*.amazonaws.com", ".amazonaws.com"] {
            let expected = Fault::InvalidPrincipal("SERVICE".to_owned(), text.to_owned());
            assert!(fault("Service", text, true) == Some(expected), "{text}");
        }
        for text in ["Okta", "*", "arn:aws:iam::111122223333:role/r", "accounts..com"] {
            assert!(fault("Federated", text, true) == Some(Fault::Federated), "{text}");
        }
        assert!(fault_of_principals(false, &[], true) == Some(Fault::EmptyPrincipal));
        assert!(fault_of_principals(true, &[], true) == Some(Fault::NotPrincipal));
    }
}
