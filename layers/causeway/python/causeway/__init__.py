"""Causeway: self-service VPC peering.

`causeway.domain` decides and knows no AWS client; `causeway.aws` reads and writes AWS and decides nothing; the use cases
beside them join the two, one for each step of the state machine.
"""
