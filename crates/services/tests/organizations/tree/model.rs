//! What a tree should be, in as few words as possible: maps of names, and the first rule that refuses.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::step::Step;
use crate::support::{GUEST, MANAGEMENT, Play};

/// Two types of policies: one of which every target must keep one, one without such a rule and with a smaller quota.
pub const KINDS: [&str; 2] = ["SERVICE_CONTROL_POLICY", "AISERVICES_OPT_OUT_POLICY"];
const CONTENTS: [&str; 2] = [
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    r#"{"services":{}}"#,
];
const FULL_ACCESS: &str = "p-FullAWSAccess";
const MOST_ACCOUNTS: usize = 10;

/// The code of a refusal and its reason, which is empty where it has none.
type Refused = (&'static str, &'static str);

struct Unit {
    parent: Option<String>,
    name: String,
}

struct Account {
    parent: String,
    /// When it was created here; one that was invited may leave at once.
    created_at: Option<Timestamp>,
}

struct Policy {
    kind: usize,
    name: String,
}

struct Invitation {
    state: &'static str,
    expires_at: Timestamp,
    sent_at: Timestamp,
    resolved_at: Option<Timestamp>,
}

pub struct Model {
    root: String,
    now: Timestamp,
    units: BTreeMap<String, Unit>,
    accounts: BTreeMap<String, Account>,
    policies: BTreeMap<String, Policy>,
    invitations: BTreeMap<String, Invitation>,
    /// Pairs of a target and a policy.
    attached: BTreeSet<(String, String)>,
    /// Everything that ever was, in the order in which it came: steps choose from here.
    every_unit: Vec<String>,
    every_account: Vec<String>,
    every_policy: Vec<String>,
    every_invitation: Vec<String>,
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// One of these by a number; what is not there where there are none.
fn one_of(all: &[String], number: u8, absent: &str) -> String {
    all.get(usize::from(number) % all.len().max(1)).map_or(absent, String::as_str).to_owned()
}

impl Model {
    pub fn new(root: String) -> Self {
        let mut model = Self {
            now: Timestamp::UNIX_EPOCH,
            units: BTreeMap::from([(root.clone(), Unit { parent: None, name: "Root".to_owned() })]),
            accounts: BTreeMap::from([(
                MANAGEMENT.to_owned(),
                Account { parent: root.clone(), created_at: None },
            )]),
            policies: BTreeMap::new(),
            invitations: BTreeMap::new(),
            attached: BTreeSet::new(),
            every_unit: vec![root.clone()],
            every_account: vec![MANAGEMENT.to_owned()],
            every_policy: vec![FULL_ACCESS.to_owned()],
            every_invitation: Vec::new(),
            root,
        };
        model.attach(&model.root.clone(), FULL_ACCESS);
        model.attach(MANAGEMENT, FULL_ACCESS);
        model
    }

    /// Makes the call of a step, and says where its answer is not the model's.
    pub fn take(&mut self, step: Step, play: &mut Play) -> Result<(), String> {
        self.now = play.now;
        let (account, operation, members, wanted) = match step {
            Step::Wait { days: count } => {
                play.advance(days(i64::from(count)));
                self.now = play.now;
                return Ok(());
            }
            Step::CreateAccount => return self.create_account(play),
            other => self.call(other),
        };
        let answer = play.call(account, operation, members.clone());
        let shown = answer.as_ref().map(drop).map_err(|refusal| {
            let reason = refusal.members.get("Reason").and_then(Value::as_str).unwrap_or_default();
            (refusal.code.to_string(), reason.to_owned())
        });
        let wanted_too = wanted.map_err(|(code, reason)| (code.to_owned(), reason.to_owned()));
        if shown != wanted_too {
            return Err(format!("{operation} {members} gave {shown:?}, wanted {wanted_too:?}"));
        }
        if let Ok(answer) = answer {
            self.note(step, &members, &answer);
        }
        Ok(())
    }

