//! Where documents lead to: which others whoever reads the one is likely to want next.
//!
//! A store behind a network fetches those together with the first, however many steps there are (membership, units,
//! policies), instead of one after the other. Nothing depends on it: what is missing here is fetched when it is wanted, and
//! what is fetched in vain is not read.

/// That documents of one kind lead to another document.
#[derive(Debug, Clone, Copy)]
pub struct Lead {
    /// The kind that leads.
    pub kind: &'static str,
    /// The member that says where to: a text or a list of texts, its name with dots where it lies within others.
    pub member: &'static str,
    /// The key that it leads to. `$` stands for the text, without what is before its last slash and in lower case, `@` for
    /// the document's account.
    pub leads_to: &'static str,
}

const fn lead(kind: &'static str, member: &'static str, leads_to: &'static str) -> Lead {
    Lead { kind, member, leads_to }
}

/// All of them.
pub const LEADS: &[Lead] = &[
    // An access key: whose it is, and where that account stands.
    lead("credential", "owner.user", "user/@/$"),
    lead("credential", "account", "account/$"),
    lead("credential", "account", "member/$"),
    lead("account", "id", "member/$"),
    // What a user or a role may do.
    lead("user", "groups", "group/@/$"),
    lead("user", "attached_policies", "managed-policy/@/$"),
    lead("user", "permissions_boundary", "managed-policy/@/$"),
    lead("group", "attached_policies", "managed-policy/@/$"),
    lead("role", "attached_policies", "managed-policy/@/$"),
    lead("role", "permissions_boundary", "managed-policy/@/$"),
    // The way through an organization, and the policies on it.
    lead("member", "organization_id", "organization/$"),
    lead("member", "parent_id", "ou/$"),
    lead("member", "policies", "policy/$"),
    lead("ou", "parent_id", "ou/$"),
    lead("ou", "policies", "policy/$"),
];

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn both_ends_are_kinds() {
        for lead in LEADS {
            assert!(Kind::of(&format!("{}/x", lead.kind)).is_some(), "{lead:?}");
            assert!(Kind::of(lead.leads_to).is_some(), "{lead:?}");
        }
    }
}
