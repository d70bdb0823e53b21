"""Would a packet arrive, and its answer come back? Rules, routes and network ACLs as AWS evaluates them."""
