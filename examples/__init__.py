"""Pipelines on real data that ships with scikit-learn. `python -m examples.demo` runs them all and serves.

steps.py        load, split, train, evaluate, promote if better: what the trainings share
trainings.py    five models: their cards and their training pipelines
predictions.py  batch predictions by the production versions, also across models
business.py     data that no pipeline made, linked by hand
failing.py      a run that fails on purpose
demo.py         all of it, then `modelcp up`
"""
