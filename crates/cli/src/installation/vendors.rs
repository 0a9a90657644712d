//! The register of vendors over the HTTP interface, as `flightdeck vendors` has it. It must not
//! price a call.

use evidence::words;
use model::known;
use plan::ids::ModelName;
use plan::workflow::Model;
use server::{No, Registered, VendorLine, VendorModel, Vendors, Without};

use super::{Inner, no};
use crate::commands::vendors::{self, Standing};
use crate::exit::Stop;
use crate::stored::today;
use crate::workspace::Workspace;

const DAY_MS: u64 = 86_400_000;
/// Prices are for a million tokens.
const MILLION: u64 = 1_000_000;

/// Everybody on whom the work depends.
pub fn list(inner: &Inner) -> Result<Vendors, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let places = workspace.places().map_err(Stop::usage).map_err(no)?;
    let plans = plan::check_all(&workspace.files).plans;
    let all = vendors::all(&places, plans.values(), today());
    let one = |one: Standing| {
        let Standing { name, entry, things, steps, stops, wants } = one;
        let models = places.declared.iter().filter(|(_, model)| model.vendor == name);
        VendorLine {
            models: models.map(|(own, model)| shown(own, model)).collect(),
            registered: entry.map(|entry| Registered {
                region: entry.region,
                terms: entry.terms,
                contact: entry.contact,
                reviewed: entry.reviewed,
                review_every_days: entry.review_every_ms / DAY_MS,
                if_it_goes: entry.if_it_goes,
            }),
            vendor: name,
            provides: things.into_iter().collect(),
            steps: steps.into_iter().map(|(step, then)| Without { step, then }).collect(),
            stops,
            wants,
        }
    };
    Ok(Vendors {
        vendors: all.into_iter().map(one).collect(),
        currency: places.currency.map(|currency| currency.to_string()),
        published: known::DATE.to_owned(),
    })
}

fn shown(name: &ModelName, model: &Model) -> VendorModel {
    let price = |nanos: u64| words::cost(nanos.saturating_mul(MILLION));
    let known = known::find(&model.vendor, &model.model);
    VendorModel {
        name: name.to_string(),
        model: model.model.clone(),
        here: model.here,
        region: model.region.clone(),
        input: price(model.price.input_nanos),
        cached: price(model.price.cached_nanos),
        output: price(model.price.output_nanos),
        hides: model.hides.iter().map(|kind| kind.as_str().to_owned()).collect(),
        retires: known.and_then(|known| known.retires).map(|day| day.to_string()),
    }
}
