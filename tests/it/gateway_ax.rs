//! The second face over real sockets, beside the first: one market, whatever it is spoken to in.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tenor::base::time::Utc;
use tenor::domain::calendar::Calendar;
use tenor::exchange::catalogue::CatalogueData;
use tenor::exchange::sim::{self, InputLog, print_run};
use tenor::shell::exchange_server::{ExchangeServer, ServerConfig, ServerHandle};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, connect};

use crate::gateway_sockets::{Client, Kept, http, paused};

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

fn token(server: &ServerHandle, name: &str) -> String {
    let body = json!({"api_key": name, "api_secret": "s"}).to_string();
    let (head, answer) = http(server, "POST /api/authenticate HTTP/1.1\r\nHost: 127.0.0.1:1", &body);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str::<Value>(&answer).unwrap()["token"].as_str().unwrap().to_owned()
}

fn get(server: &ServerHandle, target: &str, token: &str) -> Value {
    let head = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAuthorization: Bearer {token}");
    let (head, answer) = http(server, &head, "");
    assert!(head.starts_with("HTTP/1.1 200"), "{target}: {head} {answer}");
    serde_json::from_str(&answer).unwrap()
}

/// The status of the refusal on the other side.
fn dial(server: &ServerHandle, target: &str, authorization: Option<&str>) -> Result<Socket, u16> {
    let mut request = format!("ws://{}{target}", server.addr).into_client_request().unwrap();
    if let Some(shown) = authorization {
        request.headers_mut().insert("Authorization", shown.parse().unwrap());
    }
    match connect(request) {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next message that `wanted` takes.
fn next(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            let message: Value = serde_json::from_str(&text).unwrap();
            if wanted(&message) {
                return message;
            }
        }
    }
}

fn ask(socket: &mut Socket, request: &Value) -> Value {
    socket.send(Message::text(request.to_string())).unwrap();
    next(socket, |message| message["rid"] == request["rid"])
}

/// A listed contract by both its names, and a price far below its market.
fn contract(server: &ServerHandle, token: &str) -> (String, String, String) {
    let listed = get(server, "/api/instruments", token);
    let of_h100 = |i: &&Value| i["product"] == "H100" && !i["expiration"].is_null();
    let listed = listed["instruments"].as_array().unwrap().iter().filter(of_h100).nth(3).unwrap().clone();
    let symbol = listed["symbol"].as_str().unwrap().to_owned();
    let ticker = get(server, &format!("/api/ticker?symbol={symbol}"), token);
    let month: Vec<&str> = symbol.split('-').collect();
    let code = format!("{}{}", month[2], &month[1][2..]);
    let own: Vec<String> = server.books().into_iter().map(|book| book.symbol).collect();
    let is_it = |name: &String| name.starts_with("H100_") && !name.contains("-CAL-") && name.ends_with(&code);
    let own = own.into_iter().find(is_it).unwrap();
    (symbol, own, ticker["ticker"]["pl"].as_str().unwrap().to_owned())
}

#[test]
fn sockets_open_to_whoever_shows_a_token() {
    let server = paused();
    let token = token(&server, "alice");
    for target in ["/md/ws", "/orders/ws"] {
        assert_eq!(dial(&server, target, None).err(), Some(401), "{target}");
        assert_eq!(dial(&server, target, Some("Bearer nobody")).err(), Some(401), "{target}");
        for shown in [format!("Bearer {token}"), token.clone()] {
            assert!(dial(&server, target, Some(&shown)).is_ok(), "{target}");
        }
    }
    let (head, _) = http(&server, "GET /md/ws HTTP/1.1\r\nHost: 127.0.0.1:1", "");
    assert!(head.starts_with("HTTP/1.1 426"), "{head}");
    server.stop();
}

