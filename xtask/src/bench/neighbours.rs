//! What is measured of the neighbours: STS, and a large organization.

use std::path::Path;
use std::time::Instant;

use super::client::Client;
use super::figures::{Table, Target, median};
use super::measurements::{Bench, MANY, ROOT, ROUNDS, milliseconds, ratio, sign, speed, succeed};
use super::processes::Accountd;
use super::signature::{self, Call, Key};

/// Calls of one connection, one after the other.
pub(super) const CALLS: usize = 1000;

const MANAGEMENT: usize = 111_122_223_333;
const ROLE: &str = "arn:aws:iam::222233334444:role/auditor";
/// Ten service control policies: two on the root, one on each of five units, three on the account.
const POLICIES: usize = 10;

/// What the session is left with, percent-encoded as in a form.
const SESSION_POLICY: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22\
Allow%22%2C%22Action%22%3A%22account%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";

/// The user who assumes the role.
fn operator() -> Key {
    Key::lasting("AKIAIOSFODNN7OPERATE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEOPS")
}

/// An organization whose member lies five units deep, with [`POLICIES`] on the way that each speak of
/// Account Management, and a role there whose policy has a condition.
fn deep_organization() -> String {
    let policies: String = (0..POLICIES).map(service_control_policy).collect();
    let units: String = (0..5)
        .map(|level: usize| {
            let indent = " ".repeat(4 * level + 2);
            let member =
                if level == 4 { format!("\n{indent}  accounts: [\"222233334444\"]") } else { String::new() };
            let below =
                if level < 4 { format!("\n{indent}  organizational_units:\n") } else { "\n".to_owned() };
            format!("{indent}- name: level-{level}\n{indent}  policies: [guard-{}]{member}{below}", level + 2)
        })
        .collect();
    format!(
        r#"
organization:
  management_account: "{MANAGEMENT}"
  root: {{ policies: [guard-0, guard-1] }}
  policies:
{policies}organizational_units:
{units}accounts:
  - id: "{MANAGEMENT}"
    name: Management
    email: management@example.com
    iam:
      users:
        - name: operator
          attached_policies: [AdministratorAccess]
          access_keys: [{{ id: {}, secret: {} }}]
  - id: "222233334444"
    name: Member
    email: member@example.com
    policies: [guard-7, guard-8, guard-9]
    alternate_contacts:
      SECURITY:
        Name: Security Desk
        Title: On call
        EmailAddress: security@example.com
        PhoneNumber: +1 206 555 0199
    iam:
      roles:
        - name: auditor
          trust_policy:
            Version: "2012-10-17"
            Statement: {{ Effect: Allow, Principal: {{ AWS: "{MANAGEMENT}" }}, Action: "sts:AssumeRole" }}
          inline_policies:
            contacts:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Action: "account:*AlternateContact"
                  Resource: "*"
                  Condition: {{ "ForAnyValue:StringEquals": {{ "account:AlternateContactTypes": [SECURITY, BILLING] }} }}
"#,
        operator().id,
        operator().secret,
    )
}

/// A policy of the kind that landing zones attach: a Region that stays as it is, and nobody leaves.
fn service_control_policy(number: usize) -> String {
    format!(
        r#"    - name: guard-{number}
      document:
        Version: "2012-10-17"
        Statement:
          - Sid: RegionsStay
            Effect: Deny
            Action: ["account:EnableRegion", "account:DisableRegion"]
            Resource: "*"
            Condition: {{ StringNotEquals: {{ "account:TargetRegion": eu-south-{number} }} }}
          - Sid: NobodyLeaves
            Effect: Deny
            Action: ["organizations:LeaveOrganization", "iam:CreateUser", "iam:CreateAccessKey"]
            Resource: "*"
"#
    )
}

/// An organization of [`MANY`] accounts, the management account included.
fn large_organization() -> String {
    let members: String = (1..MANY)
        .map(|number| {
            format!(
                "  - {{ id: \"{:012}\", name: Member {number}, email: m{number}@example.com }}\n",
                300_000_000_000 + number
            )
        })
        .collect();
    format!(
        "organization: {{ management_account: \"{MANAGEMENT}\" }}\naccounts:\n  - id: \"{MANAGEMENT}\"\n    \
         name: Management\n    email: management@example.com\n    iam:\n      root_access_keys: \
         [{{ id: {}, secret: {} }}]\n{members}",
        operator().id,
        operator().secret,
    )
}

