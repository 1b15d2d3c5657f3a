//! A state as a seed file, and that file as a state again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use services::seed::{self, SeedDocuments};
use services::service::{Operation, Service};
use services::world::Change;
use testing::world::{World, root};

/// Every key of a seed file, which a test sees to.
const EVERY_KEY: &str = include_str!("every_key.json");

fn now() -> Timestamp {
    "2026-09-12T10:00:00Z".parse().unwrap()
}

fn read(text: &str) -> SeedDocuments {
    seed::read(text, now()).unwrap_or_else(|problems| panic!("{}\n{text}", seed::report("seed", &problems)))
}

/// The documents as an export has them.
fn documents(read: &SeedDocuments) -> BTreeMap<String, Value> {
    let texts = read.writes.iter().map(|(key, change)| match change {
        Change::Put { text, .. } => (key.clone(), serde_json::from_str(text).unwrap()),
        _ => panic!("{key}: a seed only puts"),
    });
    texts.collect()
}

fn from_state(state: &BTreeMap<String, Value>) -> String {
    let made = seed::from_state(state, now());
    made.unwrap_or_else(|(problems, text)| panic!("{}\n{text}", seed::report("seed", &problems)))
}

fn head(file: &str) -> Vec<&str> {
    file.lines().take_while(|line| line.starts_with('#')).collect()
}

/// F-SEED-20: a state that came of a seed file, with every key there is, is that file again; all that it cannot say is a password.
#[test]
fn a_state_becomes_the_seed_file_that_gives_it_again_f_seed_20() {
    let state = documents(&read(EVERY_KEY));
    let file = from_state(&state);
    let mut again = documents(&read(&file));
    let unsaid = ["# - user/111122223333/ann: login_profile.password.digest"];
    assert_eq!(head(&file)[2..], unsaid, "{file}");
    let user = "user/111122223333/ann";
    again.get_mut(user).unwrap()["login_profile"] = state[user]["login_profile"].clone();
    for (key, document) in &state {
        assert_eq!(again.get(key), Some(document), "{key}");
    }
    assert_eq!(again.len(), state.len());
    assert!(file.contains("  management_account: \"111122223333\"\n"), "{file}");
    // What such a file gives it says whole.
    let second = from_state(&documents(&read(&file)));
    assert_eq!(head(&second)[1..], ["# It says all of it."]);
    assert_eq!(second.lines().skip(2).collect::<Vec<_>>(), file.lines().skip(3).collect::<Vec<_>>());
}

/// The keys that are known where a mapping stands, told by a wrong one put there, and those that stand there.
fn known_keys(whole: &Value, at: &str, known: &mut BTreeMap<String, BTreeSet<String>>) {
    match whole.pointer(at).unwrap() {
        Value::Object(members) => {
            let mut wrong = whole.clone();
            wrong.pointer_mut(at).unwrap()["colour"] = json!("red");
            let problems = seed::read(&wrong.to_string(), now()).err().unwrap_or_default();
            let told =
                problems.iter().find_map(|problem| Some(problem.message.split_once("; known are ")?.1));
            if let Some(told) = told {
                known.entry(told.to_owned()).or_default().extend(members.keys().cloned());
            }
            for key in members.keys().filter(|_| told.is_some() || !at.contains("document")) {
                known_keys(whole, &format!("{at}/{}", key.replace('/', "~1")), known);
            }
        }
        Value::Array(list) => {
            (0..list.len()).for_each(|place| known_keys(whole, &format!("{at}/{place}"), known))
        }
        _ => {}
    }
}

#[test]
fn the_file_of_every_key_has_every_key() {
    let mut known = BTreeMap::new();
    known_keys(&serde_json::from_str(EVERY_KEY).unwrap(), "", &mut known);
    assert!(known.len() > 15, "{known:?}");
    for (told, there) in known {
        let told: BTreeSet<String> = told.split(", ").map(str::to_owned).collect();
        assert_eq!(told, there);
    }
}

