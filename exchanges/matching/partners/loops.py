"""The inner loops of ranking everybody for everybody, as machine code; what the columns mean is said in `columns`.

The sums are made in the order in which `table` makes them, so that both give the same bits.
"""
# ruff: noqa: PLR0917  compiled functions take arrays by position

from __future__ import annotations

import numpy as np

from exchanges.matching.compiled import bit_count, compiled
from exchanges.matching.partners.weights import SCALE, UNKNOWN

ONE = np.uint64(1)
SHARES = np.array([0.0, 0.4, 0.8, 1.0])  # of a language's margin below -1, -1, 0 and 1 steps
TILE = 128


@compiled
def open_weeks(spans, holidays, holiday_at, first_day, days, full, most, first_word, last_word):
    """Fill each row's open days (bits 0 to 4 of each week), and the weeks with five and with at least three of them."""
    for row in range(len(spans)):
        begin = spans[row, 0] - first_day
        end = spans[row, 1] - first_day
        first_word[row] = begin // 7 // 64
        last_word[row] = end // 7 // 64
        for week in range(begin // 7, end // 7 + 1):
            bits = 0
            count = 0
            for weekday in range(5):
                day = week * 7 + weekday
                if day < begin or day > end:
                    continue
                free = True
                for n in range(holiday_at[row], holiday_at[row + 1]):
                    if holidays[n, 0] - first_day <= day <= holidays[n, 1] - first_day:
                        free = False
                        break
                if free:
                    bits |= 1 << weekday
                    count += 1
            days[row, week] = bits
            if count >= 3:
                most[row, week // 64] |= ONE << np.uint64(week % 64)
            if count == 5:
                full[row, week // 64] |= ONE << np.uint64(week % 64)


@compiled
def mark_needed(most, hours, zone, states, starts_at, needed):
    """Mark the (hours, state) whose starts are wanted and not yet there."""
    for row in range(len(hours)):
        for week in range(states.shape[1]):
            if most[row, week // 64] >> np.uint64(week % 64) & ONE:
                state = states[zone[row], week]
                if starts_at[hours[row], state] < 0:
                    needed[hours[row], state] = True


@compiled
def pack_starts(flags, row_of, maps, map_of, quarters, starts):
    """The UTC half-hours at which a session of each length fits, as bits: a run of free quarters from there on."""
    span = maps.shape[1]
    for n in range(len(row_of)):
        run = 0
        for quarter in range(span - 1, -1, -1):
            run = run + 1 if flags[row_of[n], maps[map_of[n], quarter]] else 0
            if quarter % 2 == 0 and quarter < 672:
                half = quarter // 2
                for length in range(len(quarters)):
                    if run >= quarters[length]:
                        starts[n, length, half // 64] |= ONE << np.uint64(half % 64)


@compiled
def pairs_of_states(states, words):
    """Of each two zones the pairs of states that occur, with their weeks: where each two begin and end, both lists."""
    zones = len(states)
    at = np.zeros((zones, zones, 2), dtype=np.int64)
    room = zones * zones * 8 + 64
    found = np.zeros((room, 2), dtype=np.int32)
    weeks = np.zeros((room, words), dtype=np.uint64)
    used = 0
    for one in range(zones):
        for two in range(zones):
            begin = used
            for week in range(states.shape[1]):
                a, b = states[one, week], states[two, week]
                here = begin
                while here < used and (found[here, 0] != a or found[here, 1] != b):
                    here += 1
                if here == used:
                    if used == room:
                        more = np.zeros((room * 2, 2), dtype=np.int32)
                        more[:room] = found
                        found = more
                        longer = np.zeros((room * 2, words), dtype=np.uint64)
                        longer[:room] = weeks
                        weeks = longer
                        room *= 2
                    found[used, 0], found[used, 1] = a, b
                    used += 1
                weeks[here, week // 64] |= ONE << np.uint64(week % 64)
            at[one, two, 0], at[one, two, 1] = begin, used
    return at, found[:used].copy(), weeks[:used].copy()


@compiled
def spoken_table(ends, spoken, slack):
    """Of each two sets of (tag, level): 0 where no shared language passes, else 1 + 4 * ahead + back into SHARES."""
    count = len(ends) - 1
    table = np.zeros((count, count), dtype=np.uint8)
    for own in range(count):
        for theirs in range(count):
            best_sum, best_tag, best = -1.0, 0, 0
            for i in range(ends[own], ends[own + 1]):
                for j in range(ends[theirs], ends[theirs + 1]):
                    if spoken[i, 0] != spoken[j, 0]:
                        continue
                    margin = spoken[j, 1] - spoken[i, 1]
                    if abs(margin) > slack:
                        continue
                    ahead, back = min(max(margin + 2, 0), 3), min(max(2 - margin, 0), 3)
                    total = SHARES[ahead] + SHARES[back]
                    if total > best_sum or (total == best_sum and spoken[i, 0] < best_tag):
                        best_sum, best_tag, best = total, spoken[i, 0], 1 + 4 * ahead + back
            table[own, theirs] = best
    return table


@compiled
def _size(wanted, brings):
    if wanted < 0 or brings < 0:
        return UNKNOWN
    if wanted == 0 or brings == 0:
        return 0.0
    return min(wanted, brings) / max(wanted, brings)


@compiled
def _key(ahead, back):
    """The harmonic mean as a whole number."""
    total = ahead + back
    return np.int64(np.rint(2 * ahead * back / total * SCALE)) if total > 0 else np.int64(0)


@compiled
def _put(keys, rows, row, key, other, order):
    """Put `other` into the row's best, which are sorted, if it belongs there; equal keys by the order of ids."""
    last = keys.shape[1] - 1
    worst = keys[row, last]
    if key < worst or (key == worst and rows[row, last] >= 0 and order[other] > order[rows[row, last]]):
        return
    at = last
    while at > 0:
        before = keys[row, at - 1]
        if before > key or (before == key and order[rows[row, at - 1]] < order[other]):
            break
        keys[row, at] = before
        rows[row, at] = rows[row, at - 1]
        at -= 1
    keys[row, at] = key
    rows[row, at] = other


@compiled
def best_of_all(c, n, share, least_starts, plenty, stems, begin, keys, rows):
    """Each row's best others into `keys` and `rows` (sorted, -1 where there are no more); every pair is seen once.

    Tiles of rows near the diagonal come first: rows are ordered by field, so that good partners are found early and
    most of the others are seen to be too little without a look at their weeks, hours and words. Only pairs with a row
    from `begin` on are seen.
    """
    # One function, and the columns as variables: handing them on for every pair would cost more than the work itself.
    institution, wish, profile, language, field = c.institution, c.wish, c.profile, c.language, c.field
    form, level, own, partner, session = c.format, c.level, c.own, c.partner, c.session
    hours, zone, span, need, known_text = c.hours, c.zone, c.span, c.need, c.known_text
    first_word, last_word, full, most, days = c.first_word, c.last_word, c.full, c.most, c.days
    word_at, word_of, word_share, suits, suited = c.word_at, c.word, c.word_share, c.suits, c.suits.T.copy()
    spoken, closeness, starts, starts_at = c.spoken, c.closeness, c.starts, c.starts_at
    pair_at, pair_states, pair_weeks, order = c.pair_at, c.pair_states, c.pair_weeks, c.order
    topic_share, hours_share, weeks_share, language_share = share[0], share[1], share[2], share[3]
    size_share, level_share, form_share = share[4], share[5], share[6]
    words = np.zeros(stems + 1, dtype=np.float64)
    spread = -1
    common = np.zeros(full.shape[1], dtype=np.uint64)
    passing = np.zeros(TILE, dtype=np.int64)
    last = keys.shape[1] - 1
    tiles = (n + TILE - 1) // TILE
    for number in range(tiles * tiles):
        distance, tile = number // tiles, number % tiles
        end = (tile + distance + 1) * TILE
        if tile + distance >= tiles or end <= begin:
            continue
        for a in range(max(begin, end - TILE), min(n, end)):
            language_a, wish_a, profile_a, institution_a = language[a], wish[a], profile[a], institution[a]
            found = 0
            for b in range(tile * TILE, min(a, (tile + 1) * TILE)):
                passing[found] = b
                found += (
                    (spoken[language_a, language[b]] != 0)
                    & suits[wish_a, profile[b]]
                    & suited[profile_a, wish[b]]
                    & (institution[b] != institution_a)
                )
            for at in range(found):
                b = passing[at]
                low, high = max(first_word[a], first_word[b]), min(last_word[a], last_word[b])
                if low > high:
                    continue
                floor = min(keys[a, last], keys[b, last])
                close, text = closeness[field[a], field[b]], known_text[a] and known_text[b]
                unknown = 1.0 if text else UNKNOWN
                topic = unknown if close < 0.0 else 0.65 * close + 0.35 if text else close
                margins = np.int64(spoken[language_a, language[b]]) - 1
                ahead_language, back_language = SHARES[margins >> 2], SHARES[margins & 3]
                ahead_size, back_size = _size(partner[a], own[b]), _size(partner[b], own[a])
                alike = UNKNOWN
                if level[a] >= 0 and level[b] >= 0:
                    steps = abs(level[a] - level[b])
                    alike = 1.0 if steps == 0 else 0.6 if steps == 1 else 0.2 if steps == 2 else 0.0
                same = UNKNOWN
                if form[a] >= 0 and form[b] >= 0:
                    same = 1.0 if form[a] == form[b] else 0.0

                # Topic, hours and weeks count as if they were perfect until they are known: what is too little even
                # then, is too little.
                ahead = topic_share * topic + hours_share * 1.0 + weeks_share * 1.0
                back = ahead + language_share * back_language + size_share * back_size
                back = back + level_share * alike + form_share * same
                ahead = ahead + language_share * ahead_language + size_share * ahead_size
                ahead = ahead + level_share * alike + form_share * same
                if _key(ahead, back) < floor:
                    continue

                count = np.int64(0)
                for word in range(low, high + 1):
                    bits = (full[a, word] & most[b, word]) | (most[a, word] & full[b, word])
                    # Where neither has the whole week, the days themselves decide.
                    doubtful = most[a, word] & most[b, word] & ~bits
                    while doubtful:
                        lowest = doubtful & (~doubtful + ONE)
                        week = word * 64 + np.int64(bit_count(lowest - ONE))
                        if bit_count(np.uint64(days[a, week] & days[b, week])) >= np.uint64(3):
                            bits |= lowest
                        doubtful ^= lowest
                    common[word] = bits
                    count += np.int64(bit_count(bits))
                if count < max(need[a], need[b]):
                    continue
                ahead_weeks, back_weeks = min(1.0, count / span[a]), min(1.0, count / span[b])

                fewest, length = np.int64(336), max(session[a], session[b])
                zone_a, zone_b, hours_a, hours_b = zone[a], zone[b], hours[a], hours[b]
                for pair in range(pair_at[zone_a, zone_b, 0], pair_at[zone_a, zone_b, 1]):
                    here = False
                    for word in range(low, high + 1):
                        here |= (pair_weeks[pair, word] & common[word]) != 0
                    if here:
                        ours = starts_at[hours_a, pair_states[pair, 0]]
                        theirs = starts_at[hours_b, pair_states[pair, 1]]
                        shared = np.int64(0)
                        for word in range(6):
                            shared += np.int64(bit_count(starts[ours, length, word] & starts[theirs, length, word]))
                        fewest = min(fewest, shared)
                        if fewest < least_starts:
                            break
                if fewest < least_starts:
                    continue
                free = min(1.0, fewest / max(1, plenty))

                ahead = topic_share * topic + hours_share * free + weeks_share * ahead_weeks
                ahead = ahead + language_share * ahead_language + size_share * ahead_size
                ahead = ahead + level_share * alike + form_share * same
                back = topic_share * topic + hours_share * free + weeks_share * back_weeks
                back = back + language_share * back_language + size_share * back_size
                back = back + level_share * alike + form_share * same
                if _key(ahead, back) < floor:
                    continue

                if text:
                    if spread != a:
                        if spread >= 0:
                            for place in range(word_at[spread], word_at[spread + 1]):
                                words[word_of[place]] = 0.0
                        for place in range(word_at[a], word_at[a + 1]):
                            words[word_of[place]] = word_share[place]
                        spread = a
                    cosine = 0.0
                    for place in range(word_at[b], word_at[b + 1]):
                        cosine += word_share[place] * words[word_of[place]]
                    spoken_of = min(1.0, 2 * cosine)
                    topic = 0.65 * close + 0.35 * spoken_of if close >= 0.0 else spoken_of
                    ahead = topic_share * topic + hours_share * free + weeks_share * ahead_weeks
                    ahead = ahead + language_share * ahead_language + size_share * ahead_size
                    ahead = ahead + level_share * alike + form_share * same
                    back = topic_share * topic + hours_share * free + weeks_share * back_weeks
                    back = back + language_share * back_language + size_share * back_size
                    back = back + level_share * alike + form_share * same
                key = _key(ahead, back)
                _put(keys, rows, a, key, b, order)
                _put(keys, rows, b, key, a, order)
