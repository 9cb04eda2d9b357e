"""Reading what is sent to the API: JSON whose text can be stored and answered. Django bounds its size."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class JSONBody(JSONParser):
    """Refuses what the plain parser would trip over: nesting without end and lone surrogates."""

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        try:
            data = json.loads(stream.read().decode(), parse_constant=_no_constant)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError(_("This JSON is nested too deeply.")) from error
        except UnicodeEncodeError as error:
            raise ParseError(_("The text holds half of a character (a lone surrogate).")) from error
        except ValueError as error:
            raise ParseError(_("This is not JSON in UTF-8: %(error)s") % {"error": str(error)[:200]}) from error
        return data


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
