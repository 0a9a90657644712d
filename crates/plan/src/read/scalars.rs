//! Single values of a file: names, times, money, paths, conditions. Each reader gives the value,
//! or reports one problem and gives nothing. It must not know what the value is for.

use crate::codes;
use crate::expr::{Expr, Path};
use crate::ids::NameError;
use crate::keys::Shape;
use crate::problem::{Cx, Found, nearest};
use crate::value::{Currency, Money, MoneyError, scaled};
use crate::workflow::Within;
use crate::yaml::{Entry, Kind, Node};

#[cfg(test)]
mod tests;

/// The keys of a map that were checked against a shape.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'n> {
    pub(crate) node: &'n Node,
    entries: &'n [Entry],
}

impl<'n> Fields<'n> {
    /// The value of a key. A key without a value counts as not there.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|e| e.key == name).map(|e| &e.value).filter(|v| !v.is_null())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl Cx<'_> {
    /// A map with the keys of a shape: reports the unknown and the missing ones.
    pub(crate) fn fields<'n>(&self, node: &'n Node, shape: &Shape) -> Option<Fields<'n>> {
        let known = |name: &str| shape.keys.iter().any(|k| k.name == name);
        let all = || shape.keys.iter().map(|k| k.name).collect::<Vec<_>>();
        let fields = self.known(node, shape.said, known, all)?;
        // A misspelt key is one problem, not two: it was reported with the right spelling.
        let unknown = fields.entries.iter().filter(|e| !known(&e.key)).take(20);
        let meant: Vec<String> = unknown.filter_map(|e| nearest(&e.key, all())).collect();
        for key in shape.keys {
            let there = fields.has(key.name) || meant.iter().any(|name| name == key.name);
            if let (Some(code), false) = (key.missing, there) {
                let mut spot = fields.entries.first().map_or(&node.at, |e| &e.key_at).clone();
                if let Some(entry) = fields.entries.iter().find(|e| e.key == key.name) {
                    spot = entry.key_at.clone();
                }
                let what = format!("{} has no `{}`", shape.said, key.name);
                let found = Found::new(code, &spot, what);
                let doc = format!("add `{}:` ({})", key.name, lower(key.doc));
                let general = std::ptr::eq(code, &raw const codes::MISSING_KEY);
                self.add::<()>(if general { found.fix(doc) } else { found });
            }
        }
        Some(fields)
    }

    /// A map whose keys are known by a test: reports the unknown ones.
    pub(crate) fn known<'n>(
        &self,
        node: &'n Node,
        said: &str,
        known: impl Fn(&str) -> bool,
        all: impl Fn() -> Vec<&'static str>,
    ) -> Option<Fields<'n>> {
        let entries = self.map(node)?;
        for entry in entries {
            if !known(&entry.key) && !self.full() {
                let what = format!("{said} has no key `{}`", entry.key);
                let found = Found::new(&codes::UNKNOWN_KEY, &entry.key_at, what);
                self.add::<()>(found.near(&entry.key, all()));
            }
        }
        Some(Fields { node, entries })
    }

    pub(crate) fn kind<T>(&self, node: &Node, wanted: &str) -> Option<T> {
        let what = format!("{wanted} is wanted here, this is {}", node.said());
        self.add(Found::new(&codes::KIND, &node.at, what))
    }

    pub(crate) fn map<'n>(&self, node: &'n Node) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => self.kind(node, "a map of keys and values"),
        }
    }

    pub(crate) fn list<'n>(&self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            _ => self.kind(node, "a list such as `[ a, b ]`"),
        }
    }

    /// A list, or a single value as a list of one.
    pub(crate) fn some<'n>(&self, node: &'n Node) -> &'n [Node] {
        match &node.kind {
            Kind::List(items) => items,
            _ => std::slice::from_ref(node),
        }
    }

    /// The text as it stands, whatever it may mean; lists and maps are refused.
    pub(crate) fn word<'n>(&self, node: &'n Node, wanted: &str) -> Option<&'n str> {
        match &node.kind {
            Kind::Text { text, .. } if !node.is_null() => Some(text.trim()),
            _ => self.kind(node, wanted),
        }
    }

    /// A text. One that other readers of YAML take for something else must be quoted.
    pub(crate) fn text(&self, node: &Node) -> Option<String> {
        let text = self.word(node, "a text")?;
        if let Kind::Text { plain: true, .. } = &node.kind
            && let Some(other) = ambiguous(text)
        {
            let what = format!("`{text}` can be read as a text or as {other}");
            let found = Found::new(&codes::AMBIGUOUS, &node.at, what);
            return self.add(found.fix(format!("write `\"{text}\"`")));
        }
        if text.is_empty() {
            return self.add(Found::new(&codes::KIND, &node.at, "the text is empty"));
        }
        Some(text.replace("\r\n", "\n"))
    }

    pub(crate) fn yes_no(&self, node: &Node) -> Option<bool> {
        match (self.word(node, "`true` or `false`")?, &node.kind) {
            ("true", Kind::Text { plain: true, .. }) => Some(true),
            ("false", Kind::Text { plain: true, .. }) => Some(false),
            (other, _) => {
                let what = format!("`{other}` is not `true` or `false`");
                self.add(Found::new(&codes::KIND, &node.at, what).fix("write `true` or `false`"))
            }
        }
    }

    /// A whole number in a range.
    pub(crate) fn whole(&self, node: &Node, least: u64, most: u64) -> Option<u64> {
        let text = self.word(node, "a whole number")?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits || (text.len() > 1 && text.starts_with('0')) {
            let what = format!("`{text}` is not a whole number");
            return self.add(Found::new(&codes::KIND, &node.at, what));
        }
        match text.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                let what = format!("`{text}` is not between {least} and {most}");
                let fix = format!("write a number from {least} to {most}");
                self.add(Found::new(&codes::RANGE, &node.at, what).fix(fix))
            }
        }
    }

    pub(crate) fn whole_u32(&self, node: &Node, least: u32, most: u32) -> Option<u32> {
        let number = self.whole(node, u64::from(least), u64::from(most))?;
        u32::try_from(number).ok()
    }

    /// A name of one of our kinds, by its constructor.
    pub(crate) fn name<N>(
        &self,
        node: &Node,
        new: impl Fn(&str) -> Result<N, NameError>,
    ) -> Option<N> {
        let text = self.text(node)?;
        match new(&text) {
            Ok(name) => Some(name),
            Err(error) => {
                let what = format!("`{text}` is no name here: {error}");
                self.add(Found::new(&codes::NAME, &node.at, what))
            }
        }
    }

    /// A name that stands as a key.
    pub(crate) fn key<N>(
        &self,
        entry: &Entry,
        new: impl Fn(&str) -> Result<N, NameError>,
    ) -> Option<N> {
        match new(&entry.key) {
            Ok(name) => Some(name),
            Err(error) => {
                let what = format!("`{}` is no name here: {error}", entry.key);
                self.add(Found::new(&codes::NAME, &entry.key_at, what))
            }
        }
    }

    /// One of a few words.
    pub(crate) fn choice(
        &self,
        node: &Node,
        words: &'static [&'static str],
    ) -> Option<&'static str> {
        let text = self.word(node, "a word")?;
        if let Some(word) = words.iter().copied().find(|word| *word == text) {
            return Some(word);
        }
        let what = format!("`{text}` is none of `{}`", words.join("`, `"));
        let fix = format!("write `{}`", words.join("`, `"));
        self.add(Found::new(&codes::CHOICE, &node.at, what).fix(fix).near(text, words))
    }

    /// A time in milliseconds, on the wall.
    pub(crate) fn duration(&self, node: &Node) -> Option<u64> {
        match self.within(node)? {
            Within::Ms(ms) => Some(ms),
            Within::WorkingMs(_) => {
                let what = "a time in working hours has no meaning here";
                self.add(Found::new(&codes::DURATION, &node.at, what).fix("write it in hours"))
            }
        }
    }

    /// A time on the wall or in working hours.
    pub(crate) fn within(&self, node: &Node) -> Option<Within> {
        let text = self.word(node, "a time such as `2 minutes`")?;
        match within(text) {
            Ok(within) => Some(within),
            Err(what) => self.add(Found::new(&codes::DURATION, &node.at, what)),
        }
    }

    pub(crate) fn money(&self, node: &Node) -> Option<Money> {
        let text = self.word(node, "an amount such as `12.50 EUR`")?;
        let wrong = |why: String| Found::new(&codes::MONEY, &node.at, format!("`{text}`: {why}"));
        match Money::parse(text) {
            Ok(money) if money.minor < 0 => {
                self.add(wrong("a limit or price is not negative".into()))
            }
            Ok(money) => Some(money),
            Err(MoneyError::NoCurrency) if scaled(text, 9).is_err() => {
                self.add(wrong("this is no amount".into()))
            }
            Err(error) => self.add(wrong(error.to_string())),
        }
    }

    /// An amount as billionths of its currency: for costs, which can be less than a cent.
    pub(crate) fn nanos(&self, node: &Node, of: Option<Currency>, digits: u32) -> Option<u64> {
        let text = self.word(node, "an amount such as `0.40 USD`")?;
        let wrong = |why: &str| Found::new(&codes::MONEY, &node.at, format!("`{text}`: {why}"));
        let Some((number, code)) = text.rsplit_once(' ') else {
            return self.add(wrong("an amount needs its currency, such as `0.40 USD`"));
        };
        let Ok(currency) = Currency::new(code) else {
            return self.add(wrong("a currency is three capital letters such as `EUR`"));
        };
        if let Some(of) = of
            && of != currency
        {
            let what = format!("`{text}` is a cost in {currency}, the workspace counts in {of}");
            let fix = format!("write the cost in {of}");
            return self.add(Found::new(&codes::CURRENCIES, &node.at, what).fix(fix));
        }
        match scaled(number.trim(), digits).map(u64::try_from) {
            Ok(Ok(nanos)) => Some(nanos),
            Ok(Err(_)) => self.add(wrong("a cost is not negative")),
            Err(error) => self.add(wrong(&error.to_string())),
        }
    }

    /// A path as it is written; whether it leads anywhere is checked later.
    pub(crate) fn path(&self, node: &Node) -> Option<Path> {
        let text = self.word(node, "a path such as `read.total`")?;
        match Path::parse(text) {
            Ok(path) => Some(path),
            Err(error) => self.add(Found::new(&codes::PATH_FORM, &node.at, error)),
        }
    }

    /// A condition that can be read; its names and types are checked later.
    pub(crate) fn condition(&self, node: &Node) -> Option<Expr> {
        let text = self.word(node, "a condition such as `read.total > eur(100)`")?;
        match Expr::read(text) {
            Ok(expr) => Some(expr),
            Err(problem) => self.unreadable(node, text, problem),
        }
    }
}

