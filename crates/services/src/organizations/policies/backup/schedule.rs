//! When a backup runs: schedule expressions such as `cron(0 5 ? * MON *)`, and the runs that follow an instant.
//!
//! F-ORGS-SCHED-1: what AWS was recorded to take and to refuse is what the Quartz scheduler's expressions are, without
//! their seconds: after five fields a year may follow, and what follows that is not looked at; after a value that is
//! whole, letters that mean nothing there are passed over (`MON-FRI/2`, `1-5W`); of several days with a `W`, `L` or `#`
//! the first counts. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::schedule_field::{Range, leading_number, numbers, whole_number};

/// F-ORGS-SCHED-1: the years of the page; a run in any other does not happen.
const YEARS: RangeInclusive<i16> = 1970..=2199;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A schedule, in UTC.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    minutes: BTreeSet<i16>,
    hours: BTreeSet<i16>,
    days: Days,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

/// Which days of a month.
#[derive(Debug, PartialEq, Eq)]
enum Days {
    /// These numbers.
    Numbers(BTreeSet<i16>),
    /// The weekday that is nearest to a number, within the month.
    NearestWeekday(i16),
    /// So many days before the last day, or the weekday nearest to that.
    FromLast { offset: i16, nearest_weekday: bool },
    /// These days of the week, 1 for Sunday.
    OfWeek(BTreeSet<i16>),
    /// The last such day of the week in the month.
    LastOfWeek(i16),
    /// The first to fifth such day of the week in the month.
    NthOfWeek { weekday: i16, nth: i16 },
}

impl Schedule {
    /// Reads an expression; `None` where it is none.
    pub(super) fn parse(expression: &str) -> Option<Self> {
        let fields = expression.strip_prefix("cron(")?.strip_suffix(')')?.to_ascii_uppercase();
        let mut fields = fields.split([' ', '\t']).filter(|field| !field.is_empty());
        let minutes = numbers(fields.next()?, &Range::new(0..=59, 59))?;
        let hours = numbers(fields.next()?, &Range::new(0..=23, 23))?;
        let days = fields.next()?;
        let months = numbers(fields.next()?, &Range::new(1..=12, 12).named(&MONTHS))?;
        let weekdays = fields.next()?;
        let years = fields.next().map_or_else(|| Some(YEARS.collect()), years)?;
        let days = match (is_open(days)?, is_open(weekdays)?) {
            (false, true) => days_of_month(days)?,
            (true, false) => days_of_week(weekdays)?,
            _ => return None,
        };
        Some(Self { minutes, hours, days, months, years })
    }

    /// The runs after an instant, in their order. There may be none: no year has a 31st of February.
    pub(super) fn runs_after(&self, instant: Timestamp) -> impl Iterator<Item = DateTime> {
        let now = instant.to_zoned(TimeZone::UTC).datetime();
        let years = self.years.range(now.year()..).copied();
        let months = years.flat_map(|year| self.months.iter().map(move |month| (year, *month)));
        let dates = months
            .filter(move |month| *month >= (now.year(), i16::from(now.month())))
            .flat_map(|(year, month)| self.days.of(year, month))
            .filter(move |date| *date >= now.date());
        let times =
            || self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        dates
            .flat_map(move |date| times().filter_map(move |(hour, minute)| at(date, hour, minute)))
            .filter(move |run| *run > now)
    }

    /// How long it is from the next run after an instant to the one that follows it; `None` where there are no two.
    pub(super) fn next_interval(&self, instant: Timestamp) -> Option<SignedDuration> {
        let mut runs = self.runs_after(instant);
        let next = runs.next()?;
        Some(runs.next()?.duration_since(next))
    }
}

fn at(date: Date, hour: i16, minute: i16) -> Option<DateTime> {
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()?;
    Some(date.to_datetime(time))
}

