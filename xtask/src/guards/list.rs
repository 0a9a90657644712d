//! The guards, each as the text that makes it and the same without it. A text must stand once in
//! its file; where the code moves on, the text here has to follow.

mod boxes;
mod door;
mod judge;
mod product;
mod records;
mod values;

/// A room whose tests may notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Guard,
    Engine,
    Store,
    Tools,
    /// Who has access.
    Access,
    /// The door of the interface, as it is knocked at from outside.
    Door,
    /// The program itself, run as a person runs it.
    Product,
}

impl Room {
    /// All of them, the quick ones first.
    pub const ALL: [Self; 7] = [
        Self::Access,
        Self::Guard,
        Self::Engine,
        Self::Store,
        Self::Tools,
        Self::Door,
        Self::Product,
    ];

    pub fn package(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Engine => "engine",
            Self::Store => "store",
            Self::Tools => "tools",
            Self::Access => "access",
            Self::Door | Self::Product => "flightdeck",
        }
    }

    /// Which of its tests are asked: those of servers need real programs.
    pub fn tests(self) -> &'static [&'static str] {
        match self {
            Self::Guard | Self::Engine | Self::Store | Self::Access => &["--lib"],
            Self::Tools => &["--test", "servers"],
            Self::Door | Self::Product => &["--test", "it"],
        }
    }

    /// Which of these: the whole of the program's tests takes minutes.
    pub fn named(self) -> &'static [&'static str] {
        match self {
            Self::Guard | Self::Engine | Self::Store | Self::Tools | Self::Access => &[],
            Self::Door => &["access::a_", "access::everybody", "access::whoever"],
            Self::Product => &["ladder", "seeds", "starts", "hooks", "week", "vault", "trials"],
        }
    }

    /// What has to be built beside it.
    pub fn beside(self) -> Option<&'static str> {
        matches!(self, Self::Door | Self::Product).then_some("erp-stand-in")
    }
}

/// A guard, and how it is taken out.
pub struct Guard {
    pub name: &'static str,
    pub file: &'static str,
    pub is: &'static str,
    pub becomes: &'static str,
    /// Whose tests are asked, one after the other until one notices.
    pub rooms: &'static [Room],
}

/// Every guard.
pub fn all() -> impl Iterator<Item = &'static Guard> {
    [judge::ALL, values::ALL, records::ALL, boxes::ALL, door::ALL, product::ALL]
        .into_iter()
        .flatten()
}

const BOTH: &[Room] = &[Room::Guard, Room::Engine];
const ENGINE: &[Room] = &[Room::Engine];
const STORE: &[Room] = &[Room::Store];
const TOOLS: &[Room] = &[Room::Tools];
const ACCESS: &[Room] = &[Room::Access];
const DOOR: &[Room] = &[Room::Door];
const PRODUCT: &[Room] = &[Room::Product];
