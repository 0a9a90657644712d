//! Decimals and calendar days, exact, for expressions. It must not use binary floats, and every
//! operation that may not fit says so.

use std::cmp::Ordering;

use crate::value::{Currency, Money};

/// The most digits a decimal may have after its point.
const PLACES: u32 = 12;

/// `units / 10^places`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    units: i128,
    places: u32,
}

impl Decimal {
    /// Reads `-12.50`: digits, one point, no exponent, at most 12 places.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (minus, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let pointed = digits.len() > whole.len();
        if whole.is_empty() || (pointed && part.is_empty()) || whole.len() > 20 {
            return None;
        }
        let places = u32::try_from(part.len()).ok().filter(|places| *places <= PLACES)?;
        let mut units: i128 = 0;
        for byte in whole.bytes().chain(part.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            units = units.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        }
        Some(Self { units: if minus { -units } else { units }, places })
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated()?)
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let (a, b, places) = self.aligned(other)?;
        Some(Self { units: a.checked_add(b)?, places })
    }

    /// The product; more than 12 places are too many to stay exact.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        let (a, b) = (self.trimmed(), other.trimmed());
        let places = a.places.checked_add(b.places).filter(|places| *places <= PLACES)?;
        Some(Self { units: a.units.checked_mul(b.units)?, places })
    }

    pub(super) fn negated(self) -> Option<Self> {
        Some(Self { units: self.units.checked_neg()?, ..self })
    }

    pub(super) fn is_negative(self) -> bool {
        self.units < 0
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        let (a, b, _) = self.aligned(other)?;
        Some(a.cmp(&b))
    }

    /// The distance between two decimals.
    pub(super) fn distance(self, other: Self) -> Option<Self> {
        let difference = self.minus(other)?;
        Some(Self { units: difference.units.checked_abs()?, ..difference })
    }

    /// An amount in major units: 12.50 for 12.50 EUR.
    pub(super) fn of_money(money: Money) -> Self {
        Self { units: i128::from(money.minor), places: money.currency.digits() }
    }

    /// This number of major units as money, rounded half away from zero, as invoices are.
    pub(super) fn to_money(self, currency: Currency) -> Option<Money> {
        let digits = currency.digits();
        let minor = if self.places <= digits {
            self.units.checked_mul(10_i128.checked_pow(digits - self.places)?)?
        } else {
            let unit = 10_i128.checked_pow(self.places - digits)?;
            let half = if self.units < 0 { -(unit / 2) } else { unit / 2 };
            self.units.checked_add(half)?.checked_div(unit)?
        };
        Some(Money { currency, minor: i64::try_from(minor).ok()? })
    }

    /// The text without needless zeros at the end.
    pub(super) fn text(self) -> String {
        let Self { units, places } = self.trimmed();
        let sign = if units < 0 { "-" } else { "" };
        let digits = units.unsigned_abs().to_string();
        let places = places as usize;
        if places == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, part) = padded.split_at(padded.len() - places);
        format!("{sign}{whole}.{part}")
    }

    fn trimmed(mut self) -> Self {
        while self.places > 0 && self.units % 10 == 0 {
            self.units /= 10;
            self.places -= 1;
        }
        self
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let places = self.places.max(other.places);
        let a = self.units.checked_mul(10_i128.checked_pow(places - self.places)?)?;
        let b = other.units.checked_mul(10_i128.checked_pow(places - other.places)?)?;
        Some((a, b, places))
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self { units: i128::from(number), places: 0 }
    }
}

/// The number of a day, counted from 1970-01-01, for a date written `YYYY-MM-DD`.
pub(super) fn day(text: &str) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i64, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Howard Hinnant's days_from_civil: years begin in March, so that leap days come last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}
