"""Unmodified nautilus_trader, the Deribit adapter's own clients: instruments and reports over HTTP, the raw book that resyncs by itself
after an injected gap, and an order's life as the adapter's events."""

import asyncio
import json
import sys
import urllib.request
from decimal import Decimal

from nautilus_trader.core import nautilus_pyo3 as n
from nautilus_trader.model.identifiers import InstrumentId
from follower import Follower
from venue import check, until, venue

CLIENT = "nautilus"
ACCOUNT = n.AccountId("DERIBIT-001")
TRADER, STRATEGY = n.TraderId("TRADER-001"), n.StrategyId("S-001")


async def main(binary):
    with venue(binary) as server:
        http = n.DeribitHttpClient(api_key=CLIENT, api_secret="s", base_url=server.http + "/api/v2")
        futures = await http.request_instruments(n.DeribitCurrency.ANY, n.DeribitProductType.FUTURE)
        combos = await http.request_instruments(n.DeribitCurrency.ANY, n.DeribitProductType.FUTURE_COMBO)
        check(f"request_instruments: {len(futures)} futures, {len(combos)} spreads", len(futures) > 100 and len(combos) > 30)
        http.cache_instruments(futures + combos)
        months = sorted((i for i in futures if str(i.id).startswith("H100_USDC-") and "PERPETUAL" not in str(i.id)), key=lambda i: i.expiration_ns)
        instrument = months[1]
        venue_id = str(instrument.id).split(".")[0]
        state = await http.request_account_state(ACCOUNT)
        check(f"request_account_state: {state.balances[0].total}", Decimal(str(state.balances[0].total).split()[0]) == 250_000)

        follower = Follower()
        ws = n.DeribitWebSocketClient(url=server.ws, api_key=CLIENT, api_secret="s", heartbeat_interval=10)
        ws.set_account_id(ACCOUNT)
        await ws.connect(asyncio.get_running_loop(), futures + combos, follower.take)
        await ws.wait_until_active(timeout_secs=10)
        try:
            await ws.authenticate_session("nautilus-execution")
            await market_data(ws, server, follower, instrument, venue_id)
            await orders(ws, http, server, follower, instrument, venue_id)
        finally:
            await ws.close()


async def market_data(ws, server, follower, instrument, venue_id):
    iid = instrument.id
    await ws.subscribe_book(iid, n.DeribitUpdateInterval.RAW)
    await ws.subscribe_trades(iid, n.DeribitUpdateInterval.MS100)
    await ws.subscribe_quotes(iid)
    await ws.subscribe_ticker(iid, n.DeribitUpdateInterval.MS100)
    await ws.subscribe_chart(iid, "1")
    await ws.subscribe_instrument_status(iid)
    await until("a raw book arrives", lambda: follower.sides(iid) is not None)
    contract = Decimal(server_contract_size(server, venue_id))

    def is_true():
        _, bids, asks = server.book(venue_id)
        held = follower.sides(iid)
        return held == tuple([(p, lots * contract) for p, lots in side] for side in (bids, asks))

    async def trouble(fault):
        """Lets it happen to a change of this book; a lost one is missed only when the next comes."""
        server.do("inject", fault=fault, client=CLIENT)
        for _ in range(3):
            before = server.book(venue_id)[0]
            await until(f"the book moves on after a {fault}", lambda: server.book(venue_id)[0] > before)

    async def settled(what):
        server.do("rate", messages_per_second=0)
        await until(what, is_true)
        server.do("rate", messages_per_second=1500)

    await settled("at rest every level of the raw book is the exchange's")
    await trouble("gap")
    await settled("after an injected gap and its own resync, again")
    await trouble("duplicate")
    await settled("and after a change that came twice")
    await until("quotes arrive", lambda: any(type(e).__name__ == "QuoteTick" for e in follower.events))


def server_contract_size(server, venue_id):
    with urllib.request.urlopen(f"{server.http}/api/v2/public/get_instrument?instrument_name={venue_id}") as answer:
        return str(json.load(answer)["result"]["contract_size"])


async def orders(ws, http, server, follower, instrument, venue_id):
    iid = instrument.id
    await ws.subscribe_user_orders()
    await ws.subscribe_user_trades()
    await ws.subscribe_user_portfolio()
    contract = Decimal(server_contract_size(server, venue_id))
    _, bids, asks = server.book(venue_id)
    decimals = instrument.price_precision

    def price(value):
        return n.Price.from_str(f"{value:.{decimals}f}")

    def qty(lots):
        return n.Quantity.from_str(str(contract * lots))

    async def submit(name, side, lots, limit, **options):
        await ws.submit_order(
            side, qty(lots), n.OrderType.LIMIT, n.ClientOrderId(name), TRADER, STRATEGY, iid, price=price(limit),
            time_in_force=options.pop("time_in_force", n.TimeInForce.GTC), **options,
        )

    far = bids[-1][0]
    await submit("O-1", n.OrderSide.BUY, 1, far, post_only=True)
    await until("submit_order: accepted", lambda: follower.of(n.OrderAccepted, "O-1"))
    order_id = str(follower.of(n.OrderAccepted, "O-1")[0].venue_order_id)
    await ws.modify_order(order_id, qty(2), price(far), n.ClientOrderId("O-1"), TRADER, STRATEGY, iid)
    await until("modify_order: updated", lambda: follower.of(n.OrderUpdated, "O-1"))
    held = server.account(CLIENT)["orders"]
    check("the exchange holds what the adapter thinks", [(o["order_id"], o["contracts"]) for o in held] == [(order_id, "2")])
    await ws.cancel_order(order_id, n.ClientOrderId("O-1"), TRADER, STRATEGY, iid)
    await until("cancel_order: canceled", lambda: follower.of(n.OrderCanceled, "O-1"))

    best = server.book(venue_id)[2][0][0]
    await submit("O-2", n.OrderSide.BUY, 1, best + Decimal("0.05"), post_only=True)
    await until("a post-only order that would trade is rejected", lambda: follower.of(n.OrderRejected, "O-2"))
    check("and the adapter knows why", follower.of(n.OrderRejected, "O-2")[0].due_post_only)

    await submit("O-3", n.OrderSide.BUY, 3, best + Decimal("0.05"), time_in_force=n.TimeInForce.IOC)
    await until("an immediate-or-cancel order fills", lambda: follower.of(n.OrderFilled, "O-3"))
    await submit("O-4", n.OrderSide.BUY, 1, far)
    await until("another rests", lambda: follower.of(n.OrderAccepted, "O-4"))
    reports = await http.request_order_status_reports(ACCOUNT, iid)
    check(f"request_order_status_reports: {len(reports)}", [str(r.client_order_id) for r in reports] == ["O-4"])
    await ws.cancel_all_orders(iid)
    await until("cancel_all_orders", lambda: server.account(CLIENT)["orders"] == [])

    fills = await http.request_fill_reports(ACCOUNT, iid)
    bought = sum(Decimal(str(f.last_qty)) for f in fills)
    true = server.account(CLIENT)["positions"]
    check(f"request_fill_reports: {bought}", bought == Decimal(true[0]["contracts"]) * contract)
    positions = await http.request_position_status_reports(ACCOUNT, iid)
    check(f"request_position_status_reports: {positions[0].quantity}", Decimal(str(positions[0].quantity)) == bought)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
