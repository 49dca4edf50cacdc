"""From the event stream into PostgreSQL, each event exactly once: Entry (of the stream) → Event → row; and the inbox loop.

`stream` reads, acknowledges and buries; `events` decodes; `references` knows the links, zones and plans that events name;
`rows` decides the verdict; `store` writes a batch in one database transaction; `batches` puts these together and finds
what is poisonous; `worker` and `inbox` are the two loops of the process.
"""
