-- Every write to the search index adds a segment, and a search looks up each of its words in all of them. The minute job
-- merges segments (merge-segments.ts), from two of a level on instead of four.
INSERT INTO product_words (product_words, rank) VALUES ('usermerge', 2);
