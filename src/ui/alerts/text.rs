//! Alerts as people type them: `H200.Z6 - H100.Z6 > 0.50`, `bid H100.Z6-H7 below 0.16 again`.

use crate::base::time::Utc;
use crate::curves::expression::{Expression, Fault};
use crate::domain::alert::{AlertPrice, AlertSpec, Passing, Repeat};
use crate::domain::contract::{Contract, Month};
use crate::domain::instrument::Catalogue;
use crate::ui::format;

pub const EXAMPLE: &str = "H200.Z6 - H100.Z6 > 0.50";
const SIGNS: [(&str, Passing); 4] =
    [(">", Passing::Above), ("<", Passing::Below), (" above ", Passing::Above), (" below ", Passing::Below)];

/// Why a text is no alert. The message is for the screen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlertTextError {
    #[error("write what to watch and a level: {EXAMPLE}")]
    NoLevel,
    #[error("“{0}” is not a level; after it may stand “again”")]
    BadLevel(String),
    /// The column counts from 1, in the whole text.
    #[error("{fault} (column {column})")]
    Expression { fault: Fault, column: usize },
}

/// Reads `[bid|ask|mid] EXPRESSION (>|<|above|below) LEVEL [again|once]`, in any case.
///
/// # Errors
/// [`AlertTextError`].
pub fn parse(text: &str, catalogue: &Catalogue, now: Utc) -> Result<AlertSpec, AlertTextError> {
    let lower = text.to_ascii_lowercase();
    let sign = SIGNS.iter().find_map(|(sign, passing)| Some((lower.rfind(sign)?, sign.len(), *passing)));
    let (at, length, passing) = sign.ok_or(AlertTextError::NoLevel)?;
    let (watched, level) = (&lower[..at], lower[at + length..].trim_start_matches('=').trim());
    let (level, repeat) = match level.split_once(char::is_whitespace).map(|(level, word)| (level, word.trim())) {
        Some((level, "again")) => (level, Repeat::Again),
        Some((level, "once")) => (level, Repeat::Once),
        _ => (level, Repeat::Once),
    };
    let level = format::parse_price(level).ok_or_else(|| AlertTextError::BadLevel(level.to_owned()))?;
    let start = watched.len() - watched.trim_start().len();
    let word = watched[start..].split_whitespace().next().unwrap_or_default();
    let price = AlertPrice::ALL.into_iter().find(|price| price.word() == word);
    let start = start + price.map_or(0, |price| price.word().len());
    let expression = &watched[start..];
    let is_listed = |contract: &Contract| catalogue.find_contract(contract).is_some();
    let read = Expression::parse_listed(expression, Month::of(now.date()), is_listed);
    let read = read.map_err(|error| {
        let column = text.get(..start + error.at).unwrap_or(text).chars().count() + 1;
        AlertTextError::Expression { fault: error.fault, column }
    })?;
    Ok(AlertSpec {
        expression: read.screen().into(),
        price: price.unwrap_or_default(),
        passing,
        level,
        repeat,
        fired: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instrument::{Instrument, Unit};
    use crate::domain::number::{Price, Qty};

    const NOW: Utc = Utc::from_millis(1_795_208_400_000);

    fn read(text: &str) -> Result<String, String> {
        let terms = |code: &str| Instrument {
            symbol: code.into(),
            contract: Contract::parse_code(code, Month { year: 2026, month: 11 }).unwrap(),
            unit: Unit::GpuHour,
            tick: Price(10_000_000),
            lot: Qty::lots(1),
            contract_size: 730,
            currency: "USDC".into(),
            index_name: "index".into(),
            expiry: None,
            legs: Vec::new(),
            is_active: true,
            is_halted: false,
        };
        let mut catalogue = Catalogue::default();
        catalogue.reload(["H200.Z6", "H100.Z6", "H100.Z6-H7"].map(terms).into());
        parse(text, &catalogue, NOW).map(|spec| spec.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_alerts_in_many_hands() {
        for (text, want) in [
            (EXAMPLE, "mid H200 DEC-26 - H100 DEC-26 > 0.5"),
            ("h200 dec-26−h100.z6 above 0.5", "mid H200 DEC-26 - H100 DEC-26 > 0.5"),
            ("bid H100.Z6-H7 < −0.16 again", "bid H100 DEC-26 / MAR-27 < -0.16 again"),
            ("ASK 1.5*H200.Z6 BELOW 3 once", "ask 1.5*H200 DEC-26 < 3"),
            ("mid H100.Z6>=2.80", "mid H100 DEC-26 > 2.8"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(want), "{text}");
            assert_eq!(read(want).as_deref(), Ok(want), "as it was printed");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let error = |text: &str| read(text).unwrap_err();
        assert!(error("H100.Z6").contains("write what to watch"));
        assert_eq!(error("H100.Z6 > high"), "“high” is not a level; after it may stand “again”");
        assert!(error("H100.Z6 > 2.8 sometimes").contains("“2.8 sometimes” is not a level"));
        assert_eq!(error("bid H100.Z6 − B200.Z6 > 1"), "B200.Z6 is not traded here (column 15)");
        assert!(error("> 1").contains("must stand here (column 1)"));
    }
}
