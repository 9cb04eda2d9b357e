"""The search's inner loops: judging a group, building groups, annealing, raising the worst.

Everything here works on arrays (`Data`) and on groups as seats: row g of `seats` holds the units of group g, the first
`counts[g]` places of it. The last row is the bench, for those who are better left out for now. A unit is one person,
or several who stay together.

Costs, from better to worse: a rule that is kept only where the numbers allow (FLAW, for each one broken), somebody left
out (BENCH, for each person), a group that breaks a rule that no plan breaks (BROKEN and more for each clash).
"""
# ruff: noqa: PLR0917  compiled functions take arrays by position

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from exchanges.matching.compiled import bit_count, compiled

FLAW = 4.0
BENCH = 6.0
BROKEN = 10.0

_WORDS = 6  # 64-bit words that hold the 336 half-hours of a week
_ONE = np.uint64(1)


class Data(NamedTuple):
    """Units (first axis of most), people, and what holds for all.

    `starts[unit, pattern, word]` are shared starts by week pattern, `spoken[unit, word]` languages by level,
    `friends[unit, word]` the units with whom no rule is broken as a pair, `people[unit, place]` its people (-1: none).
    `kinds[person]` are institution and country, `skills` NaN where unknown, `marks` and `minds` bits of marks.
    """

    starts: np.ndarray
    spoken: np.ndarray
    friends: np.ndarray
    sizes: np.ndarray
    people: np.ndarray
    picky: np.ndarray
    kinds: np.ndarray
    skills: np.ndarray
    marks: np.ndarray
    minds: np.ndarray
    tags: int
    need: int
    plenty: int
    size_min: int
    size_max: int
    mixable: bool
    minded: bool
    has_language: bool
    has_skill: bool
    skill_mean: float
    skill_spread: float
    hours_weight: float
    mix_weight: float
    language_weight: float
    skill_weight: float


