//! `tenor exchange --data DIR`, killed without a word at whatever it was doing: what it acknowledged is there again, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenor::base::rng::Rng;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

const LIVES: u64 = 8;
const CLIENTS: [&str; 2] = ["desk-1", "desk-2"];
const TOO_MANY_REQUESTS: i64 = 10_028;
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `tenor exchange`.
struct Venue {
    process: Child,
    url: String,
}

impl Venue {
    fn start(folder: &Path, seed: u64) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tenor"))
            .args(["exchange", "--listen", "127.0.0.1:0", "--rate", "400", "--seed", &seed.to_string(), "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = told
            .map(|line| line.unwrap())
            .find_map(|line| line.split_whitespace().find(|word| word.starts_with("ws://")).map(str::to_owned));
        Self { process, url: url.unwrap() }
    }

    /// SIGKILL: no handler, no farewell.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// What one client asked for and what it was told, over all lives.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Labels of orders that were sent.
    sent: BTreeSet<String>,
    /// By order id, as the last answer about it put it.
    told: BTreeMap<String, Value>,
    /// Orders whose cancel was sent and not answered.
    doubtful: BTreeSet<String>,
}

struct Caller {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl Caller {
    fn connect(url: &str, client: &str) -> Self {
        let (socket, _) = connect(url).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        let mut caller = Self { socket, last_id: 0 };
        let login = json!({"grant_type": "client_credentials", "client_id": client, "client_secret": "x"});
        caller.result("public/auth", &login);
        // Whose connection ends shall find the orders all the same.
        caller.result("private/disable_cancel_on_disconnect", &json!({}));
        caller
    }

    /// The whole answer; `None` when the exchange is gone.
    fn call(&mut self, method: &str, params: &Value) -> Option<Value> {
        self.last_id += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params});
        self.socket.send(Message::text(request.to_string())).ok()?;
        loop {
            let Message::Text(text) = self.socket.read().ok()? else { continue };
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == self.last_id {
                return Some(answer);
            }
        }
    }

    fn result(&mut self, method: &str, params: &Value) -> Value {
        loop {
            let mut answer = self.call(method, params).unwrap();
            if answer["error"]["code"] == TOO_MANY_REQUESTS {
                continue;
            }
            assert!(answer["error"].is_null(), "{method}: {answer}");
            return answer["result"].take();
        }
    }
}

/// Places, edits, cancels and takes until the exchange is gone.
fn trade(
    url: &str,
    client: &str,
    instrument: &str,
    price: f64,
    mut known: Known,
    seed: u64,
    gone: &AtomicBool,
) -> Known {
    let mut rng = Rng::new(seed);
    let mut caller = Caller::connect(url, client);
    while !gone.load(Ordering::Relaxed) {
        let working: Vec<String> = known
            .told
            .iter()
            .filter(|(id, order)| order["order_state"] == "open" && !known.doubtful.contains(*id))
            .map(|(id, _)| id.clone())
            .collect();
        let pick = working.get(rng.below(working.len() as u64 + 1) as usize).cloned();
        let answer = match (rng.below(5), pick) {
            (0, Some(id)) => {
                known.doubtful.insert(id.clone());
                let answer = caller.call("private/cancel", &json!({"order_id": id}));
                answer.map(|answer| (id, answer["result"].clone()))
            }
            (1, Some(id)) => {
                known.doubtful.insert(id.clone());
                let edit = json!({"order_id": id, "contracts": 2 + rng.below(3), "price": price});
                let answer = caller.call("private/edit", &edit);
                answer.map(|answer| (id, answer["result"]["order"].clone()))
            }
            (takes, _) => {
                let label = format!("{client} {}", known.sent.len());
                known.sent.insert(label.clone());
                let kind = if takes == 2 { "market" } else { "limit" };
                let mut order = json!({"instrument_name": instrument, "contracts": 1, "type": kind, "label": label});
                if kind == "limit" {
                    order["price"] = json!(price);
                }
                let side = if takes == 2 && rng.chance(0.5) { "private/sell" } else { "private/buy" };
                let answer = caller.call(side, &order);
                answer.map(|answer| {
                    let order = answer["result"]["order"].clone();
                    (order["order_id"].as_str().unwrap_or_default().to_owned(), order)
                })
            }
        };
        let Some((id, order)) = answer else { break };
        known.doubtful.remove(&id);
        if order.is_object() {
            known.told.insert(id, order);
        }
    }
    known
}