impl Bench {
    /// A server that begins with this seed.
    pub(super) fn seeded(&self, name: &str, seed: &str) -> Result<Accountd, String> {
        let file = self.data(&format!("{name}.yaml"));
        std::fs::write(&file, seed).map_err(|error| error.to_string())?;
        Accountd::start(&self.binary, Path::new(&self.data(name)), Some(&file))
    }

    /// One caller with one connection: what a change costs where nobody shares its fsync.
    pub fn alone(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("one connection …");
        let server = self.seeded("alone", &deep_organization())?;
        let root = Key::of_account(ROOT);
        let put = one_by_one(&server, &root, signature::put_alternate_contact)?;
        table.add("durable PutAlternateContact, one connection, median", Target::None, put, "ms");
        let assume = one_by_one(&server, &operator(), || signature::assume_role(ROLE, SESSION_POLICY))?;
        table.add("AssumeRole, one connection, median", Target::AtMost(1.0), assume, "ms");
        Ok(())
    }

    /// An assumed role deep in an organization beside a root user.
    pub fn assumed_role(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("reading as an assumed role …");
        let server = self.seeded("deep", &deep_organization())?;
        let root = Key::of_account(ROOT);
        succeed(&server, signature::put_alternate_contact(), &root)?;
        let session = succeed(&server, signature::assume_role(ROLE, SESSION_POLICY), &operator())?;
        let session = credentials(&session)?;
        let get = |key: &Key| {
            let signed = sign(&server, signature::get_alternate_contact(), key);
            self.load.repeat(server.address, &signed)
        };
        let (mut of_root, mut of_session) = (Vec::new(), Vec::new());
        // One round of each warms both up and does not count.
        for round in 0..=ROUNDS {
            let rows = (get(&root)?, get(&session)?);
            if round > 0 {
                of_root.push(rows.0);
                of_session.push(rows.1);
            }
        }
        let what = "signed GetAlternateContact, assumed role five units deep";
        table.add(what, Target::None, speed(&of_session), "/s");
        table.add(format!("{what} ÷ root user"), Target::AtLeast(0.7), ratio(&of_session, &of_root), "");
        Ok(())
    }

    /// The first and the last page of a long list.
    pub fn listing(&self, table: &mut Table) -> Result<(), String> {
        eprintln!("listing {MANY} accounts …");
        let server = self.seeded("large", &large_organization())?;
        let root = operator();
        let mut token = None;
        loop {
            let page = succeed(&server, signature::list_accounts(token.as_deref()), &root)?;
            let page: serde_json::Value = serde_json::from_str(&page).map_err(|error| error.to_string())?;
            match page["NextToken"].as_str() {
                Some(next) => token = Some(next.to_owned()),
                None => break,
            }
        }
        let get = |token: Option<&str>| {
            let signed = sign(&server, signature::list_accounts(token), &root);
            self.load.repeat(server.address, &signed)
        };
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            first.push(get(None)?);
            last.push(get(token.as_deref())?);
        }
        table.add("ListAccounts of 10,000, first page", Target::None, speed(&first), "/s");
        let slower = ratio(&first, &last);
        table.add("time of a page, last of 10,000 ÷ first", Target::AtMost(1.2), slower, "");
        Ok(())
    }
}

/// The median time of a call in milliseconds, on one connection. The first calls warm up.
pub(super) fn one_by_one(server: &Accountd, key: &Key, call: impl Fn() -> Call) -> Result<f64, String> {
    let mut client = Client::connect(server.address).map_err(|error| error.to_string())?;
    let request = sign(server, call(), key).text();
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS + CALLS / 10 {
        let begun = Instant::now();
        let answer = client.send(&request)?;
        times.push(milliseconds(begun.elapsed()));
        if answer.status != 200 {
            return Err(format!("{}: {}", answer.status, answer.body));
        }
    }
    Ok(median(&times[CALLS / 10..]))
}

/// The credentials in an answer of AssumeRole.
fn credentials(answer: &str) -> Result<Key, String> {
    let member = |name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        rest.split_once('<').map(|(text, _)| text.to_owned())
    };
    let key = || {
        Some(Key {
            id: member("AccessKeyId")?,
            secret: member("SecretAccessKey")?,
            token: Some(member("SessionToken")?),
        })
    };
    key().ok_or_else(|| "AssumeRole answered without credentials".to_owned())
}
