"""The catalogue: tests by shelf, each with a claim, its source, and the verdicts that it comes to.

A shelf is a folder of tests and one `shelf.yaml`, which CONTRIBUTING.md describes ("A new entry of the catalogue").
"""
