//! The CloudTrail record: of one call, or of what a service did by itself. It is read as it is written.
//!
//! Members and their order are those of the one recorded record of Account Management (F-EVENT-1);
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.

mod line;
mod session_context;
mod written;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arn::AccountId;
use crate::principal::{Caller, Principal};
use line::{Bounded, cut, cut_if_any, in_whole_seconds, json_size, omitted};
pub use session_context::{NoMembers, SessionAttributes, SessionContext, SessionIssuer, WebIdFederationData};

/// F-EVENT-1: the version that was recorded last.
const EVENT_VERSION: &str = "1.11";
/// F-COST-6: larger parameters, answers and details are left out, and their size is told.
const LARGEST_FIELD_BYTES: usize = 100 * 1024;

/// A record. What is read back may lack any member but its time: another program may have written it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record<'a> {
    /// The version of this form.
    #[serde(borrow, default)]
    pub event_version: Cow<'a, str>,
    /// Who.
    #[serde(default)]
    pub user_identity: UserIdentity<'a>,
    /// When; written in whole seconds.
    #[serde(serialize_with = "in_whole_seconds")]
    pub event_time: Timestamp,
    /// The service, for example `account.amazonaws.com`.
    #[serde(borrow, default)]
    pub event_source: Cow<'a, str>,
    /// The operation, or what happened.
    #[serde(borrow, default)]
    pub event_name: Cow<'a, str>,
    /// The Region that served the call, or that a caller made up.
    #[serde(borrow, default, serialize_with = "cut")]
    pub aws_region: Cow<'a, str>,
    /// The caller's address.
    #[serde(borrow, default, rename = "sourceIPAddress")]
    pub source_ip_address: Cow<'a, str>,
    /// What the client calls itself.
    #[serde(borrow, default, serialize_with = "cut")]
    pub user_agent: Cow<'a, str>,
    /// The code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Cow<'a, str>>,
    /// The text of a refusal.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "cut_if_any")]
    pub error_message: Option<Cow<'a, str>>,
    /// The input with sensitive members redacted; `Null` where there is none.
    #[serde(default)]
    pub request_parameters: Cow<'a, Value>,
    /// What the service shows of its answer; `Null` for most.
    #[serde(default)]
    pub response_elements: Cow<'a, Value>,
    /// What the service says of a call besides, `Null` for most.
    #[serde(default, skip_serializing_if = "is_null")]
    pub additional_event_data: Cow<'a, Value>,
    /// The request's id; what a service did by itself has none.
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Cow<'a, str>>,
    /// The record's id.
    #[serde(borrow, default, rename = "eventID")]
    pub event_id: Cow<'a, str>,
    /// Whether the operation only reads.
    #[serde(default)]
    pub read_only: Option<bool>,
    /// The resources that the service names, a list of `ARN`, `accountId` and `type`; `Null` for most.
    #[serde(default, skip_serializing_if = "is_null")]
    pub resources: Cow<'a, Value>,
    /// `AwsApiCall` or `AwsServiceEvent`.
    #[serde(borrow, default)]
    pub event_type: Cow<'a, str>,
    /// True: there are no data events here.
    #[serde(default)]
    pub management_event: bool,
    /// The account whose log this is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_account_id: Option<AccountId>,
    /// Set where several accounts receive the same event.
    #[serde(rename = "sharedEventID", skip_serializing_if = "Option::is_none")]
    pub shared_event_id: Option<Cow<'a, str>>,
    /// What a service says of its own doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_event_details: Option<Cow<'a, Value>>,
    /// `Management`.
    #[serde(borrow, default)]
    pub event_category: Cow<'a, str>,
}

