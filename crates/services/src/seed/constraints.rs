//! What a value of a seed file must be: what the API's member is that it stands for.
//!
//! Lengths and patterns are those of the models, and what the APIs ask beyond them stands beside each shape, so that a
//! seeded value is one that the API would have taken. Where no API takes such a value (secrets, ids that AWS draws), the
//! rule is the seed file's own.

use aws::smithy::{Bounds, Constraint, Kind, Patterns, Schema, Shape as _, check};
use serde_json::Value;

use crate::authority::second_factor;
use crate::organizations::delegation::trusted_access::check_principal;
use crate::{account, iam, organizations, sts};
use Shape::*;

/// A kind of text in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    AccountName,
    PrimaryEmail,
    FullName,
    AddressLine1,
    FurtherAddressLine,
    City,
    StateOrRegion,
    DistrictOrCounty,
    PostalCode,
    CountryCode,
    ContactInformationPhoneNumber,
    CompanyName,
    WebsiteUrl,
    Name,
    Title,
    EmailAddress,
    PhoneNumber,
    OrganizationId,
    RootId,
    OrganizationalUnitId,
    OrganizationalUnitName,
    PolicyId,
    PolicyName,
    PolicyDescription,
    ServicePrincipal,
    TagKey,
    TagValue,
    UserName,
    RoleName,
    GroupName,
    IamPolicyName,
    IamPath,
    IamPolicyPath,
    UserId,
    RoleId,
    GroupId,
    ManagedPolicyId,
    AccessKeyId,
    SecretAccessKey,
    SessionName,
    SourceIdentity,
    SessionToken,
    MfaDeviceName,
    MfaSerialNumber,
    MfaSeed,
    Password,
    ProviderUrl,
    ClientId,
    Thumbprint,
}

/// What a text must be.
struct Rule {
    /// The shape of the member.
    schema: &'static Schema,
    /// What is asked beyond the model.
    also: fn(&str) -> bool,
    /// What a text is or may hold that has the wrong form, as the end of a sentence.
    form: &'static str,
}

/// What `value` breaks, as the end of a sentence that begins with its path. The value itself is not repeated: it may be
/// a contact value or a secret.
pub(super) fn violation(shape: Shape, value: &str) -> Option<String> {
    let rule = rule(shape);
    let json = Value::from(value);
    let broken = check(rule.schema, &json, Patterns::Applied).into_iter().next();
    Some(match broken.map(|violation| violation.constraint) {
        Some(Constraint::MinLength(_)) if value.is_empty() => "is empty".to_owned(),
        Some(Constraint::MinLength(min)) => format!("is shorter than {min} characters"),
        Some(Constraint::MaxLength(max)) => format!("is longer than {max} characters"),
        Some(_) => rule.form.to_owned(),
        None if (rule.also)(value) => return None,
        None if value.trim().is_empty() => "holds only blanks".to_owned(),
        None => rule.form.to_owned(),
    })
}

const WORD: &str = "may hold only letters, digits and _+=,.@-";
const PATH: &str = "must begin and end with / and hold only printable ASCII without blanks";
const PRINTABLE: &str = "may hold only printable ASCII without blanks";

