//! Word: paragraphs, tables in columns, and what stands at the head and foot of pages. Text that is
//! marked as hidden or deleted is left out. It must not follow a link to another file.

use roxmltree::Node;

use crate::draft::Draft;
use crate::grid::{self, Cell, GAP};
use crate::{Fault, archive, xml};

/// How deep tables may stand in each other's cells.
const DEPTH_MAX: usize = 24;
/// Letters of fewer half points are not seen.
const SMALL: u32 = 4;

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    draft.page()?;
    let mut zip = archive::open(bytes, draft)?;
    let mut names: Vec<String> =
        zip.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    names.sort();
    let of = |kind: &str| -> Vec<String> {
        let start = format!("word/{kind}");
        let is = |name: &&String| {
            name.strip_prefix(&start)
                .is_some_and(|rest| rest.ends_with(".xml") && !rest.contains('/'))
        };
        names.iter().filter(is).cloned().collect()
    };
    let before = draft.text().len();
    let body = vec!["word/document.xml".to_owned()];
    for (what, entries) in [("header", of("header")), ("body", body), ("footer", of("footer"))] {
        for entry in entries {
            let Some(bytes) = archive::entry(&mut zip, &entry) else { return Err(Fault::Broken) };
            let text = xml::text(&bytes)?;
            let tree = xml::tree(&text)?;
            let mut reader = Reader { hidden: 0 };
            let root = tree.root_element();
            let root = child(root, "body").unwrap_or(root);
            let lines = reader.blocks(root, 0)?;
            draft.hide(reader.hidden);
            if lines.iter().all(|line| line.trim().is_empty()) {
                continue;
            }
            draft.part(what, "", |draft| lines.iter().try_for_each(|line| draft.line(line)))?;
        }
    }
    if draft.text().len() == before { Err(Fault::Scan) } else { Ok(()) }
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| is(*child, name))
}

fn value<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes().find(|a| a.name() == name).map(|a| a.value())
}

/// Whether a property is there and not switched off.
fn on(properties: Node<'_, '_>, name: &str) -> bool {
    let off = |node| matches!(value(node, "val"), Some("0" | "false" | "off"));
    child(properties, name).is_some_and(|node| !off(node))
}

struct Reader {
    hidden: usize,
}

impl Reader {
    fn blocks(&mut self, node: Node<'_, '_>, depth: usize) -> Result<Vec<String>, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        let mut lines = Vec::new();
        for block in node.children().filter(Node::is_element) {
            match block.tag_name().name() {
                "p" => {
                    let mut text = String::new();
                    let mut boxes = Vec::new();
                    self.inline(block, depth, &mut text, &mut boxes)?;
                    lines.extend(text.split('\n').map(str::to_owned));
                    lines.append(&mut boxes);
                }
                "tbl" => {
                    let rows = block.descendants().filter(|row| {
                        is(*row, "tr")
                            && row.ancestors().skip(1).find(|a| is(*a, "tbl")) == Some(block)
                    });
                    let rows: Result<Vec<_>, _> = rows.map(|row| self.row(row, depth)).collect();
                    lines.append(&mut grid::table(&rows?));
                }
                "sdt" | "sdtContent" | "ins" | "customXml" | "smartTag" => {
                    lines.append(&mut self.blocks(block, depth + 1)?);
                }
                _ => {}
            }
        }
        Ok(lines)
    }

    fn row(&mut self, row: Node<'_, '_>, depth: usize) -> Result<Vec<Cell>, Fault> {
        let cells = row.descendants().filter(|cell| {
            is(*cell, "tc") && cell.ancestors().skip(1).find(|a| is(*a, "tr")) == Some(row)
        });
        let mut all = Vec::new();
        for cell in cells {
            let span = child(cell, "tcPr").and_then(|p| child(p, "gridSpan"));
            let span = span.and_then(|span| value(span, "val")?.parse().ok()).unwrap_or(1);
            let mut lines = self.blocks(cell, depth + 1)?;
            lines.retain(|line| !line.trim().is_empty());
            all.push(Cell { lines, span });
        }
        Ok(all)
    }

    /// The text of a paragraph, and the lines of the boxes that hang in it.
    fn inline(
        &mut self,
        node: Node<'_, '_>,
        depth: usize,
        text: &mut String,
        boxes: &mut Vec<String>,
    ) -> Result<(), Fault> {
        if depth > 4 * DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        for child in node.children().filter(Node::is_element) {
            match child.tag_name().name() {
                "t" if hidden(child) => {
                    self.hidden += child.text().unwrap_or_default().chars().count();
                }
                "t" => text.push_str(child.text().unwrap_or_default()),
                "tab" | "ptab" if !is(node, "tabs") => text.push_str(&" ".repeat(GAP)),
                "br" | "cr" => text.push('\n'),
                "noBreakHyphen" => text.push('-'),
                "txbxContent" => boxes.append(&mut self.blocks(child, depth + 1)?),
                // The same once more for older readers, what was deleted, and how it looks.
                "Fallback" | "del" | "moveFrom" | "pPr" | "rPr" => {}
                _ => self.inline(child, depth + 1, text, boxes)?,
            }
        }
        Ok(())
    }
}

/// Whether the run that a text stands in is one that nobody sees.
fn hidden(text: Node<'_, '_>) -> bool {
    let Some(properties) = text.parent().and_then(|run| child(run, "rPr")) else { return false };
    let size = child(properties, "sz").and_then(|size| value(size, "val")?.parse::<u32>().ok());
    let white = child(properties, "color").and_then(|color| value(color, "val"));
    // White letters are seen on a shade, which a run, its paragraph, its cell or a style may give.
    let shaded = |node: Node<'_, '_>| {
        let given = ["rPr", "pPr", "tcPr", "tblPr"].iter().filter_map(|name| child(node, name));
        given.into_iter().any(|properties| {
            ["shd", "highlight", "tblStyle", "pStyle"]
                .iter()
                .any(|n| child(properties, n).is_some())
        })
    };
    on(properties, "vanish")
        || size.is_some_and(|size| size < SMALL)
        || (white.is_some_and(|color| color.eq_ignore_ascii_case("ffffff"))
            && !text.ancestors().any(shaded))
}
