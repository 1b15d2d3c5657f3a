//! Figures: medians, and the table that is printed.

use std::fmt;

/// The median. Of an even number of values the lower of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len().max(1) - 1) / 2).copied().unwrap_or(f64::NAN)
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
    /// Told for orientation only.
    None,
}

struct Row {
    what: String,
    target: Target,
    measured: f64,
    unit: &'static str,
}

/// The figures of a run, in Markdown, so that it can be kept as it is.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a figure. The unit stands behind it; a ratio has none.
    pub fn add(&mut self, what: impl Into<String>, target: Target, measured: f64, unit: &'static str) {
        self.rows.push(Row { what: what.into(), target, measured, unit });
    }
}

fn number(value: f64, unit: &str) -> String {
    let text = match value {
        _ if value >= 1000.0 => {
            let whole = format!("{value:.0}");
            let (head, tail) = whole.split_at(whole.len() - 3);
            format!("{head},{tail}")
        }
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| what | target | measured | met |")?;
        writeln!(formatter, "| --- | --- | --- | --- |")?;
        for Row { what, target, measured, unit } in &self.rows {
            let (wanted, met) = match *target {
                Target::AtLeast(least) => (format!("≥ {}", number(least, unit)), Some(*measured >= least)),
                Target::AtMost(most) => (format!("≤ {}", number(most, unit)), Some(*measured <= most)),
                Target::None => (String::new(), None),
            };
            let met = met.map_or("", |met| if met { "yes" } else { "**no**" });
            writeln!(formatter, "| {what} | {wanted} | {} | {met} |", number(*measured, unit))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_row_says_whether_the_target_is_met() {
        let mut table = Table::default();
        table.add("speed", Target::AtLeast(50_000.0), 61_234.0, "/s");
        table.add("start", Target::AtMost(20.0), 20.5, "ms");
        let text = table.to_string();
        assert!(text.contains("| speed | ≥ 50,000 /s | 61,234 /s | yes |"), "{text}");
        assert!(text.contains("| start | ≤ 20.0 ms | 20.5 ms | **no** |"), "{text}");
    }
}
