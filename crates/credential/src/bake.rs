//! Credentials within pictures, as Open Badges 3.0 bakes them: a chunk of a PNG, an element of an
//! SVG. It must not understand the picture any further.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use crate::{Fault, LONGEST};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const KEYWORD: &[u8] = b"openbadgecredential\0";
const NAMESPACE: &str = "https://purl.imsglobal.org/ob/v3p0";
/// The largest picture.
const LARGEST: usize = 8 << 20;

/// The kinds of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Image {
    Png,
    Svg,
}

impl Image {
    /// Which kind it is, by how it begins.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(SIGNATURE) {
            return Some(Self::Png);
        }
        let start = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
        (start.starts_with("<svg") || start.starts_with("<?xml")).then_some(Self::Svg)
    }
}

/// One part of a PNG: its kind and its bytes.
type Chunk<'a> = ([u8; 4], &'a [u8]);

fn chunks(png: &[u8]) -> Result<Vec<Chunk<'_>>, Fault> {
    let wrong = || Fault::shape("the picture is no whole PNG");
    if png.len() > LARGEST {
        return Err(Fault::shape("the picture is too large"));
    }
    let mut rest = png.strip_prefix(SIGNATURE).ok_or_else(wrong)?;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(wrong)?;
        let (kind, after) = after.split_first_chunk::<4>().ok_or_else(wrong)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| wrong())?;
        let (data, after) = after.split_at_checked(length).ok_or_else(wrong)?;
        let (sum, after) = after.split_first_chunk::<4>().ok_or_else(wrong)?;
        if u32::from_be_bytes(*sum) != checksum(*kind, data) {
            return Err(wrong());
        }
        all.push((*kind, data));
        rest = after;
    }
    match all.last() {
        Some(([b'I', b'E', b'N', b'D'], _)) => Ok(all),
        _ => Err(wrong()),
    }
}

fn checksum(kind: [u8; 4], data: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(&kind);
    sum.update(data);
    sum.sum()
}

fn write_chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    png.extend(length.to_be_bytes());
    png.extend(kind);
    png.extend(data);
    png.extend(checksum(kind, data).to_be_bytes());
}

fn is_ours((kind, data): &Chunk<'_>) -> bool {
    kind == b"iTXt" && data.starts_with(KEYWORD)
}

/// Puts a credential into a PNG, in place of the one that is there.
pub fn bake_png(png: &[u8], credential: &str) -> Result<Vec<u8>, Fault> {
    let mut baked = SIGNATURE.to_vec();
    for chunk in chunks(png)?.into_iter().filter(|chunk| !is_ours(chunk)) {
        if chunk.0 == *b"IEND" {
            // Not compressed, and in no language.
            let text = [KEYWORD, &[0, 0, 0, 0], credential.as_bytes()].concat();
            write_chunk(&mut baked, *b"iTXt", &text);
        }
        write_chunk(&mut baked, chunk.0, chunk.1);
    }
    Ok(baked)
}

/// Puts a credential into an SVG, in place of the one that is there.
pub fn bake_svg(svg: &str, credential: &str) -> Result<String, Fault> {
    let wrong = || Fault::shape("the picture is no SVG with anything in it");
    let tree = xml(svg)?;
    let root = tree.root_element();
    let first = root.first_child().ok_or_else(wrong)?.range().start;
    let element = if credential.starts_with('{') {
        if credential.contains("]]>") {
            return Err(Fault::shape("the credential cannot stand in an SVG"));
        }
        format!(
            "<openbadges:credential xmlns:openbadges=\"{NAMESPACE}\"><![CDATA[{credential}]]>\
             </openbadges:credential>"
        )
    } else {
        format!(
            "<openbadges:credential xmlns:openbadges=\"{NAMESPACE}\" verify=\"{}\"/>",
            escaped(credential)
        )
    };
    let mut baked = String::new();
    let mut at = 0;
    let gone = root.children().filter(is_credential).map(|node| node.range());
    let mut put = |to: usize, text: &str, next: usize| {
        baked.push_str(svg.get(at..to).unwrap_or_default());
        baked.push_str(text);
        at = next;
    };
    put(first, &element, first);
    for range in gone {
        put(range.start, "", range.end);
    }
    put(svg.len(), "", svg.len());
    Ok(baked)
}

fn xml(svg: &str) -> Result<roxmltree::Document<'_>, Fault> {
    if svg.len() > LARGEST {
        return Err(Fault::shape("the picture is too large"));
    }
    let tree = roxmltree::Document::parse(svg);
    let tree = tree.map_err(|error| Fault::shape(format!("the picture is no SVG: {error}")))?;
    if tree.root_element().tag_name().name() == "svg" {
        Ok(tree)
    } else {
        Err(Fault::shape("the picture is no SVG"))
    }
}

