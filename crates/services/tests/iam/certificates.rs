//! Server certificates, signing certificates and SSH keys.

use serde_json::json;
use testing::certificates::{
    EXPIRED, ISSUER, OTHER_KEY, SERVER, SERVER_KEY, SERVER_KEY_SEC1, SSH_KEY, SSH_KEY_FINGERPRINT,
    SSH_KEY_PEM,
};

use crate::support::{Store, texts};

/// F-IAMAPI-CERT-2, F-IAMAPI-CERT-4
#[test]
fn a_server_certificate_lives_under_its_name() {
    let mut store = Store::new();
    let upload = json!({"ServerCertificateName": "web", "Path": "/lb/", "CertificateBody": SERVER, "PrivateKey": SERVER_KEY,
        "CertificateChain": ISSUER, "Tags": [{"Key": "a", "Value": "1"}]});
    let metadata = store.ok("UploadServerCertificate", upload.clone())["ServerCertificateMetadata"].take();
    assert_eq!(metadata["Arn"], "arn:aws:iam::111122223333:server-certificate/lb/web");
    assert_eq!(metadata["Expiration"], json!(5_680_281_600_i64));
    let taken = store.refused("UploadServerCertificate", upload);
    assert_eq!(
        taken,
        ("EntityAlreadyExists".into(), 409, "The Server Certificate with name web already exists.".into())
    );
    store.ok(
        "UpdateServerCertificate",
        json!({"ServerCertificateName": "web", "NewServerCertificateName": "www", "NewPath": "/"}),
    );
    let found =
        store.ok("GetServerCertificate", json!({"ServerCertificateName": "www"}))["ServerCertificate"].take();
    // F-IAMAPI-CERT-8
    let (body, chain) = (json!(SERVER.trim()), json!(ISSUER.trim()));
    assert_eq!((&found["CertificateBody"], &found["CertificateChain"]), (&body, &chain));
    assert_eq!(found["Tags"], json!([{"Key": "a", "Value": "1"}]));
    let listed = store.ok("ListServerCertificates", json!({"PathPrefix": "/lb/"}));
    assert_eq!(listed["ServerCertificateMetadataList"], json!([]));
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["ServerCertificates"], 1);
    store.ok("UntagServerCertificate", json!({"ServerCertificateName": "www", "TagKeys": ["a"]}));
    assert_eq!(
        store.ok("ListServerCertificateTags", json!({"ServerCertificateName": "www"}))["Tags"],
        json!([])
    );
    store.ok("DeleteServerCertificate", json!({"ServerCertificateName": "www"}));
    assert_eq!(store.ok("GetAccountSummary", json!({}))["SummaryMap"]["ServerCertificates"], 0);
    for number in 0..20 {
        let name = format!("c{number}");
        store.ok(
            "UploadServerCertificate",
            json!({"ServerCertificateName": name, "CertificateBody": SERVER, "PrivateKey": SERVER_KEY_SEC1}),
        );
    }
    let one_more =
        json!({"ServerCertificateName": "more", "CertificateBody": SERVER, "PrivateKey": SERVER_KEY});
    assert_eq!(store.refused("UploadServerCertificate", one_more).0, "LimitExceeded");
}

/// F-IAMAPI-CERT-1, F-IAMAPI-CERT-3
#[test]
fn a_server_certificate_is_checked_before_it_is_kept() {
    let mut store = Store::new();
    let mut refused = |body: &str, key: &str, chain: Option<&str>| {
        let mut asked = json!({"ServerCertificateName": "web", "CertificateBody": body, "PrivateKey": key});
        if let Some(chain) = chain {
            asked["CertificateChain"] = json!(chain);
        }
        store.refused("UploadServerCertificate", asked)
    };
    let in_pem = "Unable to parse certificate. Please ensure the certificate is in PEM format.";
    assert_eq!(refused("nothing", SERVER_KEY, None), ("MalformedCertificate".into(), 400, in_pem.into()));
    assert_eq!(refused(&SERVER.replace("MII", "MIJ"), SERVER_KEY, None).0, "MalformedCertificate");
    assert_eq!(refused(EXPIRED, SERVER_KEY, None).2, "Certificate is no longer valid.");
    assert_eq!(refused(SERVER, "nothing", None).0, "MalformedCertificate");
    assert_eq!(refused(SERVER, OTHER_KEY, None).0, "KeyPairMismatch");
    let of_another = refused(SERVER, SERVER_KEY, Some(SERVER)).2;
    assert!(
        of_another.ends_with("The index within the chain of the invalid certificate is: -1"),
        "{of_another}"
    );
    let behind = refused(SERVER, SERVER_KEY, Some(&[ISSUER, SERVER].concat())).2;
    assert!(behind.ends_with("The index within the chain of the invalid certificate is: 0"), "{behind}");
}

