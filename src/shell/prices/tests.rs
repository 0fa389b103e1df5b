//! Lists from files and from a listener of this machine that answers by path.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};

use super::*;
use crate::domain::price_list::{RentalPrices, TokenPrices};
use crate::domain::spot::{Gpu, RentalMode};

const CATALOGUE: &str = "InstanceType,AcceleratorName,AcceleratorCount,Price,SpotPrice,Region\n\
                         gpu_1x,H100,1,3.10,,us-east\ngpu_8x,H100,8,24.00,,us-west\ncpu,,,0.2,,us-east\n";
const TOKENS: &str =
    r#"{"data": [{"id": "maker/model", "pricing": {"prompt": "0.000002", "completion": "0.000008"}}]}"#;
/// Begins an answer that never ends.
const ENDLESS: &str = "<endless>";

/// Answers every path with its text, and any other with 404; an endless answer sends one byte of a hundred.
fn serve(pages: Vec<(&'static str, &'static str)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            lines.find(String::is_empty);
            let page = pages.iter().find(|(path, _)| asked.split(' ').nth(1) == Some(path));
            let answer = match page {
                Some((_, text)) if *text == ENDLESS => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx".to_owned(),
                Some((_, text)) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()),
                None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            };
            stream.write_all(answer.as_bytes()).unwrap();
            held.push(stream);
        }
    });
    address
}

fn config(address: SocketAddr, sellers: &[&str]) -> Config {
    let url = |path: &str| format!("http://{address}/{path}");
    Config {
        tokens_url: url("tokens"),
        rental_urls: sellers.iter().map(|seller| ((*seller).to_owned(), url(seller))).collect(),
        ..Config::default()
    }
}

/// The thread, and all it has told so far.
struct Rig {
    prices: Prices,
    rental: Option<Arc<RentalPrices>>,
    tokens: Option<Arc<TokenPrices>>,
    told: Vec<Arc<str>>,
    progress: Vec<Progress>,
}

impl Rig {
    /// Past what is read at the start.
    fn start(config: Config) -> Self {
        let (prices, _) = Prices::start(config, Clock::start()).unwrap();
        let mut rig = Self { prices, rental: None, tokens: None, told: Vec::new(), progress: Vec::new() };
        while rig.rental.is_none() {
            rig.next();
        }
        rig
    }

    fn next(&mut self) -> Option<Refresh> {
        let Some(Input::Prices(news)) = self.prices.news.blocking_recv() else { panic!("the thread has ended") };
        match news {
            PriceNews::Rental(prices) => self.rental = Some(prices),
            PriceNews::Tokens(prices) => self.tokens = Some(prices),
            PriceNews::Unusable(why) => self.told.push(why),
            PriceNews::Refresh(_, Refresh::Running(progress)) => self.progress.push(progress),
            PriceNews::Refresh(_, ended) => return Some(ended),
        }
        None
    }

    /// Asks for a list and waits until that has come to its end.
    fn refresh(&mut self, list: PriceList) -> Refresh {
        self.prices.ask(PriceAsk::Refresh(list));
        loop {
            if let Some(ended) = self.next() {
                return ended;
            }
        }
    }

    /// Name and median in cents of every seller of an H100 on demand.
    fn h100(&self) -> Vec<(String, i64)> {
        let board = self.rental.as_ref().unwrap().board(Gpu::H100, RentalMode::OnDemand).unwrap();
        board.providers.iter().map(|row| (row.name.to_string(), row.median.0 / 10_000_000)).collect()
    }

    fn h100_of(&self, seller: &str) -> Option<i64> {
        self.h100().into_iter().find(|(name, _)| name == seller).map(|(_, cents)| cents)
    }
}

fn failed(refresh: &Refresh) -> &str {
    let Refresh::Failed(why) = refresh else { panic!("{refresh:?}") };
    why
}

#[test]
fn starts_with_the_embedded_sets_and_ones_own_lists_before_them() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("mine.csv");
    fs::write(&own, "provider,gpu,price_per_gpu_hour,as_of\nLambda,H100,1.23,2026-11-20\nVast,H100,1,\n").unwrap();
    let broken = folder.path().join("broken.csv");
    fs::write(&broken, "provider,gpu\nLambda,H100\n").unwrap();
    let absent = folder.path().join("absent.csv");
    let rig = Rig::start(Config { files: vec![own, broken, absent], ..Config::default() });
    assert_eq!((rig.h100_of("Lambda"), rig.h100_of("Vast")), (Some(123), Some(100)));
    assert!(rig.h100().len() > 10, "the embedded sellers are there too");
    let from = &rig.rental.as_ref().unwrap().from;
    assert_eq!([&*from[0].dated, &*from[1].dated], ["undated catalogue of 2026", "catalogue of 20 Nov 2026"]);
    assert!(rig.tokens.as_ref().unwrap().board.rows.len() > 1_900);
    assert_eq!(rig.told.len(), 2);
    assert!(rig.told[0].contains("broken.csv") && rig.told[0].contains("price_per_gpu_hour"), "{}", rig.told[0]);
    assert!(rig.told[1].contains("absent.csv"), "{}", rig.told[1]);
}

