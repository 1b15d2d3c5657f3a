//! The `accounts` of a seed file: reading one, and turning it into its document.

use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;

use super::constraints::Shape;
use super::identity::{Iam, read_iam};
use super::item::{Fields, Given, Item};
use super::organization::{Attachments, ORGANIZATION_KEYS, read_attachments};
use crate::context::Delays;
use crate::iam::tag::Keys;
use crate::model::account::AlternateContactType;
use crate::regions;
use crate::state::account::{Account, AccountState, AlternateContact, ContactInformation, GovCloudLink};
use crate::state::region::RegionOpt;

/// One account as the file describes it.
pub(super) struct AccountDraft<'n> {
    pub item: Item<'n>,
    pub id: Given<'n, AccountId>,
    pub name: String,
    pub email: Given<'n, String>,
    pub state: AccountState,
    pub created_at: Timestamp,
    pub contact: Option<ContactInformation>,
    pub alternate_contacts: BTreeMap<AlternateContactType, AlternateContact>,
    pub regions: BTreeMap<String, RegionOpt>,
    pub gov_cloud: Option<Given<'n, GovCloudLink>>,
    pub iam: Iam<'n>,
    /// `false` where the account is in no organization although the file has one.
    pub in_organization: bool,
    /// Keys that make sense only within an organization, for the case that it is in none.
    pub organization_keys: Vec<Item<'n>>,
    pub joined_at: Timestamp,
    /// Whether Organizations created it, rather than invited it.
    pub created_by_organizations: bool,
    pub organization_account_access_role: bool,
    pub unit_path: Option<Given<'n, String>>,
    pub attachments: Attachments<'n>,
    pub tags: BTreeMap<String, String>,
}

/// The states of an account, as the API names them.
const STATES: [(&str, AccountState); 4] = [
    ("PENDING_ACTIVATION", AccountState::PendingActivation),
    ("ACTIVE", AccountState::Active),
    ("SUSPENDED", AccountState::Suspended),
    ("CLOSED", AccountState::Closed),
];

const KEYS: [&str; 18] = [
    "id",
    "name",
    "email",
    "state",
    "created",
    "contact",
    "alternate_contacts",
    "regions",
    "gov_cloud",
    "iam",
    "standalone",
    "joined",
    "joined_method",
    "organizational_unit",
    "organization_account_access_role",
    "policies",
    "full_aws_access",
    "tags",
];

/// Reads one element of `accounts`.
pub(super) fn read_account<'n>(item: Item<'n>, now: Timestamp) -> Option<AccountDraft<'n>> {
    let fields = item.fields(&KEYS)?;
    let id = fields.required("id").and_then(|id| id.given(Item::account_id));
    let name = fields.required_text("name", Shape::AccountName);
    let email = fields.required("email").and_then(|it| it.given(|it| it.checked(Shape::PrimaryEmail)));
    let state = fields.optional("state", |state| state.choice(&STATES));
    let created = fields.optional("created", |created| created.timestamp());
    let created_at = created.flatten().unwrap_or(now);
    let contact = fields.optional("contact", read_contact);
    let alternate_contacts = fields.optional("alternate_contacts", read_alternate_contacts);
    let regions = fields.optional("regions", |regions| read_regions(&regions, created_at, now));
    let gov_cloud = fields.optional("gov_cloud", |link| link.given(read_gov_cloud));
    let iam = match fields.get("iam") {
        Some(iam) => read_iam(&iam),
        None => Some(Iam::default()),
    };
    let standalone = fields.optional("standalone", |flag| flag.flag());
    let joined = fields.optional("joined", |joined| joined.timestamp());
    let joined_method =
        fields.optional("joined_method", |it| it.choice(&[("CREATED", true), ("INVITED", false)]));
    let access_role = fields.optional("organization_account_access_role", |flag| flag.flag());
    let unit_path = fields.optional("organizational_unit", |it| it.given(|it| it.text().map(str::to_owned)));
    let attachments = read_attachments(&fields);
    let tags = fields.optional("tags", |tags| tags.tags(Keys::CaseSensitive));
    let created_by_organizations = joined_method?.unwrap_or(true);
    created?;
    Some(AccountDraft {
        id: id?,
        name: name?.trim().to_owned(),
        email: email?,
        state: state?.unwrap_or(AccountState::Active),
        created_at,
        contact: contact?,
        alternate_contacts: alternate_contacts?.unwrap_or_default(),
        regions: regions?.unwrap_or_default(),
        gov_cloud: gov_cloud?,
        iam: iam?,
        in_organization: !standalone?.unwrap_or(false),
        organization_keys: ORGANIZATION_KEYS.iter().filter_map(|key| fields.get(key)).collect(),
        joined_at: joined?.unwrap_or(created_at),
        created_by_organizations,
        organization_account_access_role: access_role?.unwrap_or(created_by_organizations),
        unit_path: unit_path?,
        attachments: attachments?,
        tags: tags?.unwrap_or_default(),
        item,
    })
}

