//! What a seed file may hold is what the APIs take: at the limits of every constraint of the models and beyond, both
//! accept a value or both refuse it.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod from_state;

use aws::principal::Caller;
use serde_json::{Value, json};
use services::seed;
use services::service::{Operation, Service};
use testing::world::{World, root};

const ACCOUNT: &str = "111122223333";

/// A value of the seed file, and the call that takes the same. `@` stands for the value in both.
struct Pair {
    /// What stands in the account `One` of the file, or beside the accounts.
    seed: Seed,
    call: (Service, &'static str, Value),
    /// A text that both accept, and that stays right when characters like its second are put behind its first.
    good: &'static str,
}

enum Seed {
    Account(Value),
    Iam(Value),
    Organization(Value),
    Units(Value),
}

fn account(seed: Value, operation: &'static str, members: Value, good: &'static str) -> Pair {
    Pair { seed: Seed::Account(seed), call: (Service::Account, operation, members), good }
}

fn iam(seed: Value, operation: &'static str, members: Value, good: &'static str) -> Pair {
    Pair { seed: Seed::Iam(seed), call: (Service::Iam, operation, members), good }
}

fn organizations(seed: Seed, operation: &'static str, members: Value, good: &'static str) -> Pair {
    Pair { seed, call: (Service::Organizations, operation, members), good }
}

/// A primary contact in which one member is the value.
fn contacts() -> impl Iterator<Item = Pair> {
    let whole = json!({
        "FullName": "Ann", "AddressLine1": "1 Road", "AddressLine2": "b", "AddressLine3": "c", "City": "Ulm",
        "StateOrRegion": "BW", "DistrictOrCounty": "d", "PostalCode": "89073", "CountryCode": "DE",
        "PhoneNumber": "+4912345", "CompanyName": "Ann's", "WebsiteUrl": "https://example.com",
    });
    let names: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    names.into_iter().map(move |name| {
        let mut contact = whole.clone();
        let good: &'static str = match name.as_str() {
            "CountryCode" => "DE",
            "PhoneNumber" => "+49",
            _ => "ab",
        };
        contact[&name] = "@".into();
        let members = json!({ "ContactInformation": contact });
        account(json!({ "contact": contact }), "PutContactInformation", members, good)
    })
}

/// An alternate contact in which one member is the value.
fn alternate_contacts() -> impl Iterator<Item = Pair> {
    [("Name", "ab"), ("Title", "ab"), ("EmailAddress", "ab@example.com"), ("PhoneNumber", "012")]
        .into_iter()
        .map(|(name, good)| {
            let mut contact =
                json!({ "Name": "Ann", "Title": "CFO", "EmailAddress": "a@example.com", "PhoneNumber": "1" });
            contact[name] = "@".into();
            let seed = json!({ "alternate_contacts": { "BILLING": contact } });
            contact["AlternateContactType"] = "BILLING".into();
            account(seed, "PutAlternateContact", contact, good)
        })
}

/// What belongs to an organization; `root_id` is the one of the world.
fn of_organizations(root_id: &str) -> Vec<Pair> {
    let unit = |tag: Value| json!({ "ParentId": root_id, "Name": "a", "Tags": [tag] });
    let allow = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let policy = |name: &str, description: &str| {
        json!({
            "Name": name, "Description": description, "Type": "SERVICE_CONTROL_POLICY", "Content": allow.to_string(),
        })
    };
    let in_file = |name: &str, description: &str| {
        Seed::Organization(
            json!({ "policies": [{ "name": name, "description": description, "document": allow }] }),
        )
    };
    let create = "CreateOrganizationalUnit";
    vec![
        organizations(
            Seed::Units(json!([{ "name": "@" }])),
            create,
            json!({ "ParentId": root_id, "Name": "@" }),
            "ab",
        ),
        organizations(
            Seed::Units(json!([{ "name": "a", "tags": { "@": "v" } }])),
            create,
            unit(json!({ "Key": "@", "Value": "v" })),
            "ab",
        ),
        organizations(
            Seed::Account(json!({ "tags": { "k": "@" } })),
            create,
            unit(json!({ "Key": "k", "Value": "@" })),
            "ab",
        ),
        organizations(in_file("@", "d"), "CreatePolicy", policy("@", "d"), "ab"),
        organizations(in_file("n", "@"), "CreatePolicy", policy("n", "@"), "ab"),
        organizations(
            Seed::Account(json!({ "email": "@" })),
            "CreateAccount",
            json!({ "AccountName": "a", "Email": "@" }),
            "ab@example.com",
        ),
        organizations(
            Seed::Organization(json!({ "trusted_services": ["@"] })),
            "EnableAWSServiceAccess",
            json!({ "ServicePrincipal": "@" }),
            "account.amazonaws.com",
        ),
    ]
}

