"""Unmodified nautilus_trader on the exchange's second face, in both forms of its Architect AX adapter: first the clients that it is made
of, books that come back whole after a gap, a duplicate and a cut line, and a real disconnect with cancel-on-disconnect seen by a second
client; then a whole trading node, whose strategy places, replaces, fills and cancels."""

import asyncio
import json
import sys
import traceback
import urllib.request
from decimal import Decimal

from follower import Follower
from nautilus_trader.core import nautilus_pyo3 as n
from venue import check, until, venue

ax = n.architect_ax
ACCOUNT, TRADER, STRATEGY = n.AccountId("AX-001"), n.TraderId("TRADER-001"), n.StrategyId("S-001")
CLIENT = "ax-node"


def name(symbol):
    return n.InstrumentId.from_str(f"{symbol}.AX")


def price(value, decimals=2):
    return n.Price.from_str(f"{value:.{decimals}f}")


def qty(lots):
    return n.Quantity.from_str(str(lots))


def face(server):
    """The addresses of the face: market REST, orders REST, market socket, orders socket."""
    ws = server.ws.removesuffix("/ws/api/v2")
    return f"{server.http}/api", f"{server.http}/orders", f"{ws}/md/ws", f"{ws}/orders/ws"


async def login(server, client):
    """An HTTP client that has logged in, and its token."""
    api, orders, _, _ = face(server)
    http = n.AxHttpClient.with_credentials(api_key=client, api_secret="s", base_url=api, orders_base_url=orders)
    return http, await http.authenticate_auto(3600)


def second_month(instruments, product):
    """Its name at the venue; the front month may be about to expire."""
    months = [i for i in instruments if str(i.id).startswith(f"{product}-") and not str(i.id).endswith("-PERP.AX")]
    return str(sorted(months, key=lambda i: i.expiration_ns)[1].id).removesuffix(".AX")


async def listen(server, client, instruments, by_order=()):
    """A market-data client and what it hears."""
    follower = Follower(by_order)
    _, token = await login(server, client)
    ws = n.AxMdWebSocketClient.without_auth(url=face(server)[2])
    ws.set_auth_token(token)
    for instrument in instruments:
        ws.cache_instrument(instrument)
    await ws.connect(asyncio.get_running_loop(), follower.take)
    return ws, follower


async def at_rest(server, what, holds):
    server.do("rate", messages_per_second=0)
    await until(what, holds)
    server.do("rate", messages_per_second=1500)


def is_true(server, follower, symbol):
    _, bids, asks = server.book(symbol)
    return follower.sides(name(symbol)) == tuple([(p, int(lots)) for p, lots in side] for side in (bids, asks))


