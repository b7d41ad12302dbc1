"""An embedded shop: items, the people who take them, what they took, and what each was likeliest to take.

`items.shop_items(world_seed)` gives the catalogue's items with their structure, popularity and complements; `people`
gives tastes, how they drift, and how likely a person is to take each item next; `log.shop_log(world_seed)` plays 3,000
people over a year into a record like those read from files; `oracle.likeliest` lists what the generator itself holds
likeliest for a window of it. Everything is a function of the world's seed.
"""
