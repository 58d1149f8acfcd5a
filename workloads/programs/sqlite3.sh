#!/bin/sh
# Writes input.sql into the folder given: a fixed script, so that every allocator does the same work and prints the same.
# No text is random: numbers come from a linear congruence over the row's number.
set -eu
cat >"$1/input.sql" <<'SQL'
PRAGMA cache_size = -65536;
PRAGMA temp_store = memory;
CREATE TABLE item(id INTEGER PRIMARY KEY, kind INTEGER, weight INTEGER, name TEXT, body TEXT);
BEGIN;
WITH RECURSIVE row(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < 32000)
INSERT INTO item
SELECT n, (n * 1103515245 + 12345) % 97, (n * 69069 + 1) % 1009,
       printf('item-%05d-%x', n, n * 2654435761 % 4294967296),
       substr('the quick brown fox jumps over the lazy dog, again and again and again', 1 + n % 17, 8 + n * 31 % 61)
FROM row;
COMMIT;
CREATE INDEX item_kind ON item(kind, weight);
CREATE INDEX item_name ON item(name);
SELECT kind, count(*), sum(weight), max(name) FROM item GROUP BY kind ORDER BY 3 DESC, 1 LIMIT 10;
SELECT count(*), sum(length(a.body) * b.weight)
FROM item a JOIN item b ON b.id = a.id + 97;
SELECT length(group_concat(upper(name) || ':' || replace(body, 'again', 'twice'), '|')) FROM item;
UPDATE item SET body = body || '/' || name WHERE kind % 3 = 0;
DELETE FROM item WHERE weight % 7 = 0;
SELECT count(DISTINCT body), sum(length(body)) FROM item;
SELECT length(json_group_array(json_object('id', id, 'name', name, 'body', body))) FROM item;
SELECT sum(json_extract(j, '$.w')) FROM (SELECT json_object('w', weight, 'n', name) AS j FROM item);
SQL
