"""What the generator of the embedded shop itself holds likeliest: nobody who sees histories alone can rank better."""

import numpy as np

from environments.shop.items import Places
from environments.shop.log import ShopLog, Windows, histories
from environments.shop.people import Tastes, item_chances


def likeliest(log: ShopLog, chosen: Windows, count: int = 50) -> Places:
    """Return the items likeliest to be taken in each window, best first, (W, count), knowing the person's taste."""
    tastes = Tastes(
        category_UC=np.stack([tastes.category_UC for tastes in log.tastes_T])[chosen.place_W, chosen.person_W],
        style_US=np.stack([tastes.style_US for tastes in log.tastes_T])[chosen.place_W, chosen.person_W],
    )
    chances_WI = item_chances(log.wares, tastes, histories(log, chosen, 1)[:, 0])
    places_WK = np.argpartition(-chances_WI, count - 1, axis=1)[:, :count]
    order_WK = np.argsort(-np.take_along_axis(chances_WI, places_WK, axis=1), axis=1, kind="stable")
    return np.take_along_axis(places_WK, order_WK, axis=1)
