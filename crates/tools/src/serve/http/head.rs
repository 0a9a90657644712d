//! A request before it is sent: where it goes and what stands in its headers. It must not lead out
//! of the base it was made for.

use reqwest::header::{ACCEPT, COOKIE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::Value;

use super::describe::Operation;
use super::encode;
use super::parameter::{Parameter, Place};

/// What is gathered for a request.
pub(super) struct Head {
    pub(super) path: String,
    /// `name=value`, encoded.
    pub(super) query: Vec<String>,
    pub(super) headers: HeaderMap,
    /// `name=value`, as they are sent.
    pub(super) cookies: Vec<String>,
}

impl Head {
    /// What every call of an operation has. `headers` go with every request.
    pub(super) fn new(operation: &Operation, headers: &HeaderMap) -> Self {
        let mut headers = headers.clone();
        let wanted = "application/json, application/*+json;q=0.9, text/*;q=0.5";
        headers.insert(ACCEPT, HeaderValue::from_static(wanted));
        Self { path: operation.path.clone(), query: Vec::new(), headers, cookies: Vec::new() }
    }

    /// Writes an argument where its parameter belongs.
    pub(super) fn set(
        &mut self,
        parameter: &Parameter,
        value: Option<&Value>,
    ) -> Result<(), String> {
        let name = &parameter.name;
        match (parameter.place, value) {
            (Place::Path, None) => return Err(format!("`{name}` is missing")),
            (Place::Path, Some(value)) => {
                let mark = format!("{{{name}}}");
                self.path = self.path.replace(&mark, &encode::path(parameter, value)?);
            }
            (Place::Query, Some(value)) => self.query.extend(encode::query(parameter, value)?),
            (Place::Cookie, Some(value)) => self.cookies.push(encode::cookie(parameter, value)?),
            (Place::Header, Some(value)) => {
                let text = encode::header(parameter, value)?;
                let value = HeaderValue::from_str(&text);
                let value = value.map_err(|_| format!("`{name}` cannot be sent in a header"))?;
                let name = HeaderName::try_from(name.as_str()).map_err(|why| why.to_string())?;
                self.headers.insert(name, value);
            }
            (Place::Query | Place::Header | Place::Cookie, None) => {}
        }
        Ok(())
    }

    /// The request, at a place below the base.
    pub(super) fn request(mut self, method: Method, base: &Url) -> Result<Request, String> {
        let mut request = Request::new(method, place(base, &self.path, &self.query)?);
        if !self.cookies.is_empty() {
            let cookies = self.cookies.join("; ");
            let given = self.headers.get(COOKIE).and_then(|given| given.to_str().ok());
            let all = given.map_or(cookies.clone(), |given| format!("{given}; {cookies}"));
            let all = HeaderValue::from_str(&all);
            let mut all = all.map_err(|_| "its cookies cannot be sent".to_owned())?;
            all.set_sensitive(true);
            self.headers.insert(COOKIE, all);
        }
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}

/// The address of a call. Whatever a value holds, it must not lead out of its own place.
fn place(base: &Url, path: &str, query: &[String]) -> Result<Url, String> {
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    let mut url = base.clone();
    url.set_path(&whole);
    if url.path() != whole {
        return Err(format!("`{path}` leads to another place than it says"));
    }
    if !query.is_empty() {
        url.set_query(Some(&query.join("&")));
    }
    Ok(url)
}
