//! The effects around the rules: sockets, time, randomness, storage, mail, and the process itself.

pub mod admin;
pub mod application;
pub mod clock;
pub mod configuration;
pub mod console;
pub mod copy;
pub mod delivery;
pub mod entropy;
pub mod explain;
pub mod forward;
pub mod installation;

pub mod log;
pub mod mail;
pub mod outgoing;
pub mod pages;
pub mod seed;
pub mod service;
pub mod startup;
pub mod state_engine;
pub mod store;
mod store_figures;
pub mod terminal;
pub mod tls;
pub mod transfer;
