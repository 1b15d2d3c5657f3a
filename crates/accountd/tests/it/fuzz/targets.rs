//! The places where bytes of strangers come in, each as a function that takes any bytes, and what must hold there.
//!
//! No input may be answered by a fault of accountd itself (`World::send` sees to that) or by a panic.

use std::cell::RefCell;

use aws::authorization::{AttachedPolicy, PolicySets, Request as Question, RequestContext, evaluate};
use aws::policy::{Policy, PolicyKind};
use aws::principal::{self, Principal};
use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};
use services::seed;
use services::service::{Operation, Service};
use testing::signer::{HOST, Key};

use crate::answer::{Answer, element};
use crate::cast::{MANAGEMENT, MANAGEMENT_ADMIN, MEMBER};
use crate::wire;
use crate::world::{Setup, World, signed};

/// Something that takes any bytes.
pub struct Target {
    pub name: &'static str,
    /// What it was made for, to begin with.
    pub examples: fn() -> Vec<Vec<u8>>,
    pub take: fn(&[u8]),
    /// How many inputs a run of the tests tries, which takes a few seconds.
    pub inputs: u64,
}

pub const TARGETS: &[Target] = &[
    Target { name: "signature", examples: signature_examples, take: signature, inputs: 1_500 },
    Target { name: "query", examples: query_examples, take: query, inputs: 600 },
    Target { name: "json", examples: json_examples, take: json_body, inputs: 600 },
    Target { name: "policy", examples: policy_examples, take: policy, inputs: 4_000 },
    Target { name: "seed", examples: seed_examples, take: seed_file, inputs: 300 },
    Target { name: "session_token", examples: session_token_examples, take: session_token, inputs: 600 },
    Target { name: "page_token", examples: page_token_examples, take: page_token, inputs: 600 },
    Target { name: "import", examples: import_examples, take: import, inputs: 300 },
];

/// A world is used for so many inputs, since what they do to it adds up.
const INPUTS_PER_WORLD: u64 = 400;

/// A company with what it has issued, for a number of inputs.
struct Company {
    world: World,
    inputs: u64,
    session: Session,
    page_tokens: Vec<String>,
}

/// Temporary credentials of the management account's administrator.
struct Session {
    key: Key,
    token: String,
}

fn company<T>(use_it: impl FnOnce(&Company) -> T) -> T {
    thread_local!(static COMPANY: RefCell<Option<Company>> = const { RefCell::new(None) });
    COMPANY.with_borrow_mut(|kept| {
        let company = kept.get_or_insert_with(Company::found);
        company.inputs += 1;
        let result = use_it(company);
        if company.inputs == INPUTS_PER_WORLD {
            *kept = None;
        }
        result
    })
}

impl Company {
    fn found() -> Self {
        let world = World::company();
        let session = Session::of(&world);
        let page_tokens = PAGED.iter().map(|(service, name, member)| {
            let size = if *service == Service::Iam { "MaxItems" } else { "MaxResults" };
            let answer = ask(&world, *service, name, &json!({ size: 1 }));
            let token = match *service {
                Service::Iam => element(answer.text(), member).expect("a marker").to_owned(),
                _ => answer.json()[member].as_str().expect("a token").to_owned(),
            };
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            token
        });
        let page_tokens = page_tokens.collect();
        Self { world, inputs: 0, session, page_tokens }
    }
}

fn ask(world: &World, service: Service, name: &str, members: &Value) -> Answer {
    world.ask(&MANAGEMENT_ADMIN.key, wire::operation(service, name), members)
}

impl Session {
    fn of(world: &World) -> Self {
        let given = ask(world, Service::Sts, "GetSessionToken", &json!({}));
        let text = |name: &str| element(given.text(), name).expect("credentials").to_owned();
        // There is one session for hundreds of inputs.
        let key = Key { id: text("AccessKeyId").leak(), secret: text("SecretAccessKey").leak(), token: None };
        Self { key, token: text("SessionToken") }
    }
}

