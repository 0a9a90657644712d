//! The guards, each as the text that makes it and the same without it. A text must stand once in
//! its file; where the code moves on, the text here has to follow.

mod boxes;
mod judge;
mod records;
mod values;

/// A room whose tests may notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Guard,
    Engine,
    Store,
    Tools,
}

impl Room {
    pub fn package(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Engine => "engine",
            Self::Store => "store",
            Self::Tools => "tools",
        }
    }

    /// Which of its tests are asked: those of servers need real programs.
    pub fn tests(self) -> &'static [&'static str] {
        match self {
            Self::Guard | Self::Engine | Self::Store => &["--lib"],
            Self::Tools => &["--test", "servers"],
        }
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
    [judge::ALL, values::ALL, records::ALL, boxes::ALL].into_iter().flatten()
}

const BOTH: &[Room] = &[Room::Guard, Room::Engine];
const ENGINE: &[Room] = &[Room::Engine];
const STORE: &[Room] = &[Room::Store];
const TOOLS: &[Room] = &[Room::Tools];
