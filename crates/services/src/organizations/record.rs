//! How the event log shows calls of AWS Organizations, and what it tells of the service's own doings.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html>

use aws::arn::AccountId;
use aws::smithy::{self, Schema, iso8601};
use aws::trail::small_first_letters;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::EVENT_SOURCE;
use super::model::{CreateAccountState, CreateAccountStatus, Operation};
use crate::state::organization::Organization;
use crate::world::{ServiceEvent, World};

/// F-ORGS-EVENT-2: what stands in a record in place of a name, an address or a note.
const HIDDEN: &str = "****";
/// Whom the page's records of service events call the caller.
const AWS_INTERNAL: &str = "AWS Internal";

/// F-ORGS-EVENT-1: the parameters, with small first letters. `Null` where there are none.
pub fn request_parameters(operation: Operation, members: &Value) -> Value {
    match members.as_object() {
        Some(object) if !object.is_empty() => {
            small_first_letters(without_contacts(operation.shape().input_schema(), members))
        }
        _ => Value::Null,
    }
}

/// F-ORGS-EVENT-2: calls that change something show their answer, with small first letters and times in ISO 8601.
/// Calls that only read show `null`, and so do answers without members.
pub fn response_elements(operation: Operation, output: &Value) -> Value {
    let is_empty = output.as_object().is_none_or(serde_json::Map::is_empty);
    match operation.shape().output {
        Some(schema) if !is_empty && !super::is_read_only(operation) => {
            let shown = smithy::with_times_as_text(schema(), without_contacts(schema(), output));
            small_first_letters(shown)
        }
        _ => Value::Null,
    }
}

/// F-ORGS-EVENT-6: an answer that is an organization names it as a resource of its management account.
pub fn resources(output: Option<&Value>) -> Value {
    let organization = output.and_then(|output| output.get("Organization"));
    let member = |name: &str| organization.and_then(|organization| organization.get(name));
    match (member("MasterAccountId"), member("Arn")) {
        (Some(account), Some(arn)) => {
            json!([{ "accountId": account, "type": "AWS::Organizations::Organization", "ARN": arn }])
        }
        _ => Value::Null,
    }
}

/// The value with what the model calls sensitive hidden, but for the ids of accounts and organizations and the like, which
/// the page's record of an invitation shows.
fn without_contacts(schema: &Schema, value: &Value) -> Value {
    let mut shown = smithy::redact_as(schema, value, HIDDEN);
    reveal(value, &mut shown);
    shown
}

/// Types of handshake parties and resources whose values are nobody's name, address or words.
const IMPERSONAL: [&str; 4] = ["ACCOUNT", "ORGANIZATION", "ORGANIZATION_FEATURE_SET", "PARENT_HANDSHAKE"];

fn reveal(value: &Value, shown: &mut Value) {
    match (value, shown) {
        (Value::Object(members), Value::Object(shown)) => {
            let is_impersonal =
                members.get("Type").and_then(Value::as_str).is_some_and(|kind| IMPERSONAL.contains(&kind));
            for (name, member) in members {
                let Some(shown) = shown.get_mut(name) else { continue };
                // An address may have been given with the wrong type.
                let is_id = member.as_str().is_some_and(|id| !id.contains('@'));
                if is_impersonal && is_id {
                    *shown = member.clone();
                } else {
                    reveal(member, shown);
                }
            }
        }
        (Value::Array(values), Value::Array(shown)) => {
            for (value, shown) in values.iter().zip(shown) {
                reveal(value, shown);
            }
        }
        _ => {}
    }
}

fn announce(
    organization: &Organization,
    at: Timestamp,
    name: &'static str,
    invoked_by: &'static str,
    details: Value,
    world: &mut World<'_>,
) {
    let account = organization.management_account;
    world.announce(ServiceEvent { account, at, source: EVENT_SOURCE, name, invoked_by, details });
}

/// F-ORGS-EVENT-3: CreateAccountResult, when a creation is complete, whatever came of it.
pub(super) fn creation_completed(
    organization: &Organization,
    status: &CreateAccountStatus,
    world: &mut World<'_>,
) {
    let mut details = json!({
        "id": status.id.as_ref().map(|id| id.as_str()),
        "state": status.state.map(CreateAccountState::as_str),
        "accountName": HIDDEN,
    });
    let mut add = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            details[name] = text.into();
        }
    };
    add("accountId", status.account_id.as_ref().map(|id| id.as_str()));
    add("govCloudAccountId", status.gov_cloud_account_id.as_ref().map(|id| id.as_str()));
    add("failureReason", status.failure_reason.map(|reason| reason.as_str()));
    add("requestedTimestamp", status.requested_timestamp.map(iso8601).as_deref());
    add("completedTimestamp", status.completed_timestamp.map(iso8601).as_deref());
    let Some(at) = status.completed_timestamp else { return };
    let details = json!({ "createAccountStatus": details });
    announce(organization, at, "CreateAccountResult", AWS_INTERNAL, details, world);
}

/// F-ORGS-EVENT-3: CloseAccountResult, when a closure is complete.
pub(super) fn closure_completed(
    organization: &Organization,
    account: AccountId,
    requested_at: Timestamp,
    completes_at: Timestamp,
    world: &mut World<'_>,
) {
    let details = json!({ "closeAccountStatus": {
        "accountId": account.as_str(),
        "state": "SUCCEEDED",
        "requestedTimestamp": iso8601(requested_at),
        "completedTimestamp": iso8601(completes_at),
    } });
    announce(organization, completes_at, "CloseAccountResult", EVENT_SOURCE, details, world);
}

