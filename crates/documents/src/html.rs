//! HTML as a person sees it: blocks as lines, tables in columns. Text that a style hides is left
//! out and counted. It must not run, load or follow anything.

mod style;

use scraper::Html;
use scraper::node::{Element, Node};

use crate::draft::Draft;
use crate::grid::{self, Cell};
use crate::{Fault, xml};

use style::{Look, Sheet};

/// How deep elements may stand in each other. Browsers end at 512.
const DEPTH_MAX: usize = 256;

/// What is never shown, and no text of the page either.
const SILENT: &[&str] = &[
    "head", "script", "style", "template", "title", "noscript", "object", "iframe", "svg",
    "textarea", "select", "datalist", "audio", "video", "canvas",
];
/// Elements that stand in their line.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "ins", "kbd", "label", "mark", "nobr", "output", "q", "s", "samp", "small",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
];

type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    draft.page()?;
    let text = match xml::text(bytes) {
        Ok(text) => text,
        // A page that states a wrong alphabet is still shown.
        Err(_) => String::from_utf8_lossy(bytes),
    };
    page(&text, draft)
}

/// Writes a page.
pub(crate) fn page(text: &str, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let html = Html::parse_document(text);
    let sheet = Sheet::of(&html);
    let mut reader = Reader { sheet, hidden: 0 };
    let mut flow = Flow::default();
    reader.node(html.tree.root(), Look::default(), 0, &mut flow)?;
    draft.hide(reader.hidden);
    let lines = flow.done();
    if lines.iter().all(|line| line.trim().is_empty()) {
        return Err(Fault::Scan);
    }
    lines.iter().try_for_each(|line| draft.line(line))
}

/// Lines as they are being filled.
#[derive(Default)]
struct Flow {
    lines: Vec<String>,
    line: String,
    /// A space is due before the next word.
    space: bool,
    /// An empty line is due before the next one.
    room: bool,
}

impl Flow {
    fn text(&mut self, text: &str, kept: bool) {
        if kept {
            for (n, line) in text.split('\n').enumerate() {
                if n > 0 {
                    self.end();
                }
                self.line.push_str(line.trim_end_matches('\r'));
            }
            return;
        }
        for word in text.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end_matches(char::is_whitespace);
            if !bare.is_empty() {
                if self.space && !self.line.is_empty() {
                    self.line.push(' ');
                }
                self.line.push_str(bare);
                self.space = false;
            }
            self.space |= bare.len() < word.len();
        }
    }

    /// Ends the line, if there is one.
    fn end(&mut self) {
        self.space = false;
        if self.line.trim().is_empty() {
            self.line.clear();
            return;
        }
        if std::mem::take(&mut self.room) && !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.push(std::mem::take(&mut self.line));
    }

    fn done(mut self) -> Vec<String> {
        self.end();
        self.lines
    }
}

struct Reader {
    sheet: Sheet,
    hidden: usize,
}

impl Reader {
    fn node(
        &mut self,
        node: NodeRef<'_>,
        look: Look,
        depth: usize,
        flow: &mut Flow,
    ) -> Result<(), Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        match node.value() {
            Node::Text(text) => {
                if look.is_hidden() {
                    self.hidden += text.chars().filter(|c| !c.is_whitespace()).count();
                } else {
                    flow.text(text, look.kept);
                }
                Ok(())
            }
            Node::Comment(text) => {
                self.hidden += text.chars().filter(|c| !c.is_whitespace()).count();
                Ok(())
            }
            Node::Element(element) => self.element(node, element, look, depth, flow),
            _ => self.children(node, look, depth, flow),
        }
    }

    fn children(
        &mut self,
        node: NodeRef<'_>,
        look: Look,
        depth: usize,
        flow: &mut Flow,
    ) -> Result<(), Fault> {
        node.children().try_for_each(|child| self.node(child, look, depth + 1, flow))
    }

    fn element(
        &mut self,
        node: NodeRef<'_>,
        element: &Element,
        look: Look,
        depth: usize,
        flow: &mut Flow,
    ) -> Result<(), Fault> {
        let name = element.name();
        if SILENT.contains(&name) {
            return Ok(());
        }
        let look = self.sheet.look(node.id(), element, look);
        match name {
            "br" => {
                flow.end();
                return Ok(());
            }
            "table" => return self.table(node, look, depth, flow),
            name if INLINE.contains(&name) => return self.children(node, look, depth, flow),
            _ => {}
        }
        flow.end();
        let room = matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "ul" | "ol" | "dl" | "hr");
        flow.room |= room;
        if name == "li" && !look.is_hidden() {
            flow.text("- ", false);
        }
        self.children(node, look, depth, flow)?;
        flow.end();
        flow.room |= room;
        Ok(())
    }

    fn table(
        &mut self,
        table: NodeRef<'_>,
        look: Look,
        depth: usize,
        flow: &mut Flow,
    ) -> Result<(), Fault> {
        flow.end();
        let mut rows = Vec::new();
        self.rows(table, look, depth, &mut rows, flow)?;
        let lines = grid::table(&rows);
        // Tables that only lay out a page stand in each other; room between them adds up.
        flow.room = true;
        for line in lines {
            if line.trim().is_empty() {
                flow.room = true;
            } else {
                flow.line = line;
                flow.end();
            }
        }
        flow.room = true;
        Ok(())
    }

    fn rows(
        &mut self,
        node: NodeRef<'_>,
        look: Look,
        depth: usize,
        rows: &mut Vec<Vec<Cell>>,
        flow: &mut Flow,
    ) -> Result<(), Fault> {
        for child in node.children() {
            let Some(element) = child.value().as_element() else { continue };
            let inner = self.sheet.look(child.id(), element, look);
            match element.name() {
                "thead" | "tbody" | "tfoot" => {
                    self.rows(child, inner, depth + 1, rows, flow)?;
                }
                "tr" => {
                    let mut row = Vec::new();
                    for cell in child.children() {
                        if let Some(element) = cell.value().as_element() {
                            row.push(self.cell(cell, element, inner, depth + 2)?);
                        }
                    }
                    rows.push(row);
                }
                // A caption stands above.
                _ => self.node(child, look, depth + 1, flow)?,
            }
        }
        Ok(())
    }

    fn cell(
        &mut self,
        cell: NodeRef<'_>,
        element: &Element,
        look: Look,
        depth: usize,
    ) -> Result<Cell, Fault> {
        let look = self.sheet.look(cell.id(), element, look);
        let mut flow = Flow::default();
        self.children(cell, look, depth, &mut flow)?;
        let span = element.attr("colspan").and_then(|span| span.trim().parse().ok());
        Ok(Cell { lines: flow.done(), span: span.unwrap_or(1) })
    }
}
