"""What the witnesses that a request names are asked about its flows.

Each flow is asked about once for each address family, between the first two ends that the witness can be asked about: an
analysis costs money, and other interfaces of an equivalence class would give the same answer. Ends between which the check does
not know whether the flow works come first.
"""

from collections.abc import Iterable, Iterator

from causeway.domain.model.addressing import address_of
from causeway.domain.model.protocols import FIRST_PORT, Protocol
from causeway.domain.model.request import Flow, Request, Witness
from causeway.domain.reachability.verdicts import Result, Verdict

from .testimonies import Testimony, WitnessAnswer, WitnessPlan, WitnessQuestion

MOST_QUESTIONS = 6
"""To one witness in one run: an analysis costs about $0.10, and AWS runs few of an account's at once."""

IPV4 = 4

type FlowVerdicts = list[Verdict]
"""The verdicts of one flow and one address family."""


def plan_questions(request: Request, verdicts: Iterable[Verdict]) -> WitnessPlan:
    """What the request's witnesses are asked; the same for the same verdicts.

    Args:
        request: It names the witnesses.
        verdicts: The check's, in its order.
    """
    by_flow: dict[tuple[Flow, int], FlowVerdicts] = {}
    for verdict in verdicts:
        by_flow.setdefault((verdict.flow, address_of(verdict.destination.address).version), []).append(verdict)
    prepared = [[_prepared(request, witness, of_flow) for of_flow in by_flow.values()] for witness in request.witnesses]
    questions = [[each for each in of_witness if isinstance(each, WitnessQuestion)] for of_witness in prepared]
    return WitnessPlan(
        questions=tuple(each for of_witness in questions for each in of_witness[:MOST_QUESTIONS]),
        unasked=(
            *(Testimony.of(each, _ENOUGH) for of_witness in questions for each in of_witness[MOST_QUESTIONS:]),
            *(each for of_witness in prepared for each in of_witness if isinstance(each, Testimony)),
        ),
    )


_ENOUGH = WitnessAnswer(reachable=None, said=f"Not asked: a run asks each witness {MOST_QUESTIONS} questions at most.")


def _prepared(request: Request, witness: Witness, verdicts: FlowVerdicts) -> WitnessQuestion | Testimony:
    """The question about the first ends that it can be asked about; where it cannot be asked, why."""
    ordered = sorted(verdicts, key=lambda verdict: verdict.result is not Result.UNKNOWN)
    between = next((verdict for verdict in ordered if _knows_ends(witness, verdict)), ordered[0])
    flow = between.flow
    protocol, port = _tried(witness, flow)
    question = WitnessQuestion(
        witness=witness,
        flow=flow,
        source=between.source,
        destination=between.destination,
        source_vpc=request.vpc(flow.source),
        destination_vpc=request.vpc(flow.destination),
        protocol=protocol,
        port=port,
    )
    reason = next(_reasons(witness, question, between), None)
    return Testimony.of(question, WitnessAnswer(reachable=None, said=f"Not asked: {reason}.")) if reason else question


def _tried(witness: Witness, flow: Flow) -> tuple[Protocol, int | None]:
    """What stands for the flow: its first port above 0; of all protocols, the one that the witness knows."""
    if flow.protocol is Protocol.ALL:
        return (Protocol.ICMP if witness is Witness.PROBE else Protocol.TCP), None
    return flow.protocol, None if flow.ports is None else max(flow.ports.first, FIRST_PORT)


def _reasons(witness: Witness, question: WitnessQuestion, between: Verdict) -> Iterator[str]:
    """Why the witness cannot be asked."""
    if witness is Witness.PROBE and question.protocol is Protocol.UDP:
        yield "nobody has to answer a UDP datagram, so silence would say nothing"
    if witness is Witness.REACHABILITY_ANALYZER:
        if question.source_vpc.region != question.destination_vpc.region:
            yield "it knows one region, and the VPCs are in two"
        if address_of(question.destination.address).version != IPV4:
            yield "it knows IPv4 only"
        if question.protocol is Protocol.ICMP:
            yield "it knows TCP and UDP only"
    if not _knows_ends(witness, between):
        yield f"it takes {_ENDS[witness]}, and a side has none"


def _knows_ends(witness: Witness, verdict: Verdict) -> bool:
    """Whether both ends are of the kind that the witness can be asked about."""
    ends = (verdict.source, verdict.destination)
    if witness is Witness.PROBE:
        return all(end.instance_id is not None for end in ends)
    return all(end.network_interface_id is not None for end in ends)


_ENDS = {Witness.REACHABILITY_ANALYZER: "network interfaces", Witness.PROBE: "instances"}
