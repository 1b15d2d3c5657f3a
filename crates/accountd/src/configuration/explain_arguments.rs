//! The command line of `accountd explain`.

use std::path::Path;

use clap::Args;

use super::terminal_arguments::There;
use crate::explain::{Asked, Parts};

/// What stands after the command.
pub(super) const EXAMPLES: &str = "\
Examples:
  accountd explain 3f1c8a52-6a0e-4b7e-9a77-0f6f0a3d2b11
  accountd explain --principal arn:aws:iam::111122223333:user/ann --action account:EnableRegion
  accountd explain --principal 111122223333 --action iam:CreateUser --draft p-examplepolicy=scp.json
  accountd explain --who 111122223333 --action account:CloseAccount";

#[derive(Args)]
pub(super) struct ExplainArguments {
    /// A call in the event log, by the id of its event
    #[arg(value_name = "EVENT_ID", conflicts_with_all = ["principal", "action", "members", "who"])]
    event: Option<String>,

    /// Who would call: the ARN of a user, role or session, or an account's id for its root user
    #[arg(long, value_name = "ARN|ACCOUNT", requires = "action")]
    principal: Option<String>,

    /// What: an IAM action such as account:EnableRegion
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,

    /// On what [default: what the operation asks for]
    #[arg(long, value_name = "ARN")]
    resource: Option<String>,

    /// A condition key with its value; several times for several values
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    context: Vec<(String, String)>,

    /// The operation's input, so that everything that it asks for is explained
    #[arg(long, value_name = "JSON")]
    members: Option<String>,

    /// What if: the document in this file in place of a policy's
    #[arg(long, value_name = "POLICY=FILE", value_parser = parse_pair)]
    draft: Vec<(String, String)>,

    /// What if: a policy attached to a root, unit or account
    #[arg(long, value_name = "POLICY=TARGET", value_parser = parse_pair)]
    attach: Vec<(String, String)>,

    /// What if: a policy detached from it
    #[arg(long, value_name = "POLICY=TARGET", value_parser = parse_pair)]
    detach: Vec<(String, String)>,

    /// Everybody of an account, or of the organization, instead of one principal
    #[arg(long, value_name = "ACCOUNT|organization", requires = "action", conflicts_with = "principal")]
    who: Option<String>,

    /// Continues a list of principals
    #[arg(long, value_name = "TOKEN", requires = "who")]
    next_token: Option<String>,

    #[command(flatten)]
    there: There,

    /// The answer as JSON
    #[arg(long)]
    json: bool,
}

impl ExplainArguments {
    /// The question, with the drafts' files read.
    pub(super) fn into_asked(self) -> Result<Asked, String> {
        if self.event.is_none() && self.action.is_none() {
            return Err(
                "explain what? Give an EVENT_ID, or --principal and --action, or --who and --action".into()
            );
        }
        if self.event.is_none() && self.principal.is_none() && self.who.is_none() {
            return Err("explain to whom? Give --principal or --who".to_owned());
        }
        let members = self.members.as_deref().map(|text| {
            serde_json::from_str(text).map_err(|error| format!("--members: it is no JSON: {error}"))
        });
        let drafts = self.draft.into_iter().map(|(policy, file)| {
            let text = std::fs::read_to_string(Path::new(&file));
            Ok((policy, text.map_err(|error| format!("--draft: {file} cannot be read: {error}"))?))
        });
        let attach = self.attach.into_iter().map(|(policy, target)| (policy, target, true));
        let detach = self.detach.into_iter().map(|(policy, target)| (policy, target, false));
        let parts = Parts {
            event: self.event,
            principal: self.principal,
            action: self.action,
            resource: self.resource,
            context: self.context,
            members: members.transpose()?,
            drafts: drafts.collect::<Result<_, String>>()?,
            attachments: attach.chain(detach).collect(),
            who: self.who,
            next_token: self.next_token,
        };
        Ok(Asked { endpoint: self.there.into_endpoint()?, json: self.json, question: parts.into_question() })
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "it has a = in it".to_owned())
}
