//! Who may do something: every root user, user and role of an account or an organization with its verdict, page by page.
//!
//! A page is bounded by how often policies are asked for it and how long that takes, whatever it was asked for, so that a
//! question about ten thousand accounts costs no more at a time than one about a large one.

use aws::arn::AccountId;
use aws::authorization::{Denial, PolicyType};
use aws::principal::Caller;
use serde_json::Value;

use super::answer::{Decision, PrincipalVerdict, Principals};
use super::call::{Asks, Call, named};
use super::paced::Paced;
use super::question::{Question, Who};
use super::{Situation, Stop, drafts, not_found, principal, wrong};
use crate::authority::explained::LayerName;
use crate::authority::policies::authorize;
use crate::page_token::Binding;
use crate::state::account::Account;
use crate::state::identity::{Role, RoleId, User, UserId};
use crate::state::organization::{Organization, OrganizationEntity};
use crate::world::key::Prefix;
use crate::world::{Fault, Snapshot, Wanted, World};

/// How many principals a page has, unless the question says otherwise, and at most.
const PAGE_SIZE: usize = 100;
const LARGEST_PAGE: usize = 1_000;
/// How often policies are asked for one page, at most; one call may ask for several resources.
const MOST_EVALUATIONS: usize = 1_000;
/// How many steps policies may take for one page, at most: about half a second. Only policies that are made to be slow end a
/// page before its number does. F-WHY-15
const MOST_STEPS: u64 = 100_000_000;
/// Keys that are read together.
const BATCH: usize = 200;

/// Kinds of principals, in the order of lists: a place in the list begins with one.
const ROOT: &str = "0";
const USER: &str = "1";
const ROLE: &str = "2";

/// A page of principals with their verdicts.
pub(super) fn list(
    who: &Who,
    question: &Question,
    situation: &Situation<'_>,
    state: &dyn Snapshot,
) -> Result<Principals, Stop> {
    let paced = Paced::new(state, MOST_STEPS);
    let world = &mut World::new(&paced);
    let action = question.action.as_deref().ok_or_else(|| wrong("`who` needs `action`: who may do what?"))?;
    let action = named(action)?.action;
    if question.principal.is_some() || question.event.is_some() {
        return Err(wrong("`who` asks of everybody: leave out principal and event."));
    }
    let accounts = Accounts::of(who, world)?;
    let filter = [action.as_str(), question.resource.as_deref().unwrap_or_default(), &accounts.organization];
    let key = &situation.context.token_key;
    let binding = Binding::new("who", accounts.first, filter);
    let after = match question.next_token.as_deref() {
        None | Some("") => None,
        Some(token) => Some(
            binding
                .open(token, key)
                .ok_or_else(|| wrong("`next_token` is not one that an answer to this question gave."))?,
        ),
    };
    // A draft of an inline policy is of the account that is asked for.
    let mut of_account = principal::of_root(accounts.first);
    drafts::apply(question, &mut of_account, world)?;
    let limit = who.limit.unwrap_or(PAGE_SIZE).clamp(1, LARGEST_PAGE);
    let mut page = Page {
        question,
        situation,
        world,
        limit,
        evaluations: 0,
        verdicts: Vec::new(),
        last: None,
        is_over: false,
    };
    let is_complete = page.fill(&accounts, after.as_deref())?;
    let Page { verdicts, last, .. } = page;
    let next_token = last.filter(|_| !is_complete).map(|place| binding.seal(&place, key));
    Ok(Principals { action, principals: verdicts, next_token })
}

/// Whose principals are listed.
struct Accounts {
    first: AccountId,
    /// Empty for those of `first` alone.
    organization: String,
}

impl Accounts {
    fn of(who: &Who, world: &World<'_>) -> Result<Self, Stop> {
        match (who.account, &who.organization) {
            (Some(account), None | Some(Value::Bool(false))) => {
                if world.get::<Account>(account)?.is_none() {
                    return Err(not_found(format!("There is no account {account}.")));
                }
                Ok(Self { first: account, organization: String::new() })
            }
            (None, Some(wanted)) => {
                let organization = organization(wanted, world)?;
                Ok(Self { first: organization.management_account, organization: organization.id })
            }
            _ => Err(wrong("`who` is {\"account\": \"111122223333\"} or {\"organization\": true}.")),
        }
    }

