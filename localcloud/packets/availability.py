"""Whether this machine can lay networks out for real."""

import shutil

from localcloud.packets.namespaces import CommandFailed, Namespace

_NEEDED = {"ip": "iproute2", "nft": "nftables"}
_LINKS = "link add e0 type veth peer name e1\naddress add 10.0.0.1/32 dev e0\naddress add 2001:db8::1/128 dev e0 nodad\n"
_RULES = "table inet t { chain c { type filter hook input priority filter; policy drop; ct state established accept; }; }\n"


def available() -> str | None:
    """Why this machine cannot lay networks out, or None where it can.

    It tries: a namespace with a link, an address of each family, and a stateful rule.
    """
    for command, package in _NEEDED.items():
        if shutil.which(command) is None:
            return f"the command {command} is missing: install {package}"
    try:
        with Namespace() as tried:
            tried.run("ip", "-batch", "-", lines=_LINKS)
            tried.run("nft", "-f", "-", lines=_RULES)
    except PermissionError:
        return "only root may make network namespaces here"
    except (OSError, CommandFailed) as error:
        return f"this kernel refuses: {error}"
    return None
