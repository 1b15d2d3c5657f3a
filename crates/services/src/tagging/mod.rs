//! AWS Resource Groups Tagging API: one list of everything that has tags, and tags set on several resources at once.
//!
//! F-TAG-1: what has tags here are resources of IAM and AWS Organizations, which stand in us-east-1. They are listed by
//! this service and changed by their own, with its rules and its permissions.

mod access;
mod compliance;
mod get_resources;
mod keys_and_values;
mod resources;
mod summary;
mod tag_resources;

pub use crate::model::resourcegroupstaggingapi as model;

use aws::principal::Caller;
use aws::refusal::Refusal;
use aws::trail::small_first_letters;
use serde_json::Value;

use crate::authority::access::{Access, Permitted};
use crate::authority::guarded::Guarded;
use crate::context::{Context, TokenKey, Validation};
use crate::failure::Failure;
use crate::page_token::Binding;
use crate::service::{Profile, Rules, needed, shown_parameters};
use crate::table::answers;
use crate::world::World;
use model::{Input, Operation, Output, PaginationToken, PaginationTokenExpiredException};

/// How CloudTrail names the service.
pub const EVENT_SOURCE: &str = "tagging.amazonaws.com";

/// F-TAG-1: where the resources of global services stand.
const REGION: &str = "us-east-1";

impl Rules for Operation {
    const PROFILE: &'static Profile = &Profile {
        too_many_requests: ("ThrottledException", 400, "Rate exceeded"),
        internal_failure: "InternalServiceException",
        answers_in_cbor: true,
        ..Profile::new(&model::SERVICE, "tag", EVENT_SOURCE)
    };

    fn is_read_only(self) -> bool {
        !matches!(self, Self::TagResources | Self::UntagResources)
    }

    fn access(
        self,
        members: &Value,
        caller: &Caller,
        validation: Validation,
        world: &World<'_>,
    ) -> Result<Option<Access>, Failure> {
        Ok(Some(access::access(self, members, caller, validation, world)?))
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
        let call = Call { operation: self, permitted: needed(permitted), caller, context };
        Ok(run(&call, input, members, world)?.to_value())
    }

    fn request_parameters(self, members: &Value, _caller: Option<&Caller>) -> Value {
        // F-TRAIL-13: parameters of this service begin with a small letter in records.
        small_first_letters(shown_parameters(self.shape(), members))
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
    /// Whether the call is made where the resources stand.
    fn is_where_resources_stand(&self) -> bool {
        self.permitted.region() == Some(REGION)
    }
}

fn run(call: &Call<'_>, input: Input, members: &Value, world: &mut Guarded<'_>) -> Result<Output, Failure> {
    let pages = Pages::new(call, members);
    Ok(answers! { input;
        GetResources(input) => get_resources::get(call, &input, &pages, world),
        GetTagKeys(input) => keys_and_values::keys(call, &input, &pages, world),
        GetTagValues(input) => keys_and_values::values(call, &input, &pages, world),
        TagResources(input) => tag_resources::tag(call, input, world),
        UntagResources(input) => tag_resources::untag(call, input, world),
        GetComplianceSummary(input) => summary::summary(call, &input, &pages, world),
        DescribeReportCreation(_) => summary::report(call, world),
        ListRequiredTags(input) => summary::required_tags(call, &input, &pages, world),
    })
}

/// The pages of a list. A token continues the list that it was given for, whatever a page of it holds.
struct Pages<'a> {
    binding: Binding<'a>,
    key: &'a TokenKey,
}

/// What says how a list is cut into pages, and not what is in it.
const OF_PAGES: [&str; 5] = ["PaginationToken", "NextToken", "ResourcesPerPage", "TagsPerPage", "MaxResults"];

impl<'a> Pages<'a> {
    fn new(call: &Call<'a>, members: &Value) -> Self {
        let mut filter = members.clone();
        if let Some(filter) = filter.as_object_mut() {
            filter.retain(|name, _| !OF_PAGES.contains(&name.as_str()));
        }
        let binding = Binding::of_text(call.operation.name(), call.caller.account(), filter.to_string());
        Self { binding, key: &call.context.token_key }
    }

    /// The place that a page begins after; the empty token is that of the first page.
    ///
    /// # Errors
    /// F-TAG-5: a token that this list was not given is told to have expired.
    fn after(&self, token: Option<&PaginationToken>) -> Result<Option<String>, Failure> {
        let Some(token) = token.map(PaginationToken::as_str).filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        match self.binding.open(token, self.key) {
            Some(place) => Ok(Some(place)),
            None => {
                let message = Some(EXPIRED.into());
                Err(PaginationTokenExpiredException { message }.into_failure())
            }
        }
    }

    /// The token of the page after `place`; the empty one where there is none.
    fn token(&self, place: Option<&str>) -> PaginationToken {
        place.map_or_else(|| "".into(), |place| self.binding.seal(place, self.key).into())
    }
}

/// F-TAG-5 (text *assumed*).
const EXPIRED: &str = "The pagination token has expired.";

impl PaginationTokenExpiredException {
    fn into_failure(self) -> Failure {
        aws::smithy::ErrorShape::refusal(&self).into()
    }
}

/// F-TAG-4: `InvalidParameterException`.
fn invalid(text: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", 400, text)
}
