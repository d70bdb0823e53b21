#!/usr/bin/env bash
# Peer two VPCs in two accounts with the AWS CLI. The environment describes the sides as straight_line.py says.
set -euo pipefail

as() { # as SIDE aws-arguments...: runs aws with the side's role
  local credentials=$1_CREDENTIALS key secret token
  read -r key secret token <<<"${!credentials}"
  AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token aws --output text "${@:2}"
}

credentials_of() {
  aws --output text sts assume-role --role-arn "$1" --role-session-name peering \
    --query 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]'
}

wait_while() { # wait_while SIDE STATUSES: the status of a connection that is not visible yet is empty
  local status
  while true; do
    status=$(as "$1" ec2 describe-vpc-peering-connections --filters "Name=vpc-peering-connection-id,Values=$connection_id" \
      --query 'VpcPeeringConnections[].Status.Code')
    [[ $status =~ ^($2)$ ]] || return 0
    sleep 1
  done
}

set_up() { # set_up SIDE PEER: routes to the peer, SSH and ICMP out to it and in from it
  local route_table_ids=$1_ROUTE_TABLE_IDS group_id=$1_SECURITY_GROUP_ID block=$2_CIDR_BLOCK table_id permissions
  for table_id in ${!route_table_ids}; do
    as "$1" ec2 create-route --route-table-id "$table_id" --destination-cidr-block "${!block}" \
      --vpc-peering-connection-id "$connection_id" >/dev/null
  done
  permissions=("IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=${!block}}]"
    "IpProtocol=icmp,FromPort=-1,ToPort=-1,IpRanges=[{CidrIp=${!block}}]")
  as "$1" ec2 authorize-security-group-ingress --group-id "${!group_id}" --ip-permissions "${permissions[@]}" >/dev/null
  as "$1" ec2 authorize-security-group-egress --group-id "${!group_id}" --ip-permissions "${permissions[@]}" >/dev/null
}

# shellcheck disable=SC2034 # read by name
REQUESTER_CREDENTIALS=$(credentials_of "$REQUESTER_ROLE_ARN") ACCEPTER_CREDENTIALS=$(credentials_of "$ACCEPTER_ROLE_ARN")
connection_id=$(as REQUESTER ec2 create-vpc-peering-connection --vpc-id "$REQUESTER_VPC_ID" \
  --peer-vpc-id "$ACCEPTER_VPC_ID" --peer-owner-id "$ACCEPTER_ACCOUNT_ID" \
  --query VpcPeeringConnection.VpcPeeringConnectionId)
wait_while ACCEPTER '|initiating-request'
as ACCEPTER ec2 accept-vpc-peering-connection --vpc-peering-connection-id "$connection_id" >/dev/null
wait_while REQUESTER 'pending-acceptance|provisioning'
set_up REQUESTER ACCEPTER
set_up ACCEPTER REQUESTER
