//! Other people's client: unmodified ccxt against the embedded exchange. `TENOR_TEST_PYTHON` names a Python that has ccxt.

use std::process::Command;

use tenor::shell::exchange_server::{ExchangeServer, ServerConfig};

#[test]
fn unmodified_ccxt_loads_markets_watches_a_book_and_trades() {
    let python = std::env::var("TENOR_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let importable = Command::new(&python).args(["-c", "import ccxt.pro"]).output().is_ok_and(|o| o.status.success());
    if !importable {
        assert!(std::env::var_os("TENOR_TEST_PYTHON").is_none(), "{python} cannot import ccxt.pro");
        println!("NOT CHECKED: {python} has no ccxt; set TENOR_TEST_PYTHON to one that has (tests/clients/README.md)");
        return;
    }
    let server = ExchangeServer::start(ServerConfig::default()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/ccxt_deribit.py");
    let run = Command::new(&python).args([script, &format!("http://{}", server.addr)]).output().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    println!("{said}");
    assert!(run.status.success(), "{said}\n{complained}");
}
