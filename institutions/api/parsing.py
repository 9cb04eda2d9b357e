"""Reading what is sent to the API: JSON of a bounded size, with text that can be stored and answered."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLong(APIException):
    status_code = 413
    default_code = "too_long"


class JSONBody(JSONParser):
    """Refuses what the plain parser would trip over: bodies of any length, nesting without end, lone surrogates."""

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLong(_("Send at most %(most)s bytes at a time.") % {"most": most})
        try:
            data = json.loads(body.decode(), parse_constant=_no_constant)
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