/// The rule of each shape. That contact fields must not be blank is F-CON-4, and F-NAME-2 for an account's name.
fn rule(shape: Shape) -> Rule {
    use account::model as a;
    use iam::model as i;
    use organizations::model as o;
    let rule = |schema, also: fn(&str) -> bool, form| Rule { schema, also, form };
    match shape {
        AccountName => {
            rule(a::AccountName::schema(), not_blank, "may hold only printable ASCII other than < and >")
        }
        PrimaryEmail => rule(o::Email::schema(), anything, "is not an e-mail address"),
        FullName => rule(a::FullName::schema(), not_blank, ""),
        AddressLine1 => rule(a::AddressLine::schema(), not_blank, ""),
        FurtherAddressLine => rule(a::AddressLine::schema(), anything, ""),
        City => rule(a::City::schema(), not_blank, ""),
        StateOrRegion => rule(a::StateOrRegion::schema(), not_blank, ""),
        DistrictOrCounty => rule(a::DistrictOrCounty::schema(), anything, ""),
        PostalCode => rule(a::PostalCode::schema(), not_blank, ""),
        CountryCode => rule(a::CountryCode::schema(), not_blank, ""),
        ContactInformationPhoneNumber => {
            let form = "must be + followed by digits, blanks, - ( or )";
            rule(a::ContactInformationPhoneNumber::schema(), anything, form)
        }
        CompanyName => rule(a::CompanyName::schema(), anything, ""),
        WebsiteUrl => rule(a::WebsiteUrl::schema(), anything, ""),
        Name => rule(a::Name::schema(), anything, ""),
        Title => rule(a::Title::schema(), anything, ""),
        EmailAddress => rule(a::EmailAddress::schema(), anything, "is not an e-mail address"),
        PhoneNumber => rule(a::PhoneNumber::schema(), anything, "may hold only digits, blanks and ( ) + -"),
        OrganizationId => {
            rule(o::OrganizationId::schema(), anything, "must be o- and 10 to 32 of a-z and 0-9")
        }
        RootId => rule(o::RootId::schema(), anything, "must be r- and 4 to 32 of a-z and 0-9"),
        OrganizationalUnitId => {
            let form = "must be ou-, 4 to 32 of a-z and 0-9, - and 8 to 32 of them";
            rule(o::OrganizationalUnitId::schema(), anything, form)
        }
        OrganizationalUnitName => rule(o::OrganizationalUnitName::schema(), anything, ""),
        PolicyId => rule(o::PolicyId::schema(), anything, "must be p- and 8 to 128 of a-z, A-Z, 0-9 and _"),
        PolicyName => rule(o::PolicyName::schema(), anything, ""),
        PolicyDescription => rule(o::PolicyDescription::schema(), anything, ""),
        ServicePrincipal => {
            let form = "must be the service principal of a service that works with organizations";
            rule(o::ServicePrincipal::schema(), |name| check_principal(name).is_ok(), form)
        }
        TagKey => {
            let form = "may hold only letters, digits, blanks and _.:/=+-@, no aws: in front";
            rule(i::TagKeyType::schema(), not_of_aws, form)
        }
        TagValue => {
            rule(i::TagValueType::schema(), anything, "may hold only letters, digits, blanks and _.:/=+-@")
        }
        UserName => rule(i::UserNameType::schema(), anything, WORD),
        RoleName => rule(i::RoleNameType::schema(), anything, WORD),
        GroupName => rule(i::GroupNameType::schema(), anything, WORD),
        IamPolicyName => rule(i::PolicyNameType::schema(), anything, WORD),
        IamPath => rule(i::PathType::schema(), anything, PATH),
        IamPolicyPath => {
            rule(i::PolicyPathType::schema(), anything, "must begin and end with / and hold only names")
        }
        UserId => {
            rule(i::IdType::schema(), |id| is_id(id, "AIDA"), "must be AIDA and capital letters or digits")
        }
        GroupId => {
            rule(i::IdType::schema(), |id| is_id(id, "AGPA"), "must be AGPA and capital letters or digits")
        }
        RoleId => {
            rule(i::IdType::schema(), |id| is_id(id, "AROA"), "must be AROA and capital letters or digits")
        }
        ManagedPolicyId => {
            rule(i::IdType::schema(), |id| is_id(id, "ANPA"), "must be ANPA and capital letters or digits")
        }
        AccessKeyId => {
            let form = "may hold only capital letters and digits";
            rule(i::AccessKeyIdType::schema(), |id| is_id(id, ""), form)
        }
        SecretAccessKey => rule(&SECRET, printable, PRINTABLE),
        SessionName => rule(sts::model::RoleSessionNameType::schema(), anything, WORD),
        SourceIdentity => rule(sts::model::SourceIdentityType::schema(), anything, WORD),
        SessionToken => rule(&TOKEN, printable, PRINTABLE),
        MfaDeviceName => rule(i::VirtualMFADeviceName::schema(), anything, WORD),
        MfaSerialNumber => rule(
            i::SerialNumberType::schema(),
            |serial| !serial.contains([':', '/']),
            "may hold only letters, digits and _+=,.@-, as it is printed on the device",
        ),
        MfaSeed => {
            let is_seed = |seed: &str| second_factor::secret(seed).is_some_and(|bytes| bytes.len() >= 10);
            rule(&SECRET, is_seed, "must be at least 16 letters of base 32: A to Z and 2 to 7")
        }
        Password => rule(i::PasswordType::schema(), anything, "may hold only printable ASCII"),
        ProviderUrl => rule(i::OpenIDConnectProviderUrlType::schema(), not_blank, "must be a URL"),
        ClientId => rule(i::ClientIDType::schema(), anything, ""),
        Thumbprint => rule(
            i::ThumbprintType::schema(),
            |print| print.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "must be 40 hexadecimal digits",
        ),
    }
}

/// A secret access key of the file: AWS draws them, so no model bounds them.
static SECRET: Schema = own("SecretAccessKey", 128);

/// A session token of the file, alike.
static TOKEN: Schema = own("SessionToken", 4096);

const fn own(name: &'static str, max: i64) -> Schema {
    let length = Bounds { min: Some(1), max: Some(max) };
    Schema { name, kind: Kind::String { length, pattern: None }, sensitive: true }
}

fn anything(_: &str) -> bool {
    true
}

fn not_blank(text: &str) -> bool {
    !text.trim().is_empty()
}

fn not_of_aws(key: &str) -> bool {
    !key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

fn printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `id` is `prefix` and capital letters or digits.
fn is_id(id: &str, prefix: &str) -> bool {
    let is_of_ids = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    id.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(is_of_ids))
}
