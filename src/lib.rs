//! # Tenor: the map of the house
//!
//! **Commands go up, events come in, snapshots go down.** One core thread owns all business state and is a pure step function;
//! everything that touches a socket, a clock, a file or a screen stands around it.
//!
//! ```text
//!  screen (egui, UI thread)                    core thread                        network tasks (tokio)
//! ┌──────────────────────────┐  Command   ┌───────────────────────┐ SessionCommand ┌──────────────────────────┐
//! │ panels draw one Arc<View>│ ─────────► │ Core::step(now, input,│ ─────────────► │ pump: one per connection │
//! │ and emit Commands        │ ◄───────── │            &mut fx)   │ ◄───────────── │ session.handle(now, in,  │
//! └──────────────────────────┘ Arc<View>  │  market · orders      │  VenueEvents   │           &mut out)      │
//!                                         └───────────────────────┘                └──────────────────────────┘
//! ```
//!
//! | room | owns | may import |
//! |---|---|---|
//! | [`base`] | time, decimal text, rng, ring, log, histogram | nothing of the crate |
//! | [`domain`] | prices, contracts, instruments, books, orders, events, commands | base |
//! | [`curves`] | forward curves, averaging, spreads and implied prices, spark spread, hedges: pure functions | base, domain |
//! | [`history`] | past settlements, marks, fixings and bars: bounds, thinning out, questions | base, domain |
//! | [`view`] | the immutable picture the screen draws; the definition of LIVE | base, domain, curves, history |
//! | [`settings`] | what is saved: versioned, validated | base, domain, curves |
//! | [`cli`] | arguments → one plan of what to launch | base, domain, settings |
//! | [`market`] | market state: books, tape, liquidity history, staleness | base, domain, curves, view |
//! | [`orders`] | our orders: life cycle, risk gate, positions and P&L, reconciliation | base, domain, curves, view |
//! | [`alerts`] | conditions on the prices of expressions: whether a level has been passed | base, domain, curves, view |
//! | [`venues`] | one folder per protocol, sans-IO: wire shapes, codec, sessions | base, domain |
//! | [`core`] | the single writer: step, timers, publish | all of the above, except venues, settings and cli |
//! | [`exchange`] | the embedded exchange: catalogue, matching, margin, agents, gateways | base, domain, curves, `venues::*::wire` |
//! | [`spot`] | rental-price and token-price boards: sources, parsing, medians | base, domain |
//! | [`shell`] | threads, sockets, TLS, files, secrets, clock, logging | all of the above |
//! | [`ui`] | panels, widgets, theme, workspace, actions | base, domain, curves, settings, view |
//! | [`app`] | eframe wiring, screenshots, demo; the only place that names concrete venues | everything |
//!
//! `tests/it/layers.rs` reads the `use` lines and fails on any other arrow.
//!
//! ## Rules
//!
//! 1. Sessions and gateways are sans-IO state machines: [`venues::Session`]. The same code runs on sockets, in memory and in tests.
//! 2. No clock, OS randomness, file, socket, thread or hash-map iteration in base, domain, curves, history, market, orders, alerts,
//!    core, venues, exchange and spot. `now` and seeds are arguments.
//! 3. Money is integers: [`domain::number`].
//! 4. Market data and orders travel on two connections that fail and recover separately.
//! 5. State conflates, events never do: own orders, fills and trades travel as sequence-numbered [`base::log::Log`]s.
//! 6. Every queue is bounded, its overflow policy written beside it (`shell::queues`).
//! 7. LIVE is defined once: [`view::book`].
//! 8. Only `orders/gate.rs` can make a [`domain::order::Approved`], and only an `Approved` reaches a session.
//! 9. A panic in core is fail-stop: sessions close (the venue cancels), the screen stays up and says HALTED.
//! 10. Curves are solved beside core, from the newest picture, and name it ([`view::curve`]); no order and no other state depends on one.
//!     While a window looks at a past instant ([`ui::context::AsOf`]), nothing is ordered from it.
//! 11. A past belongs to one market ([`history::Market`]): what one venue, environment or run of a simulation left is never shown as
//!     another's.
//! 12. What clients of the embedded exchange own is written down before they hear of it, where a folder is given: the rows of
//!     [`exchange::standing`] name things by name, so that another run, seed or version goes on from them.

pub mod alerts;
pub mod app;
pub mod base;
pub mod cli;
pub mod core;
pub mod curves;
pub mod domain;
pub mod exchange;
pub mod history;
pub mod market;
pub mod orders;
pub mod settings;
pub mod shell;
pub mod spot;
pub mod ui;
pub mod venues;
pub mod view;
