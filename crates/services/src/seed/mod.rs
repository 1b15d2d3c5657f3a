//! The seed file: the organization, accounts and identities that a new store begins with.
//!
//! It is YAML or JSON; `docs/seed-file.md` describes it. It is read as a whole: either every value is
//! right and the documents of the store come out, or every problem is reported with its line, its column
//! and its path, and nothing is applied. No message repeats a secret or a contact value.

mod account;
mod constraints;
mod from_state;
mod identity;
mod ids;
mod item;
mod node;
mod organization;
mod principals;
mod problem;
mod providers;
mod sign_in;
mod tree;

use std::collections::BTreeMap;
use std::fmt;

use aws::arn::AccountId;
use jiff::Timestamp;

use crate::organizations::index;
use crate::state::account::{ContactInformation, EmailAddress, EmailOwner};
use crate::state::organization::{OrganizationCounts, OrganizationId};
use crate::state::region::OrganizationRegionRequests;
use crate::world::key::CaseInsensitive;
use crate::world::{Change, Decode, EventQuery, Fault, Found, LoggedEvent, Snapshot, World};
use account::{AccountDraft, read_account};
pub use from_state::from_state;
use item::Item;
use organization::{OrganizationDraft, UnitDraft, read_organization, read_units};
use principals::Principals;
use problem::Problems;
pub use problem::{Place, Problem};
use tree::Tree;

/// How many things a seed file describes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Accounts.
    pub accounts: usize,
    /// Organizational units, without the root.
    pub organizational_units: usize,
    /// Service control policies and customer-managed policies.
    pub policies: usize,
    /// IAM users.
    pub users: usize,
    /// IAM roles, those included that members have from the start.
    pub roles: usize,
    /// Access keys of users, root users and role sessions.
    pub access_keys: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.accounts, "account", "accounts"),
            (self.organizational_units, "organizational unit", "organizational units"),
            (self.policies, "policy", "policies"),
            (self.users, "user", "users"),
            (self.roles, "role", "roles"),
            (self.access_keys, "access key", "access keys"),
        ];
        let words =
            counts.map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }));
        formatter.write_str(&words.join(", "))
    }
}

/// The documents that a seed file stands for, ready to be committed to an empty store.
#[derive(Clone)]
pub struct SeedDocuments {
    /// Changes by key; all of them puts.
    pub writes: BTreeMap<String, Change>,
    /// What they are.
    pub summary: Summary,
}

/// A store with nothing in it.
struct Nothing;

impl Snapshot for Nothing {
    fn read(&self, _key: &str, _decode: Decode) -> Result<Found, Fault> {
        Ok(Found { version: 0, document: None })
    }

    fn keys(&self, _prefix: &str, _after: Option<&str>, _limit: usize) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }

    fn events(&self, _query: &EventQuery) -> Result<Vec<LoggedEvent>, Fault> {
        Ok(Vec::new())
    }
}

/// The file, read value by value but not yet checked as a whole.
struct Draft<'n> {
    organization: Option<OrganizationDraft<'n>>,
    units: Vec<UnitDraft<'n>>,
    accounts: Vec<AccountDraft<'n>>,
}

/// Reads a seed file. `now` is the time that is taken for dates the file leaves out; ids that it leaves
/// out do not depend on it.
///
/// # Errors
/// Everything that is wrong, in the order of the file. References between values are checked only when
/// each value is right on its own.
pub fn read(text: &str, now: Timestamp) -> Result<SeedDocuments, Vec<Problem>> {
    let node = node::parse(text).map_err(|problem| vec![problem])?;
    let problems = Problems::default();
    let draft = read_draft(&Item::root(&node, &problems), now);
    problems.settle()?;
    let draft = draft.expect("INVARIANT: whatever cannot be read is reported");
    let documents = write(&draft, now);
    problems.settle()?;
    Ok(documents)
}

/// What stands between the line that says how many problems there are, and the problems, a line each.
pub const PROBLEMS_BELOW: &str = "; nothing was applied:\n";

/// The most problems that are told; they are bounded by the file anyway, and nobody reads more.
const MOST_TOLD: usize = 100;

/// The lines that tell a person what is wrong with the seed file called `name`: how many problems there are, then
/// `NAME:LINE:COLUMN: PATH: MESSAGE` for each, as editors and their like jump to (F-SEED-18).
pub fn report(name: &str, problems: &[Problem]) -> String {
    // The last of very many stands for those that nobody noted.
    let all: u64 = problems.iter().map(|problem| problem.further.max(1)).sum();
    let count = if all == 1 { "1 problem".to_owned() } else { format!("{all} problems") };
    let told = problems.iter().filter(|problem| problem.further == 0).take(MOST_TOLD);
    let mut lines: Vec<String> = told.map(|problem| format!("{name}:{problem}")).collect();
    let further = all - lines.len() as u64;
    if further > 0 {
        lines.push(format!("and {further} more"));
    }
    format!("{name} has {count}{PROBLEMS_BELOW}{}", lines.join("\n"))
}

