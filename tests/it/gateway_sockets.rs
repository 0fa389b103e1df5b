//! The embedded exchange over real sockets, met by clients that share no code with it.

use std::convert::Infallible;
use std::io::{self, Read as _, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tenor::base::time::Utc;
use tenor::domain::calendar::Calendar;
use tenor::exchange::catalogue::CatalogueData;
use tenor::exchange::engine::Command;
use tenor::exchange::sim::{self, Input, InputLog, print_run};
use tenor::shell::exchange_server::{ControlToken, ExchangeServer, ServerConfig, ServerHandle};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

/// Nothing happens but what the clients do.
pub fn paused() -> ServerHandle {
    ExchangeServer::start(ServerConfig { rate: 0.0, ..ServerConfig::default() }).unwrap()
}

pub struct Client {
    pub socket: WebSocket<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    /// Notifications that came while an answer was awaited.
    pub heard: Vec<Value>,
}

impl Client {
    pub fn dial(server: &ServerHandle, name: &str) -> Self {
        let (socket, _) = connect(server.url()).unwrap();
        let mut client = Self { socket, next_id: 0, heard: Vec::new() };
        let login = json!({"grant_type": "client_credentials", "client_id": name, "client_secret": "s"});
        assert!(client.ask("public/auth", &login)["access_token"].is_string());
        client
    }

    /// `None` when the exchange has ended.
    pub fn try_read(&mut self) -> Option<Value> {
        loop {
            if let Message::Text(text) = self.socket.read().ok()? {
                return Some(serde_json::from_str(&text).unwrap());
            }
        }
    }

    pub fn read(&mut self) -> Value {
        self.try_read().expect("a message")
    }

    /// The whole answer, an error too; `None` when the exchange has ended.
    pub fn try_ask(&mut self, method: &str, params: &Value) -> Option<Value> {
        self.next_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params});
        self.socket.send(Message::text(request.to_string())).ok()?;
        loop {
            let message = self.try_read()?;
            if message["id"] == self.next_id {
                return Some(message);
            }
            self.heard.push(message);
        }
    }

    pub fn ask(&mut self, method: &str, params: &Value) -> Value {
        let message = self.try_ask(method, params).expect("an answer");
        assert!(message["error"].is_null(), "{method}: {message}");
        message["result"].clone()
    }

    /// The next notification of a channel.
    pub fn next(&mut self, channel: &str) -> Value {
        loop {
            let message = if self.heard.is_empty() { self.read() } else { self.heard.remove(0) };
            if message["params"]["channel"] == channel {
                return message["params"]["data"].clone();
            }
        }
    }
}

/// A listed H100 future and a price far below its market.
pub fn far_bid(client: &mut Client) -> (String, Value) {
    let listed = client.ask("public/get_instruments", &json!({"currency": "H100", "kind": "future"}));
    let instrument = listed.as_array().unwrap().iter().find(|i| i["settlement_period"] == "month").unwrap().clone();
    let name = instrument["instrument_name"].as_str().unwrap().to_owned();
    let ticker = client.ask("public/ticker", &json!({"instrument_name": name}));
    let cents = (ticker["min_price"].as_f64().unwrap() * 100.0).ceil();
    let order = json!({"instrument_name": name, "amount": instrument["contract_size"], "price": cents / 100.0});
    (name, order)
}

#[test]
fn cancel_on_disconnect_is_seen_by_a_second_client() {
    let server = paused();
    let mut alice = Client::dial(&server, "alice");
    let mut bob = Client::dial(&server, "bob");
    let (name, order) = far_bid(&mut alice);
    let channel = format!("book.{name}.raw");
    bob.ask("private/subscribe", &json!({"channels": [channel]}));
    assert_eq!(bob.next(&channel)["type"], "snapshot");

    assert_eq!(alice.ask("private/enable_cancel_on_disconnect", &json!({})), "ok");
    assert_eq!(alice.ask("private/buy", &order)["order"]["order_state"], "open");
    let placed = bob.next(&channel);
    assert_eq!(placed["bids"], json!([["new", order["price"], order["amount"]]]));

    let MaybeTlsStream::Plain(stream) = alice.socket.get_ref() else { panic!("no TLS here") };
    stream.shutdown(Shutdown::Both).unwrap();
    let gone = bob.next(&channel);
    assert_eq!(gone["prev_change_id"], placed["change_id"]);
    assert_eq!(gone["bids"], json!([["delete", order["price"], 0]]));
    server.stop();
}

