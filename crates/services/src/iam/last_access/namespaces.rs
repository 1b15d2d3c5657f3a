//! The services that AWS has, by the namespace of their actions.

/// F-IAMAPI-LASTACC-5: a namespace and the name of its service a line, in the order of namespaces. The names of seven were
/// recorded; the others are those of the service authorization reference as far as they are known.
const NAMESPACES: &str = include_str!("service-namespaces.txt");

/// Every namespace with the name of its service, in order.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    NAMESPACES.lines().filter_map(|line| line.split_once(' '))
}

/// The name of a service, by its namespace.
pub(super) fn name(namespace: &str) -> Option<&'static str> {
    all().find(|(known, _)| *known == namespace).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_in_order_f_iamapi_lastacc_5() {
        assert!(all().is_sorted_by(|one, next| one.0 < next.0));
        assert_eq!(all().count(), NAMESPACES.lines().count());
        assert_eq!(name("sqs"), Some("Amazon SQS"));
        assert_eq!(name("none"), None);
    }
}
