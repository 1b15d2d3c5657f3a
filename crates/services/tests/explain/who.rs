//! F-WHY-8: who may do something, page by page.

use aws::policy::Policy;
use serde_json::{Value, json};
use services::explain::Answer;
use services::explain::answer::{Decision, PrincipalVerdict, Principals};
use services::state::identity::User;

use crate::support::{ask, company, not_explained};
use testing::world::World;

fn page(world: &mut World, question: &Value) -> Principals {
    match ask(world, question) {
        Ok(Answer::Principals(page)) => page,
        other => panic!("{question}: {other:?}"),
    }
}

/// The last part of each ARN, and whether it may.
fn verdicts(principals: &[PrincipalVerdict]) -> Vec<(&str, &str, bool)> {
    let of = |one: &'_ PrincipalVerdict| one.decision == Decision::Allowed;
    principals
        .iter()
        .map(|one| (one.account.as_str(), one.principal.rsplit(['/', ':']).next().unwrap(), of(one)))
        .collect()
}

const EVERYBODY: [(&str, &str, bool); 4] = [
    ("111111111111", "root", true),
    ("222222222222", "root", false),
    ("222222222222", "ann", false),
    ("222222222222", "deploy", false),
];

#[test]
fn everybody_of_an_account_and_of_the_organization_is_told_once() {
    let mut world = company();
    let question = |who: Value| json!({ "who": who, "action": "account:EnableRegion", "members": {"RegionName": "af-south-1"} });
    let of_organization = page(&mut world, &question(json!({ "organization": true })));
    assert_eq!(verdicts(&of_organization.principals), EVERYBODY);
    assert_eq!(of_organization.next_token, None);
    let of_account = page(&mut world, &question(json!({ "account": "222222222222" })));
    assert_eq!(verdicts(&of_account.principals), EVERYBODY[1..]);
    let ann = &of_account.principals[1];
    assert!(ann.message.as_ref().unwrap().contains("explicit deny in a service control policy"), "{ann:?}");
    let drafts = json!([{ "policy": "p-regions0", "document": testing::builders::policy("Allow", "*") }]);
    let mut drafted = question(json!({ "organization": "o-exampleorg" }));
    drafted["drafts"] = drafts;
    let drafted = page(&mut world, &drafted);
    let may: Vec<_> =
        verdicts(&drafted.principals).into_iter().filter(|(.., may)| *may).map(|(_, name, _)| name).collect();
    assert_eq!(may, ["root", "root", "ann"], "deploy has no policy of its own");
}

/// Whatever the size of a page, the pages together are the whole list.
#[test]
fn pages_of_any_size_make_the_same_list() {
    let mut world = company();
    for number in 0..250 {
        let account = "111111111111".parse().unwrap();
        let user = User::new(account, format!("u{number:03}"), format!("AIDA{number:016}"), world.now);
        world.put(&format!("111111111111/u{number:03}"), &user);
    }
    let ask_pages = |world: &mut World, limit: usize| {
        let mut question =
            json!({ "who": { "organization": true, "limit": limit }, "action": "iam:GetUser" });
        let (mut all, mut pages) = (Vec::new(), 0);
        loop {
            let page = page(world, &question);
            assert!(page.principals.len() <= limit);
            all.extend(page.principals);
            pages += 1;
            match page.next_token {
                Some(token) => question["next_token"] = token.into(),
                None => return (all, pages),
            }
        }
    };
    let (all, pages) = ask_pages(&mut world, 1000);
    assert_eq!((all.len(), pages), (254, 1));
    for limit in [1, 7, 100, 253, 254] {
        let (same, pages) = ask_pages(&mut world, limit);
        assert_eq!(same, all, "pages of {limit}");
        assert!(pages <= 254 / limit + 1 && pages >= 254_usize.div_ceil(limit), "{pages} pages of {limit}");
    }
}

/// A page ends where policies were asked a thousand times for it.
#[test]
fn a_page_costs_no_more_than_its_budget() {
    let mut world = company();
    for number in 0..1_500 {
        let account = "111111111111".parse().unwrap();
        let user = User::new(account, format!("u{number:04}"), format!("AIDA{number:016}"), world.now);
        world.put(&format!("111111111111/u{number:04}"), &user);
    }
    let question = json!({
        "who": { "account": "111111111111", "limit": 100_000 }, "action": "iam:CreateUser",
        "members": { "UserName": "x", "Tags": [{ "Key": "a", "Value": "b" }] },
    });
    let page = page(&mut world, &question);
    assert_eq!(page.principals.len(), 500, "each is asked for two actions");
    assert!(page.next_token.is_some());
}

/// F-WHY-15: a page ends where its policies took long, and who takes longer than a page is told so.
#[test]
fn a_page_ends_where_policies_take_long_and_the_next_goes_on() {
    let mut world = company();
    let account = "111111111111".parse().unwrap();
    let slow = |statements: usize| {
        let pattern = format!("arn:aws:s3:::*{}b", "?".repeat(1_000));
        let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"{pattern}"}}"#);
        let document =
            format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, vec![statement; statements].join(","));
        Policy::parse(&document).unwrap()
    };
    // In the order of names: two that take most of a page each, one that takes more than a page, one that takes nothing.
    for (name, statements) in [("a", 3), ("b", 3), ("c", 20), ("d", 0)] {
        let mut user = User::new(account, name.to_owned(), format!("AIDA{name:0>16}"), world.now);
        if statements > 0 {
            user.inline_policies.insert("slow".to_owned(), slow(statements));
        }
        world.put(&format!("111111111111/{name}"), &user);
    }
    let resource = format!("arn:aws:s3:::{}", "a".repeat(20_000));
    let mut question =
        json!({ "who": { "account": "111111111111" }, "action": "s3:GetObject", "resource": resource });
    let mut pages = Vec::new();
    loop {
        let page = page(&mut world, &question);
        let name = |one: &PrincipalVerdict| one.principal.rsplit(['/', ':']).next().unwrap().to_owned();
        pages.push(page.principals.iter().map(|one| (name(one), one.decision)).collect::<Vec<_>>());
        match page.next_token {
            Some(token) => question["next_token"] = token.into(),
            None => break,
        }
    }
    let told = |names: &[(&str, Decision)]| -> Vec<_> {
        names.iter().map(|(name, decision)| ((*name).to_owned(), *decision)).collect()
    };
    assert_eq!(
        pages,
        [
            told(&[("root", Decision::Allowed), ("a", Decision::Denied)]),
            told(&[("b", Decision::Denied)]),
            told(&[("c", Decision::TooLong)]),
            told(&[("d", Decision::Denied)]),
        ]
    );
}

#[test]
fn a_list_that_cannot_be_is_refused() {
    let mut world = company();
    for (question, part) in [
        (json!({ "who": { "account": "111111111111" } }), "needs `action`"),
        (json!({ "who": {}, "action": "a:B" }), "`who` is"),
        (json!({ "who": { "account": "123456789012" }, "action": "a:B" }), "no account"),
        (json!({ "who": { "organization": "o-none" }, "action": "a:B" }), "no organization o-none"),
        (json!({ "who": { "account": "111111111111" }, "action": "a:B", "principal": "x" }), "leave out"),
        (
            json!({ "who": { "account": "111111111111" }, "action": "a:B", "next_token": "AAAA" }),
            "`next_token`",
        ),
    ] {
        let message = not_explained(&mut world, &question);
        assert!(message.contains(part), "{question}: {message}");
    }
}
