//! Gates: what turns away somebody whose credentials are good, before the operation is looked at.

use aws::arn::AccountId;
use aws::principal::Caller;
use aws::protocol::foreign::ForeignClient;
use aws::refusal::Refusal;
use aws::sigv4::SignatureError;
use aws::throttle::Rate;
use jiff::Timestamp;

use super::ports::Buckets;
use crate::account;
use crate::authority::caller::is_token_session;
use crate::context::Context;
use crate::failure::Failure;
use crate::model::account::RegionOptStatus::{Disabled, Enabling};
use crate::model::organizations::AccountJoinedMethod;
use crate::regions;
use crate::service::{Bucket, Operation, Payer, Service};
use crate::state::account::Account;
use crate::state::organization::{Membership, Organization, OrganizationId};
use crate::world::{Fault, World};

/// Lets the caller call the service now, or says as which faulty signature it is refused. `region` is the one that the
/// request was signed for.
///
/// # Errors
/// See [`Fault`].
pub(super) fn admit(
    caller: &Caller,
    service: Option<Service>,
    region: Option<&str>,
    now: Timestamp,
    world: &World<'_>,
) -> Result<Result<(), SignatureError>, Fault> {
    if service == Some(Service::Iam) && is_unknown_to_iam(caller) {
        return Ok(Err(SignatureError::InvalidSessionToken));
    }
    let Some(account) = world.get::<Account>(caller.account())? else { return Ok(Ok(())) };
    if is_absent(&account, now, world)? {
        return Ok(Err(SignatureError::UnknownAccessKey));
    }
    if region.is_some_and(|region| is_disabled_for(&account, service, region, now)) {
        // The text that was observed here has no full stop, unlike that of an unknown key.
        return Ok(Err(SignatureError::InvalidSessionToken));
    }
    Ok(Ok(()))
}

/// F-STSAPI-35: IAM knows nobody by credentials of GetFederationToken, nor by those of GetSessionToken
/// without a second factor.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
fn is_unknown_to_iam(caller: &Caller) -> bool {
    let has_second_factor =
        caller.session.as_ref().is_some_and(|session| session.mfa_authenticated_at.is_some());
    is_token_session(caller) && !has_second_factor
}

/// F-ORGS-CLOSE-7 (*assumed*): nobody of a closed or suspended account can sign in, its root user no more than its roles.
/// F-ORGS-CREATE-8: neither can anybody of an account that is still being created.
fn is_absent(account: &Account, now: Timestamp, world: &World<'_>) -> Result<bool, Fault> {
    Ok(account.state.is_out_of_use_at(now) || is_being_created(account, now, world)?)
}

fn is_being_created(account: &Account, now: Timestamp, world: &World<'_>) -> Result<bool, Fault> {
    if account.created_at <= now {
        return Ok(false);
    }
    let membership = world.get::<Membership>(account.id)?;
    Ok(membership.is_some_and(|membership| {
        membership.joined_method == AccountJoinedMethod::Created && membership.joined_at > now
    }))
}

/// F-STS-1: STS in a Region that is DISABLED or ENABLING for the account knows nobody; DISABLING still works.
/// Which services do the same stands in their profiles.
fn is_disabled_for(account: &Account, service: Option<Service>, region: &str, now: Timestamp) -> bool {
    service.is_some_and(|service| service.profile().is_closed_with_region)
        && regions::is_opt_in(region)
        && matches!(account::region::status(account, region, now), Some(Disabled | Enabling))
}

/// Takes tokens for the call. F-QUOTA-3 (*assumed*): calls in organizations mode draw on the caller's account.
///
/// # Errors
/// F-QUOTA-4: the service's words for a call that came too fast.
pub(super) fn throttle(
    buckets: &dyn Buckets,
    operation: Operation,
    caller: &Caller,
    context: &Context,
    world: &World<'_>,
) -> Result<(), Failure> {
    let rates = operation.rates();
    let bucket = |payer| Bucket {
        payer,
        service: operation.service().signing_name(),
        operation: (!rates.is_shared).then(|| operation.name()),
    };
    let mut from = Vec::new();
    from.extend(rates.account.map(|rate| (bucket(Payer::Account(caller.account())), rate)));
    if let Some(rate) = rates.organization
        && let Some(management_account) = management_account_of(caller, world)?
    {
        from.push((bucket(Payer::Organization(management_account)), rate));
    }
    let granted = from.is_empty() || buckets.take(&from, context.real_now);
    if granted { Ok(()) } else { Err(operation.too_many_requests().into()) }
}

/// F-FWD-15 (*assumed*): what an account may ask of the services that somebody else answers. S3's rate is that of reads of one
/// prefix; of the others AWS publishes many, and one bucket stands for all.
const OF_S3: (&str, Rate) = ("s3", Rate::per_second(5_500, 5_500));
const OF_OTHERS: (&str, Rate) = ("elsewhere", Rate::per_second(50, 100));

/// Takes a token for a call of a service that somebody else answers.
///
/// # Errors
/// F-FWD-15: the words of the client's protocol for a call that came too fast.
pub(super) fn throttle_elsewhere(
    buckets: &dyn Buckets,
    client: ForeignClient,
    caller: &Caller,
    context: &Context,
) -> Result<(), Refusal> {
    let (service, rate) = if client == ForeignClient::S3 { OF_S3 } else { OF_OTHERS };
    let bucket = Bucket { payer: Payer::Account(caller.account()), service, operation: None };
    if buckets.take(&[(bucket, rate)], context.real_now) {
        return Ok(());
    }
    let (code, status, text) = match client {
        ForeignClient::S3 => ("SlowDown", 503, "Please reduce your request rate."),
        ForeignClient::Ec2Query => ("RequestLimitExceeded", 503, "Request limit exceeded."),
        ForeignClient::Query => ("Throttling", 400, "Rate exceeded"),
        ForeignClient::RestJson => ("TooManyRequestsException", 429, "Rate exceeded"),
        ForeignClient::AwsJson10 | ForeignClient::AwsJson11 | ForeignClient::Cbor => {
            ("ThrottlingException", 400, "Rate exceeded")
        }
    };
    Err(Refusal::new(code, status, text))
}

/// The management account of the caller's organization; `None` outside of one.
fn management_account_of(caller: &Caller, world: &World<'_>) -> Result<Option<AccountId>, Fault> {
    let Some(membership) = world.get::<Membership>(caller.account())? else { return Ok(None) };
    let organization = world.get::<Organization>(OrganizationId(&membership.organization_id))?;
    Ok(organization.map(|organization| organization.management_account))
}
