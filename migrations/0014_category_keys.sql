-- Names of categories compare after folding white space and without invisible characters: name_key becomes what
-- nameKey in src/text.ts makes of it. It has been through NFKC, after which three spaces other than U+0020 are left.
-- Where two names become one, one category keeps its old key: staff see both and can rename it. Until then a filter
-- by that name finds the other one.
WITH RECURSIVE
  positions (id, key, at) AS (
    SELECT id, name_key, 1 FROM categories
    WHERE name_key LIKE '%  %' OR length(name_key) <> length(CAST(name_key AS BLOB)) -- other keys stay as they are
    UNION ALL
    SELECT id, key, at + 1 FROM positions WHERE at < length(key)
  ),
  characters (id, at, character, code) AS (
    SELECT id, at, substr(key, at, 1), unicode(substr(key, at, 1)) FROM positions
  ),
  visible (id, at, character) AS (
    SELECT id, at, iif(code IN (0x1680, 0x2028, 0x2029), ' ', character) FROM characters
    WHERE code NOT IN (0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xfeff, 0xffa0)
      AND code NOT BETWEEN 0x180b AND 0x180f
      AND code NOT BETWEEN 0x200b AND 0x200f
      AND code NOT BETWEEN 0x202a AND 0x202e
      AND code NOT BETWEEN 0x2060 AND 0x206f
      AND code NOT BETWEEN 0xfe00 AND 0xfe0f
      AND code NOT BETWEEN 0xfff0 AND 0xfff8
      AND code NOT BETWEEN 0x1bca0 AND 0x1bca3
      AND code NOT BETWEEN 0x1d173 AND 0x1d17a
      AND code NOT BETWEEN 0xe0000 AND 0xe0fff
  ),
  spaced (id, at, character, before) AS (
    SELECT id, at, character, lag(character) OVER (PARTITION BY id ORDER BY at) FROM visible
  ),
  folded (id, key) AS (
    SELECT id, trim(group_concat(character, '' ORDER BY at)) FROM spaced
    WHERE character <> ' ' OR before IS NOT ' '
    GROUP BY id
  )
UPDATE OR IGNORE categories SET name_key = folded.key FROM folded
WHERE folded.id = categories.id AND folded.key <> categories.name_key;
