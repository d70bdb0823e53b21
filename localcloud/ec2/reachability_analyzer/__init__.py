"""Reachability Analyzer: EC2's Network Insights paths and their analyses.

What an analysis finds is worked out here from moto's resources alone, one packet at a time. It shares no code with
`causeway.domain.reachability`, whose witness it is: a witness that copies proves nothing. Sources: the Reachability Analyzer
guide and the EC2 API Reference; what they leave open is listed in docs/embedded-aws.md.
"""

from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, EC2_RESOURCE_TO_PREFIX

from localcloud.ec2.reachability_analyzer import analyses, paths
from localcloud.ec2.reachability_analyzer.records import ANALYSIS_PREFIX, ANALYSIS_TYPE, PATH_PREFIX, PATH_TYPE
from localcloud.ec2.reachability_analyzer.trusted_access import TrustedAccess, configure, trusted_access

__all__ = ["TrustedAccess", "analyses", "configure", "paths", "trusted_access"]

# By these moto knows what can be tagged, and what kind of resource a tag is on.
EC2_RESOURCE_TO_PREFIX.update({PATH_TYPE: PATH_PREFIX, ANALYSIS_TYPE: ANALYSIS_PREFIX})
EC2_PREFIX_TO_RESOURCE.update({PATH_PREFIX: PATH_TYPE, ANALYSIS_PREFIX: ANALYSIS_TYPE})
