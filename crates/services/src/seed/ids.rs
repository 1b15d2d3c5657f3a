//! The ids that AWS would have drawn. A seed file that leaves one out gets it derived from the thing's
//! own names, so that the same file gives the same ids and an edit elsewhere changes none.

use crate::context::Seed;
use crate::model::organizations::PolicyType;

const BASE36: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// The alphabet of IAM's unique ids.
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// These ids are names, not secrets, so a key that everyone knows is right. Nothing that must not be
/// guessed is ever derived: access keys name their secret in the file.
fn derive(kind: &str, names: &[&str], alphabet: &[u8], length: usize) -> String {
    let mut purpose = format!("seed file id {kind}");
    for name in names {
        // The length in front keeps ("a/b", "c") and ("a", "b/c") apart.
        purpose.push_str(&format!("/{}:{name}", name.len()));
    }
    Seed::new(*b"accountd seed file, ids, form 1.").text(&purpose, alphabet, length)
}

/// `o-` and 10 characters, from the management account.
pub(super) fn organization(management_account: &str) -> String {
    format!("o-{}", derive("organization", &[management_account], BASE36, 10))
}

/// `r-` and 4 characters, from the organization.
pub(super) fn root(organization: &str) -> String {
    format!("r-{}", derive("root", &[organization], BASE36, 4))
}

/// `ou-`, the root's characters and 8 more, from the unit's names from the root down.
pub(super) fn organizational_unit(root: &str, names: &[&str]) -> String {
    let root = root.trim_start_matches("r-");
    let mut from = vec![root];
    from.extend(names);
    format!("ou-{root}-{}", derive("organizational unit", &from, BASE36, 8))
}

/// `p-` and 8 characters, from the organization, the policy's type and its name.
pub(super) fn policy(organization: &str, kind: PolicyType, name: &str) -> String {
    let names = match kind {
        // Derived as they were when there were no others.
        PolicyType::ServiceControlPolicy => vec![organization, name],
        kind => vec![organization, kind.as_str(), name],
    };
    format!("p-{}", derive("policy", &names, BASE36, 8))
}

/// `prefix` (`AIDA`, `AROA` or `ANPA`) and 17 characters, from the account and the name.
pub(super) fn identity(prefix: &str, account: &str, name: &str) -> String {
    format!("{prefix}{}", derive(prefix, &[account, &name.to_lowercase()], BASE32, 17))
}
