//! The metadata document of a SAML identity provider, as far as IAM looks into it.
//!
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf>

use aws::refusal::Refusal;
use jiff::Timestamp;
use roxmltree::{Document, Node, ParsingOptions};

use crate::iam::refusal;

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

/// The most elements that are read, so that no document takes memory out of proportion to its size.
const MOST_NODES: u32 = 100_000;

/// What the metadata says of itself.
pub struct Metadata {
    /// Until when it is good, if it says so.
    pub valid_until: Option<Timestamp>,
}

impl Metadata {
    /// Reads a document: an entity with an id and an identity provider that has a place to sign in.
    ///
    /// # Errors
    /// F-IAMAPI-SAML-2: `InvalidInput`.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let refused = || refusal::invalid_input("Could not parse metadata");
        let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options).map_err(|_| refused())?;
        let entity = document.root_element();
        let provider = child(entity, "IDPSSODescriptor").ok_or_else(refused)?;
        let is_whole = entity.has_tag_name((METADATA, "EntityDescriptor"))
            && entity.attribute("entityID").is_some_and(|id| !id.is_empty())
            && child(provider, "SingleSignOnService").is_some();
        if !is_whole {
            return Err(refused());
        }
        let valid_until = match entity.attribute("validUntil") {
            Some(text) => Some(text.parse().map_err(|_| refused())?),
            None => None,
        };
        Ok(Self { valid_until })
    }
}

fn child<'d, 'i>(element: Node<'d, 'i>, name: &str) -> Option<Node<'d, 'i>> {
    element.children().find(|child| child.has_tag_name((METADATA, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-IAMAPI-SAML-2
    #[test]
    fn metadata_names_an_identity_provider() {
        let of = |root: &str, inner: &str| {
            format!(
                r#"<{root} xmlns="{METADATA}" entityID="https://idp.example" validUntil="2035-01-01T00:00:00Z">{inner}</{root}>"#
            )
        };
        let provider = "<IDPSSODescriptor><SingleSignOnService/></IDPSSODescriptor>";
        let good = Metadata::read(&of("EntityDescriptor", provider)).expect("metadata");
        assert_eq!(good.valid_until, "2035-01-01T00:00:00Z".parse().ok());
        for wrong in [
            String::new(),
            "no XML".to_owned(),
            of("EntitiesDescriptor", provider),
            of("EntityDescriptor", "<SPSSODescriptor/>"),
            of("EntityDescriptor", "<IDPSSODescriptor/>"),
            of("EntityDescriptor", provider).replace("2035-01-01", "some day"),
            format!("<!DOCTYPE x [<!ENTITY a 'a'>]>{}", of("EntityDescriptor", provider)),
        ] {
            assert_eq!(
                Metadata::read(&wrong).err().map(|refusal| refusal.code),
                Some("InvalidInput".into()),
                "{wrong}"
            );
        }
    }
}
