//! One account: everything Account Management remembers of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws::arn::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::region::RegionOpt;
use crate::model::account::AlternateContactType;
use crate::regions;
use crate::world::key::{CaseInsensitive, id};
use crate::world::{Fault, Identified, World};

/// The life of an account, as GetAccountInformation shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Signed up, not yet usable.
    PendingActivation,
    /// In use.
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Closed.
    Closed,
    /// Being closed: in use until this instant, closed from then on (Organizations guide, "Monitor the state of your
    /// AWS accounts").
    Closing(Timestamp),
}

impl AccountState {
    /// The state at an instant: a closure that was asked for comes about by itself.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Closing(closes_at) if closes_at <= now => Self::Closed,
            Self::Closing(_) => Self::Active,
            settled => settled,
        }
    }

    /// Whether nobody of the account can do anything at an instant.
    pub fn is_out_of_use_at(self, now: Timestamp) -> bool {
        matches!(self.at(now), Self::Suspended | Self::Closed)
    }
}

/// One account. Key: `account/<account id>`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// The account name.
    pub name: String,
    /// The root user's address, in the case it was given.
    pub email: String,
    /// When the account was created.
    pub created_at: Timestamp,
    /// Its state.
    pub state: AccountState,
    /// The primary contact. Only an account that an older accountd stored may be without; see [`Account::primary_contact`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactInformation>,
    /// The alternate contacts by type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alternate_contacts: BTreeMap<AlternateContactType, AlternateContact>,
    /// Opt-in Regions that were ever switched. A Region that is absent is in its default status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub regions: BTreeMap<String, RegionOpt>,
    /// The newest update of the primary e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_update: Option<PrimaryEmailUpdate>,
    /// When updates of the primary e-mail address were started, newest last; only what a quota still counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_update_starts: Vec<Timestamp>,
    /// The newest verification code of the primary contact's phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_verification: Option<PhoneVerification>,
    /// The phone number that was verified last, as it was written then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_phone_number: Option<String>,
    /// The linked account in AWS GovCloud (US).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gov_cloud: Option<GovCloudLink>,
}

impl Account {
    /// An account as it begins: in use, with a primary contact, in every Region's default status.
    pub fn new(id: AccountId, name: String, email: String, created_at: Timestamp) -> Self {
        Self {
            id,
            contact: Some(ContactInformation::beginning(&name)),
            name,
            email,
            created_at,
            state: AccountState::Active,
            alternate_contacts: BTreeMap::new(),
            regions: BTreeMap::new(),
            email_update: None,
            email_update_starts: Vec::new(),
            phone_verification: None,
            verified_phone_number: None,
            gov_cloud: None,
        }
    }

    /// The primary contact, which every account has.
    pub fn primary_contact(&self) -> Cow<'_, ContactInformation> {
        match &self.contact {
            Some(contact) => Cow::Borrowed(contact),
            None => Cow::Owned(ContactInformation::beginning(&self.name)),
        }
    }

    /// Whether services of a Region know the account at an instant: not in an opt-in Region that is disabled for it or
    /// still being enabled.
    pub fn is_served_in(&self, region: &str, now: Timestamp) -> bool {
        let switch = self.regions.get(region);
        // A Region that is being disabled serves until it is off.
        !regions::is_opt_in(region) || switch.is_some_and(|switch| switch.enabled == (switch.until <= now))
    }

    /// The root user's address at an instant: an accepted update comes into force by itself.
    pub fn email_at(&self, now: Timestamp) -> &str {
        match &self.email_update {
            Some(update) if update.completes_at.is_some_and(|completes_at| completes_at <= now) => {
                &update.new_email
            }
            _ => &self.email,
        }
    }

    /// Whether the account uses this address, or has an accepted update to it, without regard to case.
    pub fn claims_email(&self, address: &str, now: Timestamp) -> bool {
        let address = address.to_lowercase();
        let accepted = self.email_update.as_ref().filter(|update| update.accepted_at.is_some());
        self.email_at(now).to_lowercase() == address
            || accepted.is_some_and(|update| update.new_email.to_lowercase() == address)
    }
}

/// The primary contact. Members are those of the model's `ContactInformation`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the model's and say all there is to say")]
pub struct ContactInformation {
    pub full_name: String,
    #[serde(rename = "AddressLine1")]
    pub address_line_1: String,
    #[serde(rename = "AddressLine2", default, skip_serializing_if = "Option::is_none")]
    pub address_line_2: Option<String>,
    #[serde(rename = "AddressLine3", default, skip_serializing_if = "Option::is_none")]
    pub address_line_3: Option<String>,
    pub city: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_or_region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district_or_county: Option<String>,
    pub postal_code: String,
    pub country_code: String,
    pub phone_number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website_url: Option<String>,
}

impl ContactInformation {
    /// F-CON-5: the primary contact that an account begins with: its own name, at the address and the number of the examples
    /// of AWS's documentation, which nobody has.
    pub fn beginning(name: &str) -> Self {
        Self {
            full_name: name.to_owned(),
            address_line_1: "123 Any Street".to_owned(),
            address_line_2: None,
            address_line_3: None,
            city: "Seattle".to_owned(),
            state_or_region: Some("WA".to_owned()),
            district_or_county: None,
            postal_code: "98101".to_owned(),
            country_code: "US".to_owned(),
            phone_number: "+12065550100".to_owned(),
            company_name: None,
            website_url: None,
        }
    }
}

/// An alternate contact. Members are those of the model's `AlternateContact`, less its type.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the model's and say all there is to say")]
pub struct AlternateContact {
    pub name: String,
    pub title: String,
    pub email_address: String,
    pub phone_number: String,
}

/// An update of the primary e-mail address.
#[derive(Clone, Serialize, Deserialize)]
pub struct PrimaryEmailUpdate {
    /// The new address.
    pub new_email: String,
    /// The one-time code that was sent to it.
    pub otp: String,
    /// When the code was sent.
    pub started_at: Timestamp,
    /// When the code was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    /// When the new address is in force; set on acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completes_at: Option<Timestamp>,
    /// The address that the update replaces.
    pub old_email: String,
}

/// A verification code that was sent to the primary contact's phone number.
#[derive(Clone, Serialize, Deserialize)]
pub struct PhoneVerification {
    /// The number it was sent to.
    pub phone_number: String,
    /// The code.
    pub otp: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// The linked account in AWS GovCloud (US).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GovCloudLink {
    /// Its id.
    pub account: AccountId,
    /// Its state.
    pub state: AccountState,
}

/// Which account uses an e-mail address. Key: `email/<address in lower case>`, so that uniqueness is
/// case-insensitive and a commit that claims a used address fails.
#[derive(Clone, Serialize, Deserialize)]
pub struct EmailOwner {
    /// The account.
    pub account: AccountId,
}

/// The account that claims this address, whatever its case. The index is a hint: an account that has moved to another
/// address keeps its old entry until somebody else takes the address.
///
/// # Errors
/// See [`Fault`].
pub fn account_using(address: &str, now: Timestamp, world: &World<'_>) -> Result<Option<AccountId>, Fault> {
    let address = address.trim().to_lowercase();
    let Some(owner) = world.get::<EmailOwner>(EmailAddress(CaseInsensitive(&address)))? else {
        return Ok(None);
    };
    let account = world.get::<Account>(owner.account)?;
    Ok(account.filter(|account| account.claims_email(&address, now)).map(|_| owner.account))
}

id! {
    /// An e-mail address, whatever its case.
    EmailAddress(CaseInsensitive<'k>)
}

impl Identified for Account {
    fn document_id(&self) -> AccountId {
        self.id
    }
}