impl Days {
    /// The days of a month of a year, in their order.
    fn of(&self, year: i16, month: i16) -> Vec<Date> {
        let Some(first) = i8::try_from(month).ok().and_then(|month| Date::new(year, month, 1).ok()) else {
            return Vec::new();
        };
        let last = i16::from(first.days_in_month());
        let date = |day: i16| i8::try_from(day).ok().and_then(|day| first.with().day(day).build().ok());
        let weekday = |day: i16| date(day).map(|date| i16::from(date.weekday().to_sunday_one_offset()));
        let matching = |wanted: &dyn Fn(i16) -> bool| -> Vec<Date> {
            (1..=last).filter(|day| wanted(*day)).filter_map(date).collect()
        };
        match self {
            Self::Numbers(numbers) => matching(&|day| numbers.contains(&day)),
            Self::NearestWeekday(day) => date(*day).and_then(nearest_weekday).into_iter().collect(),
            Self::FromLast { offset, nearest_weekday: false } => date(last - offset).into_iter().collect(),
            Self::FromLast { offset, nearest_weekday: true } => {
                date(last - offset).and_then(nearest_weekday).into_iter().collect()
            }
            Self::OfWeek(weekdays) => {
                matching(&|day| weekday(day).is_some_and(|weekday| weekdays.contains(&weekday)))
            }
            Self::LastOfWeek(wanted) => matching(&|day| day + 7 > last && weekday(day) == Some(*wanted)),
            Self::NthOfWeek { weekday: wanted, nth } => {
                matching(&|day| (day - 1) / 7 + 1 == *nth && weekday(day) == Some(*wanted))
            }
        }
    }
}

