//! JSON Web Tokens (RFC 7519) signed as RFC 7515 says, and the keys that issuers publish (RFC 7517).
//!
//! The mathematics is aws-lc-rs's; what is here is which key and which algorithm. A token says which algorithm it was signed
//! by, and only those that IAM's guide lists are known, so that nobody gets in with `none`.

use aws_lc_rs::signature::{
    self, EcdsaVerificationAlgorithm, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How many keys of an issuer are looked at. Issuers publish a handful.
const MOST_KEYS: usize = 100;

/// A token whose signature nobody has looked at yet.
pub struct Token<'t> {
    header: Header,
    /// What it says.
    pub claims: Map<String, Value>,
    signed: &'t str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// What an issuer's keys say of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// One of them signed it.
    Signed,
    /// None of them has the token's key id and algorithm.
    NoSuchKey,
    /// The key did not sign this.
    Forged,
}

impl<'t> Token<'t> {
    /// Takes a token apart; `None` where it is none.
    pub fn read(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.').filter(|(_, claims)| !claims.contains('.'))?;
        let part = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = serde_json::from_slice(&part(header)?).ok()?;
        let claims = serde_json::from_slice(&part(claims)?).ok()?;
        Some(Self { header, claims, signed, signature: part(signature)? })
    }

    /// The id of the key that signed it, as the token claims.
    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// A claim that is a text.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim that is an instant, in seconds since 1970.
    pub fn seconds(&self, claim: &str) -> Option<i64> {
        let value = self.claims.get(claim)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a claim that is no time becomes the nearest that is one"
        )]
        value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
    }

    /// Looks for the token's key in a set of keys and asks it.
    pub fn verify(&self, key_set: &Value) -> Verdict {
        let Some(algorithm) = Algorithm::named(&self.header.alg) else { return Verdict::NoSuchKey };
        let keys = key_set["keys"].as_array().into_iter().flatten().take(MOST_KEYS);
        let mut verdict = Verdict::NoSuchKey;
        for key in keys.filter(|key| self.may_be_of(key)) {
            match algorithm.verify(key, self.signed.as_bytes(), &self.signature) {
                Some(true) => return Verdict::Signed,
                Some(false) => verdict = Verdict::Forged,
                None => {}
            }
        }
        verdict
    }

    /// Whether a key has the id that the token names; one of the two may say none.
    fn may_be_of(&self, key: &Value) -> bool {
        match (self.key_id(), key["kid"].as_str()) {
            (Some(wanted), Some(known)) => wanted == known,
            _ => true,
        }
    }
}

/// An algorithm that IAM's guide lists for providers of OpenID Connect.
#[derive(Clone, Copy)]
enum Algorithm {
    Rsa(&'static RsaParameters),
    Ecdsa(&'static EcdsaVerificationAlgorithm, &'static str),
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Self::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Self::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            "ES256" => Self::Ecdsa(&signature::ECDSA_P256_SHA256_FIXED, "P-256"),
            "ES384" => Self::Ecdsa(&signature::ECDSA_P384_SHA384_FIXED, "P-384"),
            "ES512" => Self::Ecdsa(&signature::ECDSA_P521_SHA512_FIXED, "P-521"),
            _ => return None,
        })
    }

    /// Whether the key signed the message; `None` where it is no key of this algorithm.
    fn verify(self, key: &Value, message: &[u8], signature: &[u8]) -> Option<bool> {
        let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
        match self {
            Self::Rsa(parameters) if key["kty"] == "RSA" => {
                let key = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
                Some(key.verify(parameters, message, signature).is_ok())
            }
            Self::Ecdsa(algorithm, curve) if key["kty"] == "EC" && key["crv"] == curve => {
                let point = [vec![4], number("x")?, number("y")?].concat();
                Some(UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The example of RFC 7515, appendix A.3: ES256.
    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn key() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
    }

    /// F-WEB-4
    #[test]
    fn a_signature_is_asked_of_the_right_key_only() {
        let token = Token::read(TOKEN).expect("a token");
        assert_eq!((token.text("iss"), token.seconds("exp")), (Some("joe"), Some(1_300_819_380)));
        assert_eq!(token.verify(&json!({ "keys": [key()] })), Verdict::Signed);
        let forged = TOKEN.replace("DtEhU3", "DtEhU4");
        assert_eq!(
            Token::read(&forged).expect("a token").verify(&json!({ "keys": [key()] })),
            Verdict::Forged
        );
        let mut other = key();
        other["crv"] = json!("P-384");
        for keys in [json!([]), json!([other]), json!([{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }])] {
            assert_eq!(token.verify(&json!({ "keys": keys })), Verdict::NoSuchKey);
        }
        // The same claims under no signature at all.
        let none =
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), TOKEN.split('.').nth(1).unwrap());
        assert_eq!(
            Token::read(&none).expect("a token").verify(&json!({ "keys": [key()] })),
            Verdict::NoSuchKey
        );
        for wrong in ["", "a", "a.b", "a.b.c", "a.b.c.d", &TOKEN[1..]] {
            assert!(Token::read(wrong).is_none(), "{wrong}");
        }
    }
}
