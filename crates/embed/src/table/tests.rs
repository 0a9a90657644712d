//! The table is whole, and likeness orders texts as a reader would.

use super::*;

#[test]
fn the_table_has_a_row_for_each_piece() {
    let rows = u32::from_le_bytes(number(0).unwrap()) as usize;
    let wide = u32::from_le_bytes(number(4).unwrap()) as usize;
    assert_eq!(wide, DIMENSIONS);
    assert_eq!(rows, include_str!("../../weights/vocabulary.txt").lines().count());
    assert_eq!(TABLE.len(), HEAD + rows * 4 + rows * BYTES);
}

#[test]
fn likeness_is_of_meaning() {
    let check = |text: &str, near: &str, far: &str| {
        let text = vector(text);
        let (near, far) = (text.likeness(&vector(near)), text.likeness(&vector(far)));
        assert!(near > far + 0.1, "{near} {far}");
        assert!((text.likeness(&text) - 1.0).abs() < 1e-5);
    };
    check("my parcel is late", "the package has not been delivered", "please reset my password");
    check("the chair is broken", "a leg of the seat snapped", "send me an invoice");
    check("lawn mower", "grass cutter", "credit card");
    assert!(vector("").is_empty() && vector("\u{200b}").is_empty() && !vector("a").is_empty());
    // Ten megabytes are read to a point and not beyond.
    assert!(!vector(&"parcel ".repeat(1_500_000)).is_empty());
}
