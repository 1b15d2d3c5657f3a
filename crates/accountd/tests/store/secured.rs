//! A database over a network: encrypted, its name verified, by password, on one of several hosts.

use accountd::store::{Database, Store, StoreOptions};
use aws::secret::Secret;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use testing::postgres::Cluster;

use crate::support::{Directory, block_on, put, read};

const USER: &str = "keeper";
const PASSWORD: &str = "correct-horse-battery";

/// Nobody gets in over the network but by password and encrypted.
const ADMITTED: &str = "local all all trust
local replication all trust
hostssl all keeper all scram-sha-256
";

/// An authority, as PEM, and a certificate and key of it for these names.
fn issued(names: &[&str]) -> (String, String, String) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = authority.self_signed(&key).unwrap().pem();
    let leaf_key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let leaf = CertificateParams::new(names).unwrap();
    let leaf = leaf.signed_by(&leaf_key, &Issuer::from_params(&authority, &key)).unwrap();
    (root, leaf.pem(), leaf_key.serialize_pem())
}

/// F-STORE-37
#[test]
fn an_encrypted_database_takes_the_right_password_and_is_verified_by_name() {
    let Some(cluster) = Cluster::start(&[]) else { return };
    let database = cluster.database();
    let name = database.url().rsplit_once('/').unwrap().1.to_owned();
    let (root, certificate, key) = issued(&["localhost"]);
    cluster.put("server.crt", &certificate);
    cluster.put("server.key", &key);
    cluster.put("pg_hba.conf", ADMITTED);
    database.execute(&format!("CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'"));
    database.execute(&format!("GRANT CREATE ON DATABASE {name} TO {USER}"));
    database.execute("ALTER SYSTEM SET ssl = on");
    database.execute("SELECT pg_reload_conf()");
    let standby = cluster.standby(&["hot_standby=on"]);

    let directory = Directory::new();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string().replace('/', "%2F")
    };
    let (trusted, other) = (file("root.pem", &root), file("other.pem", &issued(&["localhost"]).0));
    let port = cluster.port();
    let connect = |password: &str, hosts: &str, query: &str| {
        let url = format!("postgres://{USER}@{hosts}/{name}?{query}");
        let secret = (!password.is_empty()).then(|| Secret::new(password.to_owned()));
        let database = Database::parse(&url).unwrap().with_password(secret);
        Store::connect(&database, &StoreOptions::default()).map_err(|error| error.to_string())
    };
    let here = format!("localhost:{port}");
    let verified = format!("sslmode=verify-full&sslrootcert={trusted}");

    for (password, hosts, query, told) in [
        ("wrong", &here, &verified, "password authentication failed for user \"keeper\" (SQLSTATE 28P01)"),
        ("", &here, &verified, "password"),
        (PASSWORD, &here, &format!("sslmode=verify-full&sslrootcert={other}"), "invalid peer certificate: "),
        (PASSWORD, &format!("127.0.0.1:{port}"), &verified, "certificate not valid for name \"127.0.0.1\""),
        (PASSWORD, &here, &"sslmode=disable".to_owned(), "no encryption (SQLSTATE 28000)"),
        (PASSWORD, &here, &"sslmode=verify-full&sslrootcert=none".to_owned(), "sslrootcert: "),
    ] {
        let refused = connect(password, hosts, query).map(drop).unwrap_err();
        assert!(refused.contains(told), "{told}: {refused}");
        assert!(!refused.contains('\n') && !refused.contains(PASSWORD), "{refused}");
    }

    // Of several hosts the one that can be written to, which is the last here: nobody listens at the first, and the second
    // is a standby.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let all = format!("localhost:{closed},localhost:{},{here}", standby.port());
    for attributes in ["", "&target_session_attrs=read-write", "&target_session_attrs=any"] {
        let store = connect(PASSWORD, &all, &format!("{verified}{attributes}")).unwrap();
        block_on(async {
            put(&store, "a".to_owned(), 7).await.unwrap();
            assert_eq!(read(&store, "a").await, Some(7));
        });
        let connections = |condition: &str| {
            database.number(&format!(
                "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                WHERE application_name = 'accountd' AND usename = '{USER}' AND {condition}"
            ))
        };
        assert!(connections("ssl") > 0);
        assert_eq!(connections("NOT ssl"), 0);
    }
}
