//! The policies that AWS manages: every one of them, as AWS publishes them.
//!
//! They are carried compressed, in blocks; an index of names says where each stands (`cargo xtask policies` writes both).
//! A document is unpacked when it is asked for, with its block and no other, and kept once it binds somebody.

use std::sync::{LazyLock, OnceLock};

use aws::policy::Policy;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// A line a policy, in the order of names: name, path, version in force, when the policy was created and the version
/// published, both in seconds, and where the document is: its block, its first byte there, its length.
static INDEX: &str = include_str!("aws-managed-policies.txt");

/// The blocks, each behind its length in four bytes.
static BLOCKS: &[u8] = include_bytes!("aws-managed-policies.zst");

/// An AWS-managed policy (F-IAMMAN-1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AwsManaged {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// The version in force, for example `v1`. Earlier ones are not known.
    pub version: &'static str,
    /// When the policy was created.
    pub created_at: Timestamp,
    /// When the version in force was published.
    pub published_at: Timestamp,
    /// Where the document stands.
    place: Place,
}

/// Where a document stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Where the line of the index begins.
    line: usize,
    block: usize,
    begin: usize,
    length: usize,
}

/// Names, ids (one is not known) and descriptions, where public records show them. F-IAMMAN-2 (*assumed*): other ids are made up in AWS's form, and
/// other policies have no description.
const DESCRIBED: [(&str, &str, &str); 17] = [
    (
        "AWSAccountManagementFullAccess",
        "ANPAZKAPJZG4ACCTFULLA",
        "Provides access to manage AWS Account settings",
    ),
    (
        "AWSAccountManagementReadOnlyAccess",
        "ANPAZKAPJZG4ACCTREADO",
        "Provides read only access to AWS Account settings",
    ),
    ("AWSCloudTrail_ReadOnlyAccess", "ANPAZKAPJZG4CTRREADOA", "Provides read only access to AWS CloudTrail."),
    ("AWSDenyAll", "ANPAZKAPJZG4DENYALLAW", "Deny all access."),
    ("AWSOrganizationsFullAccess", "ANPAJZXBNRCJKNLQHSB5M", "Provides full access to AWS Organizations."),
    (
        "AWSOrganizationsReadOnlyAccess",
        "ANPAJY5RQATUV77PEPVOM",
        "Provides read-only access to AWS Organizations.",
    ),
    (
        "AWSOrganizationsServiceTrustPolicy",
        "ANPAIQH6ROMVVECFVRJPK",
        "A policy to allow AWS Organizations to share trust with other approved AWS Services for the purpose of simplifying customer configuration.",
    ),
    ("AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK", "Provides full access to AWS services and resources."),
    ("IAMFullAccess", "ANPAI7XKCFMBPM3QQRRVQ", "Provides full access to IAM via the AWS Management Console."),
    (
        "IAMReadOnlyAccess",
        "ANPAJKSO7NDY4T57MWDSQ",
        "Provides read only access to IAM via the AWS Management Console.",
    ),
    (
        "IAMUserChangePassword",
        "ANPAJ4L4MM2A7QIEB56MS",
        "Provides the ability for an IAM user to change their own password.",
    ),
    (
        "PowerUserAccess",
        "ANPAJYRXTHIB4FOVS3ZXS",
        "Provides full access to AWS services and resources, but does not allow management of Users and groups.",
    ),
    (
        "IAMAuditRootUserCredentials",
        "",
        "Provides access required to check the presence of root user credentials such as root user password and root user access keys using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
    ),
    (
        "IAMCreateRootUserPassword",
        "ANPAZKAPJZG4OEGTN7YT5",
        "Provides access required to create a root user password using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action. ",
    ),
    (
        "IAMDeleteRootUserCredentials",
        "ANPAZKAPJZG4CX73XKORQ",
        "Provides access required to delete all root user credentials such as root password and root access keys using the Security Token Service (STS) AssumeRoot API.  Use this managed policy only with the STS AssumeRoot action.",
    ),
    (
        "S3UnlockBucketPolicy",
        "ANPAZKAPJZG4OALTIPZOF",
        "Provides access required to unlock a S3 bucket policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
    ),
    (
        "SQSUnlockQueuePolicy",
        "ANPAZKAPJZG4HPZI4FDUV",
        "Provides access required to unlock a SQS queue policy using the Security Token Service (STS) AssumeRoot API. Use this managed policy only with the STS AssumeRoot action.",
    ),
];

