//! Names: from the model's spelling to Rust's.

/// The service of a model's file, which is called after the service and the model's version:
/// `sso-admin-2020-07-20.json` is a model of `sso-admin`. `None` for a file that is called otherwise.
pub fn service_name(file: &str) -> Option<&str> {
    const VERSION: &str = "-0000-00-00";
    let name = file.strip_suffix(".json")?;
    let (service, version) = name.split_at_checked(name.len().checked_sub(VERSION.len())?)?;
    let fits = |(given, wanted): (u8, u8)| match wanted {
        b'0' => given.is_ascii_digit(),
        other => given == other,
    };
    (!service.is_empty() && version.bytes().zip(VERSION.bytes()).all(fits)).then_some(service)
}

/// The module of a service: `sso_admin` of `sso-admin`.
pub fn module_name(service: &str) -> String {
    service.replace('-', "_")
}

/// A type: the model's own name with a capital first letter (`arnType` becomes `ArnType`).
pub fn type_name(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The view of a structure: `AttachPolicyRequest` is seen as `AttachPolicyMembers`.
pub fn view_name(name: &str) -> String {
    format!("{}Members", name.strip_suffix("Request").unwrap_or(name))
}

/// A field: `AddressLine1` becomes `address_line_1`, `SAMLProviderArn` becomes `saml_provider_arn`.
pub fn field_name(name: &str) -> String {
    let name = words(name).join("_").to_lowercase();
    match name.as_str() {
        "type" | "where" | "match" | "use" | "in" | "as" | "move" | "ref" | "static" => format!("r#{name}"),
        _ => name,
    }
}

/// A variant: `ENABLED_BY_DEFAULT` becomes `EnabledByDefault`, `fieldValidationFailed` becomes
/// `FieldValidationFailed`.
pub fn variant_name(text: &str) -> String {
    let mut name = String::new();
    for part in text.split(|character: char| !character.is_ascii_alphanumeric()) {
        for word in words(part) {
            name.push_str(&type_name(&word.to_lowercase()));
        }
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, 'N');
    }
    name
}

/// The words of a name in camel case. A run of capitals is one word, less its last letter where a small
/// one follows; digits are a word.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| characters[index]);
        let after = characters.get(index + 1);
        let starts = match before {
            None => true,
            Some(before) if character.is_ascii_digit() != before.is_ascii_digit() => true,
            Some(before) if character.is_uppercase() => {
                before.is_lowercase() || after.is_some_and(|after| after.is_lowercase())
            }
            Some(_) => false,
        };
        match words.last_mut() {
            Some(word) if !starts => word.push(character),
            _ => words.push(character.to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_keeps_the_hyphens_of_its_name() {
        assert_eq!(service_name("account-2021-02-01.json"), Some("account"));
        assert_eq!(service_name("sso-admin-2020-07-20.json"), Some("sso-admin"));
        assert_eq!(service_name("service-quotas-2019-06-24.json"), Some("service-quotas"));
        for other in ["recorded.json", "not-supported.txt", "-2020-07-20.json", "sso-admin-2020-07-2x.json"] {
            assert_eq!(service_name(other), None, "{other}");
        }
        assert_eq!(module_name("sso-admin"), "sso_admin");
    }

    #[test]
    fn names_are_those_of_rust() {
        assert_eq!(field_name("AddressLine1"), "address_line_1");
        assert_eq!(field_name("StateOrRegion"), "state_or_region");
        assert_eq!(field_name("SAMLProviderArn"), "saml_provider_arn");
        assert_eq!(field_name("fieldList"), "field_list");
        assert_eq!(field_name("Type"), "r#type");
        assert_eq!(variant_name("ENABLED_BY_DEFAULT"), "EnabledByDefault");
        assert_eq!(variant_name("fieldValidationFailed"), "FieldValidationFailed");
        assert_eq!(variant_name("SSH"), "Ssh");
        assert_eq!(type_name("arnType"), "ArnType");
    }
}
