//! The program as a person starts it: what it prints, when it refuses, how it ends.

#![expect(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

mod manual;
mod secured;
mod terminal;

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// A directory of this test alone, gone at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("accountd-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &str, mode: u32) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn accountd(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accountd"));
    // The environment is part of the command line.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ACCOUNTD_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn refused(output: &Output) -> String {
    let message = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with("accountd: "), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(output.stdout.is_empty());
    message
}

/// A running accountd that has said where it listens.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
    address: SocketAddr,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self::with_environment(arguments, &[])
    }

    /// The same, when it has said this too.
    fn start_saying(arguments: &[&str], text: &str) -> Self {
        let mut running = Self::start(arguments);
        running.says(text);
        running
    }

    fn with_environment(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = accountd(arguments);
        command.envs(environment.iter().copied());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let begin = said.len();
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "it ended: {said}");
            if let Some((_, address)) = said[begin..].split_once(" listens on http://") {
                break address.trim().parse().unwrap();
            }
        };
        Self { child, stderr, said, address }
    }

    /// The next line with this text, which is waited for.
    fn says(&mut self, text: &str) -> String {
        loop {
            let begin = self.said.len();
            assert_ne!(self.stderr.read_line(&mut self.said).unwrap(), 0, "it ended: {}", self.said);
            if self.said[begin..].contains(text) {
                return self.said[begin..].to_owned();
            }
        }
    }

    fn ask(&self, wire: &str) -> String {
        let port = self.address.port();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(wire.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, path: &str, header: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n"))
    }

    /// Sends a signal and returns the exit code and everything that was said.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.stderr.read_to_string(&mut self.said).unwrap();
        (self.child.wait().unwrap().code(), std::mem::take(&mut self.said))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const IN_MEMORY: [&str; 3] = ["--in-memory", "--listen", "127.0.0.1:0"];

#[test]
fn it_says_where_it_listens_and_ends_with_0_on_every_signal() {
    for signal in ["-TERM", "-INT", "-HUP", "-QUIT"] {
        let running = Running::start(&IN_MEMORY);
        let answer = running.get("/_accountd/health", "");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(r#""storage":"memory""#), "{answer}");
        let address = running.address;
        let admin = running.get("/_accountd/", "");
        assert!(admin.contains("/_accountd/unanswered"), "{admin}");
        let (code, said) = running.end(signal);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("state: in memory only"), "{said}");
        let first = format!(
            "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url http://{address} \
             --region us-east-1 account get-account-information"
        );
        assert!(said.contains(&first), "{said}");
        assert!(!said.contains("not checked"), "{said}");
        assert!(said.lines().any(|line| line == "Ready."), "{said}");
    }
}

#[test]
fn the_environment_configures_like_flags_do() {
    let directory = Directory::new("environment");
    let ready = directory.0.join("ready.json");
    let mut child = accountd(&[])
        .env("ACCOUNTD_LISTEN", "127.0.0.1:0")
        .env("ACCOUNTD_IN_MEMORY", "true")
        .env("ACCOUNTD_SIGNATURES", "lenient")
        .env("ACCOUNTD_LOG", "json")
        .env("ACCOUNTD_READY_FILE", &ready)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.starts_with('{') && line.contains(r#""message":"listening""#), "{line}");
    let warning = lines.next().unwrap().unwrap();
    assert!(warning.contains("WARN") && warning.contains("signatures are not checked"), "{warning}");
    let ready_line = lines.next().unwrap().unwrap();
    assert!(ready_line.starts_with('{') && ready_line.contains(r#""message":"Ready.""#), "{ready_line}");
    let written = fs::read_to_string(&ready).unwrap();
    assert!(written.starts_with(r#"{"address":"127.0.0.1:"#) && written.ends_with("}\n"), "{written}");
    assert!(written.contains(&format!(r#""pid":{}"#, child.id())), "{written}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 1, "nothing is left beside the file");
}

/// F-EDGE-10.
#[test]
fn what_it_cannot_do_is_refused_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let directory = Directory::new("refused");
    let keys = "- account_id: \"111122223333\"\n  access_key_id: AKIAEXAMPLE111111111\n  \
                secret_access_key: 0123456789abcdef\n";
    // Whoever owns it, since everyone may write it.
    let open = directory.file("open.yaml", keys, 0o646);
    let wrong = directory.file("wrong.yaml", "- account_id: 111122223333\n", 0o600);
    let good = directory.file("good.yaml", keys, 0o600);
    let missing = directory.0.join("missing/ready.json");
    let missing = missing.to_str().unwrap();
    let everywhere = ["--in-memory", "--listen", "0.0.0.0:0"];
    for (arguments, part) in [
        (vec!["--nonsense"], "--nonsense"),
        (vec!["--in-memory", "--listen", &taken], "another program listens there"),
        (everywhere.to_vec(), "--root-credentials FILE"),
        ([&everywhere[..], &["--root-credentials", &open]].concat(), "mode 0646"),
        ([&everywhere[..], &["--root-credentials", &wrong]].concat(), "line 1, column"),
        (
            [&everywhere[..], &["--root-credentials", &good, "--signatures", "lenient"]].concat(),
            "--signatures lenient",
        ),
        ([&IN_MEMORY[..], &["--data", "somewhere"]].concat(), "--in-memory and --data"),
        ([&IN_MEMORY[..], &["--ready-file", missing]].concat(), "--ready-file"),
        ([&IN_MEMORY[..], &["--trail", "/dev/null/records"]].concat(), "--trail /dev/null/records"),
        ([&IN_MEMORY[..], &["--s3", "s3://bucket"]].concat(), "--s3: expected a URL"),
        (vec!["seed", "check", "/nonexistent.yaml"], "/nonexistent.yaml"),
    ] {
        let message = refused(&accountd(&arguments).output().unwrap());
        assert!(message.contains(part), "{message}");
        assert!(!message.contains("0123456789abcdef"), "{message}");
    }
    let output = accountd(&[]).env("ACCOUNTD_DELAYS", "soon").output().unwrap();
    assert!(refused(&output).contains("`soon`"));
    let without = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HOME", "AWS_SHARED_CREDENTIALS_FILE"];
    let mut command = accountd(&[&IN_MEMORY[..], &["--s3", "http://127.0.0.1:1"]].concat());
    for name in without {
        command.env_remove(name);
    }
    assert!(refused(&command.output().unwrap()).contains("credentials are needed"));
}

/// F-SEED-18: each problem of a seed file is a line, whoever reads it; `-` is standard input.
#[test]
fn problems_of_a_seed_file_are_a_line_each() {
    let directory = Directory::new("problems");
    let wrong = "accounts:\n  - id: 1\n    name: One\n    colour: red\n";
    let file = directory.file("wrong.yaml", wrong, 0o600);
    let expected = |name: &str| {
        format!(
            "accountd: {name} has 3 problems; nothing was applied:\n{name}:2:5: accounts[0]: `email` is missing\n\
             {name}:2:9: accounts[0].id: must be written in quotes: without them YAML takes an account id for a \
             number and may drop its zeros\n{name}:4:5: accounts[0].colour: this key is unknown here; known are "
        )
    };
    for arguments in [vec!["seed", "check", &file], [&IN_MEMORY[..], &["--seed", &file]].concat()] {
        let output = accountd(&arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 4), "{said}");
        assert!(said.starts_with(&expected(&file)), "{said}");
    }
    let check = |text: &str| {
        let mut child = accountd(&["seed", "check", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, said) = check(wrong);
    assert!(code == Some(2) && said.starts_with(&expected("-")), "{said}");
    let (code, said) = check("accounts: [{id: '111122223333', name: One, email: one@example.com}]");
    assert!(code == Some(0) && said.starts_with("-: 1 account, "), "{said}");
}

/// F-EDGE-14: only somebody who says so in as many words opens the well-known credentials to other machines, and is told.
#[test]
fn well_known_credentials_anywhere_are_a_loud_choice() {
    let arguments = ["--in-memory", "--listen", "0.0.0.0:0", "--well-known-credentials", "anywhere"];
    let running = Running::start(&arguments);
    assert!(running.get("/_accountd/health", "").starts_with("HTTP/1.1 200"));
    assert!(running.get("/_accountd/clock", "").starts_with("HTTP/1.1 403"), "the own endpoints stay closed");
    let (code, said) = running.end("-TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("WARN") && said.contains("(test/test) are taken from everywhere"), "{said}");
    assert!(said.contains("AWS_ACCESS_KEY_ID=test"), "{said}");
}

/// F-EDGE-22.
#[test]
fn elsewhere_than_on_loopback_the_own_endpoints_need_the_token() {
    let directory = Directory::new("elsewhere");
    let keys = directory.file(
        "keys.json",
        r#"[{"account_id":"111122223333","access_key_id":"AKIAEXAMPLE111111111","secret_access_key":"0123456789abcdef"}]"#,
        0o600,
    );
    let arguments = ["--in-memory", "--listen", "0.0.0.0:0", "--root-credentials", &keys];
    let closed = Running::start(&arguments);
    assert!(closed.get("/_accountd/health", "").starts_with("HTTP/1.1 200"));
    assert!(closed.get("/_accountd/clock", "").starts_with("HTTP/1.1 403"));
    let opened = Running::start(&[&arguments[..], &["--admin-token", "correct-horse"]].concat());
    assert!(opened.get("/_accountd/clock", "").starts_with("HTTP/1.1 401"));
    let token = "Authorization: Bearer correct-horse\r\n";
    assert!(opened.get("/_accountd/clock", token).starts_with("HTTP/1.1 200"));
}

/// F-STORE-10
#[test]
fn service_time_that_was_moved_stays_moved_after_a_restart() {
    let directory = Directory::new("moved");
    let data = directory.0.join("data");
    let arguments = ["--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0", "--time", "manual"];
    let page = |answer: String| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let running = Running::start(&arguments);
    let body = r#"{"set":"2199-01-01T00:00:00Z"}"#;
    let moved = running.ask(&format!(
        "POST /_accountd/clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let moved = page(moved);
    assert_eq!(moved, r#"{"now":"2199-01-01T00:00:00Z","mode":"manual"}"#);
    assert_eq!(running.end("-KILL").0, None);
    let again = Running::start(&arguments);
    assert_eq!(page(again.get("/_accountd/clock", "")), moved);
}

#[test]
fn help_and_version_are_printed_on_standard_output() {
    for (arguments, parts) in [
        (
            &["--help"][..],
            &["Usage: accountd [serve] [OPTIONS]", "Examples:", "--root-credentials", "Exit code"][..],
        ),
        (&["help"], &["Usage: accountd [serve] [OPTIONS]", "Examples:"]),
        (&["help", "serve"], &["--listen"]),
        (&["serve", "--help"], &["Usage: accountd serve", "--listen"]),
        (&["seed", "check", "--help"], &["<FILE>"]),
        (&["--version"], &["accountd 0."]),
    ] {
        let output = accountd(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty());
        let text = String::from_utf8(output.stdout).unwrap();
        for part in parts {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    }
}

/// F-WHY-11
#[test]
fn explain_says_why_there_is_no_answer() {
    let running = Running::start(&IN_MEMORY);
    let here = format!("http://{}", running.address);
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = format!("http://{nowhere}");
    let imagined = ["--principal", "111122223333", "--action", "a:B"];
    let everybody = ["--who", "111122223333", "--action", "a:B"];
    for (endpoint, arguments, part) in [
        (&here, &imagined[..], "answers 404: There is no account 111122223333."),
        (&here, &everybody[..], "answers 404: There is no account 111122223333."),
        (&here, &["an-id"][..], "answers 404: There is no event an-id"),
        (&here, &[][..], "explain what?"),
        (&here, &["--action", "a:B"][..], "explain to whom?"),
        (&here, &["an-id", "--principal", "x", "--action", "a:B"][..], "cannot be used with"),
        (&here, &["--principal", "x", "--action", "a:B", "--members", "{"][..], "--members: it is no JSON"),
        (&here, &["--principal", "x", "--action", "a:B", "--draft", "p-1"][..], "--draft"),
        (
            &here,
            &["--principal", "x", "--action", "a:B", "--draft", "p-1=none.json"][..],
            "none.json cannot be read",
        ),
        (&nowhere, &["an-id"][..], "no accountd answers at"),
    ] {
        let mut command = accountd(&["explain", "--endpoint", endpoint]);
        let message = refused(&command.args(arguments).output().unwrap());
        assert!(message.contains(part), "{arguments:?}: {message}");
    }
}
