//! An issuer of OpenID Connect on this machine, as GitHub Actions has one: it publishes its keys, and signs what it is told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Value, json};

/// An issuer. It answers until the test's process ends.
pub struct Issuer {
    /// Its URL, `http://127.0.0.1:PORT`.
    pub url: String,
    rsa: KeyPair,
    ecdsa: EcdsaKeyPair,
    /// What it answers by path, and how often it was asked.
    pages: Arc<Mutex<Pages>>,
}

struct Pages {
    discovery: Value,
    keys: Value,
    asked: u32,
}

impl Issuer {
    /// Opens one on a port that is free.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
        let keys = key_set(&rsa, &ecdsa);
        let pages = Arc::new(Mutex::new(Pages { discovery, keys, asked: 0 }));
        let served = Arc::clone(&pages);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &served);
            }
        });
        Self { url, rsa, ecdsa, pages }
    }

    /// The issuer's name in ARNs and condition keys.
    pub fn name(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The keys it publishes.
    pub fn key_set(&self) -> Value {
        self.pages.lock().unwrap().keys.clone()
    }

    /// Publishes other keys.
    pub fn publish(&self, keys: Value) {
        self.pages.lock().unwrap().keys = keys;
    }

    /// How many requests it had.
    pub fn asked(&self) -> u32 {
        self.pages.lock().unwrap().asked
    }

    /// A token that says `claims`, signed by RS256.
    pub fn token(&self, claims: &Value) -> String {
        let signed = parts(&json!({ "alg": "RS256", "typ": "JWT", "kid": "rsa" }), claims);
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", base64url(&signature))
    }

    /// The same, signed by ES256.
    pub fn token_es256(&self, claims: &Value) -> String {
        let signed = parts(&json!({ "alg": "ES256", "typ": "JWT", "kid": "ec" }), claims);
        let signature = self.ecdsa.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url(signature.as_ref()))
    }
}

fn key_set(rsa: &KeyPair, ecdsa: &EcdsaKeyPair) -> Value {
    let public = rsa.public_key();
    let modulus = base64url(public.modulus().big_endian_without_leading_zero());
    let exponent = base64url(public.exponent().big_endian_without_leading_zero());
    let point = ecdsa.public_key().as_ref();
    let (x, y) = point[1..].split_at(32);
    json!({ "keys": [
        { "kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": modulus, "e": exponent },
        { "kty": "EC", "kid": "ec", "use": "sig", "crv": "P-256", "x": base64url(x), "y": base64url(y) },
    ] })
}

fn parts(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()))
}

/// Base 64 as tokens have it, written without the crate that reads it.
pub fn base64url(bytes: &[u8]) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(letters[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

fn answer(mut stream: TcpStream, pages: &Mutex<Pages>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
    }
    let mut pages = pages.lock().unwrap();
    pages.asked += 1;
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, body) = match path.as_str() {
        "/.well-known/openid-configuration" => ("200 OK", pages.discovery.to_string()),
        "/keys" => ("200 OK", pages.keys.to_string()),
        _ => ("404 Not Found", String::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes());
}
