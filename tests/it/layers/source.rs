//! One Rust file reduced to what the layer test asks about: its words, and every path it names. Comments and literals are gone, so
//! that a sentence or a doc link is no dependency.

use std::iter::Peekable;
use std::vec::IntoIter;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    PathSep,
    Punct(char),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A path from the root of the crate.
    Crate(Vec<String>),
    /// Anything else: another crate, an associated item, an enum's variant.
    Other(Vec<String>),
}

#[derive(Clone, Debug)]
pub struct Reference {
    pub line: usize,
    pub target: Target,
}

#[derive(Clone, Debug)]
pub struct Source {
    /// Path below `src`, with slashes.
    pub file: String,
    /// The module it is: `["orders", "gate"]`; empty for `lib.rs`.
    pub module: Vec<String>,
    pub text: String,
    pub references: Vec<Reference>,
    /// Every identifier with its line.
    pub words: Vec<(usize, String)>,
}

impl Source {
    pub fn new(file: &str, text: &str) -> Self {
        let module = module_of(file);
        let tokens = tokens(text);
        let words = tokens.iter().filter_map(|(line, token)| match token {
            Token::Word(word) => Some((*line, word.clone())),
            _ => None,
        });
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            words: words.collect(),
            references: Paths::new(&module, tokens).collect_all(),
            module,
        }
    }

    /// `lib` and `main` for the two roots.
    pub fn room(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }
}

fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut tokens, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let start = i;
        match at(i) {
            '/' if at(i + 1) == '/' => i += chars[i..].iter().take_while(|&&c| c != '\n').count(),
            '/' if at(i + 1) == '*' => i = block_comment_end(&chars, i),
            '"' => i = string_end(&chars, i, 0),
            '\'' if at(i + 1) == '\\' => i = (i + 3..chars.len()).find(|&j| at(j) == '\'').unwrap_or(i) + 1,
            '\'' if at(i + 2) == '\'' => i += 3,
            '\'' => i += 1,
            ':' if at(i + 1) == ':' => {
                tokens.push((line, Token::PathSep));
                i += 2;
            }
            c if is_word(c) => {
                let word: String = chars[i..].iter().take_while(|&&c| is_word(c)).collect();
                i += word.chars().count();
                let hashes = chars[i..].iter().take_while(|&&c| c == '#').count();
                let is_prefix = matches!(word.as_str(), "r" | "b" | "br" | "c" | "cr");
                if is_prefix && at(i + hashes) == '"' {
                    let is_raw = word.contains('r');
                    i = if is_raw { raw_string_end(&chars, i + hashes, hashes) } else { string_end(&chars, i, 0) };
                } else if !(word == "r" && hashes == 1 && is_word(at(i + 1))) {
                    tokens.push((line, Token::Word(word)));
                } else {
                    i += 1;
                }
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push((line, Token::Punct(c)));
                }
                i += 1;
            }
        }
        line += chars[start..i.min(chars.len())].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let (mut i, mut depth) = (start, 0);
    while i < chars.len() {
        match chars.get(i..i + 2) {
            Some(['/', '*']) => (depth, i) = (depth + 1, i + 2),
            Some(['*', '/']) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn string_end(chars: &[char], quote: usize, skip: usize) -> usize {
    let mut i = quote + 1 + skip;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

fn raw_string_end(chars: &[char], quote: usize, hashes: usize) -> usize {
    let closes =
        |&i: &usize| chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    (quote + 1..chars.len()).find(closes).map_or(chars.len(), |i| i + 1 + hashes)
}

/// Walks the tokens, keeping track of the inline modules it is in.
struct Paths {
    tokens: Peekable<IntoIter<(usize, Token)>>,
    /// The module at this point, inline ones included.
    here: Vec<String>,
    depth: usize,
    /// Depths at which the inline modules of `here` were opened.
    opened: Vec<usize>,
    declared: Vec<Vec<String>>,
    found: Vec<(usize, Vec<String>, Vec<String>)>,
}

impl Paths {
    fn new(module: &[String], tokens: Vec<(usize, Token)>) -> Self {
        Self {
            tokens: tokens.into_iter().peekable(),
            here: module.to_vec(),
            depth: 0,
            opened: Vec::new(),
            declared: Vec::new(),
            found: Vec::new(),
        }
    }

    fn collect_all(mut self) -> Vec<Reference> {
        while let Some((line, token)) = self.tokens.next() {
            match token {
                Token::Punct('{') => self.depth += 1,
                Token::Punct('}') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.opened.last() == Some(&self.depth) {
                        self.opened.pop();
                        self.here.pop();
                    }
                }
                Token::Word(word) if word == "mod" => self.module(),
                Token::Word(word) if word == "use" && self.peek() != Some(&Token::Punct('<')) => {
                    self.tree(line, &mut Vec::new());
                }
                Token::Word(word) if self.peek() == Some(&Token::PathSep) => self.inline(line, word),
                _ => {}
            }
        }
        let Self { declared, found, .. } = self;
        let is_child = |here: &[String], name: &str| {
            declared.iter().any(|d| d.split_last().is_some_and(|(last, parent)| last == name && parent == here))
        };
        found
            .into_iter()
            .map(|(line, here, path)| Reference { line, target: resolve(&here, path, &is_child) })
            .collect()
    }

    fn peek(&mut self) -> Option<&Token> {
        self.tokens.peek().map(|(_, token)| token)
    }

    fn word(&mut self) -> Option<String> {
        match self.tokens.next_if(|(_, token)| matches!(token, Token::Word(_))) {
            Some((_, Token::Word(word))) => Some(word),
            _ => None,
        }
    }

    fn module(&mut self) {
        let Some(name) = self.word() else { return };
        let mut path = self.here.clone();
        path.push(name);
        self.declared.push(path.clone());
        if self.peek() == Some(&Token::Punct('{')) {
            self.opened.push(self.depth);
            self.here = path;
        }
    }

    fn inline(&mut self, line: usize, first: String) {
        let mut path = vec![first];
        while self.tokens.next_if(|(_, token)| *token == Token::PathSep).is_some() {
            match self.word() {
                Some(word) => path.push(word),
                None => break,
            }
        }
        self.found.push((line, self.here.clone(), path));
    }

    /// One branch of a `use` tree, up to the comma, brace or semicolon after it.
    fn tree(&mut self, line: usize, prefix: &mut Vec<String>) {
        let depth = prefix.len();
        while let Some((_, token)) = self.tokens.next_if(|(_, t)| !matches!(t, Token::Punct(',' | '}' | ';'))) {
            match token {
                Token::Word(word) if word == "as" => {
                    self.word();
                }
                Token::Word(word) => prefix.push(word),
                Token::Punct('*') => prefix.push("*".to_owned()),
                Token::Punct('{') => {
                    while self.peek().is_some_and(|t| *t != Token::Punct('}')) {
                        self.tree(line, prefix);
                        let _ = self.tokens.next_if(|(_, t)| *t == Token::Punct(','));
                    }
                    self.tokens.next();
                    prefix.truncate(depth);
                    return;
                }
                _ => {}
            }
        }
        if prefix.len() > depth {
            self.found.push((line, self.here.clone(), prefix.clone()));
        }
        prefix.truncate(depth);
    }
}

fn resolve(here: &[String], path: Vec<String>, is_child: &dyn Fn(&[String], &str) -> bool) -> Target {
    let (mut base, mut rest) = (here.to_vec(), path.as_slice());
    match rest.first().map(String::as_str) {
        Some("crate") => (base, rest) = (Vec::new(), &rest[1..]),
        Some("tenor") if here == ["main"] => (base, rest) = (Vec::new(), &rest[1..]),
        Some("self") => rest = &rest[1..],
        Some("super") => {
            while let Some((first, tail)) = rest.split_first().filter(|(first, _)| *first == "super") {
                let _ = first;
                base.pop();
                rest = tail;
            }
        }
        Some(first) if is_child(here, first) => {}
        _ => return Target::Other(path),
    }
    // `self` at the end of a tree names the branch itself.
    base.extend(rest.iter().filter(|s| *s != "self").cloned());
    Target::Crate(base)
}
