//! The command line, without a process.

use services::context::Validation;

use super::*;
use crate::configuration::{LogFormat, SecureTransport, Signatures, Throttle};

fn configuration(arguments: &[&str]) -> Configuration {
    match read(std::iter::once("accountd").chain(arguments.iter().copied())) {
        Ok(Request::Serve(configuration)) => *configuration,
        Ok(_) => panic!("{arguments:?} does not serve"),
        Err(line) => panic!("{arguments:?}: {line}"),
    }
}

fn refusal(arguments: &[&str]) -> String {
    let result = read(std::iter::once("accountd").chain(arguments.iter().copied()));
    let line = result.expect_err(&format!("{arguments:?} is refused"));
    assert!(!line.contains('\n'), "{line}");
    line
}

#[test]
fn without_flags_it_serves_on_loopback_from_its_own_directory() {
    for arguments in [&[][..], &["serve"]] {
        let configuration = configuration(arguments);
        assert_eq!(configuration.listen.to_string(), "127.0.0.1:4566");
        assert_eq!(configuration.storage, Storage::Directory("accountd-data".into()));
        assert_eq!(configuration.signatures, Signatures::Strict);
        assert_eq!(configuration.secure_transport, SecureTransport::Assumed);
        assert_eq!(configuration.validation, Validation::Strict);
        assert_eq!(configuration.delays, Delays::SHORT);
        assert_eq!(configuration.quotas, Quotas::AWS);
        assert_eq!(configuration.throttle, Throttle::Off);
        assert!(configuration.takes_well_known_credentials());
        assert_eq!(configuration.time, TimeMode::Real);
        assert_eq!(configuration.log, LogFormat::Text);
        assert!(configuration.is_loopback());
    }
}

#[test]
fn every_flag_is_read() {
    let configuration = configuration(&[
        "serve",
        "--listen",
        "[::1]:0",
        "--in-memory",
        "--seed",
        "s.yaml",
        "--signatures",
        "lenient",
        "--secure-transport",
        "real",
        "--validation",
        "masked",
        "--delays",
        "aws",
        "--quota",
        "accounts=500",
        "--throttle",
        "aws",
        "--time",
        "manual",
        "--smtp",
        "smtp://127.0.0.1:2525",
        "--admin-token",
        "0123456789",
        "--allow-origin",
        "https://Console.example,http://a.example:8080",
        "--log",
        "json",
        "--log-level",
        "debug",
        "--ready-file",
        "ready.json",
        "--workers",
        "3",
        "--forward",
        "s3=http://127.0.0.1:5000,http://127.0.0.1:5001",
    ]);
    assert_eq!(configuration.listen.to_string(), "[::1]:0");
    assert_eq!(configuration.storage, Storage::Memory);
    assert_eq!(configuration.seed, Some("s.yaml".into()));
    assert_eq!(configuration.signatures, Signatures::Lenient);
    assert_eq!(configuration.secure_transport, SecureTransport::Real);
    assert_eq!(configuration.validation, Validation::Masked);
    assert_eq!(configuration.delays, Delays::AWS);
    assert_eq!(configuration.quotas, Quotas::parse("accounts=500").unwrap());
    assert_eq!(configuration.throttle, Throttle::Aws);
    assert_eq!(configuration.time, TimeMode::Manual);
    assert_eq!(configuration.smtp.unwrap().expose(), "smtp://127.0.0.1:2525");
    assert_eq!(configuration.admin_token.unwrap().expose(), "0123456789");
    let origins: Vec<_> = configuration.allow_origins.iter().map(ToString::to_string).collect();
    assert_eq!(origins, ["https://console.example", "http://a.example:8080"]);
    assert_eq!(configuration.log, LogFormat::Json);
    assert_eq!(configuration.log_level, tracing::Level::DEBUG);
    assert_eq!(configuration.ready_file, Some("ready.json".into()));
    assert_eq!(configuration.workers, Some(3));
    assert!(configuration.forward.of("s3") != configuration.forward.of("sqs"));
}

