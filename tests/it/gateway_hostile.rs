//! Clients that mean harm, or are merely broken, beside one that means well: they are answered or cut off, and it notices nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenor::shell::exchange_server::{ExchangeServer, ServerConfig, ServerHandle};
use tokio_tungstenite::tungstenite::{Message, connect};

use crate::gateway_sockets::{Client, far_bid, http};

/// Longer than anything that is not a fault.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the server lets in at once.
const MOST_CONNECTIONS: usize = 256;

/// A client in good standing on a running market.
struct Witness {
    client: Client,
    channel: String,
    last: Value,
}

impl Witness {
    fn of(server: &ServerHandle) -> Self {
        let mut client = Client::dial(server, "witness");
        let (name, _) = far_bid(&mut client);
        let channel = format!("book.{name}.raw");
        client.ask("private/subscribe", &json!({"channels": [channel]}));
        let last = client.next(&channel)["change_id"].clone();
        Self { client, channel, last }
    }

    /// It is answered at once, its book moves on, and not one change was lost.
    fn notices_nothing(&mut self, while_what: &str) {
        let asked = Instant::now();
        self.client.ask("public/get_time", &json!({}));
        assert!(asked.elapsed() < Duration::from_secs(2), "{while_what}: answered after {:?}", asked.elapsed());
        let mut fresh = 0;
        while fresh < 3 || !self.client.heard.is_empty() {
            fresh += usize::from(self.client.heard.is_empty());
            let change = self.client.next(&self.channel);
            assert_eq!(change["prev_change_id"], self.last, "{while_what}");
            self.last = change["change_id"].clone();
        }
    }
}

fn running() -> ServerHandle {
    ExchangeServer::start(ServerConfig { rate: 3_000.0, ..ServerConfig::default() }).unwrap()
}

#[test]
fn nesting_and_size_are_bounded() {
    let server = running();
    let mut witness = Witness::of(&server);
    let mut client = Client::dial(&server, "deep");
    for open in ["[", r#"{"a":"#, r#"{"id":1,"method":"public/get_time","params":["#] {
        client.socket.send(Message::text(open.repeat(10_000 / open.len()))).unwrap();
        assert!(!client.read()["error"].is_null());
    }
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep = format!(r#"{{"id":9,"method":"public/get_time","params":{{"x":{nested}}}}}"#);
    client.socket.send(Message::text(deep)).unwrap();
    assert_eq!(client.read()["id"], 9, "what nobody asks for is skipped, however deep");
    witness.notices_nothing("nested requests");

    // 64 MiB in one frame: the server hangs up on the header, the rest goes nowhere.
    let huge = "x".repeat(64 << 20);
    let sent = client.socket.send(Message::text(huge.as_str()));
    assert!(sent.is_err() || client.try_read().is_none(), "cut off");
    let (status, _) = http_or_hang_up(&server, &huge);
    assert!(status.is_empty() || status.contains("413"), "{status}");
    witness.notices_nothing("huge frames");
}

/// The server may answer before it has read all, and hang up on the rest.
fn http_or_hang_up(server: &ServerHandle, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.addr).unwrap();
    let length = body.len();
    let head = format!("POST /api/v2 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Length: {length}\r\n\r\n");
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    let mut text = String::new();
    if stream.read_to_string(&mut text).is_err() || sent.is_err() && text.is_empty() {
        return (String::new(), String::new());
    }
    (text.lines().next().unwrap_or_default().to_owned(), text)
}

#[test]
fn who_does_not_read_is_cut_off() {
    let server = running();
    let mut witness = Witness::of(&server);
    let mut deaf = Client::dial(&server, "deaf");
    let listed = deaf.ask("public/get_instruments", &json!({"currency": "any", "kind": "future"}));
    let names = listed.as_array().unwrap().iter().map(|i| i["instrument_name"].as_str().unwrap());
    let channels: Vec<String> = names.map(|name| format!("book.{name}.raw")).collect();
    deaf.ask("private/subscribe", &json!({"channels": channels}));
    server.set_rate(50_000.0);
    let begun = Instant::now();
    while server.stats().closed_slow == 0 {
        assert!(begun.elapsed() < PATIENCE, "still connected after {:?}", begun.elapsed());
        witness.client.next(&witness.channel.clone());
    }
    server.set_rate(3_000.0);
    assert_eq!(server.stats().connections, 1, "the witness is left");
    let answered = witness.client.ask("public/get_time", &json!({}));
    assert!(answered.is_number());
}

#[test]
fn five_hundred_callers_and_half_a_request_each() {
    let server = running();
    let mut witness = Witness::of(&server);
    // Nothing, half a request, half a handshake, half a body.
    let halves = [
        "",
        "GET /api/v2/public/test HT",
        "GET /ws/api/v2 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nUpgrade: websocket\r\n",
        "POST /api/v2 HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Length: 100\r\n\r\n{\"id\":1,",
    ];
    let mut callers: Vec<TcpStream> = (0..500)
        .map(|at| {
            let mut stream = TcpStream::connect(server.addr).unwrap();
            // Those over the limit are hung up on.
            drop(stream.write_all(halves[at % halves.len()].as_bytes()));
            stream
        })
        .collect();
    witness.notices_nothing("500 callers");
    for caller in &mut callers {
        caller.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut said = Vec::new();
        // A reset is as good an end as any; a timeout is none.
        if let Err(error) = caller.read_to_end(&mut said) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "still held: {error}");
        }
    }
    let (status, _) = http(&server, "GET /api/v2/public/test HTTP/1.1\r\nHost: 127.0.0.1:1", "");
    assert!(status.contains("200"), "their places are free again: {status}");

    // As many who keep their sockets: some are let in, the rest are hung up on, and closing makes room.
    let open: Vec<_> = (0..500).filter_map(|_| connect(server.url()).ok()).collect();
    assert!((MOST_CONNECTIONS / 2..MOST_CONNECTIONS).contains(&open.len()), "{} were let in", open.len());
    witness.notices_nothing("500 sockets");
    drop(open);
    let begun = Instant::now();
    while server.stats().connections > 1 {
        assert!(begun.elapsed() < PATIENCE);
    }
    Client::dial(&server, "late");
}
