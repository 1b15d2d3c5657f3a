//! The rules of Account Management as the pure functions they are: documents, an input and an instant in, an answer
//! and changed documents out.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod alternate_contact;
mod contact_information;
mod execute;
mod gov_cloud;
mod name;
mod phone_number;
mod primary_email;
mod quotas;
mod region;
mod support;
