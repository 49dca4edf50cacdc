from tests.tracking.conftest import campaign, link, partnership

__all__ = ["campaign", "link", "partnership"]