/// Lists of more than one entry, by their service and operation and the member of a token.
const PAGED: [(Service, &str, &str); 3] = [
    (Service::Account, "ListRegions", "NextToken"),
    (Service::Organizations, "ListAccounts", "NextToken"),
    (Service::Iam, "ListUsers", "Marker"),
];

/// The text of these bytes, if a header can carry it.
fn header(bytes: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(bytes).ok()
}

fn form(body: &[u8]) -> Request<Bytes> {
    let request = Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8");
    request.body(Bytes::copy_from_slice(body)).unwrap()
}

/// Lines: `Authorization`, `X-Amz-Date`, the query, and the body. Nobody here knows a secret, so that nothing is carried
/// out.
pub fn signature(bytes: &[u8]) {
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    let [authorization, date, query, body] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    let mut request = form(body);
    let Ok(uri) = format!("/?{}", String::from_utf8_lossy(query)).parse() else { return };
    *request.uri_mut() = uri;
    request.headers_mut().insert("host", HeaderValue::from_static(HOST));
    let named = [(AUTHORIZATION, authorization), (HeaderName::from_static("x-amz-date"), date)];
    for (name, value) in named.into_iter().filter(|(_, value)| !value.is_empty()) {
        let Some(value) = header(value) else { return };
        request.headers_mut().insert(name, value);
    }
    let answer = company(|company| company.world.send(request));
    assert_ne!(answer.status, 200, "carried out: {}", answer.text());
}