/// Who made the call, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserIdentity<'a> {
    /// `Root`, `IAMUser`, `AssumedRole`, `FederatedUser`, `WebIdentityUser`, `AWSAccount` or `Unknown`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'a, str>>,
    /// The unique id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<Cow<'a, str>>,
    /// The ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<Cow<'a, str>>,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Cow<'a, str>>,
    /// The access key that signed.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "cut_if_any")]
    pub access_key_id: Option<Cow<'a, str>>,
    /// The name of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<Cow<'a, str>>,
    /// The provider that vouches for somebody who has no credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<Cow<'a, str>>,
    /// What temporary credentials add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_context: Option<SessionContext<'a>>,
    /// The service that acts by itself, for example `AWS Internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    /// The record of a call, with those members that every call has and none besides.
    pub fn of_call(user_identity: UserIdentity<'a>, time: Timestamp) -> Self {
        Self {
            event_version: EVENT_VERSION.into(),
            user_identity,
            event_time: time,
            event_source: "".into(),
            event_name: "".into(),
            aws_region: "".into(),
            source_ip_address: "".into(),
            user_agent: "".into(),
            error_code: None,
            error_message: None,
            request_parameters: Cow::Owned(Value::Null),
            response_elements: Cow::Owned(Value::Null),
            additional_event_data: Cow::Owned(Value::Null),
            request_id: None,
            event_id: "".into(),
            read_only: None,
            resources: Cow::Owned(Value::Null),
            event_type: "AwsApiCall".into(),
            management_event: true,
            recipient_account_id: None,
            shared_event_id: None,
            service_event_details: None,
            event_category: "Management".into(),
        }
    }

    /// The record of something that a service, `invoked_by`, did by itself to an account. Members and their order are
    /// those of CloseAccountResult on the page "Logging API calls with AWS CloudTrail for AWS Organizations".
    ///
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html>
    pub fn of_service(invoked_by: &'a str, account: AccountId, time: Timestamp, details: &'a Value) -> Self {
        let user_identity = UserIdentity {
            account_id: Some(account.to_string().into()),
            invoked_by: Some(invoked_by.into()),
            ..UserIdentity::default()
        };
        Self {
            source_ip_address: invoked_by.into(),
            user_agent: invoked_by.into(),
            read_only: Some(false),
            event_type: "AwsServiceEvent".into(),
            recipient_account_id: Some(account),
            service_event_details: Some(Cow::Borrowed(details)),
            ..Self::of_call(user_identity, time)
        }
    }

    /// The record as one line of JSON. It is no longer than about four times [`LARGEST_FIELD_BYTES`], whatever the
    /// caller sent.
    pub fn to_json(&self) -> String {
        // What all but the longest records fit in. Those of sessions have more to show.
        let usual_bytes = if self.user_identity.session_context.is_some() { 2048 } else { 1024 };
        let mut line = Bounded::of(Vec::with_capacity(usual_bytes), LARGEST_FIELD_BYTES);
        if written::write(self, &mut line).is_err() {
            line = Bounded::of(Vec::new(), usize::MAX);
            written::write(&self.without_large_fields(), &mut line)
                .expect("INVARIANT: a record has text for names, and memory takes it");
        }
        String::from_utf8(line.into_text()).expect("INVARIANT: JSON is UTF-8")
    }

    /// The same with nothing in place of what is too large but its size.
    fn without_large_fields(&self) -> Record<'_> {
        let small = |name, value| match json_size(value) {
            size if size > LARGEST_FIELD_BYTES => Cow::Owned(omitted(name, size)),
            _ => Cow::Borrowed(value),
        };
        let details = self.service_event_details.as_deref();
        Record {
            request_parameters: small("requestParameters", &self.request_parameters),
            response_elements: small("responseElements", &self.response_elements),
            service_event_details: details.map(|details| small("serviceEventDetails", details)),
            // Unlike the others a list, so what is too large is not there.
            resources: match json_size(&self.resources) {
                size if size > LARGEST_FIELD_BYTES => Cow::Owned(Value::Null),
                _ => Cow::Borrowed(&*self.resources),
            },
            event_version: Cow::Borrowed(&*self.event_version),
            additional_event_data: self.additional_event_data.clone(),
            user_identity: self.user_identity.clone(),
            event_time: self.event_time,
            event_source: Cow::Borrowed(&*self.event_source),
            event_name: Cow::Borrowed(&*self.event_name),
            aws_region: Cow::Borrowed(&*self.aws_region),
            source_ip_address: Cow::Borrowed(&*self.source_ip_address),
            user_agent: Cow::Borrowed(&*self.user_agent),
            error_code: self.error_code.clone(),
            error_message: self.error_message.clone(),
            request_id: self.request_id.clone(),
            event_id: Cow::Borrowed(&*self.event_id),
            read_only: self.read_only,
            event_type: Cow::Borrowed(&*self.event_type),
            management_event: self.management_event,
            recipient_account_id: self.recipient_account_id,
            shared_event_id: self.shared_event_id.clone(),
            event_category: Cow::Borrowed(&*self.event_category),
        }
    }
}

