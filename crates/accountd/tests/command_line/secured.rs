//! TLS as a person switches it on (F-TLS-1, F-TLS-2).

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use super::{Directory, IN_MEMORY, Running, accountd, refused};

/// The file of the authority, as the start message names it.
fn authority(running: &Running) -> String {
    let line = running
        .said
        .lines()
        .find(|line| line.starts_with("tls:"))
        .unwrap_or_else(|| panic!("{}", running.said));
    line.split_once("AWS_CA_BUNDLE=").unwrap().1.to_owned()
}

fn health(running: &Running, host: &str, ca: &str) -> Output {
    let url = format!("https://{host}:{}", running.address.port());
    accountd(&["health", "--endpoint", &url, "--ca-bundle", ca]).output().unwrap()
}

fn with_data(directory: &Directory) -> Running {
    let data = directory.0.join("data");
    Running::start_saying(
        &["--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0", "--tls", "self"],
        "Ready.",
    )
}

#[test]
fn both_are_spoken_on_one_port_and_the_authority_stays() {
    let directory = Directory::new("tls");
    let running = with_data(&directory);
    let ca = authority(&running);
    let key = fs::metadata(ca.replace("ca.pem", "ca-key.pem")).unwrap().permissions().mode();
    assert_eq!(key & 0o777, 0o600);
    for host in ["127.0.0.1", "localhost"] {
        let output = health(&running, host, &ca);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(running.get("/_accountd/health", "").starts_with("HTTP/1.1 200"), "and without TLS");
    let before = fs::read(&ca).unwrap();
    assert_eq!(running.end("-TERM").0, Some(0));
    let again = with_data(&directory);
    assert_eq!((authority(&again), fs::read(&ca).unwrap()), (ca.clone(), before));
    assert_eq!(health(&again, "localhost", &ca).status.code(), Some(0));
    // Another accountd's authority is another one.
    let other = Running::start_saying(&[&IN_MEMORY[..], &["--tls", "self"]].concat(), "Ready.");
    let output = health(&other, "localhost", &ca);
    assert_eq!(output.status.code(), Some(1));
    let theirs = authority(&other);
    assert_eq!(health(&other, "localhost", &theirs).status.code(), Some(0));
    fs::remove_dir_all(std::path::Path::new(&theirs).parent().unwrap()).unwrap();
}

#[test]
fn env_says_whom_to_trust() {
    let directory = Directory::new("tls-env");
    let running = with_data(&directory);
    let ca = authority(&running);
    let url = format!("https://{}", running.address);
    let output = accountd(&["env", "--endpoint", &url, "--ca-bundle", &ca]).output().unwrap();
    let exports = String::from_utf8(output.stdout).unwrap();
    assert!(exports.contains(&format!("export AWS_ENDPOINT_URL={url}\n")), "{exports}");
    assert!(exports.contains(&format!("export AWS_CA_BUNDLE={ca} NODE_EXTRA_CA_CERTS={ca}\n")), "{exports}");
}

#[test]
fn a_certificate_of_ones_own_is_taken_and_a_wrong_one_refused() {
    let directory = Directory::new("tls-given");
    let made =
        rcgen::generate_simple_self_signed(["accountd.example".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let certificate = directory.file("certificate.pem", &made.cert.pem(), 0o644);
    let key = directory.file("key.pem", &made.signing_key.serialize_pem(), 0o600);
    let pair = format!("{certificate},{key}");
    let running = Running::start_saying(&[&IN_MEMORY[..], &["--tls", &pair]].concat(), "Ready.");
    assert_eq!(health(&running, "127.0.0.1", &certificate).status.code(), Some(0));

    let empty = directory.file("empty.pem", "", 0o600);
    let other = rcgen::KeyPair::generate().unwrap();
    let other = directory.file("other.pem", &other.serialize_pem(), 0o600);
    for (value, part) in [
        ("own", "CERT,KEY"),
        (",", "CERT,KEY"),
        (&format!("{empty},{key}"), "has no certificate in PEM"),
        (&format!("{certificate},{empty}"), "has no key in PEM"),
        (&format!("{certificate},{other}"), "the certificate cannot be used"),
        (&format!("{certificate},/nonexistent"), "No such file"),
    ] {
        let message = refused(&accountd(&[&IN_MEMORY[..], &["--tls", value]].concat()).output().unwrap());
        assert!(message.contains(part), "{message}");
    }
    let names = accountd(&[&IN_MEMORY[..], &["--tls-names", "a"]].concat()).output().unwrap();
    assert!(refused(&names).contains("--tls self"));
}

/// What begins a handshake and is none costs its own connection only; what comes at the end is not waited for long.
#[test]
fn a_broken_handshake_is_closed_and_others_go_on() {
    let directory = Directory::new("tls-broken");
    let running = with_data(&directory);
    let connect = || TcpStream::connect(running.address).unwrap();
    for broken in [&b"\x16\x03\x01\x00\x05hello"[..], b"\x16"] {
        let mut stream = connect();
        stream.write_all(broken).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    // One says nothing, and one has half a handshake: neither holds up the end.
    let (_silent, mut half) = (connect(), connect());
    half.write_all(b"\x16\x03\x01").unwrap();
    assert!(running.get("/_accountd/health", "").starts_with("HTTP/1.1 200"));
    let begun = std::time::Instant::now();
    assert_eq!(running.end("-TERM").0, Some(0));
    assert!(begun.elapsed().as_secs() < 4, "{:?}", begun.elapsed());
}
