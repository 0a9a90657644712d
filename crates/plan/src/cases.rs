//! Files of cases that an operator keeps beside the maps: YAML, and so JSON. It must not know what
//! stands in one.

use serde::de::DeserializeOwned;

/// What a file says; why it cannot be read, with the place.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}
