//! Well-known servers: what each is for, where it is, and when to leave it alone. It is a dated
//! list that helps to find one. Nothing in it approves a server, and no call looks at it.

use serde::{Deserialize, Serialize};

const TABLE: &str = include_str!("catalogue/servers.csv");

/// One well-known server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What it is called here, unless the operator calls it otherwise.
    pub name: String,
    #[serde(rename = "use")]
    pub purpose: String,
    pub publisher: String,
    /// Its package, its address, or the command of this program.
    pub place: String,
    /// `built-in`, `stdio` or `http`.
    pub transport: String,
    /// `none`, `key`, `browser`, or both with `or` between them.
    pub sign_in: String,
    pub risk: String,
    /// When not to use it.
    pub avoid: String,
    /// What follows `flightdeck mcp add NAME`.
    pub add: String,
    pub source: String,
    /// The day on which the row was written.
    pub as_of: String,
    /// `yes` where the row was compared with its source that day; `no` where it is from memory.
    pub verified: String,
}

/// All of them, our own first.
pub fn all() -> impl Iterator<Item = Known> {
    // A test reads every row, so none is lost here.
    ::csv::Reader::from_reader(TABLE.as_bytes()).into_deserialize().filter_map(Result::ok)
}

/// Those that are called so, made by somebody called so, or for something that is called so.
pub fn find(word: &str) -> impl Iterator<Item = Known> {
    let word = word.to_lowercase();
    all().filter(move |known| {
        let texts = [&known.name, &known.purpose, &known.publisher];
        texts.into_iter().any(|text| text.to_lowercase().contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole_and_our_own_come_first() {
        let rows: Vec<Known> = all().collect();
        assert_eq!(rows.len(), TABLE.lines().count() - 1, "a row cannot be read");
        let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rows.len(), "two rows have one name");
        let ours = rows.iter().take_while(|row| row.transport == "built-in").count();
        assert!(ours > 0 && rows.iter().skip(ours).all(|row| row.transport != "built-in"));
        for row in &rows {
            let all = [
                &row.purpose,
                &row.publisher,
                &row.place,
                &row.risk,
                &row.avoid,
                &row.add,
                &row.source,
            ];
            assert!(all.iter().all(|text| !text.trim().is_empty()), "{row:?}");
            assert!(["built-in", "stdio", "http"].contains(&row.transport.as_str()), "{row:?}");
            let ways = ["none", "key", "browser", "key or browser"];
            assert!(ways.contains(&row.sign_in.as_str()), "{row:?}");
            assert!(["yes", "no"].contains(&row.verified.as_str()), "{row:?}");
            row.as_of.parse::<jiff::civil::Date>().unwrap();
            // A key stands in no command, only its name.
            assert!(!row.sign_in.starts_with("key") || row.add.contains("${"), "{row:?}");
        }
        let found: Vec<Known> = find("MAIL").collect();
        assert_eq!(found.first().map(|known| known.transport.as_str()), Some("built-in"));
        assert_eq!(find("no such thing").count(), 0);
    }
}
