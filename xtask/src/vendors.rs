//! Real servers behind both wire formats: the local model over OpenAI's, and LiteLLM's proxy in
//! front of it over Anthropic's. A command of its own, because the proxy is large. It must not
//! need a key of anybody.

use std::path::Path;

use crate::{install, product, shell};

/// Installs the proxy, starts both and puts questions to them through our own clients.
pub fn run(root: &Path) -> Result<(), String> {
    let proxy = install::litellm(root)?;
    let proxy = proxy.to_string_lossy().into_owned();
    let models = product::target(root).join("models").to_string_lossy().into_owned();
    let args = ["run", "-q", "-p", "model", "--example", "gateway", "--", &models, &proxy];
    shell::run(root, &shell::cargo(), &args)
}
