"""Benchmarks: `bin/bench NAME`. Each starts what it needs, prints one table and what it ran against."""
