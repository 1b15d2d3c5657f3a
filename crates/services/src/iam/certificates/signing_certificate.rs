//! Signing certificates of users. F-IAMAPI-CERT-7: the root user has none here.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html>

use aws::refusal::Refusal;

use super::certificate::{Certificate, malformed};
use crate::failure::Failure;
use crate::iam::directory::page::{Page, Pages};
use crate::iam::users::user::{named_or_self, owner_of_list};
use crate::iam::{On, directory, model, refusal};
use crate::model::iam::{
    CertificateIdType, DeleteSigningCertificateRequest, ExistingUserNameType, ListSigningCertificatesRequest,
    ListSigningCertificatesResponse, StatusType, UpdateSigningCertificateRequest,
    UploadSigningCertificateRequest, UploadSigningCertificateResponse,
};
use crate::state::identity::{SigningCertificate, User};
use crate::world::World;

/// F-IAMAPI-CERT-6: the most signing certificates of a user.
pub const MOST: usize = 2;

fn shown(user: &User, certificate: &SigningCertificate) -> model::SigningCertificate {
    model::SigningCertificate {
        user_name: user.name.as_str().into(),
        certificate_id: certificate.id.as_str().into(),
        certificate_body: certificate.body.as_str().into(),
        status: if certificate.active { StatusType::Active } else { StatusType::Inactive },
        upload_date: Some(certificate.uploaded_at),
    }
}

fn missing(id: &CertificateIdType) -> Refusal {
    refusal::no_such_entity(format!("The Certificate with id {} cannot be found.", id.as_str()))
}

/// UploadSigningCertificate.
///
/// # Errors
/// `NoSuchEntity`, F-IAMAPI-CERT-5: `MalformedCertificate`, `DuplicateCertificate` (text *assumed*), `LimitExceeded`.
pub fn upload(
    on: &On<'_>,
    input: UploadSigningCertificateRequest,
    world: &mut World<'_>,
) -> Result<UploadSigningCertificateResponse, Failure> {
    let mut user = owner(on, input.user_name.as_ref(), world)?;
    let body = input.certificate_body.into_string();
    if Certificate::read(&body).is_err() {
        return Err(malformed(format!("Certificate {body} is malformed.")).into());
    }
    if user.signing_certificates.iter().any(|known| known.body.trim() == body.trim()) {
        let text = "The certificate has been uploaded already.";
        return Err(Refusal::new("DuplicateCertificate", 409, text).into());
    }
    if user.signing_certificates.len() >= MOST {
        return Err(refusal::quota("CertificatesPerUser", MOST).into());
    }
    let id = on.context.seed.text("signing certificate", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32);
    let certificate = SigningCertificate { id, body, active: true, uploaded_at: on.context.now };
    let answer = shown(&user, &certificate);
    user.signing_certificates.push(certificate);
    directory::save(user, world)?;
    Ok(UploadSigningCertificateResponse { certificate: answer })
}

/// The user who is named, or who asks, to be changed.
fn owner(on: &On<'_>, name: Option<&ExistingUserNameType>, world: &World<'_>) -> Result<User, Failure> {
    directory::open::<User>(on.account, named_or_self(on, name.map(ExistingUserNameType::as_str))?, world)
}

/// ListSigningCertificates, in the order of ids.
///
/// # Errors
/// `NoSuchEntity`, `ValidationError`.
pub fn list(
    on: &On<'_>,
    input: ListSigningCertificatesRequest,
    world: &World<'_>,
) -> Result<ListSigningCertificatesResponse, Failure> {
    let user = owner_of_list(on, input.user_name.as_ref().map(|name| name.as_str()), world)?;
    let mut all: Vec<_> = user
        .iter()
        .flat_map(|user| user.signing_certificates.iter().map(|one| (one.id.clone(), shown(user, one))))
        .collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let name = user.as_ref().map_or("", |user| &user.name);
    let pages = Pages::new("ListSigningCertificates", on, [name], input.marker, input.max_items)?;
    let Page { items, is_truncated, marker } = pages.of_list(all);
    Ok(ListSigningCertificatesResponse { certificates: items, is_truncated, marker })
}

/// UpdateSigningCertificate.
///
/// # Errors
/// `NoSuchEntity`, `InvalidInput`.
pub fn update(
    on: &On<'_>,
    input: &UpdateSigningCertificateRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut user = owner(on, input.user_name.as_ref(), world)?;
    let id = &input.certificate_id;
    let found = user.signing_certificates.iter_mut().find(|known| known.id == id.as_str());
    found.ok_or_else(|| missing(id))?.active = refusal::is_active(input.status)?;
    Ok(directory::save(user, world)?)
}

/// DeleteSigningCertificate.
///
/// # Errors
/// `NoSuchEntity`.
pub fn delete(
    on: &On<'_>,
    input: &DeleteSigningCertificateRequest,
    world: &mut World<'_>,
) -> Result<(), Failure> {
    let mut user = owner(on, input.user_name.as_ref(), world)?;
    let id = &input.certificate_id;
    let place = user.signing_certificates.iter().position(|known| known.id == id.as_str());
    user.signing_certificates.remove(place.ok_or_else(|| missing(id))?);
    Ok(directory::save(user, world)?)
}
