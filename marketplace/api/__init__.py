"""The REST API, version 1: the same rooms as the pages use, for programs."""
