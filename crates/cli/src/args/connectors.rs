//! The arguments of the built-in servers that reach out: an API, pages of the web, a mailbox. It
//! must not read the environment: what is named here is looked up where the command runs.

use std::path::PathBuf;

use clap::Args;
use tools::serve::Allow;

/// Chosen operations of an API.
#[derive(Debug, Args)]
pub struct Http {
    /// The OpenAPI file, 3.0 or 3.1
    #[arg(long, value_name = "FILE")]
    pub spec: PathBuf,
    /// An operation to offer, by its `operationId` or as `GET /path`; no other is offered
    #[arg(long, value_name = "ID", required = true)]
    pub operation: Vec<String>,
    /// Where the API is; nothing else is called
    #[arg(long, value_name = "URL")]
    pub base: String,
    /// A header of every request, with the variable that holds its whole value
    #[arg(long, value_name = "HEADER=VARIABLE")]
    pub header: Vec<String>,
    /// A key by its name in the file's `securitySchemes`, with the variable that holds it; the file
    /// says where it goes
    #[arg(long, value_name = "NAME=VARIABLE")]
    pub key: Vec<String>,
    /// The folder whose files may be sent in forms; without it none is
    #[arg(long, value_name = "FOLDER")]
    pub files: Option<PathBuf>,
    /// The address may lead into a private network
    #[arg(long)]
    pub allow_private: bool,
    /// How long a call may take
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub seconds: u64,
}

/// Pages of named hosts.
#[derive(Debug, Args)]
pub struct Web {
    /// A host that may be asked, such as `example.org`, `*.example.org` or `localhost:8080`
    #[arg(long, value_name = "HOST", required = true)]
    pub allow: Vec<Allow>,
    /// A host's name may lead into a private network
    #[arg(long)]
    pub allow_private: bool,
    /// Processor time that reading one page may take
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub seconds: u64,
}

/// A mailbox.
#[derive(Debug, Args)]
pub struct Mail {
    /// A maildir, or a folder of `.eml` files
    #[arg(long, value_name = "FOLDER")]
    pub root: PathBuf,
    /// Where drafts are put: a maildir or a folder that is there; without it none are made
    #[arg(long, value_name = "FOLDER", requires = "from")]
    pub drafts: Option<PathBuf>,
    /// In whose name drafts are made
    #[arg(long, value_name = "ADDRESS", requires = "drafts")]
    pub from: Option<String>,
    /// Processor time that reading one message may take
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub seconds: u64,
}
