"""The demo world: people, shops, halls and a programme that is already selling. The same seed makes the same world."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import batched
from zoneinfo import ZoneInfo

from sqlmodel import select

from marketplace import clock
from marketplace.accounts import actions as accounts
from marketplace.accounts import queries as people
from marketplace.accounts.errors import EmailTaken
from marketplace.accounts.views import SYSTEM, AccountView, Actor
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries
from marketplace.catalog.models import Listing
from marketplace.catalog.seating import SeatPlan
from marketplace.catalog.views import ListingDraft, ListingPage
from marketplace.db import Session, transaction
from marketplace.ids import AccountId, ListingId, PlanId, ResourceId, SellerId
from marketplace.inventory import actions as inventory
from marketplace.lab.programme import HOUSES, PROGRAMME, SHOPS, Show
