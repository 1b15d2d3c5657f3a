//! The constraints of the APIs' models on the values of a seed file.
//!
//! [`violation`] is the only place that knows them, so that a seeded value is one that the API would
//! have taken. `\w` stands for ASCII letters, digits and `_`, as in the models' patterns.

use Shape::*;

/// A shape of a model, named as there. Those that several services share are given once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    AccountName,
    PrimaryEmail,
    FullName,
    AddressLine,
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
    IamName,
    IamGroupName,
    IamPolicyName,
    IamPath,
    UserId,
    RoleId,
    GroupId,
    ManagedPolicyId,
    AccessKeyId,
    SecretAccessKey,
    SessionName,
    SessionToken,
}

/// A shape's constraints: the least and the most characters, the form, and the form in words.
struct Rule {
    min: usize,
    max: usize,
    fits: fn(&str) -> bool,
    form: &'static str,
}

/// What `value` breaks of the shape's constraints, as the end of a sentence that begins with its path.
/// The value itself is not repeated: it may be a contact value or a secret.
pub(super) fn violation(shape: Shape, value: &str) -> Option<String> {
    let rule = rule(shape);
    let length = value.chars().count();
    if length == 0 && rule.min > 0 {
        Some("is empty".to_owned())
    } else if length < rule.min {
        Some(format!("is shorter than {} characters", rule.min))
    } else if length > rule.max {
        Some(format!("is longer than {} characters", rule.max))
    } else if !(rule.fits)(value) {
        Some(rule.form.to_owned())
    } else {
        None
    }
}

const BLANKS: &str = "holds only blanks";
const WORD: &str = "may hold only letters, digits and _+=,.@-";

/// Constraints of models account 2021-02-01, organizations 2016-11-28, iam 2010-05-08 and sts 2011-06-15.
/// That contact fields must not be blank is observed.md, "Primary contact".
fn rule(shape: Shape) -> Rule {
    let rule = |min, max, fits: fn(&str) -> bool, form| Rule { min, max, fits, form };
    match shape {
        AccountName => rule(1, 50, account_name, "may hold only printable ASCII other than < and >"),
        PrimaryEmail => rule(6, 64, primary_email, "is not an e-mail address"),
        FullName | City | StateOrRegion | DistrictOrCounty | CompanyName => rule(1, 50, not_blank, BLANKS),
        AddressLine => rule(1, 60, not_blank, BLANKS),
        PostalCode => rule(1, 20, not_blank, BLANKS),
        CountryCode => rule(2, 2, not_blank, BLANKS),
        ContactInformationPhoneNumber => {
            rule(1, 20, primary_phone, "must be + followed by digits, blanks, - ( or )")
        }
        WebsiteUrl => rule(1, 256, not_blank, BLANKS),
        Name => rule(1, 64, anything, ""),
        Title => rule(1, 50, anything, ""),
        EmailAddress => rule(1, 254, contact_email, "is not an e-mail address"),
        PhoneNumber => rule(1, 25, contact_phone, "may hold only digits, blanks and ( ) + -"),
        OrganizationId => rule(1, 130, organization_id, "must be o- and 10 to 32 of a-z and 0-9"),
        RootId => rule(1, 130, root_id, "must be r- and 4 to 32 of a-z and 0-9"),
        OrganizationalUnitId => {
            rule(1, 130, unit_id, "must be ou-, 4 to 32 of a-z and 0-9, - and 8 to 32 of them")
        }
        OrganizationalUnitName | PolicyName => rule(1, 128, anything, ""),
        PolicyId => rule(1, 130, policy_id, "must be p- and 8 to 128 of a-z, A-Z, 0-9 and _"),
        PolicyDescription => rule(0, 512, anything, ""),
        ServicePrincipal => rule(1, 128, word, WORD),
        TagKey => {
            rule(1, 128, tag_key, "may hold only letters, digits, blanks and _.:/=+-@, no aws: in front")
        }
        TagValue => rule(0, 256, tag, "may hold only letters, digits, blanks and _.:/=+-@"),
        IamName => rule(1, 64, word, WORD),
        IamGroupName => rule(1, 128, word, WORD),
        IamPolicyName => rule(1, 128, word, WORD),
        IamPath => {
            rule(1, 512, path, "must begin and end with / and hold only printable ASCII without blanks")
        }
        UserId => rule(1, 130, user_id, "must be AIDA and at least 16 capital letters or digits"),
        GroupId => rule(1, 130, group_id, "must be AGPA and at least 16 capital letters or digits"),
        RoleId => rule(1, 130, role_id, "must be AROA and at least 16 capital letters or digits"),
        ManagedPolicyId => {
            rule(1, 130, managed_policy_id, "must be ANPA and at least 16 capital letters or digits")
        }
        AccessKeyId => rule(16, 128, key_id, "may hold only capital letters and digits"),
        SecretAccessKey => rule(1, 128, no_blank, "may hold only printable ASCII without blanks"),
        SessionName => rule(2, 64, word, WORD),
        SessionToken => rule(1, 4096, no_blank, "may hold only printable ASCII without blanks"),
    }
}

