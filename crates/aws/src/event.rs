//! The CloudTrail record of one call.
//!
//! Members and their order are those of the one recorded record of this service (aws-behaviour.md §8.1);
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

use crate::arn::AccountId;
use crate::principal::{Caller, Principal, Session};

/// F-EVENT-1: the version that was recorded for this service.
const EVENT_VERSION: &str = "1.08";
/// F-EVENT-2: longer error messages and user agents are cut, as the reference says of both.
const LONGEST_TEXT_BYTES: usize = 1024;

/// Who made the call, as far as that is known.
pub enum Identity<'a> {
    /// A caller whose signature was right.
    Known(&'a Caller),
    /// The same, in the log of another account, which is not told more than whose the caller is. F-EVENT-8:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>
    OtherAccount(&'a Caller),
    /// Nobody that could be told: the signature was absent or wrong. F-EVENT-3 (*assumed*): AWS shows such calls
    /// to nobody; here they are in the log without an account.
    Unknown {
        /// The access key id the request claimed, if any.
        access_key_id: Option<&'a str>,
    },
}

/// A call, ready to be written as a record.
pub struct Record<'a> {
    /// Who.
    pub identity: Identity<'a>,
    /// When; written in whole seconds.
    pub time: Timestamp,
    /// The service, for example `account.amazonaws.com`.
    pub event_source: &'a str,
    /// The operation.
    pub event_name: &'a str,
    /// The Region that served the call.
    pub region: &'a str,
    /// The caller's address.
    pub source_ip_address: &'a str,
    /// What the client calls itself.
    pub user_agent: &'a str,
    /// Code and text of a refusal.
    pub error: Option<(&'a str, Option<&'a str>)>,
    /// The input with sensitive members redacted; `Null` where there is none.
    pub request_parameters: &'a Value,
    /// What the service shows of its answer; `Null` for most.
    pub response_elements: &'a Value,
    /// The resources that the service names, a list of `ARN`, `accountId` and `type`; `Null` for most.
    pub resources: &'a Value,
    /// The request's id.
    pub request_id: &'a str,
    /// The record's id.
    pub event_id: &'a str,
    /// Whether the operation only reads.
    pub read_only: bool,
    /// The account whose log this is for.
    pub recipient: Option<AccountId>,
    /// Set where several accounts receive the same event.
    pub shared_event_id: Option<&'a str>,
}

impl Record<'_> {
    /// What all but the longest records fit in. Those of sessions tell more.
    fn usual_length(&self) -> usize {
        match self.identity {
            Identity::Known(Caller { session: Some(_), .. }) => 2048,
            _ => 1024,
        }
    }

    /// The record as one line of JSON.
    pub fn to_json(&self) -> String {
        let mut line = Line(String::with_capacity(self.usual_length()));
        line.0.push_str("{\"eventVersion\":\"");
        line.0.push_str(EVENT_VERSION);
        line.0.push_str("\",\"userIdentity\":");
        line.identity(&self.identity);
        line.text("eventTime", &whole_seconds(self.time));
        line.text("eventSource", self.event_source);
        line.text("eventName", self.event_name);
        line.text("awsRegion", self.region);
        line.text("sourceIPAddress", self.source_ip_address);
        line.text("userAgent", cut(self.user_agent));
        if let Some((code, message)) = self.error {
            line.text("errorCode", code);
            if let Some(message) = message {
                line.text("errorMessage", cut(message));
            }
        }
        line.value("requestParameters", self.request_parameters);
        line.value("responseElements", self.response_elements);
        line.text("requestID", self.request_id);
        line.text("eventID", self.event_id);
        line.0.push_str(if self.read_only { ",\"readOnly\":true" } else { ",\"readOnly\":false" });
        if !self.resources.is_null() {
            line.value("resources", self.resources);
        }
        line.0.push_str(",\"eventType\":\"AwsApiCall\",\"managementEvent\":true");
        if let Some(recipient) = self.recipient {
            line.text("recipientAccountId", recipient.as_str());
        }
        if let Some(id) = self.shared_event_id {
            line.text("sharedEventID", id);
        }
        line.0.push_str(",\"eventCategory\":\"Management\"}");
        line.0
    }
}

