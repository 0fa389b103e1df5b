//! Recursive descent over `sum = product {(+|−) product}`, `product = value {(*|/) value}`, `value = − value | number | instrument |
//! ( sum )`. Every value is linear in the prices all the way.

use super::{Expression, ExpressionError, Fault, Term};
use crate::domain::contract::{Contract, Month};

const MAX_DEPTH: u32 = 50;

pub fn parse(
    text: &str,
    reference: Month,
    is_listed: &dyn Fn(&Contract) -> bool,
) -> Result<Expression, ExpressionError> {
    let upper = text.to_ascii_uppercase();
    let mut parser = Parser { text: &upper, at: 0, reference, depth: 0, is_listed };
    let sum = parser.sum()?;
    if let Some(next) = parser.peek() {
        return Err(parser.fault(Fault::Unexpected(next)));
    }
    if sum.terms.is_empty() {
        return Err(ExpressionError { at: 0, fault: Fault::Constant });
    }
    Ok(sum)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    reference: Month,
    depth: u32,
    is_listed: &'a dyn Fn(&Contract) -> bool,
}

impl Parser<'_> {
    const fn fault(&self, fault: Fault) -> ExpressionError {
        ExpressionError { at: self.at, fault }
    }

    /// The next character after blanks.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    /// Takes one of `signs`, the minus of typographers included.
    fn take(&mut self, signs: &[char]) -> Option<char> {
        let next = self.peek()?;
        let read = if next == '−' { '-' } else { next };
        signs.contains(&read).then(|| {
            self.at += next.len_utf8();
            read
        })
    }

    fn sum(&mut self) -> Result<Expression, ExpressionError> {
        let mut total = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            let start = self.at;
            let factor = if sign == '-' { -1.0 } else { 1.0 };
            let next = self.product()?.scaled(factor);
            total = total.plus(next);
            if !total.is_finite() {
                return Err(ExpressionError { at: start, fault: Fault::TooLarge });
            }
        }
        Ok(total)
    }

    fn product(&mut self) -> Result<Expression, ExpressionError> {
        let mut total = self.value()?;
        loop {
            self.peek();
            let start = self.at;
            let Some(sign) = self.take(&['*', '/']) else { return Ok(total) };
            let next = self.value()?;
            let wrong = |fault| Err(ExpressionError { at: start, fault });
            total = match (sign, total.terms.is_empty(), next.terms.is_empty()) {
                ('*', _, true) => total.scaled(next.constant),
                ('*', true, false) => next.scaled(total.constant),
                ('*', false, false) => return wrong(Fault::ProductOfPrices),
                (_, _, false) => return wrong(Fault::DivisionByPrice),
                (_, _, true) if next.constant == 0.0 => return wrong(Fault::DivisionByZero),
                (_, _, true) => total.scaled(1.0 / next.constant),
            };
            if !total.is_finite() {
                return wrong(Fault::TooLarge);
            }
        }
    }

    fn value(&mut self) -> Result<Expression, ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault(Fault::TooDeep));
        }
        let value = match self.peek() {
            Some('-' | '−') => {
                self.take(&['-']);
                self.value()?.scaled(-1.0)
            }
            Some('(') => {
                let open = self.at;
                self.at += 1;
                let inner = self.sum()?;
                match self.peek() {
                    Some(')') => self.at += 1,
                    Some(next) => return Err(self.fault(Fault::Unexpected(next))),
                    None => return Err(ExpressionError { at: open, fault: Fault::NotClosed }),
                }
                inner
            }
            Some(next) if next.is_ascii_alphanumeric() => self.number_or_name()?,
            Some(')' | '+' | '*' | '/') | None => return Err(self.fault(Fault::NoValue)),
            Some(next) => return Err(self.fault(Fault::Unexpected(next))),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn number_or_name(&mut self) -> Result<Expression, ExpressionError> {
        let start = self.at;
        let word = run(&self.text[start..]);
        let after = &self.text[start + word.len()..];
        let is_digits = word.bytes().all(|b| b.is_ascii_digit());
        let code = after.strip_prefix('.').map_or("", run);
        if is_digits && code.bytes().all(|b| b.is_ascii_digit()) && !self.is_screen_name(word) {
            let length = if code.is_empty() { word.len() } else { word.len() + 1 + code.len() };
            let number = self.text[start..start + length].parse::<f64>().ok().filter(|number| number.is_finite());
            self.at += length;
            return match number {
                Some(constant) => Ok(Expression { terms: Vec::new(), constant }),
                None => Err(ExpressionError { at: start, fault: Fault::TooLarge }),
            };
        }
        let (length, contract) = if code.is_empty() { self.screen_name(word) } else { self.text_name(word, code) };
        let name = || self.text[start..start + length].trim_end().to_owned();
        let contract = match contract {
            Some(contract) if (self.is_listed)(&contract) => contract,
            Some(_) => return Err(self.fault(Fault::NotListed(name()))),
            None => return Err(self.fault(Fault::NoInstrument(name()))),
        };
        self.at += length;
        Ok(Expression { terms: vec![Term { coefficient: 1.0, contract }], constant: 0.0 })
    }

    /// `H100.Z6`, or `H100.Z6-H7` where a month code follows that begins no name of its own. Its length and meaning.
    fn text_name(&self, product: &str, code: &str) -> (usize, Option<Contract>) {
        let rest = &self.text[self.at..];
        let short = product.len() + 1 + code.len();
        let far = rest[short..].strip_prefix('-').map_or("", run);
        let long = short + 1 + far.len();
        if !far.is_empty() && !rest[long..].starts_with('.') {
            let calendar = Contract::parse_code(&rest[..long], self.reference);
            if calendar.is_some() {
                return (long, calendar);
            }
        }
        (short, Contract::parse_code(&rest[..short], self.reference))
    }

    /// `H100 DEC-26`, `H100 PERP`, `H100 DEC-26 / MAR-27`.
    fn screen_name(&self, product: &str) -> (usize, Option<Contract>) {
        let rest = &self.text[self.at..];
        let Some(near) = delivery(rest, product.len()) else { return (product.len(), None) };
        let far =
            rest[near..].trim_start().strip_prefix('/').and_then(|after| delivery(rest, rest.len() - after.len()));
        let calendar = far.and_then(|far| Some((far, Contract::parse_screen(&rest[..far])?)));
        match calendar {
            Some((far, calendar)) => (far, Some(calendar)),
            None => (near, Contract::parse_screen(&rest[..near])),
        }
    }

    fn is_screen_name(&self, word: &str) -> bool {
        self.screen_name(word).1.is_some()
    }
}

