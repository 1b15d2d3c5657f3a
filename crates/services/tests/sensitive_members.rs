//! Whatever the model calls sensitive stays out of `Debug` and of records, in every input and every error.
//! Ledger: F-WIRE-7, F-WIRE-9.

use aws::refusal::Refusal;
use aws::smithy::{HIDDEN, Kind, Schema, redact};
use serde_json::{Map, Value, json};
use services::account::model::{
    Error, ValidationException, ValidationExceptionField, ValidationExceptionReason,
};
use services::service::{Operation, Service};
use services::{account, cloudtrail, ec2, iam, organizations, service_quotas, sts, tagging};

const SECRET: &str = "planted-secret";

/// A value with the secret in every sensitive place. `places` counts them.
fn planted(schema: &Schema, places: &mut usize) -> Value {
    match &schema.kind {
        Kind::String { .. } if schema.sensitive => {
            *places += 1;
            json!(SECRET)
        }
        Kind::String { .. } => json!("open"),
        Kind::Enum(values) => json!(values[0]),
        Kind::Integer(_) => json!(7),
        Kind::Boolean => json!(true),
        Kind::Double => json!(1.5),
        Kind::Map { .. } => json!({}),
        Kind::Timestamp(_) => json!(0),
        Kind::List { member, .. } => json!([planted(member(), places)]),
        Kind::Structure(members) => members
            .iter()
            .map(|member| (member.name.to_owned(), planted((member.schema)(), places)))
            .collect::<Map<_, _>>()
            .into(),
        other => panic!("no input has a {other:?}"),
    }
}

/// The parsed input as it prints itself.
fn printed(operation: Operation, members: &Value) -> String {
    match operation {
        Operation::Account(it) => format!("{:?}", account::model::Input::parse(it, members)),
        Operation::CloudTrail(it) => format!("{:?}", cloudtrail::model::Input::parse(it, members)),
        Operation::Ec2(it) => format!("{:?}", ec2::model::Input::parse(it, members)),
        Operation::Iam(it) => format!("{:?}", iam::model::Input::parse(it, members)),
        Operation::Organizations(it) => format!("{:?}", organizations::model::Input::parse(it, members)),
        Operation::ServiceQuotas(it) => format!("{:?}", service_quotas::model::Input::parse(it, members)),
        Operation::Sts(it) => format!("{:?}", sts::model::Input::parse(it, members)),
        Operation::Tagging(it) => format!("{:?}", tagging::model::Input::parse(it, members)),
        Operation::NotSupported(..) => unreachable!("only supported operations are asked"),
    }
}

#[test]
fn no_input_shows_a_sensitive_member() {
    let mut all_places = Vec::new();
    for service in Service::ALL {
        let mut of_service = 0;
        for operation in Operation::supported(service) {
            let mut places = 0;
            let schema = operation.shape().expect("it is supported").input_schema();
            let value = planted(schema, &mut places);
            let printed = printed(operation, &value);
            assert!(printed.starts_with("Ok("), "{printed}");
            assert!(!printed.contains(SECRET), "{printed}");
            let recorded = redact(schema, &value).to_string();
            assert!(!recorded.contains(SECRET), "{recorded}");
            assert_eq!(
                recorded.matches(HIDDEN).count(),
                places,
                "only what is sensitive is hidden: {recorded}"
            );
            of_service += places;
        }
        all_places.push((service.signing_name(), of_service));
    }
    // Account Management: AcceptPrimaryEmailUpdate 2, PutAccountName 1, PutAlternateContact 4,
    // PutContactInformation 12, StartPrimaryEmailUpdate 1, VerifyPhoneNumber 1. Organizations: e-mail address
    // and name of CreateAccount and CreateGovCloudAccount, target and notes of InviteAccountToOrganization. IAM: passwords of
    // ChangePassword, CreateLoginProfile and UpdateLoginProfile, private keys of servers and SAML providers. STS: the
    // token of AssumeRoleWithWebIdentity.
    let expected = [
        ("account", 21),
        ("cloudtrail", 0),
        ("ec2", 0),
        ("iam", 7),
        ("organizations", 6),
        ("servicequotas", 0),
        ("sts", 1),
        ("tagging", 0),
    ];
    assert_eq!(all_places, expected);
}

#[test]
fn an_error_of_the_service_keeps_its_members_and_hides_them_from_debug() {
    let error = Error::from(ValidationException {
        message: SECRET.into(),
        reason: Some(ValidationExceptionReason::FieldValidationFailed),
        field_list: Some(vec![ValidationExceptionField { name: "City".into(), message: SECRET.into() }]),
    });
    assert!(!format!("{error:?}").contains(SECRET));
    assert_eq!(error.code(), "ValidationException");
    let expected = Refusal::new("ValidationException", 400, SECRET)
        .with("reason", "fieldValidationFailed")
        .with("fieldList", json!([{ "name": "City", "message": SECRET }]));
    assert_eq!(Refusal::from(error), expected);
}
