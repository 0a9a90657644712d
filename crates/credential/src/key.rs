//! Keys of issuers: Ed25519, written as the standards write them. It must not make randomness, and
//! a secret key must not be shown, compared or written.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::Fault;

/// What stands before a public Ed25519 key, so that a reader knows which kind of key it is.
const ED25519: [u8; 2] = [0xed, 0x01];

/// The secret key of an issuer.
pub struct Signer(SigningKey);

impl Signer {
    /// A key from 32 random bytes.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

/// The public key of an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key from its bytes. One that is no point of the curve, or a weak one, is refused.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, Fault> {
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak());
        key.map(|_| Self(bytes)).ok_or_else(|| Fault::signature("it is no Ed25519 key"))
    }

    /// A key as `did:key` and Multikey write it.
    pub fn from_multibase(text: &str) -> Result<Self, Fault> {
        let wrong = || Fault::signature("the key is no Ed25519 key in base 58");
        let bytes = base58(text, 64).ok_or_else(wrong)?;
        let key = bytes.strip_prefix(&ED25519).ok_or_else(wrong)?;
        Self::from_bytes(key.try_into().map_err(|_| wrong())?)
    }

    #[must_use]
    pub fn multibase(&self) -> String {
        format!("z{}", bs58::encode([ED25519.as_slice(), &self.0].concat()).into_string())
    }

    /// Whether a signature is this key's.
    pub(crate) fn check(&self, bytes: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let key = VerifyingKey::from_bytes(&self.0);
        let signature = Signature::from_slice(signature);
        let checked = key.and_then(|key| key.verify_strict(bytes, &signature?));
        checked.map_err(|_| Fault::signature("the signature is not the issuer's over this text"))
    }
}

/// The bytes of a base 58 text with its mark, where it is no longer than it may be.
pub(crate) fn base58(text: &str, longest: usize) -> Option<Vec<u8>> {
    let digits = text.strip_prefix('z').filter(|digits| digits.len() <= longest)?;
    bs58::decode(digits).into_vec().ok()
}
