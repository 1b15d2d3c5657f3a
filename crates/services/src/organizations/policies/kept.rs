//! What stays in force where policies together would make a backup plan that is not valid.
//!
//! F-ORGS-EFF-7: an effective backup policy that is not valid does not take effect: the one before it stays. So whatever
//! changes what reaches an account looks at what it had before, and keeps that where what follows is not valid. An account
//! that never had a valid one has none. A whole organization may keep one text, which is stored once.

use std::collections::BTreeMap;
use std::rc::Rc;

use aws::arn::AccountId;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::effective_policy::Effective;
use crate::authority::ancestry::Ancestry;
use crate::failure::Failure;
use crate::model::organizations::{ChildType, EffectivePolicyType, PolicyType};
use crate::organizations::index;
use crate::state::organization::{
    AttachmentId, ChildId, EffectivePolicyText, EffectivePolicyTextId, KeptBackupPolicy, Membership,
    OrganizationPolicy,
};
use crate::world::{Fault, World};

const KIND: EffectivePolicyType = EffectivePolicyType::BackupPolicy;

/// Carries out a change of what is attached to a root, a unit or an account, or of where an account is.
pub(crate) fn changing_below<T>(
    organization_id: &str,
    target: &str,
    kind: PolicyType,
    world: &mut World<'_>,
    change: impl FnOnce(&mut World<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if kind != PolicyType::BackupPolicy {
        return change(world);
    }
    let mut accounts = Vec::new();
    add_accounts_below(target, &mut accounts, world)?;
    changing(organization_id, &accounts, world, change)
}

/// Carries out a change of a policy's document.
pub(crate) fn changing_policy<T>(
    policy: &OrganizationPolicy,
    world: &mut World<'_>,
    change: impl FnOnce(&mut World<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if policy.kind != PolicyType::BackupPolicy {
        return change(world);
    }
    let mut accounts = Vec::new();
    for key in index::all(&AttachmentId::within(&policy.organization_id, &policy.id), world)? {
        add_accounts_below(key.id()?.target, &mut accounts, world)?;
    }
    accounts.sort();
    accounts.dedup();
    changing(&policy.organization_id, &accounts, world, change)
}

/// The text that an account keeps, and since when it is so.
pub(super) fn of(
    organization_id: &str,
    account: AccountId,
    world: &World<'_>,
) -> Result<Option<(String, Timestamp)>, Fault> {
    let Some(kept) = world.get::<KeptBackupPolicy>(account)? else { return Ok(None) };
    let id = EffectivePolicyTextId { organization: organization_id, text: &kept.text };
    let text = world.get::<EffectivePolicyText>(id)?;
    let text = text.ok_or_else(|| Fault::Broken("an account keeps an absent policy".into()))?;
    Ok(Some((text.content.clone(), kept.updated_at)))
}

/// Forgets what an account keeps, since it leaves its organization.
pub(crate) fn forget(organization_id: &str, account: AccountId, world: &mut World<'_>) -> Result<(), Fault> {
    let mut texts = Texts::default();
    texts.keep(account, None, world)?;
    texts.write(organization_id, world)
}

/// Adds the account with this id, or those below the root or unit.
fn add_accounts_below(id: &str, accounts: &mut Vec<AccountId>, world: &World<'_>) -> Result<(), Fault> {
    let mut below = vec![id.to_owned()];
    while let Some(id) = below.pop() {
        if let Ok(account) = id.parse() {
            accounts.push(account);
            continue;
        }
        for kind in [ChildType::Account, ChildType::OrganizationalUnit] {
            for key in index::all(&ChildId::within(&id, kind), world)? {
                below.push(key.id()?.child.to_owned());
            }
        }
    }
    Ok(())
}

fn changing<T>(
    organization_id: &str,
    accounts: &[AccountId],
    world: &mut World<'_>,
    change: impl FnOnce(&mut World<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let before = reaching(accounts, world)?;
    let done = change(world)?;
    let mut texts = Texts::default();
    for (account, after) in reaching(accounts, world)? {
        match before.get(&account) {
            Some(before) if before.is_valid && !after.is_valid => {
                texts.keep(account, Some(before), world)?;
            }
            Some(before) if !before.is_valid && after.is_valid => texts.keep(account, None, world)?,
            _ => {}
        }
    }
    texts.write(organization_id, world)?;
    Ok(done)
}

/// What reaches an account.
struct Reaching {
    content: Option<String>,
    updated_at: Timestamp,
    is_valid: bool,
}

/// What reaches each of some accounts. Those of one parent to which the same is attached have the same, and it is made
/// once.
fn reaching(accounts: &[AccountId], world: &World<'_>) -> Result<BTreeMap<AccountId, Rc<Reaching>>, Fault> {
    let mut made: BTreeMap<(String, Vec<String>), Rc<Reaching>> = BTreeMap::new();
    let mut all = BTreeMap::new();
    for account in accounts {
        let Some(membership) = world.get::<Membership>(*account)? else { continue };
        let place = (membership.parent_id.clone(), membership.policies.iter().cloned().collect());
        let reaching = match made.get(&place) {
            Some(reaching) => Rc::clone(reaching),
            None => {
                let Some(ancestry) = Ancestry::of(*account, world)? else { continue };
                let effective = Effective::of(&ancestry, KIND, world)?;
                let is_valid = effective.is_valid(KIND);
                let content = effective.content.map(|content| content.to_string());
                let reaching = Rc::new(Reaching { content, updated_at: effective.updated_at, is_valid });
                made.insert(place, Rc::clone(&reaching));
                reaching
            }
        };
        all.insert(*account, reaching);
    }
    Ok(all)
}

/// By how many accounts more or fewer each text is kept.
#[derive(Default)]
struct Texts(BTreeMap<String, (Option<String>, i64)>);

impl Texts {
    /// Has an account keep what reached it, or nothing.
    fn keep(
        &mut self,
        account: AccountId,
        reaching: Option<&Reaching>,
        world: &mut World<'_>,
    ) -> Result<(), Fault> {
        if let Some(old) = world.get::<KeptBackupPolicy>(account)? {
            self.0.entry(old.text.clone()).or_default().1 -= 1;
            world.delete::<KeptBackupPolicy>(account);
        }
        let Some((reaching, content)) = reaching.and_then(|it| Some((it, it.content.as_ref()?))) else {
            return Ok(());
        };
        let digest = Sha256::digest(content);
        let text: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let (kept, count) = self.0.entry(text.clone()).or_default();
        kept.get_or_insert_with(|| content.clone());
        *count += 1;
        world.put(account, KeptBackupPolicy { text, updated_at: reaching.updated_at });
        Ok(())
    }

    /// Writes the texts that are kept, and deletes those that are kept no longer.
    fn write(self, organization_id: &str, world: &mut World<'_>) -> Result<(), Fault> {
        for (text, (content, more)) in self.0 {
            let id = EffectivePolicyTextId { organization: organization_id, text: &text };
            let stored = world.get::<EffectivePolicyText>(id)?;
            let accounts = stored.as_ref().map_or(0, |stored| stored.accounts).saturating_add_signed(more);
            let content = stored.map(|stored| stored.content.clone()).or(content);
            match content.filter(|_| accounts > 0) {
                Some(content) => world.put(id, EffectivePolicyText { content, accounts }),
                None => world.delete::<EffectivePolicyText>(id),
            }
        }
        Ok(())
    }
}
