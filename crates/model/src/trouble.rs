//! What servers say when something went wrong, in the forms of all vendors. It must not decide what
//! becomes of it.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::http::go_duration;

/// A failure as servers word it: an object, or a bare text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Trouble {
    Text(String),
    Object {
        message: Option<String>,
        code: Option<TroubleCode>,
        /// Anthropic's and OpenAI's word for what kind it is.
        #[serde(rename = "type")]
        kind: Option<String>,
        /// Google's particulars: how long to wait, among others.
        #[serde(default)]
        details: Value,
    },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum TroubleCode {
    Number(u16),
    Text(String),
}

/// The body of an error answer.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TroubleBody {
    pub(crate) error: Option<Trouble>,
    pub(crate) message: Option<String>,
}

impl TroubleBody {
    /// Reads what can be read. Google wraps it in a list.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let one = serde_json::from_slice(bytes).ok();
        let listed = || serde_json::from_slice::<Vec<Self>>(bytes).ok()?.into_iter().next();
        one.or_else(listed).unwrap_or_default()
    }
}

impl Trouble {
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Object { message, .. } => message.as_deref().unwrap_or_default(),
        }
    }

    /// Whether it is about money.
    pub(crate) fn unpaid(&self) -> bool {
        let Self::Object { code: Some(TroubleCode::Text(code)), .. } = self else { return false };
        matches!(code.as_str(), "insufficient_quota" | "billing_hard_limit_reached")
    }

    /// The status that it would have had as an answer of its own.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        let Self::Object { code, kind, .. } = self else { return None };
        if let Some(TroubleCode::Number(n)) = code {
            return StatusCode::from_u16(*n).ok();
        }
        let n = match kind.as_deref()? {
            "invalid_request_error" => 400,
            "authentication_error" => 401,
            "billing_error" => 402,
            "permission_error" => 403,
            "not_found_error" => 404,
            "request_too_large" => 413,
            "rate_limit_error" => 429,
            "api_error" => 500,
            "timeout_error" => 504,
            "overloaded_error" => 529,
            _ => return None,
        };
        StatusCode::from_u16(n).ok()
    }

    /// How long Google asks to wait; it sends no `Retry-After`.
    pub(crate) fn retry_delay(&self) -> Option<Duration> {
        let Self::Object { details, .. } = self else { return None };
        let delays = details.as_array()?.iter().filter_map(|detail| detail.get("retryDelay"));
        delays.filter_map(|delay| go_duration(delay.as_str()?)).next()
    }
}
