-- Roles and database of the containers' Postgres, run once by its first start. As in the embedded stack, the owner role creates
-- the others, so that migrations may change them; here all three have the container's password.
\set ON_ERROR_STOP on
\getenv password POSTGRES_PASSWORD
CREATE ROLE visionary_owner LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE visionary OWNER visionary_owner;
SET ROLE visionary_owner;
CREATE ROLE visionary_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE ROLE visionary_sweep LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'password';
