//! The single writer. `Core::step` takes one input at a time, in the order they were seen, and returns what must be done; it
//! performs nothing itself, so the same inputs give the same state on any machine.

mod alerts;
mod commands;
mod labels;
mod meter;
mod notices;
mod pace;
mod past;
mod prices;
mod publish;
mod sight;
mod venue;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::Alerts;
use crate::base::digest::Digest;
use crate::base::time::{Instant, Now, Utc};
use crate::domain::command::{Command, SessionCommand};
use crate::domain::contract::{Month, Product};
use crate::domain::event::{Batch, Link, LinkState};
use crate::domain::instrument::Catalogue;
use crate::domain::price_list::{PriceAsk, PriceNews};
use crate::history::{History, Keep, Kept, Market};
use crate::market::{LinkLife, Markets};
use crate::orders::{Desk, Guard, Out};
use crate::view::View;
use crate::view::book::LINK_SILENCE;
use crate::view::curve::CurveView;
use crate::view::dirt::Dirt;
use crate::view::session::{Environment, SessionView, Severity};
use labels::Labels;
use meter::Meter;
use notices::Notices;
use pace::Pace;
use sight::Sights;

/// A list of instruments that could not be delivered is sent again after this.
const CATALOGUE_AGAIN: Duration = Duration::from_millis(250);

/// Of one product.
const MOST_LAUNCHES: usize = 12;

/// One thing that happened, as core sees it.
#[derive(Debug)]
pub enum Input {
    Command(Command),
    /// From a connection, in the order received.
    Venue {
        link: Link,
        batch: Batch,
    },
    /// Order counters that are persisted as used up and may now be used.
    Labels(Range<u64>),
    /// Curves solved from an earlier picture.
    Curves(Vec<Arc<CurveView>>),
    /// From whoever keeps the past on a disk.
    Kept(Kept),
    /// From whoever reads and fetches list prices.
    Prices(PriceNews),
    /// A queue refused one of our commands: it did not reach the connection.
    Undelivered {
        link: Link,
        command: SessionCommand,
    },
    Timer,
}

/// What must be done, in order. The caller empties it.
#[derive(Debug, Default)]
pub struct Effects {
    pub session: Vec<(Link, SessionCommand)>,
    /// At most one: the newest picture.
    pub publish: Option<Arc<View>>,
    /// The picture only ages the one before: whoever paints once a second anyway need not be woken for it.
    pub is_quiet: bool,
    /// Fewer than a few hundred order counters are left: persist and send more.
    pub needs_labels: bool,
    /// What has become known of the past, to be kept on a disk.
    pub keep: Vec<Keep>,
    /// For whoever fetches list prices.
    pub prices: Vec<PriceAsk>,
    /// Lines for the log file: severity is the notice's own.
    pub log: Vec<crate::view::session::Notice>,
}

/// Fixed for the life of a core.
#[derive(Clone, Debug)]
pub struct Config {
    /// Account label for the screen: `SIM-01`.
    pub account: Arc<str>,
    pub venue: Arc<str>,
    /// What the venue was dialled as; a venue that says testnet on a REAL connection changes it.
    pub environment: Environment,
    /// Names this installation in order labels; letters and digits.
    pub install: Arc<str>,
}

/// All business state of the terminal.
#[derive(Debug)]
pub struct Core {
    config: Config,
    session: SessionView,
    catalogue: Arc<Catalogue>,
    markets: Markets,
    /// What our own clock shows in this step; everything else goes by the venue's, from its first reading on.
    wall: Utc,
    history: Arc<History>,
    /// Whose past that is; `None` until the venue has said what it is, and nothing is kept before.
    market: Option<Market>,
    /// The minute of the last marks written down, and when that was.
    marked: Utc,
    marked_at: Instant,
    desk: Desk,
    alerts: Alerts,
    guard: Guard,
    labels: Labels,
    sights: Sights,
    owes_catalogue: Option<Instant>,
    notices: Notices,
    meter: Meter,
    pace: Pace,
    /// Of what `markets` does not keep count of itself.
    dirt: Dirt,
    /// The last published picture, taken over into the next.
    view: View,
    /// Working space for commands to the market connection.
    asks: Vec<SessionCommand>,
    /// Working space for what the desk wants.
    out: Out,
}

impl Core {
    pub fn new(config: Config) -> Self {
        let session = SessionView::new(&config.account, &config.venue, config.environment);
        Self {
            view: View::empty(session.clone()),
            session,
            desk: Desk::new(config.install.clone()),
            alerts: Alerts::default(),
            config,
            catalogue: Arc::default(),
            markets: Markets::default(),
            wall: Utc::default(),
            history: Arc::default(),
            market: None,
            marked: Utc::default(),
            marked_at: Instant::default(),
            guard: Guard::default(),
            labels: Labels::default(),
            sights: Sights::new(),
            owes_catalogue: None,
            notices: Notices::new(),
            meter: Meter::new(),
            pace: Pace::new(),
            dirt: Dirt::Urgent,
            asks: Vec::new(),
            out: Out::default(),
        }
    }

