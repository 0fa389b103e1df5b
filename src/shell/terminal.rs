//! The running terminal without its screen: a core thread, a network thread, one that writes the order counter, one that keeps the
//! past on the disk, one that solves curves, one that reads and fetches list prices, and the slot that holds the newest View.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::clock::Clock;
use super::curves::Curves;
use super::keeper::{Keeper, Place};
use super::labels::{Labels, Reserver};
use super::prices::{self, Prices};
use super::pump::Pump;
use super::queues::{COMMANDS, MARKET_BATCHES, MARKET_BATCHES_PER_TURN, ORDER_BATCHES, SESSION_COMMANDS};
use crate::core::{Config, Core, Effects, Input};
use crate::domain::command::{Command, SessionCommand};
use crate::domain::event::Link;
use crate::venues::Session;
use crate::view::View;
use crate::view::session::{Notice, Severity};

/// Called at most once per [`Handle::take_wake`]: the screen asks for a frame in it.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What a terminal is made of.
pub struct Parts {
    pub core: Config,
    pub url: Arc<str>,
    pub market: Box<dyn Session + Send>,
    pub orders: Box<dyn Session + Send>,
    pub labels: Labels,
    /// Where the past is kept; `None` keeps nothing.
    pub kept: Option<Place>,
    pub prices: prices::Config,
    pub clock: Clock,
}

/// A command that could not be queued: the screen says so at the click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the terminal is too busy to take another command: nothing was sent, try again")]
pub struct Busy;

/// The screen's end of a running terminal. Dropping it closes the sessions in order.
pub struct Handle {
    slot: Arc<Slot>,
    commands: Option<mpsc::Sender<Command>>,
    threads: Vec<JoinHandle<()>>,
    pub clock: Clock,
}

struct Slot {
    view: ArcSwap<View>,
    wake: Wake,
    is_wake_pending: AtomicBool,
}

impl Slot {
    fn wake_screen(&self) {
        if !self.is_wake_pending.swap(true, Ordering::AcqRel) {
            (self.wake)();
        }
    }
}

impl Handle {
    /// The newest picture.
    pub fn view(&self) -> Arc<View> {
        self.slot.view.load_full()
    }

    /// To be called before reading the view in a frame, so that no publish after it is missed.
    pub fn take_wake(&self) -> bool {
        self.slot.is_wake_pending.swap(false, Ordering::AcqRel)
    }

    /// # Errors
    /// [`Busy`] when the queue is full; the command is not queued.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        self.commands.as_ref().and_then(|commands| commands.try_send(command).ok()).ok_or(Busy)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.commands = None;
        for thread in self.threads.drain(..) {
            // A panicked thread has said so already.
            drop(thread.join());
        }
    }
}

