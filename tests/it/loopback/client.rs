//! A client of the exchange that shares nothing with ours but the socket library: what the venue tells it is the second opinion.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

pub struct Client {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl Client {
    /// Connects and logs in.
    pub fn connect(url: &str, client_id: &str) -> Self {
        let (socket, _) = connect(url).unwrap();
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        }
        let mut client = Self { socket, last_id: 0 };
        let login = json!({"grant_type": "client_credentials", "client_id": client_id, "client_secret": "x"});
        client.call("public/auth", &login);
        client
    }

    /// The result of one request.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.socket.send(Message::text(request.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == id {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// The result of a request that answers with a list.
    pub fn list(&mut self, method: &str, params: &Value) -> Vec<Value> {
        match self.call(method, params) {
            Value::Array(items) => items,
            other => panic!("{method}: no list: {other}"),
        }
    }
}
