//! What the product spread chart shows: one product against another by a normaliser, or an expression. Either is a function of the
//! prices of outrights, priced from books now and from the history then.

use crate::curves::expression::{Expression, ExpressionError};
use crate::curves::spreads::{Gpu, Normaliser, from_legs, gpu_of, position};
use crate::curves::touch::Touch;
use crate::domain::contract::{Contract, Delivery, Leg, Month, Product};
use crate::domain::instrument::{Catalogue, Unit};
use crate::ui::format::{PriceFormat, Sign};

/// More decimals than the tick has, so that the middle of two quotes is told exactly.
const FINER: usize = 1;

#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    Pair { products: [Product; 2], month: Month, normaliser: Normaliser },
    Expression(Expression),
}

/// Instruments that a subject names: as they are written, and the outrights they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Legs {
    /// In the order of the text.
    pub terms: Vec<Contract>,
    /// Every one once.
    pub outrights: Vec<Contract>,
    /// Of each term: which outrights, and how many.
    parts: Vec<Vec<(usize, f64)>>,
}

impl Legs {
    fn of(terms: Vec<Contract>) -> Self {
        let mut outrights: Vec<Contract> = Vec::new();
        let mut parts = Vec::with_capacity(terms.len());
        for term in &terms {
            let part = |(product, delivery, count): (Product, Delivery, i64)| {
                let outright = Contract::Outright { product, delivery };
                let known = outrights.iter().position(|known| *known == outright).unwrap_or_else(|| {
                    outrights.push(outright);
                    outrights.len() - 1
                });
                (known, count as f64)
            };
            parts.push(position(term).into_iter().map(part).collect());
        }
        Self { terms, outrights, parts }
    }

    /// A price for each term from a price for each outright.
    pub fn price_terms(&self, outrights: &[f64]) -> Vec<f64> {
        let price = |parts: &Vec<(usize, f64)>| parts.iter().map(|(at, count)| count * outrights[*at]).sum();
        self.parts.iter().map(price).collect()
    }
}

