#!/bin/sh
# UNTRIED, like compose.yaml which mounts it: roles and database of a containerised PostgreSQL, as ops/cluster.py
# makes them in a private cluster.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -d postgres \
    -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" <<'SQL'
CREATE ROLE vungtrong_owner LOGIN PASSWORD :'owner';
CREATE ROLE vungtrong_app LOGIN PASSWORD :'app';
GRANT vungtrong_app TO vungtrong_owner;
ALTER ROLE vungtrong_owner SET jit = off;
ALTER ROLE vungtrong_app SET jit = off;
ALTER ROLE vungtrong_app SET max_parallel_workers_per_gather = 0;
ALTER ROLE vungtrong_app SET statement_timeout = '5s';
ALTER ROLE vungtrong_app SET lock_timeout = '2s';
ALTER ROLE vungtrong_app SET idle_in_transaction_session_timeout = '10s';
CREATE DATABASE vungtrong TEMPLATE template0 OWNER vungtrong_owner ENCODING 'UTF8';
REVOKE ALL ON DATABASE vungtrong FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE vungtrong TO vungtrong_app;
SQL
psql -v ON_ERROR_STOP=1 -U postgres -d vungtrong <<'SQL'
CREATE EXTENSION postgis;
CREATE EXTENSION unaccent;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE EXTENSION pgcrypto;
GRANT USAGE ON SCHEMA public TO vungtrong_app;
SQL
