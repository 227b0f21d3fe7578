"""How a value of some type becomes one file, and back.

base.py      the interface; choice.py  which one a value or a file gets
plain.py     JSON; tagged.py  JSON for tuples, sets, dates …; text.py  str and bytes; paths.py  files, folders
arrays.py    NumPy; frames.py  pandas; polars_frames.py  polars; tensors.py, modules.py  torch
pickled.py   estimators, and whatever nothing else holds
"""
