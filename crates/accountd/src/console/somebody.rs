//! Somebody: how a root user, a user or a role is written and read, and the one field in which somebody is named, whatever
//! the page.

use aws::arn::{AccountId, Arn};
use maud::{Markup, html};
use services::front::acting::Actor;
use services::state::account::Account;
use services::state::identity::{Role, RoleId, User, UserId};
use services::world::key::Prefix;
use services::world::{Fault, World};

/// Of each kind that a field suggests.
const SUGGESTED: usize = 25;

/// Reads `111122223333` or `111122223333:root`, `111122223333:user/NAME`, `111122223333:role/NAME`, or the ARN of any of
/// them.
pub fn read(text: &str) -> Option<Actor> {
    if let Some(arn) = Arn::parse(text) {
        return read_arn(&arn);
    }
    let (account, who) = text.split_once(':').unwrap_or((text, "root"));
    let account = account.parse().ok()?;
    match who.split_once('/') {
        None if who == "root" => Some(Actor::Root(account)),
        Some(("user", name)) if !name.is_empty() => Some(Actor::User(account, name.to_owned())),
        Some(("role", name)) if !name.is_empty() => Some(Actor::Role(account, name.to_owned())),
        _ => None,
    }
}

fn read_arn(arn: &Arn<'_>) -> Option<Actor> {
    let account = arn.account.parse().ok()?;
    let (kind, rest) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    // A path stands before a name, the name of a session behind that of its role.
    let last = || rest.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
    let first = || rest.split('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
    match (arn.service, kind) {
        ("iam", "root") => Some(Actor::Root(account)),
        ("iam", "user") => Some(Actor::User(account, last()?)),
        ("iam", "role") => Some(Actor::Role(account, last()?)),
        ("sts", "assumed-role") => Some(Actor::Role(account, first()?)),
        _ => None,
    }
}

/// The same text again, in the shortest form.
pub fn write(actor: &Actor) -> String {
    match actor {
        Actor::Root(account) => format!("{account}:root"),
        Actor::User(account, name) => format!("{account}:user/{name}"),
        Actor::Role(account, name) => format!("{account}:role/{name}"),
    }
}

/// The same as explanations name a principal.
pub fn principal(actor: &Actor) -> String {
    match actor {
        Actor::Root(account) => account.to_string(),
        Actor::User(account, name) => format!("arn:aws:iam::{account}:user/{name}"),
        Actor::Role(account, name) => format!("arn:aws:iam::{account}:role/{name}"),
    }
}

/// As people say it.
pub fn said(actor: &Actor) -> Markup {
    match actor {
        Actor::Root(account) => html! { "root user of " code { (account) } },
        Actor::User(account, name) => html! { "user " bdi { (name) } " of " code { (account) } },
        Actor::Role(account, name) => html! { "role " bdi { (name) } " of " code { (account) } },
    }
}

/// Whom a field suggests: each with what is said of them besides.
pub type Suggested = Vec<(Actor, &'static str)>;

/// Those of the account of whoever acts, and root users.
///
/// # Errors
/// See [`Fault`].
pub fn suggested(actor: Option<&Actor>, world: &World<'_>) -> Result<Suggested, Fault> {
    let mut suggested = Vec::new();
    if let Some(actor) = actor {
        let account = actor.account();
        suggested.push((actor.clone(), "whoever you act as"));
        for key in world.keys::<User>(&UserId::within(account), None, SUGGESTED)? {
            let user = world.get::<User>(key.id()?)?;
            suggested.extend(user.map(|user| (Actor::User(account, user.name.clone()), "")));
        }
        for key in world.keys::<Role>(&RoleId::within(account), None, SUGGESTED)? {
            let role = world.get::<Role>(key.id()?)?;
            suggested.extend(role.map(|role| (Actor::Role(account, role.name.clone()), "")));
        }
    }
    for key in world.keys::<Account>(&Prefix::empty(), None, SUGGESTED)? {
        let account: AccountId = key.id()?;
        suggested.push((Actor::Root(account), ""));
    }
    Ok(suggested)
}

/// The field. It takes every form that [`read`] does, and suggests some.
pub fn field(name: &str, label: &str, value: &str, suggested: &Suggested) -> Markup {
    let (hint, list) = (format!("{name}-forms"), format!("{name}-suggested"));
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) value=(value) list=(list) required autocomplete="off" placeholder="111122223333:root"
                aria-describedby=(hint);
            datalist id=(list) {
                @for (actor, note) in suggested { option value=(write(actor)) { (note) } }
            }
            p id=(hint) class="quiet" {
                code { "111122223333:root" } ", " code { "111122223333:user/ann" } ", " code { "111122223333:role/Admin" } " or an ARN"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_read_as_written() {
        for text in ["111122223333:root", "111122223333:user/a,b=c", "111122223333:role/Admin"] {
            assert_eq!(write(&read(text).unwrap()), text);
            assert_eq!(read(&principal(&read(text).unwrap())), read(text), "{text}");
        }
        for (text, expected) in [
            ("111122223333", "111122223333:root"),
            ("arn:aws:iam::111122223333:root", "111122223333:root"),
            ("arn:aws:iam::111122223333:user/team/ann", "111122223333:user/ann"),
            ("arn:aws:iam::111122223333:role/service/Admin", "111122223333:role/Admin"),
            ("arn:aws:sts::111122223333:assumed-role/Admin/session", "111122223333:role/Admin"),
        ] {
            assert_eq!(read(text).map(|actor| write(&actor)).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "root",
            "1111:root",
            "111122223333:user/",
            "111122223333:group/g",
            "111122223333:rooot",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
