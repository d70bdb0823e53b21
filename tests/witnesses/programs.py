"""Programs for Node that others have written: a test gives one of them JSON, and it answers JSON."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def missing() -> str | None:
    """Why none can be asked here; None where they can."""
    if shutil.which("node") is None:
        return "there is no node"
    if not (FOLDER / "node_modules").is_dir():
        return f"{FOLDER / 'node_modules'} is missing, `make setup` makes it where there is npm"
    return None


def ask(program: str, question: object) -> Any:
    """The program's answer."""
    asked = subprocess.run(
        ["node", FOLDER / f"{program}.mjs"], input=json.dumps(question), capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)
