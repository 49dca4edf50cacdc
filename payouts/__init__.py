"""What is owed: Commission, Bonus, refunds, and the double-entry ledger that proves it."""
