-- Pictures of products. Their bytes are in R2, under the SHA-256 of what was uploaded.

-- What R2 may hold: the row is written before the bytes, so that an upload that breaks off leaves a row for the hourly
-- job to find. unused_since is NULL while a product has a picture of these bytes. The job sets claimed_at before it
-- deletes the bytes, so that an upload of the same bytes waits.
CREATE TABLE picture_files (
  sha256 TEXT PRIMARY KEY,
  unused_since INTEGER,
  claimed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX picture_files_unused ON picture_files (unused_since) WHERE unused_since IS NOT NULL;

-- width and height are those of the largest file, upright. widths is a JSON array of the widths of all files, which
-- are WebP, or the one original of a shop without Cloudflare's Images.
CREATE TABLE product_pictures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_id INTEGER NOT NULL REFERENCES products (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  sha256 TEXT NOT NULL REFERENCES picture_files (sha256),
  extension TEXT NOT NULL CONSTRAINT extension_known CHECK (extension IN ('webp', 'jpg', 'png')),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  widths TEXT NOT NULL,
  alt TEXT NOT NULL
) STRICT;

CREATE INDEX product_pictures_by_product ON product_pictures (product_id, position);
CREATE INDEX product_pictures_by_file ON product_pictures (sha256);

CREATE TRIGGER product_pictures_use_file AFTER INSERT ON product_pictures BEGIN
  UPDATE picture_files SET unused_since = NULL WHERE sha256 = NEW.sha256;
END;

CREATE TRIGGER product_pictures_leave_file AFTER DELETE ON product_pictures
WHEN NOT EXISTS (SELECT 1 FROM product_pictures WHERE sha256 = OLD.sha256) BEGIN
  UPDATE picture_files SET unused_since = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE sha256 = OLD.sha256;
END;

-- The pictures of each product that has some, in their order, as JSON.
CREATE VIEW listed_pictures AS
SELECT product_id, json_group_array(
  json_object(
    'id', id, 'sha256', sha256, 'extension', extension, 'width', width, 'height', height,
    'widths', json(widths), 'alt', alt
  ) ORDER BY position, id
) AS pictures
FROM product_pictures GROUP BY product_id;

-- A copy of listed_pictures, so that a product with pictures is still one row to read.
ALTER TABLE products ADD COLUMN pictures TEXT NOT NULL DEFAULT '[]';
