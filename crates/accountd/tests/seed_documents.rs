//! Right seed files, and the documents that come out of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::arn::AccountId;
use jiff::Timestamp;
use services::organizations::model::PolicyType;
use services::seed::{self, SeedDocuments};
use services::state::account::{Account, AccountState, EmailOwner};
use services::state::identity::{
    Credential, CredentialOwner, Group, GroupMember, IamAccount, ManagedPolicy, PolicyEntity, PolicyUse,
    Role, User,
};
use services::state::organization::{Membership, Organization, OrganizationPolicy, OrganizationalUnit};
use services::state::region::OrganizationRegionRequests;
use services::world::{Change, Document};

const EXAMPLE: &str = include_str!("../../../seeds/example.yaml");

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn read(file: &str) -> SeedDocuments {
    match seed::read(file, at("2026-09-12T10:00:00Z")) {
        Ok(documents) => documents,
        Err(problems) => panic!("{}", seed::report("seed", &problems)),
    }
}

/// The document, read back from the text that goes to the store.
fn get<D: Document>(documents: &SeedDocuments, id: &str) -> D {
    let key = format!("{}/{id}", D::KIND);
    match documents.writes.get(&key) {
        Some(Change::Put { text, document }) => {
            assert!(Arc::clone(document).downcast::<D>().is_ok(), "{key}");
            D::decode(text).expect("what was written can be read")
        }
        _ => panic!("there is no {key}"),
    }
}

fn ids<D: Document>(documents: &SeedDocuments) -> Vec<&str> {
    let prefix = format!("{}/", D::KIND);
    documents.writes.keys().filter_map(|key| key.strip_prefix(&prefix)).collect()
}

fn organization(documents: &SeedDocuments) -> Organization {
    get(documents, ids::<Organization>(documents)[0])
}

fn unit(documents: &SeedDocuments, name: &str) -> OrganizationalUnit {
    let units = ids::<OrganizationalUnit>(documents).into_iter();
    let mut units = units.map(|id| get::<OrganizationalUnit>(documents, id));
    units.find(|unit| unit.name == name).expect("the unit")
}

fn is_id(id: &str, prefix: &str, length: usize) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        rest.len() == length && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    })
}

#[test]
fn the_example_is_what_the_documentation_says() {
    let documents = read(EXAMPLE);
    assert_eq!(
        documents.summary.to_string(),
        "7 accounts, 6 organizational units, 3 policies, 3 users, 6 roles, 5 access keys"
    );
    assert_eq!(ids::<Account>(&documents).len(), 7);
    assert_eq!(ids::<EmailOwner>(&documents).len(), 7);
    assert_eq!(ids::<Membership>(&documents).len(), 7);
    assert_eq!(ids::<OrganizationalUnit>(&documents).len(), 7, "the root is one");
    assert_eq!(ids::<OrganizationPolicy>(&documents).len(), 2);
    assert_eq!(ids::<ManagedPolicy>(&documents), ["111122223333/contacts-only"]);
    assert_eq!(ids::<Role>(&documents).len(), 6);
    assert_eq!(ids::<User>(&documents).len(), 3);
    assert_eq!(ids::<Credential>(&documents).len(), 5);
    // What lists the organization: entities, children, names, attachments and counts.
    let lists = (7 + 7) + (7 + 6) + (6 + 2) + 2 + 1;
    // Every account but one has identities; the indexes of managed policies follow from them.
    let kept = (
        ids::<IamAccount>(&documents).len(),
        ids::<PolicyUse>(&documents).len(),
        ids::<PolicyEntity>(&documents).len(),
    );
    assert_eq!(kept, (6, 8, 8));
    assert_eq!(documents.writes.len(), 7 * 3 + 7 + 2 + 1 + 6 + 3 + 5 + 1 + lists + 22);
}