impl<'a> UserIdentity<'a> {
    /// A caller whose signature was right.
    pub fn of(caller: &'a Caller) -> Self {
        let principal = &caller.principal;
        if let Principal::WebIdentity { provider, subject, .. } = principal {
            // F-WEB-9
            return Self {
                kind: Some(principal.kind().into()),
                principal_id: Some(principal.unique_id().into()),
                user_name: Some(subject.as_str().into()),
                identity_provider: Some(provider.as_str().into()),
                ..Self::default()
            };
        }
        let (kind, user_name) = match principal {
            Principal::Root { .. } => ("Root", None),
            Principal::User { name, .. } => ("IAMUser", Some(name.as_str().into())),
            Principal::AssumedRole { .. } => ("AssumedRole", None),
            Principal::FederatedUser { .. } | Principal::WebIdentity { .. } => (principal.kind(), None),
        };
        Self {
            kind: Some(kind.into()),
            principal_id: Some(principal.unique_id().into()),
            arn: Some(principal.arn().into()),
            account_id: Some(principal.account().to_string().into()),
            access_key_id: Some(caller.access_key_id.as_str().into()),
            user_name,
            identity_provider: None,
            session_context: caller.session.as_ref().map(|session| SessionContext::of(principal, session)),
            invoked_by: None,
        }
    }

    /// The same, in the log of another account, which learns no more than whose the caller is. F-EVENT-8:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>
    pub fn of_another_account(caller: &Caller) -> Self {
        Self {
            kind: Some("AWSAccount".into()),
            principal_id: Some(caller.principal.unique_id().into()),
            account_id: Some(caller.account().to_string().into()),
            ..Self::default()
        }
    }

    /// A caller whose signature was absent or wrong, with the access key id that the request claimed, if any.
    /// F-EVENT-3 (*assumed*): AWS shows such calls to nobody; here they are in the log without an account.
    pub fn unknown(access_key_id: Option<&'a str>) -> Self {
        Self {
            kind: Some("Unknown".into()),
            principal_id: Some("".into()),
            account_id: Some("".into()),
            access_key_id: access_key_id.map(Cow::Borrowed),
            ..Self::default()
        }
    }
}

fn is_null(value: &Value) -> bool {
    value.is_null()
}

