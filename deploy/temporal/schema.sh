#!/bin/sh
# Brings the tables of a Temporal server up to date. SQL_HOST, SQL_PORT, SQL_USER and
# SQL_PASSWORD name the database.
set -eu
export SQL_PLUGIN=postgres12
for store in temporal:temporal temporal_visibility:visibility; do
	database=${store%%:*} schema=${store##*:}
	# Skips a database that already has its versions.
	temporal-sql-tool --database "$database" setup-schema --version 0.0
	temporal-sql-tool --database "$database" update-schema --schema-name "postgresql/v12/$schema"
done
