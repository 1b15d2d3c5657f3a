//! What is said of a broken constraint, word for word, and in which order.
//! Ledger: F-WIRE-1, F-WIRE-3, F-WIRE-4, F-WIRE-5, F-WIRE-6, F-WIRE-8.

use aws::smithy::{
    Patterns, Schema, Shape, check, coral_message, enum_shape, integer_shape, list_shape, string_shape,
    structure, validation_message, violations,
};
use serde_json::{Value, json};

string_shape! { CompanyName { min: 1, max: 8, pattern: "[ -;=?-~]+", sensitive: true, } }
string_shape! { Phone { min: 1, max: 20, pattern: r"[+][\s0-9()-]+", } }
string_shape! { Anchored { pattern: r"^o-[a-z0-9]{10,32}$", } }
enum_shape! { Status { Enabled = "ENABLED", Disabled = "DISABLED", } }
integer_shape! { Page: Integer { min: 1, max: 50, } }
list_shape! { Statuses { member: Status, max: 3, } }
list_shape! { Phones { member: Phone, min: 1, } }
string_shape! { ShortKey { max: 8, } }
list_shape! { ShortKeys { member: ShortKey, members_not_null: true, } }
list_shape! { Tags { member: Tag, } }
structure! { Tag {
    key: required Phone = "Key",
    value: optional String = "Value",
} }
structure! { Request {
    name: required CompanyName = "Name",
    phone: optional Phone = "Phone",
    email: required String = "EmailAddress",
    organization: optional Anchored = "Organization",
    status: optional Status = "Status",
    page: optional Page = "Page",
    dry: optional bool = "Dry",
    statuses: optional Statuses = "Statuses",
    phones: optional Phones = "Phones",
    tags: optional Tags = "Tags",
    keys: optional ShortKeys = "Keys",
} }

/// The violations of a request that is whole but for these members.
fn of(members: Value) -> Vec<String> {
    violations(Request::schema(), &request(members), Patterns::Applied)
}

fn request(members: Value) -> Value {
    let mut request = json!({ "Name": "Acme", "EmailAddress": "a" });
    for (name, value) in members.as_object().expect("an object") {
        request[name] = value.clone();
    }
    request
}

