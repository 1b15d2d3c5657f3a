//! Somebody who is named by the person who runs accountd, instead of by a signature: an operation takes the same path from
//! there on, through the same gates and rates, and leaves the same records.

use aws::arn::AccountId;
use aws::principal::{Caller, Principal};
use aws::refusal::Refusal;
use aws::sigv4::SignatureError;
use serde_json::Value;

use super::ports::Buckets;
use super::route::signature_family;
use super::{Circumstances, Progress, carry_out, gates, record, settled};
use crate::account::first_use;
use crate::authority::caller;
use crate::authority::guarded::{Guarded, Unpermitted};
use crate::decided::Decided;
use crate::failure::Failure;
use crate::service::Operation;
use crate::state::message::Message;
use crate::world::{Fault, Snapshot, is_of_kind};

/// The access key id that records show of somebody who did not sign. It was never issued and opens nothing.
pub const ACCESS_KEY_ID: &str = "ASIAACCOUNTDCONSOLE0";

/// The name of the session in which somebody acts as a role.
pub const SESSION_NAME: &str = "accountd-console";

/// Whom somebody acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The root user of an account, which comes into being with the first operation that succeeds.
    Root(AccountId),
    /// The user of an account with this name.
    User(AccountId, String),
    /// The role of an account with this name, in a session of an hour. Its trust policy is not asked.
    Role(AccountId, String),
}

impl Actor {
    /// The account.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Root(account) | Self::User(account, _) | Self::Role(account, _) => *account,
        }
    }

    fn caller(
        &self,
        circumstances: &Circumstances<'_>,
        world: &mut Guarded<'_>,
    ) -> Result<Option<Caller>, Fault> {
        let context = circumstances.context;
        let key = ACCESS_KEY_ID.to_owned();
        match self {
            Self::Root(account) => {
                let writable = world.change_without_permit(Unpermitted::AccountOnFirstUse);
                first_use::come_into_being(*account, context.now, writable)?;
                let principal = Principal::Root { account: *account };
                Ok(Some(Caller { principal, access_key_id: key, session: None }))
            }
            Self::User(account, name) => caller::of_user(*account, name, key, world),
            Self::Role(account, name) => {
                caller::of_role((*account, name), SESSION_NAME, key, context.real_now, world)
            }
        }
    }
}

/// What came of an operation.
pub struct Acted {
    /// The output's members, or the refusal.
    pub outcome: Result<Value, Refusal>,
    /// The caller's ARN, where there is such a caller.
    pub caller: Option<String>,
    /// The account that was acted on.
    pub target: Option<AccountId>,
    /// Whether a message went to the outbox.
    pub sent_message: bool,
}

/// The pure function: one operation of somebody who is named, against one state.
///
/// # Errors
/// See [`Fault`]; a refusal is an outcome like any other.
pub fn decide_as(
    actor: &Actor,
    buckets: &dyn Buckets,
    operation: Operation,
    members: &Value,
    circumstances: &Circumstances<'_>,
    snapshot: &dyn Snapshot,
) -> Result<Decided<Acted>, Fault> {
    let mut world = Guarded::new(snapshot);
    let mut progress = Progress::default();
    let outcome = outcome(actor, buckets, (operation, members), circumstances, &mut progress, &mut world);
    let outcome = settled(outcome, &mut world)?;
    let events = record::events(Some(operation), circumstances, &progress, &outcome, &mut world);
    let changes = world.into_reads_and_writes();
    let sent_message = changes.writes.keys().any(|key| is_of_kind::<Message>(key));
    let caller = progress.caller.as_ref().map(|caller| caller.principal.arn());
    Ok(Decided { value: Acted { outcome, caller, target: progress.target, sent_message }, changes, events })
}

/// The path of a request from where its caller is known.
fn outcome(
    actor: &Actor,
    buckets: &dyn Buckets,
    (operation, members): (Operation, &Value),
    circumstances: &Circumstances<'_>,
    progress: &mut Progress,
    world: &mut Guarded<'_>,
) -> Result<Value, Failure> {
    let (context, service) = (circumstances.context, operation.service());
    let family = signature_family(service.shape().protocol);
    let unknown = || Failure::from(SignatureError::InvalidSessionToken.refusal(family));
    let caller = actor.caller(circumstances, world)?.ok_or_else(unknown)?;
    let region = Some(circumstances.region);
    gates::admit(&caller, Some(service), region, context.now, world)?
        .map_err(|error| error.refusal(family))?;
    let caller = &*progress.caller.insert(caller);
    gates::throttle(buckets, operation, caller, context, world)?;
    operation.refuse_wrong_types(members)?;
    let members = &*progress.members.insert(members.clone());
    carry_out(caller, operation, members, circumstances, &mut progress.target, world)
}
