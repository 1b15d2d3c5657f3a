//! A pipeline signs in without keys: an issuer of the test's own, as GitHub Actions has one, a token, a role, a contact.

use accountd::admin::Engine;
use jiff::Timestamp;
use serde_json::{Value, json};
use services::iam::model::Operation as Iam;
use services::service::{Operation, Service};
use services::sts::json_web_token::{Token, Verdict};
use services::sts::model::Operation as Sts;
use testing::issuer::Issuer;
use testing::signer::Key;
use testing::wire::{operation, request, signed};

use crate::answer::{Answer, element};
use crate::cast::*;
use crate::world::World;

const AUDIENCE: &str = "sts.amazonaws.com";
const SUBJECT: &str = "repo:octo/app:ref:refs/heads/main";
const WEB: Operation = Operation::Sts(Sts::AssumeRoleWithWebIdentity);

/// A member with an issuer, a provider of it, and a role that a token of one branch opens and that may change contacts.
struct Pipeline {
    world: World,
    issuer: Issuer,
}

impl Pipeline {
    fn new() -> Self {
        let pipeline = Self { world: World::company(), issuer: Issuer::open() };
        let url = &pipeline.issuer.url;
        pipeline.iam(Iam::CreateOpenIDConnectProvider, json!({"Url": url, "ClientIDList": [AUDIENCE]}));
        let name = pipeline.issuer.name();
        pipeline.role(
            "deploy",
            &json!({
                "StringEquals": { format!("{name}:aud"): AUDIENCE },
                "StringLike": { format!("{name}:sub"): "repo:octo/app:*" },
            }),
        );
        pipeline
    }

    fn provider(&self) -> String {
        format!("arn:aws:iam::{MEMBER}:oidc-provider/{}", self.issuer.name())
    }

    fn iam(&self, operation: Iam, members: Value) {
        let answer = self.world.ask(&MEMBER_ADMIN.key, Operation::Iam(operation), &members);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    fn role(&self, name: &str, condition: &Value) {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": self.provider()},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"], "Condition": condition,
        }]});
        let made = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        self.iam(Iam::CreateRole, made);
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"account:*","Resource":"*"}]}"#;
        self.iam(Iam::PutRolePolicy, json!({"RoleName": name, "PolicyName": "p", "PolicyDocument": policy}));
    }

    fn claims(&self) -> Value {
        let now = Timestamp::now().as_second();
        json!({ "iss": self.issuer.url, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "exp": now + 300 })
    }

    fn open(&self, role: &str, token: &str) -> Answer {
        let role = format!("arn:aws:iam::{MEMBER}:role/{role}");
        let members = json!({"RoleArn": role, "RoleSessionName": "run-1", "WebIdentityToken": token});
        self.world.send(request(WEB, &members))
    }

    /// The code and the text of a refusal.
    fn refused(&self, claims: &Value) -> (String, String) {
        let answer = self.open("deploy", &self.issuer.token(claims));
        assert!(answer.status >= 400, "{claims}: {}", answer.text());
        (answer.code(aws::protocol::Protocol::Query).unwrap(), answer.message())
    }
}

