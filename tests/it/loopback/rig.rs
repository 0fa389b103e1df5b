//! The shell's own server and terminal on one machine, as `tenor` starts them, less the screen.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tenor::base::time::Utc;
use tenor::core;
use tenor::domain::command::{Command, Intent, OrderIntent};
use tenor::domain::number::Side;
use tenor::shell::clock::Clock;
use tenor::shell::exchange_server::{ExchangeServer, ServerBook, ServerConfig, ServerHandle};
use tenor::shell::labels::Labels;
use tenor::shell::prices;
use tenor::shell::terminal::{self, Handle, Parts};
use tenor::venues::deribit::{Config, Credentials, Limits, MarketSession, OrderSession};
use tenor::view::View;
use tenor::view::session::Environment;

/// Everything here takes fractions of a second; a busy machine gets plenty.
const PATIENCE: Duration = Duration::from_secs(30);
/// States age without a publish: looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// A Friday afternoon, far from fixing and settlement.
const START: Utc = Utc(1_795_188_600_000_000_000);

pub const ACCOUNT: &str = "loopback";

pub struct Rig {
    pub server: ServerHandle,
    pub terminal: Handle,
    wakes: Receiver<()>,
    _folder: TempDir,
}

impl Rig {
    pub fn start(seed: u64, rate: f64) -> Self {
        Self::start_with(ServerConfig { seed, start: Some(START), rate, ..ServerConfig::default() })
    }

    pub fn start_with(config: ServerConfig) -> Self {
        let seed = config.seed;
        let server = ExchangeServer::start(config).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let labels = Labels::open(folder.path().join("orders.json"), seed).unwrap();
        let credentials = Credentials { client_id: ACCOUNT.to_owned(), client_secret: "x".to_owned().into() };
        let config = Config { limits: Limits::EMBEDDED, ..Config::new(Some(credentials), seed) };
        let parts = Parts {
            core: core::Config {
                account: "SIM-01".into(),
                venue: "embedded".into(),
                environment: Environment::Simulated,
                install: labels.install(),
            },
            url: server.url().into(),
            market: Box::new(MarketSession::new(config.clone())),
            orders: Box::new(OrderSession::new(config)),
            labels,
            kept: None,
            prices: prices::Config::default(),
            clock: Clock::start(),
        };
        let (waker, wakes) = sync_channel(1);
        // One waiting wake-up is as good as two.
        let wake = Arc::new(move || {
            let _ = waker.try_send(());
        });
        let terminal = terminal::start(parts, wake).unwrap();
        Self { server, terminal, wakes, _folder: folder }
    }

    /// The first view that `is_there`; a panic that says `what` was missing when none comes.
    pub fn wait(&self, what: &str, is_there: impl Fn(&View) -> bool) -> Arc<View> {
        let end = Instant::now() + PATIENCE;
        loop {
            self.terminal.take_wake();
            let view = self.terminal.view();
            if is_there(&view) {
                return view;
            }
            assert!(Instant::now() < end, "waited in vain until {what}; {}", self.describe(&view));
            // A wake-up or the time: either way the view is looked at.
            let _ = self.wakes.recv_timeout(LOOK_AGAIN);
        }
    }

    fn describe(&self, view: &View) -> String {
        let newest: Vec<_> = view.notices.iter().rev().take(5).map(|notice| notice.text.clone()).collect();
        let orders: Vec<_> = view.trading.orders.iter().map(|o| (o.id, o.phase, o.filled)).collect();
        format!(
            "market {:?}, orders {:?}, {}/{} live, {orders:?}, newest notices {newest:?}",
            view.session.market.state, view.session.orders.state, view.stats.books_live, view.stats.books_total
        )
    }

    pub fn wait_all_live(&self) -> Arc<View> {
        let count = self.server.books().len();
        assert!(count > 150, "the exchange lists {count}");
        self.wait("every book is live and orders may be sent", |view| {
            let now = self.terminal.clock.now();
            view.session.orders.state == tenor::domain::event::LinkState::Up
                && view.markets.iter().filter(|m| view.book_state(m.instrument, now).is_live()).count() == count
        })
    }

    /// Stops the market and returns a view in which every book equals the exchange's own.
    pub fn pause(&self) -> Arc<View> {
        self.server.set_rate(0.0);
        let books = self.server.books();
        let view = self.wait("the books are those of the exchange", |view| first_difference(view, &books).is_none());
        self.wait_all_live();
        assert_eq!(self.server.books(), books, "the market rests");
        view
    }

    pub fn intent(&self, intent: Intent) {
        self.terminal.send(Command { intent, seen: self.terminal.view().version }).unwrap();
    }

    pub fn arm(&self) {
        self.intent(Intent::Arm);
        self.wait("trading is armed", |view| view.trading.is_armed(self.terminal.clock.now().mono));
    }

    pub fn place(&self, order: OrderIntent) {
        self.intent(Intent::Place(order));
    }
}

/// Where a view's books are not the exchange's, level by level.
pub fn first_difference(view: &View, books: &[ServerBook]) -> Option<String> {
    books.iter().find_map(|theirs| {
        let symbol = &theirs.symbol;
        let Some(ours) = view.catalogue.find(symbol).and_then(|id| view.market(id)) else {
            return Some(format!("{symbol} is not listed"));
        };
        let is_equal = ours.book.levels(Side::Bid) == theirs.bids
            && ours.book.levels(Side::Ask) == theirs.asks
            && ours.book.change_id == theirs.change_id
            && Some(ours.book.digest) == theirs.digest;
        (!is_equal).then(|| format!("{symbol}: ours {:?}, theirs {theirs:?}", ours.book))
    })
}
