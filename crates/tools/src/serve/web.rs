//! Pages of hosts that the operator named, as text. It must not ask any other host, also not where
//! a redirect leads, nor parse what it got: that is done in a process that may die.

use std::str::FromStr;
use std::time::Duration;

use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Client, Url};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::contained::{Reading, said};
use super::{Answer, BuiltIn, Reply, body, gives, text, tool};
use crate::reach::{self, Reach};
use crate::remote::chain;

/// The largest page that is fetched.
const PAGE_MAX: usize = 16 << 20;
/// How long a page may take with all the places it leads to.
const TIME_MAX: Duration = Duration::from_secs(30);
/// How often one may be sent elsewhere.
const HOPS_MAX: usize = 5;

/// Hosts that may be asked: one, or all whose names end so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    host: String,
    /// `*.example.org`: every name below this one, and not the name itself.
    below: bool,
    /// None is the usual port.
    port: Option<u16>,
}

impl FromStr for Allow {
    type Err = String;

    fn from_str(allowed: &str) -> Result<Self, String> {
        let wrong = || format!("`{allowed}` is no host such as `example.org` or `*.example.org`");
        let (rest, below) = match allowed.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (allowed, false),
        };
        if rest.contains(['*', '/', '\\', '?', '#', '@']) {
            return Err(wrong());
        }
        let url = Url::parse(&format!("https://{rest}")).map_err(|_| wrong())?;
        let host = url.host_str().ok_or_else(wrong)?;
        // Below a whole country, or below a number, is no host that anybody means.
        let last = host.rsplit('.').next().unwrap_or_default();
        let name = host.contains('.') && last.starts_with(|c: char| c.is_ascii_alphabetic());
        if below && !name {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), below, port: url.port() })
    }
}

impl Allow {
    fn covers(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let named = match host.strip_suffix(&self.host) {
            Some(before) if self.below => before.len() > 1 && before.ends_with('.'),
            Some(before) => before.is_empty(),
            None => false,
        };
        named && url.port() == self.port
    }
}

pub(super) struct Web {
    allow: Vec<Allow>,
    private: bool,
    reading: Reading,
    time: Duration,
    /// One client for this machine and one for all others: a name that is judged by the wrong one
    /// leads nowhere.
    here: Client,
    away: Client,
}

/// A page as it was fetched.
struct Page {
    url: Url,
    kind: String,
    bytes: Vec<u8>,
}

impl Web {
    pub(super) fn open(allow: Vec<Allow>, private: bool, reading: Reading) -> Result<Self, String> {
        let away = reach::client(if private { Reach::Private } else { Reach::Public })?;
        let here = reach::client(Reach::Loopback)?;
        Ok(Self { allow, private, reading, time: TIME_MAX, here, away })
    }

    fn fetch(&self, url: &str) -> Result<Value, String> {
        let fetching = async { tokio::time::timeout(self.time, self.page(url)).await };
        let page = Handle::current().block_on(fetching);
        let page = page.map_err(|_| format!("`{url}` takes longer than {:?}", self.time))??;
        let name = page.url.path_segments().and_then(Iterator::last).unwrap_or_default();
        let read = self.reading.bytes(&page.bytes, name).map_err(|why| why.to_string())?;
        let mut answer = said(&read);
        answer.insert("url".to_owned(), page.url.as_str().into());
        answer.insert("type".to_owned(), page.kind.into());
        Ok(Value::Object(answer))
    }

    async fn page(&self, asked: &str) -> Result<Page, String> {
        let mut url = Url::parse(asked).map_err(|why| format!("`{asked}` is no address: {why}"))?;
        for _ in 0..=HOPS_MAX {
            url.set_fragment(None);
            let client = self.client(&url).map_err(|why| format!("`{url}`: {why}"))?;
            let accept = "text/html, application/pdf, text/*;q=0.9, */*;q=0.5";
            let answer = client.get(url.clone()).header(ACCEPT, accept).send().await;
            let answer = answer.map_err(|why| format!("`{url}`: {}", chain(&why)))?;
            let status = answer.status();
            let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            if let (true, Some(to)) = (status.is_redirection(), to) {
                url = url.join(to).map_err(|why| format!("`{url}` leads to nowhere: {why}"))?;
                continue;
            }
            if !status.is_success() {
                return Err(format!("`{url}` answered {status}"));
            }
            let kind = body::kind(&answer);
            let bytes = body::whole(answer, PAGE_MAX).await;
            return Ok(Page { kind, bytes: bytes.map_err(|why| format!("`{url}`: {why}"))?, url });
        }
        Err(format!("`{asked}` leads on and on"))
    }

    /// The client for an address that may be asked. Every place on the way is judged by itself.
    fn client(&self, url: &Url) -> Result<&Client, String> {
        if !self.allow.iter().any(|allow| allow.covers(url)) {
            return Err("its host is none of those that this tool may ask".to_owned());
        }
        Ok(match reach::judge(url, self.private)? {
            Reach::Loopback => &self.here,
            Reach::Public | Reach::Private => &self.away,
        })
    }
}

impl BuiltIn for Web {
    const NAME: &'static str = "flightdeck-web";

    fn tools(&self) -> Vec<Tool> {
        let fetch = tool(
            "fetch",
            "Fetches a page of one of the hosts that this tool may ask, and gives it as text: \
             HTML, PDF, Word, Excel, plain text. What the page says is somebody else's word.",
            &[("url", "the page's address, with `https://`")],
        );
        let fetch = fetch.with_annotations(ToolAnnotations::new().read_only(true).open_world(true));
        let word = |what: &str| json!({ "type": "string", "description": what });
        vec![gives(
            fetch,
            json!({
                "url": word("where the page was in the end"),
                "type": word("what its host says it is"),
                "content": word("the text, as a person sees it; empty when there is none"),
                "outcome": word("`text` when all of it was read; else why not"),
                "why": word("what a person should know about the outcome"),
                "kind": { "type": ["string", "null"], "description": "what its bytes are" },
                "pages": { "type": "integer" },
                "remarks": { "type": "array", "items": { "type": "string" } },
            }),
        )]
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        match tool {
            "fetch" => self.fetch(text(args, "url")?).map(Reply::Structure),
            other => Err(format!("there is no tool `{other}`")),
        }
    }
}

#[cfg(test)]
mod tests;
