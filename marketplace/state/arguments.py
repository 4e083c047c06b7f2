"""What a browser sends with an event is read once, here, as its handler's annotations say.

A handler then gets what it asks for: numbers from a field are text where text is wanted, an emptied one is "". Anything
else is refused in words before the handler runs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model
from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

from marketplace.errors import Invalid, TooLarge
from marketplace.i18n import _

MOST_CHARACTERS = 100_000
"""In all that one event carries: twice the longest story that a seller may write, and room for its form."""
MOST_VALUES = 5_000
DEEPEST = 5
LARGEST = 10**12
UNUSED = {"setvar", "update_vars_internal"}
"""Reflex' own ways to set a var from the browser: no page of ours takes them."""


class Unreadable(Invalid):
    def __init__(self, what: str) -> None:
        super().__init__(_("We cannot read what was sent ({what}). Reload the page and try again.", what=what))


class TooMuchSent(TooLarge):
    def __init__(self) -> None:
        super().__init__(_("Too long: use at most {most} characters.", most=MOST_CHARACTERS))


class Arguments(Middleware):
    """Runs before every handler, Reflex's own as well."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> None:
        path, _dot, name = event.name.rpartition(".")
        if name in UNUSED:
            raise Unreadable(name)
        arguments = read(type(state).get_class_substate(path).event_handlers[name].fn, event.payload)
        event.payload.clear()
        event.payload.update(arguments)


def read(handler: Callable[..., Any], sent: object) -> dict[str, Any]:
    """The arguments of `handler` in `sent`; what it does not know is left out. Raises Unreadable and TooMuchSent."""
    if not isinstance(sent, dict):
        raise Unreadable(_("no arguments"))
    _weigh(sent)
    try:
        found = _shape(handler).model_validate({name: _fields_of_form(value) for name, value in sent.items()})
    except ValidationError as refused:
        raise Unreadable(str(refused.errors()[0]["loc"][0])) from None
    return {name: getattr(found, name) for name in found.model_fields_set}


def _weigh(sent: object) -> None:
    """Refuse what is too much, and text that no database takes."""
    characters = values = 0
    left = [(sent, 0)]
    while left:
        value, depth = left.pop()
        values += 1
        if isinstance(value, str):
            characters += len(value)
            if "\0" in value:
                raise Unreadable(_("a character that is none"))
        elif isinstance(value, dict | list):
            parts = [*value, *value.values()] if isinstance(value, dict) else value
            left += [(part, depth + 1) for part in parts]
        if characters > MOST_CHARACTERS or values > MOST_VALUES or depth > DEEPEST:
            raise TooMuchSent


def _fields_of_form(value: Any) -> Any:
    """A submitted form comes as pairs of a field's name and its value; of equal names the last one counts.

    A field that the page does not show just now comes as null: there is none.
    """
    if not isinstance(value, dict) or FORM_DATA_ENTRIES_KEY not in value:
        return value
    try:
        return {name: sent for name, sent in value[FORM_DATA_ENTRIES_KEY] if sent is not None}
    except (TypeError, ValueError):
        return None


def _text_of_nothing(value: object) -> object:
    # What a browser makes of an emptied field of numbers.
    return "" if value is None else value


def _bounded(number: int) -> int:
    if abs(number) > LARGEST:
        raise ValueError(number)
    return number


_KINDS: dict[Any, Any] = {
    str: Annotated[str, BeforeValidator(_text_of_nothing)],
    int: Annotated[int, AfterValidator(_bounded)],
}


@cache
def _shape(handler: Callable[..., Any]) -> type[BaseModel]:
    """A model with a field for each argument of `handler` after its State."""
    hints = get_type_hints(handler)
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(handler).parameters.items())[1:]:
        hint = hints.get(name, Any)
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = (_KINDS.get(hint, hint), default)
    return create_model(handler.__qualname__, __config__=ConfigDict(coerce_numbers_to_str=True), **fields)
