"""The catalogue: tests on shelves, each with a claim, its source, and the expected verdicts.

A shelf is a folder of tests and one `shelf.yaml`, which CONTRIBUTING.md describes ("A new entry of the catalogue").
"""
