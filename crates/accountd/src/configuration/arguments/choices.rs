//! What flags with a few values may say, in the words of the command line.

use clap::ValueEnum;
use services::context::Validation;

use crate::configuration::{LogFormat, SecureTransport, Signatures, Throttle};

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum SignaturesChoice {
    Strict,
    Lenient,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum SecureTransportChoice {
    Assumed,
    Real,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ValidationChoice {
    Strict,
    Masked,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ThrottleChoice {
    Off,
    Aws,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum LogChoice {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum LevelChoice {
    Error,
    Warn,
    Info,
    Debug,
}

impl From<SignaturesChoice> for Signatures {
    fn from(choice: SignaturesChoice) -> Self {
        match choice {
            SignaturesChoice::Strict => Self::Strict,
            SignaturesChoice::Lenient => Self::Lenient,
        }
    }
}

impl From<SecureTransportChoice> for SecureTransport {
    fn from(choice: SecureTransportChoice) -> Self {
        match choice {
            SecureTransportChoice::Assumed => Self::Assumed,
            SecureTransportChoice::Real => Self::Real,
        }
    }
}

impl From<ValidationChoice> for Validation {
    fn from(choice: ValidationChoice) -> Self {
        match choice {
            ValidationChoice::Strict => Self::Strict,
            ValidationChoice::Masked => Self::Masked,
        }
    }
}

impl From<ThrottleChoice> for Throttle {
    fn from(choice: ThrottleChoice) -> Self {
        match choice {
            ThrottleChoice::Off => Self::Off,
            ThrottleChoice::Aws => Self::Aws,
        }
    }
}

impl From<LogChoice> for LogFormat {
    fn from(choice: LogChoice) -> Self {
        match choice {
            LogChoice::Text => Self::Text,
            LogChoice::Json => Self::Json,
        }
    }
}

impl From<LevelChoice> for tracing::Level {
    fn from(choice: LevelChoice) -> Self {
        match choice {
            LevelChoice::Error => Self::ERROR,
            LevelChoice::Warn => Self::WARN,
            LevelChoice::Info => Self::INFO,
            LevelChoice::Debug => Self::DEBUG,
        }
    }
}
