-- Who may do what in one of our databases. Runs in each of them on every start, after roles.sql.

select format('alter database %I owner to "owner"', current_database()) \gexec
select format('revoke all on database %I from public', current_database()) \gexec
select format('grant connect on database %I to app_ro', current_database()) \gexec
-- Bulk loading copies into a temporary table first.
select format('grant connect, temporary on database %I to app_rw, worker', current_database()) \gexec

alter schema public owner to "owner";
revoke all on schema public from public;
grant usage on schema public to app_rw, app_ro, worker;

-- Nothing on tables here: each migration grants what its tables need, and no more.
