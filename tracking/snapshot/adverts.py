"""What a banner tag shows: a campaign's creatives with a picture, by size, in weighted rotation."""

from collections import defaultdict
from itertools import accumulate
from typing import Any, Final, NamedTuple

from tracking.snapshot.kinds import Source

NATIVE: Final = "native"


class Advert(NamedTuple):
    id: int
    public_id: str
    kind: str
    width: int
    height: int
    path: str  # of the picture, on the site
    name: str
    title: str
    text: str
    brand: str

    @property
    def slot(self) -> str:
        """What a tag asks for: "300x250", or "native"."""
        return NATIVE if self.kind == NATIVE else f"{self.width}x{self.height}"


class Adverts:
    """All by id, also retired ones, which stay where they were put; the others by slot, with their running weights."""

    def __init__(self, rows: list[list[Any]] | None) -> None:
        self.by_id: dict[int, Advert] = {}
        found: dict[str, list[tuple[Advert, int]]] = defaultdict(list)
        for *fields, weight in rows or ():
            advert = Advert(*fields)
            self.by_id[advert.id] = advert
            if weight:
                found[advert.slot].append((advert, weight))
        self.by_slot = {
            slot: ([advert for advert, _ in pairs], list(accumulate(weight for _, weight in pairs)))
            for slot, pairs in found.items()
        }


SQL: Final = """
    (SELECT jsonb_agg(jsonb_build_array(
                a.id, a.public_id, a.kind, i.width, i.height,
                '/creatives/' || i.sha256 || '.' || CASE i.content_type WHEN 'image/png' THEN 'png'
                    WHEN 'image/jpeg' THEN 'jpg' WHEN 'image/gif' THEN 'gif' ELSE 'webp' END,
                a.name, a.title, a.text, a.brand,
                CASE WHEN a.retired_at IS NULL THEN a.weight ELSE 0 END) ORDER BY a.id)
     FROM advertisers_creative a JOIN advertisers_image i ON i.sha256 = a.image_id WHERE a.campaign_id = c.id)"""
SOURCES: Final = (Source("advertisers_creative", "campaign_id"),)