/// F-SEED-19: names, metadata and numbers are held to the API's.
#[test]
fn saml_providers_of_a_seed_file_are_what_the_api_would_take_f_seed_19() {
    let told = |providers: Value| -> Vec<String> {
        let mut whole: Value = serde_json::from_str(EVERY_KEY).unwrap();
        whole["accounts"][0]["iam"]["saml_providers"] = providers;
        let problems = seed::read(&whole.to_string(), now()).err().unwrap_or_default();
        problems.iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect()
    };
    let good =
        serde_json::from_str::<Value>(EVERY_KEY).unwrap()["accounts"][0]["iam"]["saml_providers"][0].take();
    let with = |key: &str, value: &str| {
        let mut provider = good.clone();
        provider[key] = json!(value);
        provider
    };
    let at = |rest: &str| vec![format!("accounts[0].iam.saml_providers{rest}")];
    assert_eq!(told(json!([good])), Vec::<String>::new());
    assert_eq!(told(json!([with("name", "a b")])), at("[0].name may hold only letters, digits and _.-"));
    let other = "x".repeat(1000);
    let no_metadata = at("[0].metadata is no metadata document of a SAML identity provider");
    assert_eq!(told(json!([with("metadata", &other)])), no_metadata);
    assert_eq!(told(json!([with("metadata", "<a/>")])), at("[0].metadata is shorter than 1000 characters"));
    let twice = json!([good, with("name", "CORP")]);
    assert_eq!(told(twice), at("[1].name a SAML provider named `CORP` is in this account already"));
    let many: Value = (0..101).map(|number| with("name", &format!("corp{number}"))).collect();
    assert_eq!(told(many), at("[100].name is one of more than 100 SAML providers of an account"));
}

/// F-SEED-20: what came about by calls and no file can say is named at the head, without its values.
#[test]
fn what_a_seed_file_cannot_say_is_named_at_its_head_f_seed_20() {
    let mut world = World::at("2026-09-12T10:00:00Z");
    let account = "111122223333";
    world.add_account(account);
    let calls = [
        ("CreateAccountAlias", json!({ "AccountAlias": "tidewater" })),
        ("CreateInstanceProfile", json!({ "InstanceProfileName": "machine" })),
        ("CreateUser", json!({ "UserName": "ann" })),
        ("CreateLoginProfile", json!({ "UserName": "ann", "Password": "Correct-horse-9" })),
    ];
    for (operation, members) in calls {
        let operation = Operation::from_name(Service::Iam, operation).unwrap();
        let _ = world.ok(&root(account), operation, members);
    }
    let texts = world.documents.texts().into_iter();
    let mut state: BTreeMap<String, Value> =
        texts.map(|(key, text)| (key.to_owned(), serde_json::from_str(text).unwrap())).collect();
    let file = from_state(&state);
    let unsaid = [
        "# - account-alias/tidewater",
        "# - iam-account/111122223333: alias, instance_profiles",
        "# - instance-profile/111122223333/machine",
        "# - user/111122223333/ann: login_profile.password.digest, login_profile.password.salt",
    ];
    assert_eq!(head(&file)[2..], unsaid, "{file}");
    assert!(file.contains("      - name: ann\n"), "{file}");
    let digest = &state["user/111122223333/ann"]["login_profile"]["password"]["digest"];
    assert!(!file.contains(digest.as_str().unwrap()));

    // Of many alike some are named, and the others counted.
    for number in 0..30 {
        state.insert(format!("message/{number:02}"), json!({ "v": 1, "text": "secret-code" }));
    }
    let file = from_state(&state);
    assert_eq!(file.matches("# - message/").count(), 20);
    assert!(file.contains("# - message: 10 more\n") && !file.contains("secret-code"), "{file}");

    // What a file may not hold is told as `seed check` tells it.
    state.get_mut("account/111122223333").unwrap()["contact"]["PhoneNumber"] = json!("+XXXXXXXXX");
    let (problems, _) = seed::from_state(&state, now()).expect_err("a masked number is none");
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["accounts[0].contact.PhoneNumber"]);
}
