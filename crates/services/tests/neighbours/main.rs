//! The rules of the services beside IAM and Organizations: the Resource Groups Tagging API, Service Quotas, and EC2's zones.

mod quotas;
mod support;
mod tagging;
mod zones;