fn lower(doc: &str) -> String {
    let doc = doc.trim_end_matches('.');
    let mut chars = doc.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// What else a plain text could be, for YAML of one version or another.
fn ambiguous(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n") {
        return Some("yes or no");
    }
    if matches!(lower.as_str(), "null" | "~") {
        return Some("nothing");
    }
    if matches!(lower.trim_start_matches(['+', '-']), ".inf" | ".nan") {
        return Some("a number");
    }
    let digit = text.trim_start_matches(['+', '-', '.']).starts_with(|c: char| c.is_ascii_digit());
    if !digit {
        return None;
    }
    let only = |set: &str| lower.bytes().all(|b| b.is_ascii_digit() || set.as_bytes().contains(&b));
    if only(":.") && lower.contains(':') {
        return Some("a time");
    }
    if only("-") && lower.bytes().filter(|b| *b == b'-').count() == 2 && !lower.starts_with('-') {
        return Some("a date");
    }
    let hex = lower.strip_prefix("0x");
    let hex = hex.is_some_and(|h| !h.is_empty() && h.bytes().all(|b| b.is_ascii_hexdigit()));
    let body = lower.trim_start_matches(['+', '-']);
    let digits = body.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_'));
    let number = digits || lower.parse::<f64>().is_ok() || lower.starts_with("0o") || hex;
    number.then_some("a number")
}