async def market_data(server):
    http, _ = await login(server, "ax-data")
    instruments = await http.request_instruments()
    check(f"request_instruments: {len(instruments)}", len(instruments) > 100)
    symbol, other = second_month(instruments, "H100"), second_month(instruments, "TOK")
    by_name = {str(i.id): i for i in instruments}
    contract = by_name[str(name(symbol))]
    kinds = (type(contract).__name__, type(by_name["H100-PERP.AX"]).__name__)
    check(f"months are {kinds[0]}, the perpetual is a {kinds[1]}", kinds == ("FuturesContract", "PerpetualContract"))
    check(f"a contract is {contract.multiplier} hours", str(contract.multiplier) == "730")
    check("and says that it is simulated", contract.info["description"].startswith("Simulated."))
    for instrument in instruments:
        http.cache_instrument(instrument)
    iid = name(symbol)
    trades = await http.request_trade_ticks(iid, 50)
    check(f"request_trade_ticks: {len(trades)}", len(trades) == 50)
    bars = await http.request_bars(n.BarType.from_str(f"{iid}-1-HOUR-LAST-EXTERNAL"))
    check(f"request_bars: {len(bars)}, the last closed at {bars[-1].close}", len(bars) > 100)
    check("request_funding_rates", await http.request_funding_rates(name("H100-PERP")) == [])

    ws, follower = await listen(server, "ax-data", instruments, by_order=(str(name(other)),))
    await ws.subscribe_book_deltas(iid, n.AxMarketDataLevel.LEVEL2)
    await ws.subscribe_book_deltas(name(other), n.AxMarketDataLevel.LEVEL3)
    await ws.subscribe_trades(iid)
    await ws.subscribe_quotes(name("H100-PERP"))
    await ws.subscribe_mark_prices(iid)
    await ws.subscribe_bars(n.BarType.from_str(f"{iid}-1-SECOND-LAST-EXTERNAL"))
    await until("books arrive", lambda: all(follower.sides(name(s)) for s in (symbol, other)))

    def both():
        return is_true(server, follower, symbol) and is_true(server, follower, other)

    await at_rest(server, "at rest the levels of both books are the exchange's, of one by order", both)
    for fault in ("gap", "duplicate"):
        server.do("inject", fault=fault, client="ax-data")
        await until(f"a {fault} happens", lambda: server.faults("ax-data") == 0)
        # No frame is numbered: what is lost is missed by nobody, and made good by the next one of the same book.
        told = follower.frames.copy()
        # One of them may have been on its way.
        await until("both books move on", lambda: all(follower.frames[str(i)] > told[str(i)] + 1 for i in (iid, name(other))))
        await at_rest(server, f"and is the exchange's again after the {fault}", both)
    old = server.connections_of("ax-data")
    server.do("inject", fault="cut", client="ax-data")
    await until("a cut line: the client dials again", lambda: server.connections_of("ax-data") not in ([], old))
    await at_rest(server, "subscribes again by itself, and its books are the exchange's", both)

    def seen(kind):
        return any(type(e).__name__ == kind for e in follower.events)

    for kind in ("TradeTick", "QuoteTick", "MarkPriceUpdate", "Bar"):
        await until(f"{kind} arrives", lambda kind=kind: seen(kind), 60)
    server.do("rate", messages_per_second=0)
    snapshot = await http.request_book_snapshot(iid)
    _, bids, asks = server.book(symbol)
    told = [[(Decimal(str(l.price)), round(l.size())) for l in side] for side in (snapshot.bids(), snapshot.asks())]
    check("request_book_snapshot is the true book", told == [[(p, int(lots)) for p, lots in s] for s in (bids, asks)])
    server.do("rate", messages_per_second=1500)
    await ws.close()
    return instruments, symbol


async def disconnect(server, instruments, symbol):
    """An order that ends with its connection, watched by somebody else."""
    watch, follower = await listen(server, "ax-watch", instruments)
    await watch.subscribe_book_deltas(name(symbol), n.AxMarketDataLevel.LEVEL2)
    http, token = await login(server, "ax-cod")
    for instrument in instruments:
        http.cache_instrument(instrument)
    events = []
    url = face(server)[3] + "?cancel_on_disconnect=true"
    ws = n.AxOrdersWebSocketClient(url=url, account_id=ACCOUNT, trader_id=TRADER)
    for instrument in instruments:
        ws.cache_instrument(instrument)
    await ws.connect(asyncio.get_running_loop(), events.append, token)

    # A price of one's own, below every other.
    own = server.book(symbol)[1][-1][0] - Decimal("0.01")
    identity = (TRADER, STRATEGY, name(symbol), n.ClientOrderId("D-1"))
    await ws.submit_order(*identity, n.OrderSide.BUY, qty(2), n.TimeInForce.GTC, price(own), False)
    await until("submit_order: accepted", lambda: any(isinstance(e, n.OrderAccepted) for e in events))
    reports = await http.request_order_status_reports(ACCOUNT, [n.ClientOrderId("D-1")])
    check(f"request_order_status_reports: {len(reports)}", [str(r.client_order_id) for r in reports] == ["D-1"])

    # The node asks its own risk engine first; the bare client does not.
    identity = (TRADER, STRATEGY, name(symbol), n.ClientOrderId("D-2"))
    await ws.submit_order(*identity, n.OrderSide.BUY, qty(90_000), n.TimeInForce.GTC, price(own), False)

    def rejected():
        return [e.reason for e in events if isinstance(e, n.OrderRejected)] == ["INSUFFICIENT_MARGIN"]

    await until("submit_order: rejected without the margin", rejected)

    def level():
        return dict(follower.sides(name(symbol))[0]).get(own)

    await until("the second client sees it in the book", lambda: level() == 2)
    server.do("inject", fault="cut", client="ax-cod")
    await until("a real disconnect: the second client sees it go", lambda: level() is None)
    check("and the exchange holds no order of the account", server.account("ax-cod")["orders"] == [])
    await until("the client dials again", lambda: len(server.connections_of("ax-cod")) == 1)
    check("and has nothing open", await http.request_order_status_reports(ACCOUNT) == [])
    await ws.close()
    await watch.close()