fn signature_examples() -> Vec<Vec<u8>> {
    let id = MANAGEMENT_ADMIN.key.id;
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let (scope, signature) = (format!("{}/us-east-1/sts/aws4_request", &stamp[..8]), "0".repeat(64));
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let in_header = format!(
        "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    let in_query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={id}/{scope}&X-Amz-Date={stamp}&X-Amz-Expires=900\
         &X-Amz-SignedHeaders=host&X-Amz-Signature={signature}&{body}"
    );
    let version_2 = format!(
        "AWSAccessKeyId={id}&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2026-01-02T03%3A04%3A05Z\
         &Signature=AAAA&{body}"
    );
    [
        format!("{in_header}\n{stamp}\n\n{body}"),
        format!("\n\n{in_query}\n"),
        format!("\n\n{version_2}\n"),
        format!("\n\n\n{version_2}"),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// The first byte chooses the service, the rest is the body.
pub fn query(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let services = [Service::Iam, Service::Sts, Service::Ec2, Service::Account];
    let service = services[usize::from(*first) % services.len()];
    let request = signed(form(body), &MANAGEMENT_ADMIN.key, service.signing_name(), "us-east-1");
    company(|company| company.world.send(request));
}

fn query_examples() -> Vec<Vec<u8>> {
    let calls = [
        "\0Action=CreateUser&Version=2010-05-08&UserName=ann&Tags.member.1.Key=team&Tags.member.1.Value=blue",
        "\0Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.1=%7B%7D&ActionNames.member.1=a%3Ab\
         &ContextEntries.member.1.ContextKeyName=aws%3APrincipalTag%2Fa\
         &ContextEntries.member.1.ContextKeyValues.member.1=b&ContextEntries.member.1.ContextKeyType=string",
        "\u{1}Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111111111111%3Arole%2FAdmin\
         &RoleSessionName=x&DurationSeconds=900&TransitiveTagKeys.member.1=team",
        "\u{2}Action=DescribeRegions&Version=2016-11-15&Filter.1.Name=region-name&Filter.1.Value.1=us-%2A&DryRun=true",
        "\u{3}Action=PutAlternateContact&Version=2021-02-01&AlternateContactType=BILLING&Name=n&Title=t\
         &EmailAddress=a%40b.c&PhoneNumber=1",
    ];
    calls.map(|call| call.as_bytes().to_vec()).to_vec()
}

/// Operations whose members are JSON.
fn json_operations() -> Vec<Operation> {
    let services = [Service::Account, Service::Organizations, Service::CloudTrail];
    services.into_iter().flat_map(Operation::supported).collect()
}

/// The first byte chooses the operation, the rest is the body.
pub fn json_body(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else { return };
    let operations = json_operations();
    let operation = operations[usize::from(*first) % operations.len()];
    let mut request = wire::request(operation, &Value::Null);
    *request.body_mut() = Bytes::copy_from_slice(body);
    let name = operation.service().signing_name();
    let request = signed(request, &MANAGEMENT_ADMIN.key, name, "us-east-1");
    company(|company| company.world.send(request));
}

fn json_examples() -> Vec<Vec<u8>> {
    let operations = json_operations();
    let example = |(index, operation): (usize, &Operation)| {
        let mut bytes = vec![u8::try_from(index).unwrap()];
        let members = match operation.service() {
            Service::Account => account_members(),
            _ => crate::requests::members(*operation, MANAGEMENT),
        };
        bytes.extend(members.to_string().bytes());
        bytes
    };
    operations.iter().enumerate().map(example).collect()
}

/// Members of all operations of Account Management together: each takes what it knows.
fn account_members() -> Value {
    let contact = json!({
        "FullName": "n", "AddressLine1": "a", "City": "c", "PostalCode": "p", "CountryCode": "US", "PhoneNumber": "+1"
    });
    json!({
        "AccountId": MEMBER, "StandardAccountId": MEMBER, "AlternateContactType": "BILLING", "Name": "n", "Title": "t",
        "EmailAddress": "a@b.c", "PhoneNumber": "1", "ContactInformation": contact, "AccountName": "n",
        "RegionName": "af-south-1", "PrimaryEmail": "new@example.com", "Otp": "AAAAAA", "MaxResults": 3,
        "RegionOptStatusContains": ["ENABLED"]
    })
}

/// The first byte chooses the kind of policy, the rest is its text. Reading what was read gives the same decision, and
/// nothing is allowed by a text that does not say `Allow`.
pub fn policy(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let kinds = POLICY_KINDS;
    let Ok(policy) = Policy::parse_as(text, kinds[usize::from(*first) % kinds.len()]) else { return };
    let again =
        Policy::parse(policy.source()).unwrap_or_else(|error| panic!("{error:?}: {}", policy.source()));
    let allowed = [policy, again].map(is_allowed);
    assert_eq!(allowed[0], allowed[1], "{text}");
    assert!(!allowed[0] || text.contains("Allow") || text.contains("\\u"), "{text}");
}

const POLICY_KINDS: [PolicyKind; 4] =
    [PolicyKind::Managed, PolicyKind::RoleTrust, PolicyKind::ServiceControl, PolicyKind::ResourceControl];

fn is_allowed(policy: Policy) -> bool {
    let account = MANAGEMENT.parse().unwrap();
    let principal = Principal::User { account, path: "/".into(), name: "ann".into(), id: "AIDA".into() };
    let caller = principal::Caller { principal, access_key_id: String::new(), session: None };
    let mut context = RequestContext::new();
    context.insert("aws:RequestedRegion", "us-east-1");
    context.insert("aws:PrincipalTag/team", "blue");
    context.insert("aws:SourceIp", "203.0.113.7");
    let resource = "arn:aws:account::111111111111:account";
    let question = Question {
        caller: &caller,
        action: "account:GetAlternateContact",
        resource,
        target_account: account,
        context: &context,
    };
    let identity = [AttachedPolicy { arn: None, policy }];
    evaluate(&question, &PolicySets { identity: &identity, ..PolicySets::default() }).is_allowed()
}

fn policy_examples() -> Vec<Vec<u8>> {
    let texts = [
        r#" {"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["account:*","iam:Get?ser"],
            "Resource":"arn:aws:account::${aws:PrincipalAccount}:account*","Condition":{
            "StringLikeIfExists":{"aws:PrincipalTag/team":["b*","${aws:username}"]},
            "ForAllValues:StringEquals":{"aws:TagKeys":["a"]},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},
            "DateGreaterThan":{"aws:CurrentTime":"2026-01-02T03:04:05Z"},"NumericLessThan":{"a:b":"3"},
            "Bool":{"aws:SecureTransport":"true"},"Null":{"aws:TokenIssueTime":"true"}}}]}"#,
        r#"!{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["111122223333",
            "arn:aws:iam::111122223333:role/a"],"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#,
        r#""{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}]}"#,
        r#"#{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// A seed file. One that is refused has at least one line that says why.
