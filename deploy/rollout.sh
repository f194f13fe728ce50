#!/bin/sh
# rollout.sh OVERLAY: applies an overlay to kubectl's current cluster, in an order that delays
# no customer's order. It may be repeated.
set -eu
overlay=${1:?which overlay?}

# Migrations are compatible with the running version, so they come first. Jobs cannot be
# changed, so the earlier ones are deleted.
kubectl -n yeyak delete job yeyak-migrate yeyak-prepare yeyak-visibility --ignore-not-found
kubectl apply -k "$overlay/jobs"
kubectl -n yeyak wait --for=condition=complete --timeout=10m job/yeyak-migrate job/yeyak-prepare

# Workers first: an API must not start workflows that no worker knows.
kubectl apply -k "$overlay" --selector 'app.kubernetes.io/component!=api'
kubectl -n yeyak rollout status deployment --selector app.kubernetes.io/component=worker --timeout=10m

kubectl apply -k "$overlay"
kubectl -n yeyak rollout status deployment --selector app.kubernetes.io/name=yeyak --timeout=10m
kubectl -n yeyak rollout status statefulset --selector app.kubernetes.io/name=yeyak --timeout=10m