/// ISO 8601 in whole seconds, as records and several answers show instants.
pub fn whole_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// A member's name with a small first letter.
pub fn small_first(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// The same value with small first letters in the names of all members, as the records of several services show them.
pub fn small_first_letters(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(
                members.map(|(name, value)| (small_first(&name), small_first_letters(value))).collect(),
            )
        }
        Value::Array(members) => Value::Array(members.into_iter().map(small_first_letters).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::session::{Session, SessionTerms};

    /// F-COST-6
    #[test]
    fn a_field_that_is_too_large_is_left_out() {
        let (large, small) = (json!({ "a": "x".repeat(LARGEST_FIELD_BYTES) }), json!({ "b": 1 }));
        let whole = Record {
            request_parameters: Cow::Borrowed(&large),
            response_elements: Cow::Borrowed(&small),
            resources: Cow::Borrowed(&large),
            aws_region: "x".repeat(60_000).into(),
            ..Record::of_call(UserIdentity::unknown(None), Timestamp::UNIX_EPOCH)
        };
        let line = whole.to_json();
        let shown: Value = serde_json::from_str(&line).unwrap();
        let size = (LARGEST_FIELD_BYTES + 8).to_string();
        let expected =
            json!({ "reason": "requestParameters too large", "omitted": "true", "originalSize": size });
        assert_eq!(shown["requestParameters"], expected);
        assert_eq!(shown["responseElements"], small);
        assert!(shown.get("resources").is_none() && shown["awsRegion"].as_str().unwrap().len() == 1024);
        let read: Record<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(read.to_json(), line);
    }

    /// F-EVENT-1: the record that was published in 2023, member for member and in its order, with the version of 2026.
    #[test]
    fn f_event_1_a_record_has_the_recorded_shape() {
        let caller = Caller {
            principal: Principal::User {
                account: AccountId::from_number(111_122_223_333),
                path: "/".to_owned(),
                name: "benjamin".to_owned(),
                id: "AIDAEXAMPLE".to_owned(),
            },
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            session: None,
        };
        let parameters = json!({"RegionName": "eu-north-1"});
        let record = Record {
            event_source: "account.amazonaws.com".into(),
            event_name: "GetRegionOptStatus".into(),
            aws_region: "us-east-1".into(),
            source_ip_address: "10.248.16.43".into(),
            user_agent: "Boto3/1.26.165".into(),
            request_parameters: Cow::Borrowed(&parameters),
            request_id: Some("699479d4-2a01-4e9e-bf31-4ec5dc88677e".into()),
            event_id: "875240ac-e821-4fc6-a311-8c352a1d20f5".into(),
            read_only: Some(true),
            recipient_account_id: Some(AccountId::from_number(111_122_223_333)),
            ..Record::of_call(UserIdentity::of(&caller), "2023-07-10T11:42:18.9Z".parse().expect("a time"))
        };
        let recorded = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/benjamin","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"benjamin"},"eventTime":"2023-07-10T11:42:18Z","eventSource":"account.amazonaws.com","eventName":"GetRegionOptStatus","awsRegion":"us-east-1","sourceIPAddress":"10.248.16.43","userAgent":"Boto3/1.26.165","requestParameters":{"RegionName":"eu-north-1"},"responseElements":null,"requestID":"699479d4-2a01-4e9e-bf31-4ec5dc88677e","eventID":"875240ac-e821-4fc6-a311-8c352a1d20f5","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}"#;
        assert_eq!(record.to_json(), recorded);
        assert_eq!(serde_json::to_string(&record).expect("JSON"), recorded);
        let read: Record<'_> = serde_json::from_str(recorded).expect("a record");
        let event_time = "2023-07-10T11:42:18Z".parse().expect("a time");
        assert_eq!(read, Record { event_time, ..record });
        assert_eq!(read.to_json(), recorded);
    }

    #[test]
    fn a_session_is_shown_with_the_role_it_is_of() {
        let issued_at = "2026-11-21T10:00:00.75Z".parse().expect("a time");
        let principal = Principal::AssumedRole {
            account: AccountId::from_number(42),
            role_path: "/team/".to_owned(),
            role_name: "reader".to_owned(),
            role_id: "AROAEXAMPLE".to_owned(),
            session_name: "ann".to_owned(),
        };
        let mut session = Session {
            issued_at,
            expires_at: issued_at,
            mfa_authenticated_at: None,
            federated_provider: None,
            source_identity: Some("ann \"a\"".to_owned()),
            tags: Vec::new(),
            terms: SessionTerms::default(),
        };
        let context = |principal: &Principal, session: &Session| {
            let session_context = Some(SessionContext::of(principal, session));
            let invoked_by = Some("\u{1f}\\ \"é\"".into());
            let identity = UserIdentity { session_context, invoked_by, ..UserIdentity::default() };
            let record = Record { shared_event_id: Some("".into()), ..Record::of_call(identity, issued_at) };
            assert_eq!(record.to_json(), serde_json::to_string(&record).expect("JSON"));
            let written = serde_json::to_string(&SessionContext::of(principal, session)).expect("JSON");
            let read: SessionContext<'_> = serde_json::from_str(&written).expect("what was written");
            assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
            serde_json::from_str::<Value>(&written).expect("JSON")
        };
        let expected = json!({
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": "arn:aws:iam::000000000042:role/team/reader",
                "accountId": "000000000042",
                "userName": "reader",
            },
            "webIdFederationData": {},
            "attributes": { "creationDate": "2026-11-21T10:00:00Z", "mfaAuthenticated": "false" },
            "sourceIdentity": "ann \"a\"",
        });
        assert_eq!(context(&principal, &session), expected);
        session.source_identity = None;
        let federated =
            Principal::FederatedUser { account: AccountId::from_number(42), name: "ann".to_owned() };
        assert_eq!(context(&federated, &session)["sessionIssuer"], json!({}));
    }
}
