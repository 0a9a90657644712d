//! Money, dates and the other values that files, tables and answers hold. Never a binary float.
//! It must not know where a value came from: labels are the journal's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Why a text is no money or currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three upper-case letters.
    #[error("a currency is three capital letters such as `EUR`")]
    Currency,
    /// No currency beside the amount.
    #[error("an amount needs its currency, such as `12.50 EUR`")]
    NoCurrency,
    /// Not a decimal number, or more digits than the currency has.
    #[error("an amount is a number such as `1250` or `12.50`")]
    Amount,
    /// The amount does not fit.
    #[error("the amount is too large")]
    Range,
    /// Two currencies met in one sum or comparison.
    #[error("`{0}` and `{1}` are different currencies")]
    Mixed(Currency, Currency),
}

impl Currency {
    /// Reads a code.
    pub fn new(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::Currency),
        }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point (ISO 4217).
    #[must_use]
    pub fn digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        Self::new(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units with its currency. In JSON: `{"currency":"EUR","minor":1250}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub currency: Currency,
    pub minor: i64,
}

impl Money {
    /// Reads `12.50 EUR`, `1250 JPY`. Strict: a point, no thousands marks, the currency last.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let (number, code) = text.trim().rsplit_once(' ').ok_or(MoneyError::NoCurrency)?;
        let currency = Currency::new(code.trim()).map_err(|_| MoneyError::NoCurrency)?;
        Ok(Self { currency, minor: scaled(number.trim(), currency.digits())? })
    }

    /// The number alone: `12.50`.
    #[must_use]
    pub fn number(&self) -> String {
        let digits = self.currency.digits();
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        let unit = 10_u64.pow(digits);
        if digits == 0 {
            return format!("{sign}{minor}");
        }
        format!("{sign}{}.{:0width$}", minor / unit, minor % unit, width = digits as usize)
    }

    /// The sum, if the currencies agree and it fits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Range)?;
        Ok(Self { minor, ..self })
    }

    /// The difference, if the currencies agree and it fits.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Range)?;
        Ok(Self { minor, ..self })
    }

    /// The order, if the currencies agree.
    pub fn compare(self, other: Self) -> Result<std::cmp::Ordering, MoneyError> {
        self.same(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.currency)
    }
}

/// A decimal text as an integer scaled by 10^digits, refusing more digits than fit.
pub fn scaled(number: &str, digits: u32) -> Result<i64, MoneyError> {
    let (sign, number) = match number.strip_prefix('-') {
        Some(rest) => (-1_i64, rest),
        None => (1, number),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole_ok = !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit());
    let part_ok = part.bytes().all(|b| b.is_ascii_digit()) && !number.ends_with('.');
    if !whole_ok || !part_ok || part.len() > digits as usize {
        return Err(MoneyError::Amount);
    }
    let mut text = String::with_capacity(whole.len() + digits as usize);
    text.push_str(whole);
    text.push_str(part);
    for _ in part.len()..digits as usize {
        text.push('0');
    }
    text.parse::<i64>().map(|n| sign * n).map_err(|_| MoneyError::Range)
}
