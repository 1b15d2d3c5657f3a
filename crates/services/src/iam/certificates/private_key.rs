//! A private key, read as far as to tell whether it is that of a certificate.

use x509_cert::der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use x509_cert::der::{Decode, Error, ErrorKind, Reader, SliceReader, Tag, Tagged, pem};

/// What a private key tells of the public one.
pub enum PrivateKey {
    /// RSA: the modulus.
    Rsa(Vec<u8>),
    /// A curve: the point, where the key holds it.
    Curve(Option<Vec<u8>>),
}

impl PrivateKey {
    /// Reads a key in PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    ///
    /// # Errors
    /// Where it is none of these.
    pub fn read(text: &str) -> Result<Self, Error> {
        let (label, bytes) = pem::decode_vec(text.trim().as_bytes())?;
        match label {
            "PRIVATE KEY" => Self::of_pkcs8(&bytes),
            "RSA PRIVATE KEY" => Self::of_pkcs1(&bytes),
            "EC PRIVATE KEY" => Self::of_sec1(&bytes),
            _ => Err(ErrorKind::Failed.into()),
        }
    }

    fn of_pkcs8(bytes: &[u8]) -> Result<Self, Error> {
        let inner = SliceReader::new(bytes)?.sequence(|reader| {
            UintRef::decode(reader)?;
            AnyRef::decode(reader)?;
            let key = <&OctetStringRef>::decode(reader)?;
            rest(reader)?;
            Ok::<_, Error>(key.as_bytes())
        })?;
        Self::of_pkcs1(inner).or_else(|_| Self::of_sec1(inner))
    }

    fn of_pkcs1(bytes: &[u8]) -> Result<Self, Error> {
        SliceReader::new(bytes)?.sequence(|reader| {
            UintRef::decode(reader)?;
            let modulus = UintRef::decode(reader)?.as_bytes().to_vec();
            UintRef::decode(reader)?;
            rest(reader)?;
            Ok(Self::Rsa(modulus))
        })
    }

    fn of_sec1(bytes: &[u8]) -> Result<Self, Error> {
        SliceReader::new(bytes)?.sequence(|reader| {
            UintRef::decode(reader)?;
            AnyRef::decode(reader).and_then(|key| match key.tag() {
                Tag::OctetString => Ok(()),
                _ => Err(ErrorKind::Failed.into()),
            })?;
            let mut point = None;
            while !reader.is_finished() {
                // `[0]` is the curve, `[1]` the point.
                let part = AnyRef::decode(reader)?;
                if part.tag().number().value() == 1 {
                    point = Some(BitStringRef::from_der(part.value())?.raw_bytes().to_vec());
                }
            }
            Ok(Self::Curve(point))
        })
    }

    /// Whether a certificate with this public key belongs to it.
    pub fn belongs_to(&self, public_key: &[u8]) -> bool {
        match self {
            Self::Rsa(modulus) => rsa_modulus(public_key).is_ok_and(|public| public == *modulus),
            Self::Curve(Some(point)) => point == public_key,
            Self::Curve(None) => rsa_modulus(public_key).is_err(),
        }
    }
}

/// The modulus of an RSA public key: of a sequence of modulus and exponent.
///
/// # Errors
/// Where it is no RSA key.
pub fn rsa_modulus(public_key: &[u8]) -> Result<Vec<u8>, Error> {
    SliceReader::new(public_key)?.sequence(|reader| {
        let modulus = UintRef::decode(reader)?.as_bytes().to_vec();
        UintRef::decode(reader)?;
        Ok(modulus)
    })
}

/// Passes over what is left.
fn rest<'r>(reader: &mut impl Reader<'r>) -> Result<(), Error> {
    while !reader.is_finished() {
        AnyRef::decode(reader)?;
    }
    Ok(())
}
