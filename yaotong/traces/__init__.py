"""Trace codes (追溯码) at scale: every scan of every code, in sorted files that answer without a database.

An index is a folder of runs. A run is two files in the order of its keys: keys (8 bytes a scan) and what was
scanned (32 bytes). A load makes a new run; runs of like size are merged. The manifest names the runs that
count and is replaced in one step, so that a cut of power leaves the old index or the new one.
"""
