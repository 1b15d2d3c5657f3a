//! A sensitive value shows neither in `Debug` nor in what is recorded.
//! Ledger: F-WIRE-7, F-WIRE-9.

use aws::smithy::{
    HIDDEN, REDACTED, Shape, blob_shape, list_shape, map_shape, redact, string_shape, structure,
};
use serde_json::{Value, json};

const SECRET: &str = "hunter2-planted";

string_shape! { Secret { sensitive: true, } }
string_shape! { Open { max: 40, } }
blob_shape! { Key { sensitive: true, } }
list_shape! { Secrets { member: Secret, } }
map_shape! { SecretValues { key: String, value: Secret, } }
map_shape! { SecretKeys { key: Secret, value: String, } }
structure! { #[derive(Default)] Inner {
    secret: optional Secret = "Secret",
    open: optional Open = "Open",
} }
structure! { Request {
    secret: required Secret = "Secret",
    open: optional Open = "Open",
    key: optional Key = "Key",
    secrets: optional Secrets = "Secrets",
    values: optional SecretValues = "Values",
    keys: optional SecretKeys = "Keys",
    inner: optional Inner = "Inner",
} }

fn request() -> Value {
    json!({
        "Secret": SECRET, "Open": "shown", "Key": "aHVudGVyMi1wbGFudGVk", "Secrets": [SECRET, SECRET],
        "Values": { "shown-key": SECRET }, "Inner": { "Secret": SECRET, "Open": "shown too" },
    })
}

#[test]
fn debug_of_a_request_shows_no_secret_f_wire_9() {
    let request = Request::from_value(&request()).unwrap();
    let printed = format!("{request:?} {request:#?}");
    assert!(!printed.contains(SECRET), "{printed}");
    assert!(!printed.contains("104, 117, 110"), "the bytes of a secret are no less secret: {printed}");
    assert!(printed.contains(REDACTED) && printed.contains("shown too"), "{printed}");
}

#[test]
fn a_record_shows_no_secret_f_wire_7() {
    assert_eq!(
        redact(Request::schema(), &request()),
        json!({
            "Secret": HIDDEN, "Open": "shown", "Key": HIDDEN, "Secrets": [HIDDEN, HIDDEN],
            "Values": { "shown-key": HIDDEN }, "Inner": { "Secret": HIDDEN, "Open": "shown too" },
        })
    );
}

#[test]
fn a_secret_in_a_wrong_place_is_hidden_too() {
    let cases = [
        json!({ "Secret": { "nested": SECRET } }),
        json!({ "Secret": [SECRET] }),
        json!({ "Open": { "nested": SECRET } }),
        json!({ "Inner": SECRET }),
        json!({ "Inner": [SECRET] }),
        json!({ "Secrets": SECRET }),
        json!({ "Values": SECRET }),
        json!({ "Keys": { SECRET: "x" } }),
        json!({ "Unknown": SECRET }),
        json!({ "secret": SECRET }),
        json!([SECRET]),
        json!(SECRET),
    ];
    for value in cases {
        let shown = redact(Request::schema(), &value).to_string();
        assert!(!shown.contains(SECRET), "{value} became {shown}");
    }
}
