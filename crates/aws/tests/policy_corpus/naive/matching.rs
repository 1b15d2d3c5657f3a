//! How the naive evaluator compares texts, points in time and addresses.

use std::net::Ipv6Addr;

/// The UTF-16 units of a pattern.
pub fn in_units(symbols: &[(char, bool)]) -> Vec<(u16, bool)> {
    let of = |(c, wild): &(char, bool)| {
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| (*unit, *wild)).collect::<Vec<_>>()
    };
    symbols.iter().flat_map(of).collect()
}

pub const STAR: u16 = b'*' as u16;
pub const QUESTION: u16 = b'?' as u16;
pub const COLON: u16 = b':' as u16;

/// Wildcards that reach over everything.
pub fn glob(pattern: &[(u16, bool)], text: &[u16]) -> bool {
    match pattern.first() {
        None => text.is_empty(),
        Some((STAR, true)) => (0..=text.len()).any(|taken| glob(&pattern[1..], &text[taken..])),
        Some((QUESTION, true)) => !text.is_empty() && glob(&pattern[1..], &text[1..]),
        Some((unit, _)) => text.first() == Some(unit) && glob(&pattern[1..], &text[1..]),
    }
}

/// Wildcards that stay within the first five parts of an ARN; in `Resource` a `*` that ends a part may pass
/// the colon, elsewhere only one that ends the pattern.
pub fn arn_glob(pattern: &[(u16, bool)], colons: usize, text: &[u16], resource: bool) -> bool {
    let Some(&(unit, wild)) = pattern.first() else { return text.is_empty() };
    let rest = &pattern[1..];
    let within = colons < 5;
    match unit {
        STAR if wild => {
            let ends = rest.is_empty() || (resource && rest[0].0 == COLON);
            let reach = if within && !ends {
                text.iter().position(|c| *c == COLON).unwrap_or(text.len())
            } else {
                text.len()
            };
            (0..=reach).any(|taken| arn_glob(rest, colons, &text[taken..], resource))
        }
        QUESTION if wild => {
            text.first().is_some_and(|c| !within || *c != COLON)
                && arn_glob(rest, colons, &text[1..], resource)
        }
        _ => {
            let colons = colons + usize::from(unit == COLON);
            text.first() == Some(&unit) && arn_glob(rest, colons, &text[1..], resource)
        }
    }
}

pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.matches(':').count() >= 5
}

/// Lower case, with the sigma that ends a word in its own form; characters of two UTF-16 units stay.
pub fn in_lower_case(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut done = String::new();
    for (at, character) in characters.iter().enumerate() {
        let ends_word = characters[..at].last().is_some_and(|c| c.is_alphabetic())
            && !characters.get(at + 1).is_some_and(|c| c.is_alphabetic());
        match character {
            'Σ' if ends_word => done.push('ς'),
            beyond if beyond.len_utf16() == 2 => done.push(*beyond),
            other => done.extend(other.to_lowercase()),
        }
    }
    done
}

pub fn ordered<T: PartialOrd>(name: &str, value: T, wanted: T) -> bool {
    match name.trim_start_matches("Numeric").trim_start_matches("Date") {
        "Equals" => value == wanted,
        "LessThan" => value < wanted,
        "LessThanEquals" => value <= wanted,
        "GreaterThan" => value > wanted,
        "GreaterThanEquals" => value >= wanted,
        other => panic!("no order {other}"),
    }
}

/// Milliseconds since 1970, in the forms that the cases use.
pub fn time(text: &str) -> Option<i64> {
    let padded = match text.len() {
        7 if text.contains('-') => format!("{text}-01T00:00:00Z"),
        10 if text.contains('-') => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let seconds = text.parse::<i64>().ok().map(|seconds| seconds * 1000);
    seconds.or_else(|| Some(padded.parse::<jiff::Timestamp>().ok()?.as_millisecond()))
}

/// An address in bits behind the digit of its family.
pub fn address(text: &str) -> Option<String> {
    if text.contains('.') {
        let v4 = if text.to_lowercase().starts_with("::ffff:") { &text[7..] } else { text };
        let numbers: Vec<u8> = v4.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        return (numbers.len() == 4)
            .then(|| numbers.iter().fold("4".to_owned(), |bits, number| format!("{bits}{number:08b}")));
    }
    let mut text = text.to_owned();
    if text.matches("::").count() == 1 {
        // One colon too many is passed over.
        text = text.replace(":::", "::");
        if text.ends_with(':') && !text.ends_with("::") {
            text.pop();
        }
    }
    let bits: u128 = text.parse::<Ipv6Addr>().ok()?.into();
    Some(if bits >> 32 == 0xffff { format!("4{:032b}", bits as u32) } else { format!("6{bits:0128b}") })
}

/// Compares bit by bit.
pub fn in_network(value: &str, network: &str) -> bool {
    let (written, length) = network.split_once('/').unwrap_or((network, "whole"));
    let (Some(value), Some(mut range)) = (address(value), address(written)) else { return false };
    if range.starts_with('4') && written.contains(':') {
        // Of an address of IPv4 in the form of IPv6 the value says IPv4; the range does not.
        range = "6".to_owned();
    }
    let length = if length == "whole" { range.len() - 1 } else { length.parse().expect("a prefix length") };
    if range.len() <= length || (range.starts_with('6') && range[1 + length..].contains('1')) {
        return false;
    }
    value.starts_with(&range[..=length])
}
