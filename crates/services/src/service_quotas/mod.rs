//! Service Quotas: which quotas an account has, and what it asked to have more of.
//!
//! F-SVCQ-2: the quotas here are those of global services, which stand in us-east-1.

mod list;
mod quota;
mod request;

pub use crate::model::service_quotas as model;
pub use quota::*;

use aws::arn::PARTITION;
use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::smithy;
use aws::trail::small_first_letters;
use serde_json::Value;

use crate::authority::access::{Access, ConditionKey, Permitted};
use crate::authority::ancestry::Ancestry;
use crate::authority::guarded::Guarded;
use crate::context::{Context, Validation};
use crate::failure::Failure;
use crate::service::{Profile, Rules, needed, shown_parameters};
use crate::state::organization::Organization;
use crate::table::answers;
use crate::world::{Fault, World};
use model::{Input, Operation, Output, Unchecked};

/// How CloudTrail names the service.
pub const EVENT_SOURCE: &str = "servicequotas.amazonaws.com";

/// F-SVCQ-2: where the quotas of global services stand.
const REGION: &str = "us-east-1";

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        too_many_requests: ("TooManyRequestsException", 400, "Rate exceeded"),
        internal_failure: "ServiceException",
        ..Profile::new(&model::SERVICE, "servicequotas", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        self != Self::RequestServiceQuotaIncrease
    }

    /// F-SVCQ-3: an increase is asked for on the quota, everything else on everything.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html>
    fn access(
        self,
        members: &Value,
        caller: &Caller,
        _validation: Validation,
        _world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        let action = format!("servicequotas:{}", self.name());
        let account = caller.account();
        let Unchecked::RequestServiceQuotaIncrease(members) = Unchecked::of(self, members) else {
            return Ok(Some(Access::to(account, action, "*", Vec::new())));
        };
        let text = |given: Option<&str>| given.unwrap_or_default().to_owned();
        let (service, code) = (text(members.service_code()), text(members.quota_code()));
        let resource = format!("arn:{PARTITION}:servicequotas::{account}:{service}/{code}");
        let keys = vec![ConditionKey::single("servicequotas:service", service)];
        Ok(Some(Access::to(account, action, resource, keys)))
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
        let call = Call { operation: self, permitted, caller, context };
        Ok(run(&call, input, world.change(permitted))?.to_value())
    }

    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        // F-TRAIL-13: parameters of this service begin with a small letter in records.
        small_first_letters(shown_parameters(self.shape(), members))
    }

    fn response_elements(self, output: &Value) -> Value {
        match (self.is_read_only(), self.shape().output) {
            (false, Some(schema)) => {
                small_first_letters(smithy::with_times_as_text(schema(), output.clone()))
            }
            _ => Value::Null,
        }
    }
}

/// One call: what is done, by whom, and when.
struct Call<'a> {
    operation: Operation,
    permitted: &'a Permitted,
    caller: &'a Caller,
    context: &'a Context,
}

impl Call<'_> {
    /// F-SVCQ-2: the quota that is asked for.
    ///
    /// # Errors
    /// F-SVCQ-6: `NoSuchResourceException`.
    fn quota(&self, service: &str, code: &str) -> Result<&'static Quota, Failure> {
        let service = self.service(service)?;
        Quota::find(service.code, code).ok_or_else(|| no_such(NO_QUOTA))
    }

    /// The service that is asked for.
    ///
    /// # Errors
    /// As [`Call::quota`].
    fn service(&self, code: &str) -> Result<quota::Service, Failure> {
        let is_here = self.permitted.region() == Some(REGION);
        let found = SERVICES.into_iter().find(|service| service.code == code);
        found.filter(|_| is_here).ok_or_else(|| no_such(NO_SERVICE))
    }

    /// What the caller's account has of a quota now.
    fn applied(&self, quota: &Quota, world: &World<'_>) -> Result<u32, Fault> {
        let (account, now) = (self.caller.account(), self.context.now);
        if quota.code == ACCOUNTS.code
            && let Some(ancestry) = Ancestry::of(account, world)?
            && ancestry.is_management_account()
        {
            return accounts(&ancestry.organization, self.context, world);
        }
        quota.applied(account, now, world)
    }
}

/// F-SVCQ-4: accounts of an organization: as many as were set for it, or as were granted if that is more.
///
/// # Errors
/// See [`Fault`].
pub fn accounts(organization: &Organization, context: &Context, world: &World<'_>) -> Result<u32, Fault> {
    let set = u32::try_from(context.quotas.accounts(organization)).unwrap_or(u32::MAX);
    let granted = ACCOUNTS.granted(organization.management_account, context.now, world)?;
    Ok(granted.map_or(set, |granted| granted.max(set)))
}

fn run(call: &Call<'_>, input: Input, world: &mut World<'_>) -> Result<Output, Failure> {
    Ok(answers! { input;
        GetServiceQuota(input) => list::get(call, &input, world),
        ListServiceQuotas(input) => list::quotas(call, &input, world),
        GetAWSDefaultServiceQuota(input) => list::get_default(call, &input),
        ListAWSDefaultServiceQuotas(input) => list::defaults(call, &input),
        ListServices(input) => list::services(call, &input),
        RequestServiceQuotaIncrease(input) => request::request(call, &input, world),
        GetRequestedServiceQuotaChange(input) => request::get(call, &input, world),
        ListRequestedServiceQuotaChangeHistory(input) => request::history(call, &input, world),
        ListRequestedServiceQuotaChangeHistoryByQuota(input) => request::history_of_quota(call, &input, world),
    })
}

/// F-SVCQ-6: recorded of a service; of quotas and requests *assumed*.
const NO_SERVICE: &str = "The request failed because the specified service does not exist.";
const NO_QUOTA: &str = "The request failed because the specified service quota does not exist.";
const NO_REQUEST: &str = "The request failed because the specified quota change request does not exist.";
/// F-SVCQ-6: recorded. No quota here is one of a single resource.
const NO_CONTEXT: &str =
    "The request failed because applied value for the specified context Id do not exist.";

fn no_such(text: &str) -> Failure {
    Refusal::new("NoSuchResourceException", 400, text).into()
}

/// F-SVCQ-6
fn illegal(text: &str) -> Failure {
    Refusal::new("IllegalArgumentException", 400, text).into()
}
