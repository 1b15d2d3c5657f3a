//! Random cases in the form of the corpus. Small alphabets make matches and near misses common; a seed gives
//! the same case forever.

use serde_json::{Map, Value, json};

/// A small generator of pseudo-random numbers (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        dice.below(2);
        dice
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn pick<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        choices[self.below(choices.len())]
    }

    /// True `percent` times of a hundred.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

const ACTIONS: [&str; 3] = ["account:GetThis", "account:PutThat", "iam:GetThis"];
const ACTION_PATTERNS: [&str; 9] = [
    "*",
    "account:*",
    "Account:get*",
    "account:?etThis",
    "*:GetThis",
    "iam:*",
    "account:PutThat",
    "s3:*",
    "a*:*t*",
];
const RESOURCES: [&str; 6] = [
    "arn:aws:account::111122223333:account",
    "arn:aws:account::111122223333:account/o-x/ann",
    "arn:aws:s3:::home/ann/x:y",
    "arn:aws:logs:eu-west-1:1:group:a:b",
    "arn:aws:s3:::a*b?",
    "*",
];
const RESOURCE_PATTERNS: [&str; 23] = [
    "*",
    "arn:aws:account::*:account",
    "arn:aws:account::*:account/*",
    "arn:aws:*",
    "arn:aws:s3:::home/${aws:username}/*",
    "arn:aws:s3:::home/${test:tag, 'ann'}/*",
    "arn:aws:s3:::a${*}b${?}",
    "arn:aws:s3:::${test:tag}",
    "arn:aws:account::${aws:PrincipalAccount}:account",
    "arn:*:account:*:account",
    "arn:aws:a*t::111122223333:account",
    "arn:aws:*:*:*:*:*",
    "arn:aws:logs:e*:1:group:*",
    "arn:aws:logs:e*1:group*b",
    "arn:aws:log?:eu-west-?:*:group:?:b",
    "arn:aws:account:?111122223333:account",
    "arn:aws:acc*nt:*ccount",
    "arn:aws:acc*:*:account*",
    "arn:aws:s3*",
    "arn:aws:s3:*home/ann*",
    "arn:aws:s3:*:home/*",
    "arn:aws:s3:::home/*/x*y",
    "arn:aws:*s*:*:*:*n*",
];
const PRINCIPALS: [&str; 9] = [
    "*",
    "111122223333",
    "444455556666",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::111122223333:user/team/ann",
    "arn:aws:iam::111122223333:role/team/reader",
    "arn:aws:sts::111122223333:assumed-role/reader/monday",
    "arn:aws:sts::111122223333:federated-user/guest",
    "AROAEXAMPLEREADER",
];
/// Operators with policy values that each can read.
const OPERATORS: [(&str, &[&str]); 12] = [
    ("String{}Equals", STRINGS),
    ("String{}EqualsIgnoreCase", STRINGS),
    ("String{}Like", STRINGS),
    ("Numeric{}Equals", &["1", "2", "10", "-1.5", "NaN", "9007199254740993"]),
    ("NumericLessThan", &["1", "2", "10"]),
    ("NumericGreaterThanEquals", &["1", "2", "10"]),
    ("Date{}Equals", &["2026-11-21", "1795262400", "2026-11-21T12:00:00Z", "no-date"]),
    ("DateLessThanEquals", &["2026-11-21", "1795262400", "2026-12"]),
    ("Bool", &["true", "false", "maybe"]),
    ("BinaryEquals", &["YQ==", "YW5u", "ann"]),
    ("{}IpAddress", ADDRESSES),
    ("Arn{}Like", ARNS),
];
const ADDRESSES: &[&str] = &[
    "10.0.0.0/8",
    "198.51.100.7",
    "2001:db8::/32",
    "2001:db8::5/64",
    "::ffff:10.0.0.0/104",
    "010.0.0.0/8",
    "0.0.0.0/0",
    "no-address",
];
const STRINGS: &[&str] = &[
    "ann",
    "ANN",
    "a*",
    "a?n",
    "*n*",
    "??",
    "ΟΣ",
    "𐐀",
    "${aws:username}",
    "${test:tag}",
    "${test:tag, 'ann'}",
    "${*}",
    "true",
    "10",
    "${test:many}",
    "",
];
const ARNS: &[&str] = &[
    "*",
    "arn:aws:iam::*:user/*",
    "arn:aws:*:*:*:*",
    "arn:aws:iam:*",
    "arn:aws:i?m::111122223333:user/team/${aws:username}",
    "${aws:PrincipalArn}",
    "arn:*:user/team/ann",
    "arn:aws:iam::1:role/?",
    "ann",
];
const VALUES: &[&str] = &[
    "ann",
    "Ann",
    "a*",
    "*",
    "true",
    "false",
    "1",
    "2",
    "10",
    "1795262400",
    "2026-11-21T12:00:00Z",
    "10.1.2.3",
    "198.51.100.7",
    "2001:db8::1",
    "YW5u",
    "arn:aws:iam::111122223333:user/team/ann",
    "arn:aws:iam::1:role/a:b",
    "arn:aws:iam::1:role/𐐀",
    "9007199254740992",
    "::ffff:10.1.2.3",
    "2001:db8:::5",
    "𐐀",
    "𐐨",
    "ος",
    "",
];
const KEYS: [&str; 6] =
    ["test:key", "test:many", "test:tag", "aws:username", "aws:PrincipalArn", "aws:CurrentTime"];