    /// Applies one input. `fx` is appended to.
    pub fn step(&mut self, wall: Now, input: Input, fx: &mut Effects) {
        self.wall = wall.utc;
        let now = self.session.now(wall);
        match input {
            Input::Command(command) => self.command(now, command, fx),
            Input::Venue { link, batch } => self.batch(now, link, batch, fx),
            Input::Labels(range) => self.labels.add(range),
            Input::Curves(solved) => self.take_curves(solved),
            Input::Kept(kept) => self.take_kept(now, kept, fx),
            Input::Prices(news) => self.take_prices(now, news, fx),
            Input::Undelivered { link, command } => self.undelivered(now, link, command, fx),
            Input::Timer => {}
        }
        self.tick(now, fx);
        self.publish_if_due(now, fx);
    }

    /// What time alone brings about.
    fn tick(&mut self, now: Now, fx: &mut Effects) {
        if self.meter.tick(now.mono) {
            self.dirt.raise(Dirt::Quiet);
            self.desk.note_profit(self.view.trading.session_pl());
            self.look_at_alerts(now, fx);
        }
        self.mark_curves(now, fx);
        let life = self.market_life(now.mono);
        let mut asks = std::mem::take(&mut self.asks);
        self.markets.tick(now, life, &self.catalogue, &mut asks);
        fx.session.extend(asks.drain(..).map(|command| (Link::Market, command)));
        self.asks = asks;
        if self.owes_catalogue.take_if(|due| now.mono >= *due).is_some() {
            self.send_catalogue(fx);
        }
        if self.desk.deadline().is_some_and(|due| now.mono >= due) {
            self.with_desk(now, fx, Desk::tick);
        }
        if self.guard.expire(now.mono) {
            self.dirt.raise(Dirt::Urgent);
            self.tell(
                now,
                Severity::Info,
                "Disarmed: no order was sent for the arming period; arm again to trade.",
                fx,
            );
        }
        self.notices.tick(now, &mut fx.log);
        fx.needs_labels |= self.labels.asks(now.mono);
    }

    /// Analytics only: no order and no other state depends on a curve.
    fn take_curves(&mut self, solved: Vec<Arc<CurveView>>) {
        let curves = Arc::make_mut(&mut self.view.curves);
        for curve in solved {
            match curves.iter_mut().find(|known| known.product == curve.product) {
                Some(known) => *known = curve,
                None => curves.push(curve),
            }
        }
        let place = |curve: &Arc<CurveView>| self.view.products.iter().position(|spot| spot.product == curve.product);
        curves.sort_by_key(place);
        self.dirt.raise(Dirt::Changed);
    }

    /// Whoever solves curves reads them from the picture.
    fn set_launches(&mut self, product: Product, mut months: Vec<Month>) {
        months.sort_unstable();
        months.dedup();
        months.truncate(MOST_LAUNCHES);
        if self.view.launches.get(&product).map_or(&[][..], Vec::as_slice) == months {
            return;
        }
        let launches = Arc::make_mut(&mut self.view.launches);
        if months.is_empty() {
            launches.remove(&product);
        } else {
            launches.insert(product, months);
        }
        self.dirt.raise(Dirt::Changed);
    }

    fn market_life(&self, now: Instant) -> LinkLife {
        let link = &self.session.market;
        let speaks = now.since(link.last_frame) <= LINK_SILENCE;
        if link.state == LinkState::Up && speaks { LinkLife::Alive } else { LinkLife::Silent }
    }

    /// When `step(Timer)` is due at the latest: a pending publish, an unanswered order, a stale book, a disarm.
    pub fn deadline(&self) -> Option<Instant> {
        // Liveness that ends by silence is the screen's to see; here it only stops questions.
        let life = if self.session.market.state == LinkState::Up { LinkLife::Alive } else { LinkLife::Silent };
        let own = [self.pace.due(self.all_dirt()), self.meter.deadline(), self.notices.deadline(), self.owes_catalogue];
        let rooms = [self.markets.deadline(life), self.desk.deadline(), self.guard.deadline()];
        own.into_iter().chain(rooms).flatten().min()
    }

    /// The first picture, before any publish.
    pub fn initial_view(&self) -> Arc<View> {
        Arc::new(View::empty(self.session.clone()))
    }

    /// Of business state: equal inputs give equal digests, on any machine.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        digest.word(self.catalogue.len() as u64);
        self.markets.digest(&mut digest);
        self.desk.digest(&mut digest);
        digest.finish()
    }
}
