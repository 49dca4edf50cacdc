"""Quality: which events are real, as named steps with reason codes. Rules for staff: docs/quality.md.

Verdict: valid, suspect (the commission is held) or invalid (not paid). Nothing is deleted, gross and net are both counted.

`arrival` judges clicks and impressions as they are ingested (`agents`, `addresses` are its lists, `warming` fills its
memory); `conversion` judges conversions when they are made, `statistics` partnerships every hour; `thresholds` are the
figures of the network and of each campaign; `cases` are what people decide about; `recompute` judges the past again.
"""
