//! Server certificates.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html>

use aws::refusal::Refusal;

use super::certificate::{Certificate, malformed};
use super::private_key::PrivateKey;
use crate::failure::Failure;
use crate::iam::directory::names;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::{On, directory, model, refusal, tag};
use crate::model::iam::{
    CertificateChainType, DeleteServerCertificateRequest, GetServerCertificateRequest,
    GetServerCertificateResponse, ListServerCertificateTagsRequest, ListServerCertificateTagsResponse,
    ListServerCertificatesRequest, ListServerCertificatesResponse, PathPrefixType, PathType,
    ServerCertificateMetadata, TagServerCertificateRequest, UntagServerCertificateRequest,
    UpdateServerCertificateRequest, UploadServerCertificateRequest, UploadServerCertificateResponse,
};
use crate::quotas::number;
use crate::service_quotas::SERVER_CERTIFICATES;
use crate::state::identity::{ServerCertificate, ServerCertificateId};
use crate::world::World;

/// F-IAMAPI-CERT-2: the certificate with this name, to be changed.
fn open(on: &On<'_>, name: &str, world: &World<'_>) -> Result<ServerCertificate, Failure> {
    let found = world.get::<ServerCertificate>(ServerCertificateId::new(on.account, name))?;
    let missing =
        || refusal::no_such_entity(format!("The Server Certificate with name {name} cannot be found."));
    Ok(ServerCertificate::clone(&*found.ok_or_else(missing)?))
}

fn refuse_taken(on: &On<'_>, name: &str, world: &World<'_>) -> Result<(), Failure> {
    match world.get::<ServerCertificate>(ServerCertificateId::new(on.account, name))? {
        Some(_) => {
            let text = format!("The Server Certificate with name {name} already exists.");
            Err(refusal::already_exists(text).into())
        }
        None => Ok(()),
    }
}

fn metadata(certificate: &ServerCertificate) -> ServerCertificateMetadata {
    let ServerCertificate { account, path, name, .. } = certificate;
    ServerCertificateMetadata {
        path: path.as_str().into(),
        server_certificate_name: name.as_str().into(),
        server_certificate_id: certificate.id.as_str().into(),
        arn: names::arn(*account, "server-certificate", path, name).into(),
        upload_date: Some(certificate.uploaded_at),
        expiration: Some(certificate.expires_at),
    }
}

/// UploadServerCertificate.
///
/// # Errors
/// `MalformedCertificate`, `KeyPairMismatch`, `EntityAlreadyExists`, `LimitExceeded`, `InvalidInput`.
pub fn upload(
    on: &On<'_>,
    input: UploadServerCertificateRequest,
    world: &mut World<'_>,
) -> Result<UploadServerCertificateResponse, Failure> {
    let chain = input.certificate_chain.as_ref().map(CertificateChainType::as_str);
    let read = read_checked(on, input.certificate_body.as_str(), input.private_key.as_str(), chain)?;
    let name = input.server_certificate_name.into_string();
    refuse_taken(on, &name, world)?;
    let count = directory::account(on.account, world)?.server_certificates;
    let now = on.context.now;
    if let Some(limit) = SERVER_CERTIFICATES.limit_reached(number(count), on.account, now, world)? {
        return Err(refusal::quota("ServerCertificatesPerAccount", limit).into());
    }
    let certificate = ServerCertificate {
        account: on.account,
        name,
        id: names::unique_id("ASCA", &on.context.seed),
        path: input.path.map_or_else(|| "/".to_owned(), PathType::into_string),
        // F-IAMAPI-CERT-8: shown without the blanks around it.
        body: input.certificate_body.as_str().trim().to_owned(),
        chain: input.certificate_chain.map(|chain| chain.as_str().trim().to_owned()),
        uploaded_at: on.context.now,
        expires_at: read.not_after(),
        tags: tag::of_new(input.tags, tag::Keys::CaseSensitive)?,
    };
    directory::change_account(on.account, world, |account| account.server_certificates = count + 1)?;
    let answer = UploadServerCertificateResponse {
        server_certificate_metadata: Some(metadata(&certificate)),
        tags: tag::shown(&certificate.tags),
    };
    world.save(certificate);
    Ok(answer)
}

/// F-IAMAPI-CERT-3: a certificate is in PEM, good at this time, vouched for by its chain in order, and its key is its own.
fn read_checked(on: &On<'_>, body: &str, key: &str, chain: Option<&str>) -> Result<Certificate, Refusal> {
    let certificate = Certificate::read(body).map_err(|_| malformed(NOT_IN_PEM))?;
    if on.context.now < certificate.not_before() {
        return Err(malformed("Certificate is not yet valid."));
    }
    if on.context.now >= certificate.not_after() {
        return Err(malformed("Certificate is no longer valid."));
    }
    let key = PrivateKey::read(key).map_err(|_| malformed(KEY_NOT_IN_PEM))?;
    if !key.belongs_to(certificate.public_key()) {
        return Err(Refusal::new("KeyPairMismatch", 400, KEY_OF_ANOTHER));
    }
    if let Some(chain) = chain {
        let chain = Certificate::read_all(chain).map_err(|_| malformed(NOT_IN_PEM))?;
        let mut subject = &certificate;
        for (place, issuer) in (-1..).zip(&chain) {
            if !issuer.is_issuer_of(subject) {
                return Err(malformed(format!("{CHAIN_OUT_OF_ORDER}{place}")));
            }
            subject = issuer;
        }
    }
    Ok(certificate)
}

