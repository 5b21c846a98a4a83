-- The last move of each bucket that was ever moved. One that is not done yet is continued by the next run.
CREATE TABLE bucket_moves (
    bucket      smallint    PRIMARY KEY REFERENCES bucket_map (bucket),
    source      text        NOT NULL,
    target      text        NOT NULL CHECK (target <> source),
    epoch       bigint      NOT NULL,
    phase       text        NOT NULL CHECK (phase IN ('copying', 'tailing', 'opening', 'cleaning', 'done')),
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