fn is_credential(node: &roxmltree::Node<'_, '_>) -> bool {
    node.is_element() && node.has_tag_name((NAMESPACE, "credential"))
}

/// The credential within a picture.
pub fn unbake(picture: &[u8]) -> Result<String, Fault> {
    let none = || Fault::shape("there is no credential in the picture");
    match Image::of(picture) {
        Some(Image::Png) => {
            let all = chunks(picture)?;
            let mut ours = all.iter().filter(|chunk| is_ours(chunk));
            let (_, data) = ours.next().ok_or_else(none)?;
            if ours.next().is_some() {
                return Err(Fault::shape("there is more than one credential in the picture"));
            }
            itxt(data.strip_prefix(KEYWORD).unwrap_or_default()).ok_or_else(none)
        }
        Some(Image::Svg) => {
            let text = std::str::from_utf8(picture).map_err(|_| none())?;
            let tree = xml(text)?;
            let mut ours = tree.descendants().filter(is_credential);
            let node = ours.next().ok_or_else(none)?;
            if ours.next().is_some() {
                return Err(Fault::shape("there is more than one credential in the picture"));
            }
            let token = node.attribute("verify").filter(|token| !token.is_empty());
            let found = token.or_else(|| node.text()).ok_or_else(none)?;
            Ok(found.trim().to_owned())
        }
        None => Err(Fault::shape("it is neither a PNG nor an SVG")),
    }
}

/// The text of an `iTXt` chunk after its keyword.
fn itxt(data: &[u8]) -> Option<String> {
    let (packed, rest) = data.split_first()?;
    let (_, rest) = rest.split_first()?;
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let text = parts.nth(2)?;
    if *packed == 0 {
        return String::from_utf8(text.to_vec()).ok();
    }
    let mut read = String::new();
    let most = u64::try_from(LONGEST).ok()?;
    ZlibDecoder::new(text).take(most.saturating_add(1)).read_to_string(&mut read).ok()?;
    (read.len() <= LONGEST).then_some(read)
}

const SIDE: u32 = 240;

/// A badge without a picture of its own: a disc with a ring.
pub fn plain_png() -> Result<Vec<u8>, Fault> {
    let middle = i64::from(SIDE / 2);
    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0);
        for x in 0..SIDE {
            let (dx, dy) = (i64::from(x) - middle, i64::from(y) - middle);
            rows.extend(match dx * dx + dy * dy {
                0..8_100 => [0x0f, 0x4c, 0x5c, 0xff],
                8_100..10_000 => [0xff, 0xff, 0xff, 0xff],
                10_000..13_225 => [0x1f, 0x8a, 0x70, 0xff],
                _ => [0, 0, 0, 0],
            });
        }
    }
    let fault = |error: std::io::Error| Fault::shape(error.to_string());
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&rows).map_err(fault)?;
    let mut png = SIGNATURE.to_vec();
    // Eight bits each of red, green, blue and how much shows.
    let header = [&SIDE.to_be_bytes()[..], &SIDE.to_be_bytes()[..], &[8, 6, 0, 0, 0]].concat();
    write_chunk(&mut png, *b"IHDR", &header);
    write_chunk(&mut png, *b"IDAT", &packed.finish().map_err(fault)?);
    write_chunk(&mut png, *b"IEND", &[]);
    Ok(png)
}

/// The same as an SVG, with words on it.
#[must_use]
pub fn plain_svg(lines: &[&str]) -> String {
    let mut words = String::new();
    for (line, y) in lines.iter().zip([105, 130, 155]) {
        let line = escaped(line);
        // Writing to a text does not fail.
        let _ = write!(
            words,
            "<text x=\"120\" y=\"{y}\" font-size=\"15\" fill=\"#fff\" text-anchor=\"middle\" \
             font-family=\"sans-serif\" textLength=\"160\" lengthAdjust=\"spacingAndGlyphs\">\
             {line}</text>"
        );
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 240 240\" role=\"img\">\
         <circle cx=\"120\" cy=\"120\" r=\"115\" fill=\"#1f8a70\"/>\
         <circle cx=\"120\" cy=\"120\" r=\"95\" fill=\"#0f4c5c\" stroke=\"#fff\" \
         stroke-width=\"10\"/>{words}</svg>"
    )
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        match c {
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '&' => all.push_str("&amp;"),
            '"' => all.push_str("&quot;"),
            c if c.is_control() => all.push('\u{fffd}'),
            c => all.push(c),
        }
        all
    })
}
