//! `tenor exchange`: the exchange alone, on a socket for other clients, or printed without one. Both print the same lines.

use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::launch::DEFAULT_RATE;
use super::scenario::scenario;
use super::{say, say_error};
use crate::cli::{ExchangeArgs, Pace};
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::CatalogueData;
use crate::exchange::sim::{self, Header, Input, InputLog, Stamped};
use crate::shell::exchange_server::{ControlToken, EventSink, ExchangeServer, ServerConfig};
use crate::shell::files;

const DEFAULT_SEED: u64 = 1;
const DEFAULT_LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 7_777);

pub fn run(args: &ExchangeArgs) -> anyhow::Result<()> {
    args.check().map_err(anyhow::Error::msg)?;
    match (args.pace, args.duration) {
        (Pace::Max, Some(duration)) => print(args, duration),
        _ => serve(args),
    }
}

fn serve(args: &ExchangeArgs) -> anyhow::Result<()> {
    let rate = args.market.rate.unwrap_or(DEFAULT_RATE);
    let control = args.control.as_ref().map(|_| ControlToken::new()).transpose()?;
    let listen = args.listen.unwrap_or_else(|| SocketAddr::from(DEFAULT_LISTEN));
    let config = ServerConfig {
        listen,
        seed: args.market.seed.unwrap_or(DEFAULT_SEED),
        start: args.start,
        duration: args.duration,
        rate,
        speed: args.speed,
        scenario: scenario(args.market.scenario.as_deref())?,
        log_inputs: args.record.clone(),
        data: args.data.clone(),
        control: control.clone(),
    };
    let events = args.print.map(|_| Box::new(BufWriter::new(io::stdout())) as EventSink);
    let say = if events.is_some() { say_error } else { say };
    let about = config.scenario.as_ref().map(|scenario| format!("  scenario   {}: {}", scenario.name, scenario.about));
    let server = ExchangeServer::start_printing(config, events)?;
    say(&format!("SIMULATED exchange, {rate} messages/s; no real money, no real market"));
    say(&format!("  WebSocket  {}", server.url()));
    say(&format!("  HTTP       http://{}/api/v2", server.addr));
    about.iter().for_each(|line| say(line));
    if let (Some(path), Some(token)) = (&args.control, &control) {
        // After the start: whoever waits for the file may call at once.
        let told = serde_json::json!({ "url": format!("http://{}/control", server.addr), "token": token.reveal() });
        files::write_atomically(path, told.to_string().as_bytes())
            .with_context(|| format!("the token cannot be written to {}", path.display()))?;
        say(&format!("  control    http://{}/control, token in {}", server.addr, path.display()));
    }
    if !listen.ip().is_loopback() {
        say("  anyone who reaches this address can trade here");
    }
    match server.wait() {
        Err(error) if error.downcast_ref().is_some_and(is_hang_up) => Ok(()),
        ended => ended,
    }
}

/// The reader had enough: `| head` is no error.
fn is_hang_up(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

fn print(args: &ExchangeArgs, duration: Duration) -> anyhow::Result<()> {
    let inputs = args.inputs.as_deref().map(read_inputs).transpose()?;
    let header = origin(args, inputs.as_ref())?;
    let Header { seed, start, rate } = header;
    let inputs = match scenario(args.market.scenario.as_deref())? {
        None => inputs,
        Some(scenario) => {
            let speed = scenario.speed.map(|speed| Stamped { at: start, input: Input::Speed(speed) });
            Some(InputLog { header, inputs: speed.into_iter().chain(scenario.inputs(start)).collect() })
        }
    };
    let config = sim::Config {
        seed,
        start,
        rate,
        data: Arc::new(CatalogueData::embedded()?),
        calendar: Arc::new(Calendar::us()?),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = sim::print_run(&config, duration, inputs.as_ref(), |lines| out.write_all(lines.as_bytes()));
    match printed.and_then(|()| out.flush().map_err(sim::RunError::Sink)) {
        Err(sim::RunError::Sink(error)) if is_hang_up(&error) => Ok(()),
        done => Ok(done?),
    }
}

/// What the run is made from: a log knows it, and arguments may repeat it.
fn origin(args: &ExchangeArgs, inputs: Option<&InputLog>) -> anyhow::Result<Header> {
    let Some(log) = inputs else {
        let start = args.start.context("--start is missing")?;
        let (seed, rate) = (args.market.seed.unwrap_or(DEFAULT_SEED), args.market.rate.unwrap_or(DEFAULT_RATE));
        return Ok(Header { seed, start, rate });
    };
    let Header { seed, start, rate } = log.header;
    let differs = args.market.seed.is_some_and(|asked| asked != seed)
        || args.start.is_some_and(|asked| asked != start)
        || args.market.rate.is_some_and(|asked| asked != rate);
    if differs {
        bail!("the log was recorded with seed {seed} and rate {rate} from {start}: leave out what contradicts it");
    }
    Ok(log.header)
}

fn read_inputs(path: &Path) -> anyhow::Result<InputLog> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    InputLog::parse(&text).with_context(|| format!("{} is no input log", path.display()))
}
