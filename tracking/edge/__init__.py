"""The tracking endpoints: clicks, impressions, conversions. A small ASGI program of its own, free of Django and Celery.

It answers from a snapshot in memory (routes), appends events to a stream in Redis (the buffer) and commits reported
conversions to the inbox in PostgreSQL. While either is away it goes on, with a spool of fsynced files in its place.
"""