/// Everything the exchange says now agrees with everything it ever said.
fn check(url: &str, client: &str, known: &mut Known) {
    let mut caller = Caller::connect(url, client);
    let open = caller.result("private/get_open_orders", &json!({}));
    let open: BTreeMap<String, Value> = open
        .as_array()
        .unwrap()
        .iter()
        .map(|order| (order["order_id"].as_str().unwrap().to_owned(), order.clone()))
        .collect();
    for (id, told) in &mut known.told {
        let now = caller.result("private/get_order_state", &json!({"order_id": id}));
        for same in ["label", "direction", "instrument_name", "order_type", "creation_timestamp"] {
            assert_eq!(now[same], told[same], "{same} of {id}: told {told}, is {now}");
        }
        if !known.doubtful.contains(id) {
            for same in ["order_state", "contracts", "filled_amount", "average_price", "price"] {
                assert_eq!(now[same], told[same], "{same} of {id}: told {told}, is {now}");
            }
        }
        assert_eq!(now["order_state"] == "open", open.contains_key(id), "{id}");
        *told = now;
    }
    known.doubtful.clear();
    for (id, order) in open {
        let label = order["label"].as_str().unwrap();
        assert!(known.sent.contains(label), "{label} was never sent");
        known.told.entry(id).or_insert(order);
    }
}

#[test]
fn whatever_kills_it_no_acknowledged_order_is_lost_and_none_is_invented() {
    let folder = tempfile::tempdir().unwrap();
    let mut known: BTreeMap<&str, Known> = CLIENTS.iter().map(|client| (*client, Known::default())).collect();
    let mut rng = Rng::new(41);
    for life in 0..LIVES {
        let venue = Venue::start(folder.path(), life);
        for (client, known) in &mut known {
            check(&venue.url, client, known);
        }
        let mut caller = Caller::connect(&venue.url, "onlooker");
        let listed = caller.result("public/get_instruments", &json!({"currency": "USDC", "kind": "future"}));
        let listed =
            listed.as_array().unwrap().iter().find(|one| one["instrument_name"].as_str().unwrap().starts_with("H100"));
        let listed = listed.unwrap();
        let instrument = listed["instrument_name"].as_str().unwrap();
        let ticker = caller.result("public/ticker", &json!({"instrument_name": instrument}));
        let tick = listed["tick_size"].as_f64().unwrap();
        let mark = ticker["mark_price"].as_f64().unwrap();
        let price = ((mark * 0.92) / tick).floor() * tick;
        let price = (price * 1e6).round() / 1e6;
        let gone = Arc::new(AtomicBool::new(false));
        let traders: Vec<_> = CLIENTS
            .iter()
            .map(|client| {
                let (url, gone) = (venue.url.clone(), gone.clone());
                let (instrument, known) = (instrument.to_owned(), known[client].clone());
                let seed = rng.next_u64();
                let client = *client;
                let run = move || (client, trade(&url, client, &instrument, price, known, seed, &gone));
                thread::spawn(run)
            })
            .collect();
        // At any moment: in the middle of a request as well as between two.
        let end = Instant::now() + Duration::from_micros(150_000 + rng.below(400_000));
        while Instant::now() < end {
            thread::yield_now();
        }
        venue.kill();
        gone.store(true, Ordering::Relaxed);
        known = traders.into_iter().map(|trader| trader.join().unwrap()).collect();
    }
    let venue = Venue::start(folder.path(), LIVES);
    for (client, known) in &mut known {
        check(&venue.url, client, known);
        assert!(known.told.len() > 40, "{client}: {}", known.told.len());
    }
    venue.kill();
}
