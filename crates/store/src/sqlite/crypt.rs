//! Keys and sealing. Each run's bodies rest under a key of their own, which rests under the
//! installation key, so that erasing 32 bytes erases a run's texts. It must not read or write
//! files.

use std::sync::Arc;

use aes_gcm::aead::AeadInPlace;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use journal::{Batch, Body, CommandId, Entropy, Hash, RunId, Seq, StoreError};

const NONCE: usize = 12;
const TAG: usize = 16;

/// How long a wrapped key is: nonce, key and tag.
const WRAPPED: usize = NONCE + 32 + TAG;

/// What stands where a key was. It is as long as a key, so that it takes the very bytes of one, and
/// nothing that a damaged page may hold.
pub(super) const ERASED: [u8; WRAPPED] =
    *b"erased: nothing of this run's contents can be read any more.";

/// The key of one run's bodies.
pub(super) type RunKey = [u8; 32];

/// The key that every run's key rests under.
#[derive(Clone)]
pub(super) struct InstallationKey(Arc<Aes256Gcm>);

/// Fills with the system's randomness.
pub(super) fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|e| StoreError::Fault(format!("no randomness: {e}")))
}

/// Randomness in stock, so that a frame does not cost a system call.
pub(super) struct Stock {
    bytes: Vec<u8>,
    used: usize,
}

impl Stock {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; 4096], used: usize::MAX }
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        if self.used.saturating_add(N) > self.bytes.len() {
            random(&mut self.bytes)?;
            self.used = 0;
        }
        let mut out = [0; N];
        // What was handed out is forgotten here.
        for (to, from) in out.iter_mut().zip(self.bytes.iter_mut().skip(self.used)) {
            *to = std::mem::take(from);
        }
        self.used += N;
        Ok(out)
    }
}

impl InstallationKey {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(Aes256Gcm::new(&key.into())))
    }

    /// A fingerprint that tells whether a journal was written under this key.
    pub(super) fn proof(&self) -> Option<Vec<u8>> {
        let mut text = b"flightdeck journal".to_vec();
        // A nonce of its own: the random ones of everything else never matter to a fixed text.
        seal(&self.0, &[0xff; NONCE], b"proof", &mut text)
            .then(|| Hash::of_parts(&[&text]).0.to_vec())
    }

    /// Wraps a run's key: nonce and sealed key in one.
    pub(super) fn wrap(&self, run: RunId, key: &RunKey, nonce: [u8; NONCE]) -> Option<Vec<u8>> {
        self.seal_blob(&run.to_bytes(), key, nonce)
    }

    /// Unwraps a run's key.
    pub(super) fn unwrap(&self, run: RunId, wrapped: &[u8]) -> Option<RunKey> {
        let plain = self.open_blob(&run.to_bytes(), wrapped)?;
        RunKey::try_from(plain.as_slice()).ok()
    }

    /// Seals a command on its way through the inbox.
    pub(super) fn seal_command(
        &self,
        id: CommandId,
        bytes: &[u8],
        nonce: [u8; NONCE],
    ) -> Option<Vec<u8>> {
        self.seal_blob(&id.0, bytes, nonce)
    }

    /// Opens a sealed command.
    pub(super) fn open_command(&self, id: CommandId, sealed: &[u8]) -> Option<Vec<u8>> {
        self.open_blob(&id.0, sealed)
    }

    fn seal_blob(&self, about: &[u8], bytes: &[u8], nonce: [u8; NONCE]) -> Option<Vec<u8>> {
        let mut sealed = bytes.to_vec();
        if !seal(&self.0, &nonce, about, &mut sealed) {
            return None;
        }
        let mut blob = nonce.to_vec();
        blob.append(&mut sealed);
        Some(blob)
    }

    fn open_blob(&self, about: &[u8], blob: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = blob.split_first_chunk::<NONCE>()?;
        let mut plain = sealed.to_vec();
        open(&self.0, nonce, about, &mut plain).then_some(plain)
    }
}

fn seal(key: &Aes256Gcm, nonce: &[u8; NONCE], about: &[u8], bytes: &mut Vec<u8>) -> bool {
    match key.encrypt_in_place_detached(Nonce::from_slice(nonce), about, bytes) {
        Ok(tag) => {
            bytes.extend_from_slice(&tag);
            true
        }
        Err(_) => false,
    }
}

fn open(key: &Aes256Gcm, nonce: &[u8; NONCE], about: &[u8], bytes: &mut Vec<u8>) -> bool {
    let Some(len) = bytes.len().checked_sub(TAG) else {
        return false;
    };
    let tag = bytes.split_off(len);
    let tag = Tag::from_slice(&tag);
    key.decrypt_in_place_detached(Nonce::from_slice(nonce), about, bytes, tag).is_ok()
}

/// What binds the bodies of a frame to their place, so that two blobs cannot be swapped.
fn place(run: RunId, seq: Seq) -> [u8; 20] {
    let mut place = [0; 20];
    let bytes = run.to_bytes().into_iter().chain(seq.0.to_be_bytes());
    for (to, from) in place.iter_mut().zip(bytes) {
        *to = from;
    }
    place
}

/// Seals the bodies of a frame, and the randomness of their commitments, into `out`.
/// It says `false` when there is too much of them for one seal.
pub(super) fn seal_bodies(
    batch: &Batch,
    key: &RunKey,
    nonce: &[u8; NONCE],
    out: &mut Vec<u8>,
) -> bool {
    out.clear();
    out.extend_from_slice(&batch.entropy().0);
    for Body { bytes, .. } in batch.bodies() {
        let Ok(len) = u32::try_from(bytes.len()) else {
            return false;
        };
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(bytes);
    }
    let frame = batch.frame();
    let key = Aes256Gcm::new(key.into());
    seal(&key, nonce, &place(frame.run, frame.seq), out)
}

/// Opens what `seal_bodies` sealed; `None` when a single bit of it is not as it was written.
pub(super) fn open_bodies(
    (run, seq): (RunId, Seq),
    key: &RunKey,
    nonce: &[u8; NONCE],
    mut sealed: Vec<u8>,
) -> Option<(Entropy, Vec<Arc<[u8]>>)> {
    let key = Aes256Gcm::new(key.into());
    if !open(&key, nonce, &place(run, seq), &mut sealed) {
        return None;
    }
    let (entropy, mut rest) = sealed.split_first_chunk::<32>()?;
    let mut bodies = Vec::new();
    while !rest.is_empty() {
        let (len, tail) = rest.split_first_chunk::<4>()?;
        let len = usize::try_from(u32::from_be_bytes(*len)).ok()?;
        let (body, tail) = tail.split_at_checked(len)?;
        bodies.push(Arc::from(body));
        rest = tail;
    }
    Some((Entropy(*entropy), bodies))
}
