"""What the deployed roles were used for in the embedded part of the suite: each of its processes keeps what it has seen."""

import json
import re
from collections.abc import Iterable

from localcloud.deploy.stacks import HUB_STACK, MEMBER_STACK
from localcloud.lambda_.runtime_image import LOCAL_FOLDER

RECORDS = LOCAL_FOLDER / "used-permissions"
_NAMED = {"causeway-read": "ReadRole", "causeway-write": "WriteRole", "causeway-witness": "WitnessRole"}
_GENERATED = re.compile(rf"(?:{MEMBER_STACK}|{HUB_STACK})-(\w+Role)-\w+")


def record(used: Iterable[tuple[str, str]], process: str) -> None:
    """Keep what each role was used for, by its logical id."""
    actions: dict[str, set[str]] = {}
    for name, action in used:
        if role := _logical_id(name):
            actions.setdefault(role, set()).add(action)
    RECORDS.mkdir(parents=True, exist_ok=True)
    kept = {role: sorted(names) for role, names in sorted(actions.items())}
    (RECORDS / f"{process}.json").write_text(json.dumps(kept, indent=1))


def recorded() -> dict[str, set[str]]:
    """What all processes have kept; nothing where none has."""
    actions: dict[str, set[str]] = {}
    for file in RECORDS.glob("*.json"):
        for role, names in json.loads(file.read_text()).items():
            actions.setdefault(role, set()).update(names)
    return actions


def _logical_id(role_name: str) -> str | None:
    generated = _GENERATED.fullmatch(role_name)
    return generated.group(1) if generated else _NAMED.get(role_name)
