//! Vendors: on whom the work depends, on what terms, and what stops without each of them. It must
//! not price anything.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::Problem;

/// Everybody on whom the work of a workspace depends.
#[derive(Debug, Serialize, ToSchema)]
pub struct Vendors {
    pub vendors: Vec<VendorLine>,
    /// The currency in which models are priced.
    pub currency: Option<String>,
    /// The day on which the table of published models was made.
    pub published: String,
}

/// One vendor.
#[derive(Debug, Serialize, ToSchema)]
pub struct VendorLine {
    pub vendor: String,
    /// What the register says of it; nothing where it does not stand there.
    pub registered: Option<Registered>,
    /// Models and tool servers that it provides.
    pub provides: Vec<String>,
    pub models: Vec<VendorModel>,
    /// What becomes of each step without it.
    pub steps: Vec<Without>,
    /// Steps for which nobody else answers.
    pub stops: usize,
    /// What somebody should look at, in sentences.
    pub wants: Vec<String>,
}

/// What the workspace's register says of a vendor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Registered {
    pub region: Option<String>,
    pub terms: Option<String>,
    pub contact: Option<String>,
    /// The day on which somebody last looked at them.
    pub reviewed: Option<String>,
    pub review_every_days: u64,
    /// What is done when it goes.
    pub if_it_goes: Option<String>,
}

/// A model as the workspace declares it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VendorModel {
    /// Its name here, and the vendor's own.
    pub name: String,
    pub model: String,
    /// It runs on this machine, and what it is given goes nowhere.
    pub here: bool,
    /// Where the vendor works on what it is sent.
    pub region: Option<String>,
    /// For a million tokens, as an amount without its currency.
    pub input: String,
    pub cached: String,
    pub output: String,
    /// Personal data that is kept from it.
    pub hides: Vec<String>,
    /// The day on which its vendor retires it, where that is published.
    pub retires: Option<String>,
}

/// What becomes of a step without a vendor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Without {
    /// As `workflow.step`.
    pub step: String,
    pub then: String,
}

/// List vendors
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/vendors", tag = "tools",
    operation_id = "list_vendors",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Vendors, by name", body = Vendors),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<Vendors>, Problem> {
    Ok(Json(inside.here().vendors().await?))
}
