//! Why a call is allowed or refused: the verdict is the evaluator's and the simulator's, and the reasons are told layer by
//! layer.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod corpus;
mod drafts;
mod layers;
mod support;
mod who;

#[path = "../../../aws/tests/policy_corpus/case.rs"]
mod case;
#[path = "../../../aws/tests/policy_corpus/random.rs"]
mod random;
