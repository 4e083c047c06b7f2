"""What can stand in the way of a start, said in one sentence and without a traceback."""

from __future__ import annotations


class Refusal(Exception):
    """We did not start. `str()` says why, and what to do about it."""


class PortTaken(Refusal):
    """Somebody else listens where we should."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"{host}:{port} cannot be listened on: {why}. Choose another with PORT.")


class DataInUse(Refusal):
    """Another run works with the same data folder."""

    def __init__(self, folder: str, by: str) -> None:
        super().__init__(
            f"The data folder {folder} is in use by process {by}. Stop it, or choose another with DATA_DIR."
        )


class BuildFailed(Refusal):
    """The pages could not be compiled."""

    def __init__(self, last_words: str, log: str) -> None:
        super().__init__(f"{last_words}\n\nThe pages could not be compiled. All that was said is in {log}.")
