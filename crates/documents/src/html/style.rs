//! Which elements of a page nobody sees. Only what hides text is read of a style: rules of the
//! page's own style sheets and of each element. Rules for some screens only are not followed.

use std::collections::{HashMap, HashSet};

use ego_tree::NodeId;
use scraper::node::Element;
use scraper::{Html, Selector};

/// The most rules that are looked at.
const RULES_MAX: usize = 2_000;

/// What an element inherits of how it looks.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is inherited in its own way")]
pub(super) struct Look {
    gone: bool,
    tiny: bool,
    white: bool,
    /// Something is painted behind it, so that white letters may be seen.
    painted: bool,
    /// Spaces and line ends stay as they are.
    pub(super) kept: bool,
}

impl Look {
    pub(super) fn is_hidden(self) -> bool {
        self.gone || self.tiny || (self.white && !self.painted)
    }

    fn apply(&mut self, declarations: &str) {
        for declaration in declarations.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let value = value.to_ascii_lowercase();
            let value = value.trim().trim_end_matches("!important").trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "display" => self.gone |= value == "none",
                "visibility" => self.gone |= matches!(value, "hidden" | "collapse"),
                "opacity" => self.gone |= number(value).is_some_and(|n| n < 0.05),
                "mso-hide" => self.gone |= value == "all",
                "text-indent" | "left" | "top" | "margin-left" => {
                    self.gone |= number(value).is_some_and(|n| n < -500.0);
                }
                "font-size" => {
                    let small = if value.ends_with("em") { 0.1 } else { 1.5 };
                    let percent = value.ends_with('%');
                    self.tiny =
                        number(value).is_some_and(|n| n < if percent { 10.0 } else { small });
                }
                "color" => self.white = is_white(value),
                "background" | "background-color" | "background-image" => {
                    self.painted |= !is_white(value) && value != "none";
                }
                "white-space" => self.kept = value.starts_with("pre") && value != "pre-line",
                _ => {}
            }
        }
    }
}

/// The number that a length begins with.
fn number(value: &str) -> Option<f64> {
    let end = value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')));
    value.get(..end.unwrap_or(value.len()))?.parse().ok()
}

fn is_white(value: &str) -> bool {
    let compact: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(
        compact.as_str(),
        "white" | "#fff" | "#ffffff" | "#fefefe" | "transparent" | "rgb(255,255,255)"
    ) || (compact.starts_with("rgba(") && compact.ends_with(",0)"))
}

/// The rules of a page's own style sheets, by the elements they fit.
pub(super) struct Sheet {
    rules: Vec<String>,
    fits: HashMap<NodeId, Vec<usize>>,
}

impl Sheet {
    pub(super) fn of(html: &Html) -> Self {
        let mut sheet = Self { rules: Vec::new(), fits: HashMap::new() };
        let Ok(styles) = Selector::parse("style") else { return sheet };
        let text: String = html.select(&styles).flat_map(|style| style.text()).collect();
        for (selector, declarations) in rules(&text).into_iter().take(RULES_MAX) {
            let mut look = Look::default();
            look.apply(&declarations);
            let matters = look.gone || look.tiny || look.white || look.painted || look.kept;
            // A rule that shows again what another hides matters as well.
            let resets = declarations.contains("font-size") || declarations.contains("color");
            if !matters && !resets {
                continue;
            }
            let Ok(selector) = Selector::parse(&selector) else { continue };
            let n = sheet.rules.len();
            let ids: HashSet<NodeId> = html.select(&selector).map(|element| element.id()).collect();
            for id in ids {
                sheet.fits.entry(id).or_default().push(n);
            }
            sheet.rules.push(declarations);
        }
        sheet
    }

    /// How an element looks inside one that looks so.
    pub(super) fn look(&self, id: NodeId, element: &Element, outer: Look) -> Look {
        let mut look = outer;
        match element.name() {
            "pre" => look.kept = true,
            "mark" => look.painted = true,
            _ => {}
        }
        look.gone |= element.attr("hidden").is_some() || element.name() == "input";
        look.painted |= element.attr("bgcolor").is_some_and(|color| !is_white(color))
            || element.attr("background").is_some();
        if element.name() == "font" {
            look.white = element.attr("color").map_or(look.white, is_white);
        }
        for rule in self.fits.get(&id).into_iter().flatten() {
            look.apply(self.rules.get(*rule).map_or("", String::as_str));
        }
        look.apply(element.attr("style").unwrap_or_default());
        look
    }
}

/// The rules of a style sheet as selector and declarations, in their order. What stands inside
/// `@media` and the like is passed over.
fn rules(text: &str) -> Vec<(String, String)> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let plain = plain.replace("<!--", "").replace("-->", "");
    let (mut rules, mut depth, mut head, mut body) =
        (Vec::new(), 0_usize, String::new(), String::new());
    for c in plain.chars() {
        match c {
            '{' => {
                depth += 1;
                if depth > 1 {
                    body.push(c);
                }
            }
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let selector = std::mem::take(&mut head);
                    let declarations = std::mem::take(&mut body);
                    if !selector.trim_start().starts_with('@') {
                        rules.push((selector.trim().to_owned(), declarations));
                    }
                }
            }
            ';' if depth == 0 => head.clear(),
            c if depth == 0 => head.push(c),
            c => body.push(c),
        }
    }
    rules
}