class Desk(n.trading.Strategy):
    """Runs a story step by step: every step yields a sentence and what must come about."""

    def __init__(self, config):
        super().__init__(config)
        self.events, self.failed, self.steps, self.step, self.waited, self.ended = [], None, None, None, 0, False

    def on_start(self):
        self.steps = story(self, self.server, self.symbol)
        self.clock.set_timer_ns("tick", 20_000_000)

    def on_order_event(self, event):
        self.events.append(event)

    def on_time_event(self, _):
        try:
            if self.step is None or self.step[1]():
                if self.step is not None:
                    check(self.step[0], True)
                self.step, self.waited = next(self.steps), 0
            elif self.waited > 1_000:
                check(self.step[0], False)
            self.waited += 1
        except StopIteration:
            self.ended = True
            self.end()
        except BaseException as error:
            # The node swallows what a strategy throws.
            traceback.print_exc()
            self.failed = error
            self.end()

    def end(self):
        self.clock.cancel_timer("tick")
        self.shutdown_system("the story is over")

    def limit(self, side, lots, at, **options):
        options.setdefault("time_in_force", n.TimeInForce.GTC)
        order = self.order_factory.limit(name(self.symbol), side, qty(lots), price(at), **options)
        self.submit_order(order)
        return order.client_order_id

    def of(self, kind, order):
        return [e for e in self.events if isinstance(e, kind) and e.client_order_id == order]


