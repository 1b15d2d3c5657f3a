//! Virtual MFA devices, and what their codes open: sessions, roles, and the devices themselves.

use aws::principal::{Caller, Principal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use services::authority::caller::identify;
use services::service::{Operation, Service};
use services::state::identity::{Credential, SessionKey};
use services::sts::session_token;
use testing::phone;
use testing::world::operation;

use crate::support::{ACCOUNT, Store, account_id, texts};

const PHONE: &str = "arn:aws:iam::111122223333:mfa/phone";

fn sts(name: &str) -> Operation {
    operation(Service::Sts, name)
}

/// A device of the account; its secret.
fn device(store: &mut Store, name: &str) -> String {
    let made = store.ok("CreateVirtualMFADevice", json!({"VirtualMFADeviceName": name}));
    let seed = made["VirtualMFADevice"]["Base32StringSeed"].as_str().expect("a blob").to_owned();
    String::from_utf8(STANDARD.decode(seed).expect("base 64")).expect("base 32")
}

/// The device's codes of the step before and of the one at hand.
fn pair(store: &Store, user: &str, serial: &str, seed: &str) -> Value {
    let code = |steps| phone::code(seed, store.now, steps);
    json!({
        "UserName": user, "SerialNumber": serial, "AuthenticationCode1": code(-1), "AuthenticationCode2": code(0),
    })
}

/// A user with a policy and an enabled device: the caller, and the device's secret.
fn user_with_device(store: &mut Store, name: &str, policy: &str) -> (Caller, String) {
    let user = store.ok("CreateUser", json!({"UserName": name}))["User"].take();
    let policy = json!({"UserName": name, "PolicyName": "p", "PolicyDocument": policy});
    store.ok("PutUserPolicy", policy);
    let seed = device(store, "phone");
    let codes = pair(store, name, PHONE, &seed);
    store.ok("EnableMFADevice", codes);
    let principal = Principal::User {
        account: account_id(),
        path: "/".to_owned(),
        name: name.to_owned(),
        id: user["UserId"].as_str().expect("an id").to_owned(),
    };
    (Caller { principal, access_key_id: "AKIAANN".to_owned(), session: None }, seed)
}

/// Who has the credentials of an answer.
fn bearer(store: &Store, answer: &Value) -> Caller {
    let text = |name: &str| answer["Credentials"][name].as_str().expect("a text").to_owned();
    let key = store.get::<SessionKey>("current").expect("the first session draws it").key;
    let token = text("SessionToken");
    let opened: Credential =
        session_token::open(&key, &text("AccessKeyId"), &token).expect("a token of this world");
    identify(&opened, Some(&token), store.now, &store.view()).expect("readable").expect("somebody")
}

/// Everything, for who has shown a second factor in the last minute.
const WITH_FRESH_FACTOR: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"},
    {"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{
        "Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}}]}"#;

/// F-MFA-2, F-MFA-7
#[test]
fn a_device_is_made_tagged_listed_and_deleted() {
    let mut store = Store::new();
    store.ok("CreateAccountAlias", json!({"AccountAlias": "lab"}));
    let tags = json!([{"Key": "owner", "Value": "Ann"}]);
    let asked = json!({"VirtualMFADeviceName": "phone", "Path": "/lab/", "Tags": tags});
    let made = store.ok("CreateVirtualMFADevice", asked.clone())["VirtualMFADevice"].take();
    let serial = "arn:aws:iam::111122223333:mfa/lab/phone";
    assert_eq!((&made["SerialNumber"], &made["Tags"]), (&json!(serial), &tags));
    let blob = |name: &str| STANDARD.decode(made[name].as_str().expect("a blob")).expect("base 64");
    assert_eq!(blob("Base32StringSeed").len(), 64);
    assert!(blob("QRCodePNG").starts_with(b"\x89PNG"));
    assert_eq!(store.refused("CreateVirtualMFADevice", asked).0, "EntityAlreadyExists");
    store.ok("TagMFADevice", json!({"SerialNumber": serial, "Tags": [{"Key": "floor", "Value": "3"}]}));
    store.ok("UntagMFADevice", json!({"SerialNumber": serial, "TagKeys": ["owner"]}));
    let tags = store.ok("ListMFADeviceTags", json!({"SerialNumber": serial}))["Tags"].take();
    assert_eq!(texts(&tags, "Key"), ["floor"]);
    let listed = store.ok("ListVirtualMFADevices", json!({}))["VirtualMFADevices"].take();
    assert_eq!(listed, json!([{"SerialNumber": serial}]), "the secret is told once");
    let other_case = json!({"SerialNumber": serial.replace("phone", "Phone")});
    let refusal = store.refused("DeleteVirtualMFADevice", other_case);
    let text = "VirtualMFADevice with serial number arn:aws:iam::111122223333:mfa/lab/Phone doesn't exist.";
    assert_eq!(refusal, ("NoSuchEntity".to_owned(), 404, text.to_owned()));
    let key = "arn:aws:iam::111122223333:u2f/user/ann/key";
    assert_eq!(store.refused("GetMFADevice", json!({"SerialNumber": key})).0, "NoSuchEntity");
    store.ok("DeleteVirtualMFADevice", json!({"SerialNumber": serial}));
    assert_eq!(store.ok("ListVirtualMFADevices", json!({}))["VirtualMFADevices"], json!([]));
}

/// F-MFA-3, F-MFA-10
#[test]
fn a_user_gets_a_device_by_two_codes_and_keeps_it_under_another_name() {
    let mut store = Store::new();
    let (_, seed) = user_with_device(&mut store, "Ann", WITH_FRESH_FACTOR);
    let summary = store.ok("GetAccountSummary", json!({}))["SummaryMap"].take();
    assert_eq!((&summary["MFADevices"], &summary["MFADevicesInUse"]), (&json!(1), &json!(1)));
    store.ok("GenerateCredentialReport", json!({}));
    let report = store.ok("GetCredentialReport", json!({}))["Content"].as_str().expect("a blob").to_owned();
    let report = String::from_utf8(STANDARD.decode(report).expect("base 64")).expect("text");
    let column = |line: &str| line.split(',').nth(7).map(str::to_owned);
    let columns: Vec<_> = report.lines().map(column).collect();
    assert_eq!(columns, ["mfa_active", "false", "true"].map(|text| Some(text.to_owned())));
    let conflict = store.refused("DeleteUser", json!({"UserName": "Ann"}));
    assert_eq!(conflict.2, "Cannot delete entity, must remove tokens from principal first.");
    store.ok("UpdateUser", json!({"UserName": "Ann", "NewUserName": "Anna"}));
    let devices = store.ok("ListMFADevices", json!({"UserName": "Anna"}))["MFADevices"].take();
    assert_eq!((texts(&devices, "UserName"), texts(&devices, "SerialNumber")), (vec!["Anna"], vec![PHONE]));
    // The second code of the pair was taken.
    let codes = pair(&store, "Anna", PHONE, &seed);
    assert_eq!(store.refused("ResyncMFADevice", codes).0, "InvalidAuthenticationCode");
    store.now += SignedDuration::from_mins(2);
    let codes = pair(&store, "Anna", PHONE, &seed);
    store.ok("ResyncMFADevice", codes);
    store.ok("DeactivateMFADevice", json!({"UserName": "Anna", "SerialNumber": PHONE}));
    let summary = store.ok("GetAccountSummary", json!({}))["SummaryMap"].take();
    assert_eq!((&summary["MFADevices"], &summary["MFADevicesInUse"]), (&json!(1), &json!(0)));
    store.ok("DeleteVirtualMFADevice", json!({"SerialNumber": PHONE}));
}

/// F-MFA-2: eight devices of one user.
#[test]
fn a_user_has_eight_devices_at_most() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    for number in 0..9 {
        let name = format!("phone{number}");
        let seed = device(&mut store, &name);
        let codes = pair(&store, "Ann", &format!("arn:aws:iam::111122223333:mfa/{name}"), &seed);
        if number < 8 {
            store.ok("EnableMFADevice", codes);
        } else {
            assert_eq!(store.refused("EnableMFADevice", codes).0, "LimitExceeded");
        }
    }
}

/// F-MFA-4, F-MFA-12: a session with a second factor is known by it, and by how long ago that was.
#[test]
fn a_session_with_a_code_opens_what_asks_for_one_until_it_is_old() {
    let mut store = Store::new();
    let (ann, seed) = user_with_device(&mut store, "Ann", WITH_FRESH_FACTOR);
    assert_eq!(store.refused_to(&ann, "ListUsers", json!({})).0, "AccessDenied");
    let asked = json!({"SerialNumber": PHONE, "TokenCode": phone::code(&seed, store.now, 1)});
    let answer = store.call_sts(&ann, "GetSessionToken", asked.clone()).expect("a good code");
    let session = bearer(&store, &answer);
    store.call(&session, "ListUsers", json!({})).expect("with a second factor");
    store.now += SignedDuration::from_secs(61);
    assert_eq!(store.refused_to(&session, "ListUsers", json!({})).0, "AccessDenied", "too long ago");
    let again = store.call_sts(&ann, "GetSessionToken", asked).expect_err("a code is good once");
    let text = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number \
                is valid and associated with this user.";
    assert_eq!(
        (again.code.as_ref(), again.status, again.message.as_deref()),
        ("AccessDenied", 403, Some(text))
    );
    let one = json!({"SerialNumber": PHONE});
    let text =
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
    let refusal = store.call_sts(&ann, "GetSessionToken", one).expect_err("half of it");
    assert_eq!(refusal.message.as_deref(), Some(text));
}

/// F-MFA-11: a role asks for a factor; the role's session does not tell of the code, but of the calling session's factor.
#[test]
fn a_role_is_opened_by_a_code_or_by_a_session_that_has_one() {
    let mut store = Store::new();
    let (ann, seed) = user_with_device(&mut store, "Ann", WITH_FRESH_FACTOR);
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}},
    }]});
    store.ok("CreateRole", json!({"RoleName": "guarded", "AssumeRolePolicyDocument": trust.to_string()}));
    let role = "arn:aws:iam::111122223333:role/guarded";
    let plain = json!({"RoleArn": role, "RoleSessionName": "ann"});
    let refusal = store.call_sts(&ann, "AssumeRole", plain.clone()).expect_err("no factor");
    assert_eq!(refusal.code, "AccessDenied");
    let mut with_code = plain.clone();
    with_code["SerialNumber"] = json!(PHONE);
    with_code["TokenCode"] = json!(phone::code(&seed, store.now, 1));
    let opened = store.call_sts(&ann, "AssumeRole", with_code).expect("a code");
    assert_eq!(bearer(&store, &opened).session.expect("a session").mfa_authenticated_at, None);
    let asked = json!({"SerialNumber": PHONE, "TokenCode": phone::code(&seed, store.now, 2)});
    let session = store.call_sts(&ann, "GetSessionToken", asked).expect("another code");
    let session = bearer(&store, &session);
    let opened = store.call_sts(&session, "AssumeRole", plain).expect("the session's factor");
    assert_eq!(bearer(&store, &opened).session.expect("a session").mfa_authenticated_at, Some(store.now));
}