/// Something that a service did by itself, ready to be written as a record (`AwsServiceEvent`).
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/non-api-aws-service-events.html>
pub struct ServiceRecord<'a> {
    /// Whom the record calls the caller, for example `AWS Internal`.
    pub invoked_by: &'a str,
    /// When; written in whole seconds.
    pub time: Timestamp,
    /// The service.
    pub event_source: &'a str,
    /// What happened.
    pub event_name: &'a str,
    /// The Region of the record.
    pub region: &'a str,
    /// The record's id.
    pub event_id: &'a str,
    /// The account whose log this is for.
    pub recipient: AccountId,
    /// `serviceEventDetails`.
    pub details: &'a Value,
}

impl ServiceRecord<'_> {
    /// The record as one line of JSON. Members and their order are those of CloseAccountResult on the page "Logging API
    /// calls with AWS CloudTrail for AWS Organizations".
    pub fn to_json(&self) -> String {
        let mut line = Line(String::with_capacity(1024));
        line.0.push_str("{\"eventVersion\":\"");
        line.0.push_str(EVENT_VERSION);
        line.0.push_str("\",\"userIdentity\":{\"accountId\":\"");
        line.0.push_str(self.recipient.as_str());
        line.0.push('"');
        line.text("invokedBy", self.invoked_by);
        line.0.push('}');
        line.text("eventTime", &whole_seconds(self.time));
        line.text("eventSource", self.event_source);
        line.text("eventName", self.event_name);
        line.text("awsRegion", self.region);
        line.text("sourceIPAddress", self.invoked_by);
        line.text("userAgent", self.invoked_by);
        line.value("requestParameters", &Value::Null);
        line.value("responseElements", &Value::Null);
        line.text("eventID", self.event_id);
        line.0.push_str(",\"readOnly\":false,\"eventType\":\"AwsServiceEvent\",\"managementEvent\":true");
        line.text("recipientAccountId", self.recipient.as_str());
        line.value("serviceEventDetails", self.details);
        line.0.push_str(",\"eventCategory\":\"Management\"}");
        line.0
    }
}

/// A JSON object under construction. Members after the first begin with a comma.
struct Line(String);

impl Line {
    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    fn value(&mut self, name: &str, value: &Value) {
        self.name(name);
        match value {
            Value::Null => self.0.push_str("null"),
            value => write!(self.0, "{value}").expect("INVARIANT: writing to a string never fails"),
        }
    }

