//! Keys of an API: each goes where its file says, and with the operations alone that ask for it. It
//! must not show one, take one from an argument, or let an argument stand in the place of one.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::encode;
use super::file::{File, fields};
use super::head::Head;
use super::parameter::{self, Place};
use crate::spec::{self, Secret};

/// One key, ready to be sent.
pub(super) struct Key {
    scheme: String,
    goes: Goes,
    value: Secret,
}

/// Where a key stands in a request.
enum Goes {
    Header(HeaderName),
    Query(String),
    Cookie(String),
}

/// The keys that were given.
#[derive(Default)]
pub(super) struct Keys(Vec<Arc<Key>>);

impl Keys {
    /// Each by the name that the file has for it.
    pub(super) fn read(file: &File, given: &[(String, Secret)]) -> Result<Self, String> {
        let each = given.iter().map(|(name, value)| {
            let key = Key::read(name, file.scheme(name)?, value);
            key.map(Arc::new).map_err(|why| format!("the key `{name}`: {why}"))
        });
        each.collect::<Result<_, _>>().map(Self)
    }

    /// Those that go with an operation. Where nothing is said about keys, that is all of them.
    pub(super) fn of(
        &self,
        file: &File,
        operation: &Value,
        sent: &HeaderMap,
    ) -> Result<Vec<Arc<Key>>, String> {
        let Some(said) = operation.get("security").or_else(|| file.security()) else {
            return Ok(self.0.clone());
        };
        let ways = said.as_array().ok_or("what it says of its keys is no list")?;
        let (mut best, mut lacks) = (None::<Vec<Arc<Key>>>, None);
        for way in ways {
            match self.way(file, way, sent) {
                // Of two ways, one of them without a key, the one with it can do more.
                Ok(keys) if best.as_ref().is_none_or(|best| keys.len() > best.len()) => {
                    best = Some(keys);
                }
                Ok(_) => {}
                Err(why) => lacks = lacks.or(Some(why)),
            }
        }
        match (best, lacks) {
            (Some(keys), _) => Ok(keys),
            (None, Some(why)) => Err(why),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// The keys of one way to be let in, or what is lacking for it.
    fn way(&self, file: &File, way: &Value, sent: &HeaderMap) -> Result<Vec<Arc<Key>>, String> {
        let way = way.as_object().ok_or("what it says of its keys is not read")?;
        let mut keys = Vec::new();
        for name in way.keys() {
            match self.0.iter().find(|key| key.scheme == *name) {
                Some(key) => keys.push(Arc::clone(key)),
                None => stands(name, file.scheme(name)?, sent)?,
            }
        }
        Ok(keys)
    }
}

/// Whether a header that every request has anyway stands in for a key that was not given.
fn stands(name: &str, scheme: &Value, sent: &HeaderMap) -> Result<(), String> {
    let word = |key| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    let (header, help) = match (word("type"), word("in")) {
        ("apiKey", "header") => (word("name"), format!("--key {name}=VARIABLE")),
        ("apiKey", "cookie") => (COOKIE.as_str(), format!("--key {name}=VARIABLE")),
        ("apiKey", _) => ("", format!("--key {name}=VARIABLE")),
        ("http", _) if word("scheme").eq_ignore_ascii_case("bearer") => {
            (AUTHORIZATION.as_str(), format!("--key {name}=VARIABLE"))
        }
        ("http" | "oauth2" | "openIdConnect", _) => {
            (AUTHORIZATION.as_str(), "--header Authorization=VARIABLE".to_owned())
        }
        (other, _) => {
            return Err(format!("it needs `{name}`, which is `{other}`: that is not done"));
        }
    };
    if !header.is_empty() && sent.contains_key(header) {
        return Ok(());
    }
    Err(format!("it needs the key `{name}`, and none is given: `{help}`"))
}

impl Key {
    fn read(scheme: &str, said: &Value, value: &Secret) -> Result<Self, String> {
        let word = |key| said.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, mut value) = (word("name").to_owned(), value.clone());
        let goes = match (word("type"), word("in")) {
            ("apiKey", "query") => Goes::Query(name),
            ("apiKey", "cookie") => Goes::Cookie(name),
            ("apiKey", "header") => {
                let wrong = || format!("it cannot go in a header `{name}`");
                Goes::Header(HeaderName::try_from(name.as_str()).map_err(|_| wrong())?)
            }
            ("http", _) if word("scheme").eq_ignore_ascii_case("bearer") => {
                value = Secret::new(format!("Bearer {}", value.reveal()));
                Goes::Header(AUTHORIZATION)
            }
            (other, _) => {
                let what = format!("its file calls it `{other}`, which is no key");
                return Err(format!("{what}; give its whole header, with `--header`"));
            }
        };
        let key = Self { scheme: scheme.to_owned(), goes, value };
        key.sendable().map(|()| key)
    }

    /// Whether it can be sent where it goes. It is not shown.
    fn sendable(&self) -> Result<(), String> {
        let value = self.value.reveal();
        let octet = |b: u8| b.is_ascii_graphic() && !b"\",;\\".contains(&b);
        let (name, fits) = match &self.goes {
            Goes::Header(name) => {
                let ours = parameter::OURS.contains(&name.as_str());
                let free = !ours || *name == AUTHORIZATION || *name == COOKIE;
                (name.as_str(), free && HeaderValue::from_str(value).is_ok())
            }
            Goes::Query(name) => (name.as_str(), true),
            // A cookie has no way to write what would end it.
            Goes::Cookie(name) => {
                (name.as_str(), parameter::is_token(name) && value.bytes().all(octet))
            }
        };
        if name.is_empty() || value.trim().is_empty() || !fits {
            return Err("it cannot be sent where its file says it goes".to_owned());
        }
        Ok(())
    }

    /// Whether an argument of that name would stand where the key does.
    pub(super) fn takes(&self, place: Place, argument: &str) -> bool {
        match (&self.goes, place) {
            (Goes::Header(name), Place::Header) => name.as_str().eq_ignore_ascii_case(argument),
            (Goes::Query(name), Place::Query) | (Goes::Cookie(name), Place::Cookie) => {
                name == argument
            }
            _ => false,
        }
    }

    /// Puts the key into a request whose arguments are all there.
    pub(super) fn put(&self, head: &mut Head) -> Result<(), String> {
        match &self.goes {
            Goes::Header(name) => {
                let value = HeaderValue::from_str(self.value.reveal());
                let mut value = value.map_err(|_| format!("the key `{}` fails", self.scheme))?;
                value.set_sensitive(true);
                head.headers.insert(name.clone(), value);
            }
            Goes::Query(name) => {
                let start = format!("{}=", encode::encoded(name));
                // An object's fields become names of their own, and a model may choose them.
                if head.query.iter().any(|pair| pair.starts_with(&start)) {
                    return Err(format!("`{name}` is the key's place and takes no argument"));
                }
                head.query.push(format!("{start}{}", encode::encoded(self.value.reveal())));
            }
            Goes::Cookie(name) => head.cookies.push(format!("{name}={}", self.value.reveal())),
        }
        Ok(())
    }
}

/// What must not be repeated, in every form in which an API may say it again.
pub(super) struct Blots(Vec<(String, String)>);

impl Blots {
    pub(super) fn new<'a>(all: impl Iterator<Item = (&'a str, &'a Secret)>) -> Self {
        let forms = all.flat_map(|(name, secret)| {
            let whole = secret.reveal();
            // `Bearer TOKEN` is a word of the protocol and the token.
            let part = whole.split_once(' ').map_or(whole, |(_, part)| part);
            let forms = [whole, part].map(str::to_owned);
            let written = [whole, part].map(encode::encoded);
            forms.into_iter().chain(written).map(move |form| (name.to_owned(), form))
        });
        Self(forms.collect())
    }

    pub(super) fn text(&self, text: String) -> String {
        spec::blotted(text, self.0.iter().map(|(name, form)| (name.as_str(), form.as_str())))
    }

    pub(super) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(all) => all.into_iter().map(|one| self.value(one)).collect(),
            Value::Object(all) => {
                let each = all.into_iter();
                each.map(|(name, one)| (self.text(name), self.value(one))).collect()
            }
            other => other,
        }
    }
}

impl File {
    /// What the file says of a key by its name.
    fn scheme(&self, name: &str) -> Result<&Value, String> {
        let mut all = self.components("securitySchemes");
        match all.find(|(other, _)| *other == name) {
            Some((_, scheme)) => self.followed(scheme),
            None => {
                let known: Vec<_> = self.components("securitySchemes").map(|(n, _)| n).collect();
                let known: Vec<String> = known.into_iter().map(|n| format!("`{n}`")).collect();
                let but = if known.is_empty() { "nothing" } else { &known.join(", ") };
                Err(format!("there is no key `{name}` in `securitySchemes`, but {but}"))
            }
        }
    }

    fn components(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        let components = self.part("components").into_iter();
        components.flat_map(move |components| fields(components, kind))
    }
}