/// F-MFA-8, F-STSAPI-8: wrong codes are counted though they are refused, and after ten of them none is taken for a while.
#[test]
fn nobody_can_try_all_codes() {
    let mut store = Store::new();
    let (ann, seed) = user_with_device(&mut store, "Ann", WITH_FRESH_FACTOR);
    let ask = |code: String| json!({"SerialNumber": PHONE, "TokenCode": code});
    let good = |store: &Store| phone::code(&seed, store.now, 1);
    let wrong = (0..1_000_000).map(|number| format!("{number:06}"));
    let near: Vec<_> = (-30..30).map(|steps| phone::code(&seed, store.now, steps)).collect();
    for code in wrong.filter(|code| !near.contains(code)).take(10) {
        let refusal = store.call_sts(&ann, "GetSessionToken", ask(code)).expect_err("a wrong code");
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        assert_eq!(refusal.message.as_deref(), Some(text));
    }
    let asked = ask(good(&store));
    store.call_sts(&ann, "GetSessionToken", asked).expect_err("too many wrong ones before");
    store.now += SignedDuration::from_mins(5);
    let asked = ask(good(&store));
    store.call_sts(&ann, "GetSessionToken", asked).expect("some time has passed");
}

/// F-MFA-9
#[test]
fn who_has_a_device_changes_its_own_only_with_one() {
    let mut store = Store::new();
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}"#;
    let (ann, seed) = user_with_device(&mut store, "Ann", all);
    let tablet = device(&mut store, "tablet");
    let codes = pair(&store, "Ann", "arn:aws:iam::111122223333:mfa/tablet", &tablet);
    let text = "To complete this action, please ensure that you are authenticated with an MFA device that is enabled \
                for this user.";
    for (operation, members) in
        [("EnableMFADevice", codes.clone()), ("DeactivateMFADevice", json!({"SerialNumber": PHONE}))]
    {
        let refusal = store.refused_to(&ann, operation, members);
        assert_eq!(refusal, ("AccessDenied".to_owned(), 403, text.to_owned()), "{operation}");
    }
    let asked = json!({"SerialNumber": PHONE, "TokenCode": phone::code(&seed, store.now, 1)});
    let answer = store.call_sts(&ann, "GetSessionToken", asked).expect("a good code");
    let session = bearer(&store, &answer);
    store.call(&session, "EnableMFADevice", codes).expect("with a factor");
    store.call(&session, "DeactivateMFADevice", json!({"SerialNumber": PHONE})).expect("with a factor");
}

impl Store {
    fn call_sts(
        &mut self,
        caller: &Caller,
        name: &str,
        members: Value,
    ) -> Result<Value, aws::refusal::Refusal> {
        (**self).call(caller, sts(name), members)
    }
}
