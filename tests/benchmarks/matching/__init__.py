"""The matching engines against what else there is: `bin/bench matching [partners|seats|groups] [--quick]`.

A part is a module beside this one with `rows(quick: bool) -> Iterator[Row]`. Whatever is timed runs by `alone`, one
process after the other, so that memory is that of one instance and nothing is warm but what the part warms by itself. A
peer that isn't in the locks has a virtual environment of its own (`peers.environment`).
"""