#[test]
fn books_at_rest_are_the_exchanges_own() {
    let server = paused();
    let mut client = Client::dial(&server, "carol");
    let books = server.books();
    assert!(books.len() > 100);
    for book in books.iter().step_by(17) {
        let answer = client.ask("public/get_order_book", &json!({"instrument_name": book.symbol, "depth": 1000}));
        assert_eq!(answer["change_id"], book.change_id, "{}", book.symbol);
        assert_eq!(answer["bids"].as_array().map(Vec::len), Some(book.bids.len()), "{}", book.symbol);
        assert!(book.digest.is_some(), "{}", book.symbol);
        assert_eq!(server.digest_at(&book.symbol, book.change_id), book.digest);
    }
    assert_eq!(server.stats().connections, 1);
}

#[test]
fn a_running_market_is_heard_and_nothing_is_lost() {
    let server = ExchangeServer::start(ServerConfig { rate: 2_000.0, ..ServerConfig::default() }).unwrap();
    let mut client = Client::dial(&server, "dave");
    let listed = client.ask("public/get_instruments", &json!({"currency": "any", "kind": "future"}));
    let names = listed.as_array().unwrap().iter().map(|i| i["instrument_name"].as_str().unwrap());
    let channels: Vec<String> = names.map(|name| format!("book.{name}.raw")).collect();
    assert_eq!(client.ask("private/subscribe", &json!({"channels": channels})), json!(channels));
    let mut last = std::collections::BTreeMap::new();
    let mut changes = 0;
    while changes < 2_000 {
        let message = if client.heard.is_empty() { client.read() } else { client.heard.remove(0) };
        let data = &message["params"]["data"];
        let before = last.insert(data["instrument_name"].to_string(), data["change_id"].clone());
        if data["type"] == "change" {
            assert_eq!(before.as_ref(), Some(&data["prev_change_id"]));
            changes += 1;
        }
    }
    assert_eq!(last.len(), channels.len());
}

#[test]
fn a_nonsense_message_is_answered_and_the_socket_lives() {
    let server = paused();
    let mut client = Client::dial(&server, "eve");
    for text in ["}{".to_owned(), "x".repeat(100_000)] {
        client.socket.send(Message::text(text)).unwrap();
        assert_eq!(client.read()["error"]["code"], -32_700);
    }
    client.socket.send(Message::binary(vec![0xff, 0x00])).unwrap();
    assert_eq!(client.read()["error"]["code"], -32_700);
    client.socket.send(Message::Ping(vec![1, 2, 3].into())).unwrap();
    assert!(matches!(client.socket.read().unwrap(), Message::Pong(body) if body[..] == [1, 2, 3]));
}

