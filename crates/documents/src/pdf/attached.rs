//! Files that are packed into a PDF. Only what may be an electronic invoice is unpacked; others
//! are named. It must not follow a tree of names in circles.

use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::object::{Array, Dict, Object, Stream, String as Text};

use crate::Fault;
use crate::draft::Draft;

/// How deep and how wide a tree of names may be.
const DEPTH_MAX: usize = 8;
const FILES_MAX: usize = 100;

/// The files that may be data, with their names, and the names of the others.
type Files = (Vec<(String, Vec<u8>)>, Vec<String>);

pub(super) fn files(pdf: &Pdf, draft: &mut Draft<'_>) -> Result<Files, Fault> {
    let mut specs = Vec::new();
    if let Some(root) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) {
        let names = root.get::<Dict<'_>>("Names").and_then(|names| names.get("EmbeddedFiles"));
        if let Some(names) = names {
            tree(&names, 0, &mut specs);
        }
        if let Some(associated) = root.get::<Array<'_>>("AF") {
            specs.extend(associated.iter::<Dict<'_>>().take(FILES_MAX));
        }
    }
    let (mut data, mut others): Files = Default::default();
    for spec in specs.iter().take(FILES_MAX) {
        let Some(stream) = stream(spec) else { continue };
        let name = name(spec);
        if data.iter().any(|(known, _)| *known == name) || others.contains(&name) {
            continue;
        }
        if name.to_ascii_lowercase().ends_with(".xml") {
            let bytes = stream.decoded().map_err(|_| Fault::Broken)?;
            draft.unpacked(bytes.len() as u64)?;
            data.push((name, bytes.into_owned()));
        } else {
            others.push(name);
        }
    }
    Ok((data, others))
}

fn tree<'a>(node: &Dict<'a>, depth: usize, specs: &mut Vec<Dict<'a>>) {
    if depth > DEPTH_MAX || specs.len() >= FILES_MAX {
        return;
    }
    if let Some(names) = node.get::<Array<'_>>("Names") {
        let dicts = names.iter::<Object<'_>>().filter_map(Object::into_dict);
        specs.extend(dicts.take(FILES_MAX));
    }
    if let Some(kids) = node.get::<Array<'_>>("Kids") {
        for kid in kids.iter::<Dict<'_>>().take(FILES_MAX) {
            tree(&kid, depth + 1, specs);
        }
    }
}

fn stream<'a>(spec: &Dict<'a>) -> Option<Stream<'a>> {
    let files = spec.get::<Dict<'_>>("EF")?;
    files.get("UF").or_else(|| files.get("F"))
}

fn name(spec: &Dict<'_>) -> String {
    let text = spec.get::<Text<'_>>("UF").or_else(|| spec.get("F"));
    let Some(text) = text else { return "unnamed".to_owned() };
    let bytes = text.as_bytes();
    // PDF writes names in UTF-16 with its mark, or in an alphabet close to Latin-1.
    let name = crate::plain::decode(bytes, true).map(|(name, _)| name.into_owned());
    name.unwrap_or_else(|| "unnamed".to_owned())
}
