//! One document over HTTPS, on request: bounded in size and time, watched and cancelled through a callback. Nothing goes out that was
//! not asked for, nothing but the address and the program's name is told, nothing is kept.
//!
//! Plain HTTP is refused except to this machine. Certificates are checked against the bundled web roots. Redirects are followed a few
//! times, under the same rules.

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

const MOST_REDIRECTS: usize = 4;
/// How often the callback is asked while nothing arrives.
const TICK: Duration = Duration::from_millis(100);
const USER_AGENT: &str = concat!("tenor/", env!("CARGO_PKG_VERSION"));

/// Where a fetch ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub bytes: u64,
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 64 << 20, time: Duration::from_secs(60) }
    }
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub received_bytes: u64,
    /// If the server said so.
    pub expected_bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("{0} is no address of a document")]
    Address(String),
    #[error("{0} is not encrypted; only https:// is fetched")]
    NotEncrypted(String),
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: String },
    #[error("{host} cannot be trusted: {why}")]
    Tls { host: String, why: String },
    #[error("{host} answered {status}")]
    Status { host: String, status: u16 },
    #[error("too many redirects")]
    Redirects,
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    #[error("no whole answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("cancelled")]
    Cancelled,
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// Fetches `url`. `watch` is called ten times a second and once at the end; breaking cancels, as dropping the future does.
///
/// # Errors
/// [`FetchError`], also for any answer but 200.
pub async fn fetch(
    url: &str,
    bounds: Bounds,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Vec<u8>, FetchError> {
    let meter = Meter::default();
    let transfer = follow(url, bounds.bytes, &meter);
    let deadline = tokio::time::sleep(bounds.time);
    tokio::pin!(transfer, deadline);
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            done = &mut transfer => {
                return match watch(meter.read()) {
                    ControlFlow::Continue(()) => done,
                    ControlFlow::Break(()) => Err(FetchError::Cancelled),
                };
            }
            () = &mut deadline => return Err(FetchError::TimedOut(bounds.time)),
            _ = tick.tick() => {
                if watch(meter.read()).is_break() {
                    return Err(FetchError::Cancelled);
                }
            }
        }
    }
}

/// [`fetch`] for threads without a runtime.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_blocking(
    url: &str,
    bounds: Bounds,
    watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Vec<u8>, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| FetchError::Broken(error.to_string()))?;
    let done = runtime.block_on(fetch(url, bounds, watch));
    // A name look-up may hang in a thread of its own; nobody waits for it.
    runtime.shutdown_background();
    done
}

#[derive(Default)]
struct Meter {
    received: AtomicU64,
    /// One more than expected, zero for unknown.
    expected: AtomicU64,
}

impl Meter {
    fn read(&self) -> Progress {
        Progress {
            received_bytes: self.received.load(Ordering::Relaxed),
            expected_bytes: self.expected.load(Ordering::Relaxed).checked_sub(1),
        }
    }
}

/// An address that may be fetched.
struct Target {
    uri: Uri,
    host: String,
    port: u16,
    is_encrypted: bool,
}

impl Target {
    fn parse(url: &str) -> Result<Self, FetchError> {
        let wrong = || FetchError::Address(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if host.parse().is_ok_and(|address: IpAddr| address.is_loopback()) => false,
            Some("http") => return Err(FetchError::NotEncrypted(url.to_owned())),
            _ => return Err(wrong()),
        };
        let port = authority.port_u16().unwrap_or(if is_encrypted { 443 } else { 80 });
        Ok(Self { host, port, is_encrypted, uri })
    }

    /// The address that a `Location` names, seen from here.
    fn redirected(&self, location: &str) -> Result<Self, FetchError> {
        let next = if location.starts_with('/') && !location.starts_with("//") {
            let (scheme, authority) = (self.uri.scheme_str(), self.uri.authority());
            format!(
                "{}://{}{location}",
                scheme.unwrap_or("https"),
                authority.map_or("", |authority| authority.as_str())
            )
        } else {
            location.to_owned()
        };
        let next = Self::parse(&next)?;
        if self.is_encrypted && !next.is_encrypted {
            Err(FetchError::NotEncrypted(location.to_owned()))
        } else {
            Ok(next)
        }
    }

    fn unreachable(&self, why: &impl ToString) -> FetchError {
        FetchError::Unreachable { host: self.host.clone(), why: why.to_string() }
    }

    fn tls(&self, why: &impl ToString) -> FetchError {
        FetchError::Tls { host: self.host.clone(), why: why.to_string() }
    }
}

async fn follow(url: &str, most_bytes: u64, meter: &Meter) -> Result<Vec<u8>, FetchError> {
    let mut target = Target::parse(url)?;
    for _ in 0..=MOST_REDIRECTS {
        // Dropped with the round: the connection's task ends with it.
        let mut connection = JoinSet::new();
        let response = ask(&target, &mut connection).await?;
        match response.status() {
            StatusCode::OK => return body(response, most_bytes, meter).await,
            status if status.is_redirection() => {
                let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
                let missing = FetchError::Status { host: target.host.clone(), status: status.as_u16() };
                target = target.redirected(location.ok_or(missing)?)?;
            }
            status => return Err(FetchError::Status { host: target.host, status: status.as_u16() }),
        }
    }
    Err(FetchError::Redirects)
}

async fn ask(target: &Target, connection: &mut JoinSet<()>) -> Result<Response<Incoming>, FetchError> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await.map_err(|e| target.unreachable(&e))?;
    if !target.is_encrypted {
        return exchange(target, stream, connection).await;
    }
    let name = ServerName::try_from(target.host.clone()).map_err(|error| target.tls(&error))?;
    let stream = TlsConnector::from(trust()).connect(name, stream).await.map_err(|error| target.tls(&error))?;
    exchange(target, stream, connection).await
}

fn trust() -> Arc<ClientConfig> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

async fn exchange(
    target: &Target,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    connection: &mut JoinSet<()>,
) -> Result<Response<Incoming>, FetchError> {
    let (mut sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    connection.spawn(async move {
        // What goes wrong here the request's own future says too.
        drop(driver.await);
    });
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    let host = target.uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::get(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Address(error.to_string()))?;
    sender.send_request(request).await.map_err(broken)
}

async fn body(mut response: Response<Incoming>, most_bytes: u64, meter: &Meter) -> Result<Vec<u8>, FetchError> {
    let expected = response.headers().get(header::CONTENT_LENGTH);
    let expected: Option<u64> = expected.and_then(|value| value.to_str().ok()?.parse().ok());
    meter.expected.store(expected.map_or(0, |bytes| bytes.saturating_add(1)), Ordering::Relaxed);
    if expected.is_some_and(|bytes| bytes > most_bytes) {
        return Err(FetchError::TooLarge(most_bytes));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = response.frame().await {
        let Ok(piece) = frame.map_err(broken)?.into_data() else { continue };
        if (bytes.len() + piece.len()) as u64 > most_bytes {
            return Err(FetchError::TooLarge(most_bytes));
        }
        bytes.extend_from_slice(&piece);
        meter.received.store(bytes.len() as u64, Ordering::Relaxed);
    }
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "stands where map_err wants a function of the error")]
fn broken(error: hyper::Error) -> FetchError {
    FetchError::Broken(error.to_string())
}
