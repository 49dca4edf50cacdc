"""What it means: dashboards, statistics and the API's figures. Reads everything, changes nothing itself."""