#[test]
fn a_refresh_is_kept_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let address = serve(vec![("/tokens", TOKENS), ("/lambda", CATALOGUE)]);
    let config = Config { folder: Some(folder.path().join("prices")), may_keep: true, ..config(address, &["lambda"]) };
    let mut rig = Rig::start(config.clone());
    let before = rig.h100_of("AWS");
    assert_eq!(rig.refresh(PriceList::Tokens), Refresh::Idle);
    assert_eq!(rig.refresh(PriceList::Rental), Refresh::Idle);
    assert!(rig.progress.iter().any(|at| at.received_bytes == CATALOGUE.len() as u64), "{:?}", rig.progress);
    let today = Clock::start().now().utc.date();
    for rig in [rig, Rig::start(config.clone())] {
        assert_eq!((rig.h100_of("Lambda"), rig.h100_of("AWS")), (Some(305), before), "mean of 3.10 and 3.00");
        let rental = rig.rental.as_ref().unwrap();
        assert_eq!(rental.from[0].dated, listing::of_day(today));
        let lambda = rental.offers.iter().filter(|offer| &*offer.provider == "lambda");
        assert!(lambda.into_iter().all(|offer| *offer.as_of == format!("fetched {today}")));
        let tokens = rig.tokens.as_ref().unwrap();
        assert_eq!((tokens.board.rows.len(), &*tokens.board.rows[0].listing.key), (1, "maker/model"));
        assert!(rig.told.is_empty(), "{:?}", rig.told);
    }
    // What was fetched before the program was made is older than what comes with it.
    let kept = folder.path().join("prices");
    for entry in fs::read_dir(&kept).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().replace(&today.to_string(), "2026-01-02");
        fs::rename(entry.path(), kept.join(name)).unwrap();
    }
    assert_ne!(Rig::start(config).h100_of("Lambda"), Some(305));
}

#[test]
fn an_error_is_one_sentence_and_loses_nothing() {
    let address = serve(vec![("/tokens", "<html>"), ("/lambda", CATALOGUE), ("/aws", "a,b\n1,2\n")]);
    let mut rig = Rig::start(config(address, &["aws", "lambda", "nebius"]));
    let before = (rig.h100(), rig.tokens.clone());
    let ended = rig.refresh(PriceList::Tokens);
    assert!(failed(&ended).starts_with("The token prices are those from before: "), "{ended:?}");
    assert_eq!((rig.h100(), rig.tokens.clone()), before);
    // One of three answers: it is new, the others keep what they had and are named.
    assert_eq!(rig.refresh(PriceList::Rental), Refresh::Idle);
    assert_eq!(rig.h100_of("Lambda"), Some(305));
    assert_eq!(rig.h100().len(), before.0.len());
    let [told] = rig.told.as_slice() else { panic!("{:?}", rig.told) };
    assert!(told.starts_with("The prices of aws and 1 more are those from before: "), "{told}");
    let mut alone = Rig::start(config(address, &["nebius"]));
    let ended = alone.refresh(PriceList::Rental);
    assert!(failed(&ended).ends_with("127.0.0.1 answered 404."), "{ended:?}");
    assert_eq!(alone.h100(), before.0);
}

#[test]
fn a_refresh_can_be_cancelled_and_asked_for_again() {
    let address = serve(vec![("/tokens", ENDLESS), ("/lambda", CATALOGUE), ("/nebius", ENDLESS)]);
    let mut rig = Rig::start(config(address, &["lambda", "nebius"]));
    let before = (rig.h100(), rig.tokens.clone());
    for list in PriceList::ALL {
        rig.prices.ask(PriceAsk::Refresh(list));
        rig.progress.clear();
        while !rig.progress.iter().any(|at| at.expected_bytes == Some(100)) {
            assert_eq!(rig.next(), None);
        }
        rig.prices.ask(PriceAsk::Cancel(list));
        let ended = loop {
            if let Some(ended) = rig.next() {
                break ended;
            }
        };
        assert_eq!(ended, Refresh::Idle);
        assert_eq!((rig.h100(), rig.tokens.clone()), before, "nothing half done");
    }
    rig.prices.ask(PriceAsk::Refresh(PriceList::Tokens));
    while rig.progress.last().is_none_or(|at| at.documents != 1) {
        rig.next();
    }
    let Rig { prices, .. } = rig;
    drop(prices);
}
