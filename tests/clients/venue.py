"""`tenor exchange` as the checks need it: started on a free port, controlled behind its clients' backs, and asked for the truth."""

import asyncio
import json
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

PATIENCE = 20.0


class Venue:
    def __init__(self, control):
        self.control_url, self.token = control["url"], control["token"]
        self.http = self.control_url.removesuffix("/control")
        self.ws = self.http.replace("http", "ws", 1) + "/ws/api/v2"

    def do(self, what, **fields):
        """Asks the control channel."""
        body = json.dumps({"do": what, **fields}).encode()
        request = urllib.request.Request(
            self.control_url, body, {"Authorization": f"Bearer {self.token}"}, method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def book(self, instrument):
        """The true book: change id and both sides, best first, in prices and contracts."""
        told = self.do("book", instrument=instrument)
        sides = ([(Decimal(price), Decimal(lots)) for price, lots in told[side]] for side in ("bids", "asks"))
        return told["change_id"], *sides

    def account(self, client):
        return self.do("account", client=client)

    def connections_of(self, client):
        return [c["connection"] for c in self.do("connections") if c["client"] == client]

    def account_channels(self, client):
        """How many channels of its account it has subscribed to."""
        return sum(c["account_channels"] for c in self.do("connections") if c["client"] == client)

    def faults(self, client):
        """Injected and yet to happen."""
        return sum(c["faults"] for c in self.do("connections") if c["client"] == client)


@contextmanager
def venue(binary, rate=1500):
    """A running exchange; it ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "control.json"
        args = ["exchange", "--listen", "127.0.0.1:0", "--seed", "7", "--rate", str(rate), "--control", str(told)]
        process = subprocess.Popen([binary, *args], stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + PATIENCE
            while not told.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the exchange did not start")
                time.sleep(0.05)
            yield Venue(json.loads(told.read_text()))
        finally:
            process.kill()
            process.wait()


def check(what, held):
    print(("ok    " if held else "FAILED") + " " + what, flush=True)
    if not held:
        raise SystemExit(1)


async def until(what, holds, patience=PATIENCE):
    """Waits for something that must come about."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            check(what, False)
        await asyncio.sleep(0.02)
    check(what, True)
