//! What the session of a recorded call was opened with. A record does not say; the call that opened the session does, and
//! so do credentials that a seed file names.

use aws::policy::Policy;
use aws::principal::Principal;
use aws::session::Session;
use aws::trail::{Record, SessionContext};
use serde_json::Value;

use super::recorded::find;
use super::{Stop, principal};
use crate::authority::caller;
use crate::front::acting;
use crate::state::identity::{AccessKeyId, Credential};
use crate::world::{EventPosition, World};

/// How many records before the call are looked through for the one that opened its session.
const MOST_RECORDS: usize = 20_000;

/// The session of a caller, as its record shows it and as it was opened.
pub(super) fn of(
    shown: &SessionContext<'_>,
    principal: &Principal,
    access_key_id: &str,
    position: EventPosition,
    world: &World<'_>,
    notes: &mut Vec<String>,
) -> Result<Session, Stop> {
    if let Some(credential) = world.get::<Credential>(AccessKeyId(access_key_id))? {
        let token = credential.owner.session_token();
        // Whether the session has ended since does not matter.
        if let Ok(caller) = caller::identify(&credential, token, jiff::Timestamp::MIN, world)?
            && let Some(session) = caller.session
        {
            return Ok(session);
        }
    }
    let mut session = Session {
        // A record does not say when the factor was shown; the session's beginning is the latest that it can be.
        mfa_authenticated_at: (shown.attributes.mfa_authenticated == "true")
            .then_some(shown.attributes.creation_date),
        federated_provider: shown.web_id_federation_data.federated_provider.as_deref().map(str::to_owned),
        source_identity: shown.source_identity.as_deref().map(str::to_owned),
        ..principal::session(shown.attributes.creation_date)
    };
    if access_key_id == acting::ACCESS_KEY_ID {
        // Nobody opened it: the console acts as the role itself (F-CONSOLE-4).
        return Ok(session);
    }
    let opening = find(Some(principal.account()), Some(position), MOST_RECORDS, world, |line, _| {
        (line.contains(access_key_id) && has_opened(line, access_key_id)).then(|| line.to_owned())
    })?;
    match opening.as_deref().and_then(|line| serde_json::from_str(line).ok()) {
        Some(record) => read_terms(&record, &mut session),
        None => notes.push(
            "The call that opened the session is not in the event log, so its session policies and tags are not known."
                .to_owned(),
        ),
    }
    Ok(session)
}

/// Whether a record is of the call that issued these credentials.
fn has_opened(line: &str, access_key_id: &str) -> bool {
    let record: Result<Record<'_>, _> = serde_json::from_str(line);
    record.is_ok_and(|record| record.response_elements["credentials"]["accessKeyId"] == access_key_id)
}

/// F-STSAPI-34: parameters of STS begin with a small letter in records.
fn read_terms(record: &Record<'_>, session: &mut Session) {
    let parameters = &*record.request_parameters;
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    session.terms.policy = parameters["policy"].as_str().and_then(|text| Policy::parse(text).ok());
    let arns = parameters["policyArns"].as_array().into_iter().flatten();
    session.terms.policy_arns = arns.filter_map(|one| one["arn"].as_str()).map(str::to_owned).collect();
    session.terms.transitive_tag_keys = texts(&parameters["transitiveTagKeys"]).into_iter().collect();
    let tags = parameters["tags"].as_array().into_iter().flatten();
    session.tags = tags
        .filter_map(|tag| Some((tag["key"].as_str()?.to_owned(), tag["value"].as_str()?.to_owned())))
        .collect();
    for (key, value) in parameters["incomingTransitiveTags"].as_object().into_iter().flatten() {
        session.tags.push((key.clone(), value.as_str().unwrap_or_default().to_owned()));
    }
    if record.event_name == "GetFederationToken" {
        session.terms.vouching_user = record.user_identity.user_name.as_deref().map(str::to_owned);
    }
}