impl Subject {
    /// Reads an expression; month codes mean the first such month not before `reference`.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse(text: &str, reference: Month) -> Result<Self, ExpressionError> {
        Expression::parse(text, reference).map(Self::Expression)
    }

    pub fn legs(&self) -> Legs {
        Legs::of(match self {
            Self::Pair { products, month, .. } => {
                let outright = |product: &Product| Contract::Outright {
                    product: product.clone(),
                    delivery: Delivery::Month(*month),
                };
                products.iter().map(outright).collect()
            }
            Self::Expression(expression) => expression.terms().iter().map(|term| term.contract.clone()).collect(),
        })
    }

    /// From one price for each term; `None` where the normaliser says nothing of them.
    pub fn value(&self, terms: &[f64]) -> Option<f64> {
        match self {
            Self::Pair { products, normaliser, .. } => {
                let [first, second] = terms else { return None };
                let [a, b] = gpus(products, *normaliser)?;
                normaliser.compare((Touch::exact(*first), a), (Touch::exact(*second), b)).bid
            }
            Self::Expression(expression) => {
                let weighted = expression.terms().iter().zip(terms).map(|(term, price)| term.coefficient * price);
                Some(expression.constant() + weighted.sum::<f64>())
            }
        }
    }

    /// What it can be sold and bought at: from the legs' quotes, a calendar by its own book where that is quoted.
    pub fn touch(&self, quote: impl Fn(&Contract) -> Touch) -> Touch {
        match self {
            Self::Pair { products, normaliser, month } => {
                let Some([a, b]) = gpus(products, *normaliser) else { return Touch::default() };
                let outright = |product: &Product| {
                    quote(&Contract::Outright { product: product.clone(), delivery: Delivery::Month(*month) })
                };
                normaliser.compare((outright(&products[0]), a), (outright(&products[1]), b))
            }
            Self::Expression(expression) => expression.touch(|contract| {
                let own = quote(contract);
                if own != Touch::default() || !contract.is_spread() {
                    return own;
                }
                let outright =
                    |product: &Product, delivery| quote(&Contract::Outright { product: product.clone(), delivery });
                from_legs(contract, outright)
            }),
        }
    }

    /// What can be traded of it: a weighted sum; a ratio is none.
    pub fn expression(&self) -> Option<Expression> {
        let (products, month, normaliser) = match self {
            Self::Expression(expression) => return Some(expression.clone()),
            Self::Pair { products, month, normaliser } => (products, month, *normaliser),
        };
        let [a, b] = gpus(products, normaliser)?;
        let [first, second] = products.each_ref().map(|product| format!("{product}.{}", month.code()));
        let text = match normaliser {
            Normaliser::GpuHour => format!("{first} - {second}"),
            Normaliser::PetaOpsHour => format!("{first}/{} - {second}/{}", a.peta_ops, b.peta_ops),
            Normaliser::GigabyteHour => format!("{first}/{} - {second}/{}", a.memory_gb, b.memory_gb),
            Normaliser::Ratio => return None,
        };
        Expression::parse(&text, *month).ok()
    }

    /// How its values are written, from the finest tick among its legs.
    pub fn format(&self, catalogue: &Catalogue) -> PriceFormat {
        let terms = self.legs().outrights;
        let ticks = catalogue.iter().filter(|(_, listed)| terms.contains(&listed.contract));
        let tick = ticks.map(|(_, listed)| listed.tick.decimals()).max().unwrap_or(2);
        match self {
            Self::Pair { normaliser: Normaliser::Ratio, .. } => PriceFormat { decimals: 3, sign: Sign::Negative },
            Self::Pair { normaliser, .. } => {
                let more = match normaliser {
                    Normaliser::PetaOpsHour => 1,
                    Normaliser::GigabyteHour => 2,
                    _ => 0,
                };
                PriceFormat { decimals: tick + FINER + more, sign: Sign::Always }
            }
            Self::Expression(expression) => {
                let is_sum = expression.terms().iter().all(|term| term.coefficient > 0.0 && !term.contract.is_spread());
                let sign = if is_sum && expression.constant() >= 0.0 { Sign::Negative } else { Sign::Always };
                PriceFormat { decimals: tick + FINER, sign }
            }
        }
    }

    /// `$/GPU-h`; empty where it is not known.
    pub fn unit(&self, catalogue: &Catalogue) -> String {
        match self {
            Self::Pair { normaliser, .. } => normaliser.unit().to_owned(),
            Self::Expression(expression) => {
                let unit = |contract: &Contract| {
                    let listed = catalogue.iter().find(|(_, terms)| terms.contract.product() == contract.product());
                    listed.map_or(Unit::Other, |(_, terms)| terms.unit)
                };
                match expression.unit(unit) {
                    None | Some(Unit::Other) => String::new(),
                    Some(unit) => format!("$/{}", unit.label()),
                }
            }
        }
    }

    /// `H200 minus H100`, `H200 over H100`, `1.5*TOK.Z6 - H100.Z6`.
    pub fn title(&self) -> String {
        match self {
            Self::Pair { products: [first, second], normaliser: Normaliser::Ratio, .. } => {
                format!("{first} over {second}")
            }
            Self::Pair { products: [first, second], .. } => format!("{first} minus {second}"),
            Self::Expression(expression) => expression.to_string(),
        }
    }

    /// How one price becomes comparable with the other, where that is not as quoted.
    pub fn rule(&self) -> Option<String> {
        let Self::Pair { products, normaliser, .. } = self else { return None };
        let [a, b] = gpus(products, *normaliser)?;
        let [first, second] = products;
        match normaliser {
            Normaliser::PetaOpsHour => {
                Some(format!("Over dense 8-bit PFLOPS: {first} {}, {second} {}", a.peta_ops, b.peta_ops))
            }
            Normaliser::GigabyteHour => {
                Some(format!("Over GB of memory: {first} {}, {second} {}", a.memory_gb, b.memory_gb))
            }
            Normaliser::Ratio => Some(format!("{first} over {second}, no unit")),
            Normaliser::GpuHour => None,
        }
    }
}

/// What each of a pair does and holds; anything where that does not matter.
fn gpus(products: &[Product; 2], normaliser: Normaliser) -> Option<[Gpu; 2]> {
    match normaliser {
        Normaliser::PetaOpsHour | Normaliser::GigabyteHour => {
            let [first, second] = products;
            Some([gpu_of(first)?, gpu_of(second)?])
        }
        Normaliser::GpuHour | Normaliser::Ratio => Some([Gpu { peta_ops: 1.0, memory_gb: 1.0 }; 2]),
    }
}

