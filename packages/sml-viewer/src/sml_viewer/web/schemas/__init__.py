"""Types of the JSON interface: request bodies and answers of every address.

The views are typed by these, `static/lib/answers.d.ts` is generated from them, and a test compares them with
real answers and with docs/page-api.md. `endpoints` has the table of addresses. Imports nothing of the web.
"""

from __future__ import annotations

from .endpoints import ENDPOINTS, Endpoint

__all__ = ["ENDPOINTS", "Endpoint"]