/// What belongs to IAM, and the sessions of STS.
fn of_iam() -> Vec<Pair> {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "sts:AssumeRole" },
    });
    let allow = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let user = |user: Value| json!({ "users": [user] });
    let role =
        |name: &str, path: &str| json!({ "roles": [{ "name": name, "path": path, "trust_policy": trust }] });
    let create_role = |name: &str, path: &str| json!({ "RoleName": name, "Path": path, "AssumeRolePolicyDocument": trust.to_string() });
    let tag = |key: &str, value: &str| json!({ "UserName": "a", "Tags": [{ "Key": key, "Value": value }] });
    let policy =
        |name: &str, path: &str| json!({ "policies": [{ "name": name, "path": path, "document": allow }] });
    let create_policy = |name: &str, path: &str| json!({ "PolicyName": name, "Path": path, "PolicyDocument": allow.to_string() });
    let inline = json!({ "UserName": "ann", "PolicyName": "@", "PolicyDocument": allow.to_string() });
    let mut pairs = vec![
        iam(user(json!({ "name": "@" })), "CreateUser", json!({ "UserName": "@" }), "ab"),
        iam(
            user(json!({ "name": "a", "path": "@" })),
            "CreateUser",
            json!({ "UserName": "a", "Path": "@" }),
            "/a/",
        ),
        iam(user(json!({ "name": "a", "tags": { "@": "v" } })), "CreateUser", tag("@", "v"), "ab"),
        iam(user(json!({ "name": "a", "tags": { "k": "@" } })), "CreateUser", tag("k", "@"), "ab"),
        iam(user(json!({ "name": "a", "inline_policies": { "@": allow } })), "PutUserPolicy", inline, "ab"),
        iam(
            user(json!({ "name": "a", "mfa": [{ "name": "@", "seed": "GEZDGNBVGY3TQOJQ" }] })),
            "CreateVirtualMFADevice",
            json!({ "VirtualMFADeviceName": "@" }),
            "ab",
        ),
        iam(json!({ "groups": [{ "name": "@" }] }), "CreateGroup", json!({ "GroupName": "@" }), "ab"),
        iam(role("@", "/"), "CreateRole", create_role("@", "/"), "ab"),
        iam(role("a", "@"), "CreateRole", create_role("a", "@"), "/a/"),
        iam(policy("@", "/"), "CreatePolicy", create_policy("@", "/"), "ab"),
        iam(policy("a", "@"), "CreatePolicy", create_policy("a", "@"), "/a/"),
    ];
    let session = |member: &str, value: Value| {
        let mut session = json!({
            "session_name": "monday", "access_key_id": "ASIA000000000000EXAMPLE", "secret_access_key": "secret",
            "session_token": "token",
        });
        session[member] = value;
        Seed::Iam(json!({ "roles": [{ "name": "actor", "trust_policy": trust, "sessions": [session] }] }))
    };
    for (member, value, parameter, given) in [
        ("session_name", json!("@"), "RoleSessionName", json!("@")),
        ("source_identity", json!("@"), "SourceIdentity", json!("@")),
        ("tags", json!({ "@": "v" }), "Tags", json!([{ "Key": "@", "Value": "v" }])),
        ("tags", json!({ "k": "@" }), "Tags", json!([{ "Key": "k", "Value": "@" }])),
    ] {
        let mut assume =
            json!({ "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/actor"), "RoleSessionName": "monday" });
        assume[parameter] = given;
        pairs.push(Pair {
            seed: session(member, value),
            call: (Service::Sts, "AssumeRole", assume),
            good: "ab",
        });
    }
    pairs
}

/// Characters at the edges of the models' patterns: what is neither letter nor digit in ASCII, and others that are
/// letters, marks, numbers, blanks or nothing of the kind.
fn characters() -> impl Iterator<Item = char> {
    let ascii =
        (' '..='~').filter(|c| !c.is_ascii_alphanumeric()).chain(['\0', '\t', '\n', '\u{7f}', 'Z', '7']);
    ascii.chain([
        '\u{85}', '\u{a0}', '\u{aa}', '\u{ad}', 'é', 'ß', '\u{345}', '\u{300}', '٣', '½', 'Ⅷ', '\u{200b}',
        '\u{200d}', '\u{2028}', '\u{3000}', '\u{feff}', '中', '\u{e000}', '𐐀', '😀',
    ])
}

/// The text itself, longer and shorter ones of its kind, and the text with another character in it.
fn values(good: &str) -> Vec<String> {
    let second = good.chars().nth(1).unwrap_or('a');
    let (first, rest) = good.split_at(1);
    let mut values = vec![good.to_owned(), String::new(), first.to_owned(), " ".to_owned(), "   ".to_owned()];
    let limits = [1, 2, 3, 4, 5, 6, 20, 25, 50, 60, 64, 68, 128, 130, 254, 256, 512, 1000, 2048];
    for length in limits.into_iter().flat_map(|limit| [limit, limit + 1]) {
        if length > good.len() {
            values.push(format!("{first}{}{rest}", second.to_string().repeat(length - good.len())));
        }
    }
    for character in characters() {
        values.push(character.to_string());
        values.push(format!("{first}{character}{rest}"));
        values.push(format!("{good}{character}"));
    }
    for other in ["aws:x", "AWS:x", "//", "a/", "/a", "a@b", "a@b.c", "@b.cd", "a b@c.de", "+", "+49 (0) 1-2"]
    {
        values.push(other.to_owned());
    }
    values
}