/// F-SEED-8
#[test]
fn the_organization_of_the_example_has_its_tree() {
    let documents = read(EXAMPLE);
    let organization = organization(&documents);
    let management = AccountId::from_number(111_122_223_333);
    assert!(is_id(&organization.id, "o-", 10), "{}", organization.id);
    assert_eq!(organization.management_account, management);
    assert!(organization.trusts("account.amazonaws.com"));
    assert!(organization.delegates("account.amazonaws.com", AccountId::from_number(222_233_334_444)));
    assert!(organization.enabled_policy_types.contains(&PolicyType::ServiceControlPolicy));
    assert_eq!(organization.created_at, at("2019-03-04T00:00:00Z"));

    let root: OrganizationalUnit = get(&documents, &organization.root_id);
    assert!(is_id(&root.id, "r-", 4), "{}", root.id);
    let production = unit(&documents, "Production");
    let workloads = unit(&documents, "Workloads");
    let beginning = format!("{}-", root.id.replace("r-", "ou-"));
    assert!(is_id(&production.id, &beginning, 8), "{}", production.id);
    assert_eq!(production.parent_id, Some(workloads.id));
    assert_eq!(workloads.parent_id, Some(root.id.clone()));
    let policy = |name: &str| {
        let policies = ids::<OrganizationPolicy>(&documents).into_iter();
        let mut policies = policies.map(|id| get::<OrganizationPolicy>(&documents, id));
        policies.find(|policy| policy.name == name).expect("the policy").id
    };
    let fixed = policy("production-regions-are-fixed");
    assert!(is_id(&fixed, "p-", 8), "{fixed}");
    assert!(production.policies.iter().eq(["p-FullAWSAccess", &fixed]));
    assert!(root.policies.contains(&policy("members-stay")));

    let member: Membership = get(&documents, "555566667777");
    assert_eq!((member.parent_id, member.joined_method.as_str()), (production.id, "CREATED"));
    let marine: Membership = get(&documents, "777788889999");
    assert_eq!((marine.parent_id, marine.joined_method.as_str()), (root.id.clone(), "INVITED"));
    assert_eq!(marine.joined_at, at("2022-02-01T00:00:00Z"));
    let owner: Membership = get(&documents, "111122223333");
    assert_eq!((owner.parent_id, owner.joined_method.as_str()), (root.id, "INVITED"));
    assert_eq!(owner.tags["owner"], "platform");
}

/// F-SEED-1
#[test]
fn a_created_member_starts_with_the_contact_of_the_management_account_under_its_own_name() {
    let documents = read(EXAMPLE);
    let management: Account = get(&documents, "111122223333");
    let management = management.contact.expect("a contact");
    assert_eq!(management.postal_code, "98101");
    assert_eq!(management.phone_number, "+12065550100");
    let sandbox: Account = get(&documents, "444455556666");
    let contact = sandbox.contact.expect("a copy");
    assert_eq!(contact.full_name, "Sandbox");
    assert_eq!(contact.address_line_1, management.address_line_1);
    assert_eq!(contact.website_url, management.website_url);
    assert!(sandbox.alternate_contacts.is_empty(), "alternate contacts are not copied");
    let production: Account = get(&documents, "555566667777");
    assert_eq!(production.contact.expect("its own").full_name, "Tomasz Wrona");
    let marine: Account = get(&documents, "777788889999");
    let contact = marine.contact.expect("the one it began with");
    assert_eq!(contact.full_name, marine.name, "an invited account keeps what it has");
    assert_eq!(contact.website_url, None);
}

/// F-SEED-5
#[test]
fn a_created_member_has_the_access_role_unless_the_file_declines_it() {
    let documents = read(EXAMPLE);
    let role: Role = get(&documents, "444455556666/organizationaccountaccessrole");
    assert_eq!((role.path.as_str(), role.max_session_duration_seconds), ("/", 3600));
    assert!(role.trust_policy.source().contains("arn:aws:iam::111122223333:root"));
    assert!(role.attached_policies.iter().eq(["arn:aws:iam::aws:policy/AdministratorAccess"]));
    let roles = ids::<Role>(&documents);
    assert!(!roles.contains(&"111122223333/organizationaccountaccessrole"), "not the management account");
    assert!(!roles.contains(&"777788889999/organizationaccountaccessrole"), "not an invited one");
    let declined = "organization_account_access_role: false\n    organizational_unit: Sandbox";
    let documents = read(&EXAMPLE.replace("organizational_unit: Sandbox", declined));
    assert!(!ids::<Role>(&documents).contains(&"444455556666/organizationaccountaccessrole"));
}

