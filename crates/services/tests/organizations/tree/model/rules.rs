//! What the model lets be done: for each step the first rule that refuses it, as the code and the reason of the refusal.

use super::{Invitation, MOST_ACCOUNTS, Model, Refused, days};
use crate::support::{GUEST, MANAGEMENT};

/// How many policies of each type a target may have (quotas page).
const MOST_ATTACHED: [usize; 2] = [10, 5];
const DEEPEST: usize = 5;
const MOST_INVITATIONS_A_DAY: usize = 20;

impl Model {
    pub(super) fn may_create_unit(&self, parent: &str, name: &str) -> Result<(), Refused> {
        if !self.units.contains_key(parent) {
            return Err(("ParentNotFoundException", ""));
        }
        if self.has_name(Some(parent), name) {
            return Err(("DuplicateOrganizationalUnitException", ""));
        }
        if self.depth(parent) >= DEEPEST {
            return Err(("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED"));
        }
        Ok(())
    }

    pub(super) fn may_rename(&self, unit: &str, name: &str) -> Result<(), Refused> {
        let Some(unit) = self.units.get(unit) else {
            return Err(("OrganizationalUnitNotFoundException", ""));
        };
        let is_taken = self.has_name(unit.parent.as_deref(), name);
        if is_taken { Err(("DuplicateOrganizationalUnitException", "")) } else { Ok(()) }
    }

    pub(super) fn may_delete_unit(&self, id: &str) -> Result<(), Refused> {
        if !self.units.contains_key(id) {
            return Err(("OrganizationalUnitNotFoundException", ""));
        }
        let holds_unit = self.units.values().any(|unit| unit.parent.as_deref() == Some(id));
        if holds_unit || self.accounts.values().any(|account| account.parent == id) {
            return Err(("OrganizationalUnitNotEmptyException", ""));
        }
        Ok(())
    }

    pub(super) fn may_move(&self, account: &str, from: &str, to: &str) -> Result<(), Refused> {
        match () {
            () if !self.accounts.contains_key(account) => Err(("AccountNotFoundException", "")),
            () if !self.units.contains_key(to) => Err(("DestinationParentNotFoundException", "")),
            () if from == to => Err(("DuplicateAccountException", "")),
            () => Ok(()),
        }
    }

    pub(super) fn may_depart(&self, id: &str) -> Result<(), Refused> {
        let Some(account) = self.accounts.get(id) else { return Err(("AccountNotFoundException", "")) };
        if id == MANAGEMENT {
            return Err(("MasterCannotLeaveOrganizationException", ""));
        }
        if account.created_at.is_some_and(|created_at| self.now.duration_since(created_at) < days(4)) {
            return Err(("ConstraintViolationException", "WAIT_PERIOD_ACTIVE"));
        }
        Ok(())
    }

    pub(super) fn may_leave(&self) -> Result<(), Refused> {
        if self.accounts.contains_key(GUEST) {
            return Ok(());
        }
        Err(("AWSOrganizationsNotInUseException", ""))
    }

    pub(super) fn may_delete_policy(&self, policy: &str) -> Result<(), Refused> {
        if !self.policies.contains_key(policy) {
            return Err(("PolicyNotFoundException", ""));
        }
        let in_use = self.attached.iter().any(|(_, attached)| attached == policy);
        if in_use { Err(("PolicyInUseException", "")) } else { Ok(()) }
    }

    /// The policy's type, where both it and the target are there.
    pub(super) fn attachable(&self, policy: &str, target: &str) -> Result<usize, Refused> {
        let kind = self.kind(policy).ok_or(("PolicyNotFoundException", ""))?;
        let is_target = self.units.contains_key(target) || self.accounts.contains_key(target);
        is_target.then_some(kind).ok_or(("TargetNotFoundException", ""))
    }

    pub(super) fn may_attach(&self, policy: &str, target: &str) -> Result<(), Refused> {
        let kind = self.attachable(policy, target)?;
        if self.is_attached(policy, target) {
            return Err(("DuplicatePolicyAttachmentException", ""));
        }
        if self.of_kind(target, kind).len() >= MOST_ATTACHED[kind] {
            return Err(("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
        }
        Ok(())
    }

    pub(super) fn may_detach(&self, policy: &str, target: &str) -> Result<(), Refused> {
        let kind = self.attachable(policy, target)?;
        if !self.is_attached(policy, target) {
            return Err(("PolicyNotAttachedException", ""));
        }
        if kind == 0 && self.of_kind(target, kind).len() == 1 {
            return Err(("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
        }
        Ok(())
    }

    pub(super) fn may_invite(&self) -> Result<(), Refused> {
        const CODE: &str = "HandshakeConstraintViolationException";
        if self.accounts.contains_key(GUEST) {
            return Err((CODE, "ALREADY_IN_AN_ORGANIZATION"));
        }
        if self.invitations.values().any(|invitation| self.state_of(invitation) == "OPEN") {
            return Err(("DuplicateHandshakeException", ""));
        }
        if self.accounts.len() >= MOST_ACCOUNTS {
            return Err((CODE, "ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
        }
        let counted = |invitation: &&Invitation| {
            invitation.state != "ACCEPTED" && self.now.duration_since(invitation.sent_at) < days(1)
        };
        if self.invitations.values().filter(counted).count() >= MOST_INVITATIONS_A_DAY {
            return Err((CODE, "HANDSHAKE_RATE_LIMIT_EXCEEDED"));
        }
        Ok(())
    }

    pub(super) fn may_answer(&self, id: &str, wanted: &str) -> Result<(), Refused> {
        let found = self.invitations.get(id).filter(|invitation| self.is_seen(invitation));
        match self.state_of(found.ok_or(("HandshakeNotFoundException", ""))?) {
            "OPEN" => Ok(()),
            state if state == wanted => Err(("HandshakeAlreadyInStateException", "")),
            _ => Err(("InvalidHandshakeTransitionException", "")),
        }
    }

    pub(super) fn may_join(&self) -> Result<(), Refused> {
        if self.accounts.len() >= MOST_ACCOUNTS {
            return Err(("HandshakeConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
        }
        Ok(())
    }
}