/// The weekday nearest to a date that is of the same month.
fn nearest_weekday(date: Date) -> Option<Date> {
    let by = match date.weekday() {
        Weekday::Saturday if date.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if date.day() == date.days_in_month() => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    date.checked_add(SignedDuration::from_hours(24 * by)).ok()
}

/// Years go forward only, and a year that is out of range is never reached.
fn years(field: &str) -> Option<BTreeSet<i16>> {
    let backwards = |value: &str| {
        let (from, rest) = leading_number(value)?;
        let (to, _) = leading_number(rest.strip_prefix('-')?)?;
        Some(to < from)
    };
    if field.split(',').any(|value| backwards(value) == Some(true)) {
        return None;
    }
    numbers(field, &Range::new(YEARS, i16::MAX))
}

/// Whether a field of days says `?`, that it is the other one which decides.
fn is_open(field: &str) -> Option<bool> {
    match field.strip_prefix('?') {
        // A letter that follows is passed over, two are not.
        Some(rest) => (rest.len() < 2).then_some(true),
        None => Some(false),
    }
}

fn days_of_month(field: &str) -> Option<Days> {
    let range = Range::new(1..=31, 31);
    if let Some(rest) = field.strip_prefix('L') {
        let (offset, rest) = match rest.strip_prefix('-') {
            Some("") => return None,
            Some(rest) => leading_number(rest).unwrap_or((0, rest)),
            None => (0, rest),
        };
        let nearest_weekday = match rest {
            "" => false,
            "W" => true,
            _ => return None,
        };
        return (offset <= 30).then_some(Days::FromLast { offset, nearest_weekday });
    }
    if field.contains('L') {
        return None;
    }
    let numbers = numbers(field, &range)?;
    let is_nearest = |value: &str| leading_number(value).is_some_and(|(_, rest)| rest.starts_with('W'));
    if field.split(',').any(is_nearest) {
        return numbers.first().copied().map(Days::NearestWeekday);
    }
    Some(Days::Numbers(numbers))
}

fn days_of_week(field: &str) -> Option<Days> {
    let range = Range::new(1..=7, 7).named(&WEEKDAYS);
    if field == "L" {
        return Some(Days::OfWeek(BTreeSet::from([7])));
    }
    if field.contains('L') && field.contains(',') || field.matches('#').count() > 1 {
        return None;
    }
    let weekdays = numbers(field, &range)?;
    let first = *weekdays.first()?;
    // What follows a single day: a number or a name.
    let after = |value: &'_ str| -> String {
        let rest = leading_number(value).map(|(_, rest)| rest).or_else(|| value.get(3..));
        rest.unwrap_or_default().to_owned()
    };
    for value in field.split(',') {
        let after = after(value);
        if after.starts_with('L') {
            return Some(Days::LastOfWeek(first));
        }
        if let Some(nth) = after.strip_prefix('#') {
            let nth = whole_number(nth).filter(|nth| (1..=5).contains(nth))?;
            return Some(Days::NthOfWeek { weekday: first, nth });
        }
    }
    Some(Days::OfWeek(weekdays))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_schedule(fields: &str) -> bool {
        Schedule::parse(&format!("cron({fields})")).is_some()
    }

    /// The runs after 2026-09-13 07:40 UTC.
    fn runs(fields: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(&format!("cron({fields})")).expect("a schedule");
        let now = "2026-09-13T07:40:00Z".parse().expect("an instant");
        schedule.runs_after(now).take(count).map(|run| run.strftime("%F %H:%M").to_string()).collect()
    }

    /// F-ORGS-SCHED-1: recorded.
    #[test]
    fn an_expression_is_what_quartz_takes_without_seconds_f_orgs_sched_1() {
        let right = [
            "0 5 ? * * *",
            "0  5 ? * * *",
            "0 5 1 * ?",
            "0 5 1 * ? * garbage",
            "0 5 ? * mon *",
            "0 5 ? * MON-FRI/2 *",
            "0 5 ? * 7-1 *",
            "0 5 ? * 1L *",
            "0 5 ? * MONL *",
            "0 5 ? * 1#1,2 *",
            "0 5 1-5W * ? *",
            "0 5 1W,15W * ? *",
            "0 5 L-3W * ? *",
            "0 5 ? JAN * 2030/2",
            "0 5 31 FEB ? *",
        ];
        for fields in right {
            assert!(is_schedule(fields), "{fields}");
        }
        let wrong = [
            "",
            "0 5 1 *",
            "* * * * * *",
            "0 5 ? * ? *",
            "? 5 1 * ? *",
            "60 5 1 * ? *",
            "0 24 1 * ? *",
            "0 5 0 * ? *",
            "0 5 L-31 * ? *",
            "0 5 1,L * ? *",
            "0 5 ? * 0 *",
            "0 5 ? * 0L *",
            "0 5 ? * 8 *",
            "0 5 ? * MON#0 *",
            "0 5 ? * MON#6 *",
            "0 5 ? * MON#2,TUE#3 *",
            "0 5 ? * 1L,2L *",
            "0 5 ? FOO * *",
            "0 5 ? JAN * 1969",
            "0 5 ? JAN * 2200",
            "0 5 ? JAN * 2035-2030",
            "0 5 1/ * ? *",
            "0 5 1/32 * ? *",
            "0 5 , * ? *",
            "0 5 1 L ? *",
            "0 5 1 é ? *",
        ];
        for fields in wrong {
            assert!(!is_schedule(fields), "{fields}");
        }
        for expression in
            ["bad", "", "rate(1 day)", "cron(0 5 ? * * *) ", " cron(0 5 ? * * *)", "cron(0 5 ? * * *"]
        {
            assert_eq!(Schedule::parse(expression), None, "{expression}");
        }
    }

    /// F-ORGS-SCHED-1: recorded where an hour or 28 days between two runs were asked for.
    #[test]
    fn of_several_special_days_the_first_counts_f_orgs_sched_1() {
        assert_eq!(runs("0,59 7 ? * * *", 2), ["2026-09-13 07:59", "2026-09-14 07:00"]);
        assert_eq!(runs("0 5 31W * ? *", 2), ["2026-10-30 05:00", "2026-12-31 05:00"]);
        assert_eq!(runs("0 5 1W,15W * ? *", 2), ["2026-10-01 05:00", "2026-11-02 05:00"]);
        assert_eq!(runs("0 5 ? * 1#1,2 *", 2), ["2026-10-04 05:00", "2026-11-01 05:00"]);
        assert_eq!(runs("0 5 L-3 * ? *", 2), ["2026-09-27 05:00", "2026-10-28 05:00"]);
        assert_eq!(runs("0 5 ? * L *", 2), ["2026-09-19 05:00", "2026-09-26 05:00"]);
        assert_eq!(runs("0 5 29 FEB ? *", 2), ["2028-02-29 05:00", "2032-02-29 05:00"]);
        assert_eq!(runs("0 5 29 FEB ? 2028", 2), ["2028-02-29 05:00"]);
        assert!(runs("0 5 31 FEB ? *", 2).is_empty() && runs("0 5 ? * * 2025", 2).is_empty());
    }

    /// Numbers that depend on nothing but their seed (SplitMix64).
    struct Random(u64);

    impl Random {
        fn between(&mut self, least: i16, greatest: i16) -> i16 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let count = u64::try_from(greatest - least + 1).expect("a range");
            least + i16::try_from((mixed ^ (mixed >> 31)) % count).expect("below the count")
        }

        /// A field of numbers, and what they are.
        fn numbers(&mut self, least: i16, greatest: i16) -> (String, Vec<i16>) {
            let (one, other) = (self.between(least, greatest), self.between(least, greatest));
            let (first, last) = (one.min(other), one.max(other));
            let step = self.between(1, 7);
            match self.between(0, 4) {
                0 => ("*".to_owned(), (least..=greatest).collect()),
                1 => (format!("{one},{other}"), vec![one, other]),
                2 => (format!("{first}-{last}"), (first..=last).collect()),
                3 => {
                    let every = usize::try_from(step).expect("a step");
                    (format!("{one}/{step}"), (one..=greatest).step_by(every).collect())
                }
                _ => (one.to_string(), vec![one]),
            }
        }
    }

    /// Whether a date is the one a field means, said in other words than in the code above.
    type Means = Box<dyn Fn(Date) -> bool>;

    fn shifted(date: Date, days: i16) -> Date {
        date.checked_add(SignedDuration::from_hours(24 * i64::from(days))).expect("a date")
    }

    fn weekday(date: Date) -> i16 {
        i16::from(date.weekday().to_sunday_zero_offset()) + 1
    }

    fn is_workday(date: Date) -> bool {
        (2..=6).contains(&weekday(date))
    }

    /// Whether a date is the weekday of its month that is least far from a day of the month.
    fn is_nearest(date: Date, day: i16) -> bool {
        let distance = |other: Date| (i16::from(other.day()) - day).abs();
        let month = (1..=date.days_in_month()).map(|day| date.with().day(day).build().expect("a date"));
        let nearest = month.filter(|other| is_workday(*other)).min_by_key(|other| distance(*other));
        day <= i16::from(date.days_in_month()) && nearest == Some(date)
    }

    fn days(random: &mut Random) -> (String, String, Means) {
        let (day, wanted, nth) = (random.between(1, 31), random.between(1, 7), random.between(1, 5));
        let offset = random.between(0, 30);
        let is_before_last = |date: Date, offset: i16| {
            shifted(date, offset).month() == date.month() && shifted(date, offset + 1).month() != date.month()
        };
        let open = || "?".to_owned();
        match random.between(0, 7) {
            0 => {
                let (text, numbers) = random.numbers(1, 31);
                (text, open(), Box::new(move |date| numbers.contains(&i16::from(date.day()))))
            }
            1 => ("L".to_owned(), open(), Box::new(move |date| is_before_last(date, 0))),
            2 => (format!("L-{offset}"), open(), Box::new(move |date| is_before_last(date, offset))),
            3 => (format!("{day}W"), open(), Box::new(move |date| is_nearest(date, day))),
            4 => {
                let last = |date: Date| i16::from(date.days_in_month());
                ("LW".to_owned(), open(), Box::new(move |date| is_nearest(date, last(date))))
            }
            5 => {
                let (text, numbers) = random.numbers(1, 7);
                (open(), text, Box::new(move |date| numbers.contains(&weekday(date))))
            }
            6 => {
                let means = move |date| weekday(date) == wanted && shifted(date, 7).month() != date.month();
                (open(), format!("{wanted}L"), Box::new(means))
            }
            _ => {
                let name = WEEKDAYS[usize::try_from(wanted - 1).expect("a place")];
                let weeks = move |date: Date, weeks: i16| shifted(date, -7 * weeks).month() == date.month();
                let means = move |date| weekday(date) == wanted && weeks(date, nth - 1) && !weeks(date, nth);
                (open(), format!("{name}#{nth}"), Box::new(means))
            }
        }
    }

    /// The runs of drawn expressions are those of a calendar that is gone through day by day.
    #[test]
    fn runs_are_those_of_the_calendar_f_orgs_sched_1() {
        for seed in 0..400 {
            let mut random = Random(seed);
            let ((minutes, at_minutes), (hours, at_hours)) = (random.numbers(0, 59), random.numbers(0, 23));
            let (months, in_months) = random.numbers(1, 12);
            let (day, weekday, means) = days(&mut random);
            let fields = format!("{minutes} {hours} {day} {months} {weekday} *");
            let now = Date::new(2026, 1, 1).expect("a date").at(7, 40, 0, 0);
            let now = now.checked_add(SignedDuration::from_hours(i64::from(random.between(0, 9_000))));
            let now = now.expect("a time");
            let calendar = (0..1_500).map(|day| shifted(now.date(), day));
            let dates = calendar.filter(|date| in_months.contains(&i16::from(date.month())) && means(*date));
            let of_day = |date: Date| {
                let minutes = (0..24 * 60).filter(|minute| {
                    at_hours.contains(&(minute / 60)) && at_minutes.contains(&(minute % 60))
                });
                minutes.filter_map(move |minute| at(date, minute / 60, minute % 60)).collect::<Vec<_>>()
            };
            let expected: Vec<_> = dates.flat_map(of_day).filter(|run| *run > now).take(3).collect();
            let schedule = Schedule::parse(&format!("cron({fields})"));
            let schedule = schedule.unwrap_or_else(|| panic!("{fields} is a schedule"));
            let instant = now.to_zoned(TimeZone::UTC).expect("an instant").timestamp();
            let found: Vec<_> = schedule.runs_after(instant).take(expected.len()).collect();
            assert_eq!(found, expected, "{fields} after {now}");
        }
    }

    /// Whatever is written, it is read or refused, and what is read has runs that can be asked for.
    #[test]
    fn no_text_stops_the_reader_f_orgs_sched_1() {
        let parts =
            ["0", "1", "59", "7", "*", "/", "-", ",", "L", "W", "#", "?", "JAN", "MON", "2030", "é", " "];
        let now: Timestamp = "2026-09-13T07:40:00Z".parse().expect("an instant");
        let (mut read, mut refused) = (0, 0);
        for seed in 0..4_000 {
            let mut random = Random(seed);
            let field = |usual: &str| -> String {
                if random.between(0, 2) > 0 {
                    return usual.to_owned();
                }
                let draw = |random: &mut Random| {
                    let last = i16::try_from(parts.len() - 1).expect("a place");
                    parts[usize::try_from(random.between(0, last)).expect("a place")]
                };
                (0..random.between(1, 4)).map(|_| draw(&mut random)).collect()
            };
            let fields = ["0", "5", "1", "*", "?", "*"].map(field).join(" ");
            match Schedule::parse(&format!("cron({fields})")) {
                Some(schedule) => {
                    let runs: Vec<_> = schedule.runs_after(now).take(2).collect();
                    assert!(runs.is_sorted(), "{fields}");
                    read += 1;
                }
                None => refused += 1,
            }
        }
        assert!(read > 200 && refused > 200, "{read} and {refused}");
    }
}