/// Starts the threads. The terminal runs until the handle is dropped.
///
/// # Errors
/// When the system gives no thread or runtime.
pub fn start(parts: Parts, wake: Wake) -> std::io::Result<Handle> {
    let Parts { core: config, url, market, orders, labels, kept, prices, clock } = parts;
    let core = Core::new(config);
    let slot =
        Arc::new(Slot { view: ArcSwap::new(core.initial_view()), wake, is_wake_pending: AtomicBool::new(false) });
    let (command_tx, command_rx) = mpsc::channel(COMMANDS);
    let (market_tx, market_rx) = mpsc::channel(MARKET_BATCHES);
    let (order_tx, order_rx) = mpsc::channel(ORDER_BATCHES);
    let (to_market, market_commands) = mpsc::channel(SESSION_COMMANDS);
    let (to_orders, order_commands) = mpsc::channel(SESSION_COMMANDS);

    let network = runtime()?;
    let pumps = [
        Pump {
            link: Link::Market,
            url: url.clone(),
            session: market,
            clock,
            commands: market_commands,
            inputs: market_tx,
        },
        Pump { link: Link::Orders, url, session: orders, clock, commands: order_commands, inputs: order_tx },
    ];
    let network_thread = std::thread::Builder::new().name("tenor-net".into()).spawn(move || {
        let [market, orders] = pumps;
        network.block_on(async { tokio::join!(market.run(), orders.run()) });
    })?;

    let (labels, label_thread) = Reserver::start(labels)?;
    let (keeper, keeper_thread) = Keeper::start(kept)?;
    let newest = slot.clone();
    let (curves, curves_thread) = Curves::start(move || newest.view.load_full())?;
    let (prices, prices_thread) = Prices::start(prices, clock)?;
    let driver = Driver {
        core,
        clock,
        slot: slot.clone(),
        labels,
        keeper,
        commands: command_rx,
        orders: order_rx,
        market: market_rx,
        to_market,
        to_orders,
        curves,
        prices,
    };
    let core_runtime = runtime()?;
    let core_thread =
        std::thread::Builder::new().name("tenor-core".into()).spawn(move || core_runtime.block_on(driver.run()))?;
    let threads = vec![core_thread, network_thread, label_thread, keeper_thread, curves_thread, prices_thread];
    Ok(Handle { slot, commands: Some(command_tx), threads, clock })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Feeds core, carries out its effects.
struct Driver {
    core: Core,
    clock: Clock,
    slot: Arc<Slot>,
    labels: Reserver,
    keeper: Keeper,
    commands: mpsc::Receiver<Command>,
    orders: mpsc::Receiver<Input>,
    market: mpsc::Receiver<Input>,
    to_market: mpsc::Sender<SessionCommand>,
    to_orders: mpsc::Sender<SessionCommand>,
    curves: Curves,
    prices: Prices,
}

enum Turn {
    Continue,
    /// The screen is gone.
    Closed,
}

impl Driver {
    async fn run(mut self) {
        let mut fx = Effects::default();
        let mut woken_by = None;
        loop {
            // A panic must not leave orders without an owner: the sessions are closed and the venue cancels.
            match catch_unwind(AssertUnwindSafe(|| self.turn(woken_by.take(), &mut fx))) {
                Ok(Turn::Continue) => {}
                Ok(Turn::Closed) => break,
                Err(panic) => {
                    self.halt(&panic_text(panic.as_ref()));
                    break;
                }
            }
            match self.wait().await {
                Some(input) => woken_by = Some(input),
                None => break,
            }
        }
        for sender in [&self.to_market, &self.to_orders] {
            // A full queue means the pump is stuck; dropping the sender ends it as well.
            drop(sender.try_send(SessionCommand::Close));
        }
    }

    /// Everything that is waiting, in the order of its rights: commands, orders, some market data, timers.
    fn turn(&mut self, woken_by: Option<Input>, fx: &mut Effects) -> Turn {
        if let Some(input) = woken_by {
            self.step(input, fx);
        }
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.step(Input::Command(command), fx),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => return Turn::Closed,
            }
        }
        while let Ok(input) = self.orders.try_recv() {
            self.step(input, fx);
        }
        for _ in 0..MARKET_BATCHES_PER_TURN {
            let Ok(input) = self.market.try_recv() else { break };
            self.step(input, fx);
        }
        if self.core.deadline().is_some_and(|at| at <= self.clock.now().mono) {
            self.step(Input::Timer, fx);
        }
        Turn::Continue
    }

    /// The next input, commands first; `None` when the screen is gone.
    async fn wait(&mut self) -> Option<Input> {
        let deadline = self.core.deadline().map(|at| self.clock.runtime_instant(at));
        let due = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            command = self.commands.recv() => command.map(Input::Command),
            Some(block) = self.labels.block() => Some(Input::Labels(block)),
            Some(input) = self.orders.recv() => Some(input),
            Some(input) = self.market.recv() => Some(input),
            Some(input) = self.curves.solved.recv() => Some(input),
            Some(kept) = self.keeper.kept.recv() => Some(Input::Kept(kept)),
            Some(input) = self.prices.news.recv() => Some(input),
            () = due => Some(Input::Timer),
        }
    }

    fn step(&mut self, input: Input, fx: &mut Effects) {
        self.core.step(self.clock.now(), input, fx);
        self.carry_out(fx);
    }

    fn carry_out(&mut self, fx: &mut Effects) {
        // Denied commands make effects of their own; each round denies strictly fewer.
        while !fx.session.is_empty() {
            for (link, command) in std::mem::take(&mut fx.session) {
                let queue = match link {
                    Link::Market => &self.to_market,
                    Link::Orders => &self.to_orders,
                };
                if let Err(error) = queue.try_send(command) {
                    let command = error.into_inner();
                    self.core.step(self.clock.now(), Input::Undelivered { link, command }, fx);
                }
            }
        }
        for ask in fx.prices.drain(..) {
            self.prices.ask(ask);
        }
        for notice in fx.log.drain(..) {
            log(&notice);
        }
        if std::mem::take(&mut fx.needs_labels) {
            self.labels.ask();
        }
        for keep in fx.keep.drain(..) {
            self.keeper.keep(keep);
        }
        if let Some(view) = fx.publish.take() {
            self.slot.view.store(view);
            self.curves.published();
            // A quiet picture waits for the frame that the screen paints every second anyway.
            if !fx.is_quiet {
                self.slot.wake_screen();
            }
        }
    }

    fn halt(&self, why: &str) {
        tracing::error!("core stopped: {why}");
        let mut view = View::clone(&self.slot.view.load());
        view.version += 1;
        view.session.halted = Some(why.into());
        self.slot.view.store(Arc::new(view));
        self.slot.wake_screen();
    }
}

fn log(notice: &Notice) {
    let Notice { severity, text, detail, .. } = notice;
    match severity {
        Severity::Info | Severity::Fill | Severity::Alert => tracing::info!("{text} {detail}"),
        Severity::Warn | Severity::Reject => tracing::warn!("{text} {detail}"),
        Severity::Error => tracing::error!("{text} {detail}"),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "an internal error".to_owned())
}
