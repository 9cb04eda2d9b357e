"""`manage.py match`: files in and out, exit statuses, and never the database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]
FILE = {
    "learners": [
        {"id": "Inês", "institution": "lisbon", "country": "PT", "preferences": ["coil"]},
        {"id": "Dina", "institution": "cairo", "country": "EG", "preferences": ["coil"]},
    ],
    "exchanges": [{"id": "coil", "capacity": 1, "priority": ["Inês"]}],
}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "past.json"
    path.write_text(json.dumps(FILE), encoding="utf-8")
    return path


def match(*arguments):
    call_command("match", *map(str, arguments))


def test_in_a_process_of_its_own_with_a_database_that_is_not_there(source, tmp_path):
    output = tmp_path / "out.json"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "vmobility.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "VMOBILITY_VAR": str(tmp_path / "var"),
    }
    command = [sys.executable, "manage.py", "match", "seats", str(source), "--output", str(output), "--explain"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["placements"] == [
        {
            "learner": "Inês",
            "exchange": "coil",
            "rank": 1,
            "reason": {"code": "first_choice", "facts": {}, "text": "The first choice."},
        }
    ]
    assert "Inês" in output.read_text(encoding="utf-8")

    output.unlink()
    source.write_text(json.dumps({**FILE, "exchanges": [{"id": "coil", "capacity": -1}], "learners": [{}]}))
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and done.stdout == "" and not output.exists()
    assert "5 problems" in done.stderr
    assert "exchanges[0].capacity: -1 is negative" in done.stderr and 'learners[0]: "id" is missing' in done.stderr


def test_the_seed_alone_decides(source, tmp_path):
    names = [f"p{n}" for n in range(9)]
    learners = [{"id": n, "institution": "cairo", "country": "EG", "preferences": ["coil"]} for n in names]
    source.write_text(json.dumps({**FILE, "learners": learners, "exchanges": [{"id": "coil", "capacity": 3}]}))
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        match("seats", source, "--output", tmp_path / name, "--seed", seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_files_that_cannot_be_read_or_would_be_lost_are_refused(source, tmp_path):
    for arguments in (
        [tmp_path / "nothing.json", "--output", tmp_path / "out.json"],
        [tmp_path, "--output", tmp_path / "out.json"],
        [source, "--output", source],
        [source, "--output", tmp_path],
        [source, "--output", tmp_path / "nowhere" / "out.json"],
    ):
        with pytest.raises(CommandError) as caught:
            match("seats", *arguments)
        assert caught.value.returncode == 2
    assert json.loads(source.read_text(encoding="utf-8")) == FILE


def test_what_was_left_out_of_account_is_said(source, tmp_path, capsys):
    source.write_text(json.dumps({**FILE, "year": 2025}))
    match("seats", source, "--output", tmp_path / "out.json")
    captured = capsys.readouterr()
    assert 'the key "year" is not known' in captured.err
    assert "placed 1" in captured.out


def test_a_misspelt_key_is_named_beside_what_is_missing(source, tmp_path):
    source.write_text(json.dumps({**FILE, "exchanges": [{"id": "coil", "capcity": 1}]}))
    with pytest.raises(CommandError, match=r'"capacity" is missing\nNote: .*"capcity".*meant as "capacity"'):
        match("seats", source, "--output", tmp_path / "out.json")


def test_the_help_documents_the_formats(capsys):
    with pytest.raises(SystemExit):
        match("--help")
    text = capsys.readouterr().out
    assert '"preferences": [exchange ids, best first]' in text and '"group_size"' in text and '"offers"' in text
