//! What both connections share: dialling with back-off, hello, login, heartbeats, silence, and which answer belongs to which
//! question. It knows nothing of books or orders; `A` is what the session above it asks for.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::Serialize;

use super::codec::fault::Fault;
use super::codec::frame::{self, Frame};
use super::config::Config;
use super::wire::{AuthParams, AuthResult, Code, HeartbeatParams, Params, Request, Version};
use crate::base::rng::Rng;
use crate::base::time::{Instant, Now};
use crate::domain::event::{AnomalyKind, Link, LinkState, Refusal, VenueEvent};
use crate::venues::parts::backoff::Backoff;
use crate::venues::parts::requests::Requests;
use crate::venues::parts::silence::{Alarm, Silence};
use crate::venues::{Input, Output, Wish};

/// A question is given up after this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// The venue is asked to test us this often; it hangs up when we do not answer.
const HEARTBEAT_SECS: i64 = 10;
/// Answers of the venue that make another attempt with the same key pointless.
const HOPELESS: [Code; 4] = [Code::INVALID_CREDENTIALS, Code::UNAUTHORIZED, Code::FORBIDDEN, Code::INVALID_PARAMS];

#[derive(Debug)]
enum Phase {
    New,
    Waiting {
        until: Instant,
    },
    Dialling,
    Open,
    /// We hung up and wait to be told so.
    Closing {
        why: Arc<str>,
    },
    /// Stays away until told to reconnect.
    Failed,
    Finished,
}

/// Whether to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Redial {
    AfterBackoff,
    AtOnce,
}

#[derive(Debug)]
enum Purpose<A> {
    Hello,
    Login,
    Heartbeat,
    /// A sign of life, given or asked for.
    Test,
    Own(A),
}

/// What a session has to act upon.
#[derive(Debug)]
pub enum Event<'a, A> {
    /// Logged in: the session may ask for what it needs.
    Ready,
    /// The connection ended; no question will be answered any more.
    Lost,
    Answer {
        asked: Instant,
        what: A,
        result: Result<&'a str, Refusal>,
    },
    /// No answer came within [`PATIENCE`].
    Unanswered(A),
    News {
        channel: &'a str,
        data: &'a str,
    },
}

#[derive(Debug)]
pub struct Connection<A> {
    link: Link,
    config: Config,
    phase: Phase,
    redial: Redial,
    backoff: Backoff,
    silence: Silence,
    requests: Requests<Purpose<A>>,
    /// Before the login runs out.
    login_due: Option<Instant>,
    is_ready: bool,
    is_up: bool,
}

impl<A> Connection<A> {
    pub fn new(link: Link, config: Config) -> Self {
        let name = match link {
            Link::Market => "deribit market back-off",
            Link::Orders => "deribit orders back-off",
        };
        Self {
            link,
            backoff: Backoff::new(Rng::fork(config.seed, name)),
            config,
            phase: Phase::New,
            redial: Redial::AfterBackoff,
            silence: Silence::new(Instant::default()),
            requests: Requests::default(),
            login_due: None,
            is_ready: false,
            is_up: false,
        }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Logged in and heartbeats running.
    pub fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// The session said that all it asked for is running.
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// A frame came that the session reads itself.
    pub fn heard(&mut self, now: Now) {
        self.silence.heard(now.mono);
    }

    /// All that was asked for is running.
    pub fn came_up(&mut self, now: Now, out: &mut Output) {
        if !self.is_up {
            self.is_up = true;
            self.backoff.came_up(now.mono);
            self.tell(LinkState::Up, out);
        }
    }

    /// Sends a request; its answer will come back with `what`.
    pub fn ask<P: Serialize>(&mut self, now: Now, what: A, method: &str, params: P, out: &mut Output) {
        self.send(now, Purpose::Own(what), method, params, out);
    }

    /// Whether a question of this kind is open.
    pub fn is_asking(&self, wanted: impl Fn(&A) -> bool) -> bool {
        self.requests.any(|purpose| matches!(purpose, Purpose::Own(what) if wanted(what)))
    }

    /// How many questions of this kind are open.
    pub fn count_asking(&self, wanted: impl Fn(&A) -> bool) -> usize {
        self.requests.count(|purpose| matches!(purpose, Purpose::Own(what) if wanted(what)))
    }

    pub fn anomaly(&self, fault: Fault, out: &mut Output) {
        out.batch.events.push(VenueEvent::Anomaly(fault.on(self.link)));
    }

    /// Gives the connection up; it comes back after a back-off.
    pub fn hang_up(&mut self, why: &str, out: &mut Output) {
        if matches!(self.phase, Phase::Open) {
            self.phase = Phase::Closing { why: why.into() };
            self.is_ready = false;
            out.wishes.push(Wish::Hangup);
        }
    }

    /// Drops what there is and dials without waiting.
    pub fn reconnect(&mut self, out: &mut Output) {
        match self.phase {
            Phase::Open => {
                self.redial = Redial::AtOnce;
                self.hang_up("reconnecting", out);
            }
            Phase::Closing { .. } => self.redial = Redial::AtOnce,
            Phase::New | Phase::Waiting { .. } | Phase::Failed => self.dial(out),
            Phase::Dialling | Phase::Finished => {}
        }
    }

    /// Hangs up for good. Never `private/logout`: after it the venue keeps our orders, whatever it has promised.
    pub fn close(&mut self, out: &mut Output) {
        if matches!(self.phase, Phase::Finished) {
            return;
        }
        if matches!(self.phase, Phase::Open) {
            out.wishes.push(Wish::Hangup);
        }
        self.phase = Phase::Finished;
        self.is_ready = false;
        self.is_up = false;
        self.tell(LinkState::Failed { why: "closed".into() }, out);
        out.wishes.push(Wish::Finish);
    }

    /// Stays away: another attempt would end the same.
    pub fn fail(&mut self, why: &str, out: &mut Output) {
        if matches!(self.phase, Phase::Open) {
            out.wishes.push(Wish::Hangup);
        }
        self.phase = Phase::Failed;
        self.is_ready = false;
        self.is_up = false;
        self.tell(LinkState::Failed { why: why.into() }, out);
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::New => Some(Instant::default()),
            Phase::Waiting { until } => Some(until),
            Phase::Open => {
                let silence = self.silence.deadline();
                let others = [self.requests.deadline(PATIENCE), self.login_due];
                Some(others.into_iter().flatten().fold(silence, Instant::min))
            }
            Phase::Dialling | Phase::Closing { .. } | Phase::Failed | Phase::Finished => None,
        }
    }

