//! Dates in the forms that documents use, with month names in the languages of Europe. A date whose
//! day and month could change places is flagged unless the document itself shows the order.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::page::{Page, fold};
use super::{Flaw, Found};

/// Month names by number, as they begin after folding. The longest beginning that fits decides:
/// Finnish "marraskuu" is November, although "mar" begins March.
const MONTHS: &[(u32, &[&str])] = &[
    (
        1,
        &[
            "jan", "ene", "gen", "ian", "sty", "led", "tammi", "jaan", "saus", "sijec", "ιαν",
            "ян", "јан", "січ", "ocak", "oca", "ean",
        ],
    ),
    (
        2,
        &[
            "feb", "fev", "lut", "unor", "helmi", "veeb", "vas", "velj", "φεβ", "фев", "феб",
            "лют", "sub", "frar", "feabh",
        ],
    ),
    (
        3,
        &[
            "mar",
            "maer",
            "mrt",
            "maart",
            "mrz",
            "brez",
            "maalis",
            "kov",
            "ozuj",
            "μαρ",
            "мар",
            "берез",
        ],
    ),
    (
        4,
        &[
            "apr", "avr", "abr", "kwi", "dub", "huhti", "bal", "trav", "απρ", "апр", "квіт",
            "квит", "nis",
        ],
    ),
    (
        5,
        &[
            "may", "mai", "mag", "mei", "maj", "kvet", "touko", "geg", "svib", "μαι", "маи", "мај",
            "мая", "трав", "mej", "beal",
        ],
    ),
    (
        6,
        &[
            "jun", "juin", "giu", "iun", "czerw", "cerv", "kesa", "juun", "birz", "lipnj", "lipan",
            "юни", "июн", "јун", "черв", "haz", "gun", "meith",
        ],
    ),
    (
        7,
        &[
            "jul", "juil", "lug", "iul", "lip", "cervenc", "cervenec", "heina", "juul", "liep",
            "юли", "июл", "јул", "лип", "tem", "lul", "iuil",
        ],
    ),
    (6, &["ιουν"]),
    (7, &["srpnj", "srpan", "ιουλ"]),
    (
        8,
        &[
            "aug", "aou", "ago", "ag", "sie", "srp", "elo", "rugp", "kolov", "avg", "αυγ", "авг",
            "серп", "agu", "awi", "lun",
        ],
    ),
    (
        9,
        &[
            "sep",
            "set",
            "szept",
            "wrz",
            "zari",
            "syys",
            "rugs",
            "ruj",
            "σεπ",
            "сеп",
            "сен",
            "верес",
            "eyl",
        ],
    ),
    (
        10,
        &[
            "oct", "okt", "ott", "out", "paz", "rij", "loka", "spal", "οκτ", "окт", "жовт", "eki",
            "deir",
        ],
    ),
    (
        11,
        &[
            "nov",
            "noi",
            "lis",
            "marras",
            "lapkr",
            "stud",
            "νοε",
            "ное",
            "нов",
            "ноя",
            "листопад",
            "kas",
        ],
    ),
    (
        12,
        &[
            "dec", "dez", "dic", "des", "dek", "det", "gru", "prosin", "joulu", "δεκ", "дек",
            "дец", "груд", "ara", "noll",
        ],
    ),
];

#[allow(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static FORMS: LazyLock<[Regex; 7]> = LazyLock::new(|| {
    [
        // 2026-10-02, 2026/10/02, 2026. 10. 02.
        r"\b(?<y>(?:19|20)[0-9]{2})(?<s>[-/.]) ?(?<m>[0-9]{1,2})[-/.] ?(?<d>[0-9]{1,2})\b",
        // 02.10.2026, 2/10/26, 2. 10. 2026
        r"\b(?<d>[0-9]{1,2})(?<s> ?[-/.] ?)(?<m>[0-9]{1,2}) ?[-/.] ?(?<y>(?:19|20)?[0-9]{2})\b",
        // 12/10 2026
        r"\b(?<d>[0-9]{1,2})(?<s>/)(?<m>[0-9]{1,2}) (?<y>20[0-9]{2})\b",
        // 2 October 2026, 2. Okt. 2026, 1er octobre 2026, 8 de octubre de 2026, 14-Oct-26
        concat!(
            r"(?i)\b(?<d>[0-9]{1,2})(?:st|nd|rd|th|er|\x{b0}|ης|η)?[ .,-]{0,3}(?:den? |d'|of )?",
            r"(?<n>\p{L}{3,12})\.?(?: f\x{f3}mhair)?[ ,-]{1,2}(?:de |del )?(?<y>(?:19|20)[0-9]{2}|[0-9]{2})\b"
        ),
        // October 2, 2026
        r"(?i)\b(?<n>\p{L}{3,12})\.? (?<d>[0-9]{1,2})(?:st|nd|rd|th)?,? (?<y>(?:19|20)[0-9]{2})\b",
        // 2026. november 3., 2026. gada 3. novembris
        concat!(
            r"(?i)\b(?<y>(?:19|20)[0-9]{2})\.? (?:(?:gada|g\.) (?<d>[0-9]{1,2})\. ",
            r"(?<n>\p{L}{3,12})|(?:m\. )?(?<o>\p{L}{3,12})\.? (?<e>[0-9]{1,2}))\b"
        ),
        // 3 XI 2026, 3.XI.2026
        r"\b(?<d>[0-9]{1,2})[ .-]{1,2}(?<r>[IVX]{1,4})[ .-]{1,2}(?<y>20[0-9]{2})\b",
    ]
    .map(|form| Regex::new(form).expect("a constant pattern"))
});