#[test]
fn identities_carry_resolved_policies_and_keys() {
    let documents = read(EXAMPLE);
    let bot: User = get(&documents, "111122223333/finance-bot");
    let boundary = "arn:aws:iam::111122223333:policy/contacts-only";
    assert_eq!(bot.permissions_boundary.as_deref(), Some(boundary));
    assert!(bot.attached_policies.iter().eq(["arn:aws:iam::aws:policy/AWSAccountManagementFullAccess"]));
    assert_eq!(bot.access_keys, ["AKIAI44QH8DHBEXAMPLE"]);
    assert!(bot.id.starts_with("AIDA") && bot.id.len() == 21, "{}", bot.id);

    let key: Credential = get(&documents, "AKIAI44QH8DHBEXAMPLE");
    assert_eq!(key.secret_access_key, "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY");
    assert!(key.active);
    assert!(matches!(key.owner, CredentialOwner::User(name) if name == "finance-bot"));
    let old: Credential = get(&documents, "AKIAIOSFODNN7TINKER0");
    assert!(!old.active);

    let role: Role = get(&documents, "222233334444/contactkeeper");
    let session: Credential = get(&documents, "ASIAIOSFODNN7NIGHTLY");
    let CredentialOwner::RoleSession(session) = session.owner else { panic!("not a session") };
    assert_eq!((session.role.as_str(), session.role_id), ("ContactKeeper", role.id));
    assert_eq!(session.expires_at, at("2036-01-01T00:00:00Z"));
    assert_eq!(session.issued_at, at("2026-09-12T10:00:00Z"));
}

#[test]
fn an_account_carries_state_regions_and_its_govcloud_twin() {
    let documents = read(EXAMPLE);
    let management: Account = get(&documents, "111122223333");
    let link = management.gov_cloud.expect("a link");
    assert_eq!((link.account, link.state), (AccountId::from_number(999_900_001_111), AccountState::Active));
    let sandbox: Account = get(&documents, "444455556666");
    let region = sandbox.regions["af-south-1"];
    assert!(region.enabled && region.until == at("2021-09-20T00:00:00Z"));
    let staging: Account = get(&documents, "666677778888");
    assert_eq!(staging.regions.keys().collect::<Vec<_>>(), ["eu-south-2"], "DISABLED is the default");
    assert!(ids::<OrganizationRegionRequests>(&documents).is_empty());
    let owner: EmailOwner = get(&documents, "aws@tidewater.example");
    assert_eq!(owner.account, management.id);
}

/// F-SEED-13
#[test]
fn a_region_in_transit_is_on_its_way_and_counts_as_an_open_request() {
    let transit = "regions: { af-south-1: ENABLING, me-south-1: DISABLING }";
    let documents = read(&EXAMPLE.replace("regions: [af-south-1]", transit));
    let sandbox: Account = get(&documents, "444455556666");
    let enabling = sandbox.regions["af-south-1"];
    assert!(enabling.enabled && enabling.since == at("2026-09-12T10:00:00Z"));
    assert!(!sandbox.regions["me-south-1"].enabled);
    let requests: OrganizationRegionRequests = get(&documents, &organization(&documents).id);
    assert_eq!(requests.open_until, [at("2026-09-12T10:01:00Z"), at("2026-09-12T10:02:00Z")]);
}

fn texts(documents: &SeedDocuments) -> Vec<(String, String)> {
    let text = |change: &Change| match change {
        Change::Put { text, .. } => text.to_string(),
        Change::Delete => panic!("a seed deletes nothing"),
    };
    documents.writes.iter().map(|(key, change)| (key.clone(), text(change))).collect()
}

#[test]
fn one_file_gives_the_same_documents_and_an_edit_elsewhere_keeps_the_ids() {
    let documents = read(EXAMPLE);
    assert_eq!(texts(&documents), texts(&read(EXAMPLE)));
    let edited = EXAMPLE
        .replace("name: Staging\n", "name: Preview\n")
        .replace("Workloads/Staging", "Workloads/Preview");
    let edited = read(&edited);
    assert_eq!(organization(&documents).id, organization(&edited).id);
    assert_eq!(unit(&documents, "Production").id, unit(&edited, "Production").id);
    assert_ne!(unit(&documents, "Staging").id, unit(&edited, "Preview").id);
    let user = |documents| get::<User>(documents, "111122223333/ingrid").id;
    assert_eq!(user(&documents), user(&edited));
}

#[test]
fn later_moments_give_the_same_keys() {
    let later = seed::read(EXAMPLE, at("2030-01-01T00:00:00Z")).map_err(|problems| problems.len());
    let later = later.expect("a right file");
    assert_eq!(later.writes.keys().collect::<Vec<_>>(), read(EXAMPLE).writes.keys().collect::<Vec<_>>());
}

#[test]
fn a_single_account_needs_no_organization() {
    let file = "accounts:\n  - {id: '000000000042', name: Alone, email: Me@Example.com, state: SUSPENDED}\n";
    let documents = read(file);
    assert_eq!(documents.writes.len(), 2);
    let account: Account = get(&documents, "000000000042");
    assert_eq!((account.email.as_str(), account.state), ("Me@Example.com", AccountState::Suspended));
    assert_eq!(account.created_at, at("2026-09-12T10:00:00Z"));
    assert_eq!(ids::<EmailOwner>(&documents), ["me@example.com"]);
}

