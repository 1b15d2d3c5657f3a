//! Certificates and keys of tests only, on the curve P-256: valid from 2020 to 2150, so that no clock of a test leaves them.

/// The certificate of the issuer of [`SERVER`], issued by itself.
pub const ISSUER: &str = "\
-----BEGIN CERTIFICATE-----
MIIBIjCByaADAgECAgEHMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD0lzc3VlciBv
ZiB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTUwMDEwMTAwMDAwMFowGjEYMBYG
A1UEAwwPSXNzdWVyIG9mIHRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
OZx9lgoVmY/1x4me0nbLKF8h9o/anAJlwgzjEC/O85Oq2tO01C3XUBqFUpCz367S
K4Vnt79yx4oOwfTk1RVVBDAKBggqhkjOPQQDAgNIADBFAiAqjp2c4uhdd0dXDttw
ljvT3QUUfJiIP+wPBoowmxo9zgIhAOt/+/FpOJR219D8xTfjg/jlf0kfThtJDTdm
1GQmaL8L
-----END CERTIFICATE-----
";

/// A certificate of `server.example`.
pub const SERVER: &str = "\
-----BEGIN CERTIFICATE-----
MIIBIDCByKADAgECAgEHMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD0lzc3VlciBv
ZiB0ZXN0czAgFw0yMDAxMDEwMDAwMDBaGA8yMTUwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOc2VydmVyLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARc
UOKS8SgBOnRzhJD3Fg2DcC96msfUl+2Px18GD8ZRmyRB+KPQ5uycGVzzPF7W06fO
/qcL+IruhrbRP3Q2y15nMAoGCCqGSM49BAMCA0cAMEQCIFcePjSjpHTMjwdj0Ij4
G2jBkxICt/yF/jrG4rC7A1LCAiARWn2DHIVrR/wiyXnt0UAqgS2k7oU+7uYsIRzD
lUA5cQ==
-----END CERTIFICATE-----
";

/// The same, good until 2021.
pub const EXPIRED: &str = "\
-----BEGIN CERTIFICATE-----
MIIBIDCBxqADAgECAgEHMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD0lzc3VlciBv
ZiB0ZXN0czAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBkxFzAVBgNV
BAMMDnNlcnZlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXFDi
kvEoATp0c4SQ9xYNg3AveprH1Jftj8dfBg/GUZskQfij0ObsnBlc8zxe1tOnzv6n
C/iK7oa20T90NsteZzAKBggqhkjOPQQDAgNJADBGAiEAxw8YpbPBXlvMCvJLgw3p
ZFg2J6KjkH656ut6/hKLzaoCIQDe8sxy07GqlfUcU9UXteXA+MwDs5VN0Q//8Q3h
N+Yyrw==
-----END CERTIFICATE-----
";

/// The private key of [`SERVER`].
pub const SERVER_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNdPhWs56FRImbzay
PFB8Kp5aYgdVlNl9AmSk+qToxpWhRANCAARcUOKS8SgBOnRzhJD3Fg2DcC96msfU
l+2Px18GD8ZRmyRB+KPQ5uycGVzzPF7W06fO/qcL+IruhrbRP3Q2y15n
-----END PRIVATE KEY-----
";

/// The same in the form of SEC 1.
pub const SERVER_KEY_SEC1: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIDXT4VrOehUSJm82sjxQfCqeWmIHVZTZfQJkpPqk6MaVoAoGCCqGSM49
AwEHoUQDQgAEXFDikvEoATp0c4SQ9xYNg3AveprH1Jftj8dfBg/GUZskQfij0Obs
nBlc8zxe1tOnzv6nC/iK7oa20T90NsteZw==
-----END EC PRIVATE KEY-----
";

/// The private key of something else.
pub const OTHER_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQWLrSMd/P74X1aBM
z2ZKat28tOyQ9PYVPNDcfD470hihRANCAATk4OkwJQ3m2T8gqcdR1nvvIff4j4aF
CzTlqY+F4QNROjej/fVd6+hSsD2+o5PnB3DAx6eDiQZIS7ABZtob5IBw
-----END PRIVATE KEY-----
";

/// An RSA public key as SSH writes it.
pub const SSH_KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDpsprrIilF4LGE7cv7FZppgV4jk2yubZ2x6nbZzTyt0WCThMZQMtB4ZtVc0qlBBs/QCqfev4f1tiIEr8SnbADNEVb6oDVtdYbZO5osKS2GptxBMYFR1DcOfI+R6N3HNovPCW+lJ6NyQUti+qq7yLud2vaiOq1TgloKclmjswuFNxWLnwnhO5EbfD1aTdDC9DveFF5HfMg6QynInh4QaDYSiQOa38k+g3f2rESVhidwonXLyer8wRUwIR4rUiPQG6KJfakFK9svABPxppgmHNkOrColmiOm7kw/rxth6eDXHv4SMR3emXa6tkP3GeqX9+jtrwS43UI7oDjLF6uixI8F";

/// The same in PEM.
pub const SSH_KEY_PEM: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6bKa6yIpReCxhO3L+xWa
aYFeI5Nsrm2dsep22c08rdFgk4TGUDLQeGbVXNKpQQbP0Aqn3r+H9bYiBK/Ep2wA
zRFW+qA1bXWG2TuaLCkthqbcQTGBUdQ3DnyPkejdxzaLzwlvpSejckFLYvqqu8i7
ndr2ojqtU4JaCnJZo7MLhTcVi58J4TuRG3w9Wk3QwvQ73hReR3zIOkMpyJ4eEGg2
EokDmt/JPoN39qxElYYncKJ1y8nq/MEVMCEeK1Ij0BuiiX2pBSvbLwAT8aaYJhzZ
DqwqJZojpu5MP68bYeng1x7+EjEd3pl2urZD9xnql/fo7a8EuN1CO6A4yxerosSP
BQIDAQAB
-----END PUBLIC KEY-----
";

/// Its fingerprint.
pub const SSH_KEY_FINGERPRINT: &str = "83:3e:18:c7:14:fc:4b:b6:9d:79:6a:cc:3f:22:d0:fa";

/// The metadata of a SAML identity provider, made as long as AWS asks.
pub const SAML_METADATA: &str = concat!(
    r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/metadata" validUntil="2035-01-01T00:00:00Z">"#,
    r#"<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">"#,
    r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/>"#,
    "</md:IDPSSODescriptor><!-- xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx --></md:EntityDescriptor>"
);
