//! The resources that LookupEvents names beside an event. They are read from the record, which does not list
//! them itself.

use aws::trail::Record;
use serde_json::Value;

use super::model::Resource;

/// The parameters of IAM's operations that name a resource, in the order in which events list them.
const NAMED: [(&str, &str); 6] = [
    ("accessKeyId", "AWS::IAM::AccessKey"),
    ("groupName", "AWS::IAM::Group"),
    ("policyArn", "AWS::IAM::Policy"),
    ("policyName", "AWS::IAM::Policy"),
    ("roleName", "AWS::IAM::Role"),
    ("userName", "AWS::IAM::User"),
];
/// What IAM's answers show of something new, with the first part of its members' names.
const CREATED: [(&str, &str, &str); 4] = [
    ("group", "groupName", "AWS::IAM::Group"),
    ("policy", "policyName", "AWS::IAM::Policy"),
    ("role", "roleName", "AWS::IAM::Role"),
    ("user", "userName", "AWS::IAM::User"),
];

/// F-TRAIL-9: the resources of an event. Recorded: of AssumeRole the new access key, the session by its ARN, its id and
/// its name, and the role; of changes in IAM the access key and the user, an inline policy and its role, of what is
/// created its name, its id and its ARN. For other entities of IAM the same is *assumed*. Refused and reading calls have
/// none.
pub fn resources(record: &Record<'_>) -> Vec<Resource> {
    if record.error_code.is_some() {
        return Vec::new();
    }
    let (parameters, answer) = (&*record.request_parameters, &*record.response_elements);
    let named = match record.event_source.as_ref() {
        "sts.amazonaws.com" => of_sts(parameters, answer),
        "iam.amazonaws.com" if record.read_only == Some(false) => of_iam(parameters, answer),
        _ => Vec::new(),
    };
    let resource = |(kind, name): (&'static str, &Value)| {
        let name = name.as_str()?.to_owned();
        Some(Resource { resource_type: Some(kind.to_owned()), resource_name: Some(name) })
    };
    named.into_iter().filter_map(resource).collect()
}

type Named<'r> = Vec<(&'static str, &'r Value)>;

fn of_sts<'r>(parameters: &'r Value, answer: &'r Value) -> Named<'r> {
    const SESSION: &str = "AWS::STS::AssumedRole";
    const FEDERATED: &str = "AWS::STS::FederatedUser";
    let session = &answer["assumedRoleUser"];
    let federated = &answer["federatedUser"];
    vec![
        ("AWS::IAM::AccessKey", &answer["credentials"]["accessKeyId"]),
        (SESSION, &session["arn"]),
        (SESSION, &session["assumedRoleId"]),
        (SESSION, if session.is_null() { session } else { &parameters["roleSessionName"] }),
        (FEDERATED, &federated["federatedUserId"]),
        (FEDERATED, &federated["arn"]),
        (FEDERATED, if federated.is_null() { federated } else { &parameters["name"] }),
        ("AWS::IAM::Role", &parameters["roleArn"]),
    ]
}

fn of_iam<'r>(parameters: &'r Value, answer: &'r Value) -> Named<'r> {
    for (member, name, kind) in CREATED {
        let created = &answer[member];
        if created.is_object() {
            return vec![
                (kind, &created[name]),
                (kind, &created[format!("{member}Id")]),
                (kind, &created["arn"]),
            ];
        }
    }
    let key = &answer["accessKey"];
    let source = if key.is_object() { key } else { parameters };
    NAMED.into_iter().map(|(member, kind)| (kind, &source[member])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    fn names(record: &Value) -> Vec<String> {
        let mut record = record.clone();
        record["eventTime"] = json!("2026-11-27T10:00:00Z");
        let record = &Record::deserialize(&record).expect("a record");
        let shown = |resource: Resource| {
            format!("{} {}", resource.resource_type.expect("a type"), resource.resource_name.expect("a name"))
        };
        resources(record).into_iter().map(shown).collect()
    }

    /// F-TRAIL-9
    #[test]
    fn events_name_what_they_are_about() {
        let role = "arn:aws:iam::111122223333:role/r";
        let session = "arn:aws:sts::111122223333:assumed-role/r/ann";
        let assumed = json!({
            "eventSource": "sts.amazonaws.com", "readOnly": true,
            "requestParameters": {"roleArn": role, "roleSessionName": "ann"},
            "responseElements": {
                "credentials": {"accessKeyId": "ASIA1"},
                "assumedRoleUser": {"assumedRoleId": "AROA1:ann", "arn": session},
            },
        });
        let expected = [
            "AWS::IAM::AccessKey ASIA1",
            &format!("AWS::STS::AssumedRole {session}"),
            "AWS::STS::AssumedRole AROA1:ann",
            "AWS::STS::AssumedRole ann",
            &format!("AWS::IAM::Role {role}"),
        ];
        assert_eq!(names(&assumed), expected);
        let mut changed = json!({
            "eventSource": "iam.amazonaws.com", "readOnly": false,
            "requestParameters": {"userName": "ann", "accessKeyId": "AKIA1", "status": "Inactive"},
            "responseElements": null,
        });
        assert_eq!(names(&changed), ["AWS::IAM::AccessKey AKIA1", "AWS::IAM::User ann"]);
        let inline = json!({
            "eventSource": "iam.amazonaws.com", "readOnly": false, "responseElements": null,
            "requestParameters": {"roleName": "exec", "policyName": "send", "policyDocument": "{}"},
        });
        assert_eq!(names(&inline), ["AWS::IAM::Policy send", "AWS::IAM::Role exec"]);
        changed["errorCode"] = json!("NoSuchEntityException");
        assert!(names(&changed).is_empty());
        let created = json!({
            "eventSource": "iam.amazonaws.com", "readOnly": false, "requestParameters": {"userName": "ann"},
            "responseElements": {"user": {"arn": "arn", "userId": "AIDA1", "userName": "ann"}},
        });
        assert_eq!(names(&created), ["AWS::IAM::User ann", "AWS::IAM::User AIDA1", "AWS::IAM::User arn"]);
        let read = json!({"eventSource": "iam.amazonaws.com", "readOnly": true,
                          "requestParameters": {"userName": "ann"}, "responseElements": null});
        assert!(names(&read).is_empty());
    }
}
