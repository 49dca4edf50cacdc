"""What advertisers publish: Campaign, Goal, CommissionPlan and its rules, Creative; and the Mandate an OPM works under."""
