#!/usr/bin/env python3
"""Reference solutions of the smooth forward curve: a dense KKT system in 50 digits, standard library only.

    python3 smooth_kkt.py > smooth_kkt.json

Written from the paper, not from the program. f(x) = s(x) + d(x); d is a polynomial of degree four on every interval between knots (ends of
contracts, launches, knots of the prior), so five unknowns an interval. Minimise

    sum over intervals of  integral d''(x)^2 dx   +   sum over two-sided quotes of  (average - mid)^2 / reach^3

subject to: d, d', d'' continuous at inner knots, but for the level at launches; d' = 0 at a flat end; and for every contract
low <= 1/(to - from) * integral f dx <= high. The Lagrange conditions are linear for a given set of limits that hold with equality. The
set is found by adding the worst violation and dropping limits whose multiplier has the wrong sign; convexity makes any set that passes
both tests the solution.
"""
import json
from decimal import Decimal as D, getcontext

getcontext().prec = 50
ZERO, ONE = D(0), D(1)


def solve(rows, rhs):
    """Gaussian elimination with partial pivoting; rows are dicts column -> value."""
    n = len(rows)
    rows = [dict(r) for r in rows]
    rhs = list(rhs)
    for c in range(n):
        p = max(range(c, n), key=lambda r: abs(rows[r].get(c, ZERO)))
        if abs(rows[p].get(c, ZERO)) < D("1e-35"):
            return None
        rows[c], rows[p], rhs[c], rhs[p] = rows[p], rows[c], rhs[p], rhs[c]
        pivot = rows[c]
        for r in range(c + 1, n):
            lead = rows[r].pop(c, ZERO)
            if lead:
                f = lead / pivot[c]
                row = rows[r]
                for k, v in pivot.items():
                    if k != c:
                        row[k] = row.get(k, ZERO) - f * v
                rhs[r] -= f * rhs[c]
    x = [ZERO] * n
    for r in range(n - 1, -1, -1):
        x[r] = (rhs[r] - sum(v * x[k] for k, v in rows[r].items() if k != r)) / rows[r][r]
    return x


class Case:
    def __init__(self, name, quotes, prior=None, launches=(), end="flat", reach="3"):
        self.name, self.end, self.reach = name, end, D(reach)
        self.quotes = [tuple(None if v is None else D(v) for v in q) for q in quotes]
        self.launches = [D(x) for x in launches]
        self.prior = [(D(a), D(b), D(v)) for a, b, v in (prior or [])]
        ends = [q[0] for q in self.quotes] + [q[1] for q in self.quotes]
        inner = self.launches + [p[0] for p in self.prior]
        self.knots = sorted(set(ends) | {x for x in inner if min(ends) < x < max(ends)})
        self.n = len(self.knots) - 1

    def width(self, j):
        return self.knots[j + 1] - self.knots[j]

    def average(self, a, b):
        """Row of the mean of d over [a, b); ends are knots."""
        row = {}
        for j in range(self.n):
            if self.knots[j] >= a and self.knots[j + 1] <= b:
                h = self.width(j)
                for k in range(5):
                    row[5 * j + k] = h ** (k + 1) / (k + 1) / (b - a)
        return row

    def prior_average(self, a, b):
        return sum((max(ZERO, min(b, to) - max(a, frm)) * v for frm, to, v in self.prior), ZERO) / (b - a)

    def derivative(self, j, s, order):
        row = {}
        for k in range(order, 5):
            factor = ONE
            for i in range(order):
                factor *= k - i
            row[5 * j + k] = factor * (s ** (k - order) if k > order else ONE)
        return row

    def conditions(self):
        rows = []
        for j in range(1, self.n):
            for order in range(3):
                if order == 0 and self.knots[j] in self.launches:
                    continue
                row = self.derivative(j - 1, self.width(j - 1), order)
                for k, v in self.derivative(j, ZERO, order).items():
                    row[k] = row.get(k, ZERO) - v
                rows.append(row)
        if self.end == "flat":
            rows.append(self.derivative(self.n - 1, self.width(self.n - 1), 1))
        return rows

    def hessian(self):
        """Twice the objective, and its gradient at zero (negated)."""
        size = 5 * self.n
        h, g = [dict() for _ in range(size)], [ZERO] * size
        for j in range(self.n):
            w = self.width(j)
            for a in range(2, 5):
                for b in range(2, 5):
                    power = a + b - 3
                    h[5 * j + a][5 * j + b] = D(2 * a * (a - 1) * b * (b - 1)) * w**power / power
        for frm, to, low, high in self.quotes:
            if low is not None and high is not None and low != high:
                row, mid = self.average(frm, to), (low + high) / 2 - self.prior_average(frm, to)
                weight = 2 / self.reach**3
                for a, va in row.items():
                    g[a] += weight * va * mid
                    for b, vb in row.items():
                        h[a][b] = h[a].get(b, ZERO) + weight * va * vb
        return h, g

    def kkt(self, active):
        h, g = self.hessian()
        held = [(row, ZERO) for row in self.conditions()]
        for i, side in active:
            frm, to = self.quotes[i][:2]
            held.append((self.average(frm, to), self.quotes[i][2 + side] - self.prior_average(frm, to)))
        size = 5 * self.n
        rows, rhs = h + [dict(row) for row, _ in held], g + [value for _, value in held]
        for at, (row, _) in enumerate(held):
            for k, v in row.items():
                rows[k][size + at] = v
        x = solve(rows, rhs)
        return x and (x[:size], x[len(x) - len(active) :] if active else [])

    def run(self):
        active = [(i, 0) for i, q in enumerate(self.quotes) if q[2] is not None and q[2] == q[3]]
        exact = len(active)
        seen = set()
        while True:
            solved = self.kkt(active)
            if not solved:
                # The newest limit depends on the others: it takes the place of one of them.
                options = [active[:k] + active[k + 1 :] for k in range(exact, len(active) - 1)]
                active = next(o for o in options if frozenset(o) not in seen and self.kkt(o))
                continue
            seen.add(frozenset(active))
            x, multipliers = solved
            # Gradient of the objective = -multiplier * row: at a low limit the multiplier must not be positive, at a high one not negative.
            wrong = [(abs(m), at) for at, (m, (_, side)) in enumerate(zip(multipliers, active))
                     if at >= exact and (m > 0 if side == 0 else m < 0)]
            if wrong:
                active.pop(max(wrong)[1])
                continue
            gaps = []
            for i, (frm, to, low, high) in enumerate(self.quotes):
                mean = sum(v * x[k] for k, v in self.average(frm, to).items()) + self.prior_average(frm, to)
                if low is not None and low - mean > D("1e-30"):
                    gaps.append((low - mean, i, 0))
                if high is not None and mean - high > D("1e-30"):
                    gaps.append((mean - high, i, 1))
            if not gaps:
                return x, sorted(i for i, _ in active)
            active.append(max(gaps)[1:])

    def value(self, x, at):
        j = max(j for j in range(self.n) if self.knots[j] <= at)
        s = at - self.knots[j]
        prior = next((v for frm, to, v in self.prior if frm <= at < to), ZERO)
        return prior + sum(x[5 * j + k] * s**k for k in range(1, 5)) + x[5 * j]

    def roughness(self, x):
        total = ZERO
        for j in range(self.n):
            w = self.width(j)
            for a in range(2, 5):
                for b in range(2, 5):
                    total += D(a * (a - 1) * b * (b - 1)) * x[5 * j + a] * x[5 * j + b] * w ** (a + b - 3) / (a + b - 3)
        return total

    def report(self):
        x, active = self.run()
        samples = []
        for j in range(self.n):
            for share in ("0.05", "0.37", "0.8"):
                at = self.knots[j] + D(share) * self.width(j)
                samples.append([float(at), float(self.value(x, at))])
        number = lambda v: None if v is None else float(v)
        return {
            "name": self.name,
            "quotes": [[number(v) for v in q] for q in self.quotes],
            "prior": [[float(v) for v in p] for p in self.prior],
            "launches": [float(v) for v in self.launches],
            "end": self.end,
            "reach_months": float(self.reach),
            "knots": [float(k) for k in self.knots],
            "coefficients": [[float(v) for v in x[5 * j : 5 * j + 5]] for j in range(self.n)],
            "samples": samples,
            "roughness": float(self.roughness(x)),
            "at_limit": active,
        }