const NOT_IN_PEM: &str = "Unable to parse certificate. Please ensure the certificate is in PEM format.";
const KEY_NOT_IN_PEM: &str = "Unable to parse private key. Please ensure the private key is in PEM format.";
const KEY_OF_ANOTHER: &str = "The private key does not match the public key of the certificate.";
const CHAIN_OUT_OF_ORDER: &str = "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order. The index within the chain of the invalid certificate is: ";

/// GetServerCertificate.
///
/// # Errors
/// `NoSuchEntity`.
pub fn get(
    on: &On<'_>,
    input: &GetServerCertificateRequest,
    world: &World<'_>,
) -> Result<GetServerCertificateResponse, Failure> {
    let certificate = open(on, input.server_certificate_name.as_str(), world)?;
    Ok(GetServerCertificateResponse {
        server_certificate: model::ServerCertificate {
            server_certificate_metadata: metadata(&certificate),
            tags: Some(tag::all(&certificate.tags)),
            certificate_chain: certificate.chain.map(Into::into),
            certificate_body: certificate.body.into(),
        },
    })
}

/// ListServerCertificates, in the order of names.
///
/// # Errors
/// `ValidationError` for a foreign marker.
pub fn list(
    on: &On<'_>,
    input: ListServerCertificatesRequest,
    world: &World<'_>,
) -> Result<ListServerCertificatesResponse, Failure> {
    let prefix = input.path_prefix.as_ref().map_or("/", PathPrefixType::as_str);
    let pages = Pages::new("ListServerCertificates", on, [prefix], input.marker, input.max_items)?;
    let within = ServerCertificateId::within(on.account);
    let page = pages.of_documents(&within, world, |_, certificate: &ServerCertificate| {
        Ok(certificate.path.starts_with(prefix).then(|| metadata(certificate)))
    })?;
    let Page { items, is_truncated, marker } = page;
    Ok(ListServerCertificatesResponse { server_certificate_metadata_list: items, is_truncated, marker })
}

/// UpdateServerCertificate: another name, another path, or both.
///
/// # Errors
/// `NoSuchEntity`, `EntityAlreadyExists`.
pub fn update(
    on: &On<'_>,
    input: UpdateServerCertificateRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let old = open(on, input.server_certificate_name.as_str(), world)?;
    let mut certificate = old.clone();
    if let Some(path) = input.new_path {
        certificate.path = path.into_string();
    }
    if let Some(name) = input.new_server_certificate_name {
        certificate.name = name.into_string();
    }
    if ServerCertificateId::new(on.account, &certificate.name)
        != ServerCertificateId::new(on.account, &old.name)
    {
        refuse_taken(on, &certificate.name, world)?;
        world.delete::<ServerCertificate>(ServerCertificateId::new(on.account, &old.name));
    }
    world.save(certificate);
    Ok(())
}

/// DeleteServerCertificate.
///
/// # Errors
/// `NoSuchEntity`.
pub fn delete(
    on: &On<'_>,
    input: &DeleteServerCertificateRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let certificate = open(on, input.server_certificate_name.as_str(), world)?;
    directory::change_account(on.account, world, |account| {
        account.server_certificates = account.server_certificates.saturating_sub(1);
    })?;
    world.delete::<ServerCertificate>(ServerCertificateId::new(on.account, &certificate.name));
    Ok(())
}

/// TagServerCertificate.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`, `LimitExceeded`.
pub fn add_tags(
    on: &On<'_>,
    input: TagServerCertificateRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut certificate = open(on, input.server_certificate_name.as_str(), world)?;
    tag::add(&mut certificate.tags, input.tags, tag::Keys::CaseSensitive)?;
    world.save(certificate);
    Ok(())
}

/// UntagServerCertificate.
///
/// # Errors
/// `NoSuchEntity`.
pub fn remove_tags(
    on: &On<'_>,
    input: &UntagServerCertificateRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut certificate = open(on, input.server_certificate_name.as_str(), world)?;
    tag::remove(&mut certificate.tags, &input.tag_keys, tag::Keys::CaseSensitive);
    world.save(certificate);
    Ok(())
}

/// ListServerCertificateTags.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError` for a foreign marker.
pub fn list_tags(
    on: &On<'_>,
    input: ListServerCertificateTagsRequest,
    world: &World<'_>,
) -> Result<ListServerCertificateTagsResponse, Failure> {
    let name = input.server_certificate_name.as_str();
    let certificate = open(on, name, world)?;
    let pages = Pages::new("ListServerCertificateTags", on, [name], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(tag::listed(&certificate.tags));
    Ok(ListServerCertificateTagsResponse { tags: items, is_truncated, marker })
}