    /// The next accounts after one.
    fn next(&self, after: Option<&str>, world: &World<'_>) -> Result<Vec<AccountId>, Fault> {
        if self.organization.is_empty() {
            return Ok(if after.is_none() { vec![self.first] } else { Vec::new() });
        }
        let prefix = Prefix::<OrganizationEntity>::within(self.organization.as_str());
        let keys = world.keys::<OrganizationEntity>(&prefix, after, BATCH)?;
        // In the order of keys accounts come before units and the root.
        Ok(keys.iter().map_while(|key| key.place(&prefix).parse().ok()).collect())
    }
}

fn organization(wanted: &Value, world: &World<'_>) -> Result<Organization, Stop> {
    let keys = world.keys::<Organization>(&Prefix::empty(), None, 2)?;
    let id = match (wanted, &keys[..]) {
        (Value::String(id), _) => id.clone(),
        (Value::Bool(true), []) => return Err(not_found("There is no organization.")),
        (Value::Bool(true), [only]) => only.id()?.0.to_owned(),
        (Value::Bool(true), _) => {
            return Err(wrong("There are several organizations: {\"organization\": \"o-…\"} says which."));
        }
        _ => return Err(wrong("`organization` is true or the id of an organization.")),
    };
    let found = world.get::<Organization>(crate::state::organization::OrganizationId(&id))?;
    let found = found.ok_or_else(|| not_found(format!("There is no organization {id}.")))?;
    Ok(Organization::clone(&found))
}

/// A page that is being filled.
struct Page<'p, 'w> {
    question: &'p Question,
    situation: &'p Situation<'p>,
    world: &'p World<'w>,
    limit: usize,
    evaluations: usize,
    verdicts: Vec<PrincipalVerdict>,
    /// The place of the last one.
    last: Option<String>,
    /// Whether policies took as long as they may.
    is_over: bool,
}

impl Page<'_, '_> {
    fn is_full(&self) -> bool {
        self.is_over || self.verdicts.len() >= self.limit || self.evaluations >= MOST_EVALUATIONS
    }

    /// Adds principals after a place, and says whether those were all.
    fn fill(&mut self, accounts: &Accounts, after: Option<&str>) -> Result<bool, Stop> {
        let mut after_account = None;
        if let Some((account, place)) = after.and_then(|after| after.split_once('/')) {
            let begun = account.parse().map_err(|_| wrong("`next_token` names no account."))?;
            if !self.add_account(begun, place.split_once('/'))? {
                return Ok(false);
            }
            after_account = Some(account.to_owned());
        }
        loop {
            let batch = accounts.next(after_account.as_deref(), self.world)?;
            let Some(last) = batch.last() else { return Ok(true) };
            after_account = Some(last.to_string());
            for account in batch {
                if !self.add_account(account, None)? {
                    return Ok(false);
                }
            }
        }
    }

    /// Adds an account's principals after a place in it; `false` where the page is full before its end.
    fn add_account(&mut self, account: AccountId, after: Option<(&str, &str)>) -> Result<bool, Stop> {
        let now = self.situation.context.now;
        let stored = self.world.get::<Account>(account)?;
        let is_in_use = stored.is_some_and(|it| !it.state.is_out_of_use_at(now) && it.created_at <= now);
        if after.is_none() {
            if self.is_full() {
                return Ok(false);
            }
            let caller = principal::of_root(account);
            if !self.add(account, ROOT, "", caller.principal.arn(), caller, is_in_use)? {
                return Ok(false);
            }
        }
        let users_after = after.filter(|(kind, _)| *kind == USER).map(|(_, name)| name);
        if after.is_none_or(|(kind, _)| kind != ROLE) && !self.add_users(account, users_after, is_in_use)? {
            return Ok(false);
        }
        let roles_after = after.filter(|(kind, _)| *kind == ROLE).map(|(_, name)| name);
        self.add_roles(account, roles_after, is_in_use)
    }