impl AccountDraft<'_> {
    /// The account's document. `inherited` is the primary contact it starts with if the file gives none.
    pub fn document(&self, inherited: Option<&ContactInformation>) -> Account {
        let copied = || {
            // F-SEED-1: a member that Organizations created starts with a copy of the management
            // account's contact under its own name (observed.md, "Primary contact").
            inherited.map(|contact| ContactInformation { full_name: self.name.clone(), ..contact.clone() })
        };
        let (name, email) = (self.name.clone(), self.email.value.clone());
        let new = Account::new(self.id.value, name, email, self.created_at);
        Account {
            state: self.state,
            contact: self.contact.clone().or_else(copied).or(new.contact),
            alternate_contacts: self.alternate_contacts.clone(),
            regions: self.regions.clone(),
            gov_cloud: self.gov_cloud.as_ref().map(|link| link.value),
            ..new
        }
    }
}

const CONTACT_KEYS: [&str; 12] = [
    "FullName",
    "AddressLine1",
    "AddressLine2",
    "AddressLine3",
    "City",
    "StateOrRegion",
    "DistrictOrCounty",
    "PostalCode",
    "CountryCode",
    "PhoneNumber",
    "CompanyName",
    "WebsiteUrl",
];

/// A primary contact, stored as PutContactInformation stores it: trimmed, the country in capitals.
fn read_contact(item: Item<'_>) -> Option<ContactInformation> {
    let fields = item.fields(&CONTACT_KEYS)?;
    let full_name = trimmed(&fields, "FullName", Shape::FullName);
    let address_line_1 = trimmed(&fields, "AddressLine1", Shape::AddressLine1);
    let address_line_2 = fields.optional_text("AddressLine2", Shape::FurtherAddressLine);
    let address_line_3 = fields.optional_text("AddressLine3", Shape::FurtherAddressLine);
    let city = trimmed(&fields, "City", Shape::City);
    let state_or_region = fields.optional("StateOrRegion", |it| {
        it.checked(Shape::StateOrRegion).map(|state| state.trim().to_owned())
    });
    let district_or_county = fields.optional_text("DistrictOrCounty", Shape::DistrictOrCounty);
    let postal_code = trimmed(&fields, "PostalCode", Shape::PostalCode);
    let country_code = trimmed(&fields, "CountryCode", Shape::CountryCode);
    let phone_number = trimmed(&fields, "PhoneNumber", Shape::ContactInformationPhoneNumber);
    let company_name = fields.optional_text("CompanyName", Shape::CompanyName);
    let website_url = fields.optional_text("WebsiteUrl", Shape::WebsiteUrl);
    Some(ContactInformation {
        full_name: full_name?,
        address_line_1: address_line_1?,
        address_line_2: address_line_2?,
        address_line_3: address_line_3?,
        city: city?,
        state_or_region: state_or_region?.map(|state| state.trim().to_owned()),
        district_or_county: district_or_county?,
        postal_code: postal_code?,
        country_code: country_code?.to_uppercase(),
        phone_number: phone_number?,
        company_name: company_name?,
        website_url: website_url?,
    })
}

fn trimmed(fields: &Fields<'_>, key: &str, shape: Shape) -> Option<String> {
    Some(fields.required_text(key, shape)?.trim().to_owned())
}