/// F-ORGS-EVENT-4: AccountJoinedOrganization, with `CREATED` or `INVITED`.
pub(super) fn joined(
    organization: &Organization,
    account: AccountId,
    method: &str,
    at: Timestamp,
    world: &mut World<'_>,
) {
    let details = membership(organization, account, ["joinedMethod", "joinedTime"], method, at);
    announce(organization, at, "AccountJoinedOrganization", AWS_INTERNAL, details, world);
}

/// F-ORGS-EVENT-4: AccountDepartedOrganization, with `LEFT`, `REMOVED` or `CLEANED`.
pub(super) fn departed(
    organization: &Organization,
    account: AccountId,
    method: &str,
    at: Timestamp,
    world: &mut World<'_>,
) {
    let details = membership(organization, account, ["departureMethod", "departureTime"], method, at);
    announce(organization, at, "AccountDepartedOrganization", AWS_INTERNAL, details, world);
}

/// The announcement of May 2026 says that both accounts are told; how their members are called is *assumed*.
fn membership(
    organization: &Organization,
    account: AccountId,
    names: [&str; 2],
    method: &str,
    at: Timestamp,
) -> Value {
    let [method_name, time_name] = names;
    json!({
        "managementAccountId": organization.management_account.as_str(),
        "memberAccountId": account.as_str(),
        method_name: method,
        time_name: iso8601(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-ORGS-EVENT-1, F-ORGS-EVENT-2: the page's records of CreateAccount and CreateOrganizationalUnit.
    #[test]
    fn answers_are_shown_as_the_page_shows_them() {
        let members = json!({"Email": "dev@example.invalid", "AccountName": "Dev", "Tags": []});
        let shown = json!({"email": "****", "accountName": "****", "tags": []});
        assert_eq!(request_parameters(Operation::CreateAccount, &members), shown);
        let status = json!({"CreateAccountStatus": {
            "AccountName": "Dev", "State": "IN_PROGRESS", "Id": "car-examplecreateaccountrequestid111",
            "RequestedTimestamp": 1_600_291_250.5}});
        let shown = json!({"createAccountStatus": {
            "accountName": "****", "state": "IN_PROGRESS", "id": "car-examplecreateaccountrequestid111",
            "requestedTimestamp": "2020-09-16T21:20:50Z"}});
        assert_eq!(response_elements(Operation::CreateAccount, &status), shown);
        let unit = json!({"OrganizationalUnit": {
            "Id": "ou-a1b2-12345678", "Name": "test-cloud-trail", "Path": "o-aa111bb222/r-a1b2/ou-a1b2-12345678/"}});
        let shown = json!({"organizationalUnit": {
            "id": "ou-a1b2-12345678", "name": "test-cloud-trail", "path": "o-aa111bb222/r-a1b2/ou-a1b2-12345678/"}});
        assert_eq!(response_elements(Operation::CreateOrganizationalUnit, &unit), shown);
        assert_eq!(response_elements(Operation::DescribeOrganizationalUnit, &unit), Value::Null);
        assert_eq!(response_elements(Operation::CloseAccount, &json!({})), Value::Null);
    }

    #[test]
    fn an_answered_organization_is_named_f_orgs_event_6() {
        let arn = "arn:aws:organizations::111122223333:organization/o-aa111bb222";
        let output =
            json!({"Organization": {"Id": "o-aa111bb222", "Arn": arn, "MasterAccountId": "111122223333"}});
        let named =
            json!([{"accountId": "111122223333", "type": "AWS::Organizations::Organization", "ARN": arn}]);
        assert_eq!(resources(Some(&output)), named);
        assert_eq!(resources(Some(&json!({"Accounts": []}))), Value::Null);
        assert_eq!(resources(None), Value::Null);
    }

    /// F-ORGS-EVENT-2: whom an invitation is for is shown as far as it is nobody's address.
    #[test]
    fn an_invitation_shows_ids_and_hides_addresses_and_words() {
        let target = |kind: &str, id: &str| json!({"Target": {"Type": kind, "Id": id}, "Notes": "Join us"});
        let shown = |kind: &str, id: &str| json!({"target": {"type": kind, "id": id}, "notes": "****"});
        let cases = [
            ("ACCOUNT", "222222222222", "222222222222"),
            ("EMAIL", "diego@example.com", "****"),
            ("ACCOUNT", "diego@example.com", "****"),
        ];
        for (kind, id, expected) in cases {
            let parameters = request_parameters(Operation::InviteAccountToOrganization, &target(kind, id));
            assert_eq!(parameters, shown(kind, expected));
        }
        let resource = |kind: &str, value: &str| json!({"Type": kind, "Value": value});
        let handshake = json!({"Handshake": {"Resources": [{
            "Type": "ORGANIZATION", "Value": "o-aa111bb222",
            "Resources": [resource("MASTER_EMAIL", "diego@example.com"), resource("ORGANIZATION_FEATURE_SET", "ALL")],
        }]}});
        let shown = response_elements(Operation::InviteAccountToOrganization, &handshake);
        let organization = &shown["handshake"]["resources"][0];
        assert_eq!(organization["value"], "o-aa111bb222");
        assert_eq!(organization["resources"][0]["value"], "****");
        assert_eq!(organization["resources"][1]["value"], "ALL");
    }
}
