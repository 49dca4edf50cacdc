"""Files of rows: how their text is read, which column is what, and what becomes of each row.

`reading` bytes → rows with the place behind each; `cells` what people write → what our readers take; `headers` column
names → our fields; `uploads` conversions on the way of all reports; `history` clicks and conversions of another system;
`jobs` one file from being handed in to its end.
"""
