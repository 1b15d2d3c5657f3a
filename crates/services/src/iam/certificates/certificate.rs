//! A certificate, read as far as IAM looks into it. Signatures are not verified.

use aws::refusal::Refusal;
use jiff::Timestamp;
use x509_cert::Certificate as X509;
use x509_cert::der::{DecodePem, Error};
use x509_cert::time::Time;

/// F-IAMAPI-CERT-1: the refusal of what is no certificate, or none that may be used, in given words.
pub fn malformed(text: impl Into<String>) -> Refusal {
    Refusal::new("MalformedCertificate", 400, text.into())
}

/// A certificate.
pub struct Certificate(X509);

impl Certificate {
    /// Reads one certificate in PEM.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(pem: &str) -> Result<Self, Error> {
        X509::from_pem(pem.trim()).map(Self)
    }

    /// Reads certificates in PEM, one after the other.
    ///
    /// # Errors
    /// Where one of them is none, or there is none.
    pub fn read_all(pem: &str) -> Result<Vec<Self>, Error> {
        const END: &str = "-----END CERTIFICATE-----";
        let parts = pem.split_inclusive(END).filter(|part| !part.trim().is_empty());
        parts.map(Self::read).collect()
    }

    /// Whether the other one names this one as its issuer.
    pub fn is_issuer_of(&self, other: &Self) -> bool {
        self.0.tbs_certificate().subject() == other.0.tbs_certificate().issuer()
    }

    /// When it begins to be good.
    pub fn not_before(&self) -> Timestamp {
        timestamp(self.0.tbs_certificate().validity().not_before)
    }

    /// When it stops being good.
    pub fn not_after(&self) -> Timestamp {
        timestamp(self.0.tbs_certificate().validity().not_after)
    }

    /// The public key, as the certificate holds it: for RSA a structure of modulus and exponent, for curves a point.
    pub fn public_key(&self) -> &[u8] {
        self.0.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes()
    }
}

fn timestamp(time: Time) -> Timestamp {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
