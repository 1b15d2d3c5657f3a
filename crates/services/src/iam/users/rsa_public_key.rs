//! RSA public keys as SSH and PEM write them.
//!
//! <https://www.rfc-editor.org/rfc/rfc4253#section-6.6>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use x509_cert::der::asn1::{BitString, UintRef};
use x509_cert::der::{Decode, Encode, EncodePem, Error, Reader, SliceReader, pem::LineEnding};
use x509_cert::spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};

/// The name that SSH gives these keys.
const SSH_RSA: &str = "ssh-rsa";
/// Bits of the modulus: fewer are too weak, more nobody uses.
const BITS: std::ops::RangeInclusive<usize> = 2048..=16_384;
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// An RSA public key. Both numbers are without leading zeros.
pub struct RsaPublicKey {
    exponent: Vec<u8>,
    modulus: Vec<u8>,
}

impl RsaPublicKey {
    /// Reads a key as `ssh-rsa …` or as PEM; `None` for what is neither, or too short.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let key = match text.starts_with("-----BEGIN") {
            true => Self::of_pem(text).ok()?,
            false => Self::of_ssh(text)?,
        };
        let bits = key.modulus.len() * 8 - key.modulus.first()?.leading_zeros() as usize;
        BITS.contains(&bits).then_some(key)
    }

    fn of_ssh(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let blob = words.next().filter(|name| *name == SSH_RSA).and_then(|_| words.next())?;
        let blob = STANDARD.decode(blob).ok()?;
        let mut rest = blob.as_slice();
        let mut part = || {
            let (length, after) = rest.split_first_chunk()?;
            let (part, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            rest = after;
            Some(part)
        };
        let (name, exponent, modulus) = (part()?, part()?, part()?);
        let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let key = Self { exponent: number(exponent), modulus: number(modulus) };
        (name == SSH_RSA.as_bytes() && rest.is_empty() && !key.exponent.is_empty()).then_some(key)
    }

    fn of_pem(text: &str) -> Result<Self, Error> {
        use x509_cert::der::DecodePem as _;
        let info = SubjectPublicKeyInfoOwned::from_pem(text)?;
        SliceReader::new(info.subject_public_key.raw_bytes())?.sequence(|reader| {
            let modulus = UintRef::decode(reader)?.as_bytes().to_vec();
            let exponent = UintRef::decode(reader)?.as_bytes().to_vec();
            Ok(Self { exponent, modulus })
        })
    }

    fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        let mut append = |bytes: &[u8]| {
            blob.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            blob.extend(bytes);
        };
        append(SSH_RSA.as_bytes());
        for number in [&self.exponent, &self.modulus] {
            // A number is written with its sign: one whose first bit is set has a zero before it.
            let sign = number.first().is_some_and(|first| first & 0x80 != 0);
            append(&[if sign { &[0][..] } else { &[] }, number].concat());
        }
        blob
    }

    /// The MD5 of the key as SSH writes it, in pairs of hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = Md5::digest(self.blob()).iter().map(|byte| format!("{byte:02x}")).collect();
        pairs.join(":")
    }

    /// The key as SSH writes it.
    pub fn to_ssh(&self) -> String {
        format!("{SSH_RSA} {}", STANDARD.encode(self.blob()))
    }

    /// The key in PEM; `None` where it cannot be written so.
    pub fn to_pem(&self) -> Option<String> {
        let numbers = [UintRef::new(&self.modulus).ok()?, UintRef::new(&self.exponent).ok()?];
        let key = numbers.to_vec().to_der().ok()?;
        let info = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: RSA_ENCRYPTION,
                parameters: Some(x509_cert::der::Any::null()),
            },
            subject_public_key: BitString::from_bytes(&key).ok()?,
        };
        info.to_pem(LineEnding::LF).ok()
    }
}
