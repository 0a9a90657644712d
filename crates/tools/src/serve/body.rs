//! The body of an HTTP answer, within a limit. It must not take half of one for the whole.

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};

use crate::remote::chain;

/// The whole body, or why there is none.
pub(super) async fn whole(mut answer: Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    // We never ask for it, and what unpacks without end is not for us to find out.
    let packed = header(&answer, CONTENT_ENCODING);
    if !matches!(packed.as_str(), "" | "identity") {
        return Err(format!("the answer is packed as `{packed}`, which was not asked for"));
    }
    let mut bytes = Vec::new();
    while let Some(some) = answer.chunk().await.map_err(|why| chain(&why))? {
        if bytes.len() + some.len() > bytes_max {
            return Err(format!("the answer is longer than {bytes_max} bytes"));
        }
        bytes.extend_from_slice(&some);
    }
    Ok(bytes)
}

/// What the answer says it is, without its parameters.
pub(super) fn kind(answer: &Response) -> String {
    let said = header(answer, CONTENT_TYPE);
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn header(answer: &Response, name: HeaderName) -> String {
    let value = answer.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
