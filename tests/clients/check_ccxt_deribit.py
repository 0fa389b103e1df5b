"""Unmodified ccxt, class `deribit`: REST orders, watched market data, own orders and fills as they happen."""

import asyncio
import sys
from decimal import Decimal

import ccxt.pro
from venue import check, until, venue

CLIENT = "ccxt-deribit"
PUSHES = 15


async def market_data(exchange, server):
    markets = await exchange.load_markets()
    # ccxt counts spreads among the futures; they keep their id as symbol.
    combos = [m for m in markets.values() if "-CAL-" in m["id"]]
    months = [m for m in markets.values() if m["base"] == "H100" and m["future"] and m not in combos]
    futures = sorted(months, key=lambda m: m["expiry"])
    check(f"load_markets: {len(markets)} markets, {len(futures)} H100 months", len(futures) == 36)
    check(f"calendar spreads are listed: {len(combos)}", len(combos) > 30)
    market = futures[1]
    symbol = market["symbol"]

    for _ in range(5):
        book = await exchange.watch_order_book(symbol)
    bids, asks = book["bids"], book["asks"]
    check(f"watch_order_book {symbol}: {len(bids)} bids, {len(asks)} asks", len(bids) > 5 and len(asks) > 5)
    check(f"uncrossed: {bids[0][0]} / {asks[0][0]}", bids[0][0] < asks[0][0])
    spread_book = await exchange.watch_order_book(combos[0]["symbol"])
    check(f"watch_order_book {combos[0]['symbol']}", len(spread_book["bids"]) > 0)
    ticker = await exchange.watch_ticker(symbol)
    check(f"watch_ticker: last {ticker['last']}, mark {ticker['markPrice']}", ticker["bid"] is not None)
    best = (await exchange.watch_bids_asks([symbol]))[symbol]
    check(f"watch_bids_asks: {best['bid']} / {best['ask']}", best["bid"] < best["ask"])

    rest = await exchange.fetch_order_book(symbol, 10)
    check("fetch_order_book", len(rest["bids"]) > 5)
    trades = await exchange.fetch_trades(symbol)
    check(f"fetch_trades: {len(trades)}", isinstance(trades, list))
    days = await exchange.fetch_ohlcv(symbol, "1d", limit=60)
    check(f"fetch_ohlcv 1d: {len(days)} days, close {days[-1][4]}", len(days) == 60 and days[-1][4] > 0)
    hours = await exchange.fetch_ohlcv(symbol, "1h", since=exchange.milliseconds() - 14 * 86_400_000, limit=1000)
    whole = all(b[0] - a[0] == 3_600_000 for a, b in zip(hours, hours[1:]))
    check(f"fetch_ohlcv 1h: {len(hours)} hours", whole and len(hours) > 14 * 24 - 2)
    fine = await exchange.fetch_ohlcv(symbol, "5m", limit=12)
    check(f"fetch_ohlcv 5m: {len(fine)}", all(low <= close <= high for _, _, high, low, close, _ in fine))

    # At rest the client's book is the exchange's own.
    watching = asyncio.ensure_future(follow(exchange, symbol))
    server.do("rate", messages_per_second=0)

    def is_true():
        _, true_bids, true_asks = server.book(market["id"])
        size = Decimal(str(market["contractSize"]))
        held = exchange.orderbooks[symbol]
        mine = ([(Decimal(str(level[0])), Decimal(str(level[1])) / size) for level in held[side]] for side in ("bids", "asks"))
        return list(mine) == [true_bids, true_asks]

    await until("at rest every level of the watched book is the exchange's", is_true)
    server.do("rate", messages_per_second=1500)
    watching.cancel()
    return market


async def follow(exchange, symbol):
    while True:
        await exchange.watch_order_book(symbol)


