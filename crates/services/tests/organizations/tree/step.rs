//! What can happen to a tree, and how it is drawn.
//!
//! A step names things by small numbers, of which the model makes one of the things that are or were there. So any part of
//! a run is a run as well, and a failing one can be made shorter.

/// A generator of numbers that depend on nothing but its seed (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u8) -> u8 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u8::try_from((mixed ^ (mixed >> 31)) % u64::from(bound)).expect("it is below a u8")
    }
}

/// A call by the management account, or by the guest where it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    CreateUnit {
        parent: u8,
        name: u8,
    },
    RenameUnit {
        unit: u8,
        name: u8,
    },
    DeleteUnit {
        unit: u8,
    },
    CreateAccount,
    MoveAccount {
        account: u8,
        to: u8,
    },
    RemoveAccount {
        account: u8,
    },
    CreatePolicy {
        kind: u8,
        name: u8,
    },
    DeletePolicy {
        policy: u8,
    },
    Attach {
        policy: u8,
        target: u8,
    },
    Detach {
        policy: u8,
        target: u8,
    },
    /// The guest is invited.
    Invite,
    /// The guest accepts.
    Accept {
        handshake: u8,
    },
    /// The guest declines.
    Decline {
        handshake: u8,
    },
    Cancel {
        handshake: u8,
    },
    /// The guest leaves.
    Leave,
    Wait {
        days: u8,
    },
}

impl Step {
    /// Any step; those that make something are likelier than those that end it.
    pub fn any(random: &mut Random) -> Self {
        let kind = random.below(30);
        // Numbers from a wide range choose among many, those from a narrow one collide often.
        let mut any = || random.below(u8::MAX);
        match kind {
            0..=4 => Self::CreateUnit { parent: any(), name: any() % 4 },
            5 => Self::RenameUnit { unit: any(), name: any() % 4 },
            6..=7 => Self::DeleteUnit { unit: any() },
            8..=9 => Self::CreateAccount,
            10..=12 => Self::MoveAccount { account: any(), to: any() },
            13 => Self::RemoveAccount { account: any() },
            14..=15 => Self::CreatePolicy { kind: any(), name: any() % 8 },
            16 => Self::DeletePolicy { policy: any() },
            17..=20 => Self::Attach { policy: any(), target: any() },
            21..=22 => Self::Detach { policy: any(), target: any() },
            23 => Self::Invite,
            24..=25 => Self::Accept { handshake: any() },
            26 => Self::Decline { handshake: any() },
            27 => Self::Cancel { handshake: any() },
            28 => Self::Leave,
            _ => Self::Wait { days: 1 + any() % 20 },
        }
    }
}
