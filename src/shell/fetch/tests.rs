//! Fetches from a listener of this machine that answers with canned bytes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;

use super::*;

/// Answers each caller with the next of `answers` and holds the connection open until the test is over, unless it ends in `<cut>`.
struct Server {
    address: SocketAddr,
    calls: mpsc::Receiver<(String, Option<TcpStream>)>,
}

impl Server {
    fn next_request(&self) -> String {
        self.calls.recv().unwrap().0
    }
}

fn serve(answers: Vec<String>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, calls) = mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let request = request(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
            let held = (!answer.ends_with("<cut>")).then_some(stream);
            if tell.send((request, held)).is_err() {
                return;
            }
        }
    });
    Server { address, calls }
}

fn request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        text.push(byte[0]);
        if text.first().is_some_and(|first| !first.is_ascii_alphabetic()) {
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

const BOUNDS: Bounds = Bounds { bytes: 1_000, time: Duration::from_secs(20) };

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn get(server: &Server, path: &str) -> Result<Vec<u8>, FetchError> {
    fetch_blocking(&format!("http://{}{path}", server.address), BOUNDS, |_| ControlFlow::Continue(()))
}

#[test]
fn brings_the_document_and_says_how_far_it_is() {
    let server = serve(vec![ok("prices")]);
    let mut last = Progress::default();
    let url = format!("http://{}/a/b?c=d", server.address);
    let bytes = fetch_blocking(&url, BOUNDS, |progress| {
        last = progress;
        ControlFlow::Continue(())
    });
    assert_eq!(bytes, Ok(b"prices".to_vec()));
    assert_eq!(last, Progress { received_bytes: 6, expected_bytes: Some(6) });
    let request = server.next_request().to_lowercase();
    assert!(request.starts_with("get /a/b?c=d http/1.1\r\n"), "{request}");
    assert!(
        request.contains(&format!("host: {}\r\n", server.address)) && request.contains("user-agent: tenor/"),
        "{request}"
    );
}

#[test]
fn chunks_make_a_whole() {
    let server =
        serve(vec!["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_owned()]);
    assert_eq!(get(&server, "/"), Ok(b"abcde".to_vec()));
}

#[test]
fn follows_redirects_but_not_for_ever() {
    let server =
        serve(vec!["HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n".to_owned(), ok("here")]);
    assert_eq!(get(&server, "/"), Ok(b"here".to_vec()));
    assert!(server.next_request().starts_with("GET / "));
    assert!(server.next_request().starts_with("GET /there "));
    let again = "HTTP/1.1 301 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_owned();
    assert_eq!(get(&serve(vec![again; 5]), "/"), Err(FetchError::Redirects));
    let away = "HTTP/1.1 302 Found\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n".to_owned();
    assert_eq!(get(&serve(vec![away]), "/"), Err(FetchError::NotEncrypted("http://example.com/".to_owned())));
}

#[test]
fn an_encrypted_address_never_redirects_to_a_plain_one() {
    let from = Target::parse("https://example.com/x").unwrap();
    let plain = "http://127.0.0.1/";
    assert_eq!(from.redirected(plain).err(), Some(FetchError::NotEncrypted(plain.to_owned())));
    let next = from.redirected("/y?z").unwrap();
    assert_eq!((next.uri.to_string().as_str(), next.port), ("https://example.com/y?z", 443));
}

#[test]
fn other_answers_are_errors() {
    let server = serve(vec!["HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno".to_owned()]);
    assert_eq!(get(&server, "/"), Err(FetchError::Status { host: "127.0.0.1".to_owned(), status: 404 }));
    let cut = serve(vec!["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf<cut>".to_owned()]);
    assert!(matches!(get(&cut, "/"), Err(FetchError::Broken(_))));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = fetch_blocking(&format!("http://{closed}/"), BOUNDS, |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(FetchError::Unreachable { .. })), "{refused:?}");
}

#[test]
fn takes_no_more_than_was_allowed() {
    let announced = serve(vec!["HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n".to_owned()]);
    assert_eq!(get(&announced, "/"), Err(FetchError::TooLarge(1_000)));
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1_000));
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(get(&serve(vec![format!("{head}{chunk}1\r\nx\r\n0\r\n\r\n")]), "/"), Err(FetchError::TooLarge(1_000)));
    assert_eq!(get(&serve(vec![format!("{head}{chunk}0\r\n\r\n")]), "/").map(|bytes| bytes.len()), Ok(1_000));
}

#[test]
fn a_silent_server_is_given_up_and_can_be_left() {
    let silent = || serve(vec!["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned()]);
    let (server, time) = (silent(), Duration::from_millis(150));
    let url = format!("http://{}/", server.address);
    let late = fetch_blocking(&url, Bounds { time, ..BOUNDS }, |_| ControlFlow::Continue(()));
    assert_eq!(late, Err(FetchError::TimedOut(time)));

    let server = silent();
    let left = fetch_blocking(&format!("http://{}/", server.address), BOUNDS, |progress| {
        if progress.received_bytes > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(left, Err(FetchError::Cancelled));
}

#[test]
fn only_encrypted_addresses_leave_this_machine() {
    let refused = |url: &str| fetch_blocking(url, BOUNDS, |_| ControlFlow::Continue(())).unwrap_err();
    for url in ["http://example.com/", "http://127.0.0.1.example.com/", "http://localhost/"] {
        assert_eq!(refused(url), FetchError::NotEncrypted(url.to_owned()));
    }
    for url in
        ["", "example.com", "ftp://127.0.0.1/", "https://", "https://user:secret@127.0.0.1/", "file:///etc/passwd"]
    {
        assert_eq!(refused(url), FetchError::Address(url.to_owned()));
    }
}

#[test]
fn a_server_without_tls_is_not_believed() {
    crate::shell::tls::install_provider();
    let server = serve(vec![ok("plain")]);
    let answer = fetch_blocking(&format!("https://{}/", server.address), BOUNDS, |_| ControlFlow::Continue(()));
    assert!(matches!(answer, Err(FetchError::Tls { .. })), "{answer:?}");
}
