//! A record as one line of JSON, written member by member: each call leaves one, and writing it by its description took
//! three times as long. The description, serde's, reads it back and is what a test holds this to.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::Value;

use super::line::{Bounded, shortened};
use super::{Record, SessionAttributes, SessionContext, SessionIssuer, UserIdentity};
use crate::arn::AccountId;

impl Bounded {
    /// A member whose value is a text; `name` comes with what stands between it and the member before.
    fn text(&mut self, name: &str, text: &str) {
        self.put(name);
        self.quoted(text);
    }

    fn text_if_any(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A member of any kind, within the line's bounds.
    fn value(&mut self, name: &str, value: &Value) -> serde_json::Result<()> {
        self.put(name);
        match value {
            Value::Null => self.put("null"),
            value => serde_json::to_writer(&mut *self, value)?,
        }
        Ok(())
    }

    fn value_unless_null(&mut self, name: &str, value: &Value) -> serde_json::Result<()> {
        match value {
            Value::Null => Ok(()),
            value => self.value(name, value),
        }
    }

    /// In whole seconds.
    fn time(&mut self, name: &str, time: Timestamp) {
        self.put(name);
        let at = Offset::UTC.to_datetime(time);
        let Ok(year) = u16::try_from(at.year()) else {
            return self.quoted(&super::whole_seconds(time));
        };
        let [thousands, hundreds] = two_digits(year / 100);
        let [tens, ones] = two_digits(year % 100);
        let two = |number: i8| two_digits(number.unsigned_abs().into());
        let ([month, month_1], [day, day_1]) = (two(at.month()), two(at.day()));
        let ([hour, hour_1], [minute, minute_1]) = (two(at.hour()), two(at.minute()));
        let [second, second_1] = two(at.second());
        self.put_bytes(&[
            b'"', thousands, hundreds, tens, ones, b'-', month, month_1, b'-', day, day_1, b'T', hour,
            hour_1, b':', minute, minute_1, b':', second, second_1, b'Z', b'"',
        ]);
    }

    fn flag(&mut self, name: &str, flag: Option<bool>) {
        self.put(name);
        self.put(match flag {
            Some(true) => "true",
            Some(false) => "false",
            None => "null",
        });
    }
}

fn two_digits(number: u16) -> [u8; 2] {
    [number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8)
}

// Each part is taken apart without `..`, so that a member that is added to the description is not forgotten here.

/// Writes the record.
///
/// # Errors
/// Where it is longer than the line may be.
pub(super) fn write(record: &Record<'_>, line: &mut Bounded) -> serde_json::Result<()> {
    let Record {
        event_version,
        user_identity,
        event_time,
        event_source,
        event_name,
        aws_region,
        source_ip_address,
        user_agent,
        error_code,
        error_message,
        request_parameters,
        response_elements,
        additional_event_data,
        request_id,
        event_id,
        read_only,
        resources,
        event_type,
        management_event,
        recipient_account_id,
        shared_event_id,
        service_event_details,
        event_category,
    } = record;
    line.text("{\"eventVersion\":", event_version);
    line.put(",\"userIdentity\":");
    write_identity(user_identity, line)?;
    line.time(",\"eventTime\":", *event_time);
    line.text(",\"eventSource\":", event_source);
    line.text(",\"eventName\":", event_name);
    line.text(",\"awsRegion\":", shortened(aws_region));
    line.text(",\"sourceIPAddress\":", source_ip_address);
    line.text(",\"userAgent\":", shortened(user_agent));
    line.text_if_any(",\"errorCode\":", error_code.as_deref());
    line.text_if_any(",\"errorMessage\":", error_message.as_deref().map(shortened));
    line.value(",\"requestParameters\":", request_parameters)?;
    line.value(",\"responseElements\":", response_elements)?;
    line.value_unless_null(",\"additionalEventData\":", additional_event_data)?;
    line.text_if_any(",\"requestID\":", request_id.as_deref());
    line.text(",\"eventID\":", event_id);
    line.flag(",\"readOnly\":", *read_only);
    line.value_unless_null(",\"resources\":", resources)?;
    line.text(",\"eventType\":", event_type);
    line.flag(",\"managementEvent\":", Some(*management_event));
    line.text_if_any(",\"recipientAccountId\":", recipient_account_id.as_ref().map(AccountId::as_str));
    line.text_if_any(",\"sharedEventID\":", shared_event_id.as_deref());
    if let Some(details) = service_event_details {
        line.value(",\"serviceEventDetails\":", details)?;
    }
    line.text(",\"eventCategory\":", event_category);
    line.put("}");
    line.within_bounds()
}

fn write_identity(identity: &UserIdentity<'_>, line: &mut Bounded) -> serde_json::Result<()> {
    let UserIdentity {
        kind,
        principal_id,
        arn,
        account_id,
        access_key_id,
        user_name,
        identity_provider,
        session_context,
        invoked_by,
    } = identity;
    let begin = line.open();
    line.text_if_any(",\"type\":", kind.as_deref());
    line.text_if_any(",\"principalId\":", principal_id.as_deref());
    line.text_if_any(",\"arn\":", arn.as_deref());
    line.text_if_any(",\"accountId\":", account_id.as_deref());
    line.text_if_any(",\"accessKeyId\":", access_key_id.as_deref().map(shortened));
    line.text_if_any(",\"userName\":", user_name.as_deref());
    line.text_if_any(",\"identityProvider\":", identity_provider.as_deref());
    if let Some(session) = session_context {
        write_session(session, line)?;
    }
    line.text_if_any(",\"invokedBy\":", invoked_by.as_deref());
    line.close(begin);
    Ok(())
}

fn write_session(session: &SessionContext<'_>, line: &mut Bounded) -> serde_json::Result<()> {
    let SessionContext { session_issuer, web_id_federation_data, attributes, source_identity } = session;
    line.put(",\"sessionContext\":{\"sessionIssuer\":");
    write_issuer(session_issuer, line);
    line.put(",\"webIdFederationData\":");
    serde_json::to_writer(&mut *line, web_id_federation_data)?;
    let SessionAttributes { creation_date, mfa_authenticated } = attributes;
    line.put(",\"attributes\":{");
    line.time("\"creationDate\":", *creation_date);
    line.text(",\"mfaAuthenticated\":", mfa_authenticated);
    line.put("}");
    line.text_if_any(",\"sourceIdentity\":", source_identity.as_deref());
    line.put("}");
    Ok(())
}

fn write_issuer(issuer: &SessionIssuer<'_>, line: &mut Bounded) {
    let SessionIssuer { kind, principal_id, arn, account_id, user_name } = issuer;
    let begin = line.open();
    line.text_if_any(",\"type\":", kind.as_deref());
    line.text_if_any(",\"principalId\":", principal_id.as_deref());
    line.text_if_any(",\"arn\":", arn.as_deref());
    line.text_if_any(",\"accountId\":", account_id.as_deref());
    line.text_if_any(",\"userName\":", user_name.as_deref());
    line.close(begin);
}
