//! One operation of one of the services, whichever it is.

pub use crate::service::{Operation, Service, refuse_not_supported};