#[test]
fn each_constraint_has_the_observed_validators_words() {
    let cases = [
        (json!({}), vec![]),
        (
            json!({ "Name": "A <N>" }),
            vec![r#"ECMA 262 regex "^[ -;=?-~]+$" does not match input string "A <N>""#],
        ),
        (
            json!({ "Phone": " " }),
            vec![r#"ECMA 262 regex "^[+][\s0-9()-]+$" does not match input string " ""#],
        ),
        (
            json!({ "Organization": "o" }),
            vec![r#"ECMA 262 regex "^o-[a-z0-9]{10,32}$" does not match input string "o""#],
        ),
        (
            json!({ "Name": "123456789" }),
            vec![r#"string "123456789" is too long (length: 9, maximum allowed: 8)"#],
        ),
        (
            json!({ "Name": "" }),
            vec![
                r#"string "" is too short (length: 0, required minimum: 1)"#,
                r#"ECMA 262 regex "^[ -;=?-~]+$" does not match input string """#,
            ],
        ),
        (
            json!({ "Status": "enabled" }),
            vec![r#"instance value ("enabled") not found in enum (possible values: ["ENABLED","DISABLED"])"#],
        ),
        (
            json!({ "Page": 51 }),
            vec!["numeric instance is greater than the required maximum (maximum: 50, found: 51)"],
        ),
        (
            json!({ "Page": 0 }),
            vec!["numeric instance is lower than the required minimum (minimum: 1, found: 0)"],
        ),
        (
            json!({ "Statuses": ["ENABLED", "ENABLED", "ENABLED", "ENABLED"] }),
            vec!["array is too long: must have at most 3 elements but instance has 4 elements"],
        ),
        (
            json!({ "Phones": [] }),
            vec!["array is too short: must have at least 1 elements but instance has 0 elements"],
        ),
    ];
    for (members, expected) in cases {
        assert_eq!(of(members.clone()), expected, "{members}");
    }
}

#[test]
fn a_value_of_another_type_is_told_its_type_and_nothing_else() {
    let cases = [
        (json!({ "Name": 7 }), "integer", r#"["string"]"#),
        (json!({ "Name": 7.5 }), "number", r#"["string"]"#),
        (json!({ "Name": ["x"] }), "array", r#"["string"]"#),
        (json!({ "Status": {} }), "object", r#"["string"]"#),
        (json!({ "Page": "7" }), "string", r#"["integer"]"#),
        (json!({ "Page": 1.0 }), "number", r#"["integer"]"#),
        (json!({ "Dry": "true" }), "string", r#"["boolean"]"#),
        (json!({ "Statuses": "ENABLED" }), "string", r#"["array"]"#),
        (json!({ "Statuses": [null] }), "null", r#"["string"]"#),
        (json!({ "Tags": [true] }), "boolean", r#"["object"]"#),
    ];
    for (members, found, allowed) in cases {
        let expected =
            format!("instance type ({found}) does not match any allowed primitive type (allowed: {allowed})");
        assert_eq!(of(members.clone()), [expected], "{members}");
    }
}

#[test]
fn missing_members_are_named_together_and_null_is_missing() {
    let expected = r#"object has missing required properties (["EmailAddress","Name"])"#;
    for value in [json!({}), json!({ "Name": null, "EmailAddress": null, "Phone": null })] {
        assert_eq!(violations(Request::schema(), &value, Patterns::Applied), [expected]);
    }
    assert_eq!(of(json!({ "Tags": [{}] })), [r#"object has missing required properties (["Key"])"#]);
}

#[test]
fn unknown_members_are_passed_over() {
    assert_eq!(of(json!({ "Nonsense": { "Name": 7 } })), [""; 0]);
}

#[test]
fn length_counts_code_points() {
    string_shape! { Short { max: 3, } }
    let schema: &Schema = Short::schema();
    assert!(violations(schema, &json!("𝕏é🇩"), Patterns::Applied).is_empty());
    assert_eq!(
        violations(schema, &json!("𝕏é🇩🇪"), Patterns::Applied),
        [r#"string "𝕏é🇩🇪" is too long (length: 4, maximum allowed: 3)"#]
    );
}

#[test]
fn every_violation_is_collected_in_the_order_of_the_model_f_wire_3() {
    let value = json!({ "Page": 99, "Phones": ["x", "+1", "y"], "Name": "<", "Phone": "+" });
    let found = violations(Request::schema(), &value, Patterns::Applied);
    assert_eq!(
        validation_message(&found),
        "[object has missing required properties ([\"EmailAddress\"]), \
         ECMA 262 regex \"^[ -;=?-~]+$\" does not match input string \"<\", \
         ECMA 262 regex \"^[+][\\s0-9()-]+$\" does not match input string \"+\", \
         numeric instance is greater than the required maximum (maximum: 50, found: 99), \
         ECMA 262 regex \"^[+][\\s0-9()-]+$\" does not match input string \"x\", \
         ECMA 262 regex \"^[+][\\s0-9()-]+$\" does not match input string \"y\"]"
    );
}

#[test]
fn of_a_list_only_the_first_value_outside_the_enum_is_named_f_wire_4() {
    let found = of(json!({ "Statuses": ["ENABLED", "enabled", "off"] }));
    assert_eq!(
        validation_message(&found),
        r#"[instance value ("enabled") not found in enum (possible values: ["ENABLED","DISABLED"])]"#
    );
}

#[test]
fn masked_validation_leaves_out_patterns_and_nothing_else_f_wire_8() {
    let value = json!({ "Name": "<", "Phone": "+XXXXXXXXX", "Status": "on", "Page": 0 });
    let found = violations(Request::schema(), &value, Patterns::Ignored);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|text| !text.contains("ECMA")), "{found:?}");
}

#[test]
fn query_and_json_rpc_services_have_words_of_their_own_f_wire_6() {
    let cases = [
        (
            json!({ "Name": "Acme", "EmailAddress": null }),
            "1 validation error detected: Value null at 'emailAddress' failed to satisfy constraint: \
             Member must not be null",
        ),
        (
            request(json!({ "Phone": "x", "Page": 51 })),
            "2 validation errors detected: Value 'x' at 'phone' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [+][\\s0-9()-]+; Value '51' at 'page' failed to satisfy \
             constraint: Member must have value less than or equal to 50",
        ),
        (
            request(json!({ "Name": "123456789" })),
            "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have \
             length less than or equal to 8",
        ),
        (
            request(json!({ "Tags": [{ "Key": "+1" }, { "Key": "" }] })),
            "2 validation errors detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: \
             Member must have length greater than or equal to 1; Value '' at 'tags.2.member.key' failed to \
             satisfy constraint: Member must satisfy regular expression pattern: [+][\\s0-9()-]+",
        ),
        (
            request(json!({ "Statuses": ["ENABLED", "on"] })),
            "1 validation error detected: Value '[ENABLED, on]' at 'statuses' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must satisfy enum value set: [ENABLED, DISABLED]]",
        ),
        // Of a list there is one sentence, with all that its members must be.
        (
            request(json!({ "Phones": ["x", null] })),
            "1 validation error detected: Value '[x, null]' at 'phones' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must have length less than or equal to 20, Member must \
             have length greater than or equal to 1, Member must satisfy regular expression pattern: \
             [+][\\s0-9()-]+]",
        ),
        (
            request(json!({ "Keys": ["way too long"], "Tags": [null] })),
            "2 validation errors detected: Value '[null]' at 'tags' failed to satisfy constraint: Member must \
             satisfy constraint: [Member must not be null]; Value '[way too long]' at 'keys' failed to satisfy \
             constraint: Member must satisfy constraint: [Member must have length less than or equal to 8, \
             Member must not be null]",
        ),
    ];
    for (value, expected) in cases {
        let found = check(Request::schema(), &value, Patterns::Applied);
        assert_eq!(coral_message(&found), expected, "{value}");
    }
}