impl AwsManaged {
    /// All of them whose names come after `name`, in the order of names.
    pub fn after(name: Option<&str>) -> impl Iterator<Item = Self> {
        let mut begin = match name {
            Some(name) => first_line_where(|line| name_of(line) > name),
            None => 0,
        };
        std::iter::from_fn(move || {
            let managed = Self::of_line(begin)?;
            begin += line_at(begin).len() + 1;
            Some(managed)
        })
    }

    /// The policy with this name.
    pub fn named(name: &str) -> Option<Self> {
        let begin = first_line_where(|line| name_of(line) >= name);
        Self::of_line(begin).filter(|found| found.name == name)
    }

    /// The policy with this ARN.
    pub fn find(arn: &str) -> Option<Self> {
        let path_and_name = arn.strip_prefix(AWS_MANAGED_PREFIX)?;
        let found = Self::named(path_and_name.rsplit('/').next().unwrap_or_default())?;
        let path = path_and_name.strip_suffix(found.name)?;
        (path == &found.path[1..]).then_some(found)
    }

    fn of_line(begin: usize) -> Option<Self> {
        let mut fields = line_at(begin).split(' ');
        let (name, path, version) = (fields.next()?, fields.next()?, fields.next()?);
        let mut time = || Timestamp::from_second(fields.next()?.parse().ok()?).ok();
        let (created_at, published_at) = (time()?, time()?);
        let mut number = || fields.next()?.parse().ok();
        let place = Place { line: begin, block: number()?, begin: number()?, length: number()? };
        Some(Self { name, path, version, created_at, published_at, place })
    }

    /// The ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::aws:policy{}{}", self.path, self.name)
    }

    fn described(&self) -> Option<&'static (&'static str, &'static str, &'static str)> {
        DESCRIBED.iter().find(|(name, ..)| *name == self.name)
    }

    /// `ANPA…` (F-IAMMAN-2).
    pub fn id(&self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        match self.described() {
            Some((_, id, _)) if !id.is_empty() => (*id).to_owned(),
            _ => {
                let digest = Sha256::digest(self.name);
                let letters = digest.iter().take(9).map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
                format!("ANPAZKAPJZG4{}", letters.collect::<String>())
            }
        }
    }

    /// What it is for, where that is known.
    pub fn description(&self) -> Option<&'static str> {
        self.described().map(|(_, _, description)| *description)
    }

    /// The document as text. One that binds somebody is at hand; any other is unpacked and not kept.
    pub fn document(&self) -> String {
        match self.kept().get() {
            Some(policy) => policy.source().to_owned(),
            None => self.unpacked(),
        }
    }

    /// The document, compiled. It is kept: what binds one request binds the next.
    pub fn policy(&self) -> Policy {
        self.kept().get_or_init(|| parsed(&self.unpacked())).clone()
    }

    /// Where the compiled document is kept.
    fn kept(&self) -> &'static OnceLock<Policy> {
        static KEPT: LazyLock<Vec<(usize, OnceLock<Policy>)>> = LazyLock::new(|| {
            AwsManaged::after(None).map(|managed| (managed.place.line, OnceLock::new())).collect()
        });
        let place = KEPT.binary_search_by_key(&self.place.line, |(line, _)| *line);
        &KEPT[place.expect("INVARIANT: every policy is made of a line of the index")].1
    }

    fn unpacked(&self) -> String {
        let Place { block, begin, length, .. } = self.place;
        let text = unpack(block);
        let document = text.get(begin..begin + length);
        document.expect("INVARIANT: a test reads every document of the index").to_owned()
    }
}

/// The line of the index that begins here; empty at the end.
fn line_at(begin: usize) -> &'static str {
    INDEX[begin..].split('\n').next().unwrap_or_default()
}

