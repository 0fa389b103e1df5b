//! Everything that needs more than one room, in one binary: linking dominates on small machines. Modules are marked `cfg(test)` so
//! that their helpers may unwrap, as unit tests may.

#[cfg(test)]
mod calendar_sockets;
#[cfg(test)]
mod core_alerts;
#[cfg(test)]
mod core_gate;
#[cfg(test)]
mod core_market;
#[cfg(test)]
mod core_orders;
#[cfg(test)]
mod core_past;
mod core_positions;
#[cfg(test)]
mod core_prices;
#[cfg(test)]
mod core_rig;
#[cfg(test)]
mod curve_view;
#[cfg(test)]
mod deribit_recordings;
#[cfg(test)]
mod exchange_model;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod gateway_ax;
#[cfg(test)]
mod gateway_hostile;
#[cfg(test)]
mod gateway_sockets;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod panels_a;
#[cfg(test)]
mod panels_alerts;
#[cfg(test)]
mod panels_b;
#[cfg(test)]
mod panels_basis;
#[cfg(test)]
mod panels_boards;
#[cfg(test)]
mod panels_c;
#[cfg(test)]
mod panels_curve_desk;
#[cfg(test)]
mod panels_hedge;
#[cfg(test)]
mod panels_past;
#[cfg(test)]
mod panels_planner;
#[cfg(test)]
mod panels_spread;
#[cfg(test)]
mod screen;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod spot;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod world;