    /// The call that a step makes, and what should come of it.
    fn call(&self, step: Step) -> (&'static str, &'static str, Value, Result<(), Refused>) {
        let unit = |number| one_of(&self.every_unit, number, &self.root);
        let account = |number| one_of(&self.every_account, number, MANAGEMENT);
        let policy = |number| one_of(&self.every_policy, number, FULL_ACCESS);
        let handshake = |number| one_of(&self.every_invitation, number, "h-0123456789");
        let target = |number: u8| match number % 3 {
            0 => account(number / 3),
            _ => unit(number / 3),
        };
        let (name, members, wanted) = match step {
            Step::CreateUnit { parent, name } => {
                let (parent, name) = (unit(parent), format!("Unit {name}"));
                let wanted = self.may_create_unit(&parent, &name);
                ("CreateOrganizationalUnit", json!({ "ParentId": parent, "Name": name }), wanted)
            }
            Step::RenameUnit { unit: number, name } => {
                let (unit, name) = (self.not_root(number), format!("Unit {name}"));
                let wanted = self.may_rename(&unit, &name);
                let members = json!({ "OrganizationalUnitId": unit, "Name": name });
                ("UpdateOrganizationalUnit", members, wanted)
            }
            Step::DeleteUnit { unit: number } => {
                let unit = self.not_root(number);
                let wanted = self.may_delete_unit(&unit);
                ("DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": unit }), wanted)
            }
            Step::MoveAccount { account: number, to } => {
                let (account, to) = (account(number), unit(to));
                let from = self.accounts.get(&account).map_or(&self.root, |account| &account.parent).clone();
                let wanted = self.may_move(&account, &from, &to);
                let members =
                    json!({ "AccountId": account, "SourceParentId": from, "DestinationParentId": to });
                ("MoveAccount", members, wanted)
            }
            Step::RemoveAccount { account: number } => {
                let account = account(number);
                let wanted = self.may_depart(&account);
                ("RemoveAccountFromOrganization", json!({ "AccountId": account }), wanted)
            }
            Step::CreatePolicy { kind, name } => {
                let (kind, name) = (usize::from(kind) % KINDS.len(), format!("policy-{name}"));
                let taken = self.policies.values().any(|other| (other.kind, &other.name) == (kind, &name));
                let wanted = if taken { Err(("DuplicatePolicyException", "")) } else { Ok(()) };
                let members = json!({
                    "Type": KINDS[kind], "Name": name, "Description": "", "Content": CONTENTS[kind]
                });
                ("CreatePolicy", members, wanted)
            }
            Step::DeletePolicy { policy: number } => {
                let policy = self.own_policy(number);
                let wanted = self.may_delete_policy(&policy);
                ("DeletePolicy", json!({ "PolicyId": policy }), wanted)
            }
            Step::Attach { policy: number, target: to } => {
                let (policy, target) = (policy(number), target(to));
                let wanted = self.may_attach(&policy, &target);
                ("AttachPolicy", json!({ "PolicyId": policy, "TargetId": target }), wanted)
            }
            Step::Detach { policy: number, target: from } => {
                let (policy, target) = (policy(number), target(from));
                let wanted = self.may_detach(&policy, &target);
                ("DetachPolicy", json!({ "PolicyId": policy, "TargetId": target }), wanted)
            }
            Step::Invite => {
                let members = json!({ "Target": { "Id": GUEST, "Type": "ACCOUNT" } });
                ("InviteAccountToOrganization", members, self.may_invite())
            }
            Step::Accept { handshake: number } => {
                let id = handshake(number);
                let wanted = self.may_answer(&id, "ACCEPTED").and_then(|()| self.may_join());
                return (GUEST, "AcceptHandshake", json!({ "HandshakeId": id }), wanted);
            }
            Step::Decline { handshake: number } => {
                let id = handshake(number);
                let wanted = self.may_answer(&id, "DECLINED");
                return (GUEST, "DeclineHandshake", json!({ "HandshakeId": id }), wanted);
            }
            Step::Cancel { handshake: number } => {
                let id = handshake(number);
                let wanted = self.may_answer(&id, "CANCELED");
                ("CancelHandshake", json!({ "HandshakeId": id }), wanted)
            }
            Step::Leave => return (GUEST, "LeaveOrganization", json!({}), self.may_leave()),
            Step::CreateAccount | Step::Wait { .. } => unreachable!("these are more than one call"),
        };
        (MANAGEMENT, name, members, wanted)
    }

    /// A unit by its number; what is not there where there is none but the root.
    fn not_root(&self, number: u8) -> String {
        one_of(&self.every_unit[1..], number, "ou-abcd-01234567")
    }

    /// A policy of the organization's own by its number.
    fn own_policy(&self, number: u8) -> String {
        one_of(&self.every_policy[1..], number, "p-0123456789")
    }

    fn attach(&mut self, target: &str, policy: &str) {
        self.attached.insert((target.to_owned(), policy.to_owned()));
    }

    fn create_account(&mut self, play: &mut Play) -> Result<(), String> {
        let members =
            json!({ "Email": format!("a{}@example.invalid", self.every_account.len()), "AccountName": "A" });
        if self.accounts.len() >= MOST_ACCOUNTS {
            let refusal = play.call(MANAGEMENT, "CreateAccount", members).err();
            let reason = refusal.and_then(|refusal| refusal.members.get("Reason").cloned());
            let is_right = reason == Some(json!("ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
            return is_right.then_some(()).ok_or(format!("an account too many: {reason:?}"));
        }
        let id = play.vend(members["Email"].as_str().unwrap());
        self.now = play.now;
        let account = Account { parent: self.root.clone(), created_at: Some(self.now) };
        self.accounts.insert(id.clone(), account);
        self.attach(&id, FULL_ACCESS);
        self.every_account.push(id);
        Ok(())
    }

    /// Changes the model as a call that was answered has changed the tree.
    fn note(&mut self, step: Step, members: &Value, answer: &Value) {
        let text = |name: &str| members[name].as_str().unwrap_or_default().to_owned();
        match step {
            Step::CreateUnit { .. } => {
                let id = answer["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned();
                let unit = Unit { parent: Some(text("ParentId")), name: text("Name") };
                self.units.insert(id.clone(), unit);
                self.attach(&id, FULL_ACCESS);
                self.every_unit.push(id);
            }
            Step::RenameUnit { .. } => {
                self.units.get_mut(&text("OrganizationalUnitId")).unwrap().name = text("Name");
            }
            Step::DeleteUnit { .. } => {
                self.units.remove(&text("OrganizationalUnitId"));
                self.attached.retain(|(target, _)| *target != text("OrganizationalUnitId"));
            }
            Step::MoveAccount { .. } => {
                self.accounts.get_mut(&text("AccountId")).unwrap().parent = text("DestinationParentId");
            }
            Step::RemoveAccount { .. } => self.depart(&text("AccountId")),
            Step::Leave => self.depart(GUEST),
            Step::CreatePolicy { kind, .. } => {
                let id = answer["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned();
                let policy = Policy { kind: usize::from(kind) % KINDS.len(), name: text("Name") };
                self.policies.insert(id.clone(), policy);
                self.every_policy.push(id);
            }
            Step::DeletePolicy { .. } => drop(self.policies.remove(&text("PolicyId"))),
            Step::Attach { .. } => self.attach(&text("TargetId"), &text("PolicyId")),
            Step::Detach { .. } => drop(self.attached.remove(&(text("TargetId"), text("PolicyId")))),
            Step::Invite => {
                let id = answer["Handshake"]["Id"].as_str().unwrap().to_owned();
                let (expires_at, sent_at) = (self.now + days(15), self.now);
                let invitation = Invitation { state: "OPEN", expires_at, sent_at, resolved_at: None };
                self.invitations.insert(id.clone(), invitation);
                self.every_invitation.push(id);
            }
            Step::Accept { .. } => {
                self.resolve(&text("HandshakeId"), "ACCEPTED");
                let guest = Account { parent: self.root.clone(), created_at: None };
                self.accounts.insert(GUEST.to_owned(), guest);
                self.attach(GUEST, FULL_ACCESS);
                if !self.every_account.iter().any(|id| id == GUEST) {
                    self.every_account.push(GUEST.to_owned());
                }
            }
            Step::Decline { .. } => self.resolve(&text("HandshakeId"), "DECLINED"),
            Step::Cancel { .. } => self.resolve(&text("HandshakeId"), "CANCELED"),
            Step::CreateAccount | Step::Wait { .. } => {}
        }
    }

    fn resolve(&mut self, id: &str, state: &'static str) {
        let invitation = self.invitations.get_mut(id).unwrap();
        (invitation.state, invitation.resolved_at) = (state, Some(self.now));
    }

    fn depart(&mut self, account: &str) {
        self.accounts.remove(account);
        self.attached.retain(|(target, _)| target != account);
    }

    fn has_name(&self, parent: Option<&str>, name: &str) -> bool {
        self.units.values().any(|unit| unit.parent.as_deref() == parent && unit.name == name)
    }

    fn depth(&self, unit: &str) -> usize {
        self.units[unit].parent.as_ref().map_or(0, |parent| 1 + self.depth(parent))
    }

    fn kind(&self, policy: &str) -> Option<usize> {
        if policy == FULL_ACCESS { Some(0) } else { self.policies.get(policy).map(|policy| policy.kind) }
    }

    fn of_kind(&self, target: &str, kind: usize) -> Vec<String> {
        let here =
            self.attached.iter().filter(|(at, policy)| at == target && self.kind(policy) == Some(kind));
        here.map(|(_, policy)| policy.clone()).collect()
    }

    fn is_attached(&self, policy: &str, target: &str) -> bool {
        self.attached.contains(&(target.to_owned(), policy.to_owned()))
    }

    fn state_of(&self, invitation: &Invitation) -> &'static str {
        if invitation.state == "OPEN" && invitation.expires_at <= self.now {
            "EXPIRED"
        } else {
            invitation.state
        }
    }

    fn is_seen(&self, invitation: &Invitation) -> bool {
        let ended = invitation.resolved_at.unwrap_or(invitation.expires_at);
        self.now.duration_since(ended) < days(30)
    }

    pub fn accounts(&self) -> Vec<String> {
        self.accounts.keys().cloned().collect()
    }

    /// Every root and unit with the units and the accounts directly in it.
    pub fn parents(&self) -> Vec<(String, Vec<String>, Vec<String>)> {
        let in_it = |id: &String| {
            let units = self.units.iter().filter(|(_, unit)| unit.parent.as_ref() == Some(id));
            let accounts = self.accounts.iter().filter(|(_, account)| account.parent == *id);
            (
                id.clone(),
                units.map(|(id, _)| id.clone()).collect(),
                accounts.map(|(id, _)| id.clone()).collect(),
            )
        };
        self.units.keys().map(in_it).collect()
    }

    pub fn names_in(&self, parent: &str) -> Vec<String> {
        let units = self.units.values().filter(|unit| unit.parent.as_deref() == Some(parent));
        let mut names: Vec<String> = units.map(|unit| unit.name.clone()).collect();
        names.sort();
        names
    }

    /// Every target with each type of policies and those attached to it.
    pub fn attachments(&self) -> Vec<(String, &'static str, Vec<String>)> {
        let targets = self.units.keys().chain(self.accounts.keys());
        let of =
            |target: &String| [0, 1].map(|kind| (target.clone(), KINDS[kind], self.of_kind(target, kind)));
        targets.flat_map(of).collect()
    }

    /// Every policy with its targets.
    pub fn targets(&self) -> Vec<(String, Vec<String>)> {
        let targets = |policy: &str| {
            let here = self.attached.iter().filter(|(_, attached)| attached == policy);
            here.map(|(target, _)| target.clone()).collect()
        };
        let policies = self.policies.keys().map(String::as_str).chain([FULL_ACCESS]);
        policies.map(|policy| (policy.to_owned(), targets(policy))).collect()
    }

    /// Every invitation that is seen, with its state.
    pub fn handshakes(&self) -> Vec<String> {
        let seen = self.invitations.iter().filter(|(_, invitation)| self.is_seen(invitation));
        seen.map(|(id, invitation)| format!("{id} {}", self.state_of(invitation))).collect()
    }
}
