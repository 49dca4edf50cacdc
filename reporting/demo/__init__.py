"""The demo network: believable parties, thirty days of history, and visitors who make more of it.

Nothing here writes a sum. History is made of events that go through ingest, conversions and accrual like any other;
simulated visitors come over HTTP. `audience` says who visits, `parties` who takes part.
"""