/// One HTTP exchange, by hand: status line and body.
pub fn http(server: &ServerHandle, head: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.addr).unwrap();
    let length = body.len();
    write!(stream, "{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn http_and_its_guards() {
    let server = paused();
    let local = "Host: 127.0.0.1:1";
    let (status, body) = http(&server, &format!("GET /api/v2/public/test HTTP/1.1\r\n{local}"), "");
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.contains("tenor-sim"), "{body}");
    let post = r#"{"jsonrpc":"2.0","id":5,"method":"public/get_time"}"#;
    let (status, body) = http(&server, &format!("POST /api/v2 HTTP/1.1\r\n{local}"), post);
    assert!(status.contains("200") && body.contains(r#""id":5"#), "{status} {body}");
    for head in [
        "GET /api/v2/public/test HTTP/1.1\r\nHost: evil.example".to_owned(),
        format!("GET /api/v2/public/test HTTP/1.1\r\n{local}\r\nOrigin: https://evil.example"),
        format!("GET /api/v2/public/test HTTP/1.1\r\n{local}\r\nOrigin: null"),
    ] {
        assert_eq!(http(&server, &head, "").0, "HTTP/1.1 403 Forbidden", "{head}");
    }
    let mut request = server.url().into_client_request().unwrap();
    request.headers_mut().insert("Origin", "https://evil.example".parse().unwrap());
    assert!(connect(request).is_err(), "a foreign page opens no socket");
}

/// Keeps what is printed.
#[derive(Clone, Default)]
pub struct Kept(pub Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Orders of every fate, until the exchange ends or `rounds` are over.
fn trade(client: &mut Client, order: &Value, rounds: usize) -> Option<()> {
    let market = json!({"instrument_name": order["instrument_name"], "amount": order["amount"], "type": "market"});
    for round in 0..rounds {
        let placed = client.try_ask("private/buy", order)?;
        let id = &placed["result"]["order"]["order_id"];
        let size = order["amount"].as_i64().unwrap() * 2;
        client.try_ask("private/edit", &json!({"order_id": id, "amount": size, "price": order["price"]}))?;
        client.try_ask("private/cancel", &json!({"order_id": id}))?;
        client.try_ask("private/cancel", &json!({"order_id": id}))?;
        client.try_ask(if round % 2 == 0 { "private/buy" } else { "private/sell" }, &market)?;
    }
    Some(())
}

#[test]
fn what_a_live_run_prints_is_what_its_replay_prints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inputs.log");
    let span = Duration::from_secs(5);
    let config = ServerConfig {
        seed: 5,
        start: Some(Utc::from_millis(1_795_188_600_000)),
        duration: Some(span),
        log_inputs: Some(path.clone()),
        ..ServerConfig::default()
    };
    let kept = Kept::default();
    let server = ExchangeServer::start_printing(config, Some(Box::new(kept.clone()))).unwrap();
    let mut alice = Client::dial(&server, "alice");
    let (_, order) = far_bid(&mut alice);
    alice.ask("private/enable_cancel_on_disconnect", &json!({}));
    alice.ask("private/buy", &order);
    drop(alice);
    let mut bob = Client::dial(&server, "bob");
    trade(&mut bob, &order, 20);
    server.set_rate(3_000.0);
    trade(&mut bob, &order, 20);
    server.wait().unwrap();

    let live = String::from_utf8(std::mem::take(&mut *kept.0.lock().unwrap())).unwrap();
    let log = InputLog::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for part in ["Cancelled 0 of", " fill ", " trade ", " flush", " index "] {
        assert!(live.contains(part), "nothing printed like {part:?}");
    }
    assert!(log.inputs.len() > 20, "{} inputs", log.inputs.len());
    let (data, calendar) = (Arc::new(CatalogueData::embedded().unwrap()), Arc::new(Calendar::us().unwrap()));
    let config = sim::Config { seed: log.header.seed, start: log.header.start, rate: log.header.rate, data, calendar };
    let replay = |log: &InputLog| {
        let mut text = String::new();
        let keep = |lines: &str| {
            text.push_str(lines);
            Ok::<_, Infallible>(())
        };
        print_run(&config, span, Some(log), keep).unwrap();
        text
    };
    assert!(live == replay(&log), "the replay differs");
    let mut fewer = log;
    fewer.inputs.retain(|s| !matches!(s.input, Input::Command { command: Command::Place(_), .. }));
    assert!(live != replay(&fewer), "the inputs matter");
}

/// Status and answer of one request to the control channel.
pub fn control(server: &ServerHandle, head: &str, body: &str) -> (u16, Value) {
    let (head, body) = http(server, &format!("{head}\r\nHost: 127.0.0.1:1"), body);
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[test]
fn the_control_channel_shows_the_truth_and_makes_trouble_for_whom_it_is_told_to() {
    let token = ControlToken::new().unwrap();
    let server =
        ExchangeServer::start(ServerConfig { rate: 0.0, control: Some(token.clone()), ..ServerConfig::default() })
            .unwrap();
    let head = format!("POST /control HTTP/1.1\r\nAuthorization: Bearer {}", token.reveal());
    let order_it = |order: Value| {
        let (status, answer) = control(&server, &head, &order.to_string());
        assert_eq!(status, 200, "{order}: {answer}");
        answer
    };
    let mut alice = Client::dial(&server, "alice");
    let mut bob = Client::dial(&server, "bob");
    let connections = order_it(json!({"do": "connections"}));
    assert_eq!([&connections[0]["client"], &connections[1]["client"]], ["alice", "bob"]);

    let (name, order) = far_bid(&mut alice);
    let placed = alice.ask("private/buy", &order)["order"].clone();
    let book = order_it(json!({"do": "book", "instrument": name}));
    let theirs = bob.ask("public/get_order_book", &json!({"instrument_name": name, "depth": 1_000}));
    assert_eq!(book["change_id"], theirs["change_id"]);
    assert_eq!(book["bids"].as_array().map(Vec::len), theirs["bids"].as_array().map(Vec::len));
    let account = order_it(json!({"do": "account", "client": "alice"}));
    assert_eq!((&account["balance"], &account["orders"][0]["order_id"]), (&json!("250000"), &placed["order_id"]));
    assert_eq!(account["orders"][0]["instrument"], json!(name));

    let reject = json!({"do": "inject", "fault": "reject", "client": "alice"});
    assert_eq!(order_it(reject), json!({"connections": 1}));
    let states = |key: &str| [0, 1].map(|at| order_it(json!({"do": "connections"}))[at][key].clone());
    assert_eq!(states("faults"), [1, 0]);
    let refused = alice.try_ask("private/buy", &order).unwrap();
    assert_eq!(refused["error"]["code"], 11_030, "{refused}");
    assert_eq!(states("faults"), [0, 0]);
    alice.ask("private/subscribe", &json!({"channels": ["user.orders.any.any.raw", "user.portfolio.any"]}));
    assert_eq!(states("account_channels"), [2, 0]);
    assert!(bob.try_ask("private/buy", &order).unwrap()["result"].is_object(), "only whom it was meant for");
    assert!(alice.try_ask("private/buy", &order).unwrap()["result"].is_object(), "and once");
    order_it(json!({"do": "inject", "fault": "late_answer", "client": "alice", "millis": 80}));
    let asked = std::time::Instant::now();
    alice.ask("private/buy", &order);
    assert!(asked.elapsed() >= Duration::from_millis(80), "{:?}", asked.elapsed());
    order_it(json!({"do": "inject", "fault": "cut", "client": "bob"}));
    assert!(bob.try_ask("public/get_time", &json!({})).is_none(), "cut");
    assert_eq!(order_it(json!({"do": "status"}))["connections"], 1);

    for (body, why) in [
        (r#"{"do":"rate","messages_per_second":-1}"#, "zero or more"),
        (r#"{"do":"book","instrument":"X"}"#, "no instrument X"),
        (r#"{"do":"account","client":"nobody"}"#, "no client nobody"),
        (r#"{"do":"dance"}"#, "dance"),
        ("", "EOF"),
    ] {
        let (status, answer) = control(&server, &head, body);
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(why), "{body}: {answer}");
    }
    for head in ["POST /control HTTP/1.1", "POST /control HTTP/1.1\r\nAuthorization: Bearer x", "GET /control HTTP/1.1"]
    {
        assert_eq!(control(&server, head, r#"{"do":"status"}"#).0, 403, "{head}");
    }
    assert_eq!(control(&paused(), &head, r#"{"do":"status"}"#).0, 403, "there is none unless it was asked for");
}
