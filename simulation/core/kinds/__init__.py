"""The kinds of record in which domains differ: what an answer may look like, and what only judges know; one file each.

An environment picks among them. A new kind is one file here: it touches neither the store, replay, exports nor reports.
"""
