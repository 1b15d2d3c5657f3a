//! AWS Account Management, version 2021-02-01: the heart of accountd. One file per resource of the model.

pub(crate) mod access;
pub mod account_information;
pub mod alternate_contact;
pub mod contact_information;
pub(crate) mod first_use;
pub mod gov_cloud;
pub use crate::model::account as model;
pub mod phone_number;
pub mod primary_email;
pub mod quotas;
pub mod region;

use std::sync::Arc;

use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy::{self, Patterns};
use jiff::Timestamp;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rates, Rules, TargetRecord, needed};
use crate::state::account::{Account, EmailAddress, EmailOwner, account_using};
use crate::state::organization::{Membership, OrganizationId};
use crate::state::region::OrganizationRegionRequests;
use crate::table::{always, answers};
use crate::world::key::CaseInsensitive;
use crate::world::{Fault, World};
use model::{
    AcceptPrimaryEmailUpdateRequest, AcceptPrimaryEmailUpdateResponse, AlternateContactType, Input,
    Operation, Output, SendPhoneNumberVerificationResponse, StartPrimaryEmailUpdateRequest,
    StartPrimaryEmailUpdateResponse,
};
use primary_email::AddressUse;

/// How CloudTrail and service principals name the service.
pub const EVENT_SOURCE: &str = "account.amazonaws.com";

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        is_global: true,
        // The reference's own sample form (F-ALT-5).
        further_target_prefixes: &["AWSAccountV20210201"],
        has_query_api: true,
        ..Profile::new(&model::SERVICE, "account", EVENT_SOURCE)
    };

    fn rates(self) -> Rates {
        Rates::of_accounts(quotas::rate(self))
    }

    fn access(
        self,
        members: &Value,
        caller: &Caller,
        validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        access::access(self, members, caller, validation, world).map(Some)
    }

    fn validate(self, members: &Value, validation: Validation) -> Result<(), Refusal> {
        validate(self, members, validation)
    }

    fn execute(
        self,
        permitted: Option<&Permitted>,
        caller: &Caller,
        members: &Value,
        context: &Context,
        world: &mut Guarded<'_>,
    ) -> Result<Value, Failure> {
        let input = Input::parse(self, members)?;
        let permitted = needed(permitted);
        Ok(execute(permitted, caller, input, context, world.change(permitted))?.to_value())
    }

    fn target_record(self) -> Option<TargetRecord> {
        is_recorded_in_target(self).then_some(TargetRecord::Same)
    }
}

/// Takes the API reference's mixed-case spelling of a contact type (`"Billing"`) for the model's.
///
/// F-ALT-5: done for the reference's own sample form (`X-Amz-Target`) and the Query API only; over restJson1 AWS was
/// observed to refuse it.
pub fn read_sample_spelling(members: &mut Value) {
    let Some(Value::String(given)) = members.get_mut("AlternateContactType") else { return };
    if let Some(known) =
        AlternateContactType::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(given))
    {
        known.as_str().clone_into(given);
    }
}

/// Checks the members against the model's constraints.
///
/// # Errors
/// F-VAL-1: `ValidationException` with every violation in the observed validator's words, and nothing but
/// a message.
pub fn validate(operation: Operation, members: &Value, validation: Validation) -> Result<(), Refusal> {
    let patterns = match validation {
        Validation::Strict => Patterns::Applied,
        Validation::Masked => Patterns::Ignored,
    };
    let violations = smithy::violations(operation.shape().input_schema(), members, patterns);
    if violations.is_empty() {
        return Ok(());
    }
    Err(Refusal::new("ValidationException", 400, smithy::validation_message(&violations)))
}

/// F-EVENT-4: a Region switch that is made in organizations mode is recorded in the target account too.
pub fn is_recorded_in_target(operation: Operation) -> bool {
    matches!(operation, Operation::EnableRegion | Operation::DisableRegion)
}