/// A date as it was written, before its order is known.
struct Written {
    found: Found,
    /// The two numbers of `a/b/year`, with what parts them.
    pair: Option<(u32, u32, i32, char)>,
    /// The year has two digits, so that the first number could be it.
    short: bool,
}

pub(super) fn find(page: &Page<'_>) -> Vec<Found> {
    let mut all: Vec<Written> = Vec::new();
    for form in FORMS.iter() {
        for hit in form.captures_iter(&page.text) {
            let Some(written) = read(page, &hit) else { continue };
            let range = &written.found.range;
            let taken = all
                .iter()
                .rev()
                .take(64)
                .any(|w| w.found.range.start < range.end && range.start < w.found.range.end);
            if !taken {
                all.push(written);
            }
        }
    }
    let order = Order::of(page, &all);
    let mut found: Vec<Found> =
        all.into_iter().filter_map(|written| order.settle(written)).collect();
    found.sort_by_key(|found| found.range.start);
    found
}

fn read(page: &Page<'_>, hit: &Captures<'_>) -> Option<Written> {
    let whole = hit.get(0)?;
    // Part of a longer number, account or file name.
    let before = page.part(0..whole.start()).chars().next_back();
    let after = page.text.get(whole.end()..)?.chars().next();
    if before.is_some_and(|c| matches!(c, '/' | '-' | '_' | ',') || c.is_alphanumeric()) {
        return None;
    }
    let tail = page.text.get(whole.end()..)?.chars().nth(1);
    if after.is_some_and(|c| matches!(c, '/' | '-' | '_'))
        || (after.is_some_and(|c| matches!(c, '.' | ','))
            && tail.is_some_and(|c| c.is_ascii_digit()))
    {
        return None;
    }
    let number = |name: &str| hit.name(name)?.as_str().parse::<u32>().ok();
    let year = century(number("y")?, hit.name("y")?.len());
    let range = whole.range();
    let written = hit.name("n").or(hit.name("o")).map(|name| name.as_str());
    let named = match (written, hit.name("r")) {
        (Some(name), _) => Some(in_croatian(page, name).or_else(|| month(name))?),
        (None, Some(roman)) => Some(from_roman(roman.as_str())?),
        (None, None) => None,
    };
    if let Some(month) = named {
        let value = iso(year, month, number("d").or(number("e"))?)?;
        return Some(Written {
            found: Found { range, value, flaw: None, base: 30 },
            pair: None,
            short: false,
        });
    }
    let (a, b) = (number("d")?, number("m")?);
    let mark = hit.name("s")?.as_str().trim().chars().next()?;
    if hit.name("y")?.start() == whole.start() {
        let value = iso(year, b, a)?;
        return Some(Written {
            found: Found { range, value, flaw: None, base: 30 },
            pair: None,
            short: false,
        });
    }
    let value = iso(year, b, a).or_else(|| iso(year, a, b))?;
    Some(Written {
        found: Found { range, value, flaw: None, base: 30 },
        pair: Some((a, b, year, mark)),
        short: hit.name("y")?.len() == 2,
    })
}

fn century(year: u32, digits: usize) -> i32 {
    let year = i32::try_from(year).unwrap_or_default();
    if digits == 2 { 2000 + year } else { year }
}

fn month(name: &str) -> Option<u32> {
    let name = fold(name);
    let begins = |names: &[&str]| {
        names.iter().filter(|begin| name.starts_with(**begin)).map(|begin| begin.len()).max()
    };
    let fitting = MONTHS.iter().filter_map(|(number, names)| Some((begins(names)?, *number)));
    fitting.max_by_key(|(len, _)| *len).map(|(_, number)| number)
}

