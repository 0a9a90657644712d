//! Whether a credential holds: one finding for each thing that was looked at, with its reason. It
//! must not look anything up: an issuer's document or a list that was not given is not known, and
//! what is not known never counts as good.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::issuer::Did;
use crate::key::PublicKey;
use crate::shape::{alone, holder, issuer_of, shape, text_of};
use crate::status::{Entry, Purpose, StatusList};
use crate::time::{instant, shortened, stamp};
use crate::token::Token;
use crate::{Fault, contexts, proof, text, token};

type Object = Map<String, Value>;

/// Clocks of two machines differ; a credential of this moment is not one of the future.
const SKEW: i64 = 300;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It is an Open Badge, and says what one has to say.
    Shape,
    /// Every word in it has a known meaning.
    Context,
    /// The key is the issuer's.
    Issuer,
    /// It says what the issuer signed.
    Signature,
    /// It is valid now.
    Time,
    /// It is neither revoked nor suspended.
    Status,
}

impl Check {
    pub const ALL: [Self; 6] =
        [Self::Shape, Self::Context, Self::Issuer, Self::Signature, Self::Time, Self::Status];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Context => "context",
            Self::Issuer => "issuer",
            Self::Signature => "signature",
            Self::Time => "time",
            Self::Status => "status",
        }
    }
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    Yes,
    No,
    /// What it takes to tell was not there.
    Unknown,
}

/// One check, what came of it, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: Check,
    pub holds: Holds,
    pub why: String,
}

/// What a credential says. Only where the report says so is it true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub id: String,
    pub name: String,
    pub holder: Option<String>,
    pub issuer: String,
    pub issuer_name: Option<String>,
    pub from: String,
    pub until: Option<String>,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub shown: Option<Shown>,
}

impl Report {
    /// What is to be made of it as a whole.
    #[must_use]
    pub fn holds(&self) -> Holds {
        let any = |holds: Holds| self.findings.iter().any(|finding| finding.holds == holds);
        match (any(Holds::No), any(Holds::Unknown)) {
            (true, _) => Holds::No,
            (false, true) => Holds::Unknown,
            (false, false) => Holds::Yes,
        }
    }

    /// What came of one check.
    #[must_use]
    pub fn of(&self, check: Check) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check == check)
    }
}

/// What a credential is verified with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    /// A document or a token.
    pub text: &'a str,
    pub now: i64,
    /// The document of the issuer, where the issuer is an address.
    pub document: Option<&'a str>,
    /// Lists of what is revoked or suspended: documents or tokens.
    pub lists: &'a [String],
    /// Who should have issued it; anybody if not said.
    pub issuer: Option<&'a str>,
    /// The address of whoever shows it, where it is known.
    pub mail: Option<&'a str>,
}

/// Something signed, and taken apart.
enum Secured<'a> {
    Document(Object),
    Token(Token<'a>),
}

impl<'a> Secured<'a> {
    fn read(text: &'a str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.starts_with('{') {
            text::read(text).map(Self::Document)
        } else {
            token::untoken(text).map(Self::Token)
        }
    }

    fn credential(&self) -> &Object {
        match self {
            Self::Document(document) => document,
            Self::Token(token) => &token.credential,
        }
    }

    fn method(&self) -> Result<String, Fault> {
        match self {
            Self::Document(document) => proof::method(document),
            Self::Token(token) => Ok(token.method.clone()),
        }
    }

    fn check(&self, key: &PublicKey) -> Result<(), Fault> {
        match self {
            Self::Document(document) => proof::check(document, key),
            Self::Token(token) => token.check(key),
        }
    }

    /// Whether the time is one at which it holds.
    fn time(&self, now: i64) -> Result<String, Fault> {
        let wrong = |why: String| Fault::new(Check::Time, why);
        let from = instant(text_of(self.credential(), "validFrom").unwrap_or_default())?;
        let until = match self.credential().get("validUntil") {
            None => None,
            Some(Value::String(until)) => Some(instant(until)?),
            Some(_) => return Err(Fault::shape("`validUntil` is no time")),
        };
        if from > now.saturating_add(SKEW) {
            return Err(wrong(format!("it is valid from {} on, which is not yet", stamp(from))));
        }
        if let Some(until) = until.filter(|until| *until < now) {
            return Err(wrong(format!("it was valid until {}", stamp(until))));
        }
        if let Self::Document(document) = self {
            let (made, ends) = proof::times(document)?;
            if made.is_some_and(|made| made > now.saturating_add(SKEW)) {
                return Err(wrong("its signature is of the future".to_owned()));
            }
            if ends.is_some_and(|ends| ends < now) {
                return Err(wrong("its signature is over".to_owned()));
            }
        }
        Ok(match until {
            Some(until) => format!("it is valid until {}", stamp(until)),
            None => "it is valid without an end".to_owned(),
        })
    }
}

/// Verifies a credential. Whatever is wrong is in the report.
#[must_use]
pub fn verify(given: &Given<'_>) -> Report {
    let mut found = Found::default();
    let shown = looked_at(given, &mut found);
    let why = "it was not looked at, because something before it does not hold";
    let findings = Check::ALL.into_iter().map(|check| match found.0.remove(&check) {
        Some((holds, why)) => Finding { check, holds, why },
        None => Finding { check, holds: Holds::Unknown, why: why.to_owned() },
    });
    Report { findings: findings.collect(), shown }
}