fn all(text: &str, extra: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

fn lower(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn anything(_: &str) -> bool {
    true
}

fn not_blank(text: &str) -> bool {
    !text.trim().is_empty()
}

fn no_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}

fn word(text: &str) -> bool {
    all(text, "_+=,.@-")
}

fn account_name(text: &str) -> bool {
    not_blank(text) && text.chars().all(|c| matches!(c, ' '..='~') && c != '<' && c != '>')
}

/// `[^\s@]+@[^\s@]+\.[^\s@]+` of the Organizations model; the account model knows lengths only.
fn primary_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let dotted = domain.char_indices().any(|(at, c)| c == '.' && at > 0 && at + 1 < domain.len());
    !local.is_empty() && dotted && !domain.contains('@') && !text.contains(char::is_whitespace)
}

/// `[\s]*[\w+=.#|!&-]+@[\w.-]+\.[\w]+[\s]*`
fn contact_email(text: &str) -> bool {
    let Some((local, domain)) = text.trim().split_once('@') else { return false };
    let Some((host, top)) = domain.rsplit_once('.') else { return false };
    let parts = [(local, "_+=.#|!&-"), (host, "_.-"), (top, "_")];
    parts.into_iter().all(|(part, extra)| !part.is_empty() && all(part, extra))
}

fn primary_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "()-".contains(c))
    })
}

fn contact_phone(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "()+-".contains(c))
}

/// Whether `text` is `prefix` and then from `least` to `most` characters of the kind.
fn prefixed(text: &str, prefix: &str, least: usize, most: usize, kind: fn(&str) -> bool) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| (least..=most).contains(&rest.len()) && kind(rest))
}

fn organization_id(text: &str) -> bool {
    prefixed(text, "o-", 10, 32, lower)
}

fn root_id(text: &str) -> bool {
    prefixed(text, "r-", 4, 32, lower)
}

fn unit_id(text: &str) -> bool {
    let Some((root, own)) = text.rsplit_once('-') else { return false };
    prefixed(root, "ou-", 4, 32, lower) && prefixed(own, "", 8, 32, lower)
}

fn policy_id(text: &str) -> bool {
    prefixed(text, "p-", 8, 128, |rest| all(rest, "_"))
}

fn tag(text: &str) -> bool {
    text.chars().all(|c| {
        let separator = c.is_whitespace() && !c.is_control();
        c.is_alphabetic() || c.is_numeric() || separator || "_.:/=+-@".contains(c)
    })
}

fn tag_key(text: &str) -> bool {
    tag(text) && !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

fn path(text: &str) -> bool {
    text.starts_with('/') && text.ends_with('/') && text != "//" && no_blank(text)
}

fn key_id(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn user_id(text: &str) -> bool {
    prefixed(text, "AIDA", 16, 124, key_id)
}

fn group_id(text: &str) -> bool {
    prefixed(text, "AGPA", 16, 124, key_id)
}

fn role_id(text: &str) -> bool {
    prefixed(text, "AROA", 16, 124, key_id)
}

fn managed_policy_id(text: &str) -> bool {
    prefixed(text, "ANPA", 16, 124, key_id)
}
