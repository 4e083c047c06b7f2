"""Every benchmark of the running marketplace, one after the other, in one table: `python -m bench`.

The inventory's is a program of its own (`python -m bench.inventory`): it needs no server.
"""

from __future__ import annotations

import sys

import uvloop

from bench import api, contention, funnel, lists, pages, sessions, stream
from bench.findings import Finding, table

findings: list[Finding] = []
for bench in (api, lists, contention, funnel, stream, sessions, pages):
    print(f"{bench.__name__} …", file=sys.stderr)
    findings += uvloop.run(bench.measure())
print(table(findings))
sys.exit(0 if all(finding.is_met for finding in findings) else 1)
