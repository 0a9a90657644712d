//! PDF: every letter with its place, as it is drawn, and the files that are packed into the
//! document. Text that is drawn so that nobody sees it is left out and counted. It must not read
//! letters out of pictures: a page with a picture and no text is a scan.

mod attached;
mod device;

use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::hayro_syntax::{LoadPdfError, Pdf};
use hayro_interpret::kurbo::Rect;
use hayro_interpret::{
    Context, InterpreterCache, InterpreterSettings, TransformExt, interpret_page,
};

use crate::draft::Draft;
use crate::grid::{self, Glyph};
use crate::{About, Fault, invoice};

use device::Reader;

/// Fewer letters than this beside a picture are a stamp or a page number, and not the page.
const FEW: usize = 12;

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|why| match why {
        LoadPdfError::Decryption(_) => Fault::Encrypted,
        LoadPdfError::Invalid => Fault::Broken,
    })?;
    if pdf.pages().is_empty() {
        return Err(Fault::Broken);
    }
    if pdf.pages().len() > draft.limits.pages {
        return Err(Fault::TooManyPages);
    }
    let (files, others) = attached::files(&pdf, draft)?;
    let data = files.iter().find_map(|(name, xml)| Some((name, invoice::read(xml)?)));
    let start = draft.text().len();
    let unread = pages(&pdf, draft)?;
    let Some((name, (kind, invoice))) = data else {
        for other in files.iter().map(|(name, _)| name).chain(&others) {
            draft.remark(About::Unread, format!("the file `{other}` inside it was not read"));
        }
        return finish(&unread, pdf.pages().len(), draft);
    };
    // The data is what the law of several countries takes for the invoice; the pages are its
    // picture, and where the picture shows something else a person has to look.
    let visible = draft.take(start);
    let missing = invoice.missing_in(&visible);
    draft.part("invoice", name, |draft| draft.raw(&invoice.lines()))?;
    draft.remark(
        About::Data,
        format!("the text is the {} data in `{name}` inside it", kind.title()),
    );
    if !missing.is_empty() {
        let what = missing.join(" and ");
        draft.remark(About::Differs, format!("its pages do not show the {what} of its data"));
        draft.part("pages", "", |draft| draft.raw(&visible))?;
    }
    draft.invoice = Some(invoice);
    Ok(())
}

/// Says which pages hold pictures and no text.
fn finish(unread: &[usize], pages: usize, draft: &mut Draft<'_>) -> Result<(), Fault> {
    if unread.len() == pages {
        return Err(Fault::Scan);
    }
    for page in unread {
        draft.remark(About::Unread, format!("page {page} is a picture"));
    }
    Ok(())
}

/// Writes all pages; gives the numbers of those that are pictures.
fn pages(pdf: &Pdf, draft: &mut Draft<'_>) -> Result<Vec<usize>, Fault> {
    let cache = InterpreterCache::new();
    let mut unread = Vec::new();
    for (n, page) in pdf.pages().iter().enumerate() {
        draft.page()?;
        let reader = glyphs(pdf, page, &cache);
        draft.hide(reader.hidden);
        let seen: usize = reader.seen();
        if reader.nameless > seen / 3 + FEW {
            // Letters whose meaning the file does not say are pictures of letters.
            unread.push(n + 1);
            continue;
        }
        if seen < FEW && (reader.pictured(page) || reader.hidden > seen) {
            unread.push(n + 1);
        }
        let name = (n + 1).to_string();
        draft.part("page", &name, |draft| write(reader.turned, draft))?;
    }
    Ok(unread)
}

fn glyphs<'a>(pdf: &'a Pdf, page: &Page<'a>, cache: &InterpreterCache<'a>) -> Reader {
    let (width, height) = page.render_dimensions();
    let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let settings = InterpreterSettings::default();
    let transform = page.initial_transform(true).to_kurbo();
    let mut context = Context::new(transform, area, cache, pdf.xref(), settings);
    let mut reader = Reader::new(area);
    interpret_page(page, &mut context, &mut reader);
    reader.judge();
    reader
}

/// Writes the lines of a page: those that most letters stand in first, and then, turned upright,
/// what is set along its edges.
fn write(turned: [Vec<Glyph>; 4], draft: &mut Draft<'_>) -> Result<(), Fault> {
    let mut turned = Vec::from(turned);
    turned.sort_by_key(|glyphs| std::cmp::Reverse(glyphs.len()));
    for glyphs in turned {
        for line in grid::page(glyphs) {
            draft.line(&line)?;
        }
    }
    Ok(())
}
