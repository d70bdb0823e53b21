"""Where the suite runs, and as whom: read from the environment.

| variable | is | unless set |
| --- | --- | --- |
| `CONFORMANCE_ENDPOINT` | the URL of every service, or `aws` for AWS's own | an embedded AWS that the suite starts |
| `CONFORMANCE_PROFILES` | two profiles of AWS's configuration files, one for each account | roles of two invented accounts |
| `CONFORMANCE_REGIONS` | two regions | `us-east-1 us-west-2` |
| `CONFORMANCE_PATIENCE` | seconds after which what was waited for has not happened | 60 |
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

AWS = "aws"
INVENTED_ACCOUNTS = ("111111111111", "222222222222")


@dataclass(frozen=True)
class Settings:
    """The suite's settings. `endpoint` is empty for an embedded AWS of its own; `profiles` for invented accounts."""

    endpoint: str
    profiles: tuple[str, ...]
    regions: tuple[str, str]
    patience: float

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ValueError: there are not two profiles or not two regions, or AWS itself without profiles.
        """
        endpoint = environment.get("CONFORMANCE_ENDPOINT", "")
        profiles = tuple(environment.get("CONFORMANCE_PROFILES", "").split())
        if len(profiles) not in {0, 2}:
            raise ValueError("CONFORMANCE_PROFILES: name two profiles, one for each account")
        if endpoint == AWS and not profiles:
            raise ValueError("CONFORMANCE_PROFILES: AWS itself needs two profiles, one for each account")
        try:
            region, other_region = environment.get("CONFORMANCE_REGIONS", "us-east-1 us-west-2").split()
        except ValueError as error:
            raise ValueError("CONFORMANCE_REGIONS: name two regions") from error
        return cls(endpoint, profiles, (region, other_region), float(environment.get("CONFORMANCE_PATIENCE", "60")))


SETTINGS = Settings.of(os.environ)
