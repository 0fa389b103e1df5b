//! The pump against a venue whose handshake the test holds back.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use super::{DIAL_TIMEOUT, Pump};
use crate::core;
use crate::domain::command::SessionCommand;
use crate::domain::event::{Link, LinkState, VenueEvent};
use crate::domain::order::{OrderId, VenueOrderId};
use crate::shell::clock::Clock;
use crate::venues::deribit::{Config, Credentials, OrderSession};

/// Half of what a dial may take: what waits for the dial comes too late.
const PATIENCE: Duration = Duration::from_secs(DIAL_TIMEOUT.as_secs() / 2);

struct Rig {
    listener: TcpListener,
    commands: mpsc::Sender<SessionCommand>,
    inputs: mpsc::Receiver<core::Input>,
    pump: JoinHandle<()>,
}

impl Rig {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let credentials = Credentials { client_id: "pump".to_owned(), client_secret: "x".into() };
        let (command_tx, commands) = mpsc::channel(8);
        let (inputs, input_rx) = mpsc::channel(8);
        let pump = Pump {
            link: Link::Orders,
            url: url.into(),
            session: Box::new(OrderSession::new(Config::new(Some(credentials), 7))),
            clock: Clock::start(),
            commands,
            inputs,
        };
        Self { listener, commands: command_tx, inputs: input_rx, pump: tokio::spawn(pump.run()) }
    }

    /// The next events; none when the pump has ended.
    async fn told(&mut self) -> Vec<VenueEvent> {
        match in_time(self.inputs.recv()).await {
            Some(core::Input::Venue { link: Link::Orders, batch }) => batch.events,
            None => Vec::new(),
            other => panic!("not of the venue: {other:?}"),
        }
    }

    async fn link_state(&mut self) -> LinkState {
        match self.told().await.as_slice() {
            [VenueEvent::LinkChanged { link: Link::Orders, state }] => state.clone(),
            other => panic!("no change of the link: {other:?}"),
        }
    }

    /// Lets the venue's host answer, not yet the venue.
    async fn pick_up(&self) -> TcpStream {
        in_time(self.listener.accept()).await.unwrap().0
    }

    async fn command(&self, command: SessionCommand) {
        self.commands.send(command).await.unwrap();
    }

    fn cancel(number: u64) -> SessionCommand {
        SessionCommand::Cancel { id: OrderId(number), venue_order: VenueOrderId("17".into()) }
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it waited for the dial")
}

fn refused(events: &[VenueEvent]) -> Vec<u64> {
    let number = |event: &VenueEvent| match event {
        VenueEvent::OrderRefused { id, .. } => id.0,
        other => panic!("no refusal: {other:?}"),
    };
    events.iter().map(number).collect()
}

#[tokio::test]
async fn core_hears_of_a_dial_and_commands_are_served_while_it_lasts() {
    let mut rig = Rig::start().await;
    assert_eq!(rig.link_state().await, LinkState::Connecting { attempt: 1 });
    let stream = rig.pick_up().await;
    for number in [1, 2] {
        rig.command(Rig::cancel(number)).await;
        assert_eq!(refused(&rig.told().await), [number], "not up, said at once");
    }

    let mut venue = in_time(tokio_tungstenite::accept_async(stream)).await.unwrap();
    assert_eq!(rig.link_state().await, LinkState::Syncing, "after what was said before");
    let Some(Ok(Message::Text(hello))) = in_time(venue.next()).await else { panic!("no hello") };
    assert!(hello.contains("public/hello"), "{hello}");
    venue.close(None).await.unwrap();
    assert!(matches!(rig.link_state().await, LinkState::Waiting { attempt: 2, .. }));
}

#[tokio::test]
async fn a_close_while_dialling_ends_the_pump_at_once() {
    let mut rig = Rig::start().await;
    assert_eq!(rig.link_state().await, LinkState::Connecting { attempt: 1 });
    let _stream = rig.pick_up().await;
    rig.command(SessionCommand::Close).await;
    assert_eq!(rig.link_state().await, LinkState::Failed { why: "closed".into() }, "the last word is not lost");
    in_time(&mut rig.pump).await.unwrap();
    assert!(rig.told().await.is_empty());
}
