//! Who is who in `company.yaml`.

use crate::signer::Key;

/// Somebody who can sign.
#[derive(Clone, Copy)]
pub struct Caller {
    /// The access key.
    pub key: Key,
    /// The ARN that messages show.
    pub arn: &'static str,
    /// The account.
    pub account: &'static str,
    /// What GetCallerIdentity calls the user id.
    pub unique_id: &'static str,
}

const fn key(id: &'static str, secret: &'static str) -> Key {
    Key { id, secret, token: None }
}

const fn session(id: &'static str, secret: &'static str, token: &'static str) -> Key {
    Key { id, secret, token: Some(token) }
}

/// The management account.
pub const MANAGEMENT: &str = "111111111111";
/// A member that is nothing else.
pub const MEMBER: &str = "222222222222";
/// The delegated administrator.
pub const DELEGATE: &str = "333333333333";
/// A member under a service control policy that denies everything.
pub const LOCKED: &str = "444444444444";
/// A suspended member.
pub const SUSPENDED: &str = "555555555555";
/// An account in no organization.
pub const STANDALONE: &str = "666666666666";
/// The management account of another organization.
pub const ELSEWHERE: &str = "777777777777";

/// The management account's root user.
pub const MANAGEMENT_ROOT: Caller = Caller {
    key: key("AKIAMANAGEMENTROOT00", "management-root-secret"),
    arn: "arn:aws:iam::111111111111:root",
    account: MANAGEMENT,
    unique_id: MANAGEMENT,
};
/// Its administrator.
pub const MANAGEMENT_ADMIN: Caller = Caller {
    key: key("AKIAMANAGEMENTADMIN0", "management-admin-secret"),
    arn: "arn:aws:iam::111111111111:user/admin",
    account: MANAGEMENT,
    unique_id: "AIDAMANAGEMENTADMIN00",
};
/// Its user without any policy.
pub const MANAGEMENT_NOBODY: Caller = Caller {
    key: key("AKIAMANAGEMENTNOBODY", "management-nobody-secret"),
    arn: "arn:aws:iam::111111111111:user/nobody",
    account: MANAGEMENT,
    unique_id: "",
};
/// An administrator's session that has ended.
pub const MANAGEMENT_ENDED: Caller = Caller {
    key: session("ASIAMANAGEMENTENDED0", "management-ended-secret", "management-ended-token"),
    arn: "arn:aws:sts::111111111111:assumed-role/Admin/ended",
    account: MANAGEMENT,
    unique_id: "",
};
/// The same of a role without policies.
pub const MANAGEMENT_IDLE_ENDED: Caller = Caller {
    key: session("ASIAMANAGEMENTIDLE00", "management-idle-secret", "management-idle-token"),
    arn: "arn:aws:sts::111111111111:assumed-role/Idle/ended",
    account: MANAGEMENT,
    unique_id: "",
};
/// The member's root user.
pub const MEMBER_ROOT: Caller = Caller {
    key: key("AKIAMEMBERROOT000000", "member-root-secret"),
    arn: "arn:aws:iam::222222222222:root",
    account: MEMBER,
    unique_id: MEMBER,
};
/// Its administrator.
pub const MEMBER_ADMIN: Caller = Caller {
    key: key("AKIAMEMBERADMIN00000", "member-admin-secret"),
    arn: "arn:aws:iam::222222222222:user/team/admin",
    account: MEMBER,
    unique_id: "AIDAMEMBERADMIN000000",
};
/// A user without any policy.
pub const MEMBER_NOBODY: Caller = Caller {
    key: key("AKIAMEMBERNOBODY0000", "member-nobody-secret"),
    arn: "arn:aws:iam::222222222222:user/nobody",
    account: MEMBER,
    unique_id: "",
};
/// An administrator whose permissions boundary allows reads only.
pub const MEMBER_BOUNDED: Caller = Caller {
    key: key("AKIAMEMBERBOUNDED000", "member-bounded-secret"),
    arn: "arn:aws:iam::222222222222:user/bounded",
    account: MEMBER,
    unique_id: "",
};
/// A role session without session policy.
pub const MEMBER_PROBE: Caller = Caller {
    key: session("ASIAMEMBERPROBE00000", "member-probe-secret", "member-probe-token"),
    arn: "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/probe",
    account: MEMBER,
    unique_id: "AROAMEMBERACCESSROLE0:probe",
};
/// A role session that has ended.
pub const MEMBER_ENDED: Caller = Caller {
    key: session("ASIAMEMBERENDED00000", "member-ended-secret", "member-ended-token"),
    arn: "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/ended",
    account: MEMBER,
    unique_id: "",
};
/// The same of a role without policies.
pub const MEMBER_IDLE_ENDED: Caller = Caller {
    key: session("ASIAMEMBERIDLE000000", "member-idle-secret", "member-idle-token"),
    arn: "arn:aws:sts::222222222222:assumed-role/Idle/ended",
    account: MEMBER,
    unique_id: "",
};
/// A role session whose session policy allows no contact type but OPERATIONS.
pub const MEMBER_OPERATIONS: Caller = Caller {
    key: session("ASIAMEMBEROPERATIONS", "member-operations-secret", "member-operations-token"),
    arn: "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/operations",
    account: MEMBER,
    unique_id: "AROAMEMBERACCESSROLE0:operations",
};
/// A role session whose session policy allows one Region only.
pub const MEMBER_REGION: Caller = Caller {
    key: session("ASIAMEMBERREGION0000", "member-region-secret", "member-region-token"),
    arn: "arn:aws:sts::222222222222:assumed-role/OrganizationAccountAccessRole/region",
    account: MEMBER,
    unique_id: "AROAMEMBERACCESSROLE0:region",
};
/// The administrator of the delegated administrator's account.
pub const DELEGATE_ADMIN: Caller = Caller {
    key: key("AKIADELEGATEADMIN000", "delegate-admin-secret"),
    arn: "arn:aws:iam::333333333333:user/admin",
    account: DELEGATE,
    unique_id: "",
};
/// The administrator of the locked member.
pub const LOCKED_ADMIN: Caller = Caller {
    key: key("AKIALOCKEDADMIN00000", "locked-admin-secret"),
    arn: "arn:aws:iam::444444444444:user/admin",
    account: LOCKED,
    unique_id: "",
};
/// The root user of the locked member.
pub const LOCKED_ROOT: Caller = Caller {
    key: key("AKIALOCKEDROOT000000", "locked-root-secret"),
    arn: "arn:aws:iam::444444444444:root",
    account: LOCKED,
    unique_id: LOCKED,
};
/// The administrator of the suspended member.
pub const SUSPENDED_ADMIN: Caller = Caller {
    key: key("AKIASUSPENDEDADMIN00", "suspended-admin-secret"),
    arn: "arn:aws:iam::555555555555:user/admin",
    account: SUSPENDED,
    unique_id: "",
};
/// The administrator of the account in no organization.
pub const STANDALONE_ADMIN: Caller = Caller {
    key: key("AKIASTANDALONEADMIN0", "standalone-admin-secret"),
    arn: "arn:aws:iam::666666666666:user/admin",
    account: STANDALONE,
    unique_id: "",
};
/// The administrator of the other organization's management account.
pub const ELSEWHERE_ADMIN: Caller = Caller {
    key: key("AKIAELSEWHEREADMIN00", "elsewhere-admin-secret"),
    arn: "arn:aws:iam::777777777777:user/admin",
    account: ELSEWHERE,
    unique_id: "",
};