def sell_elsewhere(server, instrument, lots, at):
    """Somebody sells on the exchange's Deribit face: one market, whatever it is spoken to in."""

    def call(method, token=None, **params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urllib.request.urlopen(urllib.request.Request(f"{server.http}/api/v2", body, headers)) as answer:
            return json.load(answer)["result"]

    login = {"grant_type": "client_credentials", "client_id": "elsewhere", "client_secret": "s"}
    token = call("public/auth", **login)["access_token"]
    order = {"instrument_name": instrument, "contracts": lots, "price": float(at), "time_in_force": "immediate_or_cancel"}
    return call("private/sell", token, **order)["order"]["filled_amount"]


def story(desk, server, symbol):
    cache, iid = desk.cache, name(symbol)

    def held():
        return [(Decimal(o["price"]), Decimal(o["contracts"])) for o in server.account(CLIENT)["orders"]]

    def net():
        return sum(Decimal(p["contracts"]) for p in server.account(CLIENT)["positions"])

    def position():
        return sum(Decimal(str(p.signed_qty)) for p in cache.positions_open())

    yield "the node runs", lambda: cache.account_for_venue(n.Venue("AX")) is not None
    desk.subscribe_book_deltas(iid, n.BookType.L2_MBP, managed=True)
    yield "its cache holds a book", lambda: (book := cache.order_book(iid)) and book.best_ask_price() is not None
    # From here on only the orders of this desk move anything.
    server.do("rate", messages_per_second=0)

    def is_book_true():
        book = cache.order_book(iid)
        mine = [[(Decimal(str(l.price)), round(l.size())) for l in side] for side in (book.bids(), book.asks())]
        return mine == [[(p, int(lots)) for p, lots in side] for side in server.book(symbol)[1:]]

    yield "at rest it is the true one", is_book_true
    buy, tick = n.OrderSide.BUY, Decimal("0.01")
    _, bids, asks = server.book(symbol)
    best, far = asks[0][0], bids[-1][0]

    order = desk.limit(buy, 3, far, post_only=True)
    yield "an order is accepted", lambda: desk.of(n.OrderAccepted, order)
    first = cache.order(order).venue_order_id
    desk.modify_order(order, quantity=qty(5), price=price(far - tick))
    yield "modify_order, price and size: updated", lambda: len(desk.of(n.OrderUpdated, order)) == 1
    check("the replacement has another id", cache.order(order).venue_order_id != first)
    check("the exchange holds what the node thinks", held() == [(far - tick, 5)] and str(cache.order(order).quantity) == "5")
    desk.modify_order(order, quantity=qty(4))
    yield "modify_order, less size: updated", lambda: len(desk.of(n.OrderUpdated, order)) == 2
    check("the exchange holds it", held() == [(far - tick, 4)])
    yield "the book has the order in it", is_book_true
    desk.cancel_order(order)
    yield "cancel_order: canceled", lambda: desk.of(n.OrderCanceled, order)
    check("the exchange holds nothing", held() == [])

    order = desk.limit(buy, 1, best + tick, post_only=True)
    yield "a post-only order that would take is rejected", lambda: desk.of(n.OrderRejected, order)
    check("and the adapter knows why", desk.of(n.OrderRejected, order)[0].due_post_only)

    # More than this book and what it trades with over spreads hold at the price.
    lots = int(asks[0][1])
    order = desk.limit(buy, lots + 300, best, time_in_force=n.TimeInForce.IOC)
    yield "immediate or cancel: what is there fills, the rest is gone", lambda: desk.of(n.OrderCanceled, order)
    filled = sum(Decimal(str(e.last_qty)) for e in desk.of(n.OrderFilled, order))
    check(f"{filled} of {lots + 300}", lots <= filled < lots + 300)

    # It rests between the sides, first in line.
    order = desk.limit(buy, 5, best)
    yield "an order at the price just cleared rests", lambda: desk.of(n.OrderAccepted, order)
    own_name = server.do("book", instrument=symbol)["instrument"]
    sell_elsewhere(server, own_name, 2, best)
    yield "somebody on the other face takes part of it", lambda: desk.of(n.OrderFilled, order)
    check("partially filled", str(cache.order(order).filled_qty) == "2")
    desk.modify_order(order, price=price(Decimal(str(cache.order(order).price)) - tick))
    yield "a replacement after a partial fill", lambda: desk.of(n.OrderUpdated, order)
    check("keeps what is filled", str(cache.order(order).filled_qty) == "2" and str(cache.order(order).quantity) == "5")

    market = desk.order_factory.market(iid, buy, qty(2))
    desk.submit_order(market)
    yield "a market order fills by the previewed price", lambda: desk.of(n.OrderFilled, market.client_order_id)
    for step in (0, 1, 2):
        desk.limit(buy, 1, far - step * tick)
    yield "more orders rest", lambda: len(held()) == 4
    desk.cancel_all_orders(iid)
    yield "cancel_all_orders: nothing left", lambda: held() == [] and not cache.orders_open()
    yield f"positions: {position()}, as the exchange counts", lambda: position() == net() == filled + 4
    desk.query_account(ACCOUNT)

    def balance():
        account = cache.account_for_venue(n.Venue("AX"))
        return Decimal(str(account.balance_total(n.Currency.from_str("USD"))).split()[0])

    def true_balance():
        return Decimal(server.account(CLIENT)["balance"]).quantize(Decimal("0.01"))

    yield f"the balance is the exchange's: {true_balance()}", lambda: balance() == true_balance()
    yield "and the book at the end is the true one", is_book_true


def node(server, symbol):
    """A trading node with the adapter's own factories, and the desk in it."""
    api, orders, market_ws, orders_ws = face(server)
    keys = {"api_key": CLIENT, "api_secret": "s", "base_url_http": api, "base_url_ws_private": orders_ws}
    data = ax.AxDataClientConfig(base_url_ws_public=market_ws, **keys)
    execution = ax.AxExecClientConfig(
        trader_id=TRADER, account_id=ACCOUNT, base_url_orders=orders, cancel_on_disconnect=True, **keys
    )
    builder = n.live.LiveNode.builder("CHECK", TRADER, n.common.Environment.LIVE)
    builder = builder.add_data_client(None, ax.AxDataClientFactory(), data)
    builder = builder.add_exec_client(None, ax.AxExecutionClientFactory(), execution)
    builder = builder.with_reconciliation(True).with_delay_post_stop_secs(1)
    builder = builder.with_logging(n.common.LoggerConfig(stdout_level=n.common.LogLevel.ERROR))
    built = builder.build()
    desk = Desk(n.trading.StrategyConfig(strategy_id=STRATEGY, order_id_tag="001"))
    desk.server, desk.symbol = server, symbol
    built.add_strategy(desk)
    return built, desk


def trade(binary, symbol):
    with venue(binary) as server:
        built, desk = node(server, symbol)
        built.run()
        check("the story came to its end", desk.ended and desk.failed is None)


async def main(binary):
    with venue(binary) as server:
        instruments, symbol = await market_data(server)
        await disconnect(server, instruments, symbol)
    return symbol


if __name__ == "__main__":
    second = asyncio.run(main(sys.argv[1]))
    trade(sys.argv[1], second)
