//! Studio as it was built, carried in the program: its files by their names, and nothing else. It
//! must not know what the files say, who reads them, or how they are sent.

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../studio/dist"]
struct Dist;

/// A file of Studio.
pub struct File {
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
}

/// The file of a name, such as `index.html` or `assets/index-1a2b3c4d.js`.
#[must_use]
pub fn file(name: &str) -> Option<File> {
    let found = Dist::get(name)?;
    Some(File { bytes: found.data, hash: found.metadata.sha256_hash() })
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_a_first_page_and_nothing_beside_the_folder() {
        let first = super::file("index.html").map(|file| file.bytes.into_owned());
        assert!(first.is_some_and(|page| page.starts_with(b"<!doctype html>")));
        assert!(super::file("../package.json").is_none());
        assert!(super::file("").is_none());
    }
}
