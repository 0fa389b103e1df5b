//! From a change at the exchange to the eye, over a real socket: an order of a third client is seen in the terminal's published View, and
//! in the maps of a plain client (blocking tungstenite, serde_json into owned structs, a `BTreeMap` a side). Both follow every book of the
//! same server; one line at rest, one while the whole market moves. The View is published at most every 8 ms, the maps at once.

mod line;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tenor::core;
use tenor::domain::number::{Price, Qty, Side};
use tenor::shell::clock::Clock;
use tenor::shell::exchange_server::{ExchangeServer, ServerConfig, ServerHandle};
use tenor::shell::labels::Labels;
use tenor::shell::prices;
use tenor::shell::terminal::{self, Handle, Parts};
use tenor::venues::deribit::{Config, Credentials, Limits, MarketSession, OrderSession};
use tenor::view::session::Environment;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

use line::Line;

const SYMBOL: &str = "H100_USDC-31DEC26";
const CONTRACT_SIZE: f64 = 730.0;
const POKES: usize = 200;
/// Longer than the pace of publishing, so that what a poke waits for is not the picture of the one before.
const BETWEEN: Duration = Duration::from_millis(11);
const PATIENCE: Duration = Duration::from_secs(20);

struct Client {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
}

impl Client {
    fn connect(url: &str, client_id: &str) -> anyhow::Result<Self> {
        let (socket, _) = connect(url)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true)?;
        }
        let mut client = Self { socket };
        let login = json!({"grant_type": "client_credentials", "client_id": client_id, "client_secret": "x"});
        client.call("public/auth", &login)?;
        Ok(client)
    }

    fn call(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        self.socket.send(Message::text(request.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read()? else { continue };
            let mut answer: Value = serde_json::from_str(&text)?;
            if answer["id"] == 1 {
                if !answer["error"].is_null() {
                    bail!("{method}: {answer}");
                }
                return Ok(answer["result"].take());
            }
        }
    }
}

#[derive(Deserialize)]
struct Frame {
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    instrument_name: String,
    bids: Vec<(String, f64, f64)>,
    asks: Vec<(String, f64, f64)>,
}

/// Follows all books and tells what stands at `watched` whenever that instrument changes.
fn follow(url: &str, symbols: &[String], watched: Price, told: &Sender<(Instant, Qty)>) -> anyhow::Result<()> {
    let mut client = Client::connect(url, "plain")?;
    let channels: Vec<String> = symbols.iter().map(|symbol| format!("book.{symbol}.raw")).collect();
    let request = json!({"jsonrpc": "2.0", "id": 2, "method": "public/subscribe", "params": {"channels": channels}});
    client.socket.send(Message::text(request.to_string()))?;
    let mut books: BTreeMap<String, [BTreeMap<Price, Qty>; 2]> = BTreeMap::new();
    loop {
        let Message::Text(text) = client.socket.read()? else { continue };
        let Ok(Frame { params: Some(Params { data }) }) = serde_json::from_str(&text) else { continue };
        let is_watched = data.instrument_name == SYMBOL;
        let book = books.entry(data.instrument_name).or_default();
        for (side, rows) in book.iter_mut().zip([data.bids, data.asks]) {
            for (action, price, amount) in rows {
                let price = Price::from_f64_lossy(price);
                if action == "delete" {
                    side.remove(&price);
                } else {
                    side.insert(price, Qty::lots((amount / CONTRACT_SIZE).round() as i64));
                }
            }
        }
        if is_watched {
            let at_price = book[0].get(&watched).copied().unwrap_or_default();
            if told.send((Instant::now(), at_price)).is_err() {
                return Ok(());
            }
        }
    }
}

fn terminal(server: &ServerHandle, folder: &std::path::Path) -> anyhow::Result<(Handle, Receiver<()>)> {
    let labels = Labels::open(folder.join("orders.json"), 1)?;
    let credentials = Credentials { client_id: "terminal".to_owned(), client_secret: "x".to_owned().into() };
    let config = Config { limits: Limits::EMBEDDED, ..Config::new(Some(credentials), 1) };
    let parts = Parts {
        core: core::Config {
            account: "bench".into(),
            venue: "bench".into(),
            environment: Environment::Simulated,
            install: labels.install(),
        },
        url: server.url().into(),
        market: Box::new(MarketSession::new(config.clone())),
        orders: Box::new(OrderSession::new(config)),
        labels,
        kept: None,
        prices: prices::Config::default(),
        clock: Clock::start(),
    };
    let (waker, wakes) = sync_channel(1);
    let wake = Arc::new(move || {
        let _ = waker.try_send(());
    });
    Ok((terminal::start(parts, wake)?, wakes))
}

/// When the View first shows `qty` at the price.
fn seen(terminal: &Handle, wakes: &Receiver<()>, watched: Price, qty: Qty) -> anyhow::Result<Instant> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        terminal.take_wake();
        let view = terminal.view();
        let market = view.catalogue.find(SYMBOL).and_then(|id| view.market(id));
        if market.is_some_and(|market| market.book.loss.is_none() && market.book.qty_at(Side::Bid, watched) == qty) {
            return Ok(Instant::now());
        }
        let _ = wakes.recv_timeout(Duration::from_millis(100));
    }
    bail!("the terminal never showed {qty} at {watched}")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = ExchangeServer::start(ServerConfig { rate: 0.0, ..ServerConfig::default() })?;
    let books = server.books();
    let symbols: Vec<String> = books.iter().map(|book| book.symbol.clone()).collect();
    let book = books.iter().find(|book| book.symbol == SYMBOL).context("the contract is listed")?;
    // Below the last level: nobody else's price.
    let watched = book.bids.last().context("there are bids")?.price - Price::from_ticks(2, Price(10_000_000));
    let (told, tells) = channel();
    let url = server.url();
    // Ends with the server.
    let plain = std::thread::spawn({
        let url = url.clone();
        move || follow(&url, &symbols, watched, &told)
    });
    let (handle, wakes) = terminal(&server, folder.path())?;
    let mut hand = Client::connect(&url, "hand")?;
    seen(&handle, &wakes, watched, Qty::ZERO)?;
    let order =
        json!({"instrument_name": SYMBOL, "amount": CONTRACT_SIZE, "type": "limit", "price": watched.to_string()});
    for (name, rate) in [("loopback_socket_to_view_at_rest", 0.0), ("loopback_socket_to_view_at_5000_per_s", 5_000.0)] {
        server.set_rate(rate);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..POKES {
            std::thread::sleep(BETWEEN);
            while tells.try_recv().is_ok() {}
            let start = Instant::now();
            let placed = hand.call("private/buy", &order)?;
            let view = seen(&handle, &wakes, watched, Qty::lots(1))?;
            let map = loop {
                let (at, qty) = tells.recv_timeout(PATIENCE)?;
                if qty == Qty::lots(1) {
                    break at;
                }
            };
            ours.push(view.duration_since(start).as_secs_f64() * 1e6);
            theirs.push(map.duration_since(start).as_secs_f64() * 1e6);
            hand.call("private/cancel", &json!({"order_id": placed["order"]["order_id"]}))?;
            seen(&handle, &wakes, watched, Qty::ZERO)?;
        }
        let ratios = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        let [value, baseline, ratio] = [ours, theirs, ratios].map(median);
        Line { name, value, unit: "us", baseline: Some(baseline), ratio: Some(ratio) }.print()?;
    }
    server.stop();
    // The socket ended: that is how it is told.
    drop(plain.join());
    Ok(())
}
