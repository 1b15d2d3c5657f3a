//! Wrong seed files, and exactly what is said about each.

use std::path::Path;

use accountd::seed::check;
use jiff::Timestamp;
use services::seed;

fn now() -> Timestamp {
    "2026-09-12T10:00:00Z".parse().expect("an instant")
}

/// One case: the file, then after `=>` a line for each problem.
struct Case {
    name: String,
    file: String,
    expected: Vec<String>,
}

/// The cases of `seed_problems.txt`: `### name`, the file, `=>`, the expected lines.
fn cases() -> Vec<Case> {
    let text = include_str!("seed_problems.txt");
    let cases = text.split("### ").skip(1).map(|case| {
        let (name, rest) = case.split_once('\n').expect("a name");
        let (file, expected) = rest.split_once("=>\n").expect("an arrow");
        let expected = expected.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Case { name: name.to_owned(), file: file.to_owned(), expected }
    });
    cases.collect()
}

/// Whether the lines are the expected ones. An expected line that ends in `…` leaves the rest open: the
/// policy parser's own words are pinned by its tests.
fn agree(found: &[String], expected: &[String]) -> bool {
    let same = |(found, expected): (&String, &String)| match expected.strip_suffix('…') {
        Some(beginning) => found.starts_with(beginning),
        None => found == expected,
    };
    !found.is_empty() && found.len() == expected.len() && found.iter().zip(expected).all(same)
}

fn problems(file: &str) -> Vec<String> {
    match seed::read(file, now()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_wrong_file_is_told_where_and_what() {
    let cases = cases();
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let mut differing = String::new();
    for case in &cases {
        let found = problems(&case.file);
        if !agree(&found, &case.expected) {
            differing.push_str(&format!("### {}\n=>\n{}\n\n", case.name, found.join("\n")));
        }
    }
    assert!(differing.is_empty(), "these cases say something else:\n{differing}");
}

/// Every text of the file that must stay out of messages carries this.
const CONFIDENTIAL: &str = "Zq9";

#[test]
fn no_message_repeats_a_secret_or_a_contact_value() {
    let file = r#"
organization: {management_account: "111122223333"}
accounts:
  - id: "111122223333"
    name: "<Zq9>"
    email: Zq9 nowhere
    contact:
      FullName: Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9
      AddressLine1: [Zq9]
      City: {Zq9: 1}
      PostalCode: Zq9Zq9Zq9Zq9Zq9Zq9Zq9
      CountryCode: Zq9
      PhoneNumber: Zq9
    alternate_contacts:
      BILLING: {Name: "", Title: "", EmailAddress: Zq9, PhoneNumber: Zq9}
    iam:
      root_access_keys: [{id: Zq9, secret: "Zq9 Zq9"}]
      roles:
        - name: r
          trust_policy: 1
          sessions:
            - {session_name: s, access_key_id: Zq9, secret_access_key: [Zq9], session_token: "Zq9 Zq9"}
"#;
    // `City` holds a mapping: its key is never looked at, because a text is expected.
    let found = problems(file);
    assert!(found.len() >= 15, "{found:?}");
    for line in found {
        assert!(!line.contains(CONFIDENTIAL), "{line}");
    }
    for broken in ["accounts: [{secret: Zq9", "accounts: \"Zq9", "a: &Zq9 *Zq9", "a: !Zq9 b", "a: !!int Zq9"]
    {
        for line in problems(broken) {
            assert!(!line.contains(CONFIDENTIAL), "{line}");
        }
    }
}

#[test]
fn two_accounts_with_one_address_are_refused_without_showing_it() {
    let file = "accounts:\n  - {id: \"111122223333\", name: A, email: Zq9@example.com}\n  \
                - {id: \"222233334444\", name: B, email: zq9@example.com}\n";
    let found = problems(file);
    assert_eq!(found, ["3:42: accounts[1].email: is also the address of accounts[0]; case does not count"]);
}

#[test]
fn checking_a_file_says_what_it_holds_or_lists_its_problems() {
    let directory = std::env::temp_dir().join(format!("accountd-seed-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("seed.yaml");
    let name = path.display().to_string();

    std::fs::write(&path, "accounts:\n  - id: 1\n    name: One\n").expect("a file");
    let expected = format!(
        "{name} has 2 problems; nothing was applied:\n\
         {name}:2:5: accounts[0]: `email` is missing\n\
         {name}:2:9: accounts[0].id: must be written in quotes: without them YAML takes an account id for a \
         number and may drop its zeros"
    );
    assert_eq!(check(&path), Err(expected));

    std::fs::write(&path, "accounts: [{id: '111122223333', name: One, email: one@example.com}]")
        .expect("a file");
    let summary = check(&path).expect("a right file");
    assert_eq!(
        summary.to_string(),
        "1 account, 0 organizational units, 0 policies, 0 users, 0 roles, 0 access keys"
    );

    std::fs::write(&path, b"accounts: \xff").expect("a file");
    assert_eq!(check(&path), Err(format!("{name}: is not UTF-8 text")));
    let missing = check(Path::new("no/such/seed.yaml")).expect_err("no file");
    assert!(missing.starts_with("no/such/seed.yaml: cannot be read: "), "{missing}");
    std::fs::remove_dir_all(&directory).expect("the directory again");
}

/// F-SEED-18: many problems are told up to a bound, and how many there are beyond it.
#[test]
fn so_many_problems_are_counted_and_not_all_told() {
    let found = |count: usize| {
        let accounts = format!("accounts:\n{}", "  - {}\n".repeat(count));
        let problems = seed::read(&accounts, now()).err().expect("problems");
        assert_eq!(problems.len(), count * 3, "id, name and email of each are missing");
        seed::report("many.yaml", &problems)
    };
    let told = found(40);
    assert!(
        told.starts_with("many.yaml has 120 problems; nothing was applied:\nmany.yaml:2:5: accounts[0]: "),
        "{told}"
    );
    assert_eq!(told.lines().count(), 102);
    assert!(told.ends_with("\nand 20 more"), "{told}");
    assert!(!found(33).contains("more"));
}

#[test]
fn endless_nesting_and_alias_bombs_are_refused() {
    let nested = format!("accounts: {}{}", "[".repeat(5000), "]".repeat(5000));
    let found = problems(&nested);
    assert_eq!(found.len(), 1, "{found:?}");
    let mut bomb = String::from("a0: &a0 [x]\n");
    for level in 1..40 {
        bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1));
    }
    assert_eq!(problems(&bomb).len(), 1);
}

/// F-SEED-17: the last level that is read is told what is wrong with it, the next one is not read at all.
#[test]
fn a_file_is_read_to_the_depth_that_is_promised() {
    let nested = |levels: usize| problems(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
    let too_deep = nested(33);
    assert_eq!(too_deep.len(), 1);
    assert!(too_deep[0].contains("nested too deeply"), "{too_deep:?}");
    assert!(!nested(32)[0].contains("nested too deeply"));
}