/// F-IAMAPI-CERT-5, F-IAMAPI-CERT-6, F-IAMAPI-CERT-7
#[test]
fn a_user_has_two_signing_certificates_at_most() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let upload = |body: &str| json!({"UserName": "Ann", "CertificateBody": body});
    let (first, second, third) = (upload(SERVER), upload(ISSUER), upload(EXPIRED));
    let id = store.ok("UploadSigningCertificate", first.clone())["Certificate"]["CertificateId"].take();
    let invalid =
        store.refused("UploadSigningCertificate", json!({"UserName": "Ann", "CertificateBody": "x"}));
    assert_eq!(invalid, ("MalformedCertificate".into(), 400, "Certificate x is malformed.".into()));
    assert_eq!(store.refused("UploadSigningCertificate", first).0, "DuplicateCertificate");
    store.ok("UploadSigningCertificate", second);
    let text = "Cannot exceed quota for CertificatesPerUser: 2";
    assert_eq!(store.refused("UploadSigningCertificate", third), ("LimitExceeded".into(), 409, text.into()));
    let conflict = store.refused("DeleteUser", json!({"UserName": "Ann"}));
    assert_eq!(conflict.2, "Cannot delete entity, must delete signing certificates first.");
    store.ok(
        "UpdateSigningCertificate",
        json!({"UserName": "Ann", "CertificateId": id, "Status": "Inactive"}),
    );
    let listed = store.ok("ListSigningCertificates", json!({"UserName": "Ann"}));
    let mut states = texts(&listed["Certificates"], "Status");
    states.sort_unstable();
    assert_eq!(states, ["Active", "Inactive"]);
    store.ok("DeleteSigningCertificate", json!({"UserName": "Ann", "CertificateId": id}));
    let gone = store.refused("DeleteSigningCertificate", json!({"UserName": "Ann", "CertificateId": id}));
    assert_eq!(gone.2, format!("The Certificate with id {} cannot be found.", id.as_str().expect("an id")));
    assert_eq!(store.ok("ListSigningCertificates", json!({}))["Certificates"], json!([]));
}

/// F-IAMAPI-SSH-1, F-IAMAPI-SSH-2, F-IAMAPI-SSH-3
#[test]
fn an_ssh_key_is_read_and_shown_in_both_encodings() {
    let mut store = Store::new();
    store.ok("CreateUser", json!({"UserName": "Ann"}));
    let upload = |body: &str| json!({"UserName": "Ann", "SSHPublicKeyBody": body});
    let commented = format!("{SSH_KEY} ann@example");
    let key = store.ok("UploadSSHPublicKey", upload(&commented))["SSHPublicKey"].take();
    assert_eq!(key["Fingerprint"], SSH_KEY_FINGERPRINT);
    assert_eq!(store.refused("UploadSSHPublicKey", upload(SSH_KEY_PEM)).0, "DuplicateSSHPublicKey");
    for wrong in [
        "ssh-rsa",
        "ssh-rsa AAAA",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKzvfE",
        "-----BEGIN PUBLIC KEY-----",
    ] {
        assert_eq!(store.refused("UploadSSHPublicKey", upload(wrong)).0, "InvalidPublicKey", "{wrong}");
    }
    let id = key["SSHPublicKeyId"].clone();
    let mut shown = |encoding: &str| {
        let asked = json!({"UserName": "Ann", "SSHPublicKeyId": id, "Encoding": encoding});
        store.ok("GetSSHPublicKey", asked)["SSHPublicKey"]["SSHPublicKeyBody"].take()
    };
    assert_eq!(shown("SSH"), json!(commented));
    assert_eq!(shown("PEM"), json!(SSH_KEY_PEM));
    store.ok("DeleteSSHPublicKey", json!({"UserName": "Ann", "SSHPublicKeyId": id}));
    let key = store.ok("UploadSSHPublicKey", upload(SSH_KEY_PEM))["SSHPublicKey"].take();
    let asked = json!({"UserName": "Ann", "SSHPublicKeyId": key["SSHPublicKeyId"], "Encoding": "SSH"});
    assert_eq!(store.ok("GetSSHPublicKey", asked)["SSHPublicKey"]["SSHPublicKeyBody"], json!(SSH_KEY));
    assert_eq!(
        store.refused("DeleteUser", json!({"UserName": "Ann"})).2,
        "Cannot delete entity, must remove referenced objects first."
    );
}
