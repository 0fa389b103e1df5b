//! `tenor exchange`: the exchange alone, on a socket for other clients, or printed without one.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::launch::DEFAULT_RATE;
use super::say;
use crate::base::time::Utc;
use crate::cli::{ExchangeArgs, Pace};
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::CatalogueData;
use crate::exchange::sim::{self, InputLog};
use crate::shell::exchange_server::{ExchangeServer, ServerConfig};

pub fn run(args: &ExchangeArgs) -> anyhow::Result<()> {
    match (args.print, args.start, args.duration) {
        (Some(_), Some(start), Some(duration)) => print(args, start, duration),
        _ if args.pace == Pace::Max => bail!("--pace max needs --print: clients live in real time"),
        _ => serve(args),
    }
}

fn serve(args: &ExchangeArgs) -> anyhow::Result<()> {
    let rate = args.market.rate.unwrap_or(DEFAULT_RATE);
    let server = ExchangeServer::start(ServerConfig {
        listen: args.listen,
        seed: args.market.seed.unwrap_or(1),
        start: args.start,
        rate,
        log_inputs: args.record.clone(),
    })?;
    say(&format!("SIMULATED exchange, {rate} messages/s; no real money, no real market"));
    say(&format!("  WebSocket  {}", server.url()));
    say(&format!("  HTTP       http://{}/api/v2", server.addr));
    if !args.listen.ip().is_loopback() {
        say("  anyone who reaches this address can trade here");
    }
    match args.duration {
        Some(span) => std::thread::sleep(span),
        None => loop {
            std::thread::sleep(Duration::from_secs(3_600));
        },
    }
    server.stop();
    Ok(())
}

fn print(args: &ExchangeArgs, start: Utc, duration: Duration) -> anyhow::Result<()> {
    let inputs = args.inputs.as_deref().map(read_inputs).transpose()?;
    let mut config = sim::Config {
        seed: args.market.seed.unwrap_or(1),
        start,
        rate: args.market.rate.unwrap_or(DEFAULT_RATE),
        data: Arc::new(CatalogueData::embedded()?),
        calendar: Arc::new(Calendar::us()?),
    };
    if let Some(log) = &inputs {
        (config.seed, config.start, config.rate) = (log.header.seed, log.header.start, log.header.rate);
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let printed = sim::print_run(&config, duration, inputs.as_ref(), |lines| out.write_all(lines.as_bytes()));
    match printed.and_then(|()| out.flush().map_err(sim::RunError::Sink)) {
        // The reader had enough: `| head` is no error.
        Err(sim::RunError::Sink(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

fn read_inputs(path: &Path) -> anyhow::Result<InputLog> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    InputLog::parse(&text).with_context(|| format!("{} is no input log", path.display()))
}
