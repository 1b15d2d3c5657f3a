//! The fields of a schedule expression: numbers, names, ranges and steps, as a set of numbers (F-ORGS-SCHED-1).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// What a field's numbers may be.
pub(super) struct Range {
    numbers: RangeInclusive<i16>,
    /// The greatest step.
    max_step: i16,
    /// Names of the numbers, from the least on.
    names: &'static [&'static str],
}

impl Range {
    pub(super) fn new(numbers: RangeInclusive<i16>, max_step: i16) -> Self {
        Self { numbers, max_step, names: &[] }
    }

    pub(super) fn named(self, names: &'static [&'static str]) -> Self {
        Self { names, ..self }
    }

    /// The number with a name of three letters that a text begins with.
    fn name(&self, text: &str) -> Option<i16> {
        let place = self.names.iter().position(|name| text.starts_with(name))?;
        Some(self.numbers.start() + i16::try_from(place).ok()?)
    }

    fn number(&self, number: i16) -> Option<i16> {
        self.numbers.contains(&number).then_some(number)
    }

    /// From one number to another, every so many; past the end it goes on from the beginning.
    fn steps(&self, from: i16, to: i16, step: i16) -> Option<BTreeSet<i16>> {
        let (from, to) = (self.number(from)?, self.number(to)?);
        if step == 0 {
            return Some(BTreeSet::from([from]));
        }
        let count = self.numbers.end() - self.numbers.start() + 1;
        let to = if to < from { to + count } else { to };
        let wrapped = |number: i16| if number > *self.numbers.end() { number - count } else { number };
        Some((from..=to).step_by(usize::try_from(step).ok()?).map(wrapped).collect())
    }
}

/// The number at the beginning of a text, and what follows it.
pub(super) fn leading_number(text: &str) -> Option<(i16, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// A text that is a number and nothing else.
pub(super) fn whole_number(text: &str) -> Option<i16> {
    leading_number(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// The values of a field.
pub(super) fn numbers(field: &str, range: &Range) -> Option<BTreeSet<i16>> {
    let mut all = BTreeSet::new();
    for value in field.split(',').filter(|value| !value.is_empty()) {
        all.extend(values(value, range)?);
    }
    (!all.is_empty()).then_some(all)
}

/// A single value, a range, all, or every so many of them.
fn values(value: &str, range: &Range) -> Option<BTreeSet<i16>> {
    let (least, greatest) = (*range.numbers.start(), *range.numbers.end());
    if let Some(rest) = value.strip_prefix('*').or_else(|| value.starts_with('/').then_some(value)) {
        let step = match rest.strip_prefix('/') {
            Some(step) => whole_number(step).filter(|step| *step <= range.max_step)?,
            None => 1,
        };
        return range.steps(least, greatest, step.max(1));
    }
    if value.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        let from = range.name(value)?;
        return match value[3..].strip_prefix('-') {
            Some(to) => range.steps(from, range.name(to)?, 1),
            None => Some(BTreeSet::from([from])),
        };
    }
    let (from, rest) = leading_number(value)?;
    if let Some(rest) = rest.strip_prefix('-') {
        let (to, rest) = leading_number(rest)?;
        let step = rest.strip_prefix('/').map_or(Some(1), |step| Some(leading_number(step)?.0))?;
        return range.steps(from, to, step);
    }
    match rest.strip_prefix('/') {
        Some(step) => {
            let step = whole_number(step).filter(|step| *step <= range.max_step)?;
            range.steps(from, greatest, step)
        }
        None => Some(BTreeSet::from([range.number(from)?])),
    }
}