#[test]
fn an_order_of_one_face_stands_in_the_book_of_the_other_and_ends_with_its_socket() {
    let server = paused();
    let key = token(&server, "alice");
    let (symbol, own, price) = contract(&server, &key);
    let mut witness = Client::dial(&server, "bob");
    let channel = format!("book.{own}.raw");
    witness.ask("private/subscribe", &json!({"channels": [channel]}));
    assert_eq!(witness.next(&channel)["type"], "snapshot");

    let mut desk = dial(&server, "/orders/ws?cancel_on_disconnect=true", Some(&key)).unwrap();
    assert_eq!(next(&mut desk, |_| true)["res"]["cod"], true);
    let order = json!({"rid": 1, "t": "p", "s": symbol, "d": "B", "q": 2, "p": price, "tif": "GTC", "cid": 9});
    let oid = ask(&mut desk, &order)["res"]["oid"].clone();
    assert_eq!(next(&mut desk, |m| m["t"] == "n")["o"]["oid"], oid);
    let told = witness.next(&channel);
    assert_eq!((&told["bids"][0][0], &told["bids"][0][2]), (&json!("new"), &json!(2 * 730)));

    // The same account on the first face knows the order too.
    let mut alice = Client::dial(&server, "alice");
    let open = alice.ask("private/get_open_orders", &json!({}));
    assert_eq!((&open[0]["instrument_name"], open.as_array().map(Vec::len)), (&json!(own), Some(1)));
    let edited = json!({"order_id": open[0]["order_id"], "amount": 730, "price": open[0]["price"]});
    alice.ask("private/edit", &edited);
    let replaced = next(&mut desk, |m| m["t"] == "r");
    assert_eq!((&replaced["ro"]["oid"], &replaced["no"]["q"]), (&oid, &json!(1)), "edited there, replaced here");

    let MaybeTlsStream::Plain(stream) = desk.get_ref() else { panic!("no TLS here") };
    stream.shutdown(Shutdown::Both).unwrap();
    assert_eq!(witness.next(&channel)["bids"][0][0], "change");
    assert_eq!(witness.next(&channel)["bids"][0][0], "delete");
    assert_eq!(get(&server, "/orders/open-orders", &key)["total_count"], 0);
    server.stop();
}

#[test]
fn harm_on_one_socket_is_noticed_by_no_other() {
    let server = paused();
    let key = token(&server, "alice");
    let mut witness = Client::dial(&server, "bob");
    for (target, word) in [("/md/ws", "error"), ("/orders/ws", "err")] {
        let mut socket = dial(&server, target, Some(&key)).unwrap();
        for harm in ["[".repeat(10_000), "x".repeat(100_000), "\u{0}".to_owned()] {
            socket.send(Message::text(harm)).unwrap();
            let answer = next(&mut socket, |message| message["rid"].is_null() && message.get("t").is_none());
            assert_eq!(answer[word]["code"], 400, "{target}: {answer}");
        }
        // The other side may hang up before all of it is sent.
        drop(socket.send(Message::text("x".repeat(64 << 20))));
        while socket.read().is_ok() {}
        witness.ask("public/get_time", &json!({}));
    }
    let mut half: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(server.addr).unwrap()).collect();
    for stream in &mut half {
        stream.write_all(b"GET /orders/ws HTTP/1.1\r\nHost: 127.0.0.1").unwrap();
    }
    witness.ask("public/get_time", &json!({}));
    assert!(get(&server, "/api/whoami", &key)["id"] == "alice");
    server.stop();
}

#[test]
fn what_both_faces_did_is_replayed_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inputs.log");
    let span = Duration::from_secs(6);
    let config = ServerConfig {
        seed: 6,
        start: Some(Utc::from_millis(1_795_188_600_000)),
        duration: Some(span),
        log_inputs: Some(path.clone()),
        ..ServerConfig::default()
    };
    let kept = Kept::default();
    let server = ExchangeServer::start_printing(config, Some(Box::new(kept.clone()))).unwrap();
    let key = token(&server, "alice");
    let (symbol, ..) = contract(&server, &key);
    let mut desk = dial(&server, "/orders/ws?cancel_on_disconnect=true", Some(&key)).unwrap();
    let mut other = Client::dial(&server, "bob");
    for rid in 1..25 {
        let preview = get(&server, &format!("/api/ticker?symbol={symbol}"), &key);
        let price = preview["ticker"]["ap"].as_str().unwrap();
        let tif = if rid % 2 == 0 { "IOC" } else { "GTC" };
        let order = json!({"rid": rid, "t": "p", "s": symbol, "d": "B", "q": 1, "p": price, "tif": tif, "cid": rid});
        assert!(ask(&mut desk, &order)["res"]["oid"].is_string());
        ask(&mut desk, &json!({"rid": 1_000 + rid, "t": "r", "cid": rid, "q": 2}));
        other.ask("private/get_positions", &json!({}));
    }
    drop(desk);
    server.wait().unwrap();

    let live = String::from_utf8(std::mem::take(&mut *kept.0.lock().unwrap())).unwrap();
    let log = InputLog::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(log.inputs.len() > 30, "{} inputs", log.inputs.len());
    let (data, calendar) = (Arc::new(CatalogueData::embedded().unwrap()), Arc::new(Calendar::us().unwrap()));
    let config = sim::Config { seed: log.header.seed, start: log.header.start, rate: log.header.rate, data, calendar };
    let mut text = String::new();
    let keep = |lines: &str| {
        text.push_str(lines);
        Ok::<_, Infallible>(())
    };
    print_run(&config, span, Some(&log), keep).unwrap();
    assert!(live.contains(" fill ") && live == text, "the replay differs");
}