fn name_of(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// Where the first line begins of which `is_behind` is true; it must be false before and true after that line.
fn first_line_where(is_behind: impl Fn(&str) -> bool) -> usize {
    let (mut low, mut high) = (0, INDEX.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let begin = INDEX[low..middle].rfind('\n').map_or(low, |at| low + at + 1);
        let line = line_at(begin);
        if is_behind(line) {
            high = begin;
        } else {
            low = begin + line.len() + 1;
        }
    }
    low
}

/// The text of a block.
fn unpack(place: usize) -> String {
    let mut rest = BLOCKS;
    let mut blocks = std::iter::from_fn(|| {
        let (length, after) = rest.split_first_chunk()?;
        let (block, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = after;
        Some(block)
    });
    let block = blocks.nth(place).expect("INVARIANT: a test reads every block of the index");
    let mut text = String::new();
    let unpacked = ruzstd::decoding::StreamingDecoder::new(block)
        .map_err(std::io::Error::other)
        .and_then(|mut decoder| std::io::Read::read_to_string(&mut decoder, &mut text));
    unpacked.expect("INVARIANT: a test unpacks every block");
    text
}

/// The ARN prefix of AWS-managed policies.
pub const AWS_MANAGED_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// A policy that allows nothing and denies nothing. It stands in for one that is named but cannot be found.
pub static NOTHING: LazyLock<Policy> = LazyLock::new(|| {
    parsed(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"*","Resource":"*"}]}"#)
});

/// The document of `FullAWSAccess`, which AWS Organizations attaches everywhere at first.
pub static FULL_AWS_ACCESS: LazyLock<Policy> = LazyLock::new(|| {
    parsed(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)
});

fn parsed(document: &str) -> Policy {
    Policy::parse(document).expect("INVARIANT: the built-in policies are valid, which a test checks")
}

/// The document of the AWS-managed policy with this ARN.
pub fn aws_managed(arn: &str) -> Option<Policy> {
    AwsManaged::find(arn).map(|managed| managed.policy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws::policy::PolicyKind;

    /// F-IAMMAN-1, F-IAMMAN-2. Not `policy`, which would keep them all.
    #[test]
    fn every_policy_of_the_index_is_there_and_valid() {
        let mut blocks = std::collections::BTreeMap::new();
        let mut names = Vec::new();
        for managed in AwsManaged::after(None) {
            let Place { block, begin, length, .. } = managed.place;
            let text: &String = blocks.entry(block).or_insert_with(|| unpack(block));
            let document = Policy::parse(&text[begin..begin + length]).expect(managed.name);
            assert!(!document.statements().is_empty(), "{}", managed.name);
            assert_eq!(AwsManaged::find(&managed.arn()).map(|found| found.name), Some(managed.name));
            assert!(managed.created_at <= managed.published_at, "{}", managed.name);
            assert_eq!(managed.id().len(), 21, "{}", managed.name);
            names.push(managed.name);
        }
        assert!(names.len() > 1500 && names.is_sorted(), "{}", names.len());
        assert_eq!(names.len(), INDEX.lines().count());
        assert!(DESCRIBED.iter().all(|(name, ..)| AwsManaged::named(name).is_some()));
    }

    #[test]
    fn a_policy_is_found_by_its_whole_arn_only() {
        let arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
        let managed = AwsManaged::find(arn).expect("a policy of AWS");
        managed.policy().check(PolicyKind::Managed).expect("a managed policy");
        assert_eq!(managed.document(), managed.policy().source());
        for wrong in
            ["ViewOnlyAccess", "job-function/ViewOnlyAcces", "job-function/viewOnlyAccess", "", "zzz"]
        {
            assert!(AwsManaged::find(&format!("{AWS_MANAGED_PREFIX}{wrong}")).is_none(), "{wrong}");
        }
        assert_eq!(AwsManaged::after(Some("")).count(), AwsManaged::after(None).count());
        let next = AwsManaged::after(Some("AdministratorAccess")).next().expect("not the last one");
        assert!(next.name > "AdministratorAccess");
        assert_eq!(AwsManaged::after(Some("zzz")).count(), 0);
    }
}
