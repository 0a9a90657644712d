//! A vendor behind TLS: without somebody who vouches for its certificate nothing is sent to it.

use crate::office::Office;
use crate::vendor::Vendor;

#[test]
fn a_certificate_that_nobody_vouches_for_gets_no_question() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("certificate.pem");
    let vendor = Vendor::encrypted(&certificate);
    let desk = Office::new(&vendor, &["001"]);
    desk.change("flightdeck.yaml", "vendor: openai", "vendor: openai\n    key: A_KEY");
    let key = ("A_KEY", "not-a-real-key-0123456789");

    let said = desk.say_with(&["model", "test"], &[key]);
    assert_eq!((said.code, vendor.asked()), (1, 0), "{}{}", said.out, said.err);
    assert!(said.err.contains("certificate"), "{}", said.err);
    assert!(!said.err.contains(key.1), "{}", said.err);

    let trusted = ("SSL_CERT_FILE", certificate.to_str().unwrap());
    let said = desk.say_with(&["model", "test"], &[key, trusted]);
    assert_eq!((said.code, vendor.asked()), (0, 5), "{}{}", said.out, said.err);
}