/// F-WEB-1, F-WEB-9: the whole of it, from the token to the contact and the records.
#[test]
fn a_pipeline_signs_in_without_keys_and_sets_a_contact_f_web_1() {
    let pipeline = Pipeline::new();
    for token in [pipeline.issuer.token(&pipeline.claims()), pipeline.issuer.token_es256(&pipeline.claims())]
    {
        let answer = pipeline.open("deploy", &token);
        let text = answer.text();
        assert_eq!(answer.status, 200, "{text}");
        let expected = [
            ("SubjectFromWebIdentityToken", SUBJECT.to_owned()),
            ("Audience", AUDIENCE.to_owned()),
            ("Provider", pipeline.provider()),
            ("Arn", format!("arn:aws:sts::{MEMBER}:assumed-role/deploy/run-1")),
        ];
        for (name, value) in expected {
            assert_eq!(element(text, name), Some(value.as_str()), "{name}");
        }
        let leaked = |name| element(text, name).unwrap().to_owned().leak() as &'static str;
        let key = Key {
            id: leaked("AccessKeyId"),
            secret: leaked("SecretAccessKey"),
            token: Some(leaked("SessionToken")),
        };
        let contact = json!({"AlternateContactType": "SECURITY", "Name": "On call", "Title": "Ops",
            "EmailAddress": "ops@example.invalid", "PhoneNumber": "+1 206 555 0100"});
        let put = operation(Service::Account, "PutAlternateContact");
        let answer = pipeline.world.send(signed(request(put, &contact), &key, "account", "us-east-1"));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // The keys were fetched once: two requests of the issuer.
    assert_eq!(pipeline.issuer.asked(), 2);
    let records = pipeline.world.records();
    let newest = |name: &str| {
        let found = records.iter().rev().find(|(_, record)| record["eventName"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {} records", records.len())).clone()
    };
    let (account, opened) = newest("AssumeRoleWithWebIdentity");
    assert_eq!(account.as_deref(), Some(MEMBER));
    let provider = pipeline.provider();
    let identity = json!({ "type": "WebIdentityUser", "principalId": format!("{provider}:{AUDIENCE}:{SUBJECT}"),
        "userName": SUBJECT, "identityProvider": provider });
    assert_eq!(opened["userIdentity"], identity);
    assert_eq!(opened["requestParameters"].get("webIdentityToken"), None);
    assert_eq!(opened["responseElements"]["provider"], json!(provider));
    assert_eq!(opened["resources"][0]["type"], "AWS::IAM::Role");
    let (_, used) = newest("PutAlternateContact");
    let federation = json!({ "federatedProvider": provider, "attributes": {} });
    assert_eq!(used["userIdentity"]["sessionContext"]["webIdFederationData"], federation);
}

/// F-WEB-2, F-WEB-3
#[test]
fn what_is_wrong_with_a_token_is_told_in_awss_words_f_web_2() {
    let pipeline = Pipeline::new();
    let good = pipeline.claims();
    let now = Timestamp::now().as_second();
    let with = |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        claims
    };
    let invalid = "InvalidIdentityToken";
    for (claims, code, text) in [
        (
            with("iss", json!("https://other.invalid")),
            invalid,
            "No OpenIDConnect provider found in your account for https://other.invalid",
        ),
        (with("iss", Value::Null), invalid, "Missing a required claim: iss"),
        (with("sub", json!("")), invalid, "Missing a required claim: sub"),
        (with("aud", json!("somebody")), invalid, "Incorrect token audience"),
        (with("azp", json!("somebody")), invalid, "Incorrect token audience"),
        (with("exp", Value::Null), invalid, "Missing a required claim: exp"),
        (with("exp", json!(now - 1)), "ExpiredTokenException", "Token expired: current date/time "),
        (with("iat", json!(now + 600)), invalid, "The web identity token is not valid yet."),
        (
            with("sub", json!("repo:octo/other:ref")),
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        ),
    ] {
        let (told_code, told) = pipeline.refused(&claims);
        assert_eq!(told_code, code, "{claims}: {told}");
        assert!(told.starts_with(text), "{claims}: {told}");
    }
    // Another's signature under the same claims.
    let forger = Issuer::open();
    let answer = pipeline.open("deploy", &forger.token(&good));
    assert!(answer.message().contains("its signature is not the issuer's"), "{}", answer.text());
    // A role that is not there is refused as one that does not trust.
    let answer = pipeline.open("absent", &pipeline.issuer.token(&good));
    assert_eq!(answer.message(), "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    // Who signs is not asked: a signature does not help.
    let members = json!({"RoleArn": format!("arn:aws:iam::{MEMBER}:role/deploy"), "RoleSessionName": "run-1",
        "WebIdentityToken": "not-a-token"});
    let answer = pipeline.world.ask(&MEMBER_ADMIN.key, WEB, &members);
    assert!(answer.message().starts_with("The ID Token provided is not a valid JWT."), "{}", answer.text());
}

/// F-WEB-5
#[test]
fn an_issuer_that_is_not_there_or_says_nothing_is_told_f_web_5() {
    let pipeline = Pipeline::new();
    let published = pipeline.issuer.key_set();
    pipeline.issuer.publish(json!({ "keys": "none" }));
    let (code, text) = pipeline.refused(&pipeline.claims());
    assert_eq!(code, "InvalidIdentityToken");
    assert!(
        text.starts_with("Couldn't retrieve verification key from your identity provider,  please"),
        "{text}"
    );
    pipeline.issuer.publish(published);
    // That is remembered for a moment.
    assert_eq!(pipeline.refused(&pipeline.claims()).1, text);
    assert_eq!(pipeline.issuer.asked(), 2);
    let nobody = "http://127.0.0.1:9";
    pipeline.iam(Iam::CreateOpenIDConnectProvider, json!({"Url": nobody, "ClientIDList": [AUDIENCE]}));
    let mut claims = pipeline.claims();
    claims["iss"] = json!(nobody);
    assert_eq!(pipeline.refused(&claims).0, "IDPCommunicationError");
}

/// F-WEB-6, F-WEB-8: claims as condition keys, session tags, and a session that is known by its provider.
#[test]
fn claims_are_condition_keys_and_tags_f_web_6() {
    let pipeline = Pipeline::new();
    let name = pipeline.issuer.name();
    pipeline.role(
        "tagged",
        &json!({
            "StringEquals": { "aws:RequestTag/team": "blue", "aws:FederatedProvider": pipeline.provider(),
                format!("{name}:oaud"): "https://api.invalid" },
            "ForAnyValue:StringEquals": { format!("{name}:amr"): "mfa" },
        }),
    );
    let mut claims = pipeline.claims();
    claims["azp"] = json!(AUDIENCE);
    claims["aud"] = json!("https://api.invalid");
    claims["amr"] = json!(["pwd", "mfa"]);
    claims["https://aws.amazon.com/tags"] = json!({ "principal_tags": { "team": ["blue"] } });
    let answer = pipeline.open("tagged", &pipeline.issuer.token(&claims));
    assert_eq!(answer.status, 200, "{}", answer.text());
    claims["amr"] = json!(["pwd"]);
    assert_eq!(pipeline.open("tagged", &pipeline.issuer.token(&claims)).status, 403);
    // `aws:PrincipalArn` and the organization of a principal are not there: nobody has one yet.
    pipeline.role("own", &json!({ "StringEquals": { "aws:PrincipalOrgID": "o-exampleorg" } }));
    assert_eq!(pipeline.open("own", &pipeline.issuer.token(&pipeline.claims())).status, 403);
}

/// F-WEB-7
#[test]
fn a_token_of_oauth_is_refused_f_web_7() {
    let pipeline = Pipeline::new();
    let members = json!({"RoleArn": format!("arn:aws:iam::{MEMBER}:role/deploy"), "RoleSessionName": "run-1",
        "WebIdentityToken": "Atza|access-token", "ProviderId": "www.amazon.com"});
    let answer = pipeline.world.send(request(WEB, &members));
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "The provider www.amazon.com is not supported.")
    );
}

/// F-OUT-1 to F-OUT-6: a token for somebody outside of AWS, verified by the keys that its issuer publishes.
#[test]
fn a_token_for_a_service_elsewhere_is_verified_by_its_issuers_keys_f_out_3() {
    let world = World::company();
    let ask = |operation: Operation, members: Value| world.ask(&MEMBER_ADMIN.key, operation, &members);
    let iam = |operation| ask(Operation::Iam(operation), json!({}));
    let token = |algorithm: &str| {
        let members = json!({"Audience": ["https://relying.example"], "SigningAlgorithm": algorithm,
            "Tags": [{"Key": "team", "Value": "blue"}]});
        ask(Operation::Sts(Sts::GetWebIdentityToken), members)
    };
    assert_eq!(token("RS256").message(), "OutboundWebIdentityFederation is disabled.");
    let disabled = iam(Iam::DisableOutboundWebIdentityFederation);
    let text = format!("Outbound identity federation is disabled for account {MEMBER}");
    assert_eq!((disabled.status, disabled.message()), (404, text));
    let enabled = iam(Iam::EnableOutboundWebIdentityFederation);
    let issuer = element(enabled.text(), "IssuerIdentifier").unwrap().to_owned();
    let id = issuer.strip_prefix("https://").unwrap().split('.').next().unwrap().to_owned();
    for algorithm in ["RS256", "ES384"] {
        let answer = token(algorithm);
        let text = element(answer.text(), "WebIdentityToken").unwrap().to_owned();
        let read = Token::read(&text).unwrap();
        let (url, keys) = world.block_on(world.state().issuer(id.clone())).unwrap().unwrap();
        assert_eq!((url.as_str(), read.text("iss")), (issuer.as_str(), Some(issuer.as_str())));
        assert_eq!(read.verify(&keys), Verdict::Signed, "{algorithm}");
        assert_eq!(read.text("sub"), Some(MEMBER_ADMIN.arn));
        assert_eq!(read.claims["https://sts.amazonaws.com/"]["request_tags"], json!({ "team": "blue" }));
        assert_eq!(read.seconds("exp").unwrap() - read.seconds("iat").unwrap(), 300);
    }
    // The issuer is the same when the feature comes back, and its keys are there meanwhile.
    assert_eq!(iam(Iam::DisableOutboundWebIdentityFederation).status, 200);
    assert!(world.block_on(world.state().issuer(id.clone())).unwrap().is_some());
    let again = iam(Iam::EnableOutboundWebIdentityFederation);
    assert_eq!(element(again.text(), "IssuerIdentifier"), Some(issuer.as_str()));
    assert!(world.block_on(world.state().issuer("unknown".to_owned())).unwrap().is_none());
    let records = world.records();
    let record =
        records.iter().rev().find(|(_, record)| record["eventName"] == "GetWebIdentityToken").unwrap();
    assert_eq!(record.1["responseElements"], Value::Null);
}
