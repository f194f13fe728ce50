#!/bin/sh
# rollout.sh OVERLAY: brings an overlay into the cluster that kubectl is set to, in
# the order that no order notices. It may be repeated.
set -eu
overlay=${1:?which overlay?}

# A migration never breaks the version that runs, so it comes first. Jobs cannot
# be changed, so those of the last time are deleted.
kubectl -n yeyak delete job yeyak-migrate yeyak-prepare yeyak-visibility --ignore-not-found
kubectl apply -k "$overlay/jobs"
kubectl -n yeyak wait --for=condition=complete --timeout=10m job/yeyak-migrate job/yeyak-prepare

# Workers first: an API must not start what no worker knows yet.
kubectl apply -k "$overlay" --selector 'app.kubernetes.io/component!=api'
kubectl -n yeyak rollout status deployment --selector app.kubernetes.io/component=worker --timeout=10m

kubectl apply -k "$overlay"
kubectl -n yeyak rollout status deployment --selector app.kubernetes.io/name=yeyak --timeout=10m
kubectl -n yeyak rollout status statefulset --selector app.kubernetes.io/name=yeyak --timeout=10m
