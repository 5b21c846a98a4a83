CREATE TABLE bucket_map (
    bucket  smallint PRIMARY KEY CHECK (bucket BETWEEN 0 AND 1023),
    shard   text     NOT NULL,
    epoch   bigint   NOT NULL
);
GRANT SELECT ON bucket_map TO app_rw, app_ro;
