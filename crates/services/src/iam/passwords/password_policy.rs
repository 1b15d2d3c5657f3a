//! What an account asks of the passwords of its users.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>

use aws::refusal::Refusal;
use constant_time_eq::constant_time_eq;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::failure::Failure;
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{GetAccountPasswordPolicyResponse, UpdateAccountPasswordPolicyRequest};
use crate::state::identity::{PasswordDigest, PasswordPolicy};
use crate::world::World;

/// The characters of which `RequireSymbols` wants one.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// F-IAMAPI-PWD-3: what holds where an account has set nothing: eight characters at least, of three of the four kinds.
const DEFAULT_LENGTH: usize = 8;
const DEFAULT_KINDS: usize = 3;

/// UpdateAccountPasswordPolicy. F-IAMAPI-PWD-1: what is not given gets its default, whatever it was before.
///
/// # Errors
/// None of its own.
pub fn update(
    on: &On<'_>,
    input: &UpdateAccountPasswordPolicyRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let number = |given: Option<i32>| given.and_then(|number| u32::try_from(number).ok());
    let policy = PasswordPolicy {
        minimum_length: number(input.minimum_password_length).unwrap_or(PasswordPolicy::DEFAULT_LENGTH),
        requires_symbols: input.require_symbols.unwrap_or(false),
        requires_numbers: input.require_numbers.unwrap_or(false),
        requires_uppercase: input.require_uppercase_characters.unwrap_or(false),
        requires_lowercase: input.require_lowercase_characters.unwrap_or(false),
        users_may_change: input.allow_users_to_change_password.unwrap_or(false),
        longest_age_days: number(input.max_password_age),
        remembered: number(input.password_reuse_prevention),
        hard_expiry: input.hard_expiry,
    };
    directory::change_account(on.account, world, |account| account.password_policy = Some(policy))?;
    Ok(())
}

/// GetAccountPasswordPolicy.
///
/// # Errors
/// F-IAMAPI-PWD-2: `NoSuchEntity` where none was set.
pub fn get(on: &On<'_>, world: &World<'_>) -> Result<GetAccountPasswordPolicyResponse, Failure> {
    let policy = directory::account(on.account, world)?.password_policy.ok_or_else(|| {
        let text = format!("The Password Policy with domain name {} cannot be found.", on.account);
        refusal::no_such_entity(text)
    })?;
    let number = |number: u32| i32::try_from(number).ok();
    Ok(GetAccountPasswordPolicyResponse {
        password_policy: model::PasswordPolicy {
            minimum_password_length: number(policy.minimum_length),
            require_symbols: Some(policy.requires_symbols),
            require_numbers: Some(policy.requires_numbers),
            require_uppercase_characters: Some(policy.requires_uppercase),
            require_lowercase_characters: Some(policy.requires_lowercase),
            allow_users_to_change_password: Some(policy.users_may_change),
            expire_passwords: Some(policy.longest_age_days.is_some()),
            max_password_age: policy.longest_age_days.and_then(number),
            password_reuse_prevention: policy.remembered.and_then(number),
            hard_expiry: policy.hard_expiry,
        },
    })
}

/// DeleteAccountPasswordPolicy.
///
/// # Errors
/// F-IAMAPI-PWD-2: `NoSuchEntity` where none was set, in other words than Get.
pub fn delete(on: &On<'_>, world: &mut World<'_>) -> Result<(), Failure> {
    match directory::change_account(on.account, world, |account| account.password_policy.take())? {
        Some(_) => Ok(()),
        None => {
            let text = "The account policy with name PasswordPolicy cannot be found.";
            Err(refusal::no_such_entity(text).into())
        }
    }
}

/// Refuses a password that the account does not take.
///
/// # Errors
/// F-IAMAPI-PWD-3: `PasswordPolicyViolation` (text *assumed*).
pub fn refuse_weak(policy: Option<&PasswordPolicy>, password: &str) -> Result<(), Refusal> {
    let has = |is_of_kind: fn(char) -> bool| password.chars().any(is_of_kind);
    let (upper, lower) =
        (has(|letter| letter.is_ascii_uppercase()), has(|letter| letter.is_ascii_lowercase()));
    let (number, symbol) = (has(|letter| letter.is_ascii_digit()), has(|letter| SYMBOLS.contains(letter)));
    let length = password.chars().count();
    let is_strong = match policy {
        Some(policy) => {
            length >= policy.minimum_length as usize
                && (upper || !policy.requires_uppercase)
                && (lower || !policy.requires_lowercase)
                && (number || !policy.requires_numbers)
                && (symbol || !policy.requires_symbols)
        }
        None => {
            let kinds = [upper, lower, number, symbol].into_iter().filter(|has_kind| *has_kind).count();
            length >= DEFAULT_LENGTH && kinds >= DEFAULT_KINDS
        }
    };
    if is_strong { Ok(()) } else { Err(violation()) }
}

/// The refusal of a password that the account does not take.
pub fn violation() -> Refusal {
    let text = "Password does not conform to the account password policy.";
    Refusal::new("PasswordPolicyViolation", 400, text)
}

/// What is kept of a password.
pub fn digest(password: &str, salt: String) -> PasswordDigest {
    PasswordDigest { digest: hexadecimal(&salt, password), salt }
}

/// Whether `password` is the one that was digested.
pub fn is_same(kept: &PasswordDigest, password: &str) -> bool {
    constant_time_eq(kept.digest.as_bytes(), hexadecimal(&kept.salt, password).as_bytes())
}

fn hexadecimal(salt: &str, password: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(password.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-IAMAPI-PWD-3
    #[test]
    fn a_password_is_as_strong_as_its_account_asks() {
        for (password, is_strong) in [
            ("Passw0rd", true),
            ("passw0rd!", true),
            ("password", false),
            ("Pass0!x", false),
            ("PASSWORD1", false),
        ] {
            assert_eq!(refuse_weak(None, password).is_ok(), is_strong, "{password}");
        }
        let policy =
            PasswordPolicy { minimum_length: 6, requires_symbols: true, ..PasswordPolicy::default() };
        for (password, is_strong) in [("abcde!", true), ("abcdef", false), ("abc!", false)] {
            assert_eq!(refuse_weak(Some(&policy), password).is_ok(), is_strong, "{password}");
        }
        let kept = digest("secret", "salt".to_owned());
        assert!(is_same(&kept, "secret") && !is_same(&kept, "Secret") && !kept.digest.contains("secret"));
    }
}
