//! Digest files: once an hour what was delivered, by its hashes, signed, each with the hash and the signature of the one
//! before it, so that `aws cloudtrail validate-logs` finds what was changed or taken away.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>

use std::sync::Arc;

use aws::arn::AccountId;
use aws::trail::whole_seconds;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use services::state::trail::{
    DeliveredFile, DeliveryId, DigestChain, DigestChainId, DigestKey, DigestKeyId, PreviousDigest, Trail,
};
use services::world::key::Prefix;
use sha2::{Digest, Sha256};

use super::files::{compressed, hexadecimal};
use super::place::Place;
use super::s3::Object;
use super::window::{self, Windows};
use super::{Courier, NotPut};
use crate::state_engine::{change, look};
use crate::store::Store;

/// F-DIGEST-2: a digest is of an hour; where nothing was delivered for longer than this, one stands for all of it.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_SILENCE: SignedDuration = SignedDuration::from_hours(48);

/// F-DIGEST-3: how long a key is good.
const KEY_DAYS: i64 = 30;

/// How many chains of a trail are looked at in one transaction.
const CHAINS: usize = 500;

/// The id of the chain of a trail for one account and Region.
pub fn chain_id(trail: &Trail, account: AccountId, region: &str) -> String {
    format!("{}/{account}/{region}", chains_of(trail))
}

fn chains_of(trail: &Trail) -> String {
    format!("{}/{}/{}", trail.account, trail.region, trail.name)
}

/// The chain as it is known, or a new one that begins with the hour of `since`.
pub fn chain(trail: &Trail, known: Option<&DigestChain>, since: Timestamp) -> DigestChain {
    let known = known.filter(|known| known.of_trail_created_at == trail.created_at);
    known.cloned().unwrap_or_else(|| DigestChain {
        of_trail_created_at: trail.created_at,
        until: hours().begin(since),
        previous: None,
        files: Vec::new(),
    })
}

fn hours() -> Windows {
    Windows::of(window::LONGEST)
}

