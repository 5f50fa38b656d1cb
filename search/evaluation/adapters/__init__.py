"""One file for each way test collections are written.

An adapter is a module with ``accepts(folder) -> bool``, quick, that reads as little as it can, and
``read(folder) -> Collection``, which raises SearchError with a sentence that names file and place.
"""
