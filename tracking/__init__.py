"""What happened: the edge, ingest, Click, Impression, Postback, Conversion, Refund and their attribution."""