    /// What has come due. To be called until it returns nothing.
    pub fn due(&mut self, now: Now, out: &mut Output) -> Option<Event<'static, A>> {
        match self.phase {
            Phase::New => self.dial(out),
            Phase::Waiting { until } if now.mono >= until => self.dial(out),
            Phase::Open => return self.due_while_open(now, out),
            _ => {}
        }
        None
    }

    fn due_while_open(&mut self, now: Now, out: &mut Output) -> Option<Event<'static, A>> {
        match self.silence.alarm(now.mono) {
            Some(Alarm::Dead) => self.hang_up("silent for too long", out),
            Some(Alarm::Ask) => self.send(now, Purpose::Test, "public/test", Params {}, out),
            None => {}
        }
        if self.login_due.is_some_and(|due| now.mono >= due) {
            self.log_in(now, out);
        }
        loop {
            match self.requests.expire(now.mono, PATIENCE)? {
                Purpose::Own(what) => return Some(Event::Unanswered(what)),
                Purpose::Test => {}
                Purpose::Hello | Purpose::Login | Purpose::Heartbeat => {
                    self.hang_up("the venue does not answer", out);
                }
            }
        }
    }

    /// Everything but timers and commands.
    pub fn input<'a>(&mut self, now: Now, input: Input<'a>, out: &mut Output) -> Option<Event<'a, A>> {
        match input {
            Input::Opened => {
                self.opened(now, out);
                None
            }
            Input::DialFailed(why) => {
                self.wait(now, why, out);
                None
            }
            Input::Closed(why) => self.closed(now, why, out),
            Input::Control => {
                self.heard(now);
                None
            }
            Input::Text(frame) => {
                self.heard(now);
                if !matches!(self.phase, Phase::Open) {
                    return None;
                }
                match frame::parse(frame) {
                    Ok(frame) => self.frame(now, frame, out),
                    Err(fault) => {
                        self.anomaly(fault, out);
                        None
                    }
                }
            }
            Input::Timer | Input::Command(_) => None,
        }
    }

    fn frame<'a>(&mut self, now: Now, frame: Frame<'a>, out: &mut Output) -> Option<Event<'a, A>> {
        match frame {
            Frame::News { channel, data } => Some(Event::News { channel, data }),
            Frame::Heartbeat => None,
            Frame::TestRequest => {
                self.send(now, Purpose::Test, "public/test", Params {}, out);
                None
            }
            Frame::Request => {
                self.anomaly(Fault::new(AnomalyKind::UnknownMessage, "the venue sent a request"), out);
                None
            }
            Frame::Answer { id, result, testnet } => match id.and_then(|id| self.requests.close(id)) {
                Some((asked, Purpose::Own(what))) => Some(Event::Answer { asked, what, result }),
                Some((_, purpose)) => self.answered(now, &purpose, result, testnet, out),
                None => {
                    let detail = result.map_or_else(|refusal| refusal.message.to_string(), str::to_owned);
                    self.anomaly(Fault::new(AnomalyKind::UnexpectedAnswer, detail), out);
                    None
                }
            },
        }
    }

    fn opened(&mut self, now: Now, out: &mut Output) {
        self.phase = Phase::Open;
        self.silence = Silence::new(now.mono);
        self.tell(LinkState::Syncing, out);
        let hello = Hello { client_name: &self.config.client_name, client_version: &self.config.client_version };
        let id = self.requests.open(now.mono, Purpose::Hello);
        push_request(id, "public/hello", hello, out);
    }

    fn answered(
        &mut self,
        now: Now,
        purpose: &Purpose<A>,
        result: Result<&str, Refusal>,
        testnet: Option<bool>,
        out: &mut Output,
    ) -> Option<Event<'static, A>> {
        match (purpose, result) {
            (Purpose::Hello, Ok(result)) => {
                let version = serde_json::from_str::<Version<'_>>(result).map(|v| v.version.as_str().into());
                let (testnet, version) = (testnet == Some(true), version.unwrap_or_default());
                out.batch.events.push(VenueEvent::Identified { testnet, version });
                if self.config.credentials.is_some() { self.log_in(now, out) } else { self.start_heartbeat(now, out) }
            }
            (Purpose::Login, Ok(result)) => {
                let lifetime = serde_json::from_str::<AuthResult<'_>>(result).map_or(900, |auth| auth.expires_in);
                let renew_after = Duration::from_secs(u64::try_from(lifetime).unwrap_or(0).max(60) / 5 * 4);
                self.login_due = Some(now.mono + renew_after);
                if !self.is_ready {
                    self.start_heartbeat(now, out);
                }
            }
            (Purpose::Heartbeat, Ok(_)) => {
                self.is_ready = true;
                return Some(Event::Ready);
            }
            (Purpose::Login, Err(refusal)) if HOPELESS.contains(&Code(refusal.code)) => {
                self.fail(&format!("login refused: {}", refusal.message), out);
                return Some(Event::Lost);
            }
            (Purpose::Hello | Purpose::Login | Purpose::Heartbeat, Err(refusal)) => {
                self.hang_up(&format!("refused: {}", refusal.message), out);
            }
            (Purpose::Test | Purpose::Own(_), _) => {}
        }
        None
    }

    fn log_in(&mut self, now: Now, out: &mut Output) {
        self.login_due = None;
        let Some(credentials) = &self.config.credentials else { return };
        let params = AuthParams {
            grant_type: "client_credentials".into(),
            client_id: Some(credentials.client_id.as_str().into()),
            client_secret: Some(credentials.client_secret.expose_secret().into()),
            ..AuthParams::default()
        };
        let id = self.requests.open(now.mono, Purpose::Login);
        push_request(id, "public/auth", params, out);
    }

    fn start_heartbeat(&mut self, now: Now, out: &mut Output) {
        let params = HeartbeatParams { interval: Some(HEARTBEAT_SECS) };
        self.send(now, Purpose::Heartbeat, "public/set_heartbeat", params, out);
    }

    fn send<P: Serialize>(&mut self, now: Now, purpose: Purpose<A>, method: &str, params: P, out: &mut Output) {
        let id = self.requests.open(now.mono, purpose);
        push_request(id, method, params, out);
    }

    fn dial(&mut self, out: &mut Output) {
        self.phase = Phase::Dialling;
        self.redial = Redial::AfterBackoff;
        self.tell(LinkState::Connecting { attempt: self.backoff.attempt() }, out);
        out.wishes.push(Wish::Dial);
    }

    fn closed(&mut self, now: Now, why: Arc<str>, out: &mut Output) -> Option<Event<'static, A>> {
        self.requests.clear();
        self.login_due = None;
        self.is_ready = false;
        self.is_up = false;
        match std::mem::replace(&mut self.phase, Phase::New) {
            Phase::Open => self.wait(now, why, out),
            Phase::Closing { why } => self.wait(now, why, out),
            other => {
                self.phase = other;
                return None;
            }
        }
        Some(Event::Lost)
    }

    fn wait(&mut self, now: Now, why: Arc<str>, out: &mut Output) {
        if self.redial == Redial::AtOnce {
            return self.dial(out);
        }
        let retry_in = self.backoff.failed(now.mono);
        self.phase = Phase::Waiting { until: now.mono + retry_in };
        self.tell(LinkState::Waiting { attempt: self.backoff.attempt(), retry_in, why }, out);
    }

    fn tell(&self, state: LinkState, out: &mut Output) {
        out.batch.events.push(VenueEvent::LinkChanged { link: self.link, state });
    }
}

/// `params` of `public/hello`.
#[derive(Serialize)]
struct Hello<'a> {
    client_name: &'a str,
    client_version: &'a str,
}

fn push_request<P: Serialize>(id: u64, method: &str, params: P, out: &mut Output) {
    // Shapes of numbers and strings always serialise; were one not to, its question expires unanswered.
    if let Ok(text) = serde_json::to_string(&Request::new(id, method, params)) {
        out.wishes.push(Wish::Send(text));
    }
}
