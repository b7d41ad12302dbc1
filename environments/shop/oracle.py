"""What the generator of the embedded shop itself holds likeliest: nobody who sees histories alone can rank better."""

import numpy as np

from environments.logs.log import Windows
from environments.shop.items import Floats, Places
from environments.shop.log import ShopLog
from environments.shop.people import Tastes, item_chances
from simulation.core.errors import DataError


def true_chances(shop: ShopLog, windows: Windows) -> Floats:
    """Return how likely each item really was to be taken in each window of the shop's log, (W, I)."""
    if windows.before_W is None:
        raise DataError("windows that do not say how much was taken before; cut them from the shop's own log")
    tastes = Tastes(
        category_UC=np.stack([tastes.category_UC for tastes in shop.tastes_T])[windows.before_W, windows.users_W],
        style_US=np.stack([tastes.style_US for tastes in shop.tastes_T])[windows.before_W, windows.users_W],
    )
    last_W = windows.histories_WH[:, -1].astype(np.int64)
    return item_chances(shop.wares, tastes, last_W)


def likeliest(shop: ShopLog, windows: Windows, count: int = 50) -> Places:
    """Return the items that were likeliest to be taken in each window, best first, (W, count)."""
    chances_WI = true_chances(shop, windows)
    places_WK = np.argpartition(-chances_WI, count - 1, axis=1)[:, :count]
    order_WK = np.argsort(-np.take_along_axis(chances_WI, places_WK, axis=1), axis=1, kind="stable")
    return np.take_along_axis(places_WK, order_WK, axis=1)
