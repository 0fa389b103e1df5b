//! Solves forward curves beside the core thread, always from the newest picture: a curve follows the market and delays nothing.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

use super::queues::CURVES;
use crate::core::Input;
use crate::view::View;
use crate::view::curve::CurveView;

/// Between two rounds: an eye follows no faster, and quotes of many instruments change in between.
const PACE: Duration = Duration::from_millis(100);

/// Core's end: what it publishes is shown to the worker, who takes the newest when he is free.
pub struct Curves {
    pictures: SyncSender<()>,
    pub solved: mpsc::Receiver<Input>,
}

impl Curves {
    /// Starts the worker; it ends when this is dropped. `newest` gives the newest picture.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(newest: impl Fn() -> Arc<View> + Send + 'static) -> std::io::Result<(Self, JoinHandle<()>)> {
        // One of each: a wake-up that nobody has taken stands for all since, a result that core has not taken holds the next back.
        let (pictures, wakes) = sync_channel(1);
        let (results, solved) = mpsc::channel(CURVES);
        let worker = Worker { solved_from: None, results };
        let thread =
            std::thread::Builder::new().name("tenor-curves".into()).spawn(move || worker.run(&wakes, newest))?;
        Ok((Self { pictures, solved }, thread))
    }

    pub fn published(&self) {
        // A full slot has woken him already; a gone worker has said why.
        self.pictures.try_send(()).ok();
    }
}

struct Worker {
    solved_from: Option<Arc<View>>,
    results: mpsc::Sender<Input>,
}

impl Worker {
    fn run(mut self, wakes: &Receiver<()>, newest: impl Fn() -> Arc<View>) {
        while wakes.recv().is_ok() {
            let solved = self.solve(newest());
            if !solved.is_empty() && self.results.blocking_send(Input::Curves(solved)).is_err() {
                return;
            }
            std::thread::sleep(PACE);
        }
    }

    /// The curves whose quotes, fixings or liveness are not those of the last round.
    fn solve(&mut self, view: Arc<View>) -> Vec<Arc<CurveView>> {
        let before = self.solved_from.as_deref();
        let dirty = view
            .products
            .iter()
            .filter(|spot| before.is_none_or(|before| !CurveView::is_same(before, &view, &spot.product)));
        let solved = dirty.filter_map(|spot| CurveView::solve(&view, &spot.product)).map(Arc::new).collect();
        self.solved_from = Some(view);
        solved
    }
}
