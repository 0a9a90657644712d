//! Credentials that anybody can verify.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use journal::{CredentialName, Revocation};

#[derive(Debug, Subcommand)]
pub enum Credential {
    /// Issue one in the name of this organisation
    ///
    /// `credentials` in `flightdeck.yaml` says in whose name, and where anybody verifies it. Only
    /// an owner of the workspace issues.
    Issue(IssueCredential),
    /// Keep one that another issuer gave somebody, with the page that verifies it
    ///
    /// Nothing is issued: what it is worth today is said by its own issuer.
    Record(RecordCredential),
    /// List them: those that ended stay in the list
    List,
    /// Show one: who holds it, what was examined, how it stands
    Show {
        /// Its id
        #[arg(value_parser = CredentialName::new)]
        id: CredentialName,
    },
    /// Make one valid for longer, from today
    Renew {
        /// Its id
        #[arg(value_parser = CredentialName::new)]
        id: CredentialName,
    },
    /// Let one count no more, for good
    Revoke {
        /// Its id
        #[arg(value_parser = CredentialName::new)]
        id: CredentialName,
        /// Why
        #[arg(long, value_enum)]
        because: Because,
    },
    /// Let one not count for now
    Suspend {
        /// Its id
        #[arg(value_parser = CredentialName::new)]
        id: CredentialName,
        /// Let it count again
        #[arg(long)]
        lift: bool,
    },
    /// Destroy what is kept of its holder; its id stays in the list without a name
    Forget {
        /// Its id
        #[arg(value_parser = CredentialName::new)]
        id: CredentialName,
    },
    /// Write one out for its holder: as a document, a token, or within a picture
    Export(ExportCredential),
    /// Write out what a web server answers verifiers with: your key's document and the lists
    ///
    /// `up` answers with the same. Lists are valid for a day, so do it every day.
    Publish {
        /// A folder
        folder: PathBuf,
    },
    /// Verify one, whoever issued it, without the network
    ///
    /// What is not given is not known: without the lists of its issuer nobody can tell whether it
    /// was revoked. For what was issued here everything is at hand.
    Verify(VerifyCredential),
}

#[derive(Debug, Args)]
pub struct IssueCredential {
    /// A short code for what was examined: `OPERATOR`
    #[arg(long, value_name = "CODE")]
    pub code: String,
    /// What whoever holds it may call themselves: `Agent operator`
    #[arg(long, value_name = "TEXT")]
    pub name: String,
    /// What whoever holds it can do
    #[arg(long, value_name = "TEXT")]
    pub about: String,
    /// What it took
    #[arg(long, value_name = "TEXT")]
    pub criteria: String,
    /// Who holds it
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Their e-mail address: only whoever knows it can see that it is theirs
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
    /// What was examined and what came of it, as `NAME=TEXT`; more than once
    #[arg(long, value_name = "NAME=TEXT")]
    pub examined: Vec<String>,
}

#[derive(Debug, Args)]
pub struct RecordCredential {
    /// Its id, as its issuer writes it
    #[arg(value_parser = CredentialName::new)]
    pub id: CredentialName,
    /// Who issued it
    #[arg(long, value_name = "NAME")]
    pub issuer: String,
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    pub name: String,
    /// Who holds it
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// The page on which its issuer verifies it
    #[arg(long, value_name = "URL")]
    pub page: String,
}

#[derive(Debug, Args)]
pub struct ExportCredential {
    /// Its id
    #[arg(value_parser = CredentialName::new)]
    pub id: CredentialName,
    /// In which form
    #[arg(long, value_enum, default_value_t = Form::Json)]
    pub form: Form,
    /// The file to write; without it what is no picture is printed
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A picture of your own to put it into, a PNG or an SVG
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
}

/// The forms of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A document, signed over what it says
    Json,
    /// A document, signed over how it is written
    Jcs,
    /// A token
    Jwt,
    /// A picture with the document in it
    Png,
    /// The same as a drawing
    Svg,
}

#[derive(Debug, Args)]
pub struct VerifyCredential {
    /// A file with a document, a token or a picture; or the id of one that was issued here
    #[arg(value_name = "FILE|ID")]
    pub what: String,
    /// The document of its issuer (`did.json`)
    #[arg(long, value_name = "FILE")]
    pub issuer_document: Option<PathBuf>,
    /// A list of what its issuer revoked or suspended; more than once
    #[arg(long = "list", value_name = "FILE")]
    pub lists: Vec<PathBuf>,
    /// Who must have issued it, as a `did:`
    #[arg(long, value_name = "DID")]
    pub issuer: Option<String>,
    /// The e-mail address of whoever shows it
    #[arg(long, value_name = "ADDRESS")]
    pub mail: Option<String>,
}

/// Why a credential is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Because {
    /// It should never have been issued
    Mistake,
    /// Its holder wants it so
    Wish,
    /// What it rests on turned out not to be true
    Misconduct,
    /// Another one takes its place
    Replaced,
}

impl From<Because> for Revocation {
    fn from(because: Because) -> Self {
        match because {
            Because::Mistake => Self::Mistake,
            Because::Wish => Self::Wish,
            Because::Misconduct => Self::Misconduct,
            Because::Replaced => Self::Replaced,
        }
    }
}