def cases():
    months = [2.79, 2.73, 2.71, 2.63, 2.58, 2.49, 2.47, 2.44, 2.41, 2.40, 2.38, 2.36]
    h100 = [(i, i + 1, f"{m:.2f}", f"{m:.2f}") for i, m in enumerate(months)]
    yield Case("three months, free end", [(0, 1, "1", "1"), (1, 2, "2", "2"), (2, 3, "4", "4")], end="free")
    yield Case("a year of months, free end", h100, end="free")
    yield Case("a year of months, flat end", h100)
    # Front month three quarters fixed; two months, three quarters, one year that overlaps with half a year.
    strips = [("0.75", 1, "2.77"), (1, 2, "2.74"), (2, 5, "2.65"), (5, 8, "2.46"), (8, 11, "2.39"), (2, 14, "2.42"), (14, 20, "2.27")]
    yield Case("overlapping strips", [(a, b, v, v) for a, b, v in strips])
    prior = [(0, 3, "2.8"), (3, 6, "2.55"), (6, 9, "2.6"), (9, 12, "2.35")]
    yield Case("a seasonal prior", h100[:9] + [(9, 12, "2.38", "2.38")], prior=prior)
    jump = [(i, i + 1, v, v) for i, v in enumerate(["5.9", "5.85", "5.82", "5.1", "4.75", "4.7", "4.68"])]
    yield Case("a launch in the middle of a month", jump, launches=["3.4"])
    yield Case("a launch with strips and a prior", jump[:4] + [(4, 7, "4.71", "4.71")], prior=[(0, 4, "5.5"), (4, 7, "4.9")], launches=["3.4"], end="free")
    long = []
    for i in range(36):
        mid = 22 + 6 * D("0.93") ** i + (D(i * i % 7) - 3) * D("0.12")
        half = D("0.1") + D(i) / 40
        long.append((i, i + 1, (mid - half) / 10, (mid + half) / 10))
    quarters = []
    for q in range(1, 12):
        part = long[3 * q - 1 : 3 * q + 2]
        mid = sum((l + h for _, _, l, h in part), ZERO) / 6 + D((-1) ** q) / 60
        quarters.append((3 * q - 1, 3 * q + 2, mid - D("0.02"), mid + D("0.02")))
    year = (2, 14, "2.565", "2.58")
    digits = lambda quotes: [(a, b, round(D(l), 3), round(D(h), 3)) for a, b, l, h in quotes]
    whole = digits(long + quarters + [year])
    yield Case("three years between bid and ask", whole)
    yield Case("three years between bid and ask, weak pull", whole, reach="12", end="free")
    holes = [(a, b, None if i % 5 == 1 else l, None if i % 4 == 2 else h) for i, (a, b, l, h) in enumerate(whole)]
    yield Case("one-sided quotes, a launch", holes, launches=["9.5"], reach="6")
    exact = digits([(i, i + 1, m, m) for i, (_, _, l, h) in enumerate(long) for m in [(l + h) / 2]])
    yield Case("three years of months exactly", exact)


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(case.report()) for case in cases()) + "\n]")