pub fn seed_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(problems) = seed::read(text, Timestamp::UNIX_EPOCH) {
        assert!(!seed::report("seed.yaml", &problems).is_empty());
    }
}

fn seed_examples() -> Vec<Vec<u8>> {
    let seed = Setup::company().seed;
    // The whole file, and its parts, which are quicker.
    let mut examples = vec![
        b"organization: { management_account: '111111111111' }\naccounts:\n  - id: '111111111111'\n    name: A\n    \
          email: ann@example.invalid\n    tags: { a: b }\n    iam: { users: [{ name: u, tags: { k: v } }] }\n"
            .to_vec(),
        b"accounts: [{ id: '222222222222', name: &a B, email: bee@example.invalid, contact: { FullName: *a } }]".to_vec(),
    ];
    examples.push(seed.into_bytes());
    examples
}

/// A session token, with the right access key and secret. Only the one that was issued is good.
pub fn session_token(bytes: &[u8]) {
    let Some(value) = header(bytes).filter(|value| value.to_str().is_ok_and(|text| text.trim() == text))
    else {
        return;
    };
    let mut request = form(b"Action=GetCallerIdentity&Version=2011-06-15");
    request.headers_mut().insert("x-amz-security-token", value);
    company(|company| {
        let Session { key, token } = &company.session;
        let answer = company.world.send(signed(request, key, "sts", "us-east-1"));
        assert!(answer.status != 200 || bytes == token.as_bytes(), "{}", answer.text());
    });
}

fn session_token_examples() -> Vec<Vec<u8>> {
    company(|company| vec![company.session.token.clone().into_bytes()])
}

/// The first byte chooses the list, the rest is its token. Only one that was issued is good; an empty one is none.
pub fn page_token(bytes: &[u8]) {
    let Some((first, token)) = bytes.split_first() else { return };
    let Ok(token) = std::str::from_utf8(token) else { return };
    let (service, name, member) = PAGED[usize::from(*first) % PAGED.len()];
    company(|company| {
        let answer = ask(&company.world, service, name, &json!({ member: token }));
        let was_issued = token.is_empty() || company.page_tokens.iter().any(|issued| issued == token);
        assert!(answer.status != 200 || was_issued, "{name} takes {token:?}");
    });
}

fn page_token_examples() -> Vec<Vec<u8>> {
    company(|company| {
        let tokens = company.page_tokens.iter().enumerate();
        tokens.map(|(index, token)| [&[u8::try_from(index).unwrap()], token.as_bytes()].concat()).collect()
    })
}

/// A document to import. One that is refused changes nothing.
pub fn import(bytes: &[u8]) {
    company(|company| {
        let before = company.world.exported();
        let imported = company.world.import(Bytes::copy_from_slice(bytes));
        let after = company.world.exported();
        match imported {
            Ok(()) => company.world.import(before).unwrap_or_else(|error| panic!("{error:?}")),
            Err(_) => assert_eq!(before, after, "a refused import changes nothing"),
        }
    });
}

fn import_examples() -> Vec<Vec<u8>> {
    let seed = "accounts: [{ id: '222222222222', name: B, email: bee@example.invalid, iam: { users: [{ name: u }] } }]";
    let world = World::of(Setup { seed: seed.to_owned(), ..Setup::company() });
    vec![world.exported().to_vec()]
}
