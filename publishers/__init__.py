"""Who promotes: PublisherProfile, Property, Partnership (a publisher in a campaign) and TrackingLink."""
