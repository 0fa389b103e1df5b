"""Unmodified ccxt (class `deribit`) against `tenor exchange`: markets, a watched book, an order's life.

    python3 -m venv /tmp/ccxt && /tmp/ccxt/bin/pip install ccxt
    cargo run --release -- exchange --listen 127.0.0.1:7777 &
    /tmp/ccxt/bin/python tests/clients/ccxt_deribit.py http://127.0.0.1:7777

Prints one line a step and exits 0 when all of them held. Needs nothing but ccxt.
"""

import asyncio
import sys

import ccxt.pro


def check(what, held):
    print(("ok    " if held else "FAILED") + " " + what, flush=True)
    if not held:
        raise SystemExit(1)


async def main(base):
    socket = base.replace("http", "ws", 1) + "/ws/api/v2"
    exchange = ccxt.pro.deribit(
        {"apiKey": "ccxt-check", "secret": "s", "urls": {"api": {"rest": base, "ws": socket}}}
    )
    try:
        markets = await exchange.load_markets()
        # ccxt counts spreads among the futures; they keep their id as symbol.
        combos = [m for m in markets.values() if "-CAL-" in m["id"]]
        months = [m for m in markets.values() if m["base"] == "H100" and m["future"] and m not in combos]
        futures = sorted(months, key=lambda m: m["expiry"])
        check(f"load_markets: {len(markets)} markets, {len(futures)} H100 months", len(futures) == 36)
        check(f"calendar spreads are listed: {len(combos)}", len(combos) > 30)
        symbol, size = futures[1]["symbol"], futures[1]["contractSize"]

        book = await exchange.watch_order_book(symbol)
        for _ in range(5):
            book = await exchange.watch_order_book(symbol)
        bids, asks = book["bids"], book["asks"]
        check(f"watch_order_book {symbol}: {len(bids)} bids, {len(asks)} asks", len(bids) > 5 and len(asks) > 5)
        check(f"uncrossed: {bids[0][0]} / {asks[0][0]}", bids[0][0] < asks[0][0])
        spread_book = await exchange.watch_order_book(combos[0]["symbol"])
        check(f"watch_order_book {combos[0]['symbol']}", len(spread_book["bids"]) > 0)
        ticker = await exchange.watch_ticker(symbol)
        check(f"watch_ticker: last {ticker['last']}, mark {ticker['markPrice']}", ticker["bid"] is not None)

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
        balance = await exchange.fetch_balance()
        check(f"fetch_balance: {balance['USDC']['total']} USDC", balance["USDC"]["total"] > 0)

        far = exchange.parse_to_numeric(exchange.price_to_precision(symbol, bids[-1][0]))
        order = await exchange.create_order(symbol, "limit", "buy", size, far)
        check(f"create_order: {order['id']} {order['status']} at {order['price']}", order["status"] == "open")
        open_orders = await exchange.fetch_open_orders(symbol)
        check("fetch_open_orders", [o["id"] for o in open_orders] == [order["id"]])
        fetched = await exchange.fetch_order(order["id"], symbol)
        check("fetch_order", fetched["status"] == "open")
        edited = await exchange.edit_order(order["id"], symbol, "limit", "buy", size * 2, far)
        check(f"edit_order: {edited['amount']}", edited["id"] == order["id"])
        cancelled = await exchange.cancel_order(order["id"], symbol)
        check("cancel_order", cancelled["status"] == "canceled")
        try:
            await exchange.cancel_order(order["id"], symbol)
            check("cancelling twice is refused", False)
        except ccxt.InvalidOrder as refusal:
            check(f"cancelling twice is refused: {type(refusal).__name__}", True)

        watching = asyncio.ensure_future(exchange.watch_my_trades(symbol))
        await asyncio.sleep(0.5)
        bought = await exchange.create_order(symbol, "market", "buy", size)
        check(f"market order: {bought['status']} at {bought['average']}", bought["status"] == "closed")
        fills = await asyncio.wait_for(watching, 10)
        check(f"watch_my_trades: {fills[0]['amount']} at {fills[0]['price']}", fills[0]["order"] == bought["id"])
        positions = [p for p in await exchange.fetch_positions([symbol]) if p["contracts"]]
        check(f"fetch_positions: {[p['contracts'] for p in positions]}", len(positions) == 1)
        closed = await exchange.create_order(symbol, "market", "sell", size, None, {"reduce_only": True})
        check(f"position closed: {closed['status']}", closed["status"] == "closed")
        mine = await exchange.fetch_my_trades(symbol)
        check(f"fetch_my_trades: {len(mine)}", len(mine) >= 2)
        await exchange.cancel_all_orders(symbol)
        check("cancel_all_orders", await exchange.fetch_open_orders(symbol) == [])
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7777"))