/// A whole case: policies of all types.
pub fn case(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let caller = dice.pick(&["user", "user", "role", "role", "federated", "root"]);
    let mut policies = Map::new();
    policies.insert("identity".to_owned(), policy_list(&mut dice, "caller"));
    if dice.chance(25) {
        policies.insert("permissions_boundary".to_owned(), policy(&mut dice, "caller"));
    }
    if dice.chance(if caller == "federated" { 80 } else { 25 }) {
        policies.insert("session".to_owned(), policy_list(&mut dice, "caller"));
    }
    for (name, place) in [("service_control", "caller"), ("resource_control", "rcp")] {
        if dice.chance(25) {
            let levels: Vec<Value> = (0..1 + dice.below(2)).map(|_| policy_list(&mut dice, place)).collect();
            policies.insert(name.to_owned(), levels.into());
        }
    }
    if dice.chance(40) {
        let owner = dice.pick(&["111122223333", "111122223333", "444455556666"]);
        let kind = dice.pick(&["optional", "optional", "required", "trust"]);
        let document = policy(&mut dice, if kind == "trust" { "trust" } else { "resource" });
        policies.insert("resource".to_owned(), json!({ "owner": owner, "kind": kind, "policy": document }));
    }
    json!({
        "caller": caller,
        "action": dice.pick(&ACTIONS),
        "resource": dice.pick(&RESOURCES),
        "context": context(&mut dice),
        "policies": policies,
    })
}

/// A case with one Allow statement that has nothing but one condition.
pub fn condition_case(seed: u64) -> Value {
    let mut dice = Dice::new(seed ^ 0xc0d1_7105);
    let caller = dice.pick(&["user", "role"]);
    let version = dice.pick(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]);
    json!({
        "caller": caller,
        "version": version,
        "context": context(&mut dice),
        "condition": condition(&mut dice),
    })
}

fn policy_list(dice: &mut Dice, place: &str) -> Value {
    (0..1 + dice.below(3)).map(|_| policy(dice, place)).collect::<Vec<_>>().into()
}

fn policy(dice: &mut Dice, place: &str) -> Value {
    let statements: Vec<Value> = (0..1 + dice.below(3)).map(|_| statement(dice, place)).collect();
    let version = dice.pick(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]);
    json!({ "Version": version, "Statement": statements })
}

fn statement(dice: &mut Dice, place: &str) -> Value {
    let mut statement = Map::new();
    let effect = if dice.chance(14) { "Deny" } else { "Allow" };
    statement.insert("Effect".to_owned(), effect.into());
    let name = if dice.chance(12) { "NotAction" } else { "Action" };
    let actions = some_of(dice, &ACTION_PATTERNS);
    statement.insert(name.to_owned(), if dice.chance(40) { "*".into() } else { actions });
    if place != "trust" {
        let name = if dice.chance(12) { "NotResource" } else { "Resource" };
        let resources = some_of(dice, &RESOURCE_PATTERNS);
        statement.insert(name.to_owned(), if dice.chance(40) { "*".into() } else { resources });
    }
    match place {
        "rcp" => {
            statement.insert("Principal".to_owned(), "*".into());
        }
        "resource" | "trust" => {
            let name = if dice.chance(20) { "NotPrincipal" } else { "Principal" };
            let principals = some_of(dice, &PRINCIPALS);
            statement.insert(name.to_owned(), json!({ "AWS": principals }));
        }
        _ => {}
    }
    if dice.chance(25) {
        statement.insert("Condition".to_owned(), condition(dice));
    }
    statement.into()
}

/// One of the choices, or a list of up to three.
fn some_of(dice: &mut Dice, choices: &[&str]) -> Value {
    if dice.chance(50) {
        return dice.pick(choices).into();
    }
    (0..1 + dice.below(3)).map(|_| Value::from(dice.pick(choices))).collect::<Vec<_>>().into()
}

fn condition(dice: &mut Dice) -> Value {
    let mut operators = Map::new();
    for _ in 0..1 + dice.below(2) {
        if dice.chance(8) {
            operators.insert("Null".to_owned(), json!({ dice.pick(&KEYS): dice.pick(&["true", "false"]) }));
            continue;
        }
        let (name, values) = OPERATORS[dice.below(OPERATORS.len())];
        let name = name.replace("{}", if dice.chance(40) { "Not" } else { "" });
        let set = dice.pick(&["", "", "ForAllValues:", "ForAnyValue:"]);
        let if_exists = dice.pick(&["", "", "IfExists"]);
        operators
            .insert(format!("{set}{name}{if_exists}"), json!({ dice.pick(&KEYS): some_of(dice, values) }));
    }
    operators.into()
}

fn context(dice: &mut Dice) -> Value {
    let mut context = Map::new();
    if dice.chance(70) {
        context.insert("test:key".to_owned(), dice.pick(VALUES).into());
    }
    if dice.chance(60) {
        let values: Vec<Value> = (0..dice.below(4)).map(|_| dice.pick(VALUES).into()).collect();
        context.insert("Test:Many".to_owned(), values.into());
    }
    if dice.chance(50) {
        context.insert("test:tag".to_owned(), dice.pick(&["ann", "*", "a*b?"]).into());
    }
    context.into()
}
