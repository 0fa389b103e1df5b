//! The scenario that `--scenario` names.

use std::path::Path;

use anyhow::Context as _;

use crate::exchange::catalogue::CatalogueData;
use crate::exchange::sim::Scenario;

/// A scenario of the program by its name, or a file by its path.
pub fn scenario(wanted: Option<&str>) -> anyhow::Result<Option<Scenario>> {
    let Some(wanted) = wanted else { return Ok(None) };
    let data = CatalogueData::embedded()?;
    let path = Path::new(wanted);
    if Scenario::names().any(|name| name == wanted) || path.extension().is_none() {
        return Ok(Some(Scenario::named(wanted, &data)?));
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Some(Scenario::parse(&name, &text, &data)?))
}
