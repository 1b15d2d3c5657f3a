//! The question and the answer of the endpoint for credentials (F-EDGE-29).

use aws::arn::AccountId;
use serde::Deserialize;
use serde_json::{Value, json};
use services::front::credentials::{Given, Holder};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    account: AccountId,
    user: Option<String>,
    role: Option<String>,
}

/// Whose credentials are asked for.
pub(super) fn read(body: &[u8]) -> Result<Holder, String> {
    let question: Question = serde_json::from_slice(body).map_err(|reason| reason.to_string())?;
    match (question.user, question.role) {
        (None, None) => Ok(Holder::Administrator(question.account)),
        (Some(user), None) => Ok(Holder::User(question.account, user)),
        (None, Some(role)) => Ok(Holder::Role(question.account, role)),
        (Some(_), Some(_)) => Err("Name a user or a role, not both.".to_owned()),
    }
}

/// The answer, as a `credential_process` prints it.
pub(super) fn page(given: &Given) -> Value {
    let mut page = json!({
        "Version": 1,
        "AccessKeyId": given.access_key_id,
        "SecretAccessKey": given.secret_access_key,
    });
    if let Some((token, expires_at)) = &given.session {
        page["SessionToken"] = token.as_str().into();
        page["Expiration"] = expires_at.to_string().into();
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_an_account_and_at_most_one_of_its_principals() {
        let read = |text: &str| read(text.as_bytes());
        let account: AccountId = "111122223333".parse().unwrap();
        assert_eq!(read(r#"{"account":"111122223333"}"#), Ok(Holder::Administrator(account)));
        let user = read(r#"{"account":"111122223333","user":"ann"}"#);
        assert_eq!(user, Ok(Holder::User(account, "ann".to_owned())));
        for wrong in [
            "",
            "{}",
            r#"{"account":"1"}"#,
            r#"{"account":"111122223333","user":"a","role":"b"}"#,
            r#"{"account":"111122223333","rol":"b"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
