//! Forms: which questions a sitting has and in which order their options stand. A form is drawn by
//! a seed and can be drawn again by it; it must not be shorter than its blueprint.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Hash, Named, Posed};

use crate::bank::{Bank, Item, Status};
use crate::blueprint::{Blueprint, Unfit};
use crate::chance::Chance;

/// What became of the items so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    /// How often each was in a form.
    pub exposed: BTreeMap<Named, u32>,
    /// Those that this person had in a form.
    pub seen: BTreeSet<Named>,
    /// Those that people retired.
    pub retired: BTreeSet<Named>,
}

/// Draws a form: of each domain what the person has not seen, then what was drawn least, then by
/// chance.
pub fn draw(
    bank: &Bank,
    blueprint: &Blueprint,
    used: &Used,
    seed: Hash,
) -> Result<Vec<Posed>, Unfit> {
    let mut chance = Chance::new(seed);
    let mut form = Vec::new();
    for (domain, needed) in blueprint.quotas()? {
        let drawn = |item: &&Item| {
            item.domain == domain && item.status == Status::Live && !used.retired.contains(&item.id)
        };
        let mut there: Vec<(bool, u32, u32, &Item)> = Vec::new();
        for item in bank.items().filter(drawn) {
            let exposed = used.exposed.get(&item.id).copied().unwrap_or_default();
            there.push((used.seen.contains(&item.id), exposed, chance.any(), item));
        }
        if there.len() < needed {
            return Err(Unfit::TooSmall { domain, needed, there: there.len() });
        }
        there.sort_by_key(|(seen, exposed, by_chance, _)| (*seen, *exposed, *by_chance));
        form.extend(there.into_iter().take(needed).map(|(_, _, _, item)| item));
    }
    chance.shuffle(&mut form);
    Ok(form.into_iter().map(|item| posed(item, &mut chance)).collect())
}

fn posed(item: &Item, chance: &mut Chance) -> Posed {
    let mut order: Vec<u8> = (0_u8..).take(item.options.len()).collect();
    chance.shuffle(&mut order);
    let (id, domain, criterion) = (&item.id, &item.domain, &item.criterion);
    Posed { item: id.clone(), domain: domain.clone(), criterion: criterion.clone(), order }
}

/// The options of a question as they stand in a form.
#[must_use]
pub fn options<'i>(item: &'i Item, posed: &Posed) -> Vec<&'i str> {
    let each = posed.order.iter().filter_map(|n| item.options.get(usize::from(*n)));
    each.map(String::as_str).collect()
}

/// Which option of the bank stands at a place of a form.
#[must_use]
pub fn option_at(posed: &Posed, place: u8) -> Option<usize> {
    posed.order.get(usize::from(place)).map(|n| usize::from(*n))
}
