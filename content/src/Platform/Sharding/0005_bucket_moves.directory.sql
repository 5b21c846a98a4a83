-- Moves that are not finished. The epoch is that on the target. Until is_open, the source serves the bucket.
CREATE TABLE bucket_moves (
    bucket    smallint    PRIMARY KEY REFERENCES bucket_map (bucket),
    source    text        NOT NULL,
    target    text        NOT NULL CHECK (target <> source),
    epoch     bigint      NOT NULL,
    is_open   boolean     NOT NULL DEFAULT false,
    note      text        NOT NULL DEFAULT '',
    noted_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