    fn add_users(&mut self, account: AccountId, after: Option<&str>, is_in_use: bool) -> Result<bool, Stop> {
        let prefix = UserId::within(account);
        let mut after = after.map(str::to_owned);
        loop {
            let keys = self.world.keys::<User>(&prefix, after.as_deref(), BATCH)?;
            for key in &keys {
                if self.is_full() {
                    return Ok(false);
                }
                let Some(user) = self.world.get::<User>(key.id()?)? else { continue };
                let caller = principal::of_user(&user);
                let arn = caller.principal.arn();
                if !self.add(account, USER, key.place(&prefix), arn, caller, is_in_use)? {
                    return Ok(false);
                }
            }
            if keys.len() < BATCH {
                return Ok(true);
            }
            after = keys.last().map(|key| key.place(&prefix).to_owned());
        }
    }

    fn add_roles(&mut self, account: AccountId, after: Option<&str>, is_in_use: bool) -> Result<bool, Stop> {
        let prefix = RoleId::within(account);
        let mut after = after.map(str::to_owned);
        loop {
            let keys = self.world.keys::<Role>(&prefix, after.as_deref(), BATCH)?;
            for key in &keys {
                if self.is_full() {
                    return Ok(false);
                }
                let Some(role) = self.world.get::<Role>(key.id()?)? else { continue };
                let caller = principal::of_role(&role, "session", self.situation.context.real_now);
                let arn = principal::role_arn(&role);
                if !self.add(account, ROLE, key.place(&prefix), arn, caller, is_in_use)? {
                    return Ok(false);
                }
            }
            if keys.len() < BATCH {
                return Ok(true);
            }
            after = keys.last().map(|key| key.place(&prefix).to_owned());
        }
    }

    /// Adds a principal; `false` where that would take longer than the page may, so that the next begins with it.
    fn add(
        &mut self,
        account: AccountId,
        kind: &str,
        name: &str,
        arn: String,
        caller: Caller,
        is_in_use: bool,
    ) -> Result<bool, Stop> {
        let mut verdict = PrincipalVerdict {
            account: account.to_string(),
            principal: arn,
            decision: Decision::RefusedEarlier,
            layer: None,
            message: None,
        };
        if is_in_use {
            match self.decide(caller, &mut verdict) {
                Ok(()) => {}
                Err(Stop::Fault(Fault::Wanted(wanted))) if *wanted == Wanted::Time => {
                    self.is_over = true;
                    if !self.verdicts.is_empty() {
                        return Ok(false);
                    }
                    // A page of its own was not enough.
                    verdict.decision = Decision::TooLong;
                    verdict.message = Some("To ask its policies takes longer than a page may.".to_owned());
                }
                Err(stop) => return Err(stop),
            }
        } else {
            self.evaluations += 1;
            verdict.message = Some("The account is not in use: nobody of it can sign a call.".to_owned());
        }
        self.last = Some(format!("{account}/{kind}/{name}"));
        self.verdicts.push(verdict);
        Ok(true)
    }

    fn decide(&mut self, caller: Caller, verdict: &mut PrincipalVerdict) -> Result<(), Stop> {
        let context = self.situation.context;
        let call = Call::by(caller, self.question, self.situation)?;
        let access = match call.asks(context, self.world)? {
            Asks::Access(access) => access,
            Asks::Nothing => {
                self.evaluations += 1;
                verdict.decision = Decision::Allowed;
                return Ok(());
            }
            Asks::RefusedEarlier(refusal) => {
                self.evaluations += 1;
                verdict.message = refusal.message.as_deref().map(str::to_owned);
                return Ok(());
            }
        };
        self.evaluations += access.asked().count();
        match authorize(access, &call.caller, &call.origin(), self.world)? {
            Ok(_) => verdict.decision = Decision::Allowed,
            Err(denial) => {
                verdict.decision = Decision::Denied;
                verdict.layer = Some(layer_of(&denial));
                verdict.message = call.refusal(&denial, context).message.as_deref().map(str::to_owned);
            }
        }
        Ok(())
    }
}

fn layer_of(denial: &Denial) -> LayerName {
    match denial.policy_type {
        PolicyType::ResourceControl => LayerName::ResourceControlPolicies,
        PolicyType::ServiceControl => LayerName::ServiceControlPolicies,
        PolicyType::Resource => LayerName::ResourcePolicy,
        PolicyType::RoleTrust => LayerName::TrustPolicy,
        PolicyType::Identity => LayerName::IdentityPolicies,
        PolicyType::PermissionsBoundary => LayerName::PermissionsBoundary,
        PolicyType::Session => LayerName::SessionPolicies,
    }
}
