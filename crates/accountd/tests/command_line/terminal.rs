//! The commands that ask a running accountd, as a person types them (F-EDGE-29).

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::{Directory, IN_MEMORY, Running, accountd, refused};

const SEED: &str = r#"
accounts:
  - id: "111122223333"
    name: One
    email: one@example.com
    iam:
      users:
        - name: ann
          access_keys: [{ id: AKIAI44QH8DHBEXAMPLE, secret: 0123456789abcdefghij }]
        - name: bob
          inline_policies:
            none: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"No","Effect":"Deny","Action":"account:ListRegions","Resource":"*"}]}'
      roles:
        - name: Auditor
          path: /audit/
          trust_policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
"#;

fn url(running: &Running) -> String {
    format!("http://{}", running.address)
}

fn asks(running: &Running, arguments: &[&str]) -> Output {
    accountd(arguments).args(["--endpoint", &url(running)]).output().unwrap()
}

fn told(output: Output) -> String {
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn with_seed(directory: &Directory, more: &[&str]) -> Running {
    let seed = directory.file("seed.yaml", SEED, 0o600);
    Running::start(&[&IN_MEMORY[..], &["--seed", &seed], more].concat())
}

/// The variables that a shell has after it evaluated what `accountd env` printed.
fn evaluated(exports: &str) -> String {
    let script = format!(
        "AWS_SESSION_TOKEN=stale AWS_PROFILE=stale\n{exports}\n\
         echo \"$AWS_ENDPOINT_URL $AWS_REGION $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY\" \
         \"${{AWS_SESSION_TOKEN:+token}}\" \"$AWS_PROFILE\""
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn env_prints_what_a_shell_a_profile_and_terraform_need() {
    let directory = Directory::new("env");
    let running = with_seed(&directory, &[]);
    let here = url(&running);
    assert_eq!(evaluated(&told(asks(&running, &["env"]))), format!("{here} us-east-1 test test"));
    let ann = told(asks(&running, &["env", "--user", "arn:aws:iam::111122223333:user/ann"]));
    assert_eq!(evaluated(&ann), format!("{here} us-east-1 AKIAI44QH8DHBEXAMPLE 0123456789abcdefghij"));
    // A user without a key gets one, and the same one again.
    let bob = ["env", "--account", "111122223333", "--user", "bob", "--region", "eu-west-1"];
    let first = told(asks(&running, &bob));
    assert!(evaluated(&first).starts_with(&format!("{here} eu-west-1 AKIA")), "{first}");
    assert_eq!(told(asks(&running, &bob)), first);
    let role = told(asks(&running, &["env", "--role", "arn:aws:iam::111122223333:role/audit/Auditor"]));
    assert!(evaluated(&role).starts_with(&format!("{here} us-east-1 ASIA")), "{role}");
    assert!(evaluated(&role).ends_with(" token"), "{role}");
    // An account that is not there comes into being with its administrator.
    let administrator = ["env", "--account", "999999999999", "--form"];
    let form = |form: &str| told(asks(&running, &[&administrator[..], &[form]].concat()));
    assert!(form("profile").starts_with(&format!("[profile accountd]\nendpoint_url = {here}\n")));
    assert!(form("json").starts_with(r#"{"Version":1,"AccessKeyId":"AKIA"#));
    let block = form("terraform");
    assert!(block.contains(&format!("    organizations = \"{here}\"\n")), "{block}");

    for (arguments, part) in [
        (&["env", "--account", "111122223333", "--user", "eve"][..], "has no user eve"),
        (&["env", "--account", "111122223333", "--role", "Auditors"], "has no role Auditors"),
        (&["env", "--role", "Auditor"], "of which account?"),
        (&["env", "--account", "1"], "answers 400"),
        (&["env", "--role", "Auditor", "--user", "ann"], "cannot be used with"),
    ] {
        let message = refused(&asks(&running, arguments));
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn what_an_own_endpoint_answers_is_told_in_lines() {
    let directory = Directory::new("told");
    let running = with_seed(&directory, &["--time", "manual"]);
    let before = told(asks(&running, &["clock"]));
    assert!(before.ends_with(" (manual)\n"), "{before}");
    let moved = told(asks(&running, &["clock", "2199-01-01T00:00:00Z"]));
    assert_eq!(moved, "2199-01-01T00:00:00Z (manual)\n");
    assert_eq!(told(asks(&running, &["clock", "+24h"])), "2199-01-02T00:00:00Z (manual)\n");
    assert!(refused(&asks(&running, &["clock", "2027-01-01T00:00:00Z"])).contains("only moves forward"));
    assert!(refused(&asks(&running, &["clock", "24h"])).contains("a step such as +24h"));

    assert_eq!(told(asks(&running, &["outbox", "--to", "a+b@example.com"])), "no messages\n");
    assert_eq!(told(asks(&running, &["outbox", "--json", "--limit", "5"])), "{\n  \"messages\": []\n}\n");
    assert_eq!(told(asks(&running, &["outbox", "--clear"])), "0 deleted\n");
    assert_eq!(told(asks(&running, &["faults"])), "no faults\n");
    let rules = directory.file("faults.json", r#"[{"service":"sts","disconnect":true}]"#, 0o600);
    let ordered = told(asks(&running, &["faults", &rules]));
    assert!(ordered.contains(r#""service":"sts""#), "{ordered}");
    assert_eq!(told(asks(&running, &["faults"])), ordered);
    assert_eq!(told(asks(&running, &["faults", "--clear"])), "no faults\n");
    let wrong = directory.file("wrong.json", r#"[{"operation":"Nothing","disconnect":true}]"#, 0o600);
    assert!(refused(&asks(&running, &["faults", &wrong])).contains("no service here has an operation"));
    assert!(refused(&asks(&running, &["faults", "/nonexistent"])).contains("cannot be read"));
    assert_eq!(told(asks(&running, &["unanswered"])), "every call was for something that is here\n");
    assert_eq!(told(asks(&running, &["unanswered", "--clear"])), "0 deleted\n");
    assert!(told(asks(&running, &["health"])).contains(" is running, state in memory; it answers account, "));
    assert_eq!(told(asks(&running, &["reset"])), "reset\n");
    assert!(!told(asks(&running, &["clock"])).contains("2199"));
}

#[test]
fn state_is_taken_away_looked_at_and_brought_back() {
    let directory = Directory::new("state");
    let (first, second) = (with_seed(&directory, &[]), Running::start(&IN_MEMORY));
    let file = directory.0.join("state.json").to_str().unwrap().to_owned();
    let said = told(asks(&first, &["export", &file]));
    assert!(said.starts_with(&format!("{file}: exported 0.")), "{said}");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o600
    );
    assert_eq!(told(asks(&second, &["import", &file])), "imported\n");
    assert_eq!(told(asks(&second, &["export"])), told(asks(&first, &["export", "-"])));
    let checked = told(asks(&second, &["check"]));
    assert!(checked.contains(" documents and 0 events can be read"), "{checked}");
    assert!(!checked.contains(" 0 documents"), "{checked}");

    let mut piped = accountd(&["import", "-", "--endpoint", &url(&second)]);
    let mut child =
        piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"accountd_export\":1}").unwrap();
    assert!(refused(&child.wait_with_output().unwrap()).contains("not an export of accountd"));
    assert!(refused(&asks(&second, &["import", "/nonexistent"])).contains("cannot be read"));
    assert!(refused(&asks(&second, &["export", "/nonexistent/file"])).contains("cannot be written"));
}

/// Docker reserves other codes than 0 and 1 for its health checks.
#[test]
fn health_ends_with_1_where_nobody_answers() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = accountd(&["health", "--endpoint", &format!("http://{nowhere}")]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no accountd answers at"), "{said}");
}

/// F-EDGE-11, F-EDGE-22: where secrets come from variables and files, as containers get them.
#[test]
fn keys_and_token_come_from_the_environment() {
    let directory = Directory::new("from-environment");
    let list = r#"[{"account_id":"111122223333","access_key_id":"AKIAEXAMPLE111111111","secret_access_key":"0123456789abcdef"}]"#;
    let token = directory.file("token", "correct-horse\n", 0o600);
    let keys = directory.file("keys.json", list, 0o600);
    for (name, value) in
        [("ACCOUNTD_ROOT_CREDENTIALS_LIST", list), ("ACCOUNTD_ROOT_CREDENTIALS_FILE", keys.as_str())]
    {
        let environment = [(name, value), ("ACCOUNTD_ADMIN_TOKEN_FILE", token.as_str())];
        let running = Running::with_environment(&["--in-memory", "--listen", "0.0.0.0:0"], &environment);
        let here = format!("http://127.0.0.1:{}", running.address.port());
        let clock = |more: &[&str]| accountd(&["clock", "--endpoint", &here]).args(more).output().unwrap();
        assert!(refused(&clock(&[])).contains("answers 401"), "{name}");
        told(clock(&["--admin-token-file", &token]));
        told(clock(&["--admin-token", "correct-horse"]));
    }
    let both = accountd(&["--root-credentials", &keys]).env("ACCOUNTD_ROOT_CREDENTIALS_LIST", list).output();
    assert!(refused(&both.unwrap()).contains("cannot be used together"));
    let wrong = accountd(&[]).env("ACCOUNTD_ROOT_CREDENTIALS_LIST", list.replace("AKIA", "!")).output();
    let message = refused(&wrong.unwrap());
    assert!(message.contains("an access_key_id has") && !message.contains("0123456789abcdef"), "{message}");
}

/// F-EDGE-33
#[test]
fn the_log_says_at_debug_which_policy_and_statement_refused() {
    let directory = Directory::new("why");
    let mut running = with_seed(&directory, &["--log-level", "debug", "--signatures", "lenient"]);
    let bob = told(asks(&running, &["env", "--account", "111122223333", "--user", "bob", "--form", "json"]));
    let key = bob.split('"').find(|word| word.starts_with("AKIA")).unwrap();
    let answer = running.ask(&format!(
        "POST /listRegions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/account/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=00\r\nX-Amz-Date: 20260101T000000Z\r\n\r\n{{}}"
    ));
    assert!(answer.contains("AccessDeniedException"), "{answer}");
    let line = running.says("refused by");
    assert!(line.contains(r#"layer="identity policies""#) && line.contains("statement=2"), "{line}");
    assert!(line.contains("none"), "{line}");
}

/// F-EDGE-32
#[test]
fn service_time_passes_faster_where_that_is_said() {
    let running = Running::start(&[&IN_MEMORY[..], &["--time", "x1000"]].concat());
    let now = || told(asks(&running, &["clock", "--json"]));
    let page = now();
    assert!(page.contains("\"mode\": \"x1000\""), "{page}");
    assert_ne!(now(), page);
    assert!(refused(&accountd(&["--time", "x1"]).output().unwrap()).contains("x2 to x1000"));
}

/// F-SEED-20: the seed file of a state is the same, wherever the state is, and gives it again.
#[test]
fn a_state_is_printed_as_a_seed_file() {
    let directory = Directory::new("from-state");
    let seed = directory.file("seed.yaml", SEED, 0o600);
    let data = directory.file("data", "", 0o600);
    fs::remove_file(&data).unwrap();
    let running = Running::start(&["--data", &data, "--listen", "127.0.0.1:0", "--seed", &seed]);
    let of_endpoint = told(asks(&running, &["seed", "from-state"]));
    let export = directory.file("state.json", "", 0o600);
    told(asks(&running, &["export", &export]));
    let in_use = refused(&accountd(&["seed", "from-state", &data]).output().unwrap());
    assert!(in_use.contains("in use"), "{in_use}");
    assert_eq!(running.end("-TERM").0, Some(0));
    let without_head = |file: &str| {
        file.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    };
    let expected: String = without_head(&of_endpoint);
    assert!(expected.contains("secret: \"0123456789abcdefghij\""), "{expected}");
    for source in [&export, &data] {
        let file: String = without_head(&told(accountd(&["seed", "from-state", source]).output().unwrap()));
        assert_eq!(file, expected, "{source}");
    }
    let file = directory.file("again.yaml", &of_endpoint, 0o600);
    let summary = told(accountd(&["seed", "check", &file]).output().unwrap());
    assert!(
        summary.contains("1 account, 0 organizational units, 0 policies, 2 users, 1 role, 1 access key"),
        "{summary}"
    );
    for (source, reason) in [("/nonexistent", "cannot be read"), (&seed, "is not an export of accountd")] {
        let said = refused(&accountd(&["seed", "from-state", source]).output().unwrap());
        assert!(said.contains(reason), "{said}");
    }
}
