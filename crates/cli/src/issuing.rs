//! What credentials are issued with: the key of the organisation, and the documents of those that
//! were issued or recorded, one file each in a folder beside the journal. An entry of the journal
//! names a document by its hash, so a file without an entry is nobody's, and a changed one is
//! noticed. It must not print a key.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use credential::{Did, Entry, Fault, Issuer, LIST_LENGTH, Purpose, Signer, StatusList, Suite};
use evidence::History;
use evidence::credentials::{self, CredentialLine, CredentialState};
use journal::{CredentialName, Hash, Millis};
use rustix::fs::{FlockOperation, flock};
use serde_json::{Map, Value, json};

use crate::exit::Stop;
use crate::stored::Runs;
use crate::workspace::Workspace;

const FOLDER: &str = "credentials";
const KEY: &str = "key";
/// How long a list is valid: whoever holds an older one has to look again.
const LIST_SECONDS: i64 = 24 * 60 * 60;

/// All credentials, by their ids.
pub type Lines = BTreeMap<CredentialName, CredentialLine>;

/// How a list is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    Document,
    Token,
}

/// The folder of keys and documents.
pub struct Shelf {
    folder: PathBuf,
}

/// Nobody else issues while this lives.
pub struct Turn {
    _file: File,
}

impl Shelf {
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// Waits until nobody else issues, and keeps it so.
    pub fn turn(&self) -> Result<Turn, Stop> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let lock = self.folder.join("lock");
        let mut open = File::options();
        let file = open.write(true).create(true).truncate(false).mode(0o600).open(lock)?;
        flock(&file, FlockOperation::LockExclusive).map_err(Stop::failed)?;
        Ok(Turn { _file: file })
    }

    fn place(&self, document: Hash) -> PathBuf {
        self.folder.join(format!("{document}.json"))
    }

    /// Keeps a document, and gives what it hashes to.
    pub fn keep(&self, _turn: &Turn, text: &str) -> Result<Hash, Stop> {
        let hash = Hash::of(text.as_bytes());
        self.write(&self.place(hash), text.as_bytes())?;
        Ok(hash)
    }

    /// Under another name first: a crash leaves no half of it behind.
    fn write(&self, to: &Path, bytes: &[u8]) -> Result<(), Stop> {
        let new = self.folder.join("new");
        let mut open = File::options();
        let mut file = open.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, to)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// The document of a credential; nothing where its holder was forgotten.
    pub fn read(&self, line: &CredentialLine) -> Result<Option<Map<String, Value>>, Stop> {
        if line.forgotten {
            return Ok(None);
        }
        let place = self.place(line.document);
        let damaged = |what: &dyn std::fmt::Display| {
            Stop::failed(format!("the document of {} cannot be read: {what}", line.id))
                .help("bring the folder `credentials` of the data folder back from a copy")
        };
        let text = std::fs::read_to_string(place).map_err(|error| damaged(&error))?;
        if Hash::of(text.as_bytes()) != line.document {
            return Err(damaged(&"it is not what was kept"));
        }
        credential::read(&text).map(Some).map_err(|fault| damaged(&fault))
    }

    /// Destroys a document, if it is there.
    pub fn destroy(&self, document: Hash) -> Result<(), Stop> {
        match std::fs::remove_file(self.place(document)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(File::open(&self.folder)?.sync_all()?),
        }
    }

    /// The key of the organisation. It is made only where nothing was issued yet: with a new one
    /// nobody could verify what was issued before.
    fn key(&self, issued: bool) -> Result<Signer, Stop> {
        let place = self.folder.join(KEY);
        match std::fs::read(&place) {
            Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
                Ok(seed) => Ok(Signer::new(&seed)),
                Err(_) => Err(Stop::failed("the key that signs credentials is damaged")
                    .help("bring `credentials/key` of the data folder back from a copy")),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !issued => {
                let seed: [u8; 32] = random()?;
                let _turn = self.turn()?;
                if !place.exists() {
                    self.write(&place, &seed)?;
                }
                self.key(true)
            }
            Err(error) => {
                Err(Stop::failed(format!("the key that signs credentials cannot be read: {error}"))
                    .help("bring `credentials/key` of the data folder back from a copy"))
            }
        }
    }
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], Stop> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Stop::failed)?;
    Ok(bytes)
}

/// Seconds, as credentials count them.
pub fn seconds(at: Millis) -> i64 {
    i64::try_from(at.0 / 1_000).unwrap_or(i64::MAX)
}

/// What is wrong with a credential that is made here.
pub fn fault(fault: Fault) -> Stop {
    Stop::failed(fault)
}

/// Everything that stands in the journal about credentials.
pub fn lines(data: &Path) -> Result<Lines, Stop> {
    if !data.join("journal.db").is_file() {
        return Ok(Lines::new());
    }
    let history: History = Runs::at(data.to_path_buf())?.desk_history()?;
    Ok(credentials::credentials(&history))
}

/// The organisation as an issuer.
pub struct Issuing {
    pub shelf: Shelf,
    pub issuer: Issuer,
    pub signer: Signer,
    pub valid_ms: u64,
}

