"""The one error of this package: something about the machine that a person has to put right."""


class LocalError(Exception):
    """Says in one or two sentences what is wrong and what to do; shown without a traceback."""
