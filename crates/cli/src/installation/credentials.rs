//! Credentials over the HTTP interface, as anybody sees them. It must not tell who holds one to
//! whoever does not have its id.

use evidence::words;
use journal::CredentialName;
use serde_json::Value;
use server::{Examined, No, PublicCredential};

use super::{Inner, no};
use crate::exit::Stop;
use crate::issuing::{self, Issuing, ListForm, Shelf, seconds};
use crate::stored::now;
use crate::workspace::{self, Workspace};

/// A credential by its id.
pub fn find(inner: &Inner, id: &str) -> Result<Option<PublicCredential>, No> {
    let Ok(id) = CredentialName::new(id) else { return Ok(None) };
    let data = workspace::data_folder(&inner.global).map_err(no)?;
    let lines = issuing::lines(&data).map_err(no)?;
    let Some(line) = lines.get(&id) else { return Ok(None) };
    let shown = issuing::shown(&Shelf::of(&data), line, now()).map_err(no)?;
    let each = |(name, told): (String, String)| Examined { name, told };
    Ok(Some(PublicCredential {
        id: line.id.to_string(),
        state: shown.state.as_str().to_owned(),
        holder: shown.holder,
        name: shown.name,
        issuer: shown.issuer,
        page: shown.page,
        valid_from: line.valid.map(|(from, _)| words::stamp(from)),
        valid_until: line.valid.map(|(_, until)| words::stamp(until)),
        examined: shown.examined.into_iter().map(each).collect(),
        credential: shown.document.filter(|_| line.nth.is_some()).map(Value::Object),
    }))
}

/// A list by its name, signed now.
pub fn list(inner: &Inner, name: &str, token: bool) -> Result<Option<String>, No> {
    let form = if token { ListForm::Token } else { ListForm::Document };
    issuing(inner, |issuing, lines| issuing.list(name, lines, (seconds(now()), form)))
}

/// The issuer's own document.
pub fn issuer(inner: &Inner) -> Result<Option<String>, No> {
    issuing(inner, |issuing, _| Ok(Some(issuing.document().to_string())))
}

/// Nothing where nothing was issued here: a key is not made because somebody asks for it.
fn issuing<T>(
    inner: &Inner,
    of: impl FnOnce(&Issuing, &issuing::Lines) -> Result<Option<T>, Stop>,
) -> Result<Option<T>, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let lines = issuing::lines(&workspace.data).map_err(no)?;
    if lines.values().all(|line| line.nth.is_none()) {
        return Ok(None);
    }
    let issuing = Issuing::of(&workspace, &lines).map_err(no)?;
    of(&issuing, &lines).map_err(no)
}
