"""What nautilus_trader's adapters hand out, gathered."""

from collections import Counter
from decimal import Decimal

from nautilus_trader.core import nautilus_pyo3 as n
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import OrderBookDeltas, capsule_to_data
from nautilus_trader.model.enums import BookType


class Follower:
    """Takes what the adapter hands out: books from deltas, and a list of everything else."""

    def __init__(self, by_order=()):
        """`by_order`: instruments whose books come order by order."""
        self.books, self.events, self.by_order = {}, [], by_order
        # Of each book, how often it was told of.
        self.frames = Counter()

    def take(self, message):
        if not n.is_pycapsule(message):
            self.events.append(message)
            return
        data = capsule_to_data(message)
        if isinstance(data, OrderBookDeltas):
            instrument = str(data.instrument_id)
            self.frames[instrument] += 1
            kind = BookType.L3_MBO if instrument in self.by_order else BookType.L2_MBP
            self.books.setdefault(instrument, OrderBook(data.instrument_id, kind)).apply_deltas(data)
        else:
            self.events.append(data)

    def sides(self, instrument):
        book = self.books.get(str(instrument))
        if book is None:
            return None
        # Sizes come as binary fractions; they are whole numbers.
        levels = ([(Decimal(str(l.price)), round(l.size())) for l in side] for side in (book.bids(), book.asks()))
        return tuple(levels)

    def of(self, kind, order):
        """Events of a kind about one of our orders."""
        return [e for e in self.events if isinstance(e, kind) and str(e.client_order_id) == order]
