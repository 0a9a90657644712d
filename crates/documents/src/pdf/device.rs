//! What is drawn on a page, as far as it concerns its text: letters with their places, pictures,
//! and painted areas. It must not keep anything that it has no use for: a page may draw forever.

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask,
};

use crate::grid::Glyph;

/// The most letters of a page, and the most areas under them.
const GLYPHS_MAX: usize = 200_000;
const AREAS_MAX: usize = 2_000;
/// Letters smaller than this many points are not seen.
const SMALL: f64 = 1.5;
/// How light all three colours of a letter are that is not seen on white paper.
const WHITE: u8 = 250;

pub(super) struct Reader {
    area: Rect,
    clips: Vec<Rect>,
    /// Letters by the direction they are read in, turned upright: right, down, left, up.
    pub(super) turned: [Vec<Glyph>; 4],
    /// White letters, with how many areas were painted before them.
    white: Vec<(Glyph, usize, Point, usize)>,
    /// Areas that were painted in another colour than white.
    painted: Vec<Rect>,
    pictures: Vec<Rect>,
    /// Letters that nobody sees.
    pub(super) hidden: usize,
    /// Letters that are drawn, while the file does not say which they are.
    pub(super) nameless: usize,
}

impl Reader {
    pub(super) fn new(area: Rect) -> Self {
        Self {
            area,
            clips: Vec::new(),
            turned: Default::default(),
            white: Vec::new(),
            painted: Vec::new(),
            pictures: Vec::new(),
            hidden: 0,
            nameless: 0,
        }
    }

    pub(super) fn seen(&self) -> usize {
        let letters = self.turned.iter().flatten();
        letters.filter(|glyph| !glyph.text.trim().is_empty()).count()
    }

    /// Whether pictures cover much of the page.
    pub(super) fn pictured(&self, page: &Page<'_>) -> bool {
        let (width, height) = page.render_dimensions();
        let whole = f64::from(width) * f64::from(height);
        let covered: f64 = self.pictures.iter().map(|r| r.intersect(self.area).area()).sum();
        covered > 0.2 * whole
    }

    /// White letters are seen where something darker was painted below them.
    pub(super) fn judge(&mut self) {
        for (glyph, direction, at, below) in std::mem::take(&mut self.white) {
            let under = self.painted.iter().take(below).any(|area| area.contains(at));
            match self.turned.get_mut(direction) {
                Some(glyphs) if under => glyphs.push(glyph),
                _ => self.hidden += 1,
            }
        }
    }

    fn letter(&mut self, drawn: &Drawn<'_>, place: Affine, props: &DrawProps<'_>, shown: bool) {
        let text = match drawn.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(text)) => text,
            None => String::new(),
        };
        if text.is_empty() || text.contains('\u{fffd}') {
            self.nameless += usize::from(shown);
            return;
        }
        let origin = place * Point::ZERO;
        let width = match drawn {
            Drawn::Outline(glyph) => glyph.advance_width(),
            Drawn::Type3(glyph) => glyph.advance_width(),
        };
        let along = place * Point::new(f64::from(width.unwrap_or(500.0)), 0.0) - origin;
        let up = place * Point::new(0.0, 1000.0) - origin;
        let blank = text.trim().is_empty();
        let middle = origin + along * 0.5 + up * 0.3;
        let inside = self.clips.last().unwrap_or(&self.area).inflate(1.0, 1.0).contains(middle);
        if !(shown && inside && up.hypot() >= SMALL) {
            self.hidden += usize::from(!blank);
            return;
        }
        let direction = direction(along);
        let glyph = upright(direction, origin, along, up.hypot(), text);
        if is_white(&props.paint) && !blank {
            if self.white.len() < GLYPHS_MAX {
                self.white.push((glyph, direction, middle, self.painted.len()));
            }
        } else if let Some(glyphs) = self.turned.get_mut(direction)
            && glyphs.len() < GLYPHS_MAX
        {
            glyphs.push(glyph);
        }
    }
}

/// The quarter turn that letters go along: right, down, left, up.
fn direction(along: Vec2) -> usize {
    match (along.x.abs() >= along.y.abs(), along.x >= 0.0, along.y >= 0.0) {
        (true, true, _) => 0,
        (false, _, true) => 1,
        (true, false, _) => 2,
        (false, _, false) => 3,
    }
}

fn upright(direction: usize, origin: Point, along: Vec2, size: f64, text: String) -> Glyph {
    let (left, base) = match direction {
        0 => (origin.x, origin.y),
        1 => (origin.y, -origin.x),
        2 => (-origin.x, -origin.y),
        _ => (-origin.y, origin.x),
    };
    Glyph { left, right: left + along.hypot(), base, size, text }
}

fn is_white(paint: &Paint<'_>) -> bool {
    match paint {
        Paint::Color(color) => {
            let [r, g, b, alpha] = color.to_rgba().to_rgba8();
            alpha < 255 - WHITE || [r, g, b].iter().all(|part| *part >= WHITE)
        }
        Paint::Pattern(_) => false,
    }
}

impl<'a> Device<'a> for Reader {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let fills = matches!(mode, DrawMode::Fill(_) | DrawMode::FillAndStroke(..));
        if fills && !is_white(&props.paint) && self.painted.len() < AREAS_MAX {
            self.painted.push(props.transform.transform_rect_bbox(path.bounding_box()));
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let area = *self.clips.last().unwrap_or(&self.area);
        self.clips.push(area.intersect(clip.path.bounding_box()));
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let shown = !matches!(mode, DrawMode::Invisible);
        for glyph in run.glyphs() {
            self.letter(glyph, props.transform * glyph.transform(), &props, shown);
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let area = props.transform.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        if self.pictures.len() < AREAS_MAX {
            self.pictures.push(area);
            self.painted.push(area);
        }
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn pop_transparency_group(&mut self) {}
}
