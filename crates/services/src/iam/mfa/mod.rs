//! Multi-factor authentication: virtual devices, and whose they are. How codes are judged is in
//! [`authority`](crate::authority::second_factor), since STS asks for them too.

pub mod assignment;
pub mod qr_code;
pub mod virtual_device;