/// Carries out an operation on the account that was permitted.
///
/// # Errors
/// What the operation refuses, in AWS's words; the world is then unchanged by contract of the caller, which
/// discards the changes of a refused request.
pub fn execute(
    permitted: &Permitted,
    caller: &Caller,
    input: Input,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Output, Failure> {
    let operation = input.operation();
    let mut account = Opened::open(permitted, world)?;
    refuse_not_there_yet(&account.account, caller, operation, context, world)?;
    if !operation.shape().read_only {
        refuse_closed(&account.account, caller, operation, context)?;
    }
    let output = run(&mut account, input, context, world)?;
    account.save(world);
    Ok(output)
}

fn run(
    opened: &mut Opened,
    input: Input,
    context: &Context,
    world: &mut World<'_>,
) -> Result<Output, Failure> {
    Ok(answers! { input;
        GetAlternateContact(input) => alternate_contact::get(&opened.account, input),
        PutAlternateContact(input) => always(alternate_contact::put(opened.change(), input)),
        DeleteAlternateContact(input) => alternate_contact::delete(opened.change(), input),
        GetContactInformation(_) => always(contact_information::get(&opened.account)),
        PutContactInformation(input) => contact_information::put(opened.change(), input),
        GetAccountInformation(_) => always(account_information::get(&opened.account, context.now)),
        PutAccountName(input) => account_information::put_name(opened.change(), input),
        GetGovCloudAccountInformation(_) => gov_cloud::get(&opened.account, context.now),
        ListRegions(input) => region::list(&opened.account, input, context),
        GetRegionOptStatus(input) => region::get(&opened.account, input, context),
        EnableRegion(input) => {
            switch_region(opened, world, |account, open| region::enable(account, input, open, context))
        },
        DisableRegion(input) => {
            switch_region(opened, world, |account, open| region::disable(account, input, open, context))
        },
        GetPrimaryEmail(_) => always(primary_email::get(&opened.account, context)),
        GetPrimaryEmailUpdateStatus(_) => primary_email::status(&opened.account, context),
        StartPrimaryEmailUpdate(input) => start_primary_email_update(opened, input, context, world),
        AcceptPrimaryEmailUpdate(input) => accept_primary_email_update(opened, input, context, world),
        SendPhoneNumberVerification(_) => always(send_phone_number_verification(opened, context, world)),
        VerifyPhoneNumber(input) => phone_number::verify(opened.change(), input, context),
    })
}

/// Starts a change of the primary e-mail address and sends its code.
fn start_primary_email_update(
    opened: &mut Opened,
    input: StartPrimaryEmailUpdateRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<StartPrimaryEmailUpdateResponse, Failure> {
    let address_use = address_use(input.primary_email.as_str(), context.now, world)?;
    let (output, message) = primary_email::start(opened.change(), input, address_use, context)?;
    message.send(&context.request_id, world);
    Ok(output)
}

/// Completes a change of the primary e-mail address and claims the address.
fn accept_primary_email_update(
    opened: &mut Opened,
    input: AcceptPrimaryEmailUpdateRequest,
    context: &Context,
    world: &mut World<'_>,
) -> Result<AcceptPrimaryEmailUpdateResponse, Failure> {
    let address = input.primary_email.as_str().trim().to_lowercase();
    let address_use = address_use(&address, context.now, world)?;
    let output = primary_email::accept(opened.change(), input, address_use, context)?;
    world.put(EmailAddress(CaseInsensitive(&address)), EmailOwner { account: opened.account.id });
    Ok(output)
}

/// Sends a code to the phone number.
fn send_phone_number_verification(
    opened: &mut Opened,
    context: &Context,
    world: &mut World<'_>,
) -> SendPhoneNumberVerificationResponse {
    let (output, message) = phone_number::send(opened.change(), context);
    message.send(&context.request_id, world);
    output
}

/// An account on loan: shared while it is only read, copied once when it is changed.
struct Opened {
    account: Arc<Account>,
    changed: bool,
}

impl Opened {
    fn open(permitted: &Permitted, world: &World<'_>) -> Result<Self, Fault> {
        let account = world.get::<Account>(permitted.target())?.ok_or_else(|| {
            Fault::Broken("a credential or a membership refers to an absent account".into())
        })?;
        Ok(Self { account, changed: false })
    }

    fn change(&mut self) -> &mut Account {
        self.changed = true;
        Arc::make_mut(&mut self.account)
    }

    fn save(self, world: &mut World<'_>) {
        if self.changed {
            world.save(Arc::unwrap_or_clone(self.account));
        }
    }
}

/// F-ORGS-CREATE-2: an account whose creation is not complete, and one that is closed for good, cannot be named by its
/// organization; it is refused as an unknown one is (F-ORG-6).
fn refuse_not_there_yet(
    account: &Account,
    caller: &Caller,
    operation: Operation,
    context: &Context,
    world: &World<'_>,
) -> Result<(), Failure> {
    if account.id == caller.account() {
        return Ok(());
    }
    match world.get::<Membership>(account.id)? {
        Some(membership) if !membership.is_visible_at(context.now) => {
            Err(access::access_denied(caller, operation, None).into())
        }
        _ => Ok(()),
    }
}

/// F-STATE-1 (*assumed*): a closed or suspended account can still be read, but not changed.
fn refuse_closed(
    account: &Account,
    caller: &Caller,
    operation: Operation,
    context: &Context,
) -> Result<(), Refusal> {
    if account.state.is_out_of_use_at(context.now) {
        return Err(access::access_denied(caller, operation, Some("Access Denied")));
    }
    Ok(())
}

/// Switches a Region with the organization's count of open switches at hand.
fn switch_region(
    opened: &mut Opened,
    world: &mut World<'_>,
    switch: impl FnOnce(&mut Account, Option<&mut OrganizationRegionRequests>) -> Result<(), model::Error>,
) -> Result<(), Failure> {
    let Some(membership) = world.get::<Membership>(opened.account.id)? else {
        return Ok(switch(opened.change(), None)?);
    };
    let organization_id = &membership.organization_id;
    let mut open = world
        .get::<OrganizationRegionRequests>(OrganizationId(organization_id))?
        .map_or_else(Default::default, Arc::unwrap_or_clone);
    switch(opened.change(), Some(&mut open))?;
    world.put(OrganizationId(organization_id), open);
    Ok(())
}

/// Whether an account claims this address.
fn address_use(address: &str, now: Timestamp, world: &World<'_>) -> Result<AddressUse, Fault> {
    Ok(match account_using(address, now, world)? {
        Some(_) => AddressUse::InUse,
        None => AddressUse::Free,
    })
}

/// A one-time code: six letters or digits.
fn otp(context: &Context, purpose: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    context.seed.text(purpose, ALPHABET, 6)
}
