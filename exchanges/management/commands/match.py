"""`manage.py match`: a matching engine on a file, for trying rules on past data without touching the database."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from exchanges.matching.files import ENGINES, FORMATS, WrongFile, dump, run


class HelpFormatter(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Django's, with the formats as they are written."""


class Command(BaseCommand):
    help = "Runs a matching engine on a JSON file, without touching the database."
    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, **{"formatter_class": HelpFormatter, "epilog": FORMATS, **kwargs}
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("engine", choices=sorted(ENGINES))
        parser.add_argument("input", type=Path, metavar="INPUT.json")
        parser.add_argument("--output", type=Path, required=True, metavar="OUT.json", help="where the answer goes")
        parser.add_argument("--seed", type=int, default=0, help="of the draw or the search; 0 unless given")
        parser.add_argument("--explain", action="store_true", help="with a sentence for each reason, and near misses")

    def handle(self, *args: Any, engine: str, output: Path, seed: int, explain: bool, **options: Any) -> None:
        source: Path = options["input"]
        try:
            raw = source.read_bytes()
            if output.is_dir() or not output.absolute().parent.is_dir():
                raise WrongFile([f"{output} is no place for a file."])
            if output.exists() and output.samefile(source):
                raise WrongFile([f"{output} is the input itself, which would be lost."])
            answer, notes = run(engine, raw, seed=seed, explain=explain)
        except OSError as error:
            raise CommandError(f"{source} cannot be read: {error.strerror}.", returncode=2) from error
        except WrongFile as error:
            count = len(error.problems)
            title = f"{source} has {count} problem{'' if count == 1 else 's'}:"
            lines = [*(f"- {line}" for line in error.problems), *(f"Note: {note}" for note in error.notes)]
            raise CommandError("\n".join([title, *lines]), returncode=2) from error
        for note in notes:
            self.stderr.write(f"Note: {note}", self.style.WARNING)
        try:
            output.write_text(dump(answer), encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        counts = ", ".join(f"{name} {value}" for name, value in answer["figures"].items() if isinstance(value, int))
        self.stdout.write(f"{output}: {counts}")
