//! AWS Security Token Service: who am I?

pub mod model;

use aws::principal::Caller;

use model::GetCallerIdentityResponse;

/// How CloudTrail names the service.
pub const EVENT_SOURCE: &str = "sts.amazonaws.com";

/// GetCallerIdentity. It needs no permission, and no policy can take it away.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
pub fn get_caller_identity(caller: &Caller) -> GetCallerIdentityResponse {
    let principal = &caller.principal;
    GetCallerIdentityResponse {
        user_id: Some(principal.unique_id().as_str().into()),
        account: Some(principal.account().as_str().into()),
        arn: Some(principal.arn().as_str().into()),
    }
}
