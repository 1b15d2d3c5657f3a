//! The credential report: one line for the root user and one for each user.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use aws::principal::Principal;
use aws::refusal::Refusal;
use aws::smithy::iso8601;
use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;
use crate::iam::directory::entity::Entity;
use crate::iam::directory::last_used::{LastUses, NOT_KNOWN};
use crate::iam::passwords::root;
use crate::iam::{On, directory};
use crate::model::iam::{
    GenerateCredentialReportResponse, GetCredentialReportResponse, ReportFormatType, ReportStateType,
};
use crate::state::account::Account;
use crate::state::identity::{AccessKeyId, Credential, PasswordPolicy, SigningCertificate, User, UserId};
use crate::world::{Fault, World};

/// F-IAMAPI-REP-1: a report is good for four hours.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(4);
/// The message of a report that cannot be had.
const UNKNOWN: &str = "Unknown";
/// How many users are read at a time.
const BATCH: usize = 500;

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
    cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// GenerateCredentialReport. F-IAMAPI-REP-2: the first call starts a report, which is there at once; further
/// calls say that it is complete as long as it is good.
///
/// # Errors
/// None of its own.
pub fn generate(on: &On<'_>, world: &mut World<'_>) -> Result<GenerateCredentialReportResponse, Failure> {
    let now = on.context.now;
    let made_at = directory::account(on.account, world)?.credential_report_at;
    if made_at.is_some_and(|made_at| is_good(made_at, now)) {
        return Ok(GenerateCredentialReportResponse {
            state: Some(ReportStateType::Complete),
            description: None,
        });
    }
    directory::change_account(on.account, world, |account| account.credential_report_at = Some(now))?;
    Ok(GenerateCredentialReportResponse {
        state: Some(ReportStateType::Started),
        description: Some("No report exists. Starting a new report generation task".to_owned()),
    })
}

fn is_good(made_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made_at) < GOOD_FOR
}

/// GetCredentialReport. F-IAMAPI-REP-3: the report is not kept; it is written anew from the state of the
/// moment, under the time at which it was asked for.
///
/// # Errors
/// `ReportNotPresent`, `ReportExpired` (the text of the second one is *assumed*).
pub fn get(on: &On<'_>, world: &World<'_>) -> Result<GetCredentialReportResponse, Failure> {
    let made_at = directory::account(on.account, world)?.credential_report_at;
    let made_at = made_at.ok_or_else(|| Refusal::new("ReportNotPresent", 410, UNKNOWN))?;
    if !is_good(made_at, on.context.now) {
        return Err(Refusal::new("ReportExpired", 410, UNKNOWN).into());
    }
    Ok(GetCredentialReportResponse {
        content: Some(write(on, world)?.into_bytes()),
        report_format: Some(ReportFormatType::TextCsv),
        generated_time: Some(made_at),
    })
}

fn write(on: &On<'_>, world: &World<'_>) -> Result<String, Fault> {
    let mut report = String::from(HEADER);
    let uses = LastUses::of(on.account, world)?;
    let created_at = world.get::<Account>(on.account)?.map(|account| account.created_at);
    let kept = directory::account(on.account, world)?;
    let (root_keys, policy) = (kept.root_access_keys, kept.password_policy);
    let arn = Principal::Root { account: on.account }.arn();
    let root_password = password_of_root(root::since(on.account, world)?);
    let created_at = created_at.unwrap_or(on.context.now);
    line(
        &mut report,
        ["<root_account>", &arn, &iso8601(created_at)],
        (root_password, !kept.root_mfa_devices.is_empty(), &[]),
        &root_keys,
        (&uses, world),
    )?;
    let prefix = UserId::within(on.account);
    let mut after = None;
    loop {
        let keys = world.keys(&prefix, after.as_deref(), BATCH)?;
        for key in &keys {
            let Some(user) = world.get::<User>(key.id()?)? else { continue };
            let head = [user.name.as_str(), &user.arn(), &iso8601(user.created_at)];
            let has_device = !user.mfa_devices.is_empty();
            let certificates = user.signing_certificates.as_slice();
            let signs_in = (password(&user, policy.as_ref()), has_device, certificates);
            line(&mut report, head, signs_in, &user.access_keys, (&uses, world))?;
        }
        if keys.len() < BATCH {
            return Ok(report);
        }
        after = keys.last().map(|key| key.place(&prefix).to_owned());
    }
}

/// The columns of the root user's password. F-IAMAPI-REP-6: none needs to be changed, and when it was used nobody tells here.
fn password_of_root(since: Option<Timestamp>) -> [String; 4] {
    let since = since.map(iso8601);
    let used = if since.is_some() { "no_information" } else { NOT_KNOWN };
    let is_there = since.is_some().to_string();
    let changed = since.unwrap_or_else(|| NOT_KNOWN.to_owned());
    [is_there, used.to_owned(), changed, "not_supported".to_owned()]
}

/// The columns of a user's password. F-IAMAPI-REP-5: whether there is one, when it was used, when it was changed, and when
/// it must be changed next.
fn password(user: &User, policy: Option<&PasswordPolicy>) -> [String; 4] {
    let Some(profile) = &user.login_profile else {
        return ["false", NOT_KNOWN, NOT_KNOWN, NOT_KNOWN].map(str::to_owned);
    };
    let age = policy.and_then(|policy| policy.longest_age_days);
    let next = age.and_then(|days| {
        profile.changed_at.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()
    });
    [
        "true".to_owned(),
        profile.last_used_at.map_or_else(|| "no_information".to_owned(), iso8601),
        iso8601(profile.changed_at),
        next.map_or_else(|| NOT_KNOWN.to_owned(), iso8601),
    ]
}

fn line(
    report: &mut String,
    head: [&str; 3],
    (password, has_mfa_device, certificates): ([String; 4], bool, &[SigningCertificate]),
    keys: &[String],
    (uses, world): (&LastUses, &World<'_>),
) -> Result<(), Fault> {
    let mut fields: Vec<String> = head.into_iter().map(str::to_owned).chain(password).collect();
    fields.push(has_mfa_device.to_string());
    // F-IAMAPI-REP-4: keys come in the order of their ids.
    let mut keys: Vec<&String> = keys.iter().collect();
    keys.sort_unstable();
    for place in 0..2 {
        let credential = match keys.get(place) {
            Some(id) => world.get::<Credential>(AccessKeyId(id))?,
            None => None,
        };
        fields.push(credential.as_ref().is_some_and(|key| key.active).to_string());
        let used = credential.as_ref().and_then(|key| uses.of_key(&key.access_key_id));
        fields.push(credential.as_ref().map_or(NOT_KNOWN.to_owned(), |key| iso8601(key.created_at)));
        fields.push(used.map_or(NOT_KNOWN.to_owned(), |used| iso8601(used.at)));
        fields.push(used.map_or(NOT_KNOWN, |used| &used.region).to_owned());
        fields.push(used.map_or(NOT_KNOWN, |used| &used.service).to_owned());
    }
    for place in 0..2 {
        let certificate = certificates.get(place);
        fields.push(certificate.is_some_and(|certificate| certificate.active).to_string());
        let uploaded = certificate.map(|certificate| iso8601(certificate.uploaded_at));
        fields.push(uploaded.unwrap_or_else(|| NOT_KNOWN.to_owned()));
    }
    report.push('\n');
    report.push_str(&fields.join(","));
    Ok(())
}