/// `template` with the value in place of each `@`, keys too.
fn filled(template: &Value, value: &str) -> Value {
    let fill = |text: &str| if text == "@" { value.to_owned() } else { text.to_owned() };
    match template {
        Value::String(text) => fill(text).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, value)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| (fill(key), filled(member, value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The seed file, as JSON, in which YAML would take some characters for ends of lines if they stood there as they are.
fn file(seed: &Seed, value: &str) -> String {
    let mut file = json!({
        "organization": { "management_account": "444455556666" },
        "accounts": [
            { "id": "444455556666", "name": "Company", "email": "company@example.com" },
            { "id": ACCOUNT, "name": "One", "email": "one@example.com" },
        ],
    });
    let (place, part) = match seed {
        Seed::Account(part) => (&mut file["accounts"][1], filled(part, value)),
        Seed::Iam(part) => (&mut file["accounts"][1], json!({ "iam": filled(part, value) })),
        Seed::Organization(part) => (&mut file["organization"], filled(part, value)),
        Seed::Units(part) => (&mut file, json!({ "organizational_units": filled(part, value) })),
    };
    place.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    let mut text = String::new();
    for character in file.to_string().chars() {
        match character {
            ' '..='~' => text.push(character),
            other => text.push_str(&format!("\\U{:08x}", u32::from(other))),
        }
    }
    text
}

/// A world with an organization of the account, and a user and a role in it.
fn world() -> (World, Caller, String) {
    let mut world = World::at("2026-11-21T10:00:00Z");
    world.add_account(ACCOUNT);
    let caller = root(ACCOUNT);
    let mut call = |service, name: &str, members| {
        let operation = Operation::from_name(service, name).unwrap();
        world.call(&caller, operation, members).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
    };
    call(Service::Organizations, "CreateOrganization", json!({}));
    let roots = call(Service::Organizations, "ListRoots", json!({}));
    let root_id = roots["Roots"][0]["Id"].as_str().unwrap().to_owned();
    call(
        Service::Organizations,
        "EnablePolicyType",
        json!({ "RootId": root_id, "PolicyType": "SERVICE_CONTROL_POLICY" }),
    );
    call(Service::Iam, "CreateUser", json!({ "UserName": "ann" }));
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow", "Principal": { "AWS": ACCOUNT },
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        },
    });
    call(
        Service::Iam,
        "CreateRole",
        json!({ "RoleName": "actor", "AssumeRolePolicyDocument": trust.to_string() }),
    );
    let everything = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    call(
        Service::Iam,
        "PutUserPolicy",
        json!({ "UserName": "ann", "PolicyName": "all", "PolicyDocument": everything.to_string() }),
    );
    (world, caller, root_id)
}

/// A user of the account: roles are not assumed by root users.
fn ann() -> Caller {
    let principal = aws::principal::Principal::User {
        account: ACCOUNT.parse().unwrap(),
        path: "/".to_owned(),
        name: "ann".to_owned(),
        id: "AIDAEXAMPLEANN".to_owned(),
    };
    Caller { principal, access_key_id: "AKIAEXAMPLE".to_owned(), session: None }
}

/// F-SEED-16
#[test]
fn a_seed_file_may_hold_what_the_apis_take() {
    let (mut world, caller, root_id) = world();
    let name = account(json!({ "name": "@" }), "PutAccountName", json!({ "AccountName": "@" }), "ab");
    let pairs = [name].into_iter().chain(contacts()).chain(alternate_contacts());
    let pairs = pairs.chain(of_organizations(&root_id)).chain(of_iam());
    let mut differences = Vec::new();
    for Pair { seed, call: (service, operation, members), good } in pairs {
        let caller = if service == Service::Sts { ann() } else { caller.clone() };
        for value in values(good) {
            let members = filled(&members, &value);
            let found = Operation::from_name(service, operation).unwrap();
            let api = world.prepare(&caller, found, members.clone()).value;
            let file = seed::read(&file(&seed, &value), world.now);
            if value == good {
                assert!(api.is_ok() && file.is_ok(), "{operation} {members}: {api:?}, {:?}", file.err());
            }
            if api.is_ok() != file.is_ok() {
                let problem = file.err().map(|problems| problems[0].to_string());
                differences
                    .push(format!("{operation} {members}\n    API {:?}\n    seed {problem:?}", api.err()));
            }
        }
    }
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}
