#!/bin/sh
# Writes the alert rules as a resource of the Prometheus Operator: `make rules`.
set -eu
cd "$(dirname "$0")"
cat <<'HEAD'
# Written by `make rules` from rules/yeyak.yml: change that, and not this.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: yeyak
  labels:
    app.kubernetes.io/name: yeyak
    app.kubernetes.io/part-of: yeyak
spec:
HEAD
sed 's/^\(.\)/  \1/' rules/yeyak.yml
