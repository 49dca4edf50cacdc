"""What a row's `obj` names: for each name a function that gives the url's arguments for an own or a stranger's object.

    @once
    def campaign(circle: Circle) -> Campaign:
        return campaigns.create(circle.advertiser.organization, …, by=circle.advertiser.actor)

    OBJECTS["campaign"] = lambda circle, acting: {"public_id": campaign(circle).public_id}

`circle` is either the near one (Ada, Otto with her mandate, Pia) or the far one (Mallory, Olga with Mallory's mandate,
Petra). `acting` is the organization of that circle that opens the page: use it where everybody has own objects (keys,
members); use `circle.advertiser` or `circle.publisher` where the object has one kind of owner and others come to it by
mandate or partnership. Set up through the real actions. For the network, `acting` is the network itself.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

from network.models import Organization
from tests.access.world import Circle

type Arguments = dict[str, str]

once = cache  # an object is made once per circle, and goes with its world


OBJECTS: Final[dict[str, Callable[[Circle, Organization], Arguments]]] = {
    "reset_key": lambda circle, acting: {"uidb36": "1", "key": "set-password"},
}
