"""Unmodified ccxt, class `coinbaseinternational`, route `coinbase`: the client that checks `prev_change_id`, trades over its socket and
asks for cancel-on-disconnect. A book that misses a change, an order's life, and a cut that empties the book, seen by a second client."""

import asyncio
import sys
from decimal import Decimal

import ccxt.pro
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from venue import check, until, venue

KEY = "organizations/x/apiKeys/{}"


def client(server, name):
    """With a key pair of its own: the exchange reads the token's subject and checks no signature."""
    secret = ec.generate_private_key(ec.SECP256R1())
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    api = {"rest": server.http + "/api/v2", "ws": server.ws, "wsPrivate": server.ws + "?p=1"}
    return ccxt.pro.coinbaseinternational(
        {"apiKey": KEY.format(name), "secret": pem, "options": {"route": "coinbase"}, "urls": {"api": api}}
    )


async def resync(exchange, server, market):
    """The next change is lost on the way; the client has to notice and come back with the truth."""
    symbol, resyncs = market["symbol"], []

    async def follow():
        while True:
            try:
                await exchange.watch_order_book(symbol)
            except ccxt.ExchangeError as error:
                resyncs.append(str(error))

    watching = asyncio.ensure_future(follow())
    await until(f"watch_order_book {symbol}", lambda: symbol in exchange.orderbooks and exchange.orderbooks[symbol]["bids"])
    server.do("inject", fault="gap")
    await until("the client notices the injected gap", lambda: resyncs)
    check(f"and says so: {resyncs[0][:60]}", "mismatch" in resyncs[0])
    server.do("rate", messages_per_second=0)

    def is_true():
        _, true_bids, true_asks = server.book(market["id"])
        held = exchange.orderbooks.get(symbol) or {"bids": [], "asks": []}
        size = Decimal(str(market["contractSize"]))
        mine = [[(Decimal(str(level[0])), Decimal(str(level[1]))) for level in held[side]] for side in ("bids", "asks")]
        return mine == [[(p, lots * size) for p, lots in side] for side in (true_bids, true_asks)]

    await until("after its own resync every level is the exchange's", is_true)
    server.do("rate", messages_per_second=1500)
    watching.cancel()


async def orders(exchange, server, market, name):
    symbol, size = market["symbol"], market["contractSize"]
    bids = server.book(market["id"])[1]
    far = float(bids[-1][0])
    own = KEY.format(name)
    order = await exchange.create_order_ws(symbol, "limit", "buy", size, far, {"postOnly": True})
    check(f"create_order_ws: {order['id']} {order['status']}", order["status"] == "open")
    edited = await exchange.edit_order_ws(order["id"], symbol, "limit", "buy", size * 2, far)
    check(f"edit_order_ws: {edited['amount']}", edited["id"] == order["id"])
    held = [(o["order_id"], o["contracts"]) for o in server.account(own)["orders"]]
    check("the exchange holds what the client thinks", held == [(order["id"], "2")])
    check("fetch_order_ws", (await exchange.fetch_order_ws(order["id"], symbol))["status"] == "open")
    listed = await exchange.fetch_open_orders_ws(symbol)
    check("fetch_open_orders_ws", [o["id"] for o in listed] == [order["id"]])
    check("cancel_order_ws", (await exchange.cancel_order_ws(order["id"], symbol))["status"] == "canceled")
    taken = await exchange.create_order_ws(symbol, "market", "sell", size)
    check(f"a market order fills: {taken['filled']}", taken["status"] == "closed")
    positions = await exchange.fetch_positions_ws([symbol])
    check(f"fetch_positions_ws: {positions[0]['side']}", positions[0]["side"] == "short")
    trades = await exchange.fetch_my_trades_ws(symbol)
    check(f"fetch_my_trades_ws: {len(trades)}", len(trades) == 1)
    balance = await exchange.fetch_balance_ws()
    true = float(server.account(own)["balance"])
    check(f"fetch_balance_ws: {balance['USDC']['total']}", abs(balance["USDC"]["total"] - true) < 1_000)
    server.do("inject", fault="reject", client=own)
    try:
        await exchange.create_order_ws(symbol, "limit", "buy", size, far)
        check("a refused order raises", False)
    except ccxt.BaseError as refusal:
        check(f"a refused order raises: {type(refusal).__name__}", True)
    await exchange.create_order_ws(symbol, "limit", "buy", size, far)
    await exchange.cancel_all_orders_ws(symbol)
    check("cancel_all_orders_ws", server.account(own)["orders"] == [])


async def disconnect(server, market):
    """The line of a client is cut while its orders rest; a second client sees them go."""
    symbol, size = market["symbol"], market["contractSize"]
    doomed, witness = client(server, "doomed"), client(server, "witness")
    try:
        await doomed.load_markets()
        await witness.load_markets()
        server.do("rate", messages_per_second=0)
        price = float(server.book(market["id"])[1][0][0])
        watching = asyncio.ensure_future(follow_quietly(witness, symbol))
        await until("a second client watches the book", lambda: symbol in witness.orderbooks and witness.orderbooks[symbol]["bids"])

        def seen():
            return {level[0]: level[1] for level in witness.orderbooks[symbol]["bids"]}.get(price, 0)

        before = seen()
        await doomed.set_cancel_on_disconnect(True)
        kept = await doomed.get_cancel_on_disconnect()
        check(f"set_cancel_on_disconnect: {kept}", bool(kept))
        order = await doomed.create_order_ws(symbol, "limit", "buy", size * 3, price)
        check(f"an order rests: {order['id']}", order["status"] == "open")
        await until("the second client sees it", lambda: seen() == before + size * 3)
        own = KEY.format("doomed")
        for connection in server.connections_of(own):
            server.do("inject", fault="cut", connection=connection)
        await until("its line is cut, and the second client sees it go", lambda: seen() == before)
        check("the exchange holds none of its orders", server.account(own)["orders"] == [])
        watching.cancel()
    finally:
        await doomed.close()
        await witness.close()


async def follow_quietly(exchange, symbol):
    while True:
        await exchange.watch_order_book(symbol)


async def main(binary):
    with venue(binary) as server:
        exchange = client(server, "trader")
        try:
            markets = await exchange.load_markets()
            months = [m for m in markets.values() if m["base"] == "H100" and m["future"] and "-CAL-" not in m["id"]]
            market = sorted(months, key=lambda m: m["expiry"])[1]
            check(f"load_markets: {len(markets)}", len(months) == 36)
            await resync(exchange, server, market)
            await orders(exchange, server, market, "trader")
        finally:
            await exchange.close()
        await disconnect(server, market)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
