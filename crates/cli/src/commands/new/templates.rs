//! The templates that come with the program: for each function a process that runs as it is. What
//! they share is written once (`template/base`), and each is what differs. It must not write files.

use serde::Serialize;

/// A template: one workflow with its tables, documents and cases.
#[derive(Debug, Serialize)]
pub struct Template {
    /// Its name, and that of its workflow.
    pub name: &'static str,
    /// The function of an organisation that it is for.
    pub function: &'static str,
    pub says: &'static str,
    /// Roles that it has beside those of the base, and who holds them.
    #[serde(skip)]
    roles: &'static [(&'static str, &'static str)],
    #[serde(skip)]
    files: &'static [(&'static str, &'static str)],
}

const SETTINGS: &str = include_str!("../../../template/base/flightdeck.yaml");

/// What every template has.
const BASE: &[(&str, &str)] = &[
    ("AGENTS.md", include_str!("../../../template/base/AGENTS.md")),
    (".mcp.json", include_str!("../../../template/base/mcp.json")),
    ("agents/reader.md", include_str!("../../../template/base/agents/reader.md")),
    (".gitignore", "/.flightdeck\n/outbox\n"),
];

/// A further person, for whoever needs another pair of eyes.
const SECOND: &str = "people:\n  second@example.com: { name: Sam Second }\n";

/// The files of a template, by their place in it.
macro_rules! files {
    ($template:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../../template/", $template, "/", $path)))),+]
    };
}

/// Every template.
pub const ALL: &[Template] = &[
    Template {
        name: "expenses",
        function: "finance",
        says: "Expense claims within their limit are noted; a lead decides the rest.",
        roles: &[],
        files: files!("expenses":
            "README.md",
            "cases/expenses/001-ada.yaml",
            "cases/expenses/002-ben.yaml",
            "inbox/001-ada.txt",
            "inbox/002-ben.txt",
            "tables/people.csv",
            "workflows/expenses.md",
        ),
    },
    Template {
        name: "marketing_brief",
        function: "marketing",
        says: "Campaign texts against approved claims; a person approves each of them.",
        roles: &[("brand", "second@example.com, lead@example.com")],
        files: files!("marketing_brief":
            "README.md",
            "cases/marketing_brief/001-spring.yaml",
            "cases/marketing_brief/002-superlative.yaml",
            "cases/marketing_brief/003-reworded.yaml",
            "inbox/001-spring.txt",
            "inbox/002-superlative.txt",
            "inbox/003-reworded.txt",
            "tables/claims.csv",
            "workflows/marketing_brief.md",
        ),
    },
    Template {
        name: "adverse_event",
        function: "life sciences",
        says: "Reports of side effects, assessed by two people in time.",
        roles: &[
            ("safety", "second@example.com, clerk@example.com, owner@example.com"),
            ("safety_lead", "lead@example.com, second@example.com, owner@example.com"),
        ],
        files: files!("adverse_event":
            "README.md",
            "cases/adverse_event/001-rash.yaml",
            "cases/adverse_event/002-seizure.yaml",
            "cases/adverse_event/003-hospital.yaml",
            "inbox/001-rash.txt",
            "inbox/002-seizure.txt",
            "inbox/003-hospital.txt",
            "tables/products.csv",
            "tables/terms.csv",
            "workflows/adverse_event.md",
        ),
    },
    Template {
        name: "nda_triage",
        function: "legal",
        says: "Standard confidentiality agreements go on a list; counsel reads the others.",
        roles: &[("counsel", "second@example.com, lead@example.com")],
        files: files!("nda_triage":
            "README.md",
            "cases/nda_triage/001-keller.yaml",
            "cases/nda_triage/002-harbour.yaml",
            "cases/nda_triage/003-northgate.yaml",
            "inbox/001-keller.txt",
            "inbox/002-harbour.txt",
            "inbox/003-northgate.txt",
            "tables/laws.csv",
            "tables/parties.csv",
            "workflows/nda_triage.md",
        ),
    },
    Template {
        name: "onboarding",
        function: "human resources",
        says: "What a new colleague needs, by their job; sensitive access is put to people.",
        roles: &[("hr", "clerk@example.com, second@example.com")],
        files: files!("onboarding":
            "README.md",
            "cases/onboarding/001-mechanic.yaml",
            "cases/onboarding/002-payroll.yaml",
            "cases/onboarding/003-stranger.yaml",
            "inbox/001-mechanic.txt",
            "inbox/002-payroll.txt",
            "inbox/003-stranger.txt",
            "tables/jobs.csv",
            "tables/managers.csv",
            "workflows/onboarding.md",
        ),
    },
    Template {
        name: "delivery_complaints",
        function: "operations",
        says: "Late and lost deliveries are made good; a lead decides the dear ones.",
        roles: &[],
        files: files!("delivery_complaints":
            "README.md",
            "cases/delivery_complaints/001-lost.yaml",
            "cases/delivery_complaints/002-dear.yaml",
            "cases/delivery_complaints/003-late.yaml",
            "inbox/001-lost.txt",
            "inbox/002-dear.txt",
            "inbox/003-late.txt",
            "tables/orders.csv",
            "workflows/delivery_complaints.md",
        ),
    },
];

/// A template by its name.
pub fn find(name: &str) -> Option<&'static Template> {
    ALL.iter().find(|template| template.name == name)
}

impl Template {
    /// Every file of a workspace that begins with it, by its place.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, String)> {
        let texts = BASE.iter().chain(self.files).map(|(path, text)| (*path, (*text).to_owned()));
        std::iter::once(("flightdeck.yaml", self.settings())).chain(texts)
    }

    fn settings(&self) -> String {
        if self.roles.is_empty() {
            return SETTINGS.to_owned();
        }
        let roles: String =
            self.roles.iter().map(|(role, people)| format!("  {role}: [ {people} ]\n")).collect();
        let text = SETTINGS.replacen("people:\n", SECOND, 1);
        text.replacen("roles:\n", &format!("roles:\n{roles}"), 1)
    }
}
