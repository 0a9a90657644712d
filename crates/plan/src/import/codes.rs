//! The codes of maps that are not taken. `flightdeck explain CODE` shows them beside those of
//! `check`. It must not hold what `check` can find in files of ours.

use crate::codes::Code;

/// The file is not the map that it should be.
pub static NO_MAP: Code = Code {
    id: "FD-M001",
    title: "not a map",
    why: "half of a map would be a process that nobody described",
    fix: "export it again as `workflow.json`, as a `.wfos` bundle or as a deployment package",
};

/// More than anybody drew by hand.
pub static BOUNDS: Code = Code {
    id: "FD-M002",
    title: "a map beyond its bounds",
    why: "a map is read as a whole, so its size is limited, and nobody oversees a larger one",
    fix: "make maps of their own of some parts",
};

/// Two nodes with one id.
pub static ID_TWICE: Code = Code {
    id: "FD-M003",
    title: "two nodes with one id",
    why: "nobody could tell which of the two an edge means",
    fix: "give one of them another id, and its edges with it",
};

/// A file stands where one would be written.
pub static IN_THE_WAY: Code = Code {
    id: "FD-M004",
    title: "a file that is there already",
    why: "what somebody wrote by hand is not replaced by an import",
    fix: "choose another name with `--name`, or replace it with `--force`",
};

/// An archive that is not what it says.
pub static ARCHIVE: Code = Code {
    id: "FD-M005",
    title: "an archive that is not opened",
    why: "an archive with paths that lead out of it, or that unpacks to more than it may, is \
          damaged or made to do harm",
    fix: "export the map again, or unpack it yourself and import its `workflow.json`",
};

/// Every code, in order.
pub static ALL: &[&Code] = &[&NO_MAP, &BOUNDS, &ID_TWICE, &IN_THE_WAY, &ARCHIVE];
