//! Excel: each sheet that is shown as rows of cells in columns. It must not compute a formula: the
//! value that stands in the file is what was last shown.

use std::io::Cursor;

use calamine::{Data, Reader, SheetVisible, Xlsx};

use crate::draft::Draft;
use crate::grid::{self, Cell};
use crate::{About, Fault, archive};

/// The most cells of a sheet, empty ones included.
const CELLS_MAX: usize = 500_000;

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    archive::open(bytes, draft)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Fault::Broken)?;
    let sheets = book.sheets_metadata().to_vec();
    let mut written = false;
    for sheet in sheets {
        draft.page()?;
        let range = book.worksheet_range(&sheet.name).map_err(|_| Fault::Broken)?;
        let (height, width) = range.get_size();
        if height.saturating_mul(width) > CELLS_MAX {
            return Err(Fault::TooLarge);
        }
        let rows: Vec<Vec<Cell>> = range
            .rows()
            .map(|row| row.iter().map(|cell| Cell::new(&shown(cell))).collect())
            .collect();
        if sheet.visible != SheetVisible::Visible {
            let letters: usize = range.used_cells().map(|(_, _, cell)| shown(cell).len()).sum();
            draft.hide(letters);
            let text = format!("the sheet `{}` is hidden and was left out", sheet.name);
            draft.remark(About::Hidden, text);
            continue;
        }
        draft.part("sheet", &sheet.name, |draft| {
            grid::table(&rows).iter().try_for_each(|line| {
                written |= !line.trim().is_empty();
                draft.line(line)
            })
        })?;
    }
    if written { Ok(()) } else { Err(Fault::Scan) }
}

fn shown(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(n) => n.to_string(),
        Data::Float(n) => decimal(*n),
        Data::Bool(b) => b.to_string(),
        Data::Error(error) => error.to_string(),
        Data::DateTime(time) if time.is_duration() => time.as_f64().to_string(),
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, ..) = time.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if hour == 0 && minute == 0 { date } else { format!("{date} {hour:02}:{minute:02}") }
        }
    }
}

/// A number without the dust of binary fractions: Excel shows and keeps 15 digits.
fn decimal(n: f64) -> String {
    let exact = n.to_string();
    if exact.len() < 16 {
        return exact;
    }
    let rounded: f64 = format!("{n:.14e}").parse().unwrap_or(n);
    rounded.to_string()
}
