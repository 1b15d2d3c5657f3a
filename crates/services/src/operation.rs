//! One operation of one of the services, whichever it is.

pub use crate::service::{Operation, Service, TargetRecord, refuse_not_supported};