fn read_draft<'n>(file: &Item<'n>, now: Timestamp) -> Option<Draft<'n>> {
    if file.is_null() {
        file.report("the file holds nothing; a seed file is a mapping with `accounts`");
        return None;
    }
    let fields = file.fields(&["organization", "organizational_units", "accounts"])?;
    let listed = fields.required("accounts");
    let organization = fields.optional("organization", read_organization);
    let units = read_units(&fields);
    let accounts = fields.each("accounts", |account| read_account(account, now));
    if let (Some(units), None) = (fields.get("organizational_units"), fields.get("organization")) {
        units.report("need an organization, and the file has none");
    }
    listed?;
    Some(Draft { organization: organization?, units: units?, accounts: accounts? })
}

/// Turns the draft into documents and reports whatever does not fit together.
fn write(draft: &Draft<'_>, now: Timestamp) -> SeedDocuments {
    check_accounts(draft);
    let mut world = World::new(&Nothing);
    let mut summary = Summary { accounts: draft.accounts.len(), ..Summary::default() };
    let organization = draft.organization.as_ref();
    let tree = organization.map(|it| tree::resolve(it, &draft.units, &draft.accounts, now));
    let management_account = organization.map(|organization| organization.management_account.value);
    let inherited = draft
        .accounts
        .iter()
        .find(|account| Some(account.id.value) == management_account)
        .and_then(|account| account.contact.as_ref());
    let mut principals = Principals::default();
    for account in &draft.accounts {
        write_account(account, management_account, inherited, &mut world);
        let member = account.in_organization && Some(account.id.value) != management_account;
        let with_role = member && account.organization_account_access_role;
        let trusted = management_account.filter(|_| with_role);
        principals.write(account, trusted, now, &mut world, &mut summary);
    }
    if let Some(tree) = tree {
        summary.organizational_units = draft.units.len();
        summary.policies += tree.policies.len();
        write_region_requests(draft, &tree, now, &mut world);
        write_tree(tree, &mut world);
    }
    SeedDocuments { writes: world.into_reads_and_writes().writes, summary }
}

/// F-SEED-6: account ids and GovCloud links are unique; e-mail addresses are, without regard to case.
fn check_accounts(draft: &Draft<'_>) {
    let mut ids: BTreeMap<AccountId, &str> = BTreeMap::new();
    let mut emails: BTreeMap<String, &str> = BTreeMap::new();
    let mut links: BTreeMap<AccountId, &str> = BTreeMap::new();
    for account in &draft.accounts {
        let path = account.item.path.as_str();
        if let Some(first) = ids.insert(account.id.value, path) {
            account.id.item.report(format!("is the same account id as that of {first}"));
        }
        if let Some(first) = emails.insert(account.email.value.to_lowercase(), path) {
            account.email.item.report(format!("is also the address of {first}; case does not count"));
        }
        if let Some(link) = &account.gov_cloud
            && let Some(first) = links.insert(link.value.account, path)
        {
            link.item.report(format!("is also the GovCloud account of {first}"));
        }
        if draft.organization.is_none() || !account.in_organization {
            for key in &account.organization_keys {
                key.report("belongs to an organization, and this account is in none");
            }
        }
    }
}

fn write_account(
    account: &AccountDraft<'_>,
    management_account: Option<AccountId>,
    inherited: Option<&ContactInformation>,
    world: &mut World<'_>,
) {
    let created_member = account.in_organization
        && account.created_by_organizations
        && Some(account.id.value) != management_account;
    let id = account.id.value;
    world.save(account.document(inherited.filter(|_| created_member)));
    world.put(EmailAddress(CaseInsensitive(&account.email.value)), EmailOwner { account: id });
}

/// Regions in transit count against the organization's quota of open requests.
fn write_region_requests(draft: &Draft<'_>, tree: &Tree, now: Timestamp, world: &mut World<'_>) {
    let members = draft.accounts.iter().filter(|account| account.in_organization);
    let mut open_until: Vec<Timestamp> = members
        .flat_map(|account| account.regions.values())
        .map(|region| region.until)
        .filter(|until| *until > now)
        .collect();
    open_until.sort();
    if !open_until.is_empty() {
        world.put(OrganizationId(&tree.organization.id), OrganizationRegionRequests { open_until });
    }
}

fn write_tree(tree: Tree, world: &mut World<'_>) {
    let mut counts = OrganizationCounts::default();
    for unit in tree.units {
        counts.units += u32::from(unit.parent_id.is_some());
        index::put_unit(unit, world);
    }
    for policy in tree.policies {
        *counts.policies.entry(policy.kind).or_default() += 1;
        index::put_policy(policy, world);
    }
    for (account, membership) in tree.members {
        index::put_member(account, membership, world);
    }
    world.put(OrganizationId(&tree.organization.id), counts);
    world.save(tree.organization);
}