    fn name(&mut self, name: &str) {
        self.0.push_str(",\"");
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    fn string(&mut self, text: &str) {
        // Looks at every byte rather than stopping early: that way many are compared at once.
        let escapes =
            text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
        if !escapes {
            self.0.push('"');
            self.0.push_str(text);
            self.0.push('"');
        } else {
            self.0.push_str(&Value::from(text).to_string());
        }
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        match identity {
            Identity::Known(caller) => self.caller(caller),
            Identity::OtherAccount(caller) => {
                self.0.push_str("{\"type\":\"AWSAccount\"");
                self.text("principalId", &caller.principal.unique_id());
                self.text("accountId", caller.account().as_str());
                self.0.push('}');
            }
            Identity::Unknown { access_key_id } => {
                self.0.push_str("{\"type\":\"Unknown\",\"principalId\":\"\",\"accountId\":\"\"");
                if let Some(id) = access_key_id {
                    self.text("accessKeyId", cut(id));
                }
                self.0.push('}');
            }
        }
    }

    fn caller(&mut self, caller: &Caller) {
        let principal = &caller.principal;
        let kind = match principal {
            Principal::Root { .. } => "Root",
            Principal::User { .. } => "IAMUser",
            Principal::AssumedRole { .. } => "AssumedRole",
            Principal::FederatedUser { .. } => "FederatedUser",
        };
        self.0.push_str("{\"type\":\"");
        self.0.push_str(kind);
        self.0.push('"');
        self.text("principalId", &principal.unique_id());
        self.text("arn", &principal.arn());
        self.text("accountId", principal.account().as_str());
        self.text("accessKeyId", &caller.access_key_id);
        if let Principal::User { name, .. } = principal {
            self.text("userName", name);
        }
        if let Some(session) = &caller.session {
            self.session(principal, session);
        }
        self.0.push('}');
    }

    fn session(&mut self, principal: &Principal, session: &Session) {
        self.0.push_str(",\"sessionContext\":{\"sessionIssuer\":{");
        if let Principal::AssumedRole { account, role_name, role_id, .. } = principal {
            self.0.push_str("\"type\":\"Role\"");
            self.text("principalId", role_id);
            self.text("arn", &principal.policy_arn());
            self.text("accountId", account.as_str());
            self.text("userName", role_name);
        }
        self.0.push_str("},\"webIdFederationData\":{},\"attributes\":{\"creationDate\":");
        self.string(&whole_seconds(session.issued_at));
        self.text("mfaAuthenticated", if session.mfa_authenticated { "true" } else { "false" });
        self.0.push('}');
        if let Some(source_identity) = &session.source_identity {
            self.text("sourceIdentity", source_identity);
        }
        self.0.push('}');
    }
}

/// ISO 8601 in whole seconds, as records and several answers show instants.
pub fn whole_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// An instant as people write it, `Sep 16, 2020 9:20:50 PM`: the form in which the records of several services repeat the
/// times of an answer.
pub fn spelled_out(time: Timestamp) -> String {
    time.strftime("%b %-d, %Y %-I:%M:%S %p").to_string()
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

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT_BYTES)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::principal::SessionTerms;

    /// F-EVENT-1: the recorded record of aws-behaviour.md §8.1, member for member and in its order.
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
        let record = Record {
            identity: Identity::Known(&caller),
            time: "2023-07-10T11:42:18.9Z".parse().expect("a time"),
            event_source: "account.amazonaws.com",
            event_name: "GetRegionOptStatus",
            region: "us-east-1",
            source_ip_address: "10.248.16.43",
            user_agent: "Boto3/1.26.165",
            error: None,
            request_parameters: &json!({"RegionName": "eu-north-1"}),
            response_elements: &Value::Null,
            resources: &Value::Null,
            request_id: "699479d4-2a01-4e9e-bf31-4ec5dc88677e",
            event_id: "875240ac-e821-4fc6-a311-8c352a1d20f5",
            read_only: true,
            recipient: Some(AccountId::from_number(111_122_223_333)),
            shared_event_id: None,
        };
        let recorded = r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/benjamin","accountId":"111122223333","accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"benjamin"},"eventTime":"2023-07-10T11:42:18Z","eventSource":"account.amazonaws.com","eventName":"GetRegionOptStatus","awsRegion":"us-east-1","sourceIPAddress":"10.248.16.43","userAgent":"Boto3/1.26.165","requestParameters":{"RegionName":"eu-north-1"},"responseElements":null,"requestID":"699479d4-2a01-4e9e-bf31-4ec5dc88677e","eventID":"875240ac-e821-4fc6-a311-8c352a1d20f5","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}"#;
        assert_eq!(record.to_json(), recorded);
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
            mfa_authenticated: false,
            source_identity: Some("ann \"a\"".to_owned()),
            tags: Vec::new(),
            terms: SessionTerms::default(),
        };
        let context = |principal: &Principal, session: &Session| {
            let mut line = Line("{\"first\":0".to_owned());
            line.session(principal, session);
            line.0.push('}');
            let shown: Value = serde_json::from_str(&line.0).expect("JSON");
            shown["sessionContext"].clone()
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
