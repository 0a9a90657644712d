//! What is being read: the text so far, its parts and remarks, and what is left of the limits,
//! which all documents inside a document share. It must not know any format.

use crate::{
    About, Document, Fault, Invoice, Kind, Limits, Mail, Part, Remark, archive, html, kind, mail,
    pdf, plain, sheet, word, xml,
};

pub(crate) struct Draft<'l> {
    pub(crate) limits: &'l Limits,
    text: String,
    pages: usize,
    parts: Vec<Part>,
    remarks: Vec<Remark>,
    pub(crate) invoice: Option<Invoice>,
    pub(crate) mail: Option<Mail>,
    depth: usize,
    unpacked: u64,
    /// Characters that were left out because nobody sees them.
    hidden: usize,
    /// Why the last document inside this one that was not read was not.
    pub(crate) missed: Option<Fault>,
}

impl<'l> Draft<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            text: String::new(),
            pages: 0,
            parts: Vec::new(),
            remarks: Vec::new(),
            invoice: None,
            mail: None,
            depth: 0,
            unpacked: 0,
            hidden: 0,
            missed: None,
        }
    }

    /// Reads a document, or one inside it, behind the text so far.
    pub(crate) fn read(&mut self, bytes: &[u8], name: &str) -> Result<Kind, Fault> {
        let kind = kind::of(bytes, name).ok_or(Fault::UnknownKind)?;
        match kind {
            Kind::Text => plain::read(bytes, self)?,
            Kind::Pdf => pdf::read(bytes, self)?,
            Kind::Word => word::read(bytes, self)?,
            Kind::Excel => sheet::read(bytes, self)?,
            Kind::Html => html::read(bytes, self)?,
            Kind::Mail => mail::read(bytes, self)?,
            Kind::Archive => archive::read(bytes, self)?,
            Kind::Xml | Kind::Ubl | Kind::Cii => return xml::read(bytes, self),
            Kind::Picture => return Err(Fault::Scan),
            Kind::Encrypted => return Err(Fault::Encrypted),
        }
        Ok(kind)
    }

    /// Reads a document that stands inside another as a part of its own.
    pub(crate) fn inner(&mut self, what: &str, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.nested(what, name, |draft| draft.read(bytes, name).map(|_| ()))
    }

    /// A document inside another. One that cannot be read is named; the others still are read.
    pub(crate) fn nested(
        &mut self,
        what: &str,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.depth >= self.limits.depth {
            return Err(Fault::TooDeep);
        }
        self.depth += 1;
        let (length, parts) = (self.text.len(), self.parts.len());
        let read = self.part(what, name, |draft| {
            draft.line(&format!("[{what}: {name}]"))?;
            read(draft)
        });
        self.depth -= 1;
        match read {
            Ok(()) => Ok(()),
            // Too much of anything is too much for the whole document.
            Err(fault @ (Fault::TooLarge | Fault::TooDeep | Fault::TooManyPages)) => Err(fault),
            Err(fault) => {
                self.text.truncate(length);
                self.parts.truncate(parts);
                let text = format!("{what} `{name}` was not read ({}): {fault}", fault.code());
                self.remark(About::Unread, text);
                self.missed = Some(fault);
                Ok(())
            }
        }
    }

    /// Whatever is written meanwhile becomes a part.
    pub(crate) fn part<T>(
        &mut self,
        what: &str,
        name: &str,
        write: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        while !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.raw("\n")?;
        }
        let (start, at) = (self.text.len(), self.parts.len());
        let result = write(self);
        let part =
            Part { what: what.to_owned(), name: name.to_owned(), start, end: self.text.len() };
        // Before the parts inside it.
        self.parts.insert(at.min(self.parts.len()), part);
        result
    }

    /// One line. Characters without width are left out and counted; one empty line is room enough.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Fault> {
        let seen = self.seen(line);
        if seen.trim().is_empty() && (self.text.is_empty() || self.text.ends_with("\n\n")) {
            return Ok(());
        }
        self.raw(seen.trim_end())?;
        self.raw("\n")
    }

    /// A text without the characters that nobody sees; those are counted.
    pub(crate) fn seen(&mut self, text: &str) -> String {
        let mut seen = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                // These only say how their neighbours are joined, drawn or broken into lines.
                '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => {}
                '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e0fff}' => {
                    self.hidden += 1;
                }
                c if c.is_control() && c != '\t' => {}
                c => seen.push(c),
            }
        }
        seen
    }

    /// Text as it is.
    pub(crate) fn raw(&mut self, text: &str) -> Result<(), Fault> {
        if self.text.len() + text.len() > self.limits.text {
            return Err(Fault::TooLarge);
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Counts a page.
    pub(crate) fn page(&mut self) -> Result<usize, Fault> {
        self.pages += 1;
        if self.pages > self.limits.pages { Err(Fault::TooManyPages) } else { Ok(self.pages) }
    }

    /// Counts bytes that were unpacked.
    pub(crate) fn unpacked(&mut self, bytes: u64) -> Result<(), Fault> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.unpacked > self.limits.unpacked { Err(Fault::TooLarge) } else { Ok(()) }
    }

    /// How many bytes may still be unpacked.
    pub(crate) fn may_unpack(&self) -> u64 {
        self.limits.unpacked.saturating_sub(self.unpacked)
    }

    pub(crate) fn hide(&mut self, characters: usize) {
        self.hidden += characters;
    }

    pub(crate) fn remark(&mut self, about: About, text: String) {
        let remark = Remark { about, text };
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }

    /// The text so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Takes away what was written since a length, with its parts.
    pub(crate) fn take(&mut self, length: usize) -> String {
        self.parts.retain(|part| part.start < length);
        if self.text.is_char_boundary(length) { self.text.split_off(length) } else { String::new() }
    }

    pub(crate) fn done(mut self, kind: Kind) -> Document {
        if self.hidden > 0 {
            let text = format!("{} characters that nobody sees were left out", self.hidden);
            self.remark(About::Hidden, text);
        }
        self.remarks.sort_by_key(|remark| remark.about);
        let Self { text, pages, parts, remarks, invoice, mail, .. } = self;
        Document { kind, text, pages: pages.max(1), parts, remarks, invoice, mail }
    }
}