#[test]
fn json_and_yaml_with_anchors_are_the_same_language() {
    let yaml = "accounts:
  - &one {id: '111122223333', name: One, email: one@example.com, state: ACTIVE}
  - <<: *one
    id: '222233334444'
    email: two@example.com
";
    let json = r#"{"accounts": [
        {"id": "111122223333", "name": "One", "email": "one@example.com", "state": "ACTIVE"},
        {"id": "222233334444", "name": "One", "email": "two@example.com", "state": "ACTIVE"}]}"#;
    assert_eq!(texts(&read(yaml)), texts(&read(json)));
}

#[test]
fn ids_of_the_file_are_kept() {
    let file = r#"
organization:
  id: o-exampleorg1
  management_account: "111122223333"
  root: { id: r-abcd, full_aws_access: false, policies: [p-12345678] }
  policies:
    - name: all
      id: p-12345678
      document: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
organizational_units: [{ name: Only, id: ou-abcd-12345678, accounts: ["111122223333"] }]
accounts: [{ id: "111122223333", name: One, email: one@example.com }]
"#;
    let documents = read(file);
    assert_eq!(ids::<Organization>(&documents), ["o-exampleorg1"]);
    assert_eq!(ids::<OrganizationalUnit>(&documents), ["ou-abcd-12345678", "r-abcd"]);
    let root: OrganizationalUnit = get(&documents, "r-abcd");
    assert!(root.policies.iter().eq(["p-12345678"]));
    let member: Membership = get(&documents, "111122223333");
    assert_eq!(member.parent_id, "ou-abcd-12345678");
}

/// F-SEED-14: every policy type is read with its own grammar, and attached in the order of the file.
#[test]
fn policies_of_every_type_are_read() {
    let file = r#"
organization:
  management_account: "111122223333"
  enabled_policy_types: [SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY, TAG_POLICY]
  root: { policies: [z-tags, guard, a-tags] }
  policies:
    - name: a-tags
      type: TAG_POLICY
      document: { tags: { team: { tag_key: { "@@assign": Team } } } }
    - name: z-tags
      type: TAG_POLICY
      tags: { owner: platform }
      document: '{"tags": {"team": {"tag_key": {"@@assign": "TEAM"}}}}'
    - name: guard
      type: RESOURCE_CONTROL_POLICY
      document: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*","Resource":"*"}]}'
    - name: backups
      type: BACKUP_POLICY
      document: { plans: {} }
accounts: [{ id: "111122223333", name: One, email: one@example.com }]
"#;
    let documents = read(file);
    assert_eq!(documents.summary.policies, 4);
    let mut by_name = BTreeMap::new();
    for id in ids::<OrganizationPolicy>(&documents) {
        let policy: OrganizationPolicy = get(&documents, id);
        by_name.insert(policy.name.clone(), policy);
    }
    let kinds: Vec<&str> = by_name.values().map(|policy| policy.kind.as_str()).collect();
    assert_eq!(kinds, ["TAG_POLICY", "BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"]);
    assert!(by_name["guard"].document.authorization().is_some());
    assert!(by_name["z-tags"].document.authorization().is_none());
    assert_eq!(by_name["z-tags"].tags["owner"], "platform");
    let root = ids::<OrganizationalUnit>(&documents);
    let root: OrganizationalUnit = get(&documents, root[0]);
    let attached = ["p-FullAWSAccess", &by_name["z-tags"].id, &by_name["guard"].id, &by_name["a-tags"].id];
    assert!(root.policies.iter().eq(attached));
}

#[test]
fn ten_thousand_accounts_are_read() {
    let mut file = String::from("organization: {management_account: \"100000000000\"}\naccounts:\n");
    for number in 0..10_000u64 {
        let id = AccountId::from_number(100_000_000_000 + number);
        file.push_str(&format!(
            "  - id: \"{id}\"\n    name: Account {number}\n    email: a{number}@example.com\n    \
             regions: [af-south-1]\n    alternate_contacts:\n      \
             BILLING: {{Name: A, Title: B, EmailAddress: c@example.com, PhoneNumber: \"1\"}}\n"
        ));
    }
    assert_eq!(read(&file).summary.accounts, 10_000);
}