/// "Listopad" is October in Croatian and November in Polish and Czech.
fn in_croatian(page: &Page<'_>, name: &str) -> Option<u32> {
    if !fold(name).starts_with("listopad") {
        return None;
    }
    let folded = fold(&page.text);
    let telling = ["oib", "pdv", "racun", "kupac", "iznos"];
    folded.split(' ').any(|word| telling.contains(&word)).then_some(10)
}

fn from_roman(text: &str) -> Option<u32> {
    const NUMERALS: [&str; 12] =
        ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    (1..).zip(NUMERALS).find(|(_, numeral)| *numeral == text).map(|(number, _)| number)
}

fn iso(year: i32, month: u32, day: u32) -> Option<Value> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then(|| Value::String(format!("{year:04}-{month:02}-{day:02}")))
}

/// Which of two numbers is the day, as far as the document shows it.
#[derive(Default)]
struct Order {
    day_first: bool,
    month_first: bool,
    /// A year of two digits stands first: "26-09-25".
    year_first: bool,
    /// Some words say so, but too few.
    year_perhaps: bool,
}

/// Words of documents that write the day first.
const DAY_FIRST: &str = "vat abn mwst ust umsatzsteuer mehrwertsteuer tva iva btw moms mva alv km \
    kaibemaks pvn pvm dph afa ddv pdv φπα ддс пдв ндс kdv vsk tvsh rechnung rechnungsnummer \
    rechnungsdatum facture factura fattura factuur fatura faktura lasku arve szamla racun rekins \
    saskaita";

/// Words of documents of the United States, which write the month first.
const MONTH_FIRST: &str = "ein usa llc inc corp zip fein";

/// Words of Swedish documents, in which a year of two digits stands first.
const YEAR_FIRST: &str = "ab att och exkl forf erlagga bankgiro plusgiro fakturadatum \
    forfallodatum forfallodag ert momsreg kopare att fakt";

#[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static ZIP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b[A-Z]{2} [0-9]{5}\b").expect("a constant pattern"));

impl Order {
    fn of(page: &Page<'_>, all: &[Written]) -> Self {
        let mut order = Self::default();
        for (a, b, ..) in all.iter().filter(|w| !w.short).filter_map(|w| w.pair) {
            order.day_first |= a > 12 && b <= 12;
            order.month_first |= b > 12 && a <= 12;
        }
        if order.day_first || order.month_first {
            return order;
        }
        // No pair of numbers shows it: the words do. Value added tax and its names are European and
        // its documents write the day first; where both habits show, none is believed.
        let folded = fold(page.part(0..page.floor(8192)));
        let words: HashSet<&str> = folded.split(' ').collect();
        let count = |list: &str| list.split(' ').filter(|word| words.contains(word)).count();
        let american = count(MONTH_FIRST) + usize::from(ZIP.is_match(&page.text));
        let european = count(DAY_FIRST);
        order.day_first = european > 0 && american < 2;
        order.month_first = european == 0 && american >= 2;
        let swedish = count(YEAR_FIRST);
        (order.year_first, order.year_perhaps) = (swedish > 2, swedish > 0);
        order
    }

    fn settle(&self, mut written: Written) -> Option<Found> {
        let Some((a, b, year, mark)) = written.pair else { return Some(written.found) };
        if written.short && mark == '-' && self.year_first {
            let (year, day) = (2000 + i32::try_from(a).ok()?, u32::try_from(year - 2000).ok()?);
            written.found.value = iso(year, b, day)?;
            return Some(written.found);
        }
        let either = written.short && mark == '-' && self.year_perhaps && a >= 20;
        let day_first = iso(year, b, a);
        let month_first = iso(year, a, b);
        let (value, flaw) = match (day_first, month_first) {
            (Some(one), None) | (None, Some(one)) => (one, None),
            (Some(one), Some(other)) if one == other => (one, None),
            // A point is never written between month and day in that order.
            (Some(one), Some(_)) if mark == '.' || (self.day_first && !self.month_first) => {
                (one, None)
            }
            (Some(_), Some(other)) if self.month_first && !self.day_first => (other, None),
            (Some(one), Some(_)) => (one, Some(Flaw::DayOrMonth)),
            (None, None) => return None,
        };
        written.found.value = value;
        written.found.flaw = flaw.or(either.then_some(Flaw::DayOrMonth));
        Some(written.found)
    }
}