impl Courier {
    /// Puts the digest files of a trail whose hours have passed.
    pub(super) async fn deliver_digests(
        &mut self,
        place: &Arc<Place>,
        until: Timestamp,
    ) -> Result<(), String> {
        let Some(trail) = place.vouched_for() else { return Ok(()) };
        for (id, chain) in open_chains(&self.store, &trail).await? {
            let mut chain = chain;
            while chain.until.saturating_add(HOUR).is_ok_and(|end| end <= until) {
                let end = next_end(&chain, until);
                match self.deliver_digest(place, &trail, &id, &chain, end).await? {
                    Ok(next) => chain = next,
                    Err(not_put) => {
                        self.note_digest(place, Err(not_put.code)).await?;
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    async fn deliver_digest(
        &mut self,
        place: &Arc<Place>,
        trail: &Trail,
        id: &str,
        chain: &DigestChain,
        end: Timestamp,
    ) -> Result<Result<DigestChain, NotPut>, String> {
        let Some((account, region)) = account_and_region(id) else {
            return Err("a chain of digests has no name".into());
        };
        let folder = window::folder(trail.prefix.as_deref(), trail.organization.as_deref(), account);
        let key = window::digest_key(&folder, account, &region, (&trail.name, &trail.region), end);
        let signing = signing_key(&self.store, end).await?;
        let of = Digested { trail, account, key: &key, chain, end };
        let (fingerprint, pair) = &signing;
        let text = of.text(fingerprint);
        let hash = hexadecimal(&Sha256::digest(text.as_bytes()));
        let signature = of.signature(&hash, pair).map_err(|()| "a digest could not be signed".to_owned())?;
        let object = Object {
            key: key.clone(),
            content: compressed(text.as_bytes()).into(),
            kms_key: trail.kms_key.clone(),
            metadata: vec![
                ("signature", signature.clone()),
                ("signature-algorithm", "SHA256withRSA".to_owned()),
            ],
        };
        if let Err(not_put) = place.target.put(Some(&trail.bucket), object).await {
            return Ok(Err(not_put));
        }
        let next = DigestChain {
            until: end,
            previous: Some(PreviousDigest { bucket: trail.bucket.clone(), key, hash, signature }),
            files: Vec::new(),
            ..chain.clone()
        };
        let (kept, id) = (next.clone(), id.to_owned());
        change(&self.store, move |world| {
            world.put(DigestChainId(&id), kept.clone());
            Ok(())
        })
        .await?;
        self.note_digest(place, Ok(())).await?;
        Ok(Ok(next))
    }

    async fn note_digest(&mut self, place: &Place, outcome: Result<(), String>) -> Result<(), String> {
        let now = self.clock.now();
        let Some(progress) = self.progress.get_mut(&place.name) else { return Ok(()) };
        progress.delivery.digests.note(now, outcome);
        let (name, kept) = (place.name.clone(), progress.delivery.clone());
        change(&self.store, move |world| {
            world.put(DeliveryId(&name), kept.clone());
            Ok(())
        })
        .await
    }
}

fn next_end(chain: &DigestChain, until: Timestamp) -> Timestamp {
    let next = chain.until.saturating_add(HOUR).unwrap_or(Timestamp::MAX);
    match chain.files.is_empty() && until.duration_since(chain.until) > LONGEST_SILENCE {
        true => hours().begin(until),
        false => next,
    }
}

fn account_and_region(id: &str) -> Option<(AccountId, String)> {
    let mut parts = id.rsplitn(3, '/');
    let region = parts.next()?.to_owned();
    Some((parts.next()?.parse().ok()?, region))
}

/// The chains of a trail; that of its own account and home is there from its first hour on, whatever is delivered.
async fn open_chains(store: &Store, trail: &Arc<Trail>) -> Result<Vec<(String, DigestChain)>, String> {
    let trail = Arc::clone(trail);
    look(store, move |world| {
        let own = chain_id(&trail, trail.account, &trail.region);
        let known = world.get::<DigestChain>(DigestChainId(&own))?;
        let since = trail.started_at().unwrap_or(trail.created_at);
        let mut chains = vec![(own.clone(), chain(&trail, known.as_deref(), since))];
        let all = Prefix::<DigestChain>::within(chains_of(&trail).as_str());
        for key in world.keys(&all, None, CHAINS)? {
            let id = key.id()?;
            let known = world.get::<DigestChain>(id)?;
            let known = known.filter(|known| known.of_trail_created_at == trail.created_at && id.0 != own);
            chains.extend(known.map(|known| (id.0.to_owned(), DigestChain::clone(&known))));
        }
        Ok(chains)
    })
    .await
}

/// One digest file.
struct Digested<'d> {
    trail: &'d Trail,
    account: AccountId,
    key: &'d str,
    chain: &'d DigestChain,
    end: Timestamp,
}

impl Digested<'_> {
    /// The text of the file.
    fn text(&self, fingerprint: &str) -> String {
        let files = &self.chain.files;
        let time = |time: Option<Timestamp>| time.map(whole_seconds);
        let previous = self.chain.previous.as_ref();
        let of_previous = |value: fn(&PreviousDigest) -> &str| previous.map(value);
        let log_file = |file: &DeliveredFile| -> Value {
            json!({
                "s3Bucket": file.bucket,
                "s3Object": file.key,
                "hashValue": file.hash,
                "hashAlgorithm": "SHA-256",
                "newestEventTime": whole_seconds(file.newest),
                "oldestEventTime": whole_seconds(file.oldest),
            })
        };
        json!({
            "awsAccountId": self.account,
            "digestStartTime": whole_seconds(self.chain.until),
            "digestEndTime": whole_seconds(self.end),
            "digestS3Bucket": self.trail.bucket,
            "digestS3Object": self.key,
            "digestPublicKeyFingerprint": fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": time(files.iter().map(|file| file.newest).max()),
            "oldestEventTime": time(files.iter().map(|file| file.oldest).min()),
            "previousDigestS3Bucket": of_previous(|previous| &previous.bucket),
            "previousDigestS3Object": of_previous(|previous| &previous.key),
            "previousDigestHashValue": of_previous(|previous| &previous.hash),
            "previousDigestHashAlgorithm": previous.map(|_| "SHA-256"),
            "previousDigestSignature": of_previous(|previous| &previous.signature),
            "logFiles": files.iter().map(log_file).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// The signature over the end, the path, the hash of the text and the signature of the file before.
    fn signature(&self, hash: &str, pair: &KeyPair) -> Result<String, ()> {
        let previous = self.chain.previous.as_ref().map_or("null", |previous| &previous.signature);
        let signed =
            format!("{}\n{}/{}\n{hash}\n{previous}", whole_seconds(self.end), self.trail.bucket, self.key);
        let mut signature = vec![0; pair.public_modulus_len()];
        let made = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
        made.map_err(|_| ())?;
        Ok(hexadecimal(&signature))
    }
}

/// The key that signs at this time, by its fingerprint; a new one, where there is none that is good.
async fn signing_key(store: &Store, at: Timestamp) -> Result<(String, KeyPair), String> {
    let broken = |_| "a key of digests cannot be read".to_owned();
    let known = look(store, move |world| {
        for key in world.keys::<DigestKey>(&Prefix::empty(), None, usize::MAX >> 1)? {
            let id = key.id()?;
            if let Some(stored) = world.get::<DigestKey>(id)?.filter(|key| key.from <= at && at < key.until) {
                return Ok(Some((id.0.to_owned(), stored.private.clone())));
            }
        }
        Ok(None)
    })
    .await?;
    if let Some((fingerprint, private)) = known {
        let private = STANDARD.decode(private).map_err(|_| "a key of digests is no base64".to_owned())?;
        return Ok((fingerprint, KeyPair::from_pkcs8(&private).map_err(broken)?));
    }
    let made = tokio::task::spawn_blocking(|| KeyPair::generate(KeySize::Rsa2048)).await;
    let pair = made.map_err(|error| error.to_string())?.map_err(|_| "no key could be made".to_owned())?;
    let public = pair.public_key().as_ref().to_vec();
    let private = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair);
    let private = private.map_err(|_| "a key of digests cannot be written".to_owned())?;
    let fingerprint = hexadecimal(&md5::Md5::digest(&public));
    let until = at.saturating_add(SignedDuration::from_hours(24 * KEY_DAYS)).unwrap_or(Timestamp::MAX);
    let from = at.checked_sub(HOUR).unwrap_or(at);
    let key = DigestKey {
        public: STANDARD.encode(&public),
        private: STANDARD.encode(private.as_ref()),
        from,
        until,
    };
    let id = fingerprint.clone();
    change(store, move |world| {
        world.put(DigestKeyId(&id), key.clone());
        Ok(())
    })
    .await?;
    Ok((fingerprint, pair))
}
