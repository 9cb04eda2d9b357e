"""The ten named points at which workers are killed."""

# In the order in which a reminder passes them.
POINTS = (
    "reminding: rows written, not committed",
    "reminded: committed, nobody woken",
    "claiming: rows taken, not committed",
    "claimed: committed, nothing sent",
    "sealed: a digest's notices are fixed",
    "rendered: not sent",
    "addressed: the server knows for whom",
    "handed over: the server has it all, its answer is not read",
    "taken: the server said yes, nothing noted",
    "noted: the next one not begun",
)
DOUBLES = POINTS[7:9]  # only a kill here can make a mail go out twice
RARE = POINTS[:2] + POINTS[4:5]
NAMES = {point: point.partition(":")[0].replace(" ", "-") for point in POINTS}
