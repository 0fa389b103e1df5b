//! The sockets: HTTP requests, and WebSockets that grow out of them. Requests of browsers from elsewhere are refused before anything
//! is read.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request as HttpRequest, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::control::{self, ControlToken};
use super::{CLIENT_MESSAGES, CLIENT_SNAPSHOTS};
use crate::exchange::engine::ConnectionId;
use crate::exchange::gateways::ax::{self, Admission};

/// What the sockets bring.
pub enum Request {
    /// Somebody wants a socket that is not open to everybody.
    Knock {
        target: String,
        authorization: Option<String>,
        reply: oneshot::Sender<Result<Admission, (u16, String)>>,
    },
    Opened {
        id: ConnectionId,
        face: Face,
        outbox: mpsc::Sender<Outgoing>,
        task: AbortHandle,
    },
    Text {
        id: ConnectionId,
        body: Utf8Bytes,
    },
    /// A control frame.
    Alive {
        id: ConnectionId,
    },
    Closed {
        id: ConnectionId,
    },
    Http {
        call: OwnedCall,
        reply: oneshot::Sender<(u16, String)>,
    },
    /// A call of the control channel; whoever made it may.
    Control {
        body: Vec<u8>,
        reply: oneshot::Sender<(u16, String)>,
    },
}

/// In which language a socket speaks.
#[derive(Clone, Copy, Debug)]
pub enum Face {
    Deribit,
    Ax(Admission),
}

impl Face {
    /// How many messages may wait for a client. Frames of the second face hold whole books: fewer of them.
    const fn mailbox(self) -> usize {
        match self {
            Self::Deribit => CLIENT_MESSAGES,
            Self::Ax(_) => CLIENT_SNAPSHOTS,
        }
    }
}

/// A call of a gateway on its way between tasks.
pub struct OwnedCall {
    pub method: String,
    pub target: String,
    pub authorization: Option<String>,
    pub body: Vec<u8>,
}

