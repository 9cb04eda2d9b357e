"""Environments for peers: libraries that the platform doesn't use, each in a virtual environment of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("VMOBILITY_VAR") or Path(__file__).resolve().parents[3] / "var") / "bench"


def environment(name: str, *packages: str) -> str:
    """The Python of an environment with these packages ("algmatch==1.0"); made once, and again if they change.

    The package registry is the one that pip is set up to use.
    """
    folder, wanted = FOLDER / name, "\n".join([sys.version, *packages])
    python, stamp = folder / "bin" / "python", folder / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"Installing {', '.join(packages)} for comparison", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *packages], check=True)
        stamp.write_text(wanted)
    return str(python)
