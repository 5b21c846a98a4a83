-- Roles, passwords, databases and the replica's slot. Runs on every start, so each statement can be repeated.
-- psql variable: databases (names, separated by spaces). Passwords come from the environment, so that they are never on
-- a command line, and a password that changed there changes here.

\getenv superuser_password POSTGRES_PASSWORD
\getenv owner_password OWNER_PASSWORD
\getenv app_rw_password APP_RW_PASSWORD
\getenv app_ro_password APP_RO_PASSWORD
\getenv worker_password WORKER_PASSWORD
\getenv replicator_password REPLICATOR_PASSWORD

-- A statement that fails must not put a password into the log.
set log_min_error_statement = panic;
set client_min_messages = warning;

select format('create role %I', name)
from unnest(array['owner', 'app_rw', 'app_ro', 'worker', 'replicator']) as name
where not exists (select from pg_roles where rolname = name)
\gexec

alter role current_user password :'superuser_password';
alter role "owner" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'owner_password';
alter role app_rw login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'app_rw_password';
alter role app_ro login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'app_ro_password';
alter role worker login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password :'worker_password';
alter role replicator login nosuperuser nocreatedb nocreaterole replication nobypassrls password :'replicator_password';

-- An instance that is stopped in the middle of a transaction must not hold its locks for ever. The limit is far above what a
-- transaction here takes, and it is the role's, so that no client can forget it.
alter role app_rw set idle_in_transaction_session_timeout = '5s';
alter role worker set idle_in_transaction_session_timeout = '5s';

-- Nobody waits for long for what another transaction has locked, and no statement runs for ever. Neither ends a COMMIT. The
-- owner's statements, which build indexes, may take any time; what they would lock for themselves, they get soon or not.
alter role app_rw set lock_timeout = '2s';
alter role worker set lock_timeout = '2s';
alter role "owner" set lock_timeout = '2s';
alter role app_rw set statement_timeout = '10s';
alter role app_ro set statement_timeout = '10s';
alter role worker set statement_timeout = '10s';

-- What moves a bucket asks how far the standbys are, which an ordinary role is not shown.
grant pg_read_all_stats to "owner";

-- The server's own databases are for the superuser alone.
revoke all on database postgres from public;
revoke all on database template1 from public;

select format('create database %I owner "owner"', name)
from unnest(string_to_array(:'databases', ' ')) as name
where name <> '' and not exists (select from pg_database where datname = name)
\gexec

-- A slot that fell behind max_slot_wal_keep_size is of no more use, and a new replica needs one.
select pg_drop_replication_slot(slot_name)
from pg_replication_slots
where slot_name = 'replica' and wal_status = 'lost';

select pg_create_physical_replication_slot('replica')
where not exists (select from pg_replication_slots where slot_name = 'replica');