/// What the floor has for one client.
pub enum Outgoing {
    Text(Arc<str>),
    /// The last word.
    Close(&'static str),
}

const SOCKET_PATH: &str = "/ws/api/v2";
/// Longer texts end the connection; what is merely too long for the protocol gets an answer.
const MAX_FRAME_BYTES: usize = 1 << 20;
const MAX_CONNECTIONS: usize = 256;
/// A caller who has not finished his request by then is let go: he holds a place that others could have.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);
/// Messages that one flush covers.
const SEND_BATCH: usize = 512;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

struct Door {
    floor: mpsc::Sender<Request>,
    next_id: AtomicU64,
    open: tokio::sync::Semaphore,
    /// Where we listen, when only this machine may call.
    loopback: bool,
    control: Option<ControlToken>,
}

pub async fn accept(listener: TcpListener, floor: mpsc::Sender<Request>, control: Option<ControlToken>) {
    let loopback = listener.local_addr().is_ok_and(|addr| addr.ip().is_loopback());
    let open = tokio::sync::Semaphore::new(MAX_CONNECTIONS);
    let door = Arc::new(Door { floor, next_id: AtomicU64::new(1), open, loopback, control });
    loop {
        tokio::select! {
            () = door.floor.closed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => drop(tokio::spawn(serve(stream, peer, door.clone()))),
                Err(error) => {
                    // Out of file handles, for one: it passes.
                    tracing::warn!(%error, "a caller could not be let in");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, door: Arc<Door>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, %peer, "no TCP_NODELAY");
    }
    let Ok(_permit) = door.open.try_acquire() else {
        tracing::warn!(%peer, "too many connections");
        return;
    };
    // The HTTP side is done when a WebSocket takes over; the permit must outlive that, so wait for it.
    let (done, finished) = oneshot::channel::<()>();
    let done = Arc::new(std::sync::Mutex::new(Some(done)));
    let service = service_fn(|request| {
        let (door, done) = (door.clone(), done.clone());
        async move { Ok::<_, Infallible>(answer(request, peer, &door, &done).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.with_upgrades().await {
        tracing::debug!(%error, %peer, "HTTP connection ended");
    }
    drop(done);
    // An error means that the sender is gone, which is the news.
    let _ = finished.await;
}

type Done = std::sync::Mutex<Option<oneshot::Sender<()>>>;

async fn answer(
    mut request: HttpRequest<Incoming>,
    peer: SocketAddr,
    door: &Arc<Door>,
    done: &Done,
) -> Response<Full<Bytes>> {
    if let Err(why) = may_call(request.headers(), door.loopback) {
        return plain(StatusCode::FORBIDDEN, why);
    }
    let path = request.uri().path().trim_end_matches('/');
    if path == SOCKET_PATH || ax::is_socket(path) {
        let Some(key) = socket_key(&request) else {
            return plain(StatusCode::UPGRADE_REQUIRED, "this address speaks WebSocket");
        };
        let face = match ax::is_socket(path) {
            false => Face::Deribit,
            true => match knock(&request, door).await {
                Ok(admission) => Face::Ax(admission),
                Err(refusal) => return refusal,
            },
        };
        let upgrade = hyper::upgrade::on(&mut request);
        let door = door.clone();
        let done = done.lock().ok().and_then(|mut slot| slot.take());
        tokio::spawn(async move {
            match upgrade.await {
                Ok(upgraded) => socket(TokioIo::new(upgraded), face, door).await,
                Err(error) => tracing::debug!(%error, "a WebSocket did not come about"),
            }
            drop(done);
        });
        return switch(&key);
    }
    if request.uri().path() == control::PATH {
        return match may_control(&request, peer, door) {
            true => call(request, door, |_, body, reply| Request::Control { body, reply }).await,
            false => plain(StatusCode::FORBIDDEN, "the control channel is closed to you"),
        };
    }
    call(request, door, |head, body, reply| {
        let call = OwnedCall {
            method: head.method.as_str().to_owned(),
            target: target(&head.uri),
            authorization: authorization(&head.headers).map(str::to_owned),
            body,
        };
        Request::Http { call, reply }
    })
    .await
}

/// Asks the floor whether a socket may be opened.
async fn knock(request: &HttpRequest<Incoming>, door: &Door) -> Result<Admission, Response<Full<Bytes>>> {
    let closing = || plain(StatusCode::SERVICE_UNAVAILABLE, "the exchange is closing");
    let (reply, answer) = oneshot::channel();
    let knock = Request::Knock {
        target: target(request.uri()),
        authorization: authorization(request.headers()).map(str::to_owned),
        reply,
    };
    door.floor.send(knock).await.map_err(|_| closing())?;
    answer.await.map_err(|_| closing())?.map_err(|(status, text)| json(status, text))
}

/// Only from this machine, and only with the run's token.
fn may_control(request: &HttpRequest<Incoming>, peer: SocketAddr, door: &Door) -> bool {
    let shown = authorization(request.headers()).unwrap_or_default();
    request.method() == Method::POST
        && peer.ip().is_loopback()
        && door.control.as_ref().is_some_and(|token| token.is_shown_in(shown))
}

/// Path and query.
fn target(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(String::new, ToString::to_string)
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

/// Extensions are declined by not being named.
fn switch(key: &str) -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// The accept key of a proper WebSocket request.
fn socket_key(request: &HttpRequest<Incoming>) -> Option<String> {
    let headers = request.headers();
    let names = |name: header::HeaderName, wanted: &str| {
        let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        text.split(',').any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    let proper = request.method() == Method::GET
        && names(header::CONNECTION, "upgrade")
        && names(header::UPGRADE, "websocket")
        && names(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| proper)?;
    Some(derive_accept_key(key.as_bytes()))
}

/// Programs send no `Origin`; a page may only talk to the host it came from. On loopback the host must be this machine, so that no
/// foreign name can be pointed at us.
fn may_call(headers: &HeaderMap, loopback: bool) -> Result<(), &'static str> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or_default();
    if loopback && !["localhost", "127.0.0.1", "[::1]"].contains(&without_port(host)) {
        return Err("unknown host");
    }
    match text(header::ORIGIN) {
        Some(origin) if origin.split_once("://").is_none_or(|(_, rest)| without_port(rest) != without_port(host)) => {
            Err("foreign origin")
        }
        _ => Ok(()),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

/// One call over HTTP, as the floor takes it.
async fn call(
    request: HttpRequest<Incoming>,
    door: &Door,
    wrap: impl FnOnce(&Parts, Vec<u8>, oneshot::Sender<(u16, String)>) -> Request,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(REQUEST_PATIENCE, Limited::new(body, MAX_FRAME_BYTES).collect()).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
    };
    let (reply, answer) = oneshot::channel();
    let wrapped = wrap(&head, body.to_bytes().to_vec(), reply);
    if door.floor.send(wrapped).await.is_err() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "the exchange is closing");
    }
    let Ok((status, text)) = answer.await else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "the exchange is closing");
    };
    json(status, text)
}

fn json(status: u16, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// One WebSocket, from first to last frame.
async fn socket(stream: TokioIo<hyper::upgrade::Upgraded>, face: Face, door: Arc<Door>) {
    let id = ConnectionId(door.next_id.fetch_add(1, Ordering::Relaxed));
    let config =
        WebSocketConfig::default().max_message_size(Some(MAX_FRAME_BYTES)).max_frame_size(Some(MAX_FRAME_BYTES));
    let (outbox, mail) = mpsc::channel(face.mailbox());
    let floor = door.floor.clone();
    let (start, told) = oneshot::channel();
    let task = tokio::spawn(async move {
        // Nothing is read before the floor knows the connection.
        if told.await.is_err() {
            return;
        }
        let stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
        talk(id, stream, mail, &floor).await;
    });
    let opened = Request::Opened { id, face, outbox, task: task.abort_handle() };
    if door.floor.send(opened).await.is_ok() {
        // The task waits for nothing else.
        let _ = start.send(());
    } else {
        task.abort();
    }
    // Aborted or not, it is over.
    let _ = task.await;
    drop(door.floor.send(Request::Closed { id }).await);
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// Reads and writes side by side until either ends.
async fn talk(id: ConnectionId, stream: Socket, mut mail: mpsc::Receiver<Outgoing>, floor: &mpsc::Sender<Request>) {
    let (mut sink, mut frames) = stream.split();
    let reading = async {
        while let Some(Ok(frame)) = frames.next().await {
            let request = match frame {
                Message::Text(body) => Request::Text { id, body },
                Message::Binary(bytes) => match Utf8Bytes::try_from(bytes) {
                    Ok(body) => Request::Text { id, body },
                    // No text at all: the gateway's parser says so.
                    Err(_) => Request::Text { id, body: Utf8Bytes::from_static("\u{0}") },
                },
                Message::Close(_) => break,
                _ => Request::Alive { id },
            };
            if floor.send(request).await.is_err() {
                break;
            }
        }
    };
    let writing = async {
        let mut batch = Vec::with_capacity(SEND_BATCH);
        while mail.recv_many(&mut batch, SEND_BATCH).await > 0 {
            for outgoing in batch.drain(..) {
                let message = match outgoing {
                    Outgoing::Text(text) => Message::text(&*text),
                    Outgoing::Close(why) => {
                        let reason = Utf8Bytes::from_static(why);
                        Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason }))
                    }
                };
                let last = matches!(message, Message::Close(_));
                if sink.feed(message).await.is_err() || (last && sink.flush().await.is_ok()) {
                    return;
                }
            }
            if sink.flush().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
}