/// Every YAML block of the documentation is a whole file.
#[test]
fn the_files_of_the_documentation_are_right() {
    let text = include_str!("../../../docs/seed-file.md");
    let blocks: Vec<&str> =
        text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 5, "{} blocks", blocks.len());
    for block in blocks {
        read(block);
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_of_other_systems_change_nothing() {
    let foreign = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(texts(&read(&foreign)), texts(&read(EXAMPLE)));
}

#[test]
fn numbers_keep_their_characters_after_letters_of_any_script() {
    let file = r#"accounts:
  - id: "111122223333"
    name: One
    email: one@example.com
    contact: {FullName: Zoë 李, AddressLine1: Straße 1, City: Zürich, PostalCode: 08001, CountryCode: no,
      PhoneNumber: +41446681800}
"#;
    let account: Account = get(&read(file), "111122223333");
    let contact = account.contact.expect("a contact");
    assert_eq!((contact.full_name.as_str(), contact.city.as_str()), ("Zoë 李", "Zürich"));
    assert_eq!((contact.postal_code.as_str(), contact.phone_number.as_str()), ("08001", "+41446681800"));
    assert_eq!(contact.country_code, "NO", "a country, not a truth value; in capitals as the API stores it");
}

#[test]
fn groups_have_members_and_what_is_counted_is_counted() {
    let documents = read(
        r#"
accounts:
  - id: "111122223333"
    name: Tidewater Robotics
    email: aws@tidewater.example
    iam:
      groups:
        - { name: Devs, path: /x/, attached_policies: [AdministratorAccess] }
      users:
        - { name: ann, groups: [devs], attached_policies: [own] }
        - { name: bob, groups: [Devs], permissions_boundary: own }
      policies:
        - name: own
          document: { Version: "2012-10-17", Statement: { Effect: Allow, Action: "account:*", Resource: "*" } }
"#,
    );
    let group: Group = get(&documents, "111122223333/devs");
    assert_eq!((group.path.as_str(), group.members), ("/x/", 2));
    assert!(group.id.starts_with("AGPA") && group.id.len() == 21);
    assert_eq!(get::<User>(&documents, "111122223333/ann").groups, BTreeSet::from(["devs".to_owned()]));
    assert_eq!(ids::<GroupMember>(&documents), ["111122223333/devs/ann", "111122223333/devs/bob"]);
    let kept: IamAccount = get(&documents, "111122223333");
    assert_eq!((kept.users, kept.groups, kept.roles, kept.policies), (2, 1, 0, 1));
    let used: PolicyUse = get(&documents, "111122223333/own:own");
    assert_eq!((used.attachments, used.boundaries), (1, 1));
    let used: PolicyUse = get(&documents, "111122223333/aws:AdministratorAccess");
    assert_eq!((used.attachments, used.boundaries), (1, 0));
}

#[test]
fn a_user_of_a_group_that_is_not_there_is_a_problem() {
    let file = r#"
accounts:
  - id: "111122223333"
    name: Tidewater Robotics
    email: aws@tidewater.example
    iam: { users: [{ name: ann, groups: [Ops] }] }
"#;
    let problems = seed::read(file, at("2026-09-12T10:00:00Z")).err().expect("a problem");
    let report = seed::report("seed", &problems);
    assert!(report.contains("no group of this account is named `Ops`"), "{report}");
}

/// F-ORGS-QUOTA-2: the organization may have as many accounts as the file says, or ten more than it has.
#[test]
fn a_seeded_organization_has_room_f_orgs_quota_2() {
    let file = |quota: &str, accounts: usize| {
        let mut file = format!("organization:\n  management_account: \"100000000000\"\n{quota}accounts:\n");
        for number in 0..accounts {
            file.push_str(&format!(
                "  - {{id: \"1000000000{number:02}\", name: A, email: a{number}@example.com}}\n"
            ));
        }
        file
    };
    let quota = |text: &str, accounts| organization(&read(&file(text, accounts))).account_quota;
    assert_eq!(quota("", 1), Some(11));
    assert_eq!(quota("", 61), Some(71));
    assert_eq!(quota("  account_quota: 500\n", 3), Some(500));
    assert_eq!(quota("  account_quota: 3\n", 3), Some(3));
    for wrong in ["  account_quota: 2\n", "  account_quota: 0\n", "  account_quota: many\n"] {
        let problems = seed::read(&file(wrong, 3), at("2026-09-12T10:00:00Z")).err().expect("a problem");
        assert!(problems[0].to_string().contains("organization.account_quota"), "{}", problems[0]);
    }
}
