#!/bin/bash
# before-identity.sh YEYAK OUTPUT: records orders with a build without callers, for
# e2e/testdata/before-identity. YEYAK is the program of that build. OUTPUT.tar.gz becomes the
# data folder of its `yeyak dev`, and OUTPUT.sql.gz a dump of DATABASE_URL, if that names an
# empty PostgreSQL database. YEYAK_TEMPORAL_SERVER names the Temporal server.
set -euo pipefail
yeyak=$1 output=$2
work=$(mktemp -d) process='' engine=''
trap 'kill -KILL $process $engine 2>/dev/null || true; rm -r "$work"' EXIT
folder=$work/data
export YEYAK_DATA_DIR=$folder YEYAK_LISTEN=127.0.0.1:${PORT:=8399} YEYAK_TEMPORAL_PORT=0 YEYAK_UI_PORT=0 TEMPORAL_ADDRESS=
export YEYAK_SERVE_AFTER_DAY=24h YEYAK_INBOX_WITHIN=5s
api=http://$YEYAK_LISTEN
mkdir "$folder"

start() {
	"$yeyak" dev >"$work/log" 2>&1 &
	process=$!
	until curl -sf "$api/readyz" >/dev/null; do
		kill -0 $process || { cat "$work/log" && exit 1; }
		sleep 0.2
	done
}

send() { curl -sS --fail-with-body -X "$1" "$api$2" -H 'Content-Type: application/json' -d "${3:-}" "${@:4}"; }
id() { sed -n 's/^{"id":"\([^"]*\)".*/\1/p'; }
day() { date -u -d "+2 years -$1 days" +%F; }

# place NAME PATH REQUEST: places an order with the name as Idempotency-Key, and records the
# name with the order and its request.
place() {
	local order
	order=$(send POST "$2" "$3" -H "Idempotency-Key: $1" | id)
	printf '%s\t%s\t%s\t%s\n' "$1" "$order" "$2" "$3" >>"$folder/orders.tsv"
}
order() { awk -F'\t' -v name="$1" '$1 == name { print $2 }' "$folder/orders.tsv"; }
becomes() { until send GET "/v1/mypages/$(order "$1")" | grep -q '"status":"'"$2"'"'; do sleep 0.2; done; }

start
offer() { send POST "$1" '{"name":"'"$2"'","ownerId":"bora","price":{"amount":9000,"currency":"KRW"}'"$3}" | id; }
inn=$(offer /v1/lodging/places Inn ',"confirmation":"auto"')
house=$(offer /v1/lodging/places House ',"confirmation":"manual","confirmWithin":"720h"')
meal=$(offer /v1/food/menus Bibimbap '')
tea=$(offer /v1/cafe/menus Tea ',"date":"'"$(day 3)"'","count":9')
for at in "$inn" "$house"; do
	send PUT "/v1/lodging/places/$at/stock" '{"from":"'"$(day 10)"'","to":"'"$(day 1)"'","rooms":3}' >/dev/null
done
send POST /v1/cleaning/cleaners '{"name":"Kim"}' >/dev/null

stay() { echo '{"placeId":"'"$1"'","customerId":"'"$2"'","checkIn":"'"$(day 5)"'","checkOut":"'"$(day 3)"'","rooms":1}'; }
portion() { echo '{"menuId":"'"$1"'","customerId":"'"$2"'","quantity":1'"$3}"; }
address=',"address":"12 Sejong-daero, Seoul"'
visit() { echo '{"customerId":"'"$1"'","tel":"+8221234567","location":"7 Hill Street","price":{"amount":30000,"currency":"KRW"}}'; }
stays=/v1/lodging/reservations foods=/v1/food/orders cups=/v1/cafe/orders

place stay-confirmed $stays "$(stay "$house" alice)"
becomes stay-confirmed awaiting_owner
send POST "$stays/$(order stay-confirmed)/confirm" >/dev/null
place stay-awaiting $stays "$(stay "$house" alice)"
becomes stay-awaiting awaiting_owner
place stay-to-cancel $stays "$(stay "$inn" minho)"
place stay-cancelled $stays "$(stay "$inn" alice)"
becomes stay-cancelled confirmed
send POST "$stays/$(order stay-cancelled)/cancel" >/dev/null
place meal-under-way $foods "$(portion "$meal" alice "$address")"
place meal-to-cancel $foods "$(portion "$meal" minho "$address")"
place meal-delivered $foods "$(portion "$meal" alice "$address")"
becomes meal-delivered delivering
send POST "/v1/food/deliveries/$(order meal-delivered)/complete" >/dev/null
place cup-in-production $cups "$(portion "$tea" alice '')"
place cup-to-cancel $cups "$(portion "$tea" minho '')"
place call-assigned /v1/cleaning/calls "$(visit alice)"
becomes call-assigned assigned
place call-waiting /v1/cleaning/calls "$(visit minho)"

becomes stay-confirmed confirmed
becomes stay-to-cancel confirmed
becomes stay-cancelled cancelled
becomes meal-under-way delivering
becomes meal-to-cancel delivering
becomes meal-delivered delivered
becomes cup-in-production in_production
becomes cup-to-cancel in_production
becomes call-waiting calling
(set -a && . "$folder/env" && "$yeyak" audit >"$work/audit") || { cat "$work/audit" && exit 1; }
kill -INT $process && wait $process

# The last order waits in the inbox, since the engine does not answer.
start
engine=$(pgrep -P $process)
kill -STOP "$engine"
place meal-in-inbox $foods "$(portion "$meal" alice "$address")"
kill -KILL $process "$engine"
wait $process || true

rm -f "$folder"/*.log* "$folder"/env "$folder"/*lock "$folder"/*-shm
tar -C "$folder" --owner=0 --group=0 -cf - . | gzip -9n >"$output.tar.gz"
if [[ ${DATABASE_URL:-} ]]; then
	pg_dump --inserts --no-owner --no-privileges "$DATABASE_URL" | sed '/^\\/d; /^SET transaction_timeout/d' | gzip -9n >"$output.sql.gz"
fi