@compiled
def friends_of(starts, spoken, apart_from, need):
    """Bit sets of the units with whom a unit shares enough starts in every pattern and a language (itself included).

    `apart_from` are pairs (unit, unit) that are not friends whatever they share.
    """
    units, patterns, words = starts.shape
    friends = np.zeros((units, (units + 63) // 64), dtype=np.uint64)
    for u in range(units):
        friends[u, u >> 6] |= _ONE << np.uint64(u & 63)
        for v in range(u):
            talk = False
            for w in range(spoken.shape[1]):
                if spoken[u, w] & spoken[v, w]:
                    talk = True
                    break
            if not talk:
                continue
            fine = True
            for p in range(patterns):
                shared = 0
                for w in range(words):
                    shared += bit_count(starts[u, p, w] & starts[v, p, w])
                if shared < need:
                    fine = False
                    break
            if fine:
                friends[u, v >> 6] |= _ONE << np.uint64(v & 63)
                friends[v, u >> 6] |= _ONE << np.uint64(u & 63)
    for i in range(len(apart_from)):
        u, v = apart_from[i, 0], apart_from[i, 1]
        friends[u, v >> 6] &= ~(_ONE << np.uint64(v & 63))
        friends[v, u >> 6] &= ~(_ONE << np.uint64(u & 63))
    return friends


@compiled
def are_friends(data, u, v):
    return (data.friends[u, v >> 6] >> np.uint64(v & 63)) & _ONE != 0


@compiled
def _lacking(rows, units, count, need):
    """How many times somebody is missing at the `need` bits that most of the units have: 0 where all have so many.

    `rows[unit, word]` are their bits. Counts up to 31 units, bit by bit in parallel (five words hold a counter's bits).
    """
    lacking, left = 0, need
    for absent in range(count + 1):
        here = 0
        for w in range(rows.shape[1]):
            c0, c1, c2, c3, c4 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
            for i in range(count):
                carry = ~rows[units[i], w]
                c0, carry = c0 ^ carry, c0 & carry
                c1, carry = c1 ^ carry, c1 & carry
                c2, carry = c2 ^ carry, c2 & carry
                c3, carry = c3 ^ carry, c3 & carry
                c4 |= carry
            if not absent & 1:
                c0 = ~c0
            if not absent & 2:
                c1 = ~c1
            if not absent & 4:
                c2 = ~c2
            if not absent & 8:
                c3 = ~c3
            if not absent & 16:
                c4 = ~c4
            here += bit_count(c0 & c1 & c2 & c3 & c4)
        lacking += absent * min(left, here)
        left -= min(left, here)
        if left == 0:
            break
    return lacking


@compiled
def judge(data, units, count, who):
    """(cost of broken rules, score) of the units as a group; `who` is room for its people's numbers."""
    if count == 0:
        return 0.0, 1.0
    first = units[0]
    fewest = 1 << 20
    for p in range(data.starts.shape[1]):
        shared = 0
        for w in range(_WORDS):
            word = data.starts[first, p, w]
            for i in range(1, count):
                word &= data.starts[units[i], p, w]
            shared += bit_count(word)
        if shared < fewest:
            fewest = shared
            if fewest == 0:
                break
    top = -1
    for w in range(data.spoken.shape[1] - 1, -1, -1):
        word = data.spoken[first, w]
        for i in range(1, count):
            word &= data.spoken[units[i], w]
        if word:
            top = w * 64
            while word > _ONE:
                word >>= _ONE
                top += 1
            break
    size = 0
    picky = False
    for i in range(count):
        picky |= data.picky[units[i]]
        for j in range(data.sizes[units[i]]):
            who[size] = data.people[units[i], j]
            size += 1
    hard = 0.0
    if fewest < data.need or top < 0 or picky:
        clashes = 0
        for i in range(count):
            for j in range(i):
                if not are_friends(data, units[i], units[j]):
                    clashes += 1
        # What is missing, in people: the search needs a slope towards what can be mended.
        missing = 0
        if fewest < data.need:
            for p in range(data.starts.shape[1]):
                missing = max(missing, _lacking(data.starts[:, p], units, count, data.need))
        if top < 0:
            missing += _lacking(data.spoken, units, count, 1)
        if fewest < data.need or top < 0 or clashes:
            hard += BROKEN + missing + 0.25 * clashes
    same_institution = 0
    same_country = 0
    same_both = 0
    for i in range(size):
        for j in range(i):
            institution = data.kinds[who[i], 0] == data.kinds[who[j], 0]
            country = data.kinds[who[i], 1] == data.kinds[who[j], 1]
            same_institution += institution
            same_country += country
            same_both += institution and country
    if data.mixable and same_both * 2 == size * (size - 1):
        hard += FLAW
    if data.minded:
        alone = False
        for w in range(data.marks.shape[1]):
            once, twice, minds = np.uint64(0), np.uint64(0), np.uint64(0)
            for i in range(size):
                twice |= once & data.marks[who[i], w]
                once |= data.marks[who[i], w]
                minds |= data.minds[who[i], w]
            if minds & once & ~twice:
                alone = True
        if alone:
            hard += FLAW
    if size < data.size_min:
        # It will be dissolved, and is a little better than the bench as it may yet grow.
        hard += (BENCH - 0.5) * size
    elif size > data.size_max:
        hard += BROKEN * (size - data.size_max)
    score = data.hours_weight * min(1.0, fewest / data.plenty)
    weight = data.hours_weight + data.mix_weight
    squared = size * size
    score += data.mix_weight * (
        0.7 * min(1.0, 2.0 * (1.0 - (size + 2 * same_institution) / squared))
        + 0.3 * min(1.0, 2.0 * (1.0 - (size + 2 * same_country) / squared))
    )
    if data.has_language:
        weight += data.language_weight
        if top >= 0:
            score += data.language_weight * min(1.0, (top // data.tags + 1) / 5)
    if data.has_skill:
        known = 0
        total = 0.0
        for i in range(size):
            skill = data.skills[who[i]]
            if not np.isnan(skill):
                known += 1
                total += skill
        if known:
            weight += data.skill_weight
            distance = abs(total / known - data.skill_mean) / data.skill_spread
            score += data.skill_weight * max(0.0, 1.0 - distance)
    return hard, score / weight


@compiled
def judge_all(data, seats, counts):
    """Cost of broken rules and score of every row but the bench."""
    rows = len(counts) - 1
    hard, score = np.zeros(rows), np.zeros(rows)
    who = np.empty(seats.shape[1] + 1, dtype=np.int64)
    for g in range(rows):
        hard[g], score[g] = judge(data, seats[g], counts[g], who)
    return hard, score


@compiled
def build(data, order, rows, look):
    """Hardest first (`order`): each opens a group and takes, among the next that fit, whom it is best off with.

    Returns seats and counts. Looks at `look` candidates for each place.
    """
    units = len(order)
    seats = np.full((rows + 1, max(units, data.size_max)), -1, dtype=np.int64)
    counts = np.zeros(rows + 1, dtype=np.int64)
    left = order.copy()
    who = np.empty(max(units, data.size_max) + 1, dtype=np.int64)
    group = np.empty(data.size_max + 1, dtype=np.int64)
    friends = np.empty(data.friends.shape[1], dtype=np.uint64)
    remaining = 0
    for u in order:
        remaining += data.sizes[u]
    many = units
    for g in range(rows):
        if many == 0:
            break
        aim = min(data.size_max, -(-remaining // (rows - g)))
        u = left[0]
        left[: many - 1] = left[1:many].copy()
        many -= 1
        group[0], count, size = u, 1, data.sizes[u]
        friends[:] = data.friends[u]
        while size < aim and many:
            best, place, tried = 1e18, -1, 0
            for i in range(many):
                v = left[i]
                if size + data.sizes[v] > data.size_max or not (friends[v >> 6] >> np.uint64(v & 63)) & _ONE:
                    continue
                group[count] = v
                hard, score = judge(data, group, count + 1, who)
                cost = hard + 1.0 - score + 0.5 * i / units
                if cost < best:
                    best, place = cost, i
                tried += 1
                if tried == look:
                    break
            if place < 0:
                break
            v = left[place]
            left[place : many - 1] = left[place + 1 : many].copy()
            many -= 1
            group[count] = v
            count += 1
            size += data.sizes[v]
            friends &= data.friends[v]
        seats[g, :count] = group[:count]
        counts[g] = count
        remaining -= size
    for i in range(many):
        u = left[i]
        best, place = BENCH * data.sizes[u], rows
        for g in range(rows):
            size, count = 0, counts[g]
            for j in range(count):
                group[j] = seats[g, j]
                size += data.sizes[seats[g, j]]
            if size + data.sizes[u] > data.size_max:
                continue
            before, was = judge(data, group, count, who)
            group[count] = u
            after, score = judge(data, group, count + 1, who)
            if after - before + was - score < best:
                best, place = after - before + was - score, g
        seats[place, counts[place]] = u
        counts[place] += 1
    return seats, counts


@compiled
def _weigh(data, units, count, row, who, aim, home):
    """(cost of broken rules, whole cost) of units in a row; see `anneal` for `aim` and `home`."""
    hard, score = judge(data, units, count, who)
    missing = 1.0 - score
    cost = hard + aim[0] * (missing + 8.0 * missing**4)
    if score < aim[1]:
        cost += aim[2] * (aim[1] - score)
    if aim[3] > 0.0:
        for i in range(count):
            if home[units[i]] >= 0 and home[units[i]] != row:
                cost += aim[3]
    return hard, cost


@compiled
def anneal(data, seats, counts, rounds, hot, cold, aim, home, focus, seed):
    """Swaps and moves between two rows, in place; one of them often among the costliest, the heat falling.

    `aim` is (weight of the scores, floor, pressure, price of a move): a score under the floor costs `pressure` times
    what it lacks on top; whoever is in another row than at `home` (-1: was nowhere) costs the price of a move. With
    `focus`, one of the two rows is always among so many of the costliest.
    """
    rows = len(counts) - 1
    if rows == 0:
        return
    who = np.empty(seats.shape[1] + data.size_max + 1, dtype=np.int64)
    after_a = np.empty(seats.shape[1] + 1, dtype=np.int64)
    after_b = np.empty(seats.shape[1] + 1, dtype=np.int64)
    hards, costs, sizes = np.zeros(rows + 1), np.zeros(rows + 1), np.zeros(rows + 1, dtype=np.int64)
    for g in range(rows + 1):
        for i in range(counts[g]):
            sizes[g] += data.sizes[seats[g, i]]
        if g < rows:
            hards[g], costs[g] = _weigh(data, seats[g], counts[g], g, who, aim, home)
    hards[rows] = costs[rows] = BENCH * sizes[rows]
    state = np.uint64(seed * 2 + 1) * np.uint64(0x9E3779B97F4A7C15) | _ONE
    often = min(focus, rows) if focus else max(1, rows // 8)
    worst = np.argsort(-costs)[:often]
    again = 4 * rows
    cooling = (cold / hot) ** (1.0 / max(1, rounds))
    heat = hot
    for step in range(rounds):
        heat *= cooling
        if step % again == 0:
            worst = np.argsort(-costs)[:often]
        # xorshift64*, whose high bits are good: 31 + 31 + 1 of them name two rows, and again 20 + 20 + 24 the rest.
        state ^= state >> np.uint64(12)
        state ^= state << np.uint64(25)
        state ^= state >> np.uint64(27)
        word = state * np.uint64(0x2545F4914F6CDD1D)
        low = int(word & np.uint64(0x7FFFFFFF))
        high = int((word >> np.uint64(31)) & np.uint64(0x7FFFFFFF))
        a = worst[low % often] if focus or word >> np.uint64(63) else low % (rows + 1)
        b = high % (rows + 1)
        if a == b or counts[a] == 0:
            continue
        state ^= state >> np.uint64(12)
        state ^= state << np.uint64(25)
        state ^= state >> np.uint64(27)
        word = state * np.uint64(0x2545F4914F6CDD1D)
        i = int(word & np.uint64(0xFFFFF)) % counts[a]
        # One place more than there are units: that one means a move, not a swap.
        j = int((word >> np.uint64(20)) & np.uint64(0xFFFFF)) % (counts[b] + 1)
        chance = ((word >> np.uint64(40)) + 1) / 16777217.0
        u = seats[a, i]
        swap = j < counts[b]
        v = seats[b, j] if swap else -1
        size_a, size_b = sizes[a] - data.sizes[u], sizes[b] + data.sizes[u]
        if swap:
            size_a += data.sizes[v]
            size_b -= data.sizes[v]
        if (b != rows and size_b > data.size_max) or (a != rows and size_a > data.size_max):
            continue
        if not swap and counts[b] == seats.shape[1]:
            continue
        if a != rows and size_a < data.size_min and size_a < sizes[a] and hards[a] < FLAW:
            continue
        if b != rows and size_b < data.size_min and size_b < sizes[b] and hards[b] < FLAW:
            continue
        if b != rows and hards[b] < FLAW:
            clash = False
            for k in range(counts[b]):
                if k != j and not are_friends(data, u, seats[b, k]):
                    clash = True
                    break
            if clash:
                continue
        if swap and a != rows and hards[a] < FLAW:
            clash = False
            for k in range(counts[a]):
                if k != i and not are_friends(data, v, seats[a, k]):
                    clash = True
                    break
            if clash:
                continue
        limit = costs[a] + costs[b] - heat * np.log(chance)
        hard_b = cost_b = BENCH * size_b
        if b != rows:
            count_b = counts[b]
            for k in range(count_b):
                after_b[k] = seats[b, k]
            if swap:
                after_b[j] = u
            else:
                after_b[count_b] = u
                count_b += 1
            hard_b, cost_b = _weigh(data, after_b, count_b, b, who, aim, home)
        if cost_b > limit:
            continue
        hard_a = cost_a = BENCH * size_a
        if a != rows:
            count_a = counts[a]
            for k in range(count_a):
                after_a[k] = seats[a, k]
            if swap:
                after_a[i] = v
            else:
                count_a -= 1
                after_a[i] = after_a[count_a]
            hard_a, cost_a = _weigh(data, after_a, count_a, a, who, aim, home)
        if cost_a + cost_b > limit:
            continue
        if swap:
            seats[a, i], seats[b, j] = v, u
        else:
            counts[a] -= 1
            seats[a, i] = seats[a, counts[a]]
            seats[b, counts[b]] = u
            counts[b] += 1
        hards[a], hards[b] = hard_a, hard_b
        costs[a], costs[b] = cost_a, cost_b
        sizes[a], sizes[b] = size_a, size_b


@compiled
def raise_worst(data, seats, counts, rounds):
    """Improve the worst group by the best swap or move with any other, in place, while that lifts the worse of the two.

    Groups that break a rule come first. Gives up after three groups in a row that nothing helps.
    """
    rows = len(counts) - 1
    who = np.empty(seats.shape[1] + data.size_max + 1, dtype=np.int64)
    after_a = np.empty(data.size_max + 2, dtype=np.int64)
    after_b = np.empty(data.size_max + 2, dtype=np.int64)
    costs, sizes = np.zeros(rows), np.zeros(rows, dtype=np.int64)
    for g in range(rows):
        hard, score = judge(data, seats[g], counts[g], who)
        costs[g] = hard + 1.0 - score
        for i in range(counts[g]):
            sizes[g] += data.sizes[seats[g, i]]
    stuck = np.zeros(rows, dtype=np.bool_)
    failures = 0
    for _ in range(rounds):
        a = -1
        for g in range(rows):
            if counts[g] and not stuck[g] and (a < 0 or costs[g] > costs[a]):
                a = g
        if a < 0:
            return
        best, best_sum = costs[a] - 1e-9, 1e18
        best_b, best_i, best_j = -1, -1, -1
        for b in range(rows):
            if b == a or counts[b] == 0 or costs[b] >= costs[a]:
                continue
            for i in range(counts[a]):
                u = seats[a, i]
                enemies = 0
                enemy = -1
                for k in range(counts[b]):
                    if not are_friends(data, u, seats[b, k]):
                        enemies += 1
                        enemy = k
                if enemies > 1:
                    continue
                for j in range(counts[b] + 1):
                    if enemies and j != enemy:
                        continue
                    swap = j < counts[b]
                    size_a, size_b = sizes[a] - data.sizes[u], sizes[b] + data.sizes[u]
                    if swap:
                        v = seats[b, j]
                        size_a += data.sizes[v]
                        size_b -= data.sizes[v]
                    if size_b > data.size_max or size_b < data.size_min:
                        continue
                    if size_a > data.size_max or size_a < data.size_min:
                        continue
                    count_a = counts[a]
                    for k in range(count_a):
                        after_a[k] = seats[a, k]
                    if swap:
                        after_a[i] = v
                    else:
                        count_a -= 1
                        after_a[i] = after_a[count_a]
                    hard, score = judge(data, after_a, count_a, who)
                    cost_a = hard + 1.0 - score
                    if cost_a > best:
                        continue
                    count_b = counts[b]
                    for k in range(count_b):
                        after_b[k] = seats[b, k]
                    if swap:
                        after_b[j] = u
                    else:
                        after_b[count_b] = u
                        count_b += 1
                    hard, score = judge(data, after_b, count_b, who)
                    cost_b = hard + 1.0 - score
                    worse = max(cost_a, cost_b)
                    if worse < best - 1e-12 or (worse <= best + 1e-12 and best_b >= 0 and cost_a + cost_b < best_sum):
                        best, best_sum, best_b, best_i, best_j = worse, cost_a + cost_b, b, i, j
        if best_b < 0:
            stuck[a] = True
            failures += 1
            if failures > 3:
                return
            continue
        failures = 0
        stuck[:] = False
        b, i, j = best_b, best_i, best_j
        u = seats[a, i]
        if j < counts[b]:
            v = seats[b, j]
            seats[a, i], seats[b, j] = v, u
            sizes[a] += data.sizes[v] - data.sizes[u]
            sizes[b] += data.sizes[u] - data.sizes[v]
        else:
            counts[a] -= 1
            seats[a, i] = seats[a, counts[a]]
            seats[b, counts[b]] = u
            counts[b] += 1
            sizes[a] -= data.sizes[u]
            sizes[b] += data.sizes[u]
        for g in (a, b):
            hard, score = judge(data, seats[g], counts[g], who)
            costs[g] = hard + 1.0 - score


@compiled
def enumerate_groups(data, size_min, most):
    """All groups of up to 62 units that break no rule but those kept where the numbers allow.

    Returns (units as bits, rules of that kind broken, score), or empty arrays where there are more than `most`.
    `data` has a `size_min` of 1: whoever breaks a rule breaks it with more people too, which bounds the search.
    """
    units = len(data.sizes)
    masks = np.empty(most, dtype=np.int64)
    flaws = np.empty(most, dtype=np.int64)
    scores = np.empty(most)
    found = 0
    who = np.empty(data.size_max + 1, dtype=np.int64)
    group = np.empty(data.size_max + 2, dtype=np.int64)
    depth, size, mask = 0, 0, 0
    u = 0
    while True:
        if u < units and size < data.size_max:
            fine = size + data.sizes[u] <= data.size_max
            for i in range(depth):
                if fine and not are_friends(data, u, group[i]):
                    fine = False
            if fine:
                group[depth] = u
                hard, score = judge(data, group, depth + 1, who)
                if hard < BROKEN:
                    depth += 1
                    size += data.sizes[u]
                    mask |= 1 << u
                    if size >= size_min:
                        if found == most:
                            return masks[:0], flaws[:0], scores[:0]
                        masks[found], flaws[found], scores[found] = mask, round(hard / FLAW), score
                        found += 1
            u += 1
        elif depth:
            depth -= 1
            u = group[depth]
            size -= data.sizes[u]
            mask ^= 1 << u
            u += 1
        else:
            return masks[:found], flaws[:found], scores[:found]


@compiled
def choose(masks, flawed, first, sizes, possible, budget, most):
    """Groups that hold everybody but `budget[0]` people and break a rule in at most `budget[1]` of them.

    `masks` are sorted by their lowest unit: those of unit u lie from `first[u]` to `first[u + 1]`. `possible[n]` says
    whether n people can be dealt into groups of allowed sizes. Returns (1, positions in masks), (0, ...) where there is
    no such choice, (-1, ...) where more than `most` states were looked at. What the lowest unit does is settled first,
    and a set of people that could not be dealt out is remembered.
    """
    units = len(sizes)
    slots = 1 << 12
    while slots < 2 * most:
        slots <<= 1
    seen = np.zeros(slots, dtype=np.int64)
    chosen = np.empty(units + 1, dtype=np.int64)
    rest = np.empty(units + 1, dtype=np.int64)
    people = np.empty(units + 1, dtype=np.int64)
    out = np.empty(units + 1, dtype=np.int64)
    flaws = np.empty(units + 1, dtype=np.int64)
    turn = np.empty(units + 1, dtype=np.int64)
    lowest = np.empty(units + 1, dtype=np.int64)
    depth, looked = 0, 0
    rest[0], people[0], out[0], flaws[0], turn[0] = (1 << units) - 1, sizes.sum(), budget[0], budget[1], -1
    while depth >= 0:
        left = rest[depth]
        if turn[depth] < 0:
            if left == 0:
                return 1, chosen[:depth]
            fine = False
            for n in range(max(0, people[depth] - out[depth]), people[depth] + 1):
                fine |= possible[n]
            if fine:
                key = ((left << 16) | (out[depth] << 8) | flaws[depth]) + 1
                at = (key * 0x9E3779B97F4A7C1) & (slots - 1)
                at ^= (key * 0x9E3779B97F4A7C1) >> 30 & (slots - 1)
                while seen[at] != 0 and seen[at] != key:
                    at = (at + 1) & (slots - 1)
                fine = seen[at] == 0
                seen[at] = key
                looked += fine
                if looked > most:
                    return -1, chosen[:0]
            if not fine:
                depth -= 1
                continue
            u = 0
            while not (left >> u) & 1:
                u += 1
            lowest[depth], turn[depth] = u, first[u]
        u = lowest[depth]
        n = turn[depth]
        while n < first[u + 1] and (masks[n] & ~left or (flawed[n] and flaws[depth] == 0)):
            n += 1
        turn[depth] = n + 1
        if n < first[u + 1]:
            size = 0
            for v in range(u, units):
                if masks[n] >> v & 1:
                    size += sizes[v]
            chosen[depth] = n
            rest[depth + 1], people[depth + 1] = left & ~masks[n], people[depth] - size
            out[depth + 1], flaws[depth + 1], turn[depth + 1] = out[depth], flaws[depth] - flawed[n], -1
            depth += 1
        elif n == first[u + 1] and out[depth] >= sizes[u]:
            # Without this unit.
            chosen[depth] = -1
            rest[depth + 1], people[depth + 1] = left & ~(1 << u), people[depth] - sizes[u]
            out[depth + 1], flaws[depth + 1], turn[depth + 1] = out[depth] - sizes[u], flaws[depth], -1
            depth += 1
        else:
            depth -= 1
    return 0, chosen[:0]