/// F-EDGE-10, F-EDGE-11, F-EDGE-12.
#[test]
fn what_cannot_be_honoured_is_refused_in_one_line() {
    for (arguments, part) in [
        (&["--lisen", "x"][..], "'--lisen' found; a similar argument exists: '--listen'"),
        (&["--listen", "here"], "an IP address and a port"),
        (&["--listen", "0.0.0.0:4566"], "--root-credentials"),
        (&["--listen", "0.0.0.0:4566", "--well-known-credentials", "loopback"], "--root-credentials"),
        (
            &["--listen", "0.0.0.0:4566", "--well-known-credentials", "anywhere", "--signatures", "lenient"],
            "lenient",
        ),
        (&["--signatures", "none"], "[possible values: strict, lenient]"),
        (&["--delays", "enable=soon"], "`soon` is not a duration"),
        (&["--quota", "acounts=5"], "there are accounts, policies, policy-size"),
        (&["--quota", "tags=none"], "`none` is no number from 1 to 100000 for tags"),
        (&["--forward", "iam=http://127.0.0.1:5000"], "--forward: iam is answered here"),
        (&["--in-memory", "--data", "d"], "cannot be used together"),
        (&["--database", "mysql://h"], "--database: expected a URL such as postgres:"),
        (&["--database", "postgres://u:secret@h/d?sslmode=require"], "--database: sslmode is verify-full"),
        (&["--database", "postgres://h/d", "--in-memory"], "cannot be used together"),
        (&["--database", "postgres://h/d", "--data", "x"], "cannot be used together"),
        (&["--database-may-lose-commits"], "--database"),
        (&["--trail-interval", "2h"], "between 1s and 1h"),
        (&["--trail-interval", "soon"], "`soon`"),
        (&["--root-credentials", "/nonexistent"], "/nonexistent: No such file"),
        (&["--workers", "0"], "0 is not in 1..=512"),
        (&["seed", "check"], "<FILE>"),
        (&["seed"], "accountd seed check FILE"),
        (&["bogus"], "unrecognized subcommand 'bogus'"),
        (&["--admin-token", "short"], "at least 8 characters"),
        (&["--admin-token", "long-enough", "--admin-token-file", "f"], "cannot be used together"),
        (&["--admin-token-file", "/nonexistent"], "/nonexistent: No such file"),
        (&["--allow-origin", "console.example"], "a scheme and a host"),
        (&["--allow-origin", "https://console.example/"], "a scheme and a host"),
        (&["--allow-origin", "*"], "a scheme and a host"),
        (&["--data"], "--data <DIR>"),
    ] {
        let line = refusal(arguments);
        assert!(line.contains(part), "{line}");
    }
}

/// F-EDGE-14.
#[test]
fn well_known_credentials_are_taken_anywhere_only_where_that_is_said() {
    let anywhere = configuration(&["--listen", "0.0.0.0:4566", "--well-known-credentials", "anywhere"]);
    assert!(!anywhere.is_loopback() && anywhere.takes_well_known_credentials());
}

#[test]
fn a_wrong_smtp_url_is_not_repeated() {
    let line = refusal(&["--smtp", "http://user:hunter22@host"]);
    assert!(line.starts_with("--smtp: ") && !line.contains("hunter22"), "{line}");
}

#[test]
fn seed_check_and_help_are_requests_of_their_own() {
    assert!(matches!(read(["accountd", "seed", "check", "f"]), Ok(Request::SeedCheck(file)) if file == *"f"));
    assert!(matches!(read(["accountd", "check", "d"]), Ok(Request::Check(directory)) if directory == *"d"));
    for (flag, part) in
        [("help", "Examples:"), ("--help", "Examples:"), ("--version", env!("CARGO_PKG_VERSION"))]
    {
        let Ok(Request::Help(help)) = read(["accountd", flag]) else { panic!("{flag} is help") };
        assert!(help.to_string().contains(part), "{help}");
    }
}