impl Issuing {
    /// The issuer that the settings name.
    pub fn of(workspace: &Workspace, lines: &Lines) -> Result<Self, Stop> {
        let places = workspace.places().map_err(|problems| {
            Stop::usage(problems).help("`flightdeck check` shows them with their fixes")
        })?;
        let settings = places.issuing.ok_or_else(|| {
            Stop::usage("this workspace issues no credentials").help(
                "write `credentials: { address: \"https://desk.acme.example\" }` in \
                 `flightdeck.yaml`, with the host by which `up` is reached",
            )
        })?;
        let name = settings.issuer.unwrap_or(places.organisation);
        if credential::is_foreign_name(&name) {
            let what = format!("`{name}` is another issuer's name: nothing is issued in it");
            return Err(Stop::usage(what).help("issue in the name of your own organisation"));
        }
        let shelf = Shelf::of(&workspace.data);
        let signer = shelf.key(lines.values().any(|line| line.nth.is_some()))?;
        let did = Did::at(&settings.address, signer.public()).map_err(Stop::usage)?;
        let issuer = Issuer { did, name, address: settings.address };
        Ok(Self { shelf, issuer, signer, valid_ms: settings.valid_ms })
    }

    /// The name of the key.
    pub fn method(&self) -> String {
        self.issuer.did.method(&self.signer.public())
    }

    /// The issuer's document, by which others find the key.
    pub fn document(&self) -> Value {
        self.issuer.did.document(&[self.signer.public()])
    }

    /// Signs a document.
    pub fn signed(
        &self,
        document: &Map<String, Value>,
        suite: Suite,
        at: i64,
    ) -> Result<String, Stop> {
        let signed = credential::add(document, suite, (&self.signer, &self.method()), at);
        Ok(Value::Object(signed.map_err(fault)?).to_string())
    }

    /// A list as it stands now, by its name; nothing where there is none of that name.
    pub fn list(
        &self,
        name: &str,
        lines: &Lines,
        (now, form): (i64, ListForm),
    ) -> Result<Option<String>, Stop> {
        let named = name.rsplit_once('-').and_then(|(purpose, number)| {
            let number = number.parse::<u32>().ok().filter(|number| *number > 0)?;
            Some((Purpose::named(purpose)?, number - 1))
        });
        let Some((purpose, number)) = named else { return Ok(None) };
        let most = lines.values().filter_map(|line| line.nth).max().unwrap_or(0);
        if number > most / LIST_LENGTH {
            return Ok(None);
        }
        let (revoked, suspended) = credentials::barred(lines);
        let all = match purpose {
            Purpose::Revocation => revoked,
            Purpose::Suspension => suspended,
        };
        let within = all.iter().filter(|nth| *nth / LIST_LENGTH == number);
        let set: BTreeSet<u32> = within.map(|nth| nth % LIST_LENGTH).collect();
        let address = format!("{}/status/{name}", self.issuer.address);
        let times = (now, now.saturating_add(LIST_SECONDS));
        let list = StatusList::new(purpose, &set).credential(&self.issuer, &address, times);
        let list = list.map_err(fault)?;
        match form {
            ListForm::Document => self.signed(&list, Suite::Rdfc, now),
            ListForm::Token => {
                credential::token(&list, &self.signer, &self.method()).map_err(fault)
            }
        }
        .map(Some)
    }

    /// The names of all lists.
    pub fn list_names(lines: &Lines) -> Vec<String> {
        let most = lines.values().filter_map(|line| line.nth).max().unwrap_or(0);
        let numbers = 1..=most / LIST_LENGTH + 1;
        let both = |n: u32| Purpose::ALL.map(|purpose| format!("{}-{n}", purpose.as_str()));
        numbers.flat_map(both).collect()
    }

    /// Both lists of a credential.
    pub fn lists_of(&self, nth: u32, lines: &Lines, now: i64) -> Result<Vec<String>, Stop> {
        let entries = Entry::of(&self.issuer.address, nth);
        let names = entries.iter().filter_map(|entry| entry.list.rsplit('/').next());
        let all: Result<Vec<_>, Stop> =
            names.map(|name| self.list(name, lines, (now, ListForm::Document))).collect();
        Ok(all?.into_iter().flatten().collect())
    }
}

/// A credential as it is shown to anybody who knows its id.
#[derive(Debug)]
pub struct Shown {
    pub holder: Option<String>,
    pub name: Option<String>,
    pub issuer: Option<String>,
    /// The page on which another issuer verifies it.
    pub page: Option<String>,
    pub state: CredentialState,
    /// What was examined, and what came of it.
    pub examined: Vec<(String, String)>,
    /// What was signed, or recorded.
    pub document: Option<Map<String, Value>>,
}

/// What is shown of a credential.
pub fn shown(shelf: &Shelf, line: &CredentialLine, now: Millis) -> Result<Shown, Stop> {
    let document = shelf.read(line)?;
    let at = |path: &str| {
        let whole = Value::Object(document.clone()?);
        whole.pointer(path).and_then(Value::as_str).map(str::to_owned)
    };
    let evidence = document.as_ref().and_then(|all| all.get("evidence"));
    let each = evidence.and_then(Value::as_array).into_iter().flatten();
    let examined = each.filter_map(|one| {
        let of = |name: &str| Some(one.get(name)?.as_str()?.to_owned());
        Some((of("name")?, of("narrative")?))
    });
    let issued = line.nth.is_some();
    let by = |ours: &str, theirs: &str| at(if issued { ours } else { theirs });
    Ok(Shown {
        holder: by("/credentialSubject/identifier/0/identityHash", "/holder"),
        name: by("/name", "/name"),
        issuer: by("/issuer/name", "/issuer"),
        page: by("/id", "/page"),
        state: line.state(now),
        examined: examined.collect(),
        document,
    })
}

/// What is kept of a credential of another issuer.
pub fn recorded(holder: &str, name: &str, issuer: &str, page: &str) -> String {
    json!({ "holder": holder, "name": name, "issuer": issuer, "page": page }).to_string()
}
