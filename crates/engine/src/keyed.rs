//! What nobody can compute who does not have the installation's secret. It must not know what it is
//! computed for: whoever uses it separates what could run together.

use hmac::{Hmac, Mac};

/// The keyed hash of these parts, one after the other.
pub(crate) fn keyed(keying: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key that is shorter than a block is filled up with zeros, by the definition of HMAC.
    let mut block = [0; 64];
    block.iter_mut().zip(keying).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<sha2::Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_the_hmac_of_the_parts() {
        // RFC 4231, test case 2, has a key of four bytes; one of 32 that ends in zeros is the same.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let said = hex::encode(super::keyed(&key, &[b"what do ya want ", b"for nothing?"]));
        assert_eq!(said, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