/// A spread as an expression over its outrights: `H100.Z6 - 2*H100.F7 + H100.G7`.
pub fn expression_of(contract: &Contract) -> String {
    let Contract::Spread { legs } = contract else { return contract.code() };
    let mut text = String::new();
    for (at, Leg { product, delivery, ratio }) in legs.iter().enumerate() {
        let code = Contract::Outright { product: product.clone(), delivery: *delivery }.code();
        match (at, *ratio < 0) {
            (0, true) => text.push('-'),
            (0, false) => {}
            (_, true) => text.push_str(" - "),
            (_, false) => text.push_str(" + "),
        }
        match ratio.unsigned_abs() {
            1 => text.push_str(&code),
            many => text.push_str(&format!("{many}*{code}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curves::spreads::{butterfly, condor};

    const DEC_26: Month = Month { year: 2026, month: 12 };

    fn product(name: &str) -> Product {
        Product::new(name).unwrap()
    }

    fn pair(normaliser: Normaliser) -> Subject {
        Subject::Pair { products: ["H200", "H100"].map(product), month: DEC_26, normaliser }
    }

    #[test]
    fn shapes_are_written_so_that_they_can_be_read() {
        let months = |ahead: i32| DEC_26.plus(ahead);
        let fly = butterfly(&product("H100"), [months(0), months(1), months(2)]);
        assert_eq!(expression_of(&fly), "H100.Z6 - 2*H100.F7 + H100.G7");
        let condor = condor(&product("H100"), [months(0), months(1), months(2), months(3)]);
        for shape in [&fly, &condor] {
            let subject = Subject::parse(&expression_of(shape), DEC_26).unwrap();
            let legs = subject.legs();
            assert_eq!(legs.outrights.len(), position(shape).len());
            let prices: Vec<f64> = (0..legs.outrights.len()).map(|at| 2.0 + at as f64 * at as f64).collect();
            let of_legs = from_legs(shape, |product, delivery| {
                let outright = Contract::Outright { product: product.clone(), delivery };
                Touch::exact(prices[legs.outrights.iter().position(|known| *known == outright).unwrap()])
            });
            assert_eq!(subject.value(&legs.price_terms(&prices)), of_legs.bid);
        }
    }

    #[test]
    fn a_calendar_in_an_expression_is_its_outrights_then_and_its_own_book_now() {
        let subject = Subject::parse("2*H100.Z6-H7 - H100.Z6", DEC_26).unwrap();
        let legs = subject.legs();
        assert_eq!((legs.terms.len(), legs.outrights.len()), (2, 2));
        assert_eq!(subject.value(&legs.price_terms(&[2.8, 2.6])), Some(2.0 * (2.8 - 2.6) - 2.8));
        let book = |contract: &Contract| match contract {
            Contract::Spread { .. } => Touch { bid: Some(0.15), ask: Some(0.17) },
            Contract::Outright { .. } => Touch { bid: Some(2.0), ask: Some(2.5) },
        };
        let touch = subject.touch(book);
        assert!((touch.bid.unwrap() - (0.30 - 2.5)).abs() < 1e-12, "{touch:?}");
        let unquoted = |contract: &Contract| if contract.is_spread() { Touch::default() } else { book(contract) };
        let touch = subject.touch(unquoted);
        assert!((touch.bid.unwrap() - (2.0 * (2.0 - 2.5) - 2.5)).abs() < 1e-12, "through its legs: {touch:?}");
    }

    #[test]
    fn pairs_are_compared_by_what_they_do() {
        let prices = [3.23, 2.79];
        assert_eq!(pair(Normaliser::GpuHour).value(&prices), Some(3.23 - 2.79));
        assert_eq!(pair(Normaliser::Ratio).value(&prices), Some(3.23 / 2.79));
        let by_memory = pair(Normaliser::GigabyteHour).value(&prices).unwrap();
        assert!((by_memory - (3.23 / 141.0 - 2.79 / 80.0)).abs() < 1e-12);
        let tokens = Subject::Pair {
            products: ["TOK", "H100"].map(product),
            month: DEC_26,
            normaliser: Normaliser::GigabyteHour,
        };
        assert_eq!(tokens.value(&prices), None, "tokens have no memory");
    }
}