/// Reads `90 seconds`, `8 working hours`, `10 days`.
fn within(text: &str) -> Result<Within, String> {
    let mut words = text.split_whitespace();
    let number = words.next().unwrap_or_default();
    let (working, unit) = match (words.next(), words.next(), words.next()) {
        (Some("working"), Some(unit), None) => (true, unit),
        (Some(unit), None, None) => (false, unit),
        (None, ..) => return Err(format!("`{text}` is a time without its unit")),
        _ => return Err(format!("`{text}` is no time")),
    };
    let count: u64 = number.parse().map_err(|_| format!("`{text}` starts with no whole number"))?;
    let each: u64 = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" if !working => 1_000,
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" if !working => 86_400_000,
        "week" if !working => 7 * 86_400_000,
        _ if working => return Err(format!("`{unit}` is no unit of working time: hours, minutes")),
        _ => {
            let units = "seconds, minutes, hours, days, weeks";
            return Err(format!("`{unit}` is no unit of time: {units}"));
        }
    };
    // Ten years: whatever is longer is a slip of the pen.
    let ms = count.checked_mul(each).filter(|ms| (1..=315_360_000_000).contains(ms));
    let ms = ms.ok_or_else(|| format!("`{text}` is zero or longer than ten years"))?;
    Ok(if working { Within::WorkingMs(ms) } else { Within::Ms(ms) })
}
