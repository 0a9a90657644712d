//! `${NAME}` and `${NAME:-default}` in an address, an argument or a header: a variable of the
//! environment. It must not look one up: whoever asks does.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Variable {
        name: &'t str,
        default: Option<&'t str>,
    },
    /// A `${` without its `}`.
    Open,
}

/// Why a text cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfilled {
    #[error("there is a `${{` without its `}}`")]
    Open,
    #[error("`{0}` is not set in the environment")]
    Unset(String),
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let (first, rest) = match text.split_once("${") {
        Some((first, rest)) => (first, Some(rest)),
        None => (text, None),
    };
    let behind = rest.into_iter().flat_map(|rest| rest.split("${")).flat_map(|piece| {
        let Some((inside, after)) = piece.split_once('}') else {
            return [Part::Open, Part::Text("")];
        };
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        [Part::Variable { name, default }, Part::Text(after)]
    });
    std::iter::once(Part::Text(first)).chain(behind)
}

/// The variables that a text names.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(|part| match part {
        Part::Variable { name, .. } => Some(name),
        Part::Text(_) | Part::Open => None,
    })
}

/// The text with each variable looked up.
pub fn filled(
    text: &str,
    mut look_up: impl FnMut(&str) -> Option<String>,
) -> Result<String, Unfilled> {
    let mut out = String::new();
    for part in parts(text) {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Variable { name, default } => match (look_up(name), default) {
                (Some(value), _) => out.push_str(&value),
                (None, Some(default)) => out.push_str(default),
                (None, None) => return Err(Unfilled::Unset(name.to_owned())),
            },
            Part::Open => return Err(Unfilled::Open),
        }
    }
    Ok(out)
}

/// Whether a text can be the name of a variable.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let form = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    !text.is_empty() && text.len() <= 128 && text.bytes().all(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, Unfilled>) {
        let found = filled(text, |name| (name == "HOST").then(|| "a.example".to_owned()));
        assert_eq!(found, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn variables_are_looked_up_and_nothing_else_is() {
        check("", Ok(""));
        check("https://b.example/$HOST/{HOST}", Ok("https://b.example/$HOST/{HOST}"));
        check("https://${HOST}/v1", Ok("https://a.example/v1"));
        check("${HOST}${HOST}", Ok("a.examplea.example"));
        check("${HOST:-b.example}", Ok("a.example"));
        check("${OTHER:-b.example}/", Ok("b.example/"));
        check("${OTHER:-}", Ok(""));
        check("${OTHER}", Err(Unfilled::Unset("OTHER".to_owned())));
        check("${host}", Err(Unfilled::Unset("host".to_owned())));
        check("a${HOST", Err(Unfilled::Open));
        check("${HOST ${HOST}", Err(Unfilled::Open));
        let all: Vec<&str> = names("${A}-${B:-${C}}").collect();
        assert_eq!(all, ["A", "C"], "a default holds no variable of its own");
        assert!(is_name("MODEL_2") && !is_name("model") && !is_name("") && !is_name("A B"));
    }
}
