//! TLS for the listener: a certificate that a person gives, or one of accountd's own authority (F-TLS-1).
//!
//! The authority lives as long as the data directory, so that whoever trusts it trusts it after a restart; the certificate
//! below it is made anew at each start, for the names by which this machine is called.

mod authority;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::configuration::{self, Storage};
use crate::entropy;

/// Whether and how TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// It is not.
    Off,
    /// With certificates of an authority of accountd's own.
    Own {
        /// Names and addresses by which clients call this machine, besides its usual ones.
        names: Vec<String>,
    },
    /// With a certificate of a person's.
    Given {
        /// The certificate and what is above it, in PEM.
        certificate: PathBuf,
        /// Its private key, in PEM.
        key: PathBuf,
    },
}

/// What the listener speaks TLS with.
pub struct Opened {
    /// Takes connections.
    pub acceptor: TlsAcceptor,
    /// What clients must trust, where it is accountd's own.
    pub authority: Option<PathBuf>,
}

/// Reads or makes what is needed; nothing where TLS is off.
///
/// # Errors
/// One line that says what is wrong.
pub fn open(tls: &Tls, storage: &Storage) -> Result<Option<Opened>, String> {
    let (chain, key, authority) = match tls {
        Tls::Off => return Ok(None),
        Tls::Own { names } => {
            let directory = match storage {
                Storage::Directory(directory) => directory.join("tls"),
                // There is no place that is ours alone, so that each start has an authority of its own.
                Storage::Memory | Storage::Database(_) => {
                    std::env::temp_dir().join(format!("accountd-{}", entropy::request_id()))
                }
            };
            let own = authority::certificate(&directory, names)?;
            (own.chain, own.key, Some(own.authority))
        }
        Tls::Given { certificate, key } => {
            let (chain, key) = read(certificate, key).map_err(|reason| format!("--tls: {reason}"))?;
            (chain, key, None)
        }
    };
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|error| format!("--tls: the certificate cannot be used: {error}"))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Some(Opened { acceptor: TlsAcceptor::from(Arc::new(config)), authority }))
}

/// The one that mail is delivered with, too.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn read(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    configuration::refuse_world_readable(key).map_err(|reason| format!("{}: {reason}", key.display()))?;
    let chain = certificates(certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(key).map_err(|_| format!("{}: it has no key in PEM", key.display()))?;
    Ok((chain, key))
}

/// The certificates in a file, of which there is one at least.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let name = file.display();
    let found = CertificateDer::pem_file_iter(file).map_err(|error| format!("{name}: {error}"))?;
    let found: Result<Vec<_>, _> = found.collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("{name}: it has no certificate in PEM")),
    }
}

/// What a client of accountd trusts: the authorities in a file, or else those of this machine.
///
/// # Errors
/// One line that says what is wrong with the file, or that there is nothing to trust.
pub fn client(authorities: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let trusted = match authorities {
        Some(file) => certificates(file)?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (_, ignored) = roots.add_parsable_certificates(trusted);
    if authorities.is_none() && roots.is_empty() {
        return Err("this machine trusts no certificates".to_owned());
    }
    if let Some(file) = authorities.filter(|_| ignored > 0 && roots.is_empty()) {
        return Err(format!("{}: its certificates cannot be read", file.display()));
    }
    let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
