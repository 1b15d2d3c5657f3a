//! Files of secrets, which not everyone on the machine may be able to read. That of `--root-credentials` has access keys
//! of root users, for listeners that others can reach.
//!
//! YAML (or JSON, which is YAML):
//!
//! ```yaml
//! - account_id: "111122223333"
//!   access_key_id: AKIAEXAMPLE111111111
//!   secret_access_key: a-long-secret
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use services::front::identify::RootCredential;

/// Shorter secrets could be guessed over a network. AWS's own have 40 characters.
const SHORTEST_SECRET: usize = 16;

/// Reads the file.
pub(super) fn read(path: &Path) -> Result<Vec<RootCredential>, String> {
    refuse_world_readable(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    parse(&text)
}

/// Reads a file that holds one secret, without the blanks around it.
pub(super) fn read_line(path: &Path) -> Result<String, String> {
    refuse_world_readable(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.trim().to_owned())
}

/// A secret that everyone on the machine can read is none.
pub(crate) fn refuse_world_readable(path: &Path) -> Result<(), String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let mode = metadata.mode() & 0o777;
        if is_open_to_everyone(mode, metadata.uid()) {
            return Err(format!(
                "everyone on this machine may use it (mode {mode:04o}): run `chmod 600` on it"
            ));
        }
    }
    if metadata.is_file() { Ok(()) } else { Err("it is not a file".to_owned()) }
}

/// F-EDGE-11: a file that only root can write is one that was mounted, as Kubernetes (0644) and Docker (0444) mount secrets:
/// whoever runs accountd cannot make it less open, and in a container there is nobody else.
fn is_open_to_everyone(mode: u32, owner: u32) -> bool {
    let only_root_writes = owner == 0 && mode & 0o022 == 0;
    mode & 0o007 != 0 && !only_root_writes
}

/// Reads the list.
pub(super) fn parse(text: &str) -> Result<Vec<RootCredential>, String> {
    let credentials: Vec<RootCredential> = serde_saphyr::from_str(text).map_err(|error| {
        // The library's own message shows the line, which may hold a secret, so only its place is told.
        let place = error.location().map_or(String::new(), |location| {
            format!("line {}, column {}: ", location.line(), location.column())
        });
        format!(
            "{place}expected a list of entries with account_id (12 digits in quotes), access_key_id and \
             secret_access_key, and nothing else"
        )
    })?;
    if credentials.is_empty() {
        return Err("it names no access key".to_owned());
    }
    let mut keys = BTreeSet::new();
    for (index, credential) in credentials.iter().enumerate() {
        let entry = index + 1;
        let key = &credential.access_key_id;
        // IAM's accessKeyIdType: 16 to 128 word characters.
        let is_word = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !(16..=128).contains(&key.len()) || !is_word {
            return Err(format!("entry {entry}: an access_key_id has 16 to 128 letters and digits"));
        }
        if credential.secret_access_key.expose().len() < SHORTEST_SECRET {
            return Err(format!(
                "entry {entry}: a secret_access_key has at least {SHORTEST_SECRET} characters"
            ));
        }
        if !keys.insert(key) {
            return Err(format!("entry {entry}: the access_key_id was named before"));
        }
    }
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "- account_id: \"111122223333\"\n  access_key_id: AKIAEXAMPLE111111111\n  \
                        secret_access_key: 0123456789abcdef\n";

    #[test]
    fn yaml_and_json_are_read() {
        let credentials = parse(GOOD).unwrap();
        assert_eq!(credentials[0].account_id.as_str(), "111122223333");
        assert_eq!(credentials[0].secret_access_key.expose(), "0123456789abcdef");
        let json = r#"[{"account_id": "000000000001", "access_key_id": "AKIAEXAMPLE111111111",
            "secret_access_key": "0123456789abcdef"}]"#;
        assert_eq!(parse(json).unwrap()[0].account_id.as_str(), "000000000001");
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_place_and_without_its_content() {
        let wrong = GOOD.replace("secret_access_key", "secret");
        let message = parse(&wrong).unwrap_err();
        assert!(message.starts_with("line "), "{message}");
        assert!(!message.contains("0123456789abcdef"), "{message}");
        for (text, part) in [
            ("[]", "names no access key"),
            (&GOOD.replace("0123456789abcdef", "short"), "entry 1: a secret_access_key"),
            (&GOOD.replace("AKIAEXAMPLE111111111", "test"), "entry 1: an access_key_id"),
            (&format!("{GOOD}{GOOD}"), "entry 2: the access_key_id was named before"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }

    /// F-EDGE-11.
    #[test]
    fn a_file_may_be_open_where_only_root_can_write_it() {
        for (mode, owner, is_open) in [
            (0o600, 1000, false),
            (0o640, 1000, false),
            (0o644, 1000, true),
            (0o444, 1000, true),
            (0o644, 0, false),
            (0o444, 0, false),
            (0o400, 0, false),
            (0o646, 0, true),
            (0o664, 0, true),
            (0o660, 0, false),
        ] {
            assert_eq!(is_open_to_everyone(mode, owner), is_open, "{mode:04o} of {owner}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", parse(GOOD).unwrap());
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