/// The letters and digits that a text begins with.
fn run(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// Where a delivery as on the screen ends that begins after blanks at `at`.
fn delivery(text: &str, at: usize) -> Option<usize> {
    let trimmed = text[at..].trim_start();
    let start = text.len() - trimmed.len();
    let word = run(trimmed);
    if word == "PERP" {
        return Some(start + word.len());
    }
    let year = trimmed[word.len()..].strip_prefix('-').map(run)?;
    let is_month = word.len() == 3 && year.len() == 2;
    is_month.then_some(start + word.len() + 1 + year.len())
}

impl Expression {
    fn is_finite(&self) -> bool {
        self.constant.is_finite() && self.terms.iter().all(|term| term.coefficient.is_finite())
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.constant *= factor;
        self.terms.iter_mut().for_each(|term| term.coefficient *= factor);
        self.terms.retain(|term| term.coefficient != 0.0);
        self
    }

    pub(super) fn plus(mut self, other: Self) -> Self {
        self.constant += other.constant;
        for term in other.terms {
            match self.terms.iter_mut().find(|known| known.contract == term.contract) {
                Some(known) => known.coefficient += term.coefficient,
                None => self.terms.push(term),
            }
        }
        self.terms.retain(|term| term.coefficient != 0.0);
        self
    }
}
