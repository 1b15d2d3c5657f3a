//! People of a seed file whom hygiene tools are to find: old keys, sleeping users, devices and passwords of any age, and a
//! provider whose keys are in the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use services::iam::model::Operation as Iam;
use services::service::Operation;
use services::sts::model::Operation as Sts;
use testing::issuer::Issuer;
use testing::phone;
use testing::signer::Key;
use testing::wire::request;

use crate::answer::element;
use crate::world::{Setup, World};

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const ROOT: Key = Key { id: "AKIAROOTROOTROOTROOT", secret: "secret-of-root", token: None };
const ANN: Key = Key { id: "AKIAANNANNANNANNANN0", secret: "secret-of-ann", token: None };

fn seed(issuer: &Issuer) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example"},
    }]});
    json!({"accounts": [{
        "id": "111122223333", "name": "Lab", "email": "lab@example.com", "created": "2019-03-04",
        "iam": {
            "root_access_keys": [{"id": ROOT.id, "secret": ROOT.secret}],
            "root_mfa": [{"name": "root-account-mfa-device", "seed": SEED}],
            "password_policy": {"MinimumPasswordLength": 14, "MaxPasswordAge": 90},
            "oidc_providers": [{"url": "https://issuer.example", "client_ids": ["lab"], "jwks": issuer.key_set()}],
            "roles": [{"name": "web", "trust_policy": trust, "created": "2021-01-02"}],
            "users": [
                {"name": "ann", "created": "2020-01-02", "mfa": [{"name": "phone", "seed": SEED, "enabled": "2020-02-03"}],
                 "login_profile": {"changed": "2022-03-04", "last_used": "2023-04-05"},
                 "access_keys": [{"id": ANN.id, "secret": ANN.secret, "created": "2021-02-03",
                    "last_used": {"at": "2022-05-06", "service": "s3", "region": "eu-west-1"}}]},
                {"name": "bob"},
            ],
        },
    }]})
}

/// F-SEED-19
#[test]
fn hygiene_tools_find_whom_a_seed_file_describes_f_seed_19() {
    let issuer = Issuer::open();
    let world = World::of(Setup::seeded(&seed(&issuer).to_string()));
    let iam = |operation: Iam, members: Value| {
        let answer = world.ask(&ROOT, Operation::Iam(operation), &members);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    };
    let used = iam(Iam::GetAccessKeyLastUsed, json!({"AccessKeyId": ANN.id}));
    assert_eq!(element(used.text(), "LastUsedDate"), Some("2022-05-06T00:00:00Z"));
    iam(Iam::GenerateCredentialReport, json!({}));
    let report = iam(Iam::GetCredentialReport, json!({}));
    let report = STANDARD.decode(element(report.text(), "Content").unwrap()).unwrap();
    let report = String::from_utf8(report).unwrap();
    let columns = |user: &str| -> Vec<String> {
        let line = report.lines().find(|line| line.starts_with(&format!("{user},"))).unwrap();
        line.split(',').map(str::to_owned).collect()
    };
    let ann = columns("ann");
    let expected = [
        (2, "2020-01-02T00:00:00Z"),
        (3, "true"),
        (4, "2023-04-05T00:00:00Z"),
        (5, "2022-03-04T00:00:00Z"),
        (6, "2022-06-02T00:00:00Z"),
        (7, "true"),
        (9, "2021-02-03T00:00:00Z"),
        (10, "2022-05-06T00:00:00Z"),
        (11, "eu-west-1"),
        (12, "s3"),
    ];
    for (column, value) in expected {
        assert_eq!(ann[column], value, "column {column} of {report}");
    }
    assert_eq!((columns("bob")[3].as_str(), columns("<root_account>")[7].as_str()), ("false", "true"));
    let summary = iam(Iam::GetAccountSummary, json!({}));
    assert!(summary.text().contains("AccountMFAEnabled"), "{}", summary.text());
    // The device's codes are those of any phone that was told the secret.
    let members = json!({"SerialNumber": "arn:aws:iam::111122223333:mfa/phone",
        "TokenCode": phone::code(SEED, Timestamp::now(), 0)});
    let session = world.ask(&ANN, Operation::Sts(Sts::GetSessionToken), &members);
    assert_eq!(session.status, 200, "{}", session.text());
    // The key is used now, and the log tells more than the file.
    let used = iam(Iam::GetAccessKeyLastUsed, json!({"AccessKeyId": ANN.id}));
    assert_eq!(element(used.text(), "ServiceName"), Some("sts"));
    // A token of the issuer opens the role, and nobody asks the issuer.
    let now = Timestamp::now().as_second();
    let claims = json!({"iss": "https://issuer.example", "aud": "lab", "sub": "someone", "exp": now + 60});
    let members = json!({"RoleArn": "arn:aws:iam::111122223333:role/web", "RoleSessionName": "run",
        "WebIdentityToken": issuer.token(&claims)});
    let opened = world.send(request(Operation::Sts(Sts::AssumeRoleWithWebIdentity), &members));
    assert_eq!((opened.status, issuer.asked()), (200, 0), "{}", opened.text());
}

#[test]
fn a_hardware_device_comes_from_a_seed_file_f_mfa_14() {
    const SERIAL: &str = "GAHT10000001";
    let ann = json!({"name": "ann", "mfa": [{"serial": SERIAL, "seed": SEED}],
        "access_keys": [{"id": ANN.id, "secret": ANN.secret}]});
    let seed = json!({"accounts": [{"id": "111122223333", "name": "Lab", "email": "lab@example.com", "iam": {
        "root_access_keys": [{"id": ROOT.id, "secret": ROOT.secret}],
        "root_mfa": [{"serial": "GAHT10000002", "seed": SEED}],
        "users": [ann],
    }}]});
    let world = World::of(Setup::seeded(&seed.to_string()));
    let iam = |operation: Iam, members: Value| world.ask(&ROOT, Operation::Iam(operation), &members);
    let listed = iam(Iam::ListMFADevices, json!({"UserName": "ann"}));
    assert_eq!(element(listed.text(), "SerialNumber"), Some(SERIAL));
    // It is no virtual one: not among those, without tags, and not to be deleted.
    let listed = iam(Iam::ListVirtualMFADevices, json!({}));
    assert_eq!((listed.status, element(listed.text(), "SerialNumber")), (200, None), "{}", listed.text());
    for operation in [Iam::ListMFADeviceTags, Iam::DeleteVirtualMFADevice] {
        assert_eq!(iam(operation, json!({"SerialNumber": SERIAL})).status, 404);
    }
    let members = json!({"SerialNumber": SERIAL, "TokenCode": phone::code(SEED, Timestamp::now(), 0)});
    let opened = world.ask(&ANN, Operation::Sts(Sts::GetSessionToken), &members);
    assert_eq!(opened.status, 200, "{}", opened.text());
    // It is taken from its user, whom it does not come back to by itself.
    let taken = iam(Iam::DeactivateMFADevice, json!({"UserName": "ann", "SerialNumber": SERIAL}));
    assert_eq!(taken.status, 200, "{}", taken.text());
    let listed = iam(Iam::ListMFADevices, json!({"UserName": "ann"}));
    assert_eq!(element(listed.text(), "SerialNumber"), None);
}