fn read_alternate_contacts(item: Item<'_>) -> Option<BTreeMap<AlternateContactType, AlternateContact>> {
    let fields = item.fields(&["BILLING", "OPERATIONS", "SECURITY"])?;
    let mut contacts = BTreeMap::new();
    let mut complete = true;
    for kind in AlternateContactType::ALL {
        match fields.optional(kind.as_str(), read_alternate_contact) {
            Some(Some(contact)) => {
                contacts.insert(*kind, contact);
            }
            Some(None) => {}
            None => complete = false,
        }
    }
    complete.then_some(contacts)
}

/// An alternate contact, stored as PutAlternateContact stores it: the address trimmed, the rest kept.
fn read_alternate_contact(item: Item<'_>) -> Option<AlternateContact> {
    let fields = item.fields(&["Name", "Title", "EmailAddress", "PhoneNumber"])?;
    let name = fields.required_text("Name", Shape::Name);
    let title = fields.required_text("Title", Shape::Title);
    let email_address = trimmed(&fields, "EmailAddress", Shape::EmailAddress);
    let phone_number = fields.required_text("PhoneNumber", Shape::PhoneNumber);
    Some(AlternateContact {
        name: name?,
        title: title?,
        email_address: email_address?,
        phone_number: phone_number?,
    })
}

/// F-SEED-7: why `name` cannot be switched, if it cannot.
fn region_fault(name: &str) -> Option<String> {
    if regions::is_opt_in(name) {
        None
    } else if regions::is_enabled_by_default(name) {
        Some(format!("`{name}` is enabled by default and cannot be switched"))
    } else {
        Some(format!("`{name}` is not a Region that can be enabled"))
    }
}

/// A list of enabled Regions, or a mapping from Region to status.
fn read_regions(
    item: &Item<'_>,
    created_at: Timestamp,
    now: Timestamp,
) -> Option<BTreeMap<String, RegionOpt>> {
    let mut regions = BTreeMap::new();
    let mut complete = true;
    if item.is_list() {
        for item in item.list()? {
            let Some(name) = item.text() else {
                complete = false;
                continue;
            };
            let twice = || regions.contains_key(name).then(|| format!("`{name}` is listed twice"));
            if let Some(fault) = region_fault(name).or_else(twice) {
                item.report(fault);
                complete = false;
            }
            regions.insert(name.to_owned(), settled(created_at));
        }
    } else {
        for entry in item.entries()? {
            if let Some(fault) = region_fault(entry.key()) {
                entry.report_key(fault);
                complete = false;
            }
            match read_region_status(&entry.item, created_at, now) {
                Some(Some(status)) => {
                    regions.insert(entry.key().to_owned(), status);
                }
                Some(None) => {}
                None => complete = false,
            }
        }
    }
    complete.then_some(regions)
}

fn settled(at: Timestamp) -> RegionOpt {
    RegionOpt { enabled: true, since: at, until: at }
}

/// The status as it is stored; the inner `None` stands for the default, `DISABLED`.
fn read_region_status(item: &Item<'_>, created_at: Timestamp, now: Timestamp) -> Option<Option<RegionOpt>> {
    // F-SEED-13: a Region that the file finds in transit stays so for as long as AWS was observed to take, whatever
    // `--delays` says: whoever writes it wants to see it.
    let transit = |enabled, takes| Some(RegionOpt { enabled, since: now, until: now + takes });
    item.choice(&[
        ("ENABLED", Some(settled(created_at))),
        ("DISABLED", None),
        ("ENABLING", transit(true, Delays::AWS.region_enable)),
        ("DISABLING", transit(false, Delays::AWS.region_disable)),
    ])
}

fn read_gov_cloud(item: &Item<'_>) -> Option<GovCloudLink> {
    let fields = item.fields(&["account", "state"])?;
    let account = fields.required("account").and_then(|account| account.account_id());
    let state = fields.optional("state", |state| state.choice(&STATES));
    Some(GovCloudLink { account: account?, state: state?.unwrap_or(AccountState::Active) })
}