async def orders(exchange, server, market):
    symbol, size = market["symbol"], market["contractSize"]
    balance = await exchange.fetch_balance()
    check(f"fetch_balance: {balance['USDC']['total']} USDC", balance["USDC"]["total"] == 250_000)
    book = await exchange.fetch_order_book(symbol, 20)
    far = exchange.parse_to_numeric(exchange.price_to_precision(symbol, book["bids"][-1][0]))

    told = []

    async def listen():
        while True:
            told.extend(await exchange.watch_orders(symbol))

    listening = asyncio.ensure_future(listen())
    await until("watch_orders listens", lambda: server.account_channels(CLIENT) == 1)
    order = await exchange.create_order(symbol, "limit", "buy", size, far)
    check(f"create_order: {order['id']} {order['status']} at {order['price']}", order["status"] == "open")
    await until("watch_orders tells of it", lambda: order["id"] in [o["id"] for o in told])
    open_orders = await exchange.fetch_open_orders(symbol)
    check("fetch_open_orders", [o["id"] for o in open_orders] == [order["id"]])
    fetched = await exchange.fetch_order(order["id"], symbol)
    check("fetch_order", fetched["status"] == "open")
    edited = await exchange.edit_order(order["id"], symbol, "limit", "buy", size * 2, far)
    check(f"edit_order: {edited['amount']}", edited["id"] == order["id"])
    held = server.account(CLIENT)["orders"]
    check("the exchange holds what the client thinks", [(o["order_id"], o["contracts"]) for o in held] == [(order["id"], "2")])
    cancelled = await exchange.cancel_order(order["id"], symbol)
    check("cancel_order", cancelled["status"] == "canceled")
    try:
        await exchange.cancel_order(order["id"], symbol)
        check("cancelling twice is refused", False)
    except ccxt.InvalidOrder as refusal:
        check(f"cancelling twice is refused: {type(refusal).__name__}", True)
    try:
        best_ask = (await exchange.fetch_order_book(symbol, 1))["asks"][0][0]
        options = {"postOnly": True, "reject_post_only": True}
        await exchange.create_order(symbol, "limit", "buy", size, best_ask * 1.02 // 0.01 / 100, options)
        check("a post-only order that would trade is refused", False)
    except ccxt.ExchangeError as refusal:
        check(f"a post-only order that would trade is refused: {type(refusal).__name__}", True)

    fills = asyncio.ensure_future(exchange.watch_my_trades(symbol))
    await until("watch_my_trades listens", lambda: server.account_channels(CLIENT) == 2)
    bought = await exchange.create_order(symbol, "market", "buy", size)
    check(f"market order: {bought['status']} at {bought['average']}", bought["status"] == "closed")
    fills = await asyncio.wait_for(fills, 10)
    check(f"watch_my_trades: {fills[0]['amount']} at {fills[0]['price']}", fills[0]["order"] == bought["id"])
    # More than the best level and its likes over spreads hold, at its price: part of it fills, the rest is gone.
    server.do("rate", messages_per_second=0)
    best = (await exchange.fetch_order_book(symbol, 1))["asks"][0]
    options = {"timeInForce": "IOC"}
    part = await exchange.create_order(symbol, "limit", "buy", best[1] + 300 * size, best[0], options)
    is_part = best[1] <= part["filled"] < part["amount"]
    check(f"immediate or cancel: {part['filled']} of {part['amount']}", is_part and part["status"] != "open")
    server.do("rate", messages_per_second=1500)
    bars = await asyncio.wait_for(exchange.watch_ohlcv(symbol, "1m"), 10)
    check(f"watch_ohlcv: close {bars[-1][4]}", bars[-1][4] > 0)
    positions = [p for p in await exchange.fetch_positions([symbol]) if p["contracts"]]
    check(f"fetch_positions: {[p['contracts'] for p in positions]}", len(positions) == 1)
    true = server.account(CLIENT)["positions"]
    mine = Decimal(str(positions[0]["contracts"]))
    whole = Decimal(str(size))
    check(f"the exchange counts {true[0]['contracts']} contracts", mine in (Decimal(true[0]["contracts"]), Decimal(true[0]["contracts"]) * whole))
    lots = float(Decimal(true[0]["contracts"]) * whole)
    closed = await exchange.create_order(symbol, "market", "sell", lots, None, {"reduce_only": True})
    check(f"position closed: {closed['status']}", closed["status"] == "closed" and not server.account(CLIENT)["positions"])
    mine = await exchange.fetch_my_trades(symbol)
    check(f"fetch_my_trades: {len(mine)}", len(mine) >= 3)
    await exchange.create_order(symbol, "limit", "buy", size, far)
    await exchange.cancel_all_orders(symbol)
    check("cancel_all_orders", await exchange.fetch_open_orders(symbol) == [])
    listening.cancel()


async def trigger_orders(exchange, server, market):
    symbol, size = market["symbol"], market["contractSize"]
    tick = market["precision"]["price"]
    await exchange.create_order(symbol, "market", "buy", size)
    mark = (await exchange.fetch_ticker(symbol))["markPrice"]

    def held():
        return {order["order_id"]: order for order in server.account(CLIENT)["untriggered"]}

    away = {"stopLossPrice": mark * 0.95, "trigger": "mark_price", "reduceOnly": True}
    stop = await exchange.create_order(symbol, "market", "sell", size, None, away)
    state = (stop["status"], stop["info"]["order_type"], stop["info"]["order_state"])
    check(f"create_order with stopLossPrice: {state}", state == ("open", "stop_market", "untriggered"))
    above = {"takeProfitPrice": mark * 1.05, "trigger": "mark_price"}
    take = await exchange.create_order(symbol, "limit", "sell", size, mark * 1.05, above)
    check("create_order with takeProfitPrice", take["info"]["order_type"] == "take_limit")
    check("the exchange holds both outside the book", set(held()) == {stop["id"], take["id"]} and not server.account(CLIENT)["orders"])
    open_orders = await exchange.fetch_open_orders(symbol)
    check("fetch_open_orders tells of them", {o["id"] for o in open_orders} == {stop["id"], take["id"]})
    fetched = await exchange.fetch_order(stop["id"], symbol)
    check("fetch_order", fetched["info"]["trigger_price"] == stop["info"]["trigger_price"])
    lower = exchange.parse_to_numeric(exchange.price_to_precision(symbol, mark * 0.94))
    edited = await exchange.edit_order(stop["id"], symbol, "market", "sell", size, None, {"trigger_price": lower})
    true = float(held()[stop["id"]]["trigger_price"])
    check(f"edit_order moves the trigger to {true}", edited["id"] == stop["id"] and true == lower)
    cancelled = await exchange.cancel_order(stop["id"], symbol)
    check("cancel_order", cancelled["status"] == "canceled" and set(held()) == {take["id"]})
    try:
        wrong = {"stopLossPrice": mark * 1.02, "trigger": "mark_price"}
        await exchange.create_order(symbol, "market", "sell", size, None, wrong)
        check("a stop that is reached already is refused", False)
    except ccxt.InvalidOrder as refusal:
        check(f"a stop that is reached already is refused: {type(refusal).__name__}", "10034" in str(refusal))
    await exchange.cancel_all_orders(symbol)
    check("cancel_all_orders takes what is held too", not held())

    told = []

    async def listen():
        while True:
            told.extend(await exchange.watch_orders(symbol))

    listening = asyncio.ensure_future(listen())
    await until("watch_orders listens", lambda: server.account_channels(CLIENT) > 0)
    options = {"trailingAmount": 2 * tick, "trigger": "last_price", "reduceOnly": True}
    trailing = await exchange.create_order(symbol, "market", "sell", size, None, options)
    check(f"create_order with trailingAmount: {trailing['info']['order_type']}", trailing["info"]["order_type"] == "trailing_stop")
    # Somebody else brings it about, and nobody fills the book up again.
    server.do("rate", messages_per_second=0)
    urls = {"api": {"rest": server.http, "ws": server.ws}}
    seller = ccxt.pro.deribit({"apiKey": "seller", "secret": "s", "urls": urls})
    try:
        for _ in range(PUSHES):
            if server.account(CLIENT)["positions"]:
                await seller.create_order(symbol, "market", "sell", 40 * market["contractSize"])
    finally:
        await seller.close()
    await until("the market comes back by that much and the position is closed", lambda: not server.account(CLIENT)["positions"])

    def of_it(field, value):
        return [o for o in told if o["info"].get(field) == value]

    await until("watch_orders tells that it triggered", lambda: of_it("order_state", "triggered"))
    await until("and what came of it", lambda: [o for o in of_it("trigger_order_id", trailing["id"]) if o["status"] == "closed"])
    listening.cancel()


async def main(binary):
    with venue(binary) as server:
        urls = {"api": {"rest": server.http, "ws": server.ws}}
        exchange = ccxt.pro.deribit({"apiKey": CLIENT, "secret": "s", "urls": urls})
        try:
            market = await market_data(exchange, server)
            await orders(exchange, server, market)
            await trigger_orders(exchange, server, market)
        finally:
            await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
