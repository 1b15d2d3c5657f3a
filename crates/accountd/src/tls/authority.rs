//! An authority of accountd's own, in a directory, and certificates below it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// How clients call this machine: its own names, those of LocalStack's tools, and those of containers.
const USUAL_NAMES: [&str; 9] = [
    "localhost",
    "*.localhost",
    "localhost.localstack.cloud",
    "*.localhost.localstack.cloud",
    "accountd",
    "host.docker.internal",
    "127.0.0.1",
    "::1",
    "0.0.0.0",
];

/// The authority's certificate, which clients trust.
const AUTHORITY: &str = "ca.pem";
/// Its private key.
const AUTHORITY_KEY: &str = "ca-key.pem";

/// Longer than any data directory: the authority is trusted by hand, and its file says of what it is.
const LAST_YEAR: i32 = 2099;

/// A certificate for this start.
pub(super) struct Own {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    /// The file of the authority's certificate.
    pub(super) authority: PathBuf,
}

/// A certificate for the usual names and for `more`, of the authority in `directory`, which is made where it is not there.
///
/// # Errors
/// One line that says what is wrong.
pub(super) fn certificate(directory: &Path, more: &[String]) -> Result<Own, String> {
    let failed = |error: rcgen::Error| format!("--tls self: no certificate can be made: {error}");
    let key = authority_key(directory)?;
    let parameters = authority_parameters().map_err(failed)?;
    let authority = directory.join(AUTHORITY);
    if !authority.is_file() {
        let certificate = parameters.self_signed(&key).map_err(failed)?;
        write(&authority, &certificate.pem(), 0o644)?;
    }
    let names =
        USUAL_NAMES.iter().map(|name| (*name).to_owned()).chain(more.iter().cloned()).chain(own_name());
    let mut leaf = CertificateParams::new(names.collect::<Vec<_>>()).map_err(failed)?;
    leaf.distinguished_name = named("accountd");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Some clients take no certificate that lives longer than 398 days. A server that runs that long is started again.
    let [(year, month, day), end] = [-1, 390].map(day);
    leaf.not_before = date_time_ymd(year, month, day);
    leaf.not_after = date_time_ymd(end.0, end.1, end.2);
    let leaf_key = KeyPair::generate().map_err(failed)?;
    let issued = leaf.signed_by(&leaf_key, &Issuer::from_params(&parameters, &key)).map_err(failed)?;
    Ok(Own {
        chain: vec![issued.der().clone()],
        key: PrivatePkcs8KeyDer::from(leaf_key.serialize_der()).into(),
        authority: fs::canonicalize(&authority).unwrap_or(authority),
    })
}

fn authority_parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::<String>::new())?;
    parameters.distinguished_name = named("accountd's own authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (parameters.not_before, parameters.not_after) =
        (date_time_ymd(2020, 1, 1), date_time_ymd(LAST_YEAR, 1, 1));
    Ok(parameters)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Year, month and day so many days from now.
fn day(from_now: i64) -> (i32, u8, u8) {
    let then = Timestamp::now().saturating_add(SignedDuration::from_hours(24 * from_now));
    let date = then.unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date();
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}

/// The name of this machine, by which a container is called.
fn own_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_str().ok()?.to_owned();
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    (!name.is_empty() && is_name(&name)).then_some(name)
}

fn authority_key(directory: &Path) -> Result<KeyPair, String> {
    let path = directory.join(AUTHORITY_KEY);
    match fs::read_to_string(&path) {
        Ok(text) => {
            KeyPair::from_pem(&text).map_err(|_| format!("--tls self: {} is no key in PEM", path.display()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key =
                KeyPair::generate().map_err(|error| format!("--tls self: no key can be made: {error}"))?;
            fs::create_dir_all(directory)
                .map_err(|error| format!("--tls self: {}: {error}", directory.display()))?;
            write(&path, &key.serialize_pem(), 0o600)?;
            Ok(key)
        }
        Err(error) => Err(format!("--tls self: {}: {error}", path.display())),
    }
}

/// A file that was not there before.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| format!("--tls self: {}: {error}", path.display()))
}