#[derive(Default)]
struct Found(BTreeMap<Check, (Holds, String)>);

impl Found {
    fn yes(&mut self, check: Check, why: impl Into<String>) {
        self.0.entry(check).or_insert_with(|| (Holds::Yes, why.into()));
    }

    fn fault(&mut self, fault: Fault) {
        // What is wrong stands, whatever was thought of the same check before.
        self.0.insert(fault.check, (Holds::No, fault.why));
    }

    fn take<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.fault(fault)).ok()
    }
}

fn looked_at(given: &Given<'_>, found: &mut Found) -> Option<Shown> {
    let secured = found.take(Secured::read(given.text))?;
    let credential = secured.credential();
    let names = found.take(contexts::named(credential))?;
    if !names.contains(&contexts::BADGES) {
        found.fault(Fault::new(Check::Context, "it does not name the context of Open Badges 3.0"));
    }
    found.yes(Check::Context, "every word of it has its known meaning");
    let shown = found.take(shape(credential))?;
    found.yes(Check::Shape, "it is an Open Badge 3.0");
    if let Some(mail) = given.mail {
        found.take(holder(credential, mail));
    }
    if let Some(key) = found.take(issued(given, &secured, &shown)) {
        match key {
            Some(key) => {
                let name = shown.issuer_name.as_deref().unwrap_or("nobody named");
                let said = format!("`{}` issued it, which calls itself {name}", shown.issuer);
                found.yes(Check::Issuer, said);
                if found.take(secured.check(&key)).is_some() {
                    found.yes(Check::Signature, "it says what the issuer signed");
                }
            }
            None => {
                let why = format!("the document of `{}` was not given", shown.issuer);
                found.0.insert(Check::Issuer, (Holds::Unknown, why));
            }
        }
    }
    match secured.time(given.now) {
        Ok(why) => found.yes(Check::Time, why),
        Err(fault) => found.fault(Fault::new(Check::Time, fault.why)),
    }
    match status(given, credential, &shown.issuer) {
        Ok((holds, why)) => {
            found.0.insert(Check::Status, (holds, why));
        }
        Err(fault) => found.fault(Fault::new(Check::Status, fault.why)),
    }
    Some(shown)
}

/// The key that must have signed it; nothing where only the issuer's document could tell.
fn issued(
    given: &Given<'_>,
    secured: &Secured<'_>,
    shown: &Shown,
) -> Result<Option<PublicKey>, Fault> {
    let did: Did = shown.issuer.parse()?;
    if given.issuer.is_some_and(|wanted| wanted != shown.issuer) {
        return Err(Fault::new(Check::Issuer, format!("`{}` issued it, and nobody else", did)));
    }
    let method = secured.method()?;
    if matches!(did, Did::Web(_)) && given.document.is_none() {
        return Ok(None);
    }
    did.key(&method, given.document).map(Some)
}

fn status(given: &Given<'_>, credential: &Object, issuer: &str) -> Result<(Holds, String), Fault> {
    let entries = Entry::all(credential)?;
    if entries.is_empty() {
        return Ok((Holds::Yes, "it names no list, so it cannot be revoked".to_owned()));
    }
    let mut unknown = None;
    for entry in &entries {
        match listed(given, entry, issuer)? {
            Some(true) => {
                let what = match entry.purpose {
                    Purpose::Revocation => "it is revoked",
                    Purpose::Suspension => "it is suspended",
                };
                return Err(Fault::new(Check::Status, what));
            }
            Some(false) => {}
            None => unknown = Some(shortened(&entry.list)),
        }
    }
    Ok(match unknown {
        Some(list) => (Holds::Unknown, format!("status not known: `{list}` was not given")),
        None => (Holds::Yes, "it is neither revoked nor suspended".to_owned()),
    })
}

/// Whether a bit is set in the list that was given, if it was.
fn listed(given: &Given<'_>, entry: &Entry, issuer: &str) -> Result<Option<bool>, Fault> {
    let wrong = |why: &str| Fault::new(Check::Status, format!("the list `{}`: {why}", entry.list));
    let of = |text: &str| {
        let read = Secured::read(text).ok()?;
        (text_of(read.credential(), "id")? == entry.list).then_some(())
    };
    let Some(text) = given.lists.iter().find(|list| of(list).is_some()) else { return Ok(None) };
    let list = Secured::read(text)?;
    let credential = list.credential();
    contexts::named(credential).map_err(|fault| wrong(&fault.why))?;
    alone(credential).map_err(|fault| wrong(&fault.why))?;
    if issuer_of(credential) != Some(issuer) {
        return Err(wrong("it is another issuer's"));
    }
    let key = issuer.parse::<Did>()?.key(&list.method()?, given.document);
    let key = key.map_err(|fault| wrong(&fault.why))?;
    list.check(&key).map_err(|fault| wrong(&fault.why))?;
    list.time(given.now).map_err(|fault| wrong(&fault.why))?;
    let bits = StatusList::of(credential).map_err(|fault| wrong(&fault.why))?;
    if bits.purpose != entry.purpose {
        return Err(wrong("it says something else of those in it"));
    }
    bits.is_set(entry.index).map(Some).ok_or_else(|| wrong("it does not reach that far"))
}
